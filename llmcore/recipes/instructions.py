"""From a few choices to the configuration of an instruction finetune, and to its rows."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from llmcore import models
from llmcore.config import DataConfig, LoraConfig, RunConfig, TrainConfig
from llmcore.data import (
    InstructionSplits,
)
from llmcore.data.chosen import read_instructions
from llmcore.data.instructions import Columns, Instruction
from llmcore.data.reading.report import many
from llmcore.errors import LabError
from llmcore.recipes.common import finetuned_shape, given, with_rhythm
from llmcore.tasks.epochs import steps_per_epoch
from llmcore.tasks.instruction_tokens import do_not_fit, encode_row, fits, nothing_fits
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
# Training rows below which no row that is held out can tell when to stop: it asks for facts of its
# own, and its loss is lowest before anything was learned.
SMALL_ROWS = 100
HELD_OUT_SHOWN = 5


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
    encoding: str | None = None,
) -> RunConfig:
    """The configuration of an instruction finetune; reads the data to count its steps.

    source: a built-in set, a file, or the file name of the uploaded `table`. template: a name, or
    a text with fields (see tasks.templates). encoding: what the user says, instead of a guess.
    Raises LabError if the data cannot be learned
    from (or not one row fits in the context), the template could not ask, or the model does not
    exist.
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
        system_column=columns.system,
        encoding=encoding,
        template=template,
        packing=packing,
    )
    changes = given(train_changes or {})
    model = finetuned_shape(parent, model_changes or {}, dropout=0.0)
    splits = read_instructions(data, changes.get("seed", INSTRUCT.seed), table)
    rows = splits.train
    check_something_fits(rows, parent, template, model.context_length)
    return RunConfig(
        kind="instruct",
        name=name or f"{source} {trainable}",
        model=model,
        train=instruct_training(len(rows), trainable, epochs, changes),
        data=data,
        parent=parent,
        trainable=trainable,
        lora=lora if trainable == "lora" else None,
        reading=splits.report.to_dict() if splits.report else None,
    )


def instruct_training(
    n_train: int,
    trainable: str = "all",
    epochs: int | None = None,
    changes: dict[str, Any] | None = None,
) -> TrainConfig:
    """The recipe of an instruction finetune on `n_train` rows; it is validated once an epoch.

    By default it sees about INSTRUCT_ROWS rows, small sets more often than large ones. Of fewer
    than SMALL_ROWS it learns to the end and keeps the last weights, unless `changes` say after
    how many evaluations to stop. changes: fields to replace; None keeps the recipe's."""
    changes = given(changes or {})
    recipe = INSTRUCT.with_(learning_rate=LORA_LEARNING_RATE if trainable == "lora" else None)
    per_epoch = steps_per_epoch(n_train, changes.get("batch_size", recipe.batch_size))
    usual = min(MOST_EPOCHS, max(1, round(INSTRUCT_ROWS / n_train)))
    changes.setdefault("steps", per_epoch * (epochs or usual))
    changes.setdefault("eval_every", per_epoch)
    changes.setdefault("checkpoint_every", per_epoch)
    changes.setdefault("warmup_steps", min(60, per_epoch))
    if n_train < SMALL_ROWS and "patience" not in changes:
        changes |= {"patience": 0, "keep": "last"}
    return with_rhythm(recipe, changes)


def check_something_fits(
    rows: Sequence[Instruction], model_ref: str, template: str, context_length: int
) -> None:
    """Raises LabError if no row of training has an answer within the context."""
    tokenizer, made = models.tokenizer_for(model_ref), template_named(template)
    if not any(encode_row(tokenizer, made, row, context_length).n_targets for row in rows):
        longest = models.model_config(model_ref).context_length
        raise LabError(nothing_fits(context_length, longest))


@dataclass(slots=True, frozen=True)
class InstructReport:
    """What an instruction finetune will learn from and be tested on, before it begins.

    rows: how many of `train`, `validation` and `test`. too_long: how many of each do not fit in
    `context_length` tokens; those of the test are not scored, the others are cut. left_out: of
    them, those without a token of an answer, from which nothing is learned. held_out: the first
    questions of the test. keeps: which weights are the result, `best` or `last`.
    """

    name: str
    context_length: int
    rows: dict[str, int]
    too_long: dict[str, int]
    left_out: dict[str, int]
    held_out: list[str]
    keeps: str
    notices: list[str]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def sentences(self) -> list[str]:
        rows, test = self.rows, self.rows["test"]
        lines = [
            f"{self.name}: {many(rows['train'], 'rows')} to learn from, {rows['validation']:,} to "
            f"validate, {test:,} to test."
        ]
        for part in ("train", "validation"):
            if n := self.too_long[part]:
                none = self.left_out[part]
                lines.append(
                    f"{n:,} of {rows[part]:,} {_PARTS[part]} rows do not fit in the "
                    f"{self.context_length:,} tokens that the model reads: {n - none:,} are cut "
                    f"within an answer, {none:,} are left out."
                )
        if n := self.too_long["test"]:
            lines.append(do_not_fit(n, test, "test", self.context_length))
        if self.is_small and test:
            shown = ", ".join(repr(" ".join(text.split())[:60]) for text in self.held_out)
            more = f" and {test - len(self.held_out)} more" if test > len(self.held_out) else ""
            lines.append(f"Held out and never learned: {shown}{more}. What they ask can only be "
                         f"answered where the other rows tell it.")  # fmt: skip
        if not rows["validation"]:
            lines.append("No row is left to validate on, so no validation loss is measured.")
        if self.keeps == "last":
            lines.append("So few rows are learned to the end, and the last weights are kept.")
        return lines + self.notices

    @property
    def is_small(self) -> bool:
        return self.rows["train"] < SMALL_ROWS


_PARTS = {"train": "training", "validation": "validation"}


def instruct_report(config: RunConfig, splits: InstructionSplits) -> InstructReport:
    """Looks through the rows of a planned run; short rows are not encoded for it."""
    tokenizer = models.tokenizer_for(str(config.parent))
    template, length = template_named(config.data.template), config.model.context_length
    parts = {"train": splits.train, "validation": splits.validation, "test": splits.test}
    too_long = {
        name: [row for row in rows if not fits(tokenizer, template, row, length)]
        for name, rows in parts.items()
    }
    left_out = {
        name: sum(not encode_row(tokenizer, template, row, length).n_targets for row in rows)
        for name, rows in too_long.items()
    }
    return InstructReport(
        name=config.data.source,
        context_length=length,
        rows={name: len(rows) for name, rows in parts.items()},
        too_long={name: len(rows) for name, rows in too_long.items()},
        left_out=left_out,
        held_out=[row.question for row in splits.test[:HELD_OUT_SHOWN]],
        keeps=config.train.keep,
        notices=splits.notices,
    )
