"""All snapshots of a run looked at with one text, in the background: the time slider's frames.

A frame costs a read from disk and a few forward passes, so a thread makes them one after another
while the page shows those that are there. What does not depend on the text is kept for longer.
"""

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from llmcore.background import Job, Jobs
from llmcore.cache import SizedCache
from llmcore.interpret.frames import Frame, frame_of
from llmcore.models import MODEL_KINDS, snapshot
from llmcore.runs.run import Run
from llmcore.runs.state import RunInfo
from llmcore.runs.store import RunStore
from llmcore.tasks.head_types import HeadScores
from llmcore.train.checkpoint_index import Checkpoint

log = logging.getLogger(__name__)
FRAME_BYTES = 96 << 20
KEPT_SCORES = 2048
UNSEEN_SECONDS = 10.0  # after which nobody waits for a job's frames any more
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
        if info.kind in MODEL_KINDS and (checkpoints := Run(info.directory).checkpoints()):
            found.append(Timeline(info, [checkpoint.step for checkpoint in checkpoints]))
    return found


_frames: SizedCache[Frame] = SizedCache(FRAME_BYTES)
_scores: SizedCache[HeadScores] = SizedCache(KEPT_SCORES)


def frame_at(run: Run, checkpoint: Checkpoint, text: str) -> Frame:
    """The frame of one snapshot, from memory if it was made before. Raises LabError."""
    reference = snapshot(run, checkpoint)
    key = reference.key
    place = f"{key}\0{text}"
    frame = _frames.get(place)
    if frame is None:
        loaded = reference.read()
        frame = frame_of(loaded, text, checkpoint.val_loss, _scores.get(key))
        if frame.scores is not None:
            _scores.put(key, frame.scores)
        _frames.put(place, frame, frame.n_bytes)
    return frame


class FrameJob(Job[None]):
    """Makes the frames of a run and a text in a thread: the last one, then by rising step.

    `look` gives what is there; the thread ends when all is made, when nobody has looked for a
    while, or at `stop`. A later look goes on, and finds what a live run has saved meanwhile.
    """

    low_priority: ClassVar[bool] = False

    def __init__(self, directory: Path, text: str) -> None:
        super().__init__("llmlab-over-time")
        self.run, self.text = Run(directory), text
        self._made: dict[str, Frame] = {}  # by the key of the snapshot, which changes with it
        self._checkpoints: list[tuple[str, Checkpoint]] = []
        self._looked = 0.0
        self._lock = threading.Lock()

    def look(self) -> tuple[list[int], dict[int, Frame]]:
        """Steps of all snapshots, rising, and the frames of those that are made."""
        checkpoints = [(snapshot(self.run, step).key, step) for step in self._existing()]
        with self._lock:
            self._looked = time.monotonic()
            self._checkpoints = checkpoints
            known = {key for key, _ in checkpoints}
            self._made = {key: frame for key, frame in self._made.items() if key in known}
            frames = {
                checkpoint.step: self._made[key]
                for key, checkpoint in checkpoints
                if key in self._made
            }
            if len(frames) < len(checkpoints) and self.error is None:
                self.start()
        return [checkpoint.step for _, checkpoint in checkpoints], frames

    def _existing(self) -> Iterator[Checkpoint]:
        for checkpoint in self.run.checkpoints():
            if checkpoint.weights.is_file():  # a live run may just have replaced it
                yield checkpoint

    def _next(self) -> tuple[str, Checkpoint] | None:
        with self._lock:
            if self.stopping or time.monotonic() - self._looked > UNSEEN_SECONDS:
                return None
            left = [
                checkpoint for checkpoint in self._checkpoints if checkpoint[0] not in self._made
            ]
            if left and left[-1] is self._checkpoints[-1]:
                return left[-1]  # what the model is now, which a page shows first
            return left[0] if left else None

    def work(self) -> None:
        try:
            while (found := self._next()) is not None:
                key, checkpoint = found
                with _one_at_a_time:
                    frame = frame_at(self.run, checkpoint, self.text)
                with self._lock:
                    self._made[key] = frame
        except FileNotFoundError:  # pruned by its run meanwhile: the next look has another list
            log.info("a snapshot of %s went away", self.run.id, exc_info=True)

    def fault(self, error: Exception) -> str:
        return f"The snapshots could not be read ({type(error).__name__}: {error})."


_one_at_a_time = threading.Lock()  # the newest text is not slowed by the one before it
MAX_JOBS = 8


def _forget_frames() -> None:
    _frames.clear()
    _scores.clear()


_jobs: Jobs[tuple[Path, str], FrameJob] = Jobs(
    limit=MAX_JOBS, gives_way=True, forgotten=_forget_frames
)


def job_for(directory: Path, text: str) -> FrameJob:
    """The job of this run and text, shared by all that look at the same."""
    with _jobs.lock:
        job = _jobs.get((directory, text)) or FrameJob(directory, text)
        return _jobs.add((directory, text), job)
