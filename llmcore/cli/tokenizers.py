"""`train-tokenizer`, and `tokenizers list|rename|delete|export` for those saved by name."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmcore.choices import MAX_VOCAB_SIZE, TokenizerChoices
from llmcore.cli.corpora import AsText, reading_options, say_notices
from llmcore.cli.flags import CORPUS_HELP, Encoding, TextColumn
from llmcore.cli.options import one_of, within
from llmcore.cli.output import AsJson, answer, say
from llmcore.errors import LabError
from llmcore.settings import help_for
from llmcore.texts import text_table

if TYPE_CHECKING:
    from llmcore.tokenizers import Tokenizer, Training

FORMATS = ("tiktoken", "hf")
Name = Annotated[str, typer.Argument(metavar="NAME", help="as `tokenizers list` shows it")]

app = typer.Typer(
    help="List tokenizers that were trained on their own, and look after them.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def train_tokenizer(
    corpus: Annotated[str, typer.Option(help=CORPUS_HELP)],
    vocab_size: Annotated[
        int | None,
        within(
            TokenizerChoices,
            "vocab_size",
            help=f"{help_for(TokenizerChoices, 'vocab_size')}; characters may go without: all of "
            "the text then",
        ),
    ] = None,
    kind: Annotated[str, within(TokenizerChoices, "kind")] = "bpe",
    pattern: Annotated[str, within(TokenizerChoices, "rule")] = "lab",
    out: Annotated[Path | None, typer.Option(help="folder that the tokenizer is saved in")] = None,
    name: Annotated[
        str | None, typer.Option(help="save it among the lab's own tokenizers under this name")
    ] = None,
    text_column: TextColumn = None,
    as_text: AsText = False,
    encoding: Encoding = None,
    as_json: AsJson = False,
) -> None:
    """Train a byte-level BPE (or characters) on a corpus and save it."""
    if (out is None) == (name is None):
        raise typer.BadParameter("Give either --out, a folder, or --name, a name in the lab.")
    if vocab_size is None and kind == "bpe":
        raise typer.BadParameter("A BPE needs --vocab-size.")
    from llmcore.data import load_corpus
    from llmcore.tokenizers import Recipe, Training, bytes_per_token

    _check_place(out, name)
    text = load_corpus(corpus, reading_options(text_column, False, as_text, encoding))
    say_notices(text)
    training = Training(Recipe(vocab_size or MAX_VOCAB_SIZE, kind, pattern))
    started = time.monotonic()
    training.run(text.documents)
    if vocab_size and training.vocab_size < vocab_size:
        say(f"The text gives only {training.vocab_size} tokens, not {vocab_size}: it is short.")
    seconds = time.monotonic() - started
    tokenizer, directory, reference = _saved(training, out, name, text.name, seconds)
    ratio = bytes_per_token(tokenizer, text.text)
    values = {
        "path": str(directory), "vocab_size": tokenizer.vocab_size, "bytes_per_token": ratio,
        "reference": reference, "kind": kind, "pattern": pattern, "seconds": round(seconds, 3),
    }  # fmt: skip
    line = f"{directory}: {tokenizer.vocab_size} tokens, {ratio:.2f} bytes a token"
    answer(values, as_json, line)


def _check_place(out: Path | None, name: str | None) -> None:
    """Raises LabError, before the work, if nothing could be saved after it."""
    from llmcore.tokenizers.store import slug_of

    if out is not None and out.exists() and not out.is_dir():
        raise LabError(f"{out} is a file: give --out a folder.")
    if name is not None:
        slug_of(name)


def _saved(
    training: "Training", out: Path | None, name: str | None, corpus: str, seconds: float
) -> "tuple[Tokenizer, Path, str]":
    """Saves a tokenizer in a folder or under a name: with its directory and its reference."""
    from llmcore.tokenizers.store import save_trained, write_training

    if name is not None:
        saved = save_trained(training, name, corpus, seconds)
        return saved.load(), saved.directory, saved.slug
    assert out is not None
    directory = out.resolve()
    tokenizer = write_training(directory, training, out.name or "bpe", corpus, seconds)
    return tokenizer, directory, str(out)


@app.command("list")
def list_saved(as_json: AsJson = False) -> None:
    """List them, the newest first."""
    from llmcore.tokenizers.store import saved_tokenizers

    found = saved_tokenizers()
    header = ["name", "kind", "pattern", "vocab_size", "bytes_per_token", "corpus"]
    rows = [
        [
            saved.slug, saved.card.kind, saved.card.rule if saved.card.kind == "bpe" else "-",
            str(saved.card.vocab_size), f"{saved.card.bytes_per_token:.2f}", saved.card.corpus,
        ]
        for saved in found
    ]  # fmt: skip
    values = [dict(zip(header, row, strict=True)) | {
        "vocab_size": saved.card.vocab_size, "bytes_per_token": saved.card.bytes_per_token,
        "path": str(saved.directory), "created": saved.card.created,
    } for row, saved in zip(rows, found, strict=True)]  # fmt: skip
    answer({"tokenizers": values}, as_json, text_table(header, rows))


@app.command()
def rename(name: Name, new_name: Annotated[str, typer.Argument()], as_json: AsJson = False) -> None:
    """Give one another name."""
    from llmcore.tokenizers.store import rename_saved

    saved = rename_saved(name, new_name)
    answer({"name": saved.slug, "path": str(saved.directory)}, as_json, saved.slug)


@app.command()
def delete(name: Name, as_json: AsJson = False) -> None:
    """Delete one from the disk. Runs that used it hold their own copy."""
    from llmcore.tokenizers.store import delete_saved, find_saved

    saved = find_saved(name)
    delete_saved(saved.slug)
    answer({"deleted": saved.slug}, as_json, f"{saved.slug} is deleted.")


@app.command()
def export(
    reference: Annotated[
        str, typer.Argument(metavar="TOKENIZER", help="a name, a built-in, a model or a folder")
    ],
    out: Annotated[Path, typer.Option(help="the file to write; it must not exist")],
    format: Annotated[
        str,
        typer.Option(
            help="tiktoken (base64 and rank, a line a token) or hf (tokenizer.json)",
            callback=one_of(FORMATS),
        ),
    ] = "tiktoken",
    as_json: AsJson = False,
) -> None:
    """Write a tokenizer for tiktoken or for Hugging Face's tokenizers."""
    from llmcore.convert.hf_tokenizer import tokenizer_file
    from llmcore.files import whole_file
    from llmcore.models import tokenizer_for

    tokenizer = tokenizer_for(reference)
    data = tokenizer_file(tokenizer, format)
    with whole_file(out) as aside:
        aside.write_bytes(data)
    path = str(out.resolve())
    values = {"path": path, "format": format, "vocab_size": tokenizer.vocab_size,
              "pattern": tokenizer.pattern, "special_tokens": tokenizer.special_tokens}  # fmt: skip
    answer(values, as_json, f"{path}: {tokenizer.vocab_size} tokens")
