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
from dataclasses import dataclass
from math import prod
from pathlib import Path, PureWindowsPath
from typing import Any

from safetensors import SafetensorError, safe_open

from llmcore import models
from llmcore.config import RunConfig
from llmcore.errors import DamagedError, LabError, StateError, cause
from llmcore.files import (
    json_line,
    remove_left_overs,
    whole_file,
    write_json_atomic,
    write_text_atomic,
)
from llmcore.runs.events import check_event, check_row
from llmcore.runs.reader import LineTail
from llmcore.runs.reference import with_checkpoint
from llmcore.runs.run import (
    ADAPTER,
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
from llmcore.schema import build, is_number, parse_object
from llmcore.settings import setting
from llmcore.tokenizers import Tokenizer
from llmcore.tokenizers.file_checks import check_file
from llmcore.train.checkpoint_index import (
    OPTIMIZER,
    STATE,
    STEP_PREFIX,
    WEIGHTS,
    Checkpoint,
    read_state,
)

_KEPT_NUMBERS = ("v", "step", "best_step", "val_loss", "train_loss", "attempt")
_NUMBER = (int, float)
_OF_THIS_LAB = ("host", "imported")  # of config.json
_LEFT = r"\.import-[a-z0-9_]{8}"  # the names that tempfile makes below


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
        files = list(_files(run, optimizer, data, Path(scratch)))
        try:
            _check_packed(run, Path(scratch))
        except LabError as error:
            raise DamagedError(f"Run {run.id} was not exported: {error}") from error
        with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(CONFIG, _json(_portable_config(run.raw_config)))
            archive.writestr(STATUS, _json(_portable_status(run.status(), info.state)))
            archive.writestr(NAME, run.name() + "\n")
            for name in (METRICS, EVENTS, *((PREDICTIONS,) if data else ())):
                lines = _sound_lines(run.directory / name, run.config.kind)
                archive.writestr(name, "".join(json_line(line) for line in lines))
            for path, name in files:
                packed = zipfile.ZIP_STORED if path.suffix == ".safetensors" else None
                archive.write(path, name, compress_type=packed)
    return target


def _check_packed(run: Run, scratch: Path) -> None:
    """Raises LabError for what an import would refuse, so that no zip is handed out in vain.

    scratch: where the merged checkpoints are; the others are checked where they are."""
    Tokenizer.load(run.directory / TOKENIZER)
    for folder in (run.directory / CHECKPOINTS).glob(f"{STEP_PREFIX}*"):
        read_state(folder)  # one that readers pass over might be the best
        if not (folder / WEIGHTS).is_file():
            raise DamagedError(f"{folder.name} has no {WEIGHTS}.")
    for checkpoint in _chosen(run):
        merged = scratch / checkpoint.directory.name
        folder = merged if merged.is_dir() else checkpoint.directory
        _check_checkpoint(folder, run.config, run.directory)


def _sound_lines(path: Path, kind: str) -> Iterator[dict[str, Any]]:
    """The lines that an import takes; readers here pass the others over as well."""
    for line in LineTail(path).read_new():
        try:
            _check_line(line, path.name, kind)
        except DamagedError:
            continue
        yield line


def _chosen(run: Run) -> list[Checkpoint]:
    """The best checkpoint and the latest, once if they are the same."""
    chosen = [run.checkpoint("best"), run.checkpoint("latest")]
    return list({checkpoint.step: checkpoint for checkpoint in chosen}.values())


def _files(run: Run, optimizer: bool, data: bool, scratch: Path) -> Iterator[tuple[Path, str]]:
    """Path and name in the zip of all files that travel whole."""
    yield run.directory / TOKENIZER / "tokenizer.json", f"{TOKENIZER}/tokenizer.json"
    if (run.directory / WORDS).exists():
        yield run.directory / WORDS, WORDS
    for checkpoint in _chosen(run):
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
    for folder, text in ((DATA, stored), (VALIDATION_DATA, validation)):
        if text is not None:
            suffix = text.suffix.lower() if text.suffix.lower() in DATA_SUFFIXES else ".txt"
            yield text, f"{folder}/{text.stem}{suffix}"


def _is_adapter(checkpoint: Checkpoint) -> bool:
    return ADAPTER in checkpoint.state


def _merged(run: Run, checkpoint: Checkpoint, folder: Path) -> tuple[Path, Path]:
    """Weights and state of a LoRA checkpoint as a plain one, written into `folder`."""
    from llmcore.nn.weights import save_weights

    loaded = models.load(with_checkpoint(run.directory, checkpoint.step))
    folder.mkdir()
    save_weights(loaded.model, folder / WEIGHTS)
    state = {key: value for key, value in checkpoint.state.items() if key != ADAPTER}
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
    return {
        key: value for key, value in {**config, "data": data}.items() if key not in _OF_THIS_LAB
    }


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
    remove_left_overs(store.root / ".import", _LEFT)
    with tempfile.TemporaryDirectory(dir=store.root, prefix=".import-") as folder:
        unpacked = Path(folder) / "run"
        unpacked.mkdir()
        try:
            unpack(source, unpacked)
            _check_run(unpacked)
            directory = store.directory(store.mint_id(Run(unpacked).name()))
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
    imported = {**_portable_config(run.raw_config), "imported": time.time()}
    write_json_atomic(directory / CONFIG, imported)
    status = run.status()
    write_json_atomic(directory / STATUS, _portable_status(status, str(status.get("state"))))
    write_text_atomic(directory / NAME, _checked_name(directory, config.name) + "\n")
    tokenizer = Tokenizer.load(directory / TOKENIZER)
    if tokenizer.original is not None:
        check_file(tokenizer.original)
    for name in (METRICS, EVENTS, PREDICTIONS):
        if (directory / name).exists():
            _check_lines(directory / name, config.kind)
    for folder in (directory / CHECKPOINTS).glob("*"):
        _check_checkpoint(folder, config, directory)
    info = Run(directory).info()
    if info.state == RunState.DAMAGED or not run.checkpoints():
        raise LabError(f"its run is damaged ({info.error or 'it has no checkpoint'}).")


def _checked_name(directory: Path, otherwise: str) -> str:
    """The shown name on one line, cut to the length that renaming allows."""
    try:
        text = (directory / NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        text = otherwise
    except UnicodeDecodeError as error:
        raise LabError(f"its {NAME} is not UTF-8 text.") from error
    return " ".join(text.split())[:MAX_NAME_LENGTH] or "imported run"


def _check_lines(path: Path, kind: str) -> None:
    """Every line is what a writer of the lab could have written; kind: of the run."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                _check_line(parse_object(line, "it"), path.name, kind)
            except DamagedError as error:
                raise LabError(f"line {number} of {path.name} is damaged: {error}") from error


def _check_line(record: dict[str, Any], name: str, kind: str) -> None:
    """Raises DamagedError for a line of metrics, events or predictions that is none."""
    if name == EVENTS:
        check_event(record, kind)
    elif name == PREDICTIONS:
        check_row(record, kind)
    else:
        build(_Metrics, record, "it")
        for key, value in record.items():
            if key != "split" and value is not None and not is_number(value) and value is not True:
                raise DamagedError(f"{key[:40]} is no number.")


@dataclass(slots=True, frozen=True)
class _Metrics:
    """What every line of metrics.jsonl has beside its numbers."""

    split: str
    step: int = setting(0, "after which it was measured", 0)
    attempt: int = setting(1, "which start of the run wrote it", 0)


def _check_checkpoint(directory: Path, config: RunConfig, run: Path) -> None:
    """The state is readable and the weights are as many numbers as the configuration says, so
    that no model is built (and no memory asked for) that the file does not fill.

    run: the directory that holds the words which vote beside the model."""
    state = read_state(directory)
    if ADAPTER in state:
        raise LabError(f"{directory.name} is a LoRA adapter without the model that it adds to.")
    n_classes = 0
    if config.kind == "classify":
        labels = state.get("labels")
        if not labels:
            raise LabError(f"the {STATE} of {directory.name} names no labels.")
        n_classes = len(labels)
        models.read_vote(run, state, n_classes)
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
    """How many numbers a safetensors file holds. Raises LabError if it is none."""
    try:
        with safe_open(path, framework="np") as file:
            return sum(prod(file.get_slice(name).get_shape()) for name in list(file.keys()))
    except (OSError, SafetensorError) as error:
        raise LabError(
            f"{path.parent.name}/{path.name} is no safetensors file ({cause(error)})."
        ) from (error)
