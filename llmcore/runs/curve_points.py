"""A learning curve read from its run's events while it grows; no torch needed."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from statistics import fmean, pstdev
from typing import Any

from llmcore.config import LEARNERS
from llmcore.runs.run import Run

POINT = "point"  # the type of the events


@dataclass(slots=True, frozen=True)
class CurvePoint:
    """One learner after learning from `size` texts, drawn by `seed`; scores on the test split."""

    learner: str
    size: int
    seed: int
    accuracy: float
    macro_f1: float
    seconds: float


@dataclass(slots=True, frozen=True)
class CurveRow:
    """All seeds of a learner and size: the mean with its band (lowest to highest)."""

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

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def points_of(run: Run) -> list[CurvePoint]:
    """The points that are done, each once, in the order in which they were done."""
    found: dict[tuple[str, int, int], CurvePoint] = {}
    for event in run.events(POINT):
        try:
            point = CurvePoint(*(event[name] for name in CurvePoint.__slots__))
        except KeyError:
            continue  # torn by a full disk, or of another version
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
    accuracy, f1 = [one.accuracy for one in points], [one.macro_f1 for one in points]
    return CurveRow(
        learner, size, len(points),
        fmean(accuracy), min(accuracy), max(accuracy), pstdev(accuracy),
        fmean(f1), min(f1), max(f1), pstdev(f1),
        fmean(one.seconds for one in points),
    )  # fmt: skip
