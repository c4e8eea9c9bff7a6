"""Models in: one of another tool becomes a run that the whole lab opens."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from llmcore.config import SCHEMA_KEY, SCHEMA_VERSION, DataConfig, RunConfig, TrainConfig
from llmcore.convert.foreign import (
    architecture,
    read_foreign_tokenizer,
    read_model,
    stored_precision,
)
from llmcore.convert.gguf_model import SUFFIX, GgufModel
from llmcore.convert.hub import FileProgress, download
from llmcore.convert.locate import Foreign, ForeignModel, find, is_hub_name, repositories
from llmcore.convert.verify import (
    allowed_difference,
    largest_difference,
    probe_ids,
    probe_logits,
    reference_logits,
)
from llmcore.errors import LabError, NotFoundError
from llmcore.files import json_line, whole_directory, write_json_atomic, write_text_atomic
from llmcore.nn.classifier import SequenceClassifier
from llmcore.nn.model import GPT
from llmcore.nn.weights import load_weights, save_weights
from llmcore.runs.run import CHECKPOINTS, CONFIG, EVENTS, METRICS, NAME, STATUS, TOKENIZER, Run
from llmcore.runs.state import RunState
from llmcore.train.checkpoint_index import STATE, WEIGHTS, directory_for
from llmcore.version import VERSION

MAX_ROUNDED = 0.01  # of the largest logit: what fp16 may change of a quantized model's


@dataclass(slots=True, frozen=True)
class Imported:
    """The new run, and how far its logits are from those of the source (None if nothing could
    compute them)."""

    run: Run
    architecture: str
    tokenizer: str
    n_tokens: int
    parameters: int
    max_abs_logit_difference: float | None
    notices: list[str]


def locate(source: str, progress: FileProgress | None = None) -> Foreign:
    """The model that a name, a GGUF file or a directory means, downloaded if it is not on this
    machine.

    Raises NotFoundError, OfflineError, or LabError for what the lab does not compute.
    """
    found = find(source)
    if found is not None:
        return found
    path = Path(source).expanduser()
    if path.is_dir():
        files = sorted(path.glob(f"*{SUFFIX}"))
        inside = f" Name the file in it: {files[0]}." if files else ""
        raise LabError(
            f"{source} holds no model of Hugging Face's format (no config.json of one).{inside}"
        )
    if path.is_file():
        raise LabError(
            f"{source} is no model that the lab reads: give a file that ends with {SUFFIX}, or "
            f"the directory of a model in Hugging Face's format."
        )
    if not is_hub_name(source):
        raise NotFoundError(
            f"{source!r} is neither a file, a directory nor a name on the hub: give a GGUF file, "
            f"the directory of a model, gpt2, gpt2-medium, gpt2-large, gpt2-xl or "
            f"organisation/model."
        )
    return ForeignModel(source, download(repositories(source)[0], progress))


def import_model(foreign: Foreign, directory: Path, name: str | None = None) -> Imported:
    """Makes the run `directory` (new or empty) from a model: done, at step 0, with one checkpoint,
    in the precision of the source.

    The run is loaded again and compared: one of Hugging Face's format with what transformers
    computes from the source, one of a GGUF file with the numbers of the file. One that differs is
    not kept. Raises LabError with the reason for what cannot be imported.
    """
    tokenizer, notice = read_foreign_tokenizer(foreign)
    notices = [text for text in (notice, _cut_notice(foreign)) if text]
    precision = stored_precision(foreign)
    with whole_directory(directory) as aside:
        model, labels = read_model(foreign)
        config = _run_config(model, labels, name or foreign.name)
        tokenizer.save(aside / TOKENIZER)
        _write_checkpoint(aside, model, labels, config, precision)
        _write_run(aside, config, foreign, [f"Imported from {foreign.ref}.", *notices])
        n_parameters = sum(parameter.numel() for parameter in model.parameters())
        logits = probe_logits(model) if isinstance(foreign, GgufModel) else None
        del model  # the next one takes its place in memory
        difference = _checked_difference(aside, foreign, config, labels, logits)
    if difference is None:
        notices.append("transformers is not installed, so the logits were not compared.")
    return Imported(
        Run(directory), architecture(foreign), tokenizer.name, tokenizer.vocab_size, n_parameters,
        difference, notices,
    )  # fmt: skip


def _cut_notice(foreign: Foreign) -> str | None:
    """In words: a context that the model's makers gave and the lab does not use."""
    longest, used = foreign.longest_context, foreign.config.context_length
    if longest <= used:
        return None
    return (
        f"The model was made for texts of up to {longest:,} tokens; the lab uses {used:,} of them."
    )


