"""Where a training loop reports to. The loop calls these and never asks who listens."""

from typing import Any, Protocol


class Sink(Protocol):
    def metrics(self, step: int, split: str, **values: float) -> None:
        """One line of numbers of `train` or `val`."""

    def event(self, kind: str, step: int, **values: Any) -> None:
        """Something that happened: sample, checkpoint, notice, warning, result."""

    def progress(self, step: int, phase: str, **values: Any) -> None:
        """Where the loop is now; cheap enough for every step."""


class NullSink:
    """Reports nowhere."""

    def metrics(self, step: int, split: str, **values: float) -> None:
        return

    def event(self, kind: str, step: int, **values: Any) -> None:
        return

    def progress(self, step: int, phase: str, **values: Any) -> None:
        return
