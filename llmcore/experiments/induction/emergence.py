"""When induction heads appeared in a run that measured its heads; no torch needed.

The rule, stated once: they are there from the first evaluation at which some head gives at least
half of its attention, on random repeats, to the token that followed the earlier copy. The fall of
the loss is the pair of neighbouring evaluations between which the loss on the second copy, less
that on the first, fell most, by its later step: what a model learns of both alike is no copying
(Olsson et al. 2022 see heads and fall at the same time: the phase change).
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from llmcore.config import RunConfig
from llmcore.runs.metrics import MetricsReader

APPEARS = 0.5
CORPUS = "repeats"


@dataclass(slots=True, frozen=True)
class Emergence:
    """What a run's measurements say. Scores are those of the best head, at the last evaluation
    or at their highest; None if nothing was measured, or if it has not happened.

    seconds: trained until the heads appeared. copied_loss: nats a token on the second copy of
    random repeats; new_loss: on the first, which nothing can guess.
    """

    appears_step: int | None
    seconds: float | None
    fall_step: int | None
    highest: float | None
    induction: float | None
    previous: float | None
    new_loss: float | None
    copied_loss: float | None
    copy_accuracy: float | None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def is_measured(config: RunConfig) -> bool:
    """Whether a run writes head scores at its evaluations."""
    return config.kind == "pretrain" and config.train.head_scores


def is_experiment(config: RunConfig) -> bool:
    """Whether a run is one of the induction experiment."""
    return is_measured(config) and config.data.source == CORPUS


def emergence(metrics: MetricsReader) -> Emergence:
    """Reads the moment from a run's metrics."""
    steps, scores = metrics.arrays("val", "head_induction")
    appears = appears_at(steps, scores)
    return Emergence(
        appears_step=appears,
        seconds=None if appears is None else _seconds_until(metrics, appears),
        fall_step=_fall_of_copies(metrics),
        highest=float(scores.max()) if len(scores) else None,
        induction=float(scores[-1]) if len(scores) else None,
        previous=_last(metrics, "head_previous"),
        new_loss=_last(metrics, "repeat_first_loss"),
        copied_loss=_last(metrics, "repeat_second_loss"),
        copy_accuracy=_last(metrics, "copy_accuracy"),
    )


def appears_at(steps: np.ndarray, scores: np.ndarray) -> int | None:
    """The first step whose score reaches APPEARS.

    >>> appears_at(np.array([1, 20, 40]), np.array([0.1, 0.5, 0.9]))
    20
    """
    reached = np.flatnonzero(scores >= APPEARS)
    return int(steps[reached[0]]) if len(reached) else None


def steepest_fall(steps: np.ndarray, losses: np.ndarray) -> int | None:
    """The later step of the neighbours between which the loss fell most a step; None if it
    never fell.

    >>> steepest_fall(np.array([1, 20, 40, 60]), np.array([4.5, 4.4, 1.0, 0.9]))
    40
    """
    if len(steps) < 2:
        return None
    slopes = np.diff(losses) / np.diff(steps)
    place = int(slopes.argmin())
    return int(steps[place + 1]) if slopes[place] < 0 else None


def _fall_of_copies(metrics: MetricsReader) -> int | None:
    steps, first = metrics.arrays("val", "repeat_first_loss")
    same_steps, second = metrics.arrays("val", "repeat_second_loss")
    both = np.isin(steps, same_steps)  # a number that is not finite is left out of its series
    return steepest_fall(steps[both], second[np.isin(same_steps, steps)] - first[both])


def _seconds_until(metrics: MetricsReader, step: int) -> float | None:
    known, seconds = metrics.clock("train")
    return float(np.interp(step, known, seconds)) if len(known) else None


def _last(metrics: MetricsReader, key: str) -> float | None:
    record = metrics.last("val") or {}
    return record.get(key)
