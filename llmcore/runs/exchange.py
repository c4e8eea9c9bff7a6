"""A run as one zip, to hand from a teacher to a student: out, and in again with suspicion.

Only JSON, text and safetensors travel: nothing that is opened can run code. What was unpacked
(see unpack.py) is checked file by file before the run is shown.
"""

import json
import os
import tempfile
import time
import zipfile
from collections.abc import Iterator
from math import prod
from pathlib import Path, PureWindowsPath
from typing import Any

from safetensors import SafetensorError, safe_open

from llmcore import models
from llmcore.config import RunConfig
from llmcore.errors import DamagedError, LabError, StateError
from llmcore.files import json_line, read_json, whole_file, write_json_atomic, write_text_atomic
from llmcore.runs.reader import LineTail
from llmcore.runs.run import (
    CHECKPOINTS,
    CONFIG,
    DATA,
    EVENTS,
    METRICS,
    NAME,
    PREDICTIONS,
    STATUS,
    TOKENIZER,
    VALIDATION_DATA,
    WORDS,
    Run,
)
from llmcore.runs.state import RunState
from llmcore.runs.store import MAX_NAME_LENGTH, RunStore
from llmcore.runs.unpack import DATA_SUFFIXES, unpack
from llmcore.tokenizers import Tokenizer
from llmcore.train.checkpoint_index import OPTIMIZER, STATE, WEIGHTS, Checkpoint

_KEPT_NUMBERS = ("v", "step", "best_step", "val_loss", "train_loss", "attempt")
_NUMBER = (int, float)


# ---- out


def export_run(run: Run, target: Path, optimizer: bool = False, data: bool = False) -> Path:
    """Writes the run to the new file `target`: settings, metrics, tokenizer, and the weights of
    its best and its latest checkpoint.

    A run that keeps a LoRA adapter travels merged with its parent, so that the zip needs nothing
    else where it arrives; it can then be used there, not resumed.

    optimizer: also what resuming needs. data: also the user's own data and the test predictions,
    which hold text of it; the single words that vote beside a classifier always travel. Host,
    process and absolute paths stay here. Raises StateError for a live run, LabError for one
    without a checkpoint.
    """
    info = run.info()
    if info.is_live:
        raise StateError(f"Run {run.id} is {info.state}: stop it first, then export it.")
    if info.state == RunState.DAMAGED:
        raise DamagedError(f"Run {run.id} is damaged and cannot be exported: {info.error}")
    if optimizer and _is_adapter(run.checkpoint()):
        raise LabError(
            f"Run {run.id} keeps a LoRA adapter, which travels merged and cannot be resumed "
            f"elsewhere: export it without what resuming needs."
        )
    target = target.expanduser().resolve()
    with whole_file(target) as aside, tempfile.TemporaryDirectory() as scratch:
        with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(CONFIG, _json(_portable_config(run.raw_config)))
            archive.writestr(STATUS, _json(_portable_status(run.status(), info.state)))
            archive.writestr(NAME, run.name() + "\n")
            for name in (METRICS, EVENTS, *((PREDICTIONS,) if data else ())):
                lines = LineTail(run.directory / name).read_new()
                archive.writestr(name, "".join(json_line(line) for line in lines))
            for path, name in _files(run, optimizer, data, Path(scratch)):
                packed = zipfile.ZIP_STORED if path.suffix == ".safetensors" else None
                archive.write(path, name, compress_type=packed)
    return target


