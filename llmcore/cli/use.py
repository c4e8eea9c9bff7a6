"""Commands that use a trained model: `classify`, `generate`, `score`, `evaluate`; with torch."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmcore.choices import SamplingConfig
from llmcore.cli.corpora import reading_options
from llmcore.cli.flags import Encoding, InstructionColumns, LabelColumns
from llmcore.cli.options import Changes, Fields, expanded
from llmcore.cli.output import AsJson, answer, say, text_or_stdin, visible
from llmcore.cli.run_answer import scores_line
from llmcore.cli.running import is_builtin_corpus
from llmcore.config import DataConfig, TrainConfig
from llmcore.errors import LabError
from llmcore.runs.reference import name_of, split_reference
from llmcore.settings import help_for
from llmcore.texts import text_table

if TYPE_CHECKING:
    from llmcore.generation import Generation
    from llmcore.models import Loaded

SHOWN = 12  # tokens that `score` prints
LN_2 = math.log(2)

Model = Annotated[
    str,
    typer.Option(
        help="starter, base, a run, RUN@STEP, the directory of a run or of a Hugging Face GPT-2, "
        "or a name in Hugging Face's cache, such as gpt2"
    ),
]


_USUAL = SamplingConfig()
_DEFAULTS = {
    "max_new_tokens": f"{_USUAL.max_new_tokens}",
    "temperature": f"{_USUAL.temperature:g}; 0 with --instruction",
    "repetition_penalty": f"{_USUAL.repetition_penalty:g}",
}
Sampling = Annotated[
    Changes,
    Fields(
        SamplingConfig,
        ("max_new_tokens", "temperature", "top_k", "top_p", "min_p", "repetition_penalty", "stop",
         "seed"),
        words={name: f"{help_for(SamplingConfig, name)} (default {default})"
               for name, default in _DEFAULTS.items()},
        repeated=("stop",),
    ),
]  # fmt: skip


@expanded
def generate(
    *,
    model: Model,
    prompt: Annotated[
        str | None, typer.Option(help="the text to continue, or - for standard input")
    ] = None,
    instruction: Annotated[
        str | None,
        typer.Option(help="a task or question instead, put into the model's prompt template"),
    ] = None,
    input: Annotated[str, typer.Option(help="the text that the instruction is about")] = "",
    system: Annotated[str, typer.Option(help="a system text before the instruction")] = "",
    template: Annotated[
        str | None,
        typer.Option(
            help="plain, alpaca, chat or a text, in Jinja too (default: the one the model learned "
            "or its makers' chat template)"
        ),
    ] = None,
    given: Sampling,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="read the whole text again for every token (slow)")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Continue a prompt with a language model, or answer an instruction."""
    from llmcore import generation

    if (prompt is None) == (instruction is None):
        raise typer.BadParameter("Give either --prompt or --instruction.")
    if instruction is None and (input or system or template):
        raise typer.BadParameter("--input, --system and --template need --instruction.")
    sampling = _sampling({"temperature": 0.0, **given} if instruction is not None else given)
    asked = instruction or prompt or ""
    if asked == "-" or instruction is not None:  # an empty prompt begins its own text
        asked = text_or_stdin(asked, "prompt" if instruction is None else "instruction")
    loaded = _language_model(model, "writes no text: use `classify`")
    if unknown := loaded.tokenizer.new_characters(asked + input + system):
        say(f"New to this model, whose text never had them: {' '.join(map(visible, unknown[:20]))}")
    if instruction is not None:
        asked, ids = _instruction_prompt(loaded, model, template, (asked, input, system))
    else:
        ids = loaded.tokenizer.encode(asked)
    _say_what_is_not_read(loaded, model, len(ids))
    made = generation.generate(
        loaded.trunk, loaded.tokenizer, asked, sampling, use_cache=not no_cache,
        ids=None if instruction is None else ids,
    )  # fmt: skip
    text = made.text.strip() if instruction is not None else made.text
    shown = text if instruction is not None else asked + text
    answer(_generated(loaded, asked, text, made), as_json, shown)
    speed = f"{len(made.ids)} tokens, {made.tokens_per_s:,.0f} tokens/s"
    say(f"{speed}, ended by {made.reason}, {model}")


def _sampling(given: Changes) -> SamplingConfig:
    """Raises BadParameter for what cannot be."""
    try:
        return SamplingConfig().with_(**given)
    except LabError as error:
        raise typer.BadParameter(str(error)) from error


