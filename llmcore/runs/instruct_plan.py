"""From a few choices to the configuration of an instruction finetune, and to its rows."""

from typing import Any

from llmcore import models
from llmcore.config import DataConfig, LoraConfig, RunConfig, TrainConfig
from llmcore.data import (
    INSTRUCTIONS,
    InstructionSplits,
    instructions_from_bytes,
    load_instructions,
    split_instructions,
)
from llmcore.data.instructions import Columns, load_builtin
from llmcore.errors import LabError
from llmcore.runs.plan import finetuned_shape, given, with_rhythm
from llmcore.tasks.epochs import steps_per_epoch
from llmcore.tasks.templates import DEFAULT_TEMPLATE, template_named

INSTRUCT = TrainConfig(
    batch_size=16,  # many small steps: copying is learned by the number of steps
    learning_rate=1.5e-3,
    min_learning_rate=0.02,
    weight_decay=0.05,
    beta2=0.98,
    precision="auto",
)
LORA_LEARNING_RATE = 3e-3  # not measured yet
# Of the assistants that come with the lab: 1.6 MB beside `base` in half precision.
ASSISTANT_LORA = LoraConfig(rank=32, alpha=32.0)
INSTRUCT_ROWS = 60_000  # that the default recipe sees: under ten minutes on two cores
MOST_EPOCHS = 20


def plan_instruct(
    source: str = "airline-support",
    model_ref: str | None = None,
    trainable: str = "all",
    template: str = DEFAULT_TEMPLATE,
    packing: bool = False,
    table: bytes | None = None,
    columns: Columns = Columns(),
    epochs: int | None = None,
    name: str | None = None,
    model_changes: dict[str, Any] | None = None,
    train_changes: dict[str, Any] | None = None,
    lora: LoraConfig | None = None,
) -> RunConfig:
    """The configuration of an instruction finetune; reads the data to count its steps.

    source: a built-in set, a file, or the file name of the uploaded `table`. template: a name, or
    a text with fields (see tasks.templates). Raises LabError where the data cannot be learned
    from, the template could not ask, or the model does not exist.
    """
    if trainable in ("head", "probe"):
        raise LabError(
            "An instruction finetune has no new head to learn alone: train all, last-block or lora."
        )
    template_named(template)  # checks
    parent = model_ref or models.default_model()
    data = DataConfig(
        source=source,
        instruction_column=columns.instruction,
        input_column=columns.input,
        output_column=columns.output,
        template=template,
        packing=packing,
    )
    changes = given(train_changes or {})
    n_train = len(read_instructions(data, changes.get("seed", INSTRUCT.seed), table).train)
    return RunConfig(
        kind="instruct",
        name=name or f"{source} {trainable}",
        model=finetuned_shape(parent, model_changes or {}, dropout=0.0),
        train=instruct_training(n_train, trainable, epochs, changes),
        data=data,
        parent=parent,
        trainable=trainable,
        lora=lora if trainable == "lora" else None,
    )


def instruct_training(
    n_train: int,
    trainable: str = "all",
    epochs: int | None = None,
    changes: dict[str, Any] | None = None,
) -> TrainConfig:
    """The recipe of an instruction finetune on `n_train` rows; it is validated once an epoch.

    By default it sees about INSTRUCT_ROWS rows, small sets more often than large ones.
    changes: fields to replace; None keeps the recipe's."""
    changes = given(changes or {})
    recipe = INSTRUCT.with_(learning_rate=LORA_LEARNING_RATE if trainable == "lora" else None)
    per_epoch = steps_per_epoch(n_train, changes.get("batch_size", recipe.batch_size))
    usual = min(MOST_EPOCHS, max(1, round(INSTRUCT_ROWS / n_train)))
    changes.setdefault("steps", per_epoch * (epochs or usual))
    changes.setdefault("eval_every", per_epoch)
    changes.setdefault("checkpoint_every", per_epoch)
    changes.setdefault("warmup_steps", min(60, per_epoch))
    return with_rhythm(recipe, changes)


def read_instructions(data: DataConfig, seed: int, table: bytes | None) -> InstructionSplits:
    """The rows of a configuration in training, validation and test: a built-in set as its
    generator split it, a user's by the seed."""
    if table is None and data.source in INSTRUCTIONS:
        return load_builtin(data.source)
    columns = Columns(data.instruction_column, data.input_column, data.output_column)
    if table is not None:
        rows = instructions_from_bytes(table, data.source, columns)
    else:
        rows = load_instructions(data.source, columns)
    return split_instructions(rows, data.validation, data.test, seed)
