"""From a few choices to a whole RunConfig; what can be refused is refused here, before a start."""

from typing import Any

from llmcore import models
from llmcore.config import DataConfig, RunConfig, TrainConfig
from llmcore.data import (
    LabelledSet,
    Splits,
    labelled_from_table,
    load_labelled,
    split_labelled,
)
from llmcore.errors import LabError
from llmcore.paths import BUNDLED_RUNS
from llmcore.presets import DEFAULT_PRESET, preset_named
from llmcore.tasks.epochs import steps_per_epoch

DEFAULT_EPOCHS = {"all": 4, "last-block": 4, "head": 8}
FINETUNE = TrainConfig(
    batch_size=32,
    learning_rate=1e-3,
    min_learning_rate=0.05,
    weight_decay=0.05,
    beta2=0.98,
    precision="auto",
)
HEAD_LEARNING_RATE = 1e-2
FINETUNE_DROPOUT = 0.1
SAMPLE_PROMPTS = {"shakespeare": "My lord, ", "messages": "I am ", "conversations": "What is "}


def plan_pretrain(
    source: str = "shakespeare",
    preset: str | None = None,
    tokenizer: str = "",
    name: str | None = None,
    text: str | None = None,
    validation_source: str | None = None,
    model_changes: dict[str, Any] | None = None,
    train_changes: dict[str, Any] | None = None,
) -> RunConfig:
    """The configuration of a pretraining run.

    source: a built-in corpus, a mix `a+b`, a file, or the name of the pasted `text`.
    validation_source: a text to validate on instead of a share of the corpus, named likewise.
    model_changes, train_changes: fields of the preset to replace; None keeps the preset's. A
    `vocab_size` without a `tokenizer` asks for a BPE of that size, trained on the corpus.
    Raises LabError where a choice cannot work.
    """
    chosen = preset_named(preset or DEFAULT_PRESET)
    wanted = _given(model_changes or {})
    if not tokenizer and "vocab_size" not in wanted:
        bundled = "base" if (BUNDLED_RUNS / "base").is_dir() else ""
        tokenizer = chosen.tokenizer or bundled
    model = chosen.model.with_(**wanted)
    if tokenizer:
        model = model.with_(vocab_size=models.tokenizer_for(tokenizer).vocab_size)
    train = with_rhythm(chosen.train, _given(train_changes or {}))
    if text is not None and len(text.encode("utf-8", "replace")) < 2 * (model.context_length + 1):
        raise LabError(
            f"The text is shorter than two windows of {model.context_length} tokens: "
            f"give more text or choose a smaller context length."
        )
    first = source.split("+")[0]
    return RunConfig(
        kind="pretrain",
        name=name or f"{source} {chosen.name}",
        model=model,
        train=train,
        data=DataConfig(source=source, validation_source=validation_source),
        tokenizer=tokenizer,
        preset=chosen.name,
        sample_prompt=SAMPLE_PROMPTS.get(first, "The "),
    )


def plan_classify(
    source: str = "sms-spam",
    model_ref: str | None = None,
    trainable: str = "all",
    balance: str = "none",
    table: bytes | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    epochs: int | None = None,
    name: str | None = None,
    model_changes: dict[str, Any] | None = None,
    train_changes: dict[str, Any] | None = None,
    n_train: int | None = None,
) -> RunConfig:
    """The configuration of a classification finetune; reads the data to count its steps.

    source: a built-in set, a file, or the file name of the uploaded `table`.
    n_train: the number of training texts, where the caller has already split the data.
    Raises LabError where the data cannot be learned from or the model does not exist.
    """
    parent = model_ref or models.default_model()
    data = DataConfig(
        source=source, text_column=text_column, label_column=label_column, balance=balance
    )
    changes = _given(train_changes or {})
    if n_train is None:
        n_train = len(read_splits(data, changes.get("seed", FINETUNE.seed), table).train)
    shape = models.model_config(parent)
    wanted = model_changes or {}
    if (wanted.get("context_length") or 0) > shape.context_length:
        raise LabError(
            f"The context length {wanted['context_length']} is longer than the "
            f"{shape.context_length} tokens of model {parent}: choose at most that."
        )
    return RunConfig(
        kind="classify",
        name=name or f"{source} {trainable}",
        model=shape.with_(**{"dropout": FINETUNE_DROPOUT, **_given(wanted)}),
        train=classify_training(n_train, trainable, epochs, changes),
        data=data,
        parent=parent,
        trainable=trainable,
    )


def classify_training(
    n_train: int,
    trainable: str = "all",
    epochs: int | None = None,
    changes: dict[str, Any] | None = None,
) -> TrainConfig:
    """The recipe of a classification finetune on `n_train` texts.

    It is validated twice an epoch. changes: fields to replace; None keeps the recipe's.
    """
    changes = _given(changes or {})
    recipe = FINETUNE if trainable != "head" else FINETUNE.with_(learning_rate=HEAD_LEARNING_RATE)
    per_epoch = steps_per_epoch(n_train, changes.get("batch_size", recipe.batch_size))
    changes.setdefault("steps", per_epoch * (epochs or DEFAULT_EPOCHS.get(trainable, 4)))
    changes.setdefault("eval_every", max(1, per_epoch // 2))
    changes.setdefault("checkpoint_every", per_epoch)
    changes.setdefault("warmup_steps", min(20, per_epoch))
    return with_rhythm(recipe, changes)


def read_labelled(data: DataConfig, table: bytes | None) -> LabelledSet:
    """The labelled set of a configuration: the uploaded table's bytes, a name or a file."""
    if table is not None:
        return labelled_from_table(table, data.source, data.text_column, data.label_column)
    return load_labelled(data.source, data.text_column, data.label_column)


def read_splits(data: DataConfig, seed: int, table: bytes | None) -> Splits:
    """Training, validation and test rows, the same for the same configuration and seed."""
    labelled = read_labelled(data, table)
    return split_labelled(labelled, data.validation, data.test, seed, data.balance)


def _given(changes: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in changes.items() if value is not None}


def with_rhythm(train: TrainConfig, changes: dict[str, Any]) -> TrainConfig:
    """Applies `changes`; a short run is looked at about ten times, a long one logs less often."""
    steps = changes.get("steps", train.steps)
    rhythm: dict[str, Any] = {"log_every": max(1, steps // 1000)}
    for key in ("eval_every", "checkpoint_every"):
        rhythm[key] = min(getattr(train, key), max(1, steps // 10))
    rhythm["warmup_steps"] = min(train.warmup_steps, steps // 10)
    return train.with_(**{**rhythm, **changes})
