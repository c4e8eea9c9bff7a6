"""Commands that train: `pretrain` and `finetune`. Torch is imported when the run begins."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmcore.choices import FINETUNE_TRAIN, PRETRAIN_DATA, PRETRAIN_MODEL, PRETRAIN_TRAIN
from llmcore.cli.corpora import (
    AsText,
    own_corpus,
    reading_options,
    say_notices,
    say_vocabulary,
)
from llmcore.cli.flags import (
    COLUMNS,
    CORPUS_HELP,
    Encoding,
    InstructionColumns,
    Lora,
    Name,
    PresetName,
    Queue,
    RunDir,
    TensorBoard,
    TokenizerRef,
    VocabSize,
    default_model,
)
from llmcore.cli.options import Changes, Fields, expanded, one_of, preset_help, within
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
    DataConfig,
    FinetuneChoices,
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


Corpus = Annotated[str | None, typer.Option(help=f"{CORPUS_HELP} (needed for a new run)")]
Resume = Annotated[
    str | None, typer.Option(help="go on with this run (an id or a directory) instead")
]
TaskName = Annotated[
    str,
    typer.Option(
        help="what to learn: classify (a label) or instruct (an answer)",
        callback=one_of(["classify", "instruct"]),
    ),
]
FinetuneData = Annotated[
    str,
    typer.Option(
        help="built-in name (classify: sms-spam, tweet-sentiment, email-spam; instruct: "
        "airline-support, translation, general), or a CSV, TSV, JSON or JSONL file; classify "
        "also a folder or zip of .eml and .txt files in a sub-folder for each class"
    ),
]
Parent = Annotated[
    str | None,
    typer.Option(help="the model to start from (default: base where bundled, else starter)"),
]
Words = Annotated[
    bool | None,
    typer.Option(
        "--words/--no-words",
        help="classify: the words of a text vote beside the model (default), or it alone",
    ),
]
Causal = Annotated[
    bool | None,
    typer.Option(
        "--causal/--both-sides",
        help="classify: a token sees what stands before it, and the head reads the last one; "
        "or the whole text, and the head reads the mean (default where all layers learn)",
    ),
]
# How labelled data is read, and which of it is learned from.
Labelled = Annotated[
    Changes,
    Fields(
        DataConfig,
        ("balance", "text_column", "label_column", "keep_spellings", "keep_markup", "sample"),
    ),
]
Answers = Annotated[
    Changes,
    Fields(
        DataConfig, ("template", "packing"),
        words={"template": f"instruct: {help_for(DataConfig, 'template')}"},
    ),
]  # fmt: skip


@expanded
def pretrain(
    *,
    corpus: Corpus = None,
    preset: PresetName = None,
    tokenizer: TokenizerRef = "",
    vocab_size: VocabSize = None,
    reading: Annotated[Changes, Fields(DataConfig, PRETRAIN_DATA)],
    as_text: AsText = False,
    model: Annotated[Changes, Fields(ModelConfig, PRETRAIN_MODEL)],
    train: Annotated[Changes, Fields(TrainConfig, PRETRAIN_TRAIN)],
    name: Name = None,
    run_dir: RunDir = None,
    queue: Queue = False,
    tensorboard: TensorBoard = False,
    resume: Resume = None,
    accept_changed_data: AcceptChanged = False,
    as_json: AsJson = False,
) -> None:
    """Train a language model from scratch. Ctrl-C saves a checkpoint and stops."""
    validation = reading.pop("validation_source", None)
    if resume is not None:
        _say_ignored({
            **train, **model, **reading, "vocab_size": vocab_size, "corpus": corpus,
            "preset": preset, "tokenizer": tokenizer or None, "run_dir": run_dir,
            "validation_corpus": validation, "as_text": as_text or None,
        })  # fmt: skip
        answer_run(resume_here(resume, tensorboard, accept_changed_data), as_json)
        return
    if corpus is None:
        raise typer.BadParameter("A new run needs --corpus: a built-in name or a text file.")
    if tokenizer and vocab_size is not None:
        raise typer.BadParameter("Give --tokenizer or --vocab-size, not both.")

    from llmcore.recipes.pretraining import plan_pretrain

    options = reading_options(**reading, as_text=as_text)
    own = own_corpus(corpus, options)
    validation_source, held_out = _validation(validation, options)
    config = plan_pretrain(
        own.source, preset=preset, tokenizer=tokenizer, name=name, corpus=own.corpus,
        validation_source=validation_source, held_out=held_out, reading=options,
        model_changes={**model, "vocab_size": vocab_size}, train_changes=train,
    )  # fmt: skip
    say_vocabulary(config, vocab_size)
    if queue:
        say_notices(own.corpus)
        _put_in_queue(config, run_dir, own.data, as_json, tensorboard)
        return
    answer_run(run_here(config, run_dir, own.data, tensorboard), as_json)


pretrain.__doc__ = f"{pretrain.__doc__}\n\n{preset_help()}"


@expanded
def finetune(
    *,
    task: TaskName,
    data: FinetuneData,
    model: Parent = None,
    train: Annotated[str, within(FinetuneChoices, "trainable")] = AUTO,
    lora: Lora,
    epochs: Annotated[int | None, within(FinetuneChoices, "epochs")] = None,
    encoding: Encoding = None,
    labelled: Labelled,
    words: Words = None,
    causal: Causal = None,
    answers: Answers,
    columns: InstructionColumns,
    shape: Annotated[Changes, Fields(ModelConfig, ("context_length", "dropout"))],
    changes: Annotated[Changes, Fields(TrainConfig, FINETUNE_TRAIN)],
    name: Name = None,
    run_dir: RunDir = None,
    queue: Queue = False,
    tensorboard: TensorBoard = False,
    as_json: AsJson = False,
) -> None:
    """Finetune a model into a classifier, or to follow instructions. Ctrl-C saves and stops."""
    common = {
        "trainable": train, "epochs": epochs, "name": name, "lora": lora_settings(train, lora),
        "train_changes": changes,
    }  # fmt: skip
    if task == "classify":
        _refuse_given("classify", {**answers, **columns})
        asked = DataConfig(data, encoding=encoding, **labelled)
        common |= {"words": words is not False, "model_changes": {**shape, "causal": causal}}
        plan = _plan_classify(asked, model, common)
        report = _report
    else:
        _refuse_given("instruct", {**labelled, "words": words, "causal": causal})
        common |= {"encoding": encoding, "model_changes": shape, **answers}
        plan = _plan_instruct(data, columns, model, common)
        report = _instruct_report
    config, table = plan
    said, values = report(config, table)
    for sentence in said:
        say(sentence)
    if queue:
        _put_in_queue(config, run_dir, table, as_json, tensorboard)
        return
    answer_finetune(run_here(config, run_dir, table, tensorboard, said), as_json, values)


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


def _plan_classify(
    asked: DataConfig, model: str | None, choices: dict[str, Any]
) -> tuple[RunConfig, bytes | None]:
    """The run's configuration, and the bytes of the user's table if there is one."""
    from llmcore.data import LABELLED
    from llmcore.recipes.classification import plan_classify

    own = own_table(asked, asked.source in LABELLED)
    plan = plan_classify(
        data=own.data, table=own.table, reading=own.reading, model_ref=model or default_model(),
        **choices,
    )  # fmt: skip
    return plan, own.table


def _plan_instruct(
    data: str, columns: Changes, model: str | None, choices: dict[str, Any]
) -> tuple[RunConfig, bytes | None]:
    """The same for instructions; choices that were not made are left to the plan."""
    from llmcore.data import INSTRUCTIONS
    from llmcore.data.instructions import Columns
    from llmcore.recipes.instructions import plan_instruct

    source, table = own_copy(data, data in INSTRUCTIONS)
    if table is None and source not in INSTRUCTIONS and Path(source).expanduser().is_dir():
        source = str(Path(source).expanduser().resolve())  # read where it is
    choices["model_ref"] = model or default_model()
    if choices["trainable"] == AUTO:
        choices["trainable"] = "all"
    given = {key: value for key, value in choices.items() if value is not None}
    chosen = Columns(*(columns.get(name) for name in COLUMNS))
    return plan_instruct(source, table=table, columns=chosen, **given), table


def _refuse_given(task: str, others: dict[str, Any]) -> None:
    """Raises BadParameter if a flag was given that this task has no use for."""
    given = [f"--{key.replace('_', '-')}" for key, value in others.items() if value is not None]
    if given:
        raise typer.BadParameter(f"--task {task} takes no {', '.join(given)}.")


def lora_settings(train: str, given: Changes) -> LoraConfig | None:
    """The settings of `--train lora`, None for the other ways. Raises BadParameter."""
    if train != "lora":
        if given:
            raise typer.BadParameter("--lora-rank, --lora-alpha and --lora-targets need "
                                     "--train lora.")  # fmt: skip
        return None
    try:
        return LoraConfig().with_(**given)
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
