"""GPT-2 in: a model of Hugging Face's format becomes a run that the whole lab opens."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmcore.config import SCHEMA_KEY, SCHEMA_VERSION, DataConfig, RunConfig, TrainConfig
from llmcore.convert.gpt2 import read_gpt2
from llmcore.convert.hf_tokenizer import tokenizer_of
from llmcore.convert.hub import FileProgress, download
from llmcore.convert.locate import ForeignModel, find, is_hub_name, repositories
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


@dataclass(slots=True, frozen=True)
class Imported:
    """The new run, and how far its logits are from those of transformers (None where that
    package is not installed)."""

    run: Run
    parameters: int
    max_abs_logit_difference: float | None
    notices: list[str]


def locate(source: str, progress: FileProgress | None = None) -> ForeignModel:
    """The model that a name or a directory means, downloaded where it is not on this machine.

    Raises NotFoundError, OfflineError, or LabError for what is no GPT-2.
    """
    found = find(source)
    if found is not None:
        return found
    if Path(source).expanduser().is_dir():
        raise LabError(f"{source} holds no GPT-2 of Hugging Face's format (no config.json of it).")
    if not is_hub_name(source):
        raise NotFoundError(
            f"{source!r} is neither a directory nor a name on the hub: give gpt2, gpt2-medium, "
            f"gpt2-large, gpt2-xl or organisation/model."
        )
    return ForeignModel(source, download(repositories(source)[0], progress))


def import_gpt2(foreign: ForeignModel, directory: Path, name: str | None = None) -> Imported:
    """Makes the run `directory` (new or empty) from a model: done, at step 0, with one checkpoint.

    The run is loaded again and compared with what transformers computes from the source; one
    that differs is not kept. Raises LabError with the reason for what cannot be imported.
    """
    tokenizer, notice = tokenizer_of(foreign)
    notices = [notice] if notice else []
    with whole_directory(directory) as aside:
        model, labels = read_gpt2(foreign)
        config = _run_config(model, labels, name or foreign.name)
        tokenizer.save(aside / TOKENIZER)
        _write_checkpoint(aside, model, labels, config)
        _write_run(aside, config, foreign, [f"Imported from {foreign.ref}.", *notices])
        n_parameters = sum(parameter.numel() for parameter in model.parameters())
        del model  # the next one takes its place in memory
        difference = _checked_difference(aside, foreign, config, labels)
    if difference is None:
        notices.append("transformers is not installed, so the logits were not compared.")
    return Imported(Run(directory), n_parameters, difference, notices)


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
    directory: Path, model: GPT | SequenceClassifier, labels: list[str] | None, config: RunConfig
) -> None:
    folder = directory_for(directory / CHECKPOINTS, 0)
    folder.mkdir(parents=True)
    save_weights(model, folder / WEIGHTS)
    state: dict[str, Any] = {"v": 1, "step": 0, "kind": config.kind, "val_loss": None}
    state |= {"model": config.model.to_dict()} | ({"labels": labels} if labels else {})
    write_json_atomic(folder / STATE, state)


def _write_run(
    directory: Path, config: RunConfig, foreign: ForeignModel, notices: list[str]
) -> None:
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
    directory: Path, foreign: ForeignModel, config: RunConfig, labels: list[str] | None
) -> float | None:
    """The largest difference between the run, loaded from disk, and transformers' own reading of
    the source. Raises LabError where it is more than rounding."""
    trunk = GPT(config.model, initialise=False)
    model: GPT | SequenceClassifier = SequenceClassifier(trunk, len(labels)) if labels else trunk
    load_weights(model, directory_for(directory / CHECKPOINTS, 0) / WEIGHTS)
    logits, ids = probe_logits(model.eval()), probe_ids(model)
    del model, trunk  # the reference takes its place in memory
    reference = reference_logits(foreign.directory, ids, labels is not None)
    if reference is None:
        return None
    difference = largest_difference(logits, reference)
    if difference > allowed_difference(reference):
        raise LabError(
            f"The imported model gives logits that differ by {difference:.2g} from those of "
            f"transformers, which is more than rounding: nothing was kept."
        )
    return difference
