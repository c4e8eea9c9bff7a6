"""All snapshots of a run looked at with one text, in the background: the time slider's frames.

A frame costs a read from disk and a few forward passes, so a thread makes them one after another
while the page shows those that are there. What does not depend on the text is kept for longer.
"""

import atexit
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from llmcore.cache import SizedCache
from llmcore.errors import LabError
from llmcore.interpret.frames import Frame, frame_of
from llmcore.models import KINDS, read_snapshot, snapshot_key
from llmcore.runs.run import Run
from llmcore.runs.state import RunInfo
from llmcore.runs.store import RunStore
from llmcore.tasks.head_types import HeadScores
from llmcore.train.checkpoint_index import Checkpoint

log = logging.getLogger(__name__)
FRAME_BYTES = 96 << 20
KEPT_SCORES = 2048
UNSEEN_SECONDS = 10.0  # after which nobody waits for a job's frames any more
EXIT_SECONDS = 3.0
FEW = 4  # snapshots: fewer hardly show anything form


@dataclass(slots=True, frozen=True)
class Timeline:
    """A run with the steps of its snapshots, rising."""

    info: RunInfo
    steps: list[int]


def timelines(store: RunStore | None = None) -> list[Timeline]:
    """Every run that keeps a model, newest first, the bundled ones last."""
    found = []
    for info in (store or RunStore()).list():
        if info.kind in KINDS and (checkpoints := Run(info.directory).checkpoints()):
            found.append(Timeline(info, [one.step for one in checkpoints]))
    return found


_frames: SizedCache[Frame] = SizedCache(FRAME_BYTES)
_scores: SizedCache[HeadScores] = SizedCache(KEPT_SCORES)


def frame_at(run: Run, checkpoint: Checkpoint, text: str) -> Frame:
    """The frame of one snapshot, from memory where it was made before. Raises LabError."""
    key = snapshot_key(run, checkpoint)
    place = f"{key}\0{text}"
    frame = _frames.get(place)
    if frame is None:
        loaded = read_snapshot(run, checkpoint)
        frame = frame_of(loaded, text, checkpoint.val_loss, _scores.get(key))
        if frame.scores is not None:
            _scores.put(key, frame.scores)
        _frames.put(place, frame, frame.n_bytes)
    return frame


class FrameJob:
    """Makes the frames of a run and a text in a daemon thread: the last one, then by rising step.

    `look` gives what is there; the thread ends when all is made, when nobody has looked for a
    while, or at `stop`. A later look goes on, and finds what a live run has saved meanwhile.
    """

    def __init__(self, directory: Path, text: str) -> None:
        self.run, self.text = Run(directory), text
        self.error: str | None = None  # one sentence
        self._made: dict[str, Frame] = {}  # by the key of the snapshot, which changes with it
        self._checkpoints: list[tuple[str, Checkpoint]] = []
        self._looked = 0.0
        self._leave = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def look(self) -> tuple[list[int], dict[int, Frame]]:
        """Steps of all snapshots, rising, and the frames of those that are made."""
        checkpoints = [(snapshot_key(self.run, one), one) for one in self._existing()]
        with self._lock:
            self._looked = time.monotonic()
            self._checkpoints = checkpoints
            known = {key for key, _ in checkpoints}
            self._made = {key: frame for key, frame in self._made.items() if key in known}
            frames = {one.step: self._made[key] for key, one in checkpoints if key in self._made}
            if len(frames) < len(checkpoints) and self.error is None and not self._works():
                self._thread = threading.Thread(
                    target=self._main, name="llmlab-over-time", daemon=True
                )
                self._thread.start()
        return [one.step for _, one in checkpoints], frames

    def stop(self) -> None:
        """Asks the thread to end, which it does after its present frame."""
        self._leave.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Whether the thread has ended after at most `timeout` seconds."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout)
        return not self._works()

    def _works(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _existing(self) -> Iterator[Checkpoint]:
        for checkpoint in self.run.checkpoints():
            if checkpoint.weights.is_file():  # a live run may just have replaced it
                yield checkpoint

    def _next(self) -> tuple[str, Checkpoint] | None:
        with self._lock:
            if self._leave.is_set() or time.monotonic() - self._looked > UNSEEN_SECONDS:
                return None
            left = [one for one in self._checkpoints if one[0] not in self._made]
            if left and left[-1] is self._checkpoints[-1]:
                return left[-1]  # what the model is now, which a page shows first
            return left[0] if left else None

    def _main(self) -> None:
        try:
            while (found := self._next()) is not None:
                key, checkpoint = found
                with _one_at_a_time:
                    frame = frame_at(self.run, checkpoint, self.text)
                with self._lock:
                    self._made[key] = frame
        except FileNotFoundError:  # pruned by its run meanwhile: the next look has another list
            log.info("a snapshot of %s went away", self.run.id, exc_info=True)
        except LabError as error:
            self.error = str(error)
        except Exception as error:
            log.exception("frames of %s ended with an error", self.run.id)
            self.error = f"The snapshots could not be read ({type(error).__name__}: {error})."


_one_at_a_time = threading.Lock()  # the newest text is not slowed by the one before it
_jobs: "OrderedDict[tuple[Path, str], FrameJob]" = OrderedDict()
_jobs_lock = threading.Lock()
MAX_JOBS = 8


def job_for(directory: Path, text: str) -> FrameJob:
    """The job of this run and text, shared by all that look at the same."""
    with _jobs_lock:
        job = _jobs.get((directory, text))
        if job is None:
            job = _jobs[directory, text] = FrameJob(directory, text)
        _jobs.move_to_end((directory, text))
        while len(_jobs) > MAX_JOBS:
            _jobs.popitem(last=False)[1].stop()
        return job


def stop_all_frames(timeout: float = EXIT_SECONDS) -> None:
    """Ends every job, waits for them, and forgets all frames (at exit, and for tests)."""
    with _jobs_lock:
        jobs = list(_jobs.values())
        _jobs.clear()
    for job in jobs:
        job.stop()
    deadline = time.monotonic() + timeout
    for job in jobs:
        job.wait(max(0.0, deadline - time.monotonic()))
    _frames.clear()
    _scores.clear()


# A daemon thread inside torch while the interpreter takes itself apart may crash it.
atexit.register(stop_all_frames)
