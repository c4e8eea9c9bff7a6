"""What every way to train a task shares: it does what the user asks for between two steps, saves
a step once, and goes on from the last whole checkpoint."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from llmcore.config import TrainConfig
from llmcore.train import checkpoint_index
from llmcore.train.checkpoint import save_checkpoint
from llmcore.train.checkpoint_index import Checkpoint
from llmcore.train.control import Control, Request
from llmcore.train.sharding import is_sharded
from llmcore.train.sinks import Sink
from llmcore.train.task import Task
from llmcore.train.world import World

PAUSE_SECONDS = 0.1  # between two looks at what is asked while paused
STOPPED = "stopped by you"  # the reason of a run that was asked to stop


class Loop:
    """The base of `Trainer` and `HeadSolver`. With no directory nothing is kept."""

    def __init__(
        self, task: Task, config: TrainConfig, directory: Path | None, world: World
    ) -> None:
        self.task, self.config, self.directory, self.world = task, config, directory, world
        self.step = 0
        self._writes = directory is not None and world.is_first
        self._sharded = is_sharded(task.model)
        self._saves_seen = 0
        self._saved_step = 0

    # What each of them says for itself -----------------------------------------------------

    def _follow(self, request: Request, sink: Sink) -> None:
        """What else a request asks for before the next step."""

    def _check(self) -> None:
        """Raises LabError if the weights must not replace a good checkpoint."""

    def _val_loss(self) -> float | None:
        """The validation loss of the current weights, if it was measured."""
        raise NotImplementedError

    def _state(self, val_loss: float | None) -> dict[str, Any]:
        """What a checkpoint says of its weights."""
        return {**self.task.state(), "val_loss": val_loss}

    def _optimizer(self) -> torch.optim.Optimizer:
        """Whose moments a checkpoint keeps, so that a later start finds it whole."""
        raise NotImplementedError

    def _restore(self, start: Checkpoint, kept: list[Checkpoint]) -> None:
        """Goes back to `start`, one of those that are kept."""
        raise NotImplementedError

    # Shared --------------------------------------------------------------------------------

    @property
    def _kept_in(self) -> Path | None:
        """Where a checkpoint goes that this process writes, or of whose weights it has a part;
        None if it is not needed."""
        return self.directory if self._writes or self._sharded else None

    def _obey(self, control: Control, sink: Sink) -> bool:
        """Does what is asked before the next step; waits while paused. False means: stop."""
        request = self.world.from_first(control.request())
        if request.state == "pause":
            self._save(sink)  # nothing is lost if the computer is switched off meanwhile
            request = wait_out(lambda: self.world.from_first(control.request()), self.step, sink)
        if request.saves > self._saves_seen:
            self._saves_seen = request.saves
            self._save(sink)
        self._follow(request, sink)
        return request.state != "stop"

    def _save(self, sink: Sink) -> None:
        if self.step == self._saved_step:
            return
        self._check()
        self._saved_step = self.step
        directory = self._kept_in
        if directory is None:
            return
        val_loss = self._val_loss()
        save_checkpoint(
            directory, self.step, self.task.model, self._optimizer(), self._state(val_loss),
            self._writes,
        )  # fmt: skip
        if not self._writes:
            return
        checkpoint_index.prune(directory, self.config.snapshot_every)
        sink.event("checkpoint", self.step, val_loss=val_loss)

    def _resume(self, sink: Sink) -> None:
        if self.directory is None:
            return
        if self.world.is_first:
            checkpoint_index.recover(self.directory)
        self.world.wait()
        kept = checkpoint_index.list_checkpoints(self.directory)
        start = checkpoint_index.latest(kept, full=True)
        if start is None:
            return
        self._restore(start, kept)
        self.step = self._saved_step = start.step
        sink.event("notice", self.step, text=f"Resumed from the checkpoint of step {self.step}.")


def wait_out(ask: Callable[[], Request], step: int, sink: Sink) -> Request:
    """Waits until a pause is over, and returns what is asked then."""
    sink.event("paused", step)
    sink.progress(step, "paused", state="paused")
    while (request := ask()).state == "pause":
        time.sleep(PAUSE_SECONDS)
    sink.event("continued", step)
    sink.progress(step, "training", state="running")
    return request
