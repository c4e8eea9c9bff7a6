"""What this person has built, as stages of the map on the Overview page."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from llmcore.files import read_json, sha256_of
from llmcore.runs.run import DATA_RECORD
from ui.navigation import CARDS

if TYPE_CHECKING:
    from llmcore.runs import Run, RunInfo

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


@dataclass(slots=True, frozen=True)
class Best:
    """The lowest validation bits per byte of the runs on one text."""

    text: str
    bits: float


def stages(runs: Sequence["RunInfo"], done: set[str], best_bits: Best | None) -> list[Stage]:
    """The eight stations. `best_bits`: of the own base models on the text that was read last."""
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
    return _with_next([_with_page(station, pages.get(station.name)) for station in stations])


def as_data(stations: Sequence[Stage]) -> dict[str, Any]:
    return {"stages": [asdict(station) for station in stations]}


def best_bits_per_byte(
    runs: Sequence["RunInfo"],
    series: Callable[[str], Sequence[float | None]],
    text_of: Callable[[str], tuple[str, str] | None],
    limit: int = 12,
) -> Best | None:
    """The lowest validation bits per byte among the newest own pretraining runs that were
    validated on the same text as the newest of them.

    Losses of different tokenizers do not compare, bits per byte do, but only on one text.
    `series(run_id)` gives a run's validation values, `text_of(run_id)` what names its text for a
    person, and what tells whether two are the same; None if that is not known.
    """
    own = [run for run in _own(runs, "pretrain") if run.val_loss is not None][:limit]
    found: dict[str, list[float]] = {}
    names: dict[str, str] = {}
    for run in own:
        text = text_of(run.id)
        values = [value for value in series(run.id) if value is not None]
        if text is not None and values:
            names.setdefault(text[1], text[0])
            found.setdefault(text[1], []).append(min(values))
    if not found:
        return None
    newest = next(iter(found))  # runs come newest first
    return Best(names[newest], min(found[newest]))


def validation_text(run: "Run") -> tuple[str, str]:
    """What a run was validated on: its name, and what tells it from another of that name."""
    data = run.config.data
    name = data.validation_source or data.source
    own = run.stored_validation() if data.validation_source else run.stored_data()
    if own is not None:
        mark = _sha256(str(own), own.stat().st_size, own.stat().st_mtime_ns)
    else:
        path = run.directory / DATA_RECORD
        mark = str(read_json(path).get("sources")) if path.is_file() else ""
    share = "" if data.validation_source else f"{data.validation} of "
    return name.rpartition("/")[2], f"{share}{name} {mark}"


@st.cache_data(max_entries=64, show_spinner=False)
def _sha256(path: str, size: int, changed: int) -> str:
    return sha256_of(Path(path))


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


def _base(own: Sequence["RunInfo"], best_bits: Best | None) -> tuple[str, str]:
    if best_bits is not None:
        return f"your best: {best_bits.bits:.2f} bits per byte on {best_bits.text[:24]}", "done"
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
    for index, station in enumerate(stations):
        if station.state == "open":
            changed = Stage(**{**asdict(station), "state": "next"})
            return [*stations[:index], changed, *stations[index + 1 :]]
    return stations
