"""One string names a model everywhere: `starter`, `base`, a run id, `RUN@STEP`, a directory, or
a Hugging Face name such as `gpt2` whose download is on this machine.

Bundled models are runs that lie in assets/runs, so one rule serves all. Importing this module
and listing models imports no torch; loading does.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcore import kinds
from llmcore.cache import SizedCache
from llmcore.config import ModelConfig
from llmcore.convert import locate
from llmcore.convert.locate import ForeignModel
from llmcore.errors import DamagedError, LabError, NotFoundError
from llmcore.paths import BUNDLED_RUNS
from llmcore.runs.run import ADAPTER, TOKENIZER, WORDS, Run
from llmcore.runs.state import RunInfo, RunState
from llmcore.runs.store import RunStore, open_run
from llmcore.runs.used import step_words, used_step
from llmcore.tasks.templates import Template
from llmcore.texts import several
from llmcore.tokenizers import BUILTIN_TOKENIZERS, Tokenizer, builtin_tokenizer
from llmcore.tokenizers.store import find_saved
from llmcore.train.checkpoint_index import Checkpoint

if TYPE_CHECKING:
    from llmcore.classical import WordVote
    from llmcore.nn.classifier import SequenceClassifier
    from llmcore.nn.model import GPT

KINDS = {one.name: one.model for one in kinds.KINDS.values() if one.model}
BUNDLED = ("base", "starter")
BUNDLED_ASSISTANTS = ("general", "airline-support", "translation")  # the widest first
VOTE = "vote"  # of a classifier's state: the model's share where its text's words vote as well
CACHE_BYTES = 1 << 30


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


@dataclass(slots=True, frozen=True)
class Loaded:
    """A model ready to use, in eval mode on the CPU; shared between threads, so read-only.

    card: what is known of it. Its `template` is the prompt template that an instruction finetune
    taught it; other models have None there, since they only continue text. vote: the words that
    vote beside a classifier, and what its own log-odds count; None: it decides alone.
    """

    key: str
    ref: str
    model: GPT | SequenceClassifier
    tokenizer: Tokenizer
    labels: list[str] | None
    step: int
    card: dict[str, Any]
    vote: tuple[WordVote, float] | None = None

    @property
    def trunk(self) -> GPT:
        """The transformer without a classifier's head."""
        return getattr(self.model, "trunk", self.model)

    @property
    def kind(self) -> str:
        return "classifier" if self.labels is not None else "language"


def default_model() -> str:
    """`base` where it is bundled, else `starter`."""
    return next((ref for ref in BUNDLED if (BUNDLED_RUNS / ref).is_dir()), "starter")


def default_assistant(store: RunStore | None = None) -> str | None:
    """The newest model of this machine that was finetuned on instructions, else the bundled one
    that learned the most kinds of them; None where there is none."""
    for info in (store or RunStore()).list():
        own = info.kind == "instruct" and not info.example and info.state != "damaged"
        if own and not info.lost and used_step(Run(info.directory)) is not None:
            return info.id
    return next((ref for ref in BUNDLED_ASSISTANTS if (BUNDLED_RUNS / ref).is_dir()), None)


def list_models(kind: str | None = None, store: RunStore | None = None) -> list[ModelEntry]:
    """Every run with a checkpoint, newest first, then the GPT-2s in the hub's cache, then the
    bundled ones; no torch needed."""
    named = []
    for info in (store or RunStore()).list():
        run_kind = KINDS.get(info.kind)
        if run_kind is None or (kind is not None and run_kind != kind):
            continue
        step = used_step(Run(info.directory))
        if step is None:
            continue
        # Stands still while the run goes on: the browser knows an entry by its label.
        progress = "training now" if info.is_live else step_words(step, info.step)
        name = f"{info.name} (bundled)" if info.example else info.name
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


def _foreign(ref: str) -> ForeignModel | None:
    """A model of Hugging Face's format: a directory, or a name in its cache; runs come first."""
    try:
        RunStore().open(ref.strip().partition("@")[0])
    except NotFoundError:
        return locate.find(ref)
    return None


def _find(ref: str) -> tuple[Run, Checkpoint]:
    """The run and the checkpoint that a reference means. Raises LabError where there is none."""
    name, _, which = ref.strip().partition("@")
    if not name:
        raise LabError("No model was named: choose one, for example starter.")
    try:
        run = open_run(name)
    except NotFoundError:
        if Path(name).expanduser().is_dir():
            raise LabError(
                f"{name} holds no model: name a run directory of this lab or a GPT-2 directory."
            ) from None
        if locate.is_hub_name(name):
            raise NotFoundError(
                f"The model {name} is not on this machine: fetch it with "
                f"`python -m llmcore import-gpt2 {name}`, or choose another."
            ) from None
        known = ", ".join(entry.ref for entry in list_models()[:3]) or "none yet"
        raise NotFoundError(
            f"There is no model {name!r}: choose one that exists (such as {known})."
        ) from None
    if run.info().kind not in KINDS and run.info().kind != "?":
        raise LabError(
            f"Run {run.id} is a {run.info().kind} run, which keeps no model: choose another."
        )
    return run, run.checkpoint(which or "best")


