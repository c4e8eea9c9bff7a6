"""Starting and stopping runs: background threads of this process, or the foreground of the CLI.

The registry holds handles only; what a run is and did is on disk. Importing imports no torch.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from llmcore.background import Job, Jobs
from llmcore.config import SCHEMA_KEY, SCHEMA_VERSION, RunConfig
from llmcore.device import host_name
from llmcore.errors import DamagedError, LabError, StateError
from llmcore.files import read_json, remove_left_overs, whole_directory, write_json_atomic
from llmcore.paths import slug
from llmcore.runs.data_record import accept_changes, check_data
from llmcore.runs.run import CONFIG, DATA, RUN_ID, STATUS, Run
from llmcore.runs.state import RunInfo, RunState, at_work, writer_identity
from llmcore.runs.store import RunStore
from llmcore.train.control import Leave, reset_control
from llmcore.version import VERSION

EXIT_SECONDS = 8.0
_HALF_MADE = rf"\.{RUN_ID.pattern}\.[0-9a-f]{{8}}\.tmp"


class _Training(Job[None]):
    """A run of this process in its own thread. What happens to it is on disk."""

    def __init__(self, directory: Path) -> None:
        super().__init__(f"llmlab-{directory.name}")
        self.directory = directory

    def work(self) -> None:
        with at_work(self.directory):
            _execute(self.directory, self._stop)


# The wait at exit is what saves the last checkpoint when the server leaves.
_trainings: Jobs[str, _Training] = Jobs(limit=0, exit_seconds=EXIT_SECONDS)


def create(
    directory: Path, config: RunConfig, data: bytes | None = None, waiting: bool = False
) -> Run:
    """Makes a run directory: config.json (written once), the user's data, a queued status.

    waiting: for its turn in the queue, with no process that will write it yet.
    Raises StateError if the directory already holds something.
    """
    if directory.exists() and any(directory.iterdir()):
        raise StateError(
            f"{directory} is not empty: choose a new folder, or resume the run that is in it."
        )
    remove_left_overs(directory, _HALF_MADE)
    # A kill on the way leaves a hidden folder and not half a run.
    with whole_directory(directory) as aside:
        if data is not None:
            suffix = Path(config.data.source).suffix
            name = slug(Path(config.data.source).stem) + (suffix if suffix.isascii() else "")
            (aside / DATA).mkdir()
            (aside / DATA / name).write_bytes(data)
        write_queued(aside, {}, waiting)
        write_json_atomic(aside / CONFIG, {
            SCHEMA_KEY: SCHEMA_VERSION,
            "created": time.time(),
            "lab_version": VERSION,
            "host": host_name(),
            **config.to_dict(),
        })  # fmt: skip
    return Run(directory)


def start(
    run_id: str, config: RunConfig, store: RunStore | None = None, data: bytes | None = None
) -> None:
    """Starts a new run in a background thread and returns at once.

    Idempotent by id: a second call with the same id (a rerun of the page) does nothing.
    """
    store = store or RunStore()
    with _trainings.lock:
        directory = store.directory(run_id)
        if _trainings.get(run_id) is not None or directory.exists():
            return
        create(directory, config, data)
        _start_thread(directory)


def resume(
    run_id: str,
    store: RunStore | None = None,
    learning_rate: float | None = None,
    accept_changed: bool = False,
) -> None:
    """Continues a stopped, failed or interrupted run from its last checkpoint (or its start).

    learning_rate: a new peak of the schedule from there on; None keeps the run's.
    accept_changed: goes on with data that has changed, and chooses the best model again."""
    run = (store or RunStore()).open(run_id)
    with _trainings.lock:
        check_resumable(run, accept_changed)
        reset_control(run.directory, learning_rate)
        # At once, so that whoever looks next sees a live run and not the state of yesterday.
        write_queued(run.directory, run.status())
        _start_thread(run.directory)


def start_waiting(directory: Path) -> None:
    """Starts a run that waited in the queue, in a background thread; it reads as live at once."""
    with _trainings.lock:
        reset_control(directory)
        write_queued(directory, read_json(directory / STATUS))
        _start_thread(directory)


def write_queued(
    directory: Path, before: dict[str, Any], waiting: bool = False, handed: bool = False
) -> None:
    """The status of a run that waits for its writer; what `before` tells of progress is kept.

    handed: over to a process that was just started, which may take it unchanged."""
    write_json_atomic(directory / STATUS, {
        "v": 1, "step": 0, "attempt": 0, **before, "state": RunState.QUEUED, "reason": None,
        "phase": None, "error": None, "waiting": waiting, "handed": handed,
        "heartbeat": time.time(), **writer_identity(),
    })  # fmt: skip


def check_resumable(run: Run, accept_changed: bool = False) -> None:
    """Raises StateError if there is nothing to continue, or somebody already does, or the data
    is gone or another than it was. accept_changed: another is taken for the run's own."""
    info = run.info()
    if info.is_live:
        raise StateError(f"Run {run.id} is already {info.state}.")
    if info.state == RunState.DAMAGED:
        raise StateError(f"Run {run.id} is damaged and cannot be resumed: {info.error}")
    if not info.can_resume:
        what = "an example that comes with the lab" if info.example else info.state
        raise StateError(f"Run {run.id} is {what}: start a new run instead.")
    if accept_changed:
        accept_changes(run)
    check_data(run)


