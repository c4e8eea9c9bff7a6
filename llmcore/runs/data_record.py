"""What a run learned from, so that a resume can tell whether it is still the same.

A small file of the user's is copied into the run; a large one, a folder and the built-in sets are
outside of it and may change between a stop and a resume. RUN/data.json keeps for each of them its
place, size, time of change and SHA-256, written before the first step.
"""

import hashlib
import os
import shlex
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from llmcore.config import RunConfig
from llmcore.data import CORPORA, INSTRUCTIONS, LABELLED, load_corpus
from llmcore.data.corpora import documents_sha256
from llmcore.errors import DamagedError, StateError
from llmcore.files import read_json, sha256_of, write_json_atomic
from llmcore.paths import runs_dir, slug
from llmcore.runs.run import CHECKPOINTS, DATA_RECORD, STATUS, VALIDATION_DATA, Run
from llmcore.schema import build
from llmcore.train.checkpoint_index import STATE, list_checkpoints
from llmcore.train.sinks import Sink

COPIED_BYTES = 64 << 20  # larger files of the user's are read where they are
ACCEPT = "--accept-changed-data"


class ChangedDataError(StateError):
    """The data of a run is no longer what it began with. can_accept: it is where it was, and a
    resume may go on with what is there now."""

    def __init__(self, sentence: str, can_accept: bool = False) -> None:
        super().__init__(sentence)
        self.can_accept = can_accept


@dataclass(slots=True, frozen=True)
class Stamp:
    """A source as it was. path: absolute, None for a built-in set. modified: nanoseconds since
    1970 of the file, or of the youngest file of a folder."""

    path: str | None
    n_bytes: int
    modified: int
    sha256: str


def write_record(run: Run, config: RunConfig, sink: Sink) -> None:
    """Before the first step: copies a small text to validate on into the run, and notes what the
    rest looks like. Of a run that goes on: says what was accepted since it stopped."""
    if (run.directory / DATA_RECORD).is_file():
        record = _read(run)
        accepted = record.pop("accepted", None)
        for sentence in accepted if isinstance(accepted, list) else []:
            sink.event("notice", run.info().step, text=str(sentence))
        if accepted:
            write_json_atomic(run.directory / DATA_RECORD, record)
        check_data(run)
        return
    if run.checkpoints() and any(_on_disk(source) for source in _outside(run, config)):
        sink.event("notice", run.info().step, text=(
            "This run began before the lab kept a fingerprint of its data, so whether that has "
            "changed since cannot be checked."
        ))  # fmt: skip
    _keep_validation(run, config)
    sink.progress(0, "preparing")
    there = [path for path in _outside(run, config) if _is_builtin(path) or _on_disk(path)]
    stamps = {source: asdict(_stamp(source, config)) for source in there}
    write_json_atomic(run.directory / DATA_RECORD, {"v": 1, "sources": stamps})


def check_data(run: Run) -> None:
    """Raises ChangedDataError if a source is elsewhere now or holds something else."""
    for source, sentence in _changes(run):
        if _place_of(run, source) is not None:
            raise ChangedDataError(
                f"{sentence} To go on with what is there now: python -m llmcore runs resume "
                f"{_named(run)} {ACCEPT}. The best model is then chosen again.",
                can_accept=True,
            )
        raise ChangedDataError(sentence)


def _named(run: Run) -> str:
    """How a command names the run: by its id among the lab's, else by its directory."""
    if run.directory.parent.resolve() == runs_dir().resolve():
        return run.id
    return shlex.quote(str(run.directory.resolve()))


def accept_changes(run: Run) -> list[str]:
    """Takes the current sources for the run's own, and forgets which checkpoint was best:
    losses on another text do not compare. Returns what has changed, one sentence each.

    Raises ChangedDataError if a source is gone.
    """
    changes = list(_changes(run))
    for source, sentence in changes:
        if _place_of(run, source) is None:
            raise ChangedDataError(sentence)
    if not changes:
        return []
    record = _read(run)
    sentences = [sentence for _, sentence in changes]
    for source, _ in changes:
        record["sources"][source] = asdict(_stamp(source, run.config))
    record["accepted"] = [
        f"{sentence} Training goes on with what is there now." for sentence in sentences
    ]
    _forget_best(run)
    write_json_atomic(run.directory / DATA_RECORD, record)
    return sentences


def _forget_best(run: Run) -> None:
    for checkpoint in list_checkpoints(run.directory / CHECKPOINTS):
        state = {**checkpoint.state, "val_loss": None, "without_gain": 0}
        if checkpoint.val_loss is not None:
            state["val_loss_before"] = checkpoint.val_loss  # on the text as it was
        write_json_atomic(checkpoint.directory / STATE, state)
    status = {**run.status(), "val_loss": None, "best_step": None}
    write_json_atomic(run.directory / STATUS, status)


# ---- what is outside of the run


def _outside(run: Run, config: RunConfig) -> Iterator[str]:
    """The sources that a run does not hold a copy of."""
    if run.stored_data() is None:
        yield from getattr(config.experiment, "sources", (config.data.source,))
    validation = config.data.validation_source
    if validation is not None and run.stored_validation() is None:
        yield validation