def checkpoint_key(ref: str) -> str:
    """Names the very checkpoint; changes when the best of a live run moves."""
    foreign = _foreign(ref)
    if foreign is not None:
        return foreign.key
    return _key(*_find(ref))


def _key(run: Run, checkpoint: Checkpoint) -> str:
    stat = checkpoint.weights.stat()
    return f"{run.directory}@{checkpoint.step}:{stat.st_mtime_ns}:{stat.st_size}"


def model_config(ref: str) -> ModelConfig:
    """The shape of a model, without loading it."""
    foreign = _foreign(ref)
    if foreign is not None:
        return foreign.config
    run, _ = _find(ref)
    return run.config.model


def tokenizer_for(ref: str) -> Tokenizer:
    """A tokenizer by built-in name, by model reference, by a directory that holds one, or by the
    name of one that was trained on its own."""
    directory = Path(ref).expanduser()
    if ref not in BUILTIN_TOKENIZERS and (foreign := _foreign(ref)) is not None:
        from llmcore.convert.hf_tokenizer import tokenizer_of

        return tokenizer_of(foreign)[0]
    if (directory / "tokenizer.json").is_file():
        return Tokenizer.load(directory)
    try:
        return Tokenizer.load(open_run(ref.partition("@")[0]).directory / TOKENIZER)
    except NotFoundError:
        pass
    try:
        return find_saved(ref).load()
    except NotFoundError:
        return builtin_tokenizer(ref)


def load(ref: str) -> Loaded:
    """The model of a reference, from the process-wide cache where its checkpoint is the same.

    Raises NotFoundError, LabError or DamagedError with one sentence; nothing is downloaded.
    """
    foreign = _foreign(ref)
    if foreign is not None:
        return _cached(foreign.key, lambda: _read_foreign(foreign))
    run, checkpoint = _find(ref)
    key = _key(run, checkpoint)
    return _cached(key, lambda: _read(ref, run, checkpoint, key))


def read_snapshot(run: Run, checkpoint: Checkpoint) -> Loaded:
    """One checkpoint of a run from disk, never kept here: a walk through all snapshots of a run
    would push out the models that pages use. Raises as `load` does."""
    return _read(f"{run.id}@{checkpoint.step}", run, checkpoint, _key(run, checkpoint))


def snapshot_key(run: Run, checkpoint: Checkpoint) -> str:
    """`checkpoint_key` of a checkpoint that is at hand."""
    return _key(run, checkpoint)


def _cached(key: str, read: Callable[[], Loaded]) -> Loaded:
    loaded = _cache.get(key)
    if loaded is None:
        loaded = read()
        n_bytes = sum(one.numel() * one.element_size() for one in loaded.model.parameters())
        _cache.put(key, loaded, n_bytes)
    return loaded


def _read_foreign(foreign: ForeignModel) -> Loaded:
    from llmcore.convert.gpt2 import read_gpt2
    from llmcore.convert.hf_tokenizer import tokenizer_of

    tokenizer, notice = tokenizer_of(foreign)
    model, labels = read_gpt2(foreign)
    card = {"name": foreign.name, "run": None, "created": None, "corpus": None, "parent": None,
            "parameters": foreign.config.n_parameters(), "template": None,
            "notice": notice}  # fmt: skip
    return Loaded(foreign.key, foreign.ref, model, tokenizer, labels, 0, card)


def _read(ref: str, run: Run, checkpoint: Checkpoint, key: str) -> Loaded:
    from llmcore.nn.classifier import SequenceClassifier
    from llmcore.nn.model import GPT
    from llmcore.nn.weights import check_count, load_weights

    tokenizer = Tokenizer.load(run.directory / TOKENIZER)
    labels = checkpoint.state.get("labels")
    if ADAPTER not in checkpoint.state:
        check_count(checkpoint.weights, run.config.model.n_parameters())
    model: GPT | SequenceClassifier = GPT(run.config.model, initialise=False)
    if run.config.kind == "classify":
        if not labels:
            raise DamagedError(f"The checkpoint of run {run.id} names no labels: train it again.")
        model = SequenceClassifier(model, len(labels), reads_layers=run.config.reads_layers)
    if adapter := checkpoint.state.get(ADAPTER):
        _read_adapted(model, run, checkpoint, adapter)
    else:
        load_weights(model, checkpoint.weights)
    model.eval().requires_grad_(False)
    card = {"name": run.name(), "run": run.id, "created": run.raw_config.get("created"),
            "corpus": run.config.data.source, "parent": run.config.parent,
            "parameters": run.config.model.n_parameters(),
            "template": _template(checkpoint.state.get("template"))}  # fmt: skip
    vote = read_vote(run.directory, checkpoint.state, len(labels)) if labels else None
    return Loaded(key, ref, model, tokenizer, labels, checkpoint.step, card, vote)


