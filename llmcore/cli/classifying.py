"""The command `classify`: labels for a text, for standard input, or for a file of any length."""

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from itertools import repeat
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from llmcore.cli.flags import Encoding, TextColumn
from llmcore.cli.output import AsJson, say, text_or_stdin, visible
from llmcore.cli.use import Model
from llmcore.errors import LabError
from llmcore.files import finite_json

if TYPE_CHECKING:
    from llmcore.classifiers import Row

SPOOL_CHARACTERS = 1 << 23  # of an answer that waits in memory; beyond, it waits on disk
SAID_LINES = 10  # notices about single lines; the rest is counted


def classify(
    model: Model,
    text: Annotated[
        str | None,
        typer.Argument(help="the text, or - for standard input, a text a line"),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="a file instead: .jsonl, .csv or .tsv, else a text a line"),
    ] = None,
    text_column: TextColumn = None,
    encoding: Encoding = None,
    as_json: AsJson = False,
    as_jsonl: Annotated[
        bool, typer.Option("--jsonl", help="print a JSON object for each text as it is done")
    ] = False,
) -> None:
    """Give texts labels with a finetuned classifier. Any number of them, none of them held."""
    if (text is None) == (file is None):
        raise typer.BadParameter("Give a text (or - for standard input), or --file.")
    if (text_column is not None or encoding is not None) and file is None:
        raise typer.BadParameter("--text-column and --encoding belong to --file.")
    if as_json and as_jsonl:
        raise typer.BadParameter("Give --json or --jsonl, not both.")
    from llmcore.classifiers import load_classifier

    classifier = load_classifier(model)
    reports = _Reports(classifier.context_length)
    batches = classifier.batches(_texts(text, file, text_column, encoding), waiting=text == "-")
    if as_json:
        results = reports.about(row for batch in batches for row in batch)
        _one_object(model, classifier.step, results)
    else:
        _as_they_come(batches, reports, as_jsonl)
    reports.close()


def _as_they_come(batches: "Iterator[list[Row]]", reports: "_Reports", as_jsonl: bool) -> None:
    """A line for each text, shown when its batch is done."""
    for batch in batches:
        lines = (
            _json_line(reports.number, row) if as_jsonl else _plain_line(text, row)
            for text, row in reports.about(batch)
        )
        typer.echo("\n".join(lines))


def _texts(
    text: str | None, file: Path | None, text_column: str | None, encoding: str | None
) -> Iterator[str]:
    """The texts as they come. Raises LabError if there is not one with something in it."""
    from llmcore.data.reading.report import Notices
    from llmcore.data.streams import lines_of, texts_of_file

    notices = Notices()
    if file is not None:
        texts = texts_of_file(file, text_column, notices, encoding)
    elif text == "-":
        texts = lines_of(_standard_input(), "standard input")
    else:
        texts = iter([text_or_stdin(str(text))])
    found, n_blank = False, 0  # blank lines wait: a stream of nothing else gets no answers
    for line in texts:
        if not found and not line.strip():
            n_blank += 1
            continue
        if not found:
            found = True
            yield from repeat("", n_blank)
        yield line
    for notice in notices.texts():
        say(notice)
    if not found:
        raise LabError("There is no text: give some text, or a text on each line.")


def _standard_input() -> BinaryIO:
    """By a handle of our own: a thread that still reads from Python's own when the command ends
    would end it with an error."""
    stream = typer.get_binary_stream("stdin")
    try:
        return open(os.dup(stream.fileno()), "rb")
    except (OSError, ValueError):  # no file: a test's, or a closed one
        return stream


class _Reports:
    """Says what is to be known of single lines, the first few one by one."""

    def __init__(self, context_length: int) -> None:
        self.context_length = context_length
        self.number = self._empty = self._cut = 0  # number: of the latest line

    def about(self, results: "Iterable[Row]") -> "Iterator[Row]":
        """The results, as they come; their numbers go on from call to call."""
        for number, (text, row) in enumerate(results, start=self.number + 1):
            self.number = number
            if row["label"] is None:
                self._empty += 1
                if self._empty <= SAID_LINES:
                    say(f"Line {number} is empty and gets no label.")
            elif row["cut"]:
                self._cut += 1
                if self._cut <= SAID_LINES:
                    say(f"Line {number} is longer than the model's {self.context_length} tokens: "
                        f"only those were read.")  # fmt: skip
            yield text, row

    def close(self) -> None:
        for n, what in ((self._empty, "empty"), (self._cut, "too long")):
            if n > SAID_LINES:
                say(f"{n:,} lines in all were {what}.")


def _plain_line(text: str, row: dict[str, Any]) -> str:
    if row["label"] is None:
        return "-"
    return f"{row['label']}\t{row['probability']:.4f}\t{visible(text)}"


def _json_line(number: int, row: dict[str, Any]) -> str:
    return _as_json({"line": number, **row})


def _as_json(row: dict[str, Any]) -> str:
    try:
        return json.dumps(row, allow_nan=False)
    except ValueError:
        return json.dumps(finite_json(row)[0], allow_nan=False)


def _one_object(model: str, step: int, results: "Iterator[Row]") -> None:
    """One JSON object, written whole or not at all: it waits aside until all texts are done."""
    with tempfile.SpooledTemporaryFile(
        SPOOL_CHARACTERS, mode="w+", encoding="ascii", newline="\n"
    ) as aside:
        _write_object(aside, model, step, results)
        aside.seek(0)
        while block := aside.read(1 << 16):
            typer.echo(block, nl=False)
    typer.echo()


def _write_object(file: IO[str], model: str, step: int, results: "Iterator[Row]") -> None:
    file.write(f'{{"model": {json.dumps(model)}, "step": {step}, "results": [')
    for number, (_, row) in enumerate(results):
        file.write((", " if number else "") + _as_json(row))
    file.write("]}")
