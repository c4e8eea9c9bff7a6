"""The states of a run, and how a state on disk is read when its writer may be gone."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from llmcore.device import boot_id, host_name, oom_kills, process_start
from llmcore.errors import DamagedError
from llmcore.files import tree_bytes
from llmcore.schema import build
from llmcore.settings import setting

HEARTBEAT_SECONDS = 2.0
STALE_SECONDS = 15.0


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    DAMAGED = "damaged"


LIVE_STATES = frozenset({RunState.QUEUED, RunState.RUNNING, RunState.PAUSED})
RESUMABLE_STATES = frozenset({RunState.STOPPED, RunState.FAILED, RunState.INTERRUPTED})


@dataclass(slots=True, frozen=True)
class RunInfo:
    """What a list of runs shows. `val_loss` is the best one; `created` is seconds since 1970."""

    id: str
    name: str
    kind: str
    state: str
    reason: str | None
    step: int
    steps: int
    created: float
    val_loss: float | None
    best_step: int | None
    parent: str | None
    example: bool
    directory: Path
    error: str | None
    phase: str | None = None
    waiting: bool = False  # in the queue, for its turn
    hopeless: bool = False  # it failed on what a resume would find again
    imported: float | None = None  # when it came from elsewhere, seconds since 1970
    source: str | None = None  # the model of another tool that it was made from
    lost: str | None = None  # the model that its weights belong to, if that is gone
    mark: str = ""  # the end of its id, if another has its name and its second

    @property
    def began(self) -> str:
        """Local date and second of `created`, or of its import: tells runs of one name apart."""
        at = time.localtime(self.created if self.imported is None else self.imported)
        word = "" if self.imported is None else "imported "
        mark = f" · {self.mark}" if self.mark else ""
        return f"{word}{time.strftime('%Y-%m-%d %H:%M:%S', at)}{mark}"

    @property
    def n_bytes(self) -> int:
        """Size on disk now; walks the directory, so ask only where it is shown."""
        return tree_bytes(self.directory)

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_STATES

    @property
    def trains(self) -> bool:
        """Whether it is live and has its turn; one that waits in the queue is live too."""
        return self.is_live and not self.waiting

    @property
    def can_resume(self) -> bool:
        return self.state in RESUMABLE_STATES and not self.example and not self.hopeless


def writer_identity() -> dict[str, Any]:
    """Who writes: host, boot and process, so that others can tell whether it still lives."""
    pid = os.getpid()
    return {
        "host": host_name(),
        "boot_id": boot_id(),
        "pid": pid,
        "pid_started": process_start(pid),
        "oom_kills": oom_kills(),
    }


@dataclass(slots=True, frozen=True)
class Problem:
    """What ended a run that failed."""

    message: str | None = None
    type: str | None = None


@dataclass(slots=True, frozen=True)
class Status:
    """What a status.json says, as far as it is read. Times are seconds since 1970."""

    state: str = RunState.DAMAGED
    reason: str | None = None
    phase: str | None = None
    error: Problem | None = None
    step: int = setting(0, "the last one that was taken", 0)
    best_step: int | None = setting(None, "the one of the lowest validation loss", 0)
    val_loss: float | None = None
    attempt: int = setting(0, "how often the run was begun", 0)
    backend: str | None = None
    waiting: bool = False
    handed: bool = False
    heartbeat: float = 0.0
    host: str | None = None
    boot_id: str | None = None
    pid: int | None = setting(None, "of the writer", -1, 2**31 - 1)
    pid_started: float | None = None
    oom_kills: int | None = None

    @classmethod
    def of(cls, values: "Status | Mapping[str, Any]") -> Self:
        """Raises DamagedError for what no writer of the lab wrote."""
        if isinstance(values, cls):
            return values
        made = build(cls, values, "The status")
        if made.state not in set(RunState):
            known = ", ".join(RunState)
            raise DamagedError(f"The status: state is {made.state[:40]!r}, not one of {known}.")
        return made


def why_interrupted(status: Status | Mapping[str, Any]) -> str:
    """In words: whether the system has killed processes for want of memory since the run began."""
    status = Status.of(status)
    if status.host != host_name() or status.boot_id != boot_id():
        return "the computer was switched off, or another one trained it"
    before, now = status.oom_kills, oom_kills()
    if before is not None and now is not None and now > before:
        return "probably out of memory: the system has ended a process since the run began"
    return "its process has ended"


_at_work: set[Path] = set()


@contextmanager
def at_work(directory: Path) -> Iterator[None]:
    """While a thread of this process does the run in `directory`: a late heartbeat then says that
    the machine is busy, and not that the run is gone."""
    _at_work.add(directory)
    try:
        yield
    finally:
        _at_work.discard(directory)


def true_state(status: Status | Mapping[str, Any], directory: Path | None = None) -> str:
    """The state of a status.json, with `interrupted` for a live one whose writer is gone.

    A pid means something on its own host and boot only: there the process is looked up, and a
    live one is believed even when its heartbeat is late, and so is a thread of our own that is
    `at_work` in `directory`. Elsewhere a stale heartbeat decides. Raises DamagedError.
    """
    status = Status.of(status)
    if status.state not in LIVE_STATES or (status.state == RunState.QUEUED and status.waiting):
        return status.state
    stale = time.time() - status.heartbeat > STALE_SECONDS
    if status.host != host_name():
        return RunState.INTERRUPTED if stale else status.state
    if status.boot_id != boot_id():
        return RunState.INTERRUPTED
    started = process_start(-1 if status.pid is None else status.pid)
    expected = status.pid_started
    gone = started is None or (expected is not None and abs(started - expected) > 1.0)
    own_but_silent = stale and status.pid == os.getpid() and directory not in _at_work
    return RunState.INTERRUPTED if gone or own_but_silent else status.state
