"""Commands that train: `pretrain` and `finetune`. Torch is imported when the run begins."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmcore.cli.architecture import FeedForwardKind, KVHeads, Norm, Position
from llmcore.cli.corpora import (
    AsText,
    Encoding,
    KeepMarks,
    own_corpus,
    reading_options,
    say_notices,
    say_vocabulary,
)
from llmcore.cli.flags import (
    READ_BY,
    Accumulation,
    BatchSize,
    CheckpointEvery,
    Compile,
    ContextLength,
    Corpus,
    Device,
    Dropout,
    EncodingName,
    EvalEvery,
    HeadScores,
    InputColumn,
    InstructionColumn,
    KeepMarkup,
    KeepSpellings,
    LabelColumn,
    LearningRate,
    LogEvery,
    LoraAlpha,
    LoraRank,
    LoraTargets,
    Name,
    OutputColumn,
    Patience,
    Precision,
    PresetName,
    Queue,
    Resume,
    RunDir,
    Sample,
    Seed,
    Sharding,
    SnapshotEvery,
    SystemColumn,
    TensorBoard,
    TextColumn,
    Threads,
    TokenizerRef,
    ValidationCorpus,
    VocabSize,
    WarmupSteps,
    default_model,
)
from llmcore.cli.options import one_of, preset_help, within
from llmcore.cli.output import AsJson, say
from llmcore.cli.run_answer import answer_finetune, answer_queued, answer_run
from llmcore.cli.running import (
    AcceptChanged,
    is_builtin_corpus,
    own_copy,
    own_table,
    resume_here,
    run_here,
)
from llmcore.config import (
    AUTO,
    BALANCES,
    TRAINABLE,
    DataConfig,
    LoraConfig,
    ModelConfig,
    RunConfig,
    TrainConfig,
)
from llmcore.errors import LabError
from llmcore.settings import help_for

if TYPE_CHECKING:
    from llmcore.data import Corpus as ReadCorpus
    from llmcore.data.reading.documents import CorpusOptions


def pretrain(
    corpus: Corpus = None,
    preset: PresetName = None,
    tokenizer: TokenizerRef = "",
    steps: Annotated[int | None, within(TrainConfig, "steps")] = None,
    validation_corpus: ValidationCorpus = None,
    text_column: TextColumn = None,
    keep_marks: KeepMarks = False,
    as_text: AsText = False,
    encoding: Encoding = None,
    vocab_size: VocabSize = None,
    n_layers: Annotated[int | None, within(ModelConfig, "n_layers", "--n-layers")] = None,
    n_heads: Annotated[int | None, within(ModelConfig, "n_heads", "--n-heads")] = None,
    d_model: Annotated[int | None, within(ModelConfig, "d_model", "--d-model")] = None,
    position: Position = None,
    norm: Norm = None,
    feed_forward: FeedForwardKind = None,
    n_kv_heads: KVHeads = None,
    batch_size: BatchSize = None,
    accumulation: Accumulation = None,
    context_length: ContextLength = None,
    learning_rate: LearningRate = None,
    warmup_steps: WarmupSteps = None,
    dropout: Dropout = None,
    log_every: LogEvery = None,
    eval_every: EvalEvery = None,
    checkpoint_every: CheckpointEvery = None,
    snapshot_every: SnapshotEvery = None,
    head_scores: HeadScores = False,
    patience: Patience = None,
    device: Device = None,
    precision: Precision = None,
    sharding: Sharding = None,
    compile_blocks: Compile = None,
    threads: Threads = None,
    seed: Seed = None,
    name: Name = None,
    run_dir: RunDir = None,
    queue: Queue = False,
    tensorboard: TensorBoard = False,
    resume: Resume = None,
    accept_changed_data: AcceptChanged = False,
    as_json: AsJson = False,
) -> None:
    """Train a language model from scratch. Ctrl-C saves a checkpoint and stops."""
    train_changes: dict[str, Any] = {
        "steps": steps, "batch_size": batch_size, "learning_rate": learning_rate,
        "warmup_steps": warmup_steps, "log_every": log_every, "eval_every": eval_every,
        "checkpoint_every": checkpoint_every, "device": device, "precision": precision,
        "threads": threads, "seed": seed, "patience": patience, "accumulation": accumulation,
        "sharding": sharding, "compile": compile_blocks,
        "snapshot_every": snapshot_every, "head_scores": head_scores or None,
    }  # fmt: skip
    model_changes: dict[str, Any] = {
        "context_length": context_length, "dropout": dropout, "vocab_size": vocab_size,
        "n_layers": n_layers, "n_heads": n_heads, "d_model": d_model, "position": position,
        "norm": norm, "feed_forward": feed_forward, "n_kv_heads": n_kv_heads,
    }  # fmt: skip
    if resume is not None:
        others = {**train_changes, **model_changes, "corpus": corpus, "preset": preset}
        _say_ignored({**others, "tokenizer": tokenizer or None, "run_dir": run_dir,
                      "validation_corpus": validation_corpus, "text_column": text_column,
                      "keep_marks": keep_marks or None, "as_text": as_text or None,
                      "encoding": encoding})  # fmt: skip
        answer_run(resume_here(resume, tensorboard, accept_changed_data), as_json)
        return
    if corpus is None:
        raise typer.BadParameter("A new run needs --corpus: a built-in name or a text file.")
    if tokenizer and vocab_size is not None:
        raise typer.BadParameter("Give --tokenizer or --vocab-size, not both.")

    from llmcore.recipes.pretraining import plan_pretrain

    options = reading_options(text_column, keep_marks, as_text, encoding)
    own = own_corpus(corpus, options)
    validation_source, held_out = _validation(validation_corpus, options)
    config = plan_pretrain(
        own.source,
        preset=preset,
        tokenizer=tokenizer,
        name=name,
        corpus=own.corpus,
        validation_source=validation_source,
        held_out=held_out,
        reading=options,
        model_changes=model_changes,
        train_changes=train_changes,
    )
    say_vocabulary(config, vocab_size)
    if queue:
        say_notices(own.corpus)
        _put_in_queue(config, run_dir, own.data, as_json, tensorboard)
        return
    answer_run(run_here(config, run_dir, own.data, tensorboard), as_json)


pretrain.__doc__ = f"{pretrain.__doc__}\n\n{preset_help()}"


def finetune(
    task: Annotated[
        str,
        typer.Option(
            help="what to learn: classify (a label) or instruct (an answer)",
            callback=one_of(["classify", "instruct"]),
        ),
    ],
    data: Annotated[
        str,
        typer.Option(
            help="built-in name (classify: sms-spam, tweet-sentiment, email-spam; instruct: "
            "airline-support, translation, general), or a CSV, TSV, JSON or JSONL file; classify "
            "also a folder or zip of .eml and .txt files in a sub-folder for each class"
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option(help="the model to start from (default: base where bundled, else starter)"),
    ] = None,
    train: Annotated[
        str,
        typer.Option(
            help="what learns: all, last-block, head, lora (thin matrices beside all layers) or, "
            "of a classifier, probe (a head over every layer of the model, which stands still); "
            "auto: probe for up to 10,000 texts, else all",
            callback=one_of([AUTO, *TRAINABLE]),
        ),
    ] = AUTO,
    lora_rank: LoraRank = None,
    lora_alpha: LoraAlpha = None,
    lora_targets: LoraTargets = None,
    epochs: Annotated[
        int | None, typer.Option(help="times that each training text is seen", min=1, max=10_000)
    ] = None,
    balance: Annotated[
        str | None,
        typer.Option(help=help_for(DataConfig, "balance"), callback=one_of(BALANCES)),
    ] = None,
    words: Annotated[
        bool | None,
        typer.Option(
            "--words/--no-words",
            help="classify: the words of a text vote beside the model (default), or it alone",
        ),
    ] = None,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    encoding: EncodingName = None,
    keep_spellings: KeepSpellings = False,
    keep_markup: KeepMarkup = False,
    sample: Sample = None,
    template: Annotated[
        str | None, typer.Option(help=f"instruct: {help_for(DataConfig, 'template')}")
    ] = None,
    instruction_column: InstructionColumn = None,
    input_column: InputColumn = None,
    output_column: OutputColumn = None,
    system_column: SystemColumn = None,
    packing: Annotated[
        bool | None,
        typer.Option("--packing/--no-packing", help=help_for(DataConfig, "packing")),
    ] = None,
    batch_size: BatchSize = None,
    context_length: ContextLength = None,
    learning_rate: LearningRate = None,
    warmup_steps: WarmupSteps = None,
    dropout: Dropout = None,
    causal: Annotated[
        bool | None,
        typer.Option(
            "--causal/--both-sides",
            help="classify: a token sees what stands before it, and the head reads the last one; "
            "or the whole text, and the head reads the mean (default where all layers learn)",
        ),
    ] = None,
    log_every: LogEvery = None,
    eval_every: EvalEvery = None,
    checkpoint_every: CheckpointEvery = None,
    patience: Patience = None,
    device: Device = None,
    precision: Precision = None,
    threads: Threads = None,
    seed: Seed = None,
    name: Name = None,
    run_dir: RunDir = None,
    queue: Queue = False,
    tensorboard: TensorBoard = False,
    as_json: AsJson = False,
) -> None:
    """Finetune a model into a classifier, or to follow instructions. Ctrl-C saves and stops."""
    common: dict[str, Any] = {
        "model_ref": model,
        "trainable": train,
        "epochs": epochs,
        "name": name,
        "lora": lora_settings(train, lora_rank, lora_alpha, lora_targets),
        "model_changes": {"context_length": context_length, "dropout": dropout},
        "train_changes": {
            "batch_size": batch_size, "learning_rate": learning_rate, "warmup_steps": warmup_steps,
            "log_every": log_every, "eval_every": eval_every, "checkpoint_every": checkpoint_every,
            "device": device, "precision": precision, "threads": threads, "seed": seed,
            "patience": patience,
        },
    }  # fmt: skip
    for_labels = {
        "balance": balance, "words": words, "text_column": text_column,
        "label_column": label_column, "encoding": encoding, "sample": sample,
        "keep_spellings": keep_spellings or None, "keep_markup": keep_markup or None,
    }  # fmt: skip
    for_answers = {"template": template, "packing": packing}
    columns = {
        "instruction_column": instruction_column, "input_column": input_column,
        "output_column": output_column, "system_column": system_column,
    }  # fmt: skip
    if task == "classify":
        _refuse_given("classify", {**for_answers, **columns})
        shape = {**common["model_changes"], "causal": causal}
        plan = _plan_classify(data, {**common, **for_labels, "model_changes": shape})
    else:
        _refuse_given("instruct", {**for_labels, "encoding": None, "causal": causal})
        plan = _plan_instruct(data, {**common, **for_answers, "encoding": encoding}, columns)
    config, table = plan
    said, report = (_report if task == "classify" else _instruct_report)(config, table)
    for sentence in said:
        say(sentence)
    if queue:
        _put_in_queue(config, run_dir, table, as_json, tensorboard)
        return
    answer_finetune(run_here(config, run_dir, table, tensorboard, said), as_json, report)


def _put_in_queue(
    config: RunConfig, run_dir: Path | None, data: bytes | None, as_json: bool, tensorboard: bool
) -> None:
    """Lets the run wait for its turn among the lab's runs."""
    from llmcore.execution.queue import RunQueue
    from llmcore.runs import RunStore

    if run_dir is not None:
        raise typer.BadParameter("A queued run lives among the lab's runs: leave --run-dir out.")
    if tensorboard:
        raise typer.BadParameter("A queued run trains in the lab: leave --tensorboard out.")
    waiting = RunQueue()
    run_id = RunStore.mint_id(config.name)
    waiting.add(run_id, config, data)
    answer_queued(waiting.store.open(run_id), waiting.waiting().index(run_id), as_json)


