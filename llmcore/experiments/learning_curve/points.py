"""A learning curve read from its run's events while it grows; no torch needed."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from statistics import fmean, pstdev
from typing import Any

from llmcore.errors import DamagedError
from llmcore.evaluation import FEW_ROWS, wilson_interval
from llmcore.experiments.learning_curve.settings import LEARNERS
from llmcore.runs.run import Run
from llmcore.schema import build

POINT = "point"  # the type of the events
SHARE = {"low": 0.0, "high": 1.0}


@dataclass(slots=True, frozen=True)
class CurvePoint:
    """One learner after learning from `size` texts, drawn by `seed`; scores on the test split of
    `n_test` texts (0 in runs of older versions, which did not count them)."""

    learner: str
    size: int
    seed: int
    accuracy: float = field(metadata=SHARE)
    macro_f1: float = field(metadata=SHARE)
    seconds: float
    n_test: int = field(default=0, metadata={"low": 0})


@dataclass(slots=True, frozen=True)
class CurveRow:
    """All seeds of a learner and size: the mean with its band (lowest to highest).

    The band tells how much the drawn training texts matter. `accuracy_interval` tells how much the
    test texts do, which are the same for all: 95%, see `evaluation.wilson_interval`; None if
    their number is not known."""

    learner: str
    size: int
    n_seeds: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    accuracy_sd: float
    macro_f1: float
    macro_f1_low: float
    macro_f1_high: float
    macro_f1_sd: float
    seconds: float
    n_test: int = 0
    accuracy_interval: list[float] | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def points_of(run: Run) -> list[CurvePoint]:
    """The points that are done, each once, in the order in which they were done."""
    found: dict[tuple[str, int, int], CurvePoint] = {}
    for event in run.events(POINT):
        try:
            point = build(CurvePoint, event, POINT)
        except DamagedError:
            continue  # torn by a full disk, or of another version
        if point.learner not in LEARNERS:
            continue
        found.setdefault((point.learner, point.size, point.seed), point)
    return list(found.values())


def curve_rows(points: Iterable[CurvePoint]) -> list[CurveRow]:
    """The chart's data: by learner (as in LEARNERS), then by rising size."""
    groups: dict[tuple[str, int], list[CurvePoint]] = defaultdict(list)
    for point in points:
        groups[point.learner, point.size].append(point)
    ordered = sorted(groups, key=lambda key: (LEARNERS.index(key[0]), key[1]))
    return [_row(learner, size, groups[learner, size]) for learner, size in ordered]


def _row(learner: str, size: int, points: list[CurvePoint]) -> CurveRow:
    n_test = max(point.n_test for point in points)
    accuracy, f1 = [point.accuracy for point in points], [point.macro_f1 for point in points]
    return CurveRow(
        learner, size, len(points),
        fmean(accuracy), min(accuracy), max(accuracy), pstdev(accuracy),
        fmean(f1), min(f1), max(f1), pstdev(f1),
        fmean(point.seconds for point in points),
        n_test, wilson_interval(fmean(accuracy) * n_test, n_test),
    )  # fmt: skip


def few_test_texts(rows: Iterable[CurveRow]) -> str:
    """What to know of a curve whose test split is small, in a sentence; else empty."""
    known = [row for row in rows if row.accuracy_interval and row.n_test < FEW_ROWS]
    if not known:
        return ""
    widest = max(high - low for low, high in (point.accuracy_interval or [0, 0] for point in known))
    return (
        f"All are tested on the same {known[0].n_test:,} texts: so few that an accuracy may be off "
        f"by {widest / 2:.0%} either way (95%), whatever the band of the draws says."
    )