def read_vote(
    directory: Path, state: dict[str, Any], n_classes: int
) -> tuple[WordVote, float] | None:
    """What a classifier's run and the state of its checkpoint say of the words that vote beside
    it. Raises DamagedError."""
    from llmcore.classical import WordVote

    share = state.get(VOTE)
    if share is None:
        return None
    if not isinstance(share, (int, float)) or not math.isfinite(share) or share < 0:
        raise DamagedError(f"The checkpoint of run {directory.name} has a vote of {share!r}.")
    return WordVote.load(directory / WORDS, n_classes), float(share)


def _template(kept: object) -> str | None:
    """The template that a checkpoint names, if it is one: runs also come from other machines."""
    if not isinstance(kept, str):
        return None
    return Template(kept).text


def _read_adapted(
    model: GPT | SequenceClassifier, run: Run, checkpoint: Checkpoint, adapter: dict[str, Any]
) -> None:
    """Fills `model` from the LoRA checkpoint of a run and from the run's parent, merged.

    Raises NotFoundError where the parent is gone, LabError where it is another by now.
    """
    from llmcore.nn.lora import attach_lora, merge_lora

    trunk: GPT = getattr(model, "trunk", model)  # type: ignore[assignment]
    parent = load_parent(run, adapter)
    try:
        trunk.copy_weights_of(parent.trunk)
        attach_lora(model, adapter, checkpoint.weights)
    except DamagedError:
        raise
    except LabError as error:
        raise LabError(
            f"Run {run.id} keeps a LoRA adapter only, and its parent {adapter.get('parent')} has "
            f"changed since: put the old one back, or train again."
        ) from error
    merge_lora(model)


def load_parent(run: Run, adapter: dict[str, Any]) -> Loaded:
    """The model that a LoRA run was trained beside. Raises NotFoundError where it is gone."""
    parent = str(adapter.get("parent"))
    try:
        return load(parent)
    except LostParentError as error:
        raise LostParentError(run.id, error.lost, error.reason) from error
    except LabError as error:
        gone = isinstance(error, NotFoundError)
        reason = "it is not here any more" if gone else str(error).rstrip(".")
        raise LostParentError(run.id, parent, reason) from error


class LostParentError(NotFoundError):
    """A run keeps a LoRA adapter only, and a model that it stands on cannot be loaded."""

    def __init__(self, run_id: str, lost: str, reason: str) -> None:
        super().__init__(
            f"Run {run_id} keeps a LoRA adapter only, and {lost}, which it stands on, cannot be "
            f"loaded ({reason}): put that model back, or train again."
        )
        self.lost, self.reason = lost, reason


def adapters_of(run_id: str) -> list[RunInfo]:
    """The runs that keep only a LoRA adapter of a run's weights, and those that keep one of
    theirs: without it, none of them is a model. The nearest come first."""
    children: dict[str, list[RunInfo]] = {}
    for info in RunStore().list():
        if info.state != RunState.DAMAGED and (adapter := Run(info.directory).adapter()):
            name = Path(str(adapter.get("parent")).partition("@")[0]).name
            children.setdefault(name, []).append(info)
    found: list[RunInfo] = []
    line = [run_id]
    while line:
        below = [one for one in children.get(line.pop(0), []) if one not in found]
        found += below
        line += [one.id for one in below]
    return found


def pinned(ref: str) -> str:
    """A reference to the very checkpoint that `ref` means now: it stays the same when the best of
    its run moves on, or when the working folder is another."""
    foreign = _foreign(ref)
    if foreign is not None:
        return str(foreign.directory) if Path(ref).expanduser().is_dir() else foreign.ref
    run, checkpoint = _find(ref)
    ours = run.directory.parent == RunStore().root or run.is_example
    return f"{run.id if ours else run.directory}@{checkpoint.step}"


def classify_texts(loaded: Loaded, texts: Sequence[str]) -> list[dict[str, Any]]:
    """For each text its `label`, `probability` and `probabilities`. Raises LabError for a model
    that is no classifier, and where `texts` is one text and no list."""
    from llmcore.tasks.classification import predict

    labels = labels_of(loaded)
    if not len(several(texts)):
        return []
    return list(predict(loaded.model, loaded.tokenizer, labels, texts, loaded.vote))


def classify_alone(loaded: Loaded, text: str) -> tuple[dict[str, float], dict[str, float]]:
    """What the model, and what the words that vote beside it, each say of a text: the probability
    of every class. Raises LabError where no words vote."""
    if loaded.vote is None:
        raise LabError(f"{loaded.ref} has no bag-of-words model beside it.")
    (answer,) = classify_texts(replace(loaded, vote=None), [text])
    (said,) = loaded.vote[0].probabilities([text])
    return answer["probabilities"], dict(zip(labels_of(loaded), map(float, said), strict=True))


def labels_of(loaded: Loaded) -> list[str]:
    """The classes of a classifier. Raises LabError for a model that is none."""
    if loaded.labels is None:
        raise LabError(
            f"{loaded.ref} is a language model, not a classifier: finetune it first, "
            f"or choose a classifier."
        )
    return loaded.labels


_cache: SizedCache[Loaded] = SizedCache(CACHE_BYTES)


def clear_cache() -> None:
    """Forgets all loaded models (for tests, and after deleting runs)."""
    _cache.clear()
