"""Runs that fill a table, cell by cell: what their workers share.

Each cell is an event and counts as a step. A cell that was interrupted is done again, but what
trains for a while within it has its own checkpoints and goes on where it was.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from llmcore.background import Stopped
from llmcore.config import TrainConfig
from llmcore.errors import LabError
from llmcore.files import remove_tree
from llmcore.paths import slug
from llmcore.runs.run import Run
from llmcore.train.control import Control, Request
from llmcore.train.loop import PAUSE_SECONDS, STOPPED
from llmcore.train.rescue import check_finite
from llmcore.train.sinks import Sink
from llmcore.train.task import Outcome, Task
from llmcore.train.trainer import Trainer

PARTS = "parts"
OnMetrics = Callable[[int, str, dict[str, float]], None]  # step, split, what was measured
TELL_SECONDS = 1.0  # between two lines about the training of a part


@contextmanager
def named_part(what: str) -> Iterator[None]:
    """Says of which of many trainings a LabError is."""
    try:
        yield
    except LabError as error:
        raise LabError(f"{what}: {error}") from error


class TableWork:
    """The loop's side of a table run: finished cells, the user's requests, nested trainings."""

    def __init__(self, run: Run, control: Control, sink: Sink, n_done: int) -> None:
        self.run, self.control, self.sink, self.n_done = run, control, sink, n_done

    def begin(self, what: str) -> None:
        """Before a cell. Waits while paused. Raises Stopped."""
        while (request := self.control.request().state) == "pause":
            self.sink.progress(self.n_done, "paused", state="paused")
            time.sleep(PAUSE_SECONDS)
        if request == "stop":
            raise Stopped
        self.sink.progress(self.n_done, what, state="running")

    def end(self, kind: str, **values: Any) -> None:
        """A cell is done: its event, and one step more."""
        self.n_done += 1
        check_finite(values, self.n_done, "start a new run with a lower learning rate")
        self.sink.event(kind, self.n_done, **values)
        self.sink.progress(self.n_done, "next")

    def train(
        self,
        name: str,
        what: str,
        task: Task,
        config: TrainConfig,
        on_metrics: OnMetrics | None = None,
    ) -> None:
        """Trains `task`, from its last checkpoint if it was begun before. Raises Stopped, or
        LabError that names the part."""
        sink = _PartSink(self, what, config.steps, on_metrics)
        with named_part(what):
            trainer = Trainer(task, config, self.run.directory / PARTS / slug(name))
            outcome = trainer.fit(_StateOnly(self.control), sink)
        if outcome.state == "stopped":
            raise Stopped

    def clear(self) -> None:
        """Nothing that the parts kept is needed once the table is whole."""
        parts = self.run.directory / PARTS
        if parts.is_dir():
            remove_tree(parts)

    def outcome(self, stopped: bool) -> Outcome:
        if stopped:
            return Outcome("stopped", STOPPED, self.n_done, None, None)
        return Outcome("done", "the table is whole", self.n_done, None, None)


class _StateOnly:
    """Pause and stop reach a part; a learning rate for all its different parts makes no sense."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self.seq = 0

    def request(self) -> Request:
        return Request(self._control.request().state)


class _PartSink:
    """What a part's trainer tells, as the phase of the whole run."""

    def __init__(
        self, work: TableWork, what: str, steps: int, on_metrics: OnMetrics | None
    ) -> None:
        self._work, self._what, self._steps = work, what, steps
        self._on_metrics = on_metrics
        self._told = 0.0

    def metrics(self, step: int, split: str, **values: float) -> None:
        if self._on_metrics is not None:
            self._on_metrics(step, split, values)

    def event(self, kind: str, step: int, **values: Any) -> None:
        if kind == "warning":
            self._work.sink.event(kind, self._work.n_done, **values)

    def progress(self, step: int, phase: str, **values: Any) -> None:
        state = {"state": values["state"]} if "state" in values else {}
        if state or time.monotonic() - self._told >= TELL_SECONDS:
            self._told = time.monotonic()
            words = f"{self._what}, step {step:,} of {self._steps:,}"
            self._work.sink.progress(self._work.n_done, words, **state)