def _files(run: Run, optimizer: bool, data: bool, scratch: Path) -> Iterator[tuple[Path, str]]:
    """Path and name in the zip of all files that travel whole."""
    yield run.directory / TOKENIZER / "tokenizer.json", f"{TOKENIZER}/tokenizer.json"
    if (run.directory / WORDS).exists():
        yield run.directory / WORDS, WORDS
    chosen = [run.checkpoint("best"), run.checkpoint("latest")]
    for checkpoint in {one.step: one for one in chosen}.values():
        folder = f"{CHECKPOINTS}/{checkpoint.directory.name}"
        if _is_adapter(checkpoint):
            for path in _merged(run, checkpoint, scratch / checkpoint.directory.name):
                yield path, f"{folder}/{path.name}"
            continue
        for name in (WEIGHTS, STATE, OPTIMIZER):
            if name != OPTIMIZER or (optimizer and checkpoint.full):
                yield checkpoint.directory / name, f"{folder}/{name}"
    stored = run.stored_data() if data else None
    validation = run.stored_validation() if data else None
    for folder, path in ((DATA, stored), (VALIDATION_DATA, validation)):
        if path is not None:
            suffix = path.suffix.lower() if path.suffix.lower() in DATA_SUFFIXES else ".txt"
            yield path, f"{folder}/{path.stem}{suffix}"


def _is_adapter(checkpoint: Checkpoint) -> bool:
    return models.ADAPTER in checkpoint.state


def _merged(run: Run, checkpoint: Checkpoint, folder: Path) -> tuple[Path, Path]:
    """Weights and state of a LoRA checkpoint as a plain one, written into `folder`."""
    from llmcore.nn.weights import save_weights

    loaded = models.load(f"{run.directory}@{checkpoint.step}")
    folder.mkdir()
    save_weights(loaded.model, folder / WEIGHTS)
    state = {key: value for key, value in checkpoint.state.items() if key != models.ADAPTER}
    write_json_atomic(folder / STATE, state)
    return folder / WEIGHTS, folder / STATE


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _portable_config(config: dict[str, Any]) -> dict[str, Any]:
    """config.json without this machine: no host, and of data files only their names."""
    data = config.get("data")
    if isinstance(data, dict):
        names = {
            key: PureWindowsPath(data[key]).name or data[key]
            for key in ("source", "validation_source")
            if isinstance(data.get(key), str)
        }
        data = {**data, **names}
    return {key: value for key, value in {**config, "data": data}.items() if key != "host"}


def _portable_status(status: dict[str, Any], state: str) -> dict[str, Any]:
    """The end of a run without who wrote it: `done` stays, all else reads as stopped."""
    kept = {key: status[key] for key in _KEPT_NUMBERS if isinstance(status.get(key), _NUMBER)}
    ended = RunState.DONE if state == RunState.DONE else RunState.STOPPED
    reason = status.get("reason")
    return {
        **kept,
        "state": ended,
        "reason": reason if isinstance(reason, str) else None,
        "phase": None,
        "error": None,
        "heartbeat": time.time(),
    }


# ---- in


def import_run(source: Path | bytes, store: RunStore | None = None) -> Run:
    """A run from a zip that `export_run` wrote, under a new id and its old name.

    Everything is unpacked into a hidden folder, checked there, and shown only when it is right.
    Raises LabError with the reason for anything that is not such a zip.
    """
    store = store or RunStore()
    store.root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=store.root, prefix=".import-") as folder:
        unpacked = Path(folder) / "run"
        unpacked.mkdir()
        try:
            unpack(source, unpacked)
            _check_run(unpacked)
            directory = store.directory(store.mint_id(Run(unpacked).name()))
        except RecursionError as error:
            raise LabError("The zip was not imported: its JSON is nested too deeply.") from error
        except LabError as error:
            reason = str(error).replace(f"{unpacked}{os.sep}", "").replace(str(unpacked), "it")
            raise LabError(f"The zip was not imported: {reason}") from error
        os.replace(unpacked, directory)
    return Run(directory)