def _run_config(model: GPT | SequenceClassifier, labels: list[str] | None, name: str) -> RunConfig:
    trunk = model.trunk if isinstance(model, SequenceClassifier) else model
    return RunConfig(
        kind="classify" if labels else "pretrain",
        name=name,
        model=trunk.config,
        train=TrainConfig(steps=1),
        data=DataConfig(source=name),
    )


def _write_checkpoint(
    directory: Path,
    model: GPT | SequenceClassifier,
    labels: list[str] | None,
    config: RunConfig,
    precision: str,
) -> None:
    folder = directory_for(directory / CHECKPOINTS, 0)
    folder.mkdir(parents=True)
    save_weights(model, folder / WEIGHTS, precision)
    state: dict[str, Any] = {"v": 1, "step": 0, "kind": config.kind, "val_loss": None}
    state |= {"model": config.model.to_dict()} | ({"labels": labels} if labels else {})
    write_json_atomic(folder / STATE, state)


def _write_run(directory: Path, config: RunConfig, foreign: Foreign, notices: list[str]) -> None:
    now = time.time()
    write_json_atomic(directory / CONFIG, {
        SCHEMA_KEY: SCHEMA_VERSION,
        "created": now,
        "lab_version": VERSION,
        "imported_from": foreign.name,
        **config.to_dict(),
    })  # fmt: skip
    write_json_atomic(directory / STATUS, {
        "v": 1, "state": RunState.DONE, "reason": f"imported from {foreign.ref}", "phase": None,
        "step": 0, "best_step": 0, "val_loss": None, "attempt": 1, "error": None,
        "heartbeat": now,
    })  # fmt: skip
    write_text_atomic(directory / NAME, config.name + "\n")
    write_text_atomic(directory / METRICS, "")
    head = {"v": 1, "attempt": 1, "t": round(now, 3), "step": 0, "type": "notice"}
    lines = "".join(json_line({**head, "text": notice}) for notice in notices)
    write_text_atomic(directory / EVENTS, lines)


def _checked_difference(
    directory: Path,
    foreign: Foreign,
    config: RunConfig,
    labels: list[str] | None,
    expected: Tensor | None,
) -> float | None:
    """The largest difference between the logits of the run, loaded from disk, and `expected`: by
    default those of transformers' own reading of the source, None if it is not installed.

    Raises LabError if it is more than rounding; of quantized weights, whose run keeps 11 bits
    of each number, more than a hundredth of the largest logit.
    """
    trunk = GPT(config.model, initialise=False)
    model: GPT | SequenceClassifier = SequenceClassifier(trunk, len(labels)) if labels else trunk
    load_weights(model, directory_for(directory / CHECKPOINTS, 0) / WEIGHTS)
    logits, ids = probe_logits(model.eval()), probe_ids(model)
    del model, trunk  # the reference takes its place in memory
    if expected is None and isinstance(foreign, ForeignModel):
        expected = reference_logits(foreign.directory, ids, labels is not None)
    if expected is None:
        return None
    difference = largest_difference(logits, expected)
    allowed = allowed_difference(expected)
    if isinstance(foreign, GgufModel):
        allowed = max(allowed, MAX_ROUNDED * expected.abs().max().item())
    if difference > allowed:
        raise LabError(
            f"The imported model gives logits that differ by {difference:.2g} from those of "
            f"its source, which is more than rounding: nothing was kept."
        )
    return difference
