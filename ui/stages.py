"""What this person has built, as stages of the map on the Overview page."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ui.navigation import CARDS

if TYPE_CHECKING:
    from llmcore.runs import RunInfo

UNFINISHED = {"failed", "damaged", "?"}


@dataclass(frozen=True, slots=True)
class Stage:
    """A station of the map. state: done, live, next or open."""

    name: str
    title: str
    status: str
    state: str
    column: int
    lane: int = 0
    page: str | None = None


def stages(runs: Sequence["RunInfo"], done: set[str], best_bits: float | None) -> list[Stage]:
    """The eight stations. `best_bits`: lowest validation bits per byte of the own base models."""
    pretrained = _own(runs, "pretrain")
    classifiers = _own(runs, "classify")
    stations = [
        Stage("text", "Raw text", "Shakespeare, messages, your own", _state(True), 0),
        Stage("tokens", "Tokens", "text in pieces, as numbers", _state("tokens" in done), 1),
        Stage(
            "transformer",
            "Transformer",
            "attention mixes what tokens know",
            _state("attention" in done),
            2,
        ),
        Stage("pretrain", "Pretraining", *_trained(pretrained, "predict the next token"), 3),
        Stage("base", "Base model", *_base(pretrained, best_bits), 4),
        Stage(
            "classify",
            "Finetuning: classes",
            *_trained(classifiers, "spam or not, mood, yours"),
            5,
            lane=-1,
        ),
        Stage(
            "instruct",
            "Finetuning: instructions",
            *_trained(_own(runs, "instruct"), "answers to requests"),
            5,
            lane=1,
        ),
        Stage("use", "Use", *_use(classifiers, _own(runs, "instruct")), 6),
    ]
    pages = {
        "text": "pretrain",
        "tokens": "tokenizer",
        "transformer": "attention",
        "pretrain": "pretrain",
        "base": "runs",
        "classify": "classifier",
        "instruct": "instructions",
        "use": "applications",
    }
    return _with_next([_with_page(one, pages.get(one.name)) for one in stations])


def as_data(stations: Sequence[Stage]) -> dict[str, Any]:
    return {"stages": [asdict(one) for one in stations]}


def best_bits_per_byte(
    runs: Sequence["RunInfo"], series: Callable[[str], Sequence[float | None]], limit: int = 12
) -> float | None:
    """The lowest validation bits per byte of the newest own pretraining runs.

    Losses of different tokenizers do not compare, bits per byte do. `series(run_id)` gives a
    run's validation values.
    """
    own = [run for run in _own(runs, "pretrain") if run.val_loss is not None][:limit]
    values = [value for run in own for value in series(run.id) if value is not None]
    return min(values, default=None)


def _own(runs: Sequence["RunInfo"], kind: str) -> list["RunInfo"]:
    return [run for run in runs if run.kind == kind and not run.example]


def _state(done: bool) -> str:
    return "done" if done else "open"


def _trained(own: Sequence["RunInfo"], otherwise: str) -> tuple[str, str]:
    live = [run for run in own if run.is_live]
    if live:
        one = live[0]
        return f"training, step {one.step:,} of {one.steps:,}", "live"
    usable = [run for run in own if run.step > 0 and run.state not in UNFINISHED]
    if usable:
        return f"{len(usable)} run{'s' if len(usable) > 1 else ''} of yours", "done"
    return otherwise, "open"


def _base(own: Sequence["RunInfo"], best_bits: float | None) -> tuple[str, str]:
    if best_bits is not None:
        return f"your best: {best_bits:.2f} bits per byte", "done"
    if any(run.best_step is not None for run in own):
        return "yours is ready", "done"
    return "it completes text", "open"


def _use(classifiers: Sequence["RunInfo"], assistants: Sequence["RunInfo"]) -> tuple[str, str]:
    if any(_usable(run) for run in assistants):
        return "your assistant answers", "done"
    if any(_usable(run) for run in classifiers):
        return "your classifier sorts messages", "done"
    return "eight applications to try", "open"


def _usable(run: "RunInfo") -> bool:
    return run.best_step is not None or run.state == "done"


def _with_page(stage: Stage, page: str | None) -> Stage:
    shown = page if page is not None and CARDS[page].exists else None
    return Stage(**{**asdict(stage), "page": shown})


def _with_next(stations: list[Stage]) -> list[Stage]:
    """Marks the first open station as the one that comes next."""
    for index, one in enumerate(stations):
        if one.state == "open":
            changed = Stage(**{**asdict(one), "state": "next"})
            return [*stations[:index], changed, *stations[index + 1 :]]
    return stations
