"""Your first ten minutes: five steps, and which of them are done.

What a page can notice by itself (a sentence was tokenized, attention was watched) is kept in one
small file; what leaves a run on disk is read from the runs.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmcore.errors import DamagedError
from llmcore.files import read_json, write_json_atomic
from llmcore.paths import cache_dir
from llmcore.schema import build

if TYPE_CHECKING:
    from pathlib import Path

    from llmcore.runs import RunInfo

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FirstStep:
    """One step: where it happens (a page's name) and what to do there."""

    name: str
    page: str
    title: str
    what: str


STEPS = (
    FirstStep("tokens", "tokenizer", "See your words as tokens", "Type a sentence of your own."),
    FirstStep("attention", "attention", "Watch attention", "See which tokens look at which."),
    FirstStep("next_token", "attention", "See the next token", "Compare it with its rivals."),
    FirstStep("pretrain", "pretrain", "Pretrain on Shakespeare", "Ask the model while it learns."),
    FirstStep("finetune", "classifier", "Finetune a spam filter", "Then try a message of yours."),
)
_BY_HAND = {"tokens", "attention", "next_token"}


@dataclass(frozen=True, slots=True)
class _Noted:
    """progress.json."""

    done: list[Any]


def progress_path() -> "Path":
    return cache_dir() / "progress.json"


def mark_done(step: str) -> None:
    """Notes that a step is done. Cheap when it already is; a full disk stops no page."""
    if step not in _BY_HAND:
        raise KeyError(step)
    done = _noted()
    if step in done:
        return
    try:
        write_json_atomic(progress_path(), {"done": sorted(done | {step})})
    except OSError:
        logger.warning("the progress file cannot be written", exc_info=True)


def done_steps(runs: Sequence["RunInfo"] = ()) -> set[str]:
    """The names of the finished steps; `runs` are all runs of the store."""
    done = _noted()
    own = [run for run in runs if not run.example and run.step > 0]
    if any(run.kind == "pretrain" for run in own):
        done.add("pretrain")
    if any(run.kind == "classify" for run in own):
        done.add("finetune")
    return done


def next_step(done: set[str]) -> FirstStep | None:
    """The first step that is not done; None when all are."""
    return next((step for step in STEPS if step.name not in done), None)


def _noted() -> set[str]:
    try:
        noted = build(_Noted, read_json(progress_path()), "progress.json").done
    except DamagedError:
        return set()
    return {name for name in noted if isinstance(name, str) and name in _BY_HAND}
