"""The one writer of a run's files. A lock keeps a second one out; a thread keeps the heartbeat."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from llmcore.errors import DamagedError, LabError, StateError
from llmcore.files import file_lock, json_line, read_json, write_json_atomic
from llmcore.runs.run import EVENTS, METRICS, STATUS
from llmcore.runs.state import HEARTBEAT_SECONDS, RunState, Status, writer_identity

if TYPE_CHECKING:
    from filelock import BaseFileLock

log = logging.getLogger(__name__)
LOCK = "lock"
RESERVE = ".reserve"
RESERVE_BYTES = 64 << 10  # held back so that the last word can be written on a full disk


class RunWriter:
    """Implements the trainer's Sink over a run directory.

    Use as a context manager around the work: an exception is recorded as `failed`, loudly, and
    raised again. `finish` sets any other final state.
    """

    def __init__(self, directory: Path, backend: str) -> None:
        """Raises StateError if another writer holds the run."""
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self._lock = _locked(directory / LOCK)
        self._mutex = threading.Lock()
        self._closed = threading.Event()
        try:
            previous = Status.of(read_json(directory / STATUS))
        except DamagedError:
            previous = Status()
        self.attempt = previous.attempt + 1
        self._status: dict[str, Any] = {
            "v": 1,
            "state": RunState.RUNNING,
            "reason": None,
            "phase": "preparing",
            "step": previous.step,
            "best_step": previous.best_step,
            "val_loss": previous.val_loss,
            "attempt": self.attempt,
            "backend": backend,
            "control_seq": 0,
            "error": None,
            **writer_identity(),
        }
        self._metrics = (directory / METRICS).open("a", encoding="utf-8", newline="\n")
        self._events = (directory / EVENTS).open("a", encoding="utf-8", newline="\n")
        _end_torn_line(directory / METRICS, self._metrics)
        _end_torn_line(directory / EVENTS, self._events)
        (directory / RESERVE).write_bytes(bytes(RESERVE_BYTES))
        self._write_status()
        self._heart = threading.Thread(target=self._beat, name="llmlab-heartbeat", daemon=True)
        self._heart.start()

    def __enter__(self) -> RunWriter:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        if error is not None and not self._closed.is_set():
            self.fail(error)

    # The Sink protocol -------------------------------------------------------------------

    def metrics(self, step: int, split: str, **values: float) -> None:
        self._append(self._metrics, step, {"split": split, **values})

    def event(self, kind: str, step: int, **values: Any) -> None:
        self._append(self._events, step, {"type": kind, **values})

    def progress(self, step: int, phase: str, **values: Any) -> None:
        """Kept in memory; the heartbeat writes it. A change of phase is written at once."""
        with self._mutex:
            changed = phase != self._status["phase"]
            self._status.update(step=step, phase=phase, **values)
        if changed:
            self._write_status()

    # The end of a run --------------------------------------------------------------------

    def finish(self, state: str, step: int, reason: str | None = None, **values: Any) -> None:
        self._close(state=state, step=step, reason=reason, phase=None, **values)

    def fail(self, error: BaseException) -> None:
        """Records what went wrong: the sentence for a LabError, else type and message."""
        known = isinstance(error, LabError)
        message = str(error) if known else f"{type(error).__name__}: {error}"
        if not known:
            log.error("run %s failed", self.directory.name, exc_info=error)
        trace = "".join(traceback.format_exception(error))
        self._close(
            state=RunState.FAILED,
            reason=message,
            phase=None,
            error={"type": type(error).__name__, "message": message, "traceback": trace},
        )

    def _close(self, **changes: Any) -> None:
        self._closed.set()
        self._heart.join(timeout=5)
        with self._mutex:
            self._status.update(changes)
        (self.directory / RESERVE).unlink(missing_ok=True)
        try:
            self._write_status()
        finally:
            for file in (self._metrics, self._events):
                try:
                    file.close()
                except OSError:  # what a full disk did not take is lost; the status stays
                    log.warning("%s not written to its end", file.name, exc_info=True)
            self._lock.release()

    # Files -------------------------------------------------------------------------------

    def _append(self, file: TextIO, step: int, values: dict[str, Any]) -> None:
        head = {"v": 1, "attempt": self.attempt, "t": round(time.time(), 3), "step": step}
        file.write(json_line({**head, **values}))
        file.flush()

    def _write_status(self) -> None:
        with self._mutex:
            self._status["heartbeat"] = time.time()
            write_json_atomic(self.directory / STATUS, self._status)

    def _beat(self) -> None:
        while not self._closed.wait(HEARTBEAT_SECONDS):
            try:
                self._write_status()
            except OSError:
                log.warning("heartbeat of %s not written", self.directory.name, exc_info=True)


def _end_torn_line(path: Path, file: TextIO) -> None:
    """A killed writer may have left half a line; the next record must not be glued to it."""
    with path.open("rb") as existing:
        if existing.seek(0, 2) == 0:
            return
        existing.seek(-1, 2)
        torn = existing.read(1) != b"\n"
    if torn:
        file.write("\n")
        file.flush()


def _locked(path: Path) -> BaseFileLock:
    """An exclusive lock that the system releases with the process. Raises StateError if taken."""
    lock = file_lock(path)
    try:
        lock.acquire(blocking=False)
    except OSError as error:
        raise StateError(
            f"Run {path.parent.name} is already being written by another process: "
            f"stop it there first."
        ) from error
    return lock
