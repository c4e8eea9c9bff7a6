"""What a trainer is given, and what it gives back."""

from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor, nn

from llmcore.train.sinks import Sink


class Task(Protocol):
    """One objective: what a batch is, its loss, and how well the model does."""

    test_rows: list[dict[str, Any]]  # what `finish` found, row by row; none before

    @property
    def model(self) -> nn.Module:
        """What is trained."""

    def micro_batches(self, step: int, parts: int) -> list[Any]:
        """The batch of `step` in at most `parts` consecutive pieces, none of them empty.

        The whole depends on (seed, step) alone."""

    def loss(self, batch: Any) -> tuple[Tensor, dict[str, float]]:
        """Mean loss (scalar) of a micro-batch, and further numbers to log."""

    def n_samples(self, batch: Any) -> int:
        """Rows of a micro-batch."""

    def n_predictions(self, batch: Any) -> int:
        """What the mean of `loss` is taken over; weighs micro-batches of unequal size."""

    def n_tokens(self, step: int) -> int:
        """True tokens of the whole batch of `step`, padding aside; cheap, as it builds none."""

    def passes(self) -> float:
        """How often the whole run reads its training data."""

    def evaluate(self) -> dict[str, float]:
        """Validation numbers; `loss` among them decides which checkpoint is best. Nothing if
        there is nothing to validate on: then the last weights are kept."""

    def report(self, step: int, sink: Sink) -> None:
        """What to show beside the numbers, such as a sample of generated text."""

    def state(self) -> dict[str, Any]:
        """What a reader of the weights must know: model configuration, labels."""

    def finish(self, sink: Sink, step: int) -> None:
        """The final verdict with the best weights loaded, such as the test scores."""


@dataclass(slots=True, frozen=True)
class Outcome:
    """state: "done" or "stopped"; reason: why in plain words, for the run's status."""

    state: str
    reason: str
    step: int
    best_step: int | None
    val_loss: float | None
