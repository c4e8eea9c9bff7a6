"""From a few choices to the configuration of a classification finetune."""

from typing import Any

from llmcore import models
from llmcore.config import (
    AUTO,
    DataConfig,
    LoraConfig,
    RunConfig,
    TrainConfig,
)
from llmcore.data.chosen import read_labelled, splits_of
from llmcore.errors import LabError
from llmcore.recipes.common import finetuned_shape, given, with_rhythm
from llmcore.tasks.epochs import steps_per_epoch

# Those of a probe are steps of its solver, which ends sooner by itself.
DEFAULT_EPOCHS = {"all": 5, "last-block": 4, "head": 8, "lora": 4, "probe": 40}


# What steers the training loop, and a probe's solver has no use for.
STEERED = {"learning_rate", "batch_size", "warmup_steps", "patience"}


# Training texts. From `base`, each alone: with 800 messages a probe is ahead of everything
# learning (97.6 against 96.1%, cross-validated), with 3,600 level (98.0 and 98.1%, one split) in a
# third of the time, with 30,000 tweets far behind (macro F1 0.694 against 0.728).
PROBE_AT_MOST = 10_000


FINETUNE = TrainConfig(
    batch_size=32,
    learning_rate=1e-3,
    min_learning_rate=0.05,
    weight_decay=0.05,
    beta2=0.98,
    precision="auto",
)


LEARNING_RATES = {"head": 1e-2, "all": 5e-4, "lora": 2e-3}


FINETUNE_DROPOUT = 0.1


LORA_DROPOUT = 0.0  # measured better than 0.1: so few numbers hardly learn by heart


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
    lora: LoraConfig | None = None,
    words: bool = True,
    data: DataConfig | None = None,
    reading: dict[str, Any] | None = None,
) -> RunConfig:
    """The configuration of a classification finetune; reads the data to count its steps.

    source: a built-in set, a file, or the file name of the uploaded `table`. data: instead of
    `source`, `balance` and the columns, all that says how the data is read. reading: the report on
    a file, if `table` was made of it.
    n_train: the number of training texts, where the caller has already split the data.
    trainable: one of TRAINABLE, or AUTO: a probe, or everything if there are many texts, or
    settings that steer the training loop.
    lora: the settings of `trainable="lora"`; by default those of LoraConfig.
    words: whether the words of a text vote beside the model.
    Raises LabError if the data cannot be learned from or the model does not exist.
    """
    parent = model_ref or models.default_model()
    data = data or DataConfig(
        source=source, text_column=text_column, label_column=label_column, balance=balance
    )
    changes, shaped = given(train_changes or {}), given(model_changes or {})
    if n_train is None:
        labelled = read_labelled(data, table)
        n_train = len(splits_of(labelled, data, changes.get("seed", FINETUNE.seed)).train)
        reading = reading or (labelled.report.to_dict() if labelled.report else None)
    steered = sorted(STEERED & changes.keys()) + (["causal"] if "causal" in shaped else [])
    trainable = _way_to_learn(trainable, n_train, steered, epochs)
    dropout = LORA_DROPOUT if trainable == "lora" else FINETUNE_DROPOUT
    # If every layer learns, reading to both sides is worth a point of accuracy on sms-spam;
    # frozen layers know only what comes before a token.
    shape = {"causal": trainable != "all", **shaped}
    return RunConfig(
        kind="classify",
        name=name or f"{data.source} {trainable}",
        model=finetuned_shape(parent, shape, dropout),
        train=classify_training(n_train, trainable, epochs, changes),
        data=data,
        parent=parent,
        trainable=trainable,
        lora=lora if trainable == "lora" else None,
        words=words,
        reading=reading,
    )


def _way_to_learn(trainable: str, n_train: int, steered: list[str], epochs: int | None) -> str:
    """What AUTO means. steered: chosen settings that a probe has no use for.

    Raises LabError for a probe with any of those.
    """
    if trainable == AUTO:
        few = n_train <= PROBE_AT_MOST and not steered and epochs is None
        return "probe" if few else "all"
    if trainable == "probe" and steered:
        raise LabError(
            f"A probe is solved, not trained step by step, so it takes no {', '.join(steered)}: "
            f"leave that out, or choose another way to learn, such as all."
        )
    return trainable


def n_trainable(config: RunConfig, n_classes: int) -> int:
    """How many numbers a classification finetune learns, without building it."""
    shape = config.model
    C = shape.d_model
    head = config.head_parameters(n_classes)
    if config.trainable == "lora":
        assert config.lora is not None
        return head + config.lora.n_parameters(shape)
    if config.trainable == "last-block":
        return head + sum(shape.parameters_of_a_block().values()) + shape.parameters_of_a_norm()
    if config.trainable == "all":
        unused = 0 if shape.tied_head else shape.vocab_size * C  # the language head
        return head + shape.n_parameters() - unused
    return head


def classify_training(
    n_train: int,
    trainable: str = "all",
    epochs: int | None = None,
    changes: dict[str, Any] | None = None,
) -> TrainConfig:
    """The recipe of a classification finetune on `n_train` texts.

    It is validated twice an epoch. changes: fields to replace; None keeps the recipe's.
    """
    changes = given(changes or {})
    if trainable == "probe":
        changes.setdefault("steps", epochs or DEFAULT_EPOCHS["probe"])
        return FINETUNE.with_(**{**changes, "warmup_steps": 0})
    recipe = FINETUNE.with_(learning_rate=LEARNING_RATES.get(trainable))
    per_epoch = steps_per_epoch(n_train, changes.get("batch_size", recipe.batch_size))
    changes.setdefault("steps", per_epoch * (epochs or DEFAULT_EPOCHS.get(trainable, 4)))
    changes.setdefault("eval_every", max(1, per_epoch // 2))
    changes.setdefault("checkpoint_every", per_epoch)
    changes.setdefault("warmup_steps", min(20, per_epoch))
    return with_rhythm(recipe, changes)
