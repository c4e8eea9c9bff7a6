"""The states of a run, and how a state on disk is read when its writer may be gone."""

import os
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from llmcore.device import boot_id, host_name, oom_kills, process_start
from llmcore.files import tree_bytes

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

    @property
    def began(self) -> str:
        """Local date and second of `created`: tells runs of one name apart."""
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.created))

    @property
    def n_bytes(self) -> int:
        """Size on disk now; walks the directory, so ask only where it is shown."""
        return tree_bytes(self.directory)

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_STATES

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


def why_interrupted(status: dict[str, Any]) -> str:
    """In words: whether the system has killed processes for want of memory since the run began."""
    if status.get("host") != host_name() or status.get("boot_id") != boot_id():
        return "the computer was switched off, or another one trained it"
    before, now = status.get("oom_kills"), oom_kills()
    if before is not None and now is not None and now > before:
        return "probably out of memory: the system has ended a process since the run began"
    return "its process has ended"


def true_state(status: dict[str, Any]) -> str:
    """The state of a status.json, with `interrupted` for a live one whose writer is gone.

    A pid means something on its own host and boot only: there the process is looked up, and a
    live one is believed even when its heartbeat is late. Elsewhere a stale heartbeat decides.
    """
    state = str(status.get("state", RunState.DAMAGED))
    if state not in LIVE_STATES or (state == RunState.QUEUED and status.get("waiting")):
        return state
    stale = time.time() - float(status.get("heartbeat") or 0.0) > STALE_SECONDS
    if status.get("host") != host_name():
        return RunState.INTERRUPTED if stale else state
    if status.get("boot_id") != boot_id():
        return RunState.INTERRUPTED
    started = process_start(int(status.get("pid") or -1))
    expected = status.get("pid_started")
    gone = started is None or (expected is not None and abs(started - expected) > 1.0)
    own_but_silent = stale and status.get("pid") == os.getpid()
    return RunState.INTERRUPTED if gone or own_but_silent else state