def _check_run(directory: Path) -> None:
    """Raises LabError unless what was unpacked is a whole run; rewrites its config and status
    without the other machine."""
    run = Run(directory)
    config = run.config
    _check_config(config)
    write_json_atomic(directory / CONFIG, _portable_config(run.raw_config))
    status = run.status()
    write_json_atomic(directory / STATUS, _portable_status(status, str(status.get("state"))))
    write_text_atomic(directory / NAME, _checked_name(directory, config.name) + "\n")
    Tokenizer.load(directory / TOKENIZER)
    for name in (METRICS, EVENTS, PREDICTIONS):
        if (directory / name).exists():
            _check_lines(directory / name, only_numbers=name == METRICS)
    for folder in (directory / CHECKPOINTS).glob("*"):
        _check_checkpoint(folder, config)
    info = Run(directory).info()
    if info.state == RunState.DAMAGED or not run.checkpoints():
        raise LabError(f"its run is damaged ({info.error or 'it has no checkpoint'}).")


def _check_config(config: RunConfig) -> None:
    words = {"dropout", "position", "norm", "feed_forward"}  # checked by ModelConfig itself
    sizes = {key: value for key, value in config.model.to_dict().items() if key not in words}
    texts = {"name": config.name, "sample_prompt": config.sample_prompt}
    for key, value in sizes.items():
        if not isinstance(value, int):
            raise LabError(f"its {CONFIG} gives {value!r} as {key}, which is no whole number.")
    for key, value in texts.items():
        if not isinstance(value, str):
            raise LabError(f"its {CONFIG} gives {value!r} as {key}, which is no text.")


def _checked_name(directory: Path, otherwise: str) -> str:
    """The shown name on one line, cut to the length that renaming allows."""
    try:
        text = (directory / NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        text = otherwise
    except UnicodeDecodeError as error:
        raise LabError(f"its {NAME} is not UTF-8 text.") from error
    return " ".join(text.split())[:MAX_NAME_LENGTH] or "imported run"


def _check_lines(path: Path, only_numbers: bool) -> None:
    """Every line is a JSON object; of metrics, one of numbers beside the name of the split."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                record = json.loads(line)
                values = [value for key, value in record.items() if key != "split"]
            except (ValueError, AttributeError, RecursionError) as error:
                raise LabError(f"line {number} of {path.name} is no JSON object.") from error
            if only_numbers and not all(one is None or isinstance(one, _NUMBER) for one in values):
                raise LabError(f"line {number} of {path.name} holds what is no number.")


def _check_checkpoint(directory: Path, config: RunConfig) -> None:
    """The state is readable and the weights are as many numbers as the configuration says, so
    that no model is built (and no memory asked for) that the file does not fill."""
    state = read_json(directory / STATE)
    if not (state.get("val_loss") is None or isinstance(state["val_loss"], _NUMBER)):
        raise LabError(f"the {STATE} of {directory.name} has a val_loss that is no number.")
    if models.ADAPTER in state:
        raise LabError(f"{directory.name} is a LoRA adapter without the model that it adds to.")
    n_classes = 0
    if config.kind == "classify":
        labels = state.get("labels")
        if not (isinstance(labels, list) and labels and all(isinstance(x, str) for x in labels)):
            raise LabError(f"the {STATE} of {directory.name} names no labels.")
        n_classes = len(labels)
        models.read_vote(directory.parent.parent, state, n_classes)
    found = _n_numbers(directory / WEIGHTS)
    expected = config.model.n_parameters() + config.head_parameters(n_classes)
    if found != expected:
        raise LabError(
            f"the weights of {directory.name} are {found:,} numbers, but its {CONFIG} describes "
            f"{expected:,}."
        )
    if (directory / OPTIMIZER).exists():
        _n_numbers(directory / OPTIMIZER)


def _n_numbers(path: Path) -> int:
    """How many numbers a safetensors file holds. Raises LabError where it is none."""
    try:
        with safe_open(path, framework="np") as file:
            return sum(prod(file.get_slice(name).get_shape()) for name in list(file.keys()))
    except (OSError, SafetensorError) as error:
        raise LabError(f"{path.parent.name}/{path.name} is no safetensors file ({error}).") from (
            error
        )
