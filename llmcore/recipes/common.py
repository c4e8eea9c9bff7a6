"""What the recipes of all kinds of run share."""

from typing import Any

from llmcore import models
from llmcore.config import (
    ModelConfig,
    TrainConfig,
)
from llmcore.errors import LabError


def finetuned_shape(parent: str, wanted: dict[str, Any], dropout: float) -> ModelConfig:
    """The parent's shape with a run's own context and dropout; causal, unless `wanted` says no.
    Raises LabError."""
    shape = models.model_config(parent)
    if (wanted.get("context_length") or 0) > shape.context_length:
        raise LabError(
            f"The context length {wanted['context_length']} is longer than the "
            f"{shape.context_length} tokens of model {parent}: choose at most that."
        )
    return shape.with_(**{"dropout": dropout, "causal": True, **given(wanted)})


def given(changes: dict[str, Any]) -> dict[str, Any]:
    """The choices that were made; None means one that was left to the recipe."""
    return {key: value for key, value in changes.items() if value is not None}


def with_rhythm(train: TrainConfig, changes: dict[str, Any]) -> TrainConfig:
    """Applies `changes`; a short run is looked at about ten times, a long one logs less often."""
    steps = changes.get("steps", train.steps)
    rhythm: dict[str, Any] = {"log_every": max(1, steps // 1000)}
    for key in ("eval_every", "checkpoint_every"):
        rhythm[key] = min(getattr(train, key), max(1, steps // 10))
    rhythm["warmup_steps"] = min(train.warmup_steps, steps // 10)
    return train.with_(**{**rhythm, **changes})