def _instruction_prompt(
    loaded: "Loaded", model: str, template: str | None, asked: tuple[str, str, str]
) -> tuple[str, list[int]]:
    """Instruction, input and system text in a template, and its tokens; says if the model never
    learned one."""
    from llmcore.assistants import Assistant

    assistant = Assistant(loaded, template)
    if not assistant.follows_instructions:
        say(f"{model} was not finetuned on instructions: it continues text, it does not answer.")
    return assistant.prompt(*asked), assistant.prompt_ids(*asked)


def _say_what_is_not_read(loaded: "Loaded", model: str, n_read: int) -> None:
    length = loaded.trunk.config.context_length
    if n_read > length:
        say(f"The prompt has {n_read:,} tokens, more than the {length:,} that {model} reads: its "
            f"beginning is not read.")  # fmt: skip


def _generated(loaded: "Loaded", prompt: str, text: str, made: "Generation") -> dict[str, Any]:
    """The answer of `generate` in JSON."""
    return {"text": text, "ids": made.ids, "tokens_per_s": made.tokens_per_s, "prompt": prompt,
            "probabilities": made.probabilities, "reason": made.reason,
            "first_token_s": made.first_token_s, "model": loaded.ref,
            "step": loaded.step}  # fmt: skip


def score(
    text: Annotated[str, typer.Argument(help="the text, or - for standard input")],
    model: Model,
    as_json: AsJson = False,
) -> None:
    """Tell how well a language model knows a text, token by token: the most surprising first."""
    from llmcore.generation import score_text

    given = text_or_stdin(text)
    loaded = _language_model(model, "scores no text: use `classify`")
    made = score_text(loaded.trunk, loaded.tokenizer, given, k=1)
    columns = ("id", "label", "start", "end", "loss", "probability", "rank", "entropy")
    tokens = [{name: getattr(target, name) for name in columns} for target in made.tokens]
    for token in tokens:
        token["text"] = token.pop("label")
    values = {"n": len(tokens), "loss": made.loss, "perplexity": made.perplexity,
              "bits_per_byte": made.bits_per_byte, "bytes": made.n_bytes, "tokens": tokens,
              "model": loaded.ref, "step": loaded.step}  # fmt: skip
    hardest = sorted(made.tokens, key=lambda token: -token.loss)[:SHOWN]
    rows = [
        [
            visible(token.label),
            f"{token.loss / LN_2:.1f}",
            f"{token.rank:,}",
            visible(token.top[0].label),
        ]
        for token in hardest
    ]
    lines = text_table(["token", "bits", "rank", "expected"], rows)
    answer(values, as_json, f"{_loss_line(values)}\n\n{lines}")


def _language_model(ref: str, why_not: str) -> "Loaded":
    """Raises LabError for a classifier."""
    from llmcore import models

    loaded = models.load(ref)
    if loaded.labels is not None:
        raise LabError(f"{ref} is a classifier and {why_not}, or a language model.")
    return loaded


def _loss_line(scores: dict[str, Any]) -> str:
    return (
        f"loss {scores['loss']:.4f}, perplexity {scores['perplexity']:.2f}, "
        f"{scores['bits_per_byte']:.4f} bits per byte, {scores['n']} tokens"
    )


