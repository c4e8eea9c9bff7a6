"""What the lines of events.jsonl and predictions.jsonl hold, so that no reader has to doubt them.

A line that is damaged, or of another version, is passed over like a torn one. An imported zip
with such a line is refused.
"""

from dataclasses import dataclass, field
from typing import Any

from llmcore.errors import DamagedError
from llmcore.schema import build
from llmcore.settings import setting


@dataclass(slots=True, frozen=True)
class _Event:
    type: str
    step: int = setting(0, "when it was written", 0)
    attempt: int = setting(1, "which start of the run wrote it", 0)
    t: float | None = None


@dataclass(slots=True, frozen=True)
class _Text:
    text: str


@dataclass(slots=True, frozen=True)
class _Sample:
    step: int
    prompt: str
    text: str


@dataclass(slots=True, frozen=True)
class _Answer:
    prompt: str
    expected: str
    answer: str
    holdout: str | None = None


@dataclass(slots=True, frozen=True)
class _Answers:
    step: int
    rows: list[_Answer]


@dataclass(slots=True, frozen=True)
class _Holdout:
    n: int
    exact_match: float | None


@dataclass(slots=True, frozen=True)
class _Scores:
    """Of a classifier (accuracy, macro_f1, confusion, classes) or of answers (exact_match)."""

    n: int = setting(0, "rows", 0)
    accuracy: float | None = None
    macro_f1: float | None = None
    confusion: list[list[int]] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    exact_match: float | None = None
    by_holdout: dict[str, _Holdout] = field(default_factory=dict)
    loss: float | None = None
    chrf: float | None = None


@dataclass(slots=True, frozen=True)
class _Result:
    test: dict[str, Any]
    baselines: dict[str, dict[str, Any]] | None = None
    model_alone: dict[str, Any] | None = None
    train_rows: dict[str, Any] | None = None


@dataclass(slots=True, frozen=True)
class _Setting:
    step: int
    name: str
    value: float
    before: float | None = None


@dataclass(slots=True, frozen=True)
class _EarlyStop:
    best_step: int = field(metadata={"low": 0})


@dataclass(slots=True, frozen=True)
class _Data:
    train_tokens: int | None = setting(None, "distinct ones", 0)
    validation_tokens: int | None = setting(None, "distinct ones", 0)


@dataclass(slots=True, frozen=True)
class _Saved:
    val_loss: float | None = None


@dataclass(slots=True, frozen=True)
class _Parameters:
    trainable: int
    total: int


@dataclass(slots=True, frozen=True)
class _Labelled:
    """A test text of a classifier."""

    text: str
    label: str
    predicted: str
    probability: float
    probabilities: dict[str, float]


@dataclass(slots=True, frozen=True)
class _Answered:
    """A test row of instructions."""

    prompt: str
    expected: str
    answer: str
    right: bool
    loss: float | None = None
    holdout: str | None = None


_EVENTS: dict[str, type] = {
    "notice": _Text, "warning": _Text, "sample": _Sample, "answers": _Answers, "result": _Result,
    "setting": _Setting, "early_stop": _EarlyStop, "data": _Data, "checkpoint": _Saved,
    "parameters": _Parameters,
}  # fmt: skip
_ROWS: dict[str, type] = {"classify": _Labelled, "instruct": _Answered}
_NEEDED = {
    "classify": ("n", "accuracy", "macro_f1", "confusion", "classes"),
    "instruct": ("n", "exact_match"),
}


def check_event(record: dict[str, Any], kind: str | None = None) -> None:
    """Raises DamagedError for a line that no writer of the lab wrote.

    kind: of the run, whose scores its result must hold; None if that is not known. Events of a
    type that is not listed here are checked by their own readers.
    """
    event = build(_Event, record, "An event")
    where = f"The event {event.type[:40]!r}"
    shape = _EVENTS.get(event.type)
    if shape is None:
        return
    made: object = build(shape, record, where)
    if isinstance(made, _Result):
        beside = [count for count in (made.model_alone, made.train_rows) if count is not None]
        for scores in (made.test, *(made.baselines or {}).values(), *beside):
            _check_scores(scores, kind, where)


def is_sound_event(record: dict[str, Any], kind: str | None = None) -> bool:
    try:
        check_event(record, kind)
    except DamagedError:
        return False
    return True


def check_row(record: dict[str, Any], kind: str) -> None:
    """Raises DamagedError for a line of the predictions of a run of this kind that is none."""
    if kind in _ROWS:
        build(_ROWS[kind], record, "A prediction")


def is_sound_row(record: dict[str, Any], kind: str) -> bool:
    try:
        check_row(record, kind)
    except DamagedError:
        return False
    return True


def _check_scores(values: dict[str, Any], kind: str | None, where: str) -> None:
    scores = build(_Scores, values, where)
    kind = kind or ("classify" if "accuracy" in values else "instruct")
    if missing := [key for key in _NEEDED.get(kind, ()) if key not in values]:
        raise DamagedError(f"{where} lacks {missing[0]!r}.")
    n = len(scores.classes)
    if len(scores.confusion) != n or any(len(row) != n for row in scores.confusion):
        raise DamagedError(f"{where}: confusion does not fit its {n} classes.")
