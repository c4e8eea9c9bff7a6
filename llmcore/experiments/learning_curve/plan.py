"""From a few choices to the configuration of a learning curve."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from llmcore import models
from llmcore.config import DataConfig, RunConfig, TrainConfig
from llmcore.data.chosen import read_labelled, splits_of
from llmcore.experiments.learning_curve.settings import LEARNERS, CurveConfig
from llmcore.recipes.classification import (
    DEFAULT_EPOCHS,
    FINETUNE,
    FINETUNE_DROPOUT,
    classify_training,
)
from llmcore.recipes.common import finetuned_shape, given
from llmcore.tasks.epochs import steps_per_epoch

CURVE_SIZES = (10, 30, 100, 300)


CURVE_STEPS = 60  # of training on the smallest subsets, whose epochs are one step long


def plan_learning_curve(
    source: str = "sms-spam",
    model_ref: str | None = None,
    table: bytes | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    sizes: Sequence[int] = CURVE_SIZES,
    n_seeds: int = 5,
    learners: Sequence[str] = LEARNERS,
    context_length: int | None = None,
    name: str | None = None,
    train_changes: dict[str, Any] | None = None,
    data: DataConfig | None = None,
    reading: dict[str, Any] | None = None,
) -> RunConfig:
    """The configuration of a learning curve over `sizes` and all texts outside of the test split.

    Sizes below the number of classes, or beyond the texts that there are, are left out. Raises
    LabError if the data cannot be learned from or the model does not exist.
    """
    parent = model_ref or models.default_model()
    data = replace(data or DataConfig(source, text_column, label_column), validation=0.0)
    changes = given(train_changes or {})
    labelled = read_labelled(data, table)
    pool = splits_of(labelled, data, changes.get("seed", FINETUNE.seed)).train
    reading = reading or (labelled.report.to_dict() if labelled.report else None)
    fitting = [size for size in sizes if len(pool.classes) <= size < len(pool)]
    curve = CurveConfig((*fitting, len(pool)), n_seeds, tuple(learners))
    return RunConfig(
        kind="learning-curve",
        name=name or f"{data.source} learning curve",
        model=finetuned_shape(parent, {"context_length": context_length}, FINETUNE_DROPOUT),
        train=FINETUNE.with_(**{**changes, "steps": curve.n_points}),
        data=data,
        parent=parent,
        experiment=curve,
        reading=reading,
    )


def curve_training(n_train: int, trainable: str, seed: int, base: TrainConfig) -> TrainConfig:
    """The recipe of one point of a learning curve: that of a finetune, at least
    CURVE_STEPS long, and not looked at before its end."""
    per_epoch = steps_per_epoch(n_train, base.batch_size)
    epochs = max(DEFAULT_EPOCHS[trainable], -(-CURVE_STEPS // per_epoch))
    steps = per_epoch * epochs
    kept = {name: getattr(base, name) for name in ("batch_size", "device", "threads", "precision")}
    return classify_training(
        n_train, trainable, epochs,
        {**kept, "seed": seed, "eval_every": steps, "checkpoint_every": steps},
    )  # fmt: skip
