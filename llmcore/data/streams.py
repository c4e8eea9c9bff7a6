"""Texts one after another out of a file or a pipe of any length, never held as a whole."""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from llmcore.data.reading.decoding import cp1252_line
from llmcore.data.reading.encoding import MARKS, recognise_encoding
from llmcore.data.reading.labels import square
from llmcore.data.reading.open import open_rows
from llmcore.data.reading.report import ChoiceError, Notices, ReadingReport, listed
from llmcore.data.reading.roles import text_role
from llmcore.data.reading.rows import Rows
from llmcore.data.reading.source import Source, source_at
from llmcore.data.reading.values import NotText, cell_text
from llmcore.errors import LabError, NotFoundError
from llmcore.tokenizers.segments import replace_surrogates

MAX_LINE = 1 << 20  # characters of one line that are read; no context holds as much


def texts_of_file(
    path: Path,
    text_column: str | None = None,
    notices: Notices | None = None,
    encoding: str | None = None,
) -> Iterator[str]:
    """The texts of a file of any format that is read: of a table the column of texts, of a file
    without columns its lines. One for each row or line, empty ones too.

    text_column: where the texts are, by name or number. notices: takes what was noticed. Raises
    NotFoundError if there is no such file, ChoiceError if a column has to be chosen,
    LabError for what cannot be read.
    """
    path = path.expanduser()
    if path.is_dir():
        raise LabError(f"{path} is a folder: give a file of texts.")
    if not path.exists():
        raise NotFoundError(f"There is no file {path}: check its name.")
    notices = Notices() if notices is None else notices
    source = source_at(path)
    rows = open_rows(source, notices, encoding, [text_column] if text_column else [], "texts")
    if rows.format == "text" and not rows.header and text_column is None:
        yield from _file_lines(source, notices, encoding)
        return
    yield from _of_rows(rows, path.name, text_column, notices)


def _of_rows(rows: Rows, name: str, text_column: str | None, notices: Notices) -> Iterator[str]:
    at = text_role(rows, name, text_column)
    if at is None:
        report = ReadingReport(name, "classify", rows.format, columns=rows.columns,
                               roles={"text": None})  # fmt: skip
        which = [f"{number} {column}" for number, column in enumerate(rows.columns, start=1)]
        raise ChoiceError(
            f"{name} does not tell which column holds the texts: choose by name or number "
            f"(--text-column) out of {listed(which)}.",
            report,
        )
    if len(rows.columns) > 1:
        notices.add("text_column", "The texts of {file} are read from the column {column}",
                    file=name, column=repr(rows.columns[at]))  # fmt: skip
    for chunk in rows.take():
        lines = square(chunk, rows, at)
        for line, row in zip(lines.lines, lines.rows, strict=True):
            yield _text(row[at], line, rows)


def _text(cell: Any, line: int, rows: Rows) -> str:
    if isinstance(cell, str):
        return cell
    try:
        return cell_text(cell) or ""
    except NotText as error:
        rows.notices.add("odd_value", "{rows} {hold} {what} where a text is needed, and {are} "
                         "taken as empty", line, unit=rows.unit, what=str(error))  # fmt: skip
        return ""


def _file_lines(source: Source, notices: Notices, encoding: str | None) -> Iterator[str]:
    found = recognise_encoding(source, Notices(), encoding)  # said already
    if found.codec in ("utf-8", "cp1252"):
        with source.open() as file:
            yield from lines_of(file, source.name)
        return
    with source.open() as file:
        file.read(found.skip)
        reader = codecs.getreader(found.codec)(file, "replace")
        yield from (line.removesuffix("\n").removesuffix("\r") for line in reader)


def lines_of(stream: BinaryIO, name: str) -> Iterator[str]:
    """The lines of a stream without their ends: UTF-8, or what a byte-order mark says; a line that
    is no UTF-8 is read as Windows-1252.

    A line beyond MAX_LINE bytes is cut there.
    """
    start = stream.readline(MAX_LINE)
    for mark, marked in MARKS[1:]:
        if start.startswith(mark):
            yield from _wide_lines(stream, start[len(mark) :], marked)
            return
    line = start.removeprefix(codecs.BOM_UTF8)
    while line or start:
        rest = line
        while not rest.endswith(b"\n") and len(rest) >= MAX_LINE:
            rest = stream.readline(MAX_LINE)  # thrown away
        yield _one_line(line)
        line = start = stream.readline(MAX_LINE)


def _one_line(line: bytes) -> str:
    line = line.removesuffix(b"\n").removesuffix(b"\r")
    try:
        return line.decode()
    except UnicodeDecodeError:
        return cp1252_line(line)


def _wide_lines(stream: BinaryIO, start: bytes, codec: str) -> Iterator[str]:
    """Lines of UTF-16 and UTF-32, whose line ends are more than a byte."""
    decoder = codecs.getincrementaldecoder(codec)("replace")
    text = decoder.decode(start)
    while block := stream.read(1 << 16):
        text += decoder.decode(block)
        *lines, text = text.split("\n")
        yield from (replace_surrogates(line.removesuffix("\r"))[:MAX_LINE] for line in lines)
    text += decoder.decode(b"", final=True)
    *lines, text = text.split("\n")
    yield from (replace_surrogates(line.removesuffix("\r")) for line in lines)
    if text:
        yield replace_surrogates(text)