@expanded
def evaluate(
    *,
    model: Model,
    data: Annotated[
        str, typer.Option(help="a file (all of it), or a built-in name (its held-out part)")
    ],
    label_columns: LabelColumns,
    columns: InstructionColumns,
    encoding: Encoding = None,
    template: Annotated[
        str | None,
        typer.Option(help="instructions: plain, alpaca, chat or a text (default: the model's own)"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure a model on data. A classifier gets accuracy, a language model bits per byte, a model
    that follows instructions the share of exact answers."""
    from llmcore import models

    loaded = models.load(model)
    asked = DataConfig(data, encoding=encoding, **columns)
    if loaded.labels is None and _has_instructions(loaded, asked, template):
        scores = _score_answers(loaded, asked, template)
        line = scores_line(scores)
    elif loaded.labels is None:
        scores = _score_language_model(loaded, data, label_columns.get("text_column"), encoding)
        line = _loss_line(scores)
    else:
        labelled = DataConfig(data, encoding=encoding, **label_columns)
        scores = _score_classifier(loaded, labelled)
        line = scores_line(scores)
    about = {"model": loaded.ref, "step": loaded.step, "data": data}
    answer({**about, **scores}, as_json, f"{line}{_of_step(loaded)}")


def _of_step(loaded: "Loaded") -> str:
    """`; step 60, the best of 150`: which weights of a run were scored; empty of others."""
    from llmcore.runs import open_run
    from llmcore.runs.used import step_words

    if not loaded.card["run"]:
        return ""
    name, which = split_reference(loaded.ref)
    last = loaded.step if which else open_run(name).info().step
    return f"; {step_words(loaded.step, last)}"


def _has_instructions(loaded: "Loaded", data: DataConfig, template: str | None) -> bool:
    """Whether `data` is to be answered: an instruction set, or a table for a model (or with flags)
    that was made for answers. Any other file is text, whose loss is measured."""
    from llmcore.data import INSTRUCTIONS

    if data.source in INSTRUCTIONS:
        return True
    columns = (data.instruction_column, data.input_column, data.output_column, data.system_column)
    if any(value is not None for value in (*columns, template)):
        return True
    ending = Path(data.source.lower().removesuffix(".gz")).suffix
    tables = {".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".xlsx", ".xls", ".parquet", ".zip"}
    answers = loaded.card["template"] is not None
    return answers and (ending in tables or Path(data.source).expanduser().is_dir())


def _score_answers(loaded: "Loaded", data: DataConfig, template: str | None) -> dict[str, Any]:
    """Every row of a file; of a built-in set its test split."""
    from llmcore.assistants import Assistant
    from llmcore.data import INSTRUCTIONS, load_instructions
    from llmcore.data.chosen import instruction_columns
    from llmcore.data.instructions import load_builtin
    from llmcore.evaluation import check_loss
    from llmcore.tasks.instruction_scores import scored_answers
    from llmcore.tasks.instruction_tokens import do_not_fit

    if data.source in INSTRUCTIONS:
        rows = load_builtin(data.source).test
    else:
        read = load_instructions(data.source, instruction_columns(data), data.encoding)
        rows = read.rows
        for notice in read.notices:
            say(notice)
    chosen = Assistant(loaded, template).template
    scores, _ = scored_answers(loaded.trunk, loaded.tokenizer, chosen, rows)
    check_loss(scores["loss"])
    if left_out := scores["left_out"]:
        say(do_not_fit(left_out, len(rows), "given", loaded.trunk.config.context_length))
    return scores


def _score_classifier(loaded: "Loaded", columns: DataConfig) -> dict[str, Any]:
    """Every row of a file; of a built-in set the test split that the model's run left untouched."""
    from llmcore.data import CORPORA, LABELLED
    from llmcore.data.chosen import read_labelled, read_splits
    from llmcore.data.labelled import align_labels
    from llmcore.evaluation import classification_scores
    from llmcore.models import classify_texts
    from llmcore.runs import open_run

    assert loaded.labels is not None
    source = columns.source
    if source in CORPORA:
        raise LabError(
            f"{loaded.ref} is a classifier and {source} has no labels: give it a labelled set, "
            f"such as {' or '.join(LABELLED)}."
        )
    if source in LABELLED:
        own = open_run(name_of(loaded.ref)).config if loaded.card["run"] else None
        same = own is not None and own.data.source == source
        split = own.data if own and same else DataConfig(source)
        seed = own.train.seed if own and same else TrainConfig().seed
        rows = read_splits(split, seed, None).test
    else:
        rows = align_labels(read_labelled(columns, None, training=False), loaded.labels)
        for notice in rows.notices:
            say(notice)
    unknown = sorted(set(rows.labels) - set(loaded.labels))
    if unknown:
        say(f"Labels that the model never saw count as wrong: {', '.join(unknown)}.")
    predicted = [found["label"] for found in classify_texts(loaded, rows.texts)]
    return classification_scores(rows.labels, predicted, [*loaded.labels, *unknown])


def _score_language_model(
    loaded: "Loaded", source: str, text_column: str | None, encoding: str | None
) -> dict[str, Any]:
    """All of a file's text; of a built-in corpus the documents that every run holds out."""
    from llmcore.data import CORPUS_SPLIT_SEED, LABELLED, load_corpus
    from llmcore.evaluation import text_loss

    if source in LABELLED:
        raise LabError(
            f"{loaded.ref} is a language model and {source} is labelled: finetune a classifier "
            f"on it first, or give a text file."
        )
    corpus = load_corpus(source, reading_options(text_column, encoding=encoding))
    for notice in corpus.notices:
        say(notice)
    if is_builtin_corpus(source):
        _, documents = corpus.split(DataConfig().validation, CORPUS_SPLIT_SEED)
    else:
        documents = corpus.documents
    return text_loss(loaded.trunk, loaded.tokenizer, documents)
