"""What is kept of the tours on disk: which steps are done, when each was begun, which are over."""

import logging
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from llmcore.errors import DamagedError
from llmcore.files import read_json, write_json_atomic
from llmcore.paths import cache_dir
from llmcore.schema import build

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Kept:
    """One tour's progress. begun: seconds since 1970; done: names of steps."""

    begun: float = 0.0
    done: list[str] = field(default_factory=list)
    answered: bool = False


def tours_path() -> "Path":
    return cache_dir() / "tours.json"


def kept_tours() -> dict[str, Kept]:
    """Tour -> progress, for the tours that were begun. What cannot be read is left out."""
    try:
        found = read_json(tours_path())
    except DamagedError:
        return {}
    kept = {}
    for name, item in found.items():
        try:
            kept[name] = build(Kept, item, name)
        except DamagedError:
            logger.info("the progress of a tour is left out", exc_info=True)
    return kept


def kept_of(tour: str) -> Kept:
    return kept_tours().get(tour, Kept())


def begin(tour: str) -> None:
    """A tour from its start; what was kept of it is forgotten."""
    _write(tour, Kept(begun=time.time()))


def mark_step(tour: str, step: str) -> None:
    """Notes that a step is done. Cheap when it already is."""
    kept = kept_of(tour)
    if step not in kept.done:
        _write(tour, Kept(kept.begun or time.time(), [*kept.done, step], kept.answered))


def mark_answered(tour: str) -> None:
    """Notes that the tour's question was answered: the tour is done."""
    kept = kept_of(tour)
    if not kept.answered:
        _write(tour, Kept(kept.begun or time.time(), kept.done, True))


def _write(tour: str, kept: Kept) -> None:
    """A full disk stops no page."""
    try:
        everything = {name: asdict(kept_tour) for name, kept_tour in kept_tours().items()}
        write_json_atomic(tours_path(), everything | {tour: asdict(kept)})
    except OSError:
        logger.warning("the progress of the tours cannot be written", exc_info=True)
