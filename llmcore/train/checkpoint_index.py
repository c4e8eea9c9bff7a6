"""What checkpoints a run has, read from directory names and state.json alone (no torch).

checkpoints/step_00000500/{model.safetensors, optim.safetensors, state.json}: with optim it is
full and can be resumed from; without, it is a weights-only snapshot for looking at.
"""

import logging
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmcore.errors import DamagedError
from llmcore.files import read_json, remove_tree
from llmcore.schema import build
from llmcore.settings import setting

log = logging.getLogger(__name__)
_STEP = re.compile(r"[0-9]{1,18}")
STEP_PREFIX = "step_"
WEIGHTS, OPTIMIZER, STATE = "model.safetensors", "optim.safetensors", "state.json"


@dataclass(slots=True, frozen=True)
class Checkpoint:
    step: int
    directory: Path
    full: bool
    val_loss: float | None
    state: dict[str, Any]

    @property
    def weights(self) -> Path:
        return self.directory / WEIGHTS


@dataclass(slots=True, frozen=True)
class _State:
    """What is read of a state.json, here and when a run goes on or its model is loaded."""

    val_loss: float | None = None
    without_gain: int | None = setting(0, "evaluations since the best one", 0)
    labels: list[str] | None = None
    template: str | None = None
    adapter: dict[str, Any] | None = None
    vote: float | None = setting(None, "what the model's own log-odds count", 0.0)


def directory_for(root: Path, step: int) -> Path:
    return root / f"{STEP_PREFIX}{step:08d}"


def aside_name(final: Path) -> Path:
    """Where a checkpoint is written before it takes its place."""
    return final.with_name(f".{final.name}.tmp")


def retired_name(final: Path) -> Path:
    """Where an older checkpoint of the same step waits until its successor is complete."""
    return final.with_name(f".{final.name}.old")


def recover(root: Path) -> None:
    """Clears up after a writer that was killed while it saved. Call it with the run's lock held:
    half-written files go, and an older checkpoint whose successor was never complete comes back."""
    for left in root.glob(f".{STEP_PREFIX}*.tmp"):
        remove_tree(left)
    for old in root.glob(f".{STEP_PREFIX}*.old"):
        final = root / old.name.removeprefix(".").removesuffix(".old")
        if final.exists():
            remove_tree(old)
        else:
            os.replace(old, final)


def read_state(directory: Path) -> dict[str, Any]:
    """A checkpoint's state.json. Raises DamagedError if a value is none that the lab wrote."""
    state = read_json(directory / STATE)
    build(_State, state, f"{directory.name}/{STATE}")
    return state


def list_checkpoints(root: Path) -> list[Checkpoint]:
    """All complete checkpoints below `root`, by rising step; unreadable ones are passed over."""
    found = []
    for directory in sorted(root.glob(f"{STEP_PREFIX}*")):
        try:
            state = read_state(directory)
        except DamagedError as error:
            log.info("a checkpoint is passed over: %s", error)
            continue
        step = directory.name.removeprefix(STEP_PREFIX)
        if _STEP.fullmatch(step) and (directory / WEIGHTS).is_file():
            full = (directory / OPTIMIZER).is_file()
            found.append(Checkpoint(int(step), directory, full, state.get("val_loss"), state))
    return found


def latest(checkpoints: list[Checkpoint], full: bool = False) -> Checkpoint | None:
    """The one with the highest step; with `full`, the highest that a run can resume from."""
    candidates = [checkpoint for checkpoint in checkpoints if checkpoint.full or not full]
    return candidates[-1] if candidates else None


def best(checkpoints: list[Checkpoint]) -> Checkpoint | None:
    """The one with the lowest validation loss, else the latest."""
    scored = [checkpoint for checkpoint in checkpoints if checkpoint.val_loss is not None]
    return (
        min(scored, key=lambda checkpoint: (checkpoint.val_loss, checkpoint.step))
        if scored
        else latest(checkpoints)
    )


def is_snapshot_step(step: int, every: int = 0) -> bool:
    """1, 2, 5, 10, 20, 50, … : evenly spread on a log axis, so early change stays visible; and
    every `every`-th step (0: no others)."""
    digits = str(step)
    spread = digits[0] in "125" and set(digits[1:]) <= {"0"}
    return spread or (every > 0 and step % every == 0)


def prune(root: Path, every: int = 0) -> None:
    """Keeps the latest and the best whole, snapshot steps as weights, and removes the rest."""
    checkpoints = list_checkpoints(root)
    kept = {
        checkpoint.step
        for checkpoint in (latest(checkpoints), latest(checkpoints, full=True), best(checkpoints))
        if checkpoint is not None
    }
    for checkpoint in checkpoints:
        if checkpoint.step in kept:
            continue
        if is_snapshot_step(checkpoint.step, every):
            (checkpoint.directory / OPTIMIZER).unlink(missing_ok=True)
        else:
            remove_tree(checkpoint.directory)
