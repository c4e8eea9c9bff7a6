"""Flags that several commands share, each with its help line and bounds from the settings."""

from pathlib import Path
from typing import Annotated

import typer

from llmcore.cli.corpora import CORPUS_HELP
from llmcore.cli.options import one_of, within
from llmcore.cli.output import say
from llmcore.cli.text import VOCAB_SIZES
from llmcore.config import (
    LORA_TARGETS,
    PRECISIONS,
    SHARDINGS,
    DataConfig,
    LoraConfig,
    ModelConfig,
    TrainConfig,
)
from llmcore.presets import PRESETS
from llmcore.settings import help_for

DEVICES = ("auto", "cpu", "cuda", "mps")

# Flags that `pretrain` and `finetune` share; None means that the preset or the task decides.
BatchSize = Annotated[int | None, within(TrainConfig, "batch_size", "--batch-size")]
Accumulation = Annotated[int | None, within(TrainConfig, "accumulation")]
ContextLength = Annotated[int | None, within(ModelConfig, "context_length", "--context-length")]
LearningRate = Annotated[float | None, within(TrainConfig, "learning_rate", "--learning-rate")]
WarmupSteps = Annotated[int | None, within(TrainConfig, "warmup_steps", "--warmup-steps")]
Dropout = Annotated[float | None, within(ModelConfig, "dropout")]
LogEvery = Annotated[int | None, within(TrainConfig, "log_every", "--log-every")]
EvalEvery = Annotated[int | None, within(TrainConfig, "eval_every", "--eval-every")]
CheckpointEvery = Annotated[
    int | None, within(TrainConfig, "checkpoint_every", "--checkpoint-every")
]
SnapshotEvery = Annotated[int | None, within(TrainConfig, "snapshot_every", "--snapshot-every")]
HeadScores = Annotated[
    bool, typer.Option("--head-scores", help=help_for(TrainConfig, "head_scores"))
]
Device = Annotated[
    str | None,
    typer.Option(help=help_for(TrainConfig, "device"), callback=one_of(DEVICES)),
]
Threads = Annotated[int | None, within(TrainConfig, "threads")]
Precision = Annotated[
    str | None,
    typer.Option(help=help_for(TrainConfig, "precision"), callback=one_of(PRECISIONS)),
]
Sharding = Annotated[
    str | None,
    typer.Option(help=help_for(TrainConfig, "sharding"), callback=one_of(SHARDINGS)),
]
Compile = Annotated[bool | None, typer.Option("--compile", help=help_for(TrainConfig, "compile"))]
Seed = Annotated[int | None, within(TrainConfig, "seed")]
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
Patience = Annotated[int | None, within(TrainConfig, "patience")]

# Flags that say which columns of the user's file are read.
TextColumn = Annotated[str | None, within(DataConfig, "text_column", "--text-column")]
LabelColumn = Annotated[str | None, within(DataConfig, "label_column", "--label-column")]
EncodingName = Annotated[str | None, within(DataConfig, "encoding", "--encoding")]
KeepSpellings = Annotated[
    bool, typer.Option("--keep-spellings", help=help_for(DataConfig, "keep_spellings"))
]
KeepMarkup = Annotated[
    bool, typer.Option("--keep-markup", help=help_for(DataConfig, "keep_markup"))
]
Sample = Annotated[int | None, within(DataConfig, "sample", "--sample")]

# What of a labelled set's settings says how it is read.
READ_BY = ("balance", "text_column", "label_column", "encoding", "keep_spellings", "keep_markup",
           "sample")  # fmt: skip
InstructionColumn = Annotated[
    str | None, within(DataConfig, "instruction_column", "--instruction-column")
]
InputColumn = Annotated[str | None, within(DataConfig, "input_column", "--input-column")]
OutputColumn = Annotated[str | None, within(DataConfig, "output_column", "--output-column")]
SystemColumn = Annotated[str | None, within(DataConfig, "system_column", "--system-column")]

# Flags of a finetune with `--train lora`.
LoraRank = Annotated[int | None, within(LoraConfig, "rank", "--lora-rank")]
LoraAlpha = Annotated[float | None, within(LoraConfig, "alpha", "--lora-alpha")]
LoraTargets = Annotated[
    str | None,
    typer.Option(help=f"LoRA: layers with commas between, of {', '.join(LORA_TARGETS)} (all)"),
]

# Flags of `pretrain` alone.
Corpus = Annotated[
    str | None,
    typer.Option(help=f"{CORPUS_HELP} (needed for a new run)"),
]
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
ValidationCorpus = Annotated[
    str | None, typer.Option(help=help_for(DataConfig, "validation_source"))
]
VocabSize = Annotated[
    int | None,
    typer.Option(
        min=VOCAB_SIZES[0], max=VOCAB_SIZES[1], help="train a BPE of this size on the corpus"
    ),
]
Resume = Annotated[
    str | None, typer.Option(help="go on with this run (an id or a directory) instead")
]


def default_model() -> str:
    """The model to start from where none was given; says which."""
    from llmcore import models

    chosen = models.default_model()
    say(f"No --model was given: starting from {chosen}.")
    return chosen