def stop(run_id: str, store: RunStore | None = None) -> None:
    """Asks a live run to save and stop. Raises StateError if it is not live."""
    (store or RunStore()).request_stop(run_id)


def live_runs() -> list[str]:
    """Ids of the runs that train in this process now."""
    return [training.directory.name for training in _trainings.live().values()]


def stop_all(timeout: float = EXIT_SECONDS) -> None:
    """Asks every run of this process to leave and waits for their last checkpoints."""
    _trainings.stop_all(timeout)


def _start_thread(directory: Path) -> None:
    _trainings.add(directory.name, _Training(directory)).start()


def _execute(directory: Path, leave: threading.Event) -> None:
    from llmcore.execution.worker import execute
    from llmcore.runs.tensorboard import continued_log

    events = continued_log(directory)
    try:
        execute(directory, "thread", leave, events)
    finally:
        if events is not None:
            events.close()


def run_foreground(
    directory: Path,
    config: RunConfig | None = None,
    data: bytes | None = None,
    on_record: Callable[[dict[str, Any]], None] | None = None,
    accept_changed: bool = False,
) -> RunInfo:
    """Runs in this thread until the end; with no `config`, resumes what is in `directory`
    (accept_changed: also if its data has changed).

    Ctrl-C and SIGTERM save a checkpoint and stop. Raises what stopped the run otherwise. Under
    torchrun this is the first process; the others call `follow_foreground`.
    """
    from llmcore.execution.worker import check_runnable, execute
    from llmcore.train.world import joined_world

    leave = Leave()
    with joined_world() as world, _signals_set(leave):
        try:
            if config is None:
                if not _was_handed_over(directory):  # else that was seen to
                    check_resumable(Run(directory), accept_changed)
                    reset_control(directory)
            else:
                check_runnable(config)
                create(directory, config, data)
        except LabError:
            world.from_first(None)
            raise
        world.from_first(str(directory))
        backend = "process" if world.is_alone else "torchrun"
        with at_work(directory):
            return execute(directory, backend, leave, on_record, world)


def _was_handed_over(directory: Path) -> bool:
    """Whether llmcore.execution.process made this run ready for a process such as this one. A
    second one is kept out by the writer's lock."""
    try:
        status = read_json(directory / STATUS)
    except DamagedError:
        return False
    return status.get("state") == RunState.QUEUED and bool(status.get("handed"))


def follow_foreground() -> None:
    """Trains along with the first process of a torchrun; it names the run. Writes nothing."""
    from llmcore.execution.worker import follow
    from llmcore.train.world import joined_world

    with joined_world() as world, _signals_set(Leave()):
        directory = world.from_first(None)
        if directory is not None:  # else the first process was refused, and says why
            follow(Path(directory), world)


@contextmanager
def _signals_set(leave: Leave) -> Iterator[None]:
    """SIGINT and SIGTERM set `leave` instead of ending the process; main thread only."""

    def on_signal(number: int, _: object) -> None:
        leave.ended = leave.ended or (number == signal.SIGTERM and not leave.is_set())
        leave.set()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    names = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(name, on_signal) for name in names]
    try:
        yield
    finally:
        for name, handler in zip(names, before, strict=True):
            signal.signal(name, handler)
