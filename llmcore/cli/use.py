"""Commands that use a trained model: `classify`, `generate`, `score`, `evaluate`; with torch."""

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llmcore.cli.options import within
from llmcore.cli.output import AsJson, answer, say, stdin_text, table, text_or_stdin, visible
from llmcore.cli.running import is_builtin_corpus
from llmcore.config import DataConfig, TrainConfig
from llmcore.errors import LabError

if TYPE_CHECKING:
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


def classify(
    text: Annotated[str, typer.Argument(help="the text, or - for standard input, a text a line")],
    model: Model,
    as_json: AsJson = False,
) -> None:
    """Give text a label with a finetuned classifier."""
    from llmcore import models

    texts = _lines_of_stdin() if text == "-" else [text_or_stdin(text)]
    loaded = models.load(model)
    known = [one for one in texts if one.strip()]
    if not known:
        raise LabError("There is no text: give some text, or a text on each line.")
    found = iter(models.classify_texts(loaded, known))
    results = [next(found) if one.strip() else _no_label() for one in texts]
    for number, (one, result) in enumerate(zip(texts, results, strict=True), 1):
        if not one.strip():
            say(f"Line {number} is empty and gets no label.")
        elif result.get("cut"):
            length = loaded.trunk.config.context_length
            say(f"Line {number} is longer than the model's {length} tokens: only those were read.")
    lines = (
        f"{result['label']}\t{result['probability']:.4f}\t{visible(one)}" if one.strip() else "-"
        for one, result in zip(texts, results, strict=True)
    )
    answer({"model": loaded.ref, "results": results}, as_json, "\n".join(lines))


def _lines_of_stdin() -> list[str]:
    lines = stdin_text().replace("\r\n", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _no_label() -> dict[str, Any]:
    """Stands for an empty line, so that results and lines of input keep the same numbers."""
    return {"label": None, "probability": None, "probabilities": {}}


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
    min_p: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="choose among tokens with this share of the likeliest one's chance"
        ),
    ] = None,
    repetition_penalty: Annotated[
        float | None,
        typer.Option(
            min=0.1, max=10, help="above 1 makes tokens of the text so far less likely (default 1)"
        ),
    ] = None,
    stop: Annotated[
        list[str] | None,
        typer.Option(help="end before this text; give it again for more such texts"),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="seed of the choice")] = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="read the whole text again for every token (slow)")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Continue a prompt with a language model."""
    from llmcore import generation

    try:
        sampling = generation.SamplingConfig().with_(
            max_new_tokens=max_new_tokens, temperature=temperature, top_k=top_k, top_p=top_p,
            min_p=min_p, repetition_penalty=repetition_penalty, stop=stop, seed=seed,
        )  # fmt: skip
    except LabError as error:
        raise typer.BadParameter(str(error)) from error
    if prompt == "-":
        prompt = text_or_stdin(prompt, "prompt")
    loaded = _language_model(model, "writes no text: use `classify`")
    made = generation.generate(
        loaded.trunk, loaded.tokenizer, prompt, sampling, use_cache=not no_cache
    )
    values = {"text": made.text, "ids": made.ids, "tokens_per_s": made.tokens_per_s,
              "probabilities": made.probabilities, "reason": made.reason,
              "first_token_s": made.first_token_s, "model": loaded.ref}  # fmt: skip
    answer(values, as_json, prompt + made.text)
    speed = f"{len(made.ids)} tokens, {made.tokens_per_s:,.0f} tokens/s"
    say(f"{speed}, ended by {made.reason}, {model}")


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
    tokens = [{name: getattr(one, name) for name in columns} for one in made.tokens]
    for one in tokens:
        one["text"] = one.pop("label")
    values = {"n": len(tokens), "loss": made.loss, "perplexity": made.perplexity,
              "bits_per_byte": made.bits_per_byte, "bytes": made.n_bytes, "tokens": tokens,
              "model": loaded.ref}  # fmt: skip
    hardest = sorted(made.tokens, key=lambda one: -one.loss)[:SHOWN]
    rows = [
        [visible(one.label), f"{one.loss / LN_2:.1f}", f"{one.rank:,}", visible(one.top[0].label)]
        for one in hardest
    ]
    lines = table(["token", "bits", "rank", "expected"], rows)
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
        line = _loss_line(scores)
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
