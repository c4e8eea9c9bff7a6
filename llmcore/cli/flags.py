"""Flags that several commands share, each with its help line and bounds from the settings."""

from pathlib import Path
from typing import Annotated

import typer

from llmcore.choices import MACHINE, TokenizerChoices
from llmcore.cli.options import Changes, Fields, one_of, within
from llmcore.cli.output import say
from llmcore.config import LORA_TARGETS, DataConfig, LoraConfig, ModelConfig, TrainConfig
from llmcore.presets import PRESETS

CORPUS_HELP = (
    "built-in name, a mix such as a+b, or a file or folder: text, HTML, RTF, JSONL or a table with "
    "a text column, gz, zip"
)
COLUMNS = ("instruction_column", "input_column", "output_column", "system_column")

# Several flags at once, for commands that are `expanded`: a dict of the fields that were given.
Machine = Annotated[Changes, Fields(TrainConfig, MACHINE)]
LabelColumns = Annotated[Changes, Fields(DataConfig, ("text_column", "label_column"))]
InstructionColumns = Annotated[Changes, Fields(DataConfig, COLUMNS)]
Lora = Annotated[
    Changes,
    Fields(
        LoraConfig, ("rank", "alpha", "targets"), prefix="lora",
        words={"targets": "LoRA: layers with commas between, of "
                          f"{', '.join(LORA_TARGETS)} (all)"},
    ),
]  # fmt: skip

# One flag.
ContextLength = Annotated[int | None, within(ModelConfig, "context_length")]
Encoding = Annotated[str | None, within(DataConfig, "encoding")]
TextColumn = Annotated[str | None, within(DataConfig, "text_column")]
RunDir = Annotated[
    Path | None,
    typer.Option(help="the run's own directory, new or empty (else one among the lab's runs)"),
]
Name = Annotated[str | None, typer.Option(help="how the run is called in lists")]
Queue = Annotated[
    bool,
    typer.Option("--queue", help="do not train now: wait in the queue of the lab (runs queue)"),
]
TensorBoard = Annotated[
    bool,
    typer.Option("--tensorboard", help="write event files into RUN/tensorboard, too (needs the "
                 "package tensorboard)"),
]  # fmt: skip
PresetName = Annotated[
    str | None,
    typer.Option(help=f"size: {', '.join(PRESETS)} (see below)", callback=one_of(list(PRESETS))),
]
TokenizerRef = Annotated[
    str,
    typer.Option(
        help="gpt2, cl100k_base, bytes, a model, one of your tokenizers or a folder "
        "(default: that of base where it is bundled, else a BPE trained on the corpus)"
    ),
]
VocabSize = Annotated[
    int | None,
    within(TokenizerChoices, "vocab_size", help="train a BPE of this size on the corpus"),
]


def default_model() -> str:
    """The model to start from if none was given; says which."""
    from llmcore import models

    chosen = models.default_model()
    say(f"No --model was given: starting from {chosen}.")
    return chosen