def _report(config: RunConfig, table: bytes | None) -> tuple[list[str], dict[str, Any]]:
    """What the data looks like before anything learns from it, in sentences and for `--json`."""
    from llmcore.data.chosen import read_labelled
    from llmcore.data.report import report_on
    from llmcore.models import tokenizer_for

    tokenizer = tokenizer_for(str(config.parent))
    report = report_on(read_labelled(config.data, table), tokenizer, config.model.context_length)
    return report.sentences(), report.to_dict() | {"reading": config.reading}


def _instruct_report(config: RunConfig, table: bytes | None) -> tuple[list[str], dict[str, Any]]:
    """The same for instructions: how many rows there are of each kind, and which do not fit."""
    from llmcore.data.chosen import read_instructions
    from llmcore.recipes.instructions import instruct_report

    splits = read_instructions(config.data, config.train.seed, table)
    report = instruct_report(config, splits)
    return report.sentences(), {**report.to_dict(), "reading": config.reading}


def _plan_classify(data: str, choices: dict[str, Any]) -> tuple[RunConfig, bytes | None]:
    """The run's configuration, and the bytes of the user's table if there is one."""
    from llmcore.data import LABELLED
    from llmcore.recipes.classification import plan_classify

    read = {key: value for key in READ_BY if (value := choices.pop(key)) is not None}
    own = own_table(DataConfig(data, **read), data in LABELLED)
    choices["words"] = choices["words"] is not False
    choices["model_ref"] = choices["model_ref"] or default_model()
    plan = plan_classify(data=own.data, table=own.table, reading=own.reading, **choices)
    return plan, own.table


