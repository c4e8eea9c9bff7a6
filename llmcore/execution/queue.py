"""Runs that wait for their turn: an order on disk, and whoever has a free hand takes the first.

`runs/.queue.json` holds the ids in order. Every look-and-take happens under one file lock, and
the run that is taken reads as live before the lock is given back, so several servers on one
LLMLAB_HOME never start one run twice, nor two at once. A run that fails is over like any other.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from llmcore.config import RunConfig
from llmcore.errors import DamagedError, StateError
from llmcore.execution import launch
from llmcore.files import locked_file, read_json, write_json_atomic
from llmcore.runs.run import RUN_ID, STATUS
from llmcore.runs.state import RunState, Status
from llmcore.runs.store import RunStore
from llmcore.schema import build

log = logging.getLogger(__name__)
ORDER, LOCK = ".queue.json", ".queue.lock"
LOOK_SECONDS = 1.0


@dataclass(slots=True, frozen=True)
class _Order:
    order: list[str]


class RunQueue:
    """The waiting runs of a store, in their order."""

    def __init__(self, store: RunStore | None = None) -> None:
        self.store = store or RunStore()

    def add(self, run_id: str, config: RunConfig, data: bytes | None = None) -> None:
        """Makes the run's directory and puts it at the end. A second call does nothing."""
        directory = self.store.directory(run_id)
        with self._locked() as order:
            if not directory.exists():
                launch.create(directory, config, data, waiting=True)
                order.append(run_id)

    def add_resumed(self, run_id: str) -> None:
        """Puts a stopped, failed or interrupted run at the end, to be resumed in its turn."""
        run = self.store.open(run_id)
        with self._locked() as order:
            launch.check_resumable(run)
            launch.write_queued(run.directory, run.status(), waiting=True)
            order.append(run_id)

    def waiting(self) -> list[str]:
        """Ids in the order in which they will start."""
        return [run_id for run_id in self._read() if self._is_waiting(run_id)]

    def move(self, run_id: str, place: int) -> None:
        """Gives a waiting run another place, 0 the next one. Raises StateError for another run."""
        with self._locked() as order:
            self._check(run_id, order)
            order.remove(run_id)
            order.insert(max(0, place), run_id)

    def remove(self, run_id: str) -> None:
        """Takes a run out of the queue; it stays among the runs as stopped."""
        with self._locked() as order:
            self._check(run_id, order)
            order.remove(run_id)
            directory = self.store.directory(run_id)
            status = read_json(directory / STATUS)
            status.pop("waiting", None)
            status.update(state=RunState.STOPPED, reason="taken out of the queue")
            write_json_atomic(directory / STATUS, status)

    def start_next(self) -> str | None:
        """Starts the first waiting run in a thread of this process if no run is live anywhere.

        Returns its id, or None if nothing was to be started.
        """
        if not self._read():
            return None
        with self._locked() as order:
            order[:] = [run_id for run_id in order if self._is_waiting(run_id)]
            if not order or self.store.anything_trains():
                return None
            run_id = order.pop(0)
            launch.start_waiting(self.store.directory(run_id))
            return run_id

    def _check(self, run_id: str, order: list[str]) -> None:
        if run_id not in order or not self._is_waiting(run_id):
            raise StateError(f"Run {run_id} does not wait in the queue: it may have started.")

    def _is_waiting(self, run_id: str) -> bool:
        try:
            return Status.of(read_json(self.store.root / run_id / STATUS)).waiting
        except DamagedError:
            return False

    def _read(self) -> list[str]:
        try:
            kept = build(_Order, read_json(self.store.root / ORDER), ORDER)
        except DamagedError:
            return []
        return [run_id for run_id in dict.fromkeys(kept.order) if RUN_ID.fullmatch(run_id)]

    @contextmanager
    def _locked(self) -> Iterator[list[str]]:
        """The order, to be changed in place; written when the block ends well."""
        self.store.root.mkdir(parents=True, exist_ok=True)
        with locked_file(self.store.root / LOCK):
            order = self._read()
            before = list(order)
            yield order
            if order != before:
                write_json_atomic(self.store.root / ORDER, {"v": 1, "order": order})


_keepers: dict[Path, threading.Thread] = {}
_keepers_lock = threading.Lock()


def keep_queue(store: RunStore | None = None) -> None:
    """Lets this process take waiting runs as they come, from a daemon thread; once is enough."""
    queue = RunQueue(store)
    with _keepers_lock:
        known = _keepers.get(queue.store.root)
        if known is None or not known.is_alive():
            thread = threading.Thread(target=_keep, args=(queue,), name="llmlab-queue", daemon=True)
            _keepers[queue.store.root] = thread
            thread.start()


def _keep(queue: RunQueue) -> None:
    while True:
        try:
            queue.start_next()
        except Exception:  # a damaged run must not end the queue
            log.exception("the queue could not start its next run")
        time.sleep(LOOK_SECONDS)


def work_off(queue: RunQueue) -> list[str]:
    """Runs all that waits, one after another, in this process; returns the ids (for the CLI).

    Waits for runs of other processes to end; leaves when nothing waits any more.
    """
    started = []
    while queue.waiting() or launch.live_runs():
        if (run_id := queue.start_next()) is not None:
            started.append(run_id)
        time.sleep(LOOK_SECONDS / 5)
    return started