def _on_disk(source: str) -> Path | None:
    """The file or folder of a source; None for a built-in name, or if there is none."""
    if _is_builtin(source) or "\0" in source:
        return None
    try:
        path = Path(source).expanduser().resolve()
        return path if path.exists() else None
    except (OSError, RuntimeError):  # RuntimeError: ~somebody has no home
        return None


def _is_builtin(source: str) -> bool:
    names = [name.strip() for name in source.split("+")]
    return source in {*LABELLED, *INSTRUCTIONS} or all(name in CORPORA for name in names)


def _keep_validation(run: Run, config: RunConfig) -> None:
    """A small text to validate on is copied into the run, as a small corpus is."""
    source = config.data.validation_source
    path = None if source is None else _on_disk(source)
    if path is None or not path.is_file() or path.stat().st_size > COPIED_BYTES:
        return
    folder = run.directory / VALIDATION_DATA
    folder.mkdir(exist_ok=True)
    name = slug(path.stem) + (path.suffix if path.suffix.isascii() else "")
    aside = folder / f".{name}.tmp"
    aside.write_bytes(path.read_bytes())
    os.replace(aside, folder / name)


def _stamp(source: str, config: RunConfig) -> Stamp:
    path = _on_disk(source)
    if path is None:
        return Stamp(None, 0, 0, _builtin_sha256(source, config))
    return Stamp(str(path), *_size_and_time(path), _sha256_of(path))


def _builtin_sha256(source: str, config: RunConfig) -> str:
    """Of the texts themselves: a download that arrives makes a set larger."""
    if config.kind in {"classify", "learning-curve"}:
        from llmcore.data import load_labelled

        found = load_labelled(source)
        return documents_sha256([*found.texts, *found.labels])
    if config.kind == "instruct":
        return ""  # they come with the lab
    return load_corpus(source).fingerprint


def files_of(path: Path) -> list[Path]:
    """The file itself, or all files of a folder in order."""
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.rglob("*") if file.is_file())


def _size_and_time(path: Path) -> tuple[int, int]:
    stats = [file.stat() for file in files_of(path)]
    return sum(file.st_size for file in stats), max((file.st_mtime_ns for file in stats), default=0)


def _sha256_of(path: Path) -> str:
    if not path.is_dir():
        return sha256_of(path)
    digest = hashlib.sha256()
    for inside in files_of(path):
        digest.update(f"{inside.relative_to(path).as_posix()}\0{sha256_of(inside)}\n".encode(
            "utf-8", "surrogateescape"))  # fmt: skip
    return digest.hexdigest()


# ---- comparing


def _read(run: Run) -> dict[str, Any]:
    record = read_json(run.directory / DATA_RECORD)
    if not isinstance(record.get("sources"), dict):
        raise DamagedError(f"{DATA_RECORD} of run {run.id} is damaged: delete that file.")
    return record


def _stamps(run: Run) -> dict[str, Stamp]:
    """By source; empty for a run of a time before they were kept. Raises DamagedError."""
    if not (run.directory / DATA_RECORD).is_file():
        return {}
    return {key: _stamp_of(run, source) for key, source in _read(run)["sources"].items()}


def _stamp_of(run: Run, kept: object) -> Stamp:
    try:
        return build(Stamp, kept, DATA_RECORD)
    except DamagedError as error:
        raise DamagedError(
            f"{error} Whether the data of run {run.id} has changed cannot be checked: delete that "
            f"file to go on without it."
        ) from error


def _place_of(run: Run, source: str) -> Path | None:
    """Where a source is now: a built-in name everywhere, a file at its old place or nowhere."""
    stamp = _stamps(run).get(source)
    if stamp is None or stamp.path is None:
        return Path() if _is_builtin(source) else _on_disk(source)
    path = Path(stamp.path)
    return path if path.exists() else None


def _changes(run: Run) -> Iterator[tuple[str, str]]:
    """Each source of a run that is not what it was, and a sentence that says in what."""
    config, stamps = run.config, _stamps(run)
    for source in _outside(run, config):
        stamp, place = stamps.get(source), _place_of(run, source)
        if place is None:
            old = stamp.path if stamp and stamp.path else source
            text = (
                f"The data of run {run.id} is no longer at {old}: put it (or a link) back there, "
            )
            yield source, text + "then resume the run."
        elif stamp is not None and (what := _difference(stamp, source, place, config)):
            yield source, f"{stamp.path or source} has changed since run {run.id} began: {what}."


def _difference(stamp: Stamp, source: str, place: Path, config: RunConfig) -> str:
    """In words what is not as it was; empty if nothing is."""
    if stamp.path is None:
        same = _builtin_sha256(source, config) == stamp.sha256
        return "" if same else "the set has other texts now (a download may have arrived)"
    n_bytes, modified = _size_and_time(place)
    if n_bytes != stamp.n_bytes:
        return f"it had {stamp.n_bytes:,} bytes and has {n_bytes:,}"
    if modified == stamp.modified or _sha256_of(place) == stamp.sha256:
        return ""
    return "it has as many bytes, but not the same ones"