def _plan_instruct(
    data: str, choices: dict[str, Any], columns: dict[str, str | None]
) -> tuple[RunConfig, bytes | None]:
    """The same for instructions; choices that were not made are left to the plan."""
    from llmcore.data import INSTRUCTIONS
    from llmcore.data.instructions import Columns
    from llmcore.recipes.instructions import plan_instruct

    source, table = own_copy(data, data in INSTRUCTIONS)
    if table is None and source not in INSTRUCTIONS and Path(source).expanduser().is_dir():
        source = str(Path(source).expanduser().resolve())  # read where it lies
    choices["model_ref"] = choices["model_ref"] or default_model()
    if choices["trainable"] == AUTO:
        choices["trainable"] = "all"
    given = {key: value for key, value in choices.items() if value is not None}
    chosen = Columns(*columns.values())
    return plan_instruct(source, table=table, columns=chosen, **given), table


def _refuse_given(task: str, others: dict[str, Any]) -> None:
    """Raises BadParameter if a flag was given that this task has no use for."""
    given = [f"--{key.replace('_', '-')}" for key, value in others.items() if value is not None]
    if given:
        raise typer.BadParameter(f"--task {task} takes no {', '.join(given)}.")


def lora_settings(
    train: str, rank: int | None, alpha: float | None, targets: str | None
) -> LoraConfig | None:
    """The settings of `--train lora`, None for the other ways. Raises BadParameter."""
    if train != "lora":
        if any(value is not None for value in (rank, alpha, targets)):
            raise typer.BadParameter("--lora-rank, --lora-alpha and --lora-targets need "
                                     "--train lora.")  # fmt: skip
        return None
    names = None if targets is None else tuple(target.strip() for target in targets.split(","))
    try:
        return LoraConfig().with_(rank=rank, alpha=alpha, targets=names)
    except LabError as error:
        raise typer.BadParameter(str(error)) from error


def _validation(
    named: str | None, options: "CorpusOptions"
) -> tuple[str | None, "ReadCorpus | None"]:
    """The name or absolute path of a validation text, and the text: a wrong one is refused."""
    from llmcore.data import load_corpus

    if named is None:
        return None, None
    found = load_corpus(named, options)
    path = named if is_builtin_corpus(named) else str(Path(named).expanduser().resolve())
    return path, found


def _say_ignored(settings: dict[str, Any]) -> None:
    given = [f"--{key.replace('_', '-')}" for key, value in settings.items() if value is not None]
    if given:
        say(f"--resume goes on with the run's own settings; not used: {', '.join(given)}.")
