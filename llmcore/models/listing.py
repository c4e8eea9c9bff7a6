"""The models of this machine: the picker's lines, and which is taken if none is named."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from llmcore import kinds, paths
from llmcore.convert import locate
from llmcore.runs.reference import name_of
from llmcore.runs.run import Run
from llmcore.runs.state import RunInfo, RunState
from llmcore.runs.store import RunStore
from llmcore.runs.used import step_words, used_step

MODEL_KINDS = {kind.name: kind.model for kind in kinds.KINDS.values() if kind.model}
BUNDLED = ("base", "starter")
BUNDLED_ASSISTANTS = ("general", "airline-support", "translation")  # the widest first


@dataclass(slots=True, frozen=True)
class ModelEntry:
    """A line of the model picker."""

    ref: str
    label: str
    kind: str  # "language" or "classifier"
    example: bool
    state: str
    step: int  # whose weights `ref` means: of a run, its best checkpoint's
    created: float
    name: str  # the label without the step


def default_model() -> str:
    """`base` if it is bundled, else `starter`."""
    return next((ref for ref in BUNDLED if (paths.BUNDLED_RUNS / ref).is_dir()), "starter")


def default_assistant(store: RunStore | None = None) -> str | None:
    """The newest model of this machine that was finetuned on instructions, else the bundled one
    that learned the most kinds of them; None if there is none."""
    for info in (store or RunStore()).list():
        own = info.kind == "instruct" and not info.example and info.state != "damaged"
        if own and not info.lost and used_step(Run(info.directory)) is not None:
            return info.id
    return next((ref for ref in BUNDLED_ASSISTANTS if (paths.BUNDLED_RUNS / ref).is_dir()), None)


def list_models(kind: str | None = None, store: RunStore | None = None) -> list[ModelEntry]:
    """Every run with a checkpoint, newest first, then the GPT-2s in the hub's cache, then the
    bundled ones; no torch needed."""
    named = []
    for info in (store or RunStore()).list():
        run_kind = MODEL_KINDS.get(info.kind)
        if run_kind is None or (kind is not None and run_kind != kind):
            continue
        step = used_step(Run(info.directory))
        if step is None:
            continue
        # Does not change while the run goes on: the browser knows an entry by its label.
        progress = "training now" if info.is_live else step_words(step, info.step)
        name = f"{info.name} ({_origin(info)})" if info.example else info.name
        label = name if info.example else f"{name} · {progress}"
        named.append((name, label, step, run_kind, info))
    n_labels = Counter(label for _, label, *_ in named)
    n_names = Counter(name for name, *_ in named)
    entries = [
        ModelEntry(
            info.id, label if n_labels[label] == 1 else f"{label} · {info.began}", run_kind,
            info.example, info.state, step, info.created,
            name if n_names[name] == 1 else f"{name} · {info.began}",
        )
        for name, label, step, run_kind, info in named
    ]  # fmt: skip
    for foreign in locate.cached_models():
        foreign_kind = "classifier" if foreign.is_classifier else "language"
        if kind in (None, foreign_kind):
            label = f"{foreign.ref} (Hugging Face cache)"
            entries.append(
                ModelEntry(foreign.ref, label, foreign_kind, False, "done", 0, 0.0, foreign.ref)
            )
    return sorted(entries, key=lambda entry: entry.example)


def _origin(info: RunInfo) -> str:
    return "bundled" if info.directory.parent == paths.BUNDLED_RUNS else "pretrained"


def adapters_of(run_id: str) -> list[RunInfo]:
    """The runs that keep only a LoRA adapter of a run's weights, and those that keep one of
    theirs: without it, none of them is a model. The nearest come first."""
    children: dict[str, list[RunInfo]] = {}
    for info in RunStore().list():
        if info.state != RunState.DAMAGED and (adapter := Run(info.directory).adapter()):
            name = Path(name_of(str(adapter.get("parent")))).name
            children.setdefault(name, []).append(info)
    found: list[RunInfo] = []
    line = [run_id]
    while line:
        below = [child for child in children.get(line.pop(0), []) if child not in found]
        found += below
        line += [child.id for child in below]
    return found
