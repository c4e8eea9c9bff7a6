"""Commands that use a trained model: `classify`, `generate`, `evaluate`. These import torch."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmcore.cli.options import within
from llmcore.cli.output import AsJson, answer, say, text_or_stdin
from llmcore.cli.running import is_builtin_corpus
from llmcore.config import DataConfig, TrainConfig
from llmcore.errors import LabError

if TYPE_CHECKING:
    from llmcore.models import Loaded

Model = Annotated[
    str,
    typer.Option(
        help="starter, base, a run, RUN@STEP, the directory of a run or of a Hugging Face GPT-2, "
        "or a name in Hugging Face's cache, such as gpt2"
    ),
]


def generate(
    model: Model,
    prompt: Annotated[str, typer.Option(help="the text to continue, or - for standard input")],
    max_new_tokens: Annotated[
        int | None, typer.Option(min=1, help="most tokens to add (default 100)")
    ] = None,
    temperature: Annotated[
        float | None, typer.Option(min=0, help="0 is greedy, 1 the model's own (default 0.8)")
    ] = None,
    top_k: Annotated[
        int | None, typer.Option(min=1, help="choose among the k likeliest tokens only")
    ] = None,
    top_p: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="choose among the likeliest that hold this probability"),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="seed of the choice")] = None,
    as_json: AsJson = False,
) -> None:
    """Continue a prompt with a language model."""
    from llmcore import generation, models

    try:
        sampling = generation.SamplingConfig().with_(
            max_new_tokens=max_new_tokens, temperature=temperature, top_k=top_k, top_p=top_p,
            seed=seed,
        )  # fmt: skip
    except LabError as error:
        raise typer.BadParameter(str(error)) from error
    if prompt == "-":
        prompt = text_or_stdin(prompt, "prompt")
    loaded = models.load(model)
    if loaded.labels is not None:
        raise LabError(
            f"{model} is a classifier and writes no text: use `classify`, or a language model."
        )
    made = generation.generate(loaded.model, loaded.tokenizer, prompt, sampling)
    answer(
        {"text": made.text, "ids": list(made.ids), "tokens_per_s": made.tokens_per_s},
        as_json,
        prompt + made.text,
    )
    say(f"{len(made.ids)} tokens, {made.tokens_per_s:,.0f} tokens/s, {model}")


def evaluate(
    model: Model,
    data: Annotated[
        str, typer.Option(help="a file (all of it), or a built-in name (its held-out part)")
    ],
    text_column: Annotated[str | None, within(DataConfig, "text_column", "--text-column")] = None,
    label_column: Annotated[
        str | None, within(DataConfig, "label_column", "--label-column")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure a model on data. A classifier gets accuracy, a language model bits per byte."""
    from llmcore import models

    loaded = models.load(model)
    if loaded.labels is None:
        scores = _score_language_model(loaded, data)
        line = (
            f"loss {scores['loss']:.4f}, perplexity {scores['perplexity']:.2f}, "
            f"{scores['bits_per_byte']:.4f} bits per byte, {scores['n']} tokens"
        )
    else:
        columns = DataConfig(data, text_column=text_column, label_column=label_column)
        scores = _score_classifier(loaded, columns)
        line = (
            f"accuracy {scores['accuracy']:.4f}, macro F1 {scores['macro_f1']:.4f}, "
            f"{scores['n']} texts"
        )
    answer({"model": loaded.ref, "data": data, **scores}, as_json, line)


def _score_classifier(loaded: "Loaded", columns: DataConfig) -> dict[str, Any]:
    """Every row of a file; of a built-in set the test split that the model's run left untouched."""
    from llmcore.data import CORPORA, LABELLED, load_labelled
    from llmcore.evaluation import classification_scores
    from llmcore.models import classify_texts
    from llmcore.runs import open_run
    from llmcore.runs.plan import read_splits

    assert loaded.labels is not None
    source = columns.source
    if source in CORPORA:
        raise LabError(
            f"{loaded.ref} is a classifier and {source} has no labels: give it a labelled set, "
            f"such as {' or '.join(LABELLED)}."
        )
    if source in LABELLED:
        own = open_run(loaded.ref.partition("@")[0]).config if loaded.card["run"] else None
        same = own is not None and own.data.source == source
        split = own.data if same else DataConfig(source)
        rows = read_splits(split, own.train.seed if same else TrainConfig().seed, None).test
    else:
        rows = load_labelled(source, columns.text_column, columns.label_column, training=False)
        for notice in rows.notices:
            say(notice)
    unknown = sorted(set(rows.labels) - set(loaded.labels))
    if unknown:
        say(f"Labels that the model never saw count as wrong: {', '.join(unknown)}.")
    predicted = [one["label"] for one in classify_texts(loaded, rows.texts)]
    return classification_scores(rows.labels, predicted, [*loaded.labels, *unknown])


def _score_language_model(loaded: "Loaded", source: str) -> dict[str, Any]:
    """All of a file's text; of a built-in corpus the documents that every run holds out."""
    from llmcore.data import LABELLED, load_corpus
    from llmcore.evaluation import text_loss
    from llmcore.runs.worker import CORPUS_SPLIT_SEED

    if source in LABELLED:
        raise LabError(
            f"{loaded.ref} is a language model and {source} is labelled: finetune a classifier "
            f"on it first, or give a text file."
        )
    corpus = load_corpus(source)
    for notice in corpus.notices:
        say(notice)
    if is_builtin_corpus(source):
        _, documents = corpus.split(DataConfig().validation, CORPUS_SPLIT_SEED)
    else:
        documents = corpus.documents
    return text_loss(loaded.model, loaded.tokenizer, documents)
