"""Texts one after another out of a file or a pipe of any length, never held as a whole."""

import contextlib
import csv
import io
import json
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from llmcore.data.reading import MARKS
from llmcore.data.tables import (
    LABEL_NAMES,
    TEXT_NAMES,
    choose_text_column,
    delimiter_of,
    quotes_add_up,
    rows_of,
)
from llmcore.errors import LabError, NotFoundError

MAX_LINE = 1 << 20  # characters of one line that are read; no context holds as much
_SAMPLE_CHARACTERS = 64 * 1024
_JSONL = (".jsonl", ".ndjson")
_TABLES = (".csv", ".tsv")


def texts_of_file(path: Path, text_column: str | None = None) -> Iterator[str]:
    """The texts of a file by the ending of its name: `.jsonl` objects, `.csv` and `.tsv` rows,
    else lines. One for each row or line, empty ones too.

    text_column: where the texts stand, by default a column called `text` or the like. Raises
    NotFoundError where there is no such file, LabError for what cannot be read.
    """
    path = path.expanduser()
    if path.is_dir():
        raise LabError(f"{path} is a folder: give a file of texts.")
    try:
        with path.open("rb") as file:
            suffix = path.suffix.lower()
            if suffix in _JSONL:
                yield from _of_objects(_lines(file, path.name), path.name, text_column)
            elif suffix in _TABLES:
                yield from _of_table(file, path.name, text_column)
            else:
                yield from lines_of(file, path.name)
    except FileNotFoundError as error:
        raise NotFoundError(f"There is no file {path}: check its name.") from error


def lines_of(stream: BinaryIO, name: str) -> Iterator[str]:
    """The lines of a stream without their ends; UTF-8, or what a byte-order mark says.

    A line beyond MAX_LINE characters is cut there. Raises LabError with the line's number where
    the bytes are no text.
    """
    yield from _lines(stream, name)


def _text_stream(stream: BinaryIO, newline: str | None) -> io.TextIOWrapper:
    buffered = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream)  # type: ignore[arg-type]
    start = buffered.peek(4)[:4]
    encoding = "utf-8"
    for mark, marked in MARKS:
        if start.startswith(mark):
            buffered.read(len(mark))
            encoding = marked
            break
    return io.TextIOWrapper(buffered, encoding=encoding, newline=newline)


def _lines(stream: BinaryIO, name: str) -> Iterator[str]:
    text = _text_stream(stream, newline="\n")
    number = 0
    try:
        while line := text.readline(MAX_LINE):
            number += 1
            rest = line
            while not rest.endswith("\n") and len(rest) == MAX_LINE:
                rest = text.readline(MAX_LINE)  # thrown away
            yield line.removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise _not_text(name, number + 1) from error
    finally:
        _let_go(text)


def _let_go(text: io.TextIOWrapper) -> None:
    """The stream below is not ours to close; where its owner has closed it, that is that."""
    with contextlib.suppress(ValueError):
        text.detach()


def _not_text(name: str, number: int) -> LabError:
    return LabError(
        f"{name} is not UTF-8 text (near line {number:,}): save it as UTF-8 and try again."
    )


def _of_objects(lines: Iterator[str], name: str, column: str | None) -> Iterator[str]:
    """The texts of JSON lines; a blank line is no row."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            raise LabError(f"Line {number:,} of {name} is not a JSON object, such as "
                           f'{{"text": "…"}}.')  # fmt: skip
        key = column if column is not None else _usual_key(record)
        if key is None or key not in record:
            have = ", ".join(map(str, list(record)[:10])) or "nothing"
            raise NotFoundError(
                f"Line {number:,} of {name} has no {column or 'text'!r} but {have}: name the "
                f"column with the texts."
            )
        yield "" if record[key] is None else str(record[key])


def _usual_key(record: dict[str, object]) -> str | None:
    folded = {key.strip().casefold(): key for key in record}
    return next((folded[name] for name in TEXT_NAMES if name in folded), None)


def _of_table(stream: BinaryIO, name: str, column: str | None) -> Iterator[str]:
    text = _text_stream(stream, newline="")
    number = 0
    try:
        sample = text.read(_SAMPLE_CHARACTERS)
        if not sample.strip():
            raise LabError(f"{name} is empty: give a table with a column of texts.")
        at, delimiter, quoting, has_header = _layout(sample, name, column)
        lines = chain(_pieces(sample, text), text)
        for number, row in enumerate(csv.reader(lines, delimiter=delimiter, quoting=quoting)):
            if row and not (number == 0 and has_header):
                yield row[at] if at < len(row) else ""
    except UnicodeDecodeError as error:
        raise _not_text(name, number + 1) from error
    except csv.Error as error:
        raise LabError(
            f"Row {number + 2:,} of {name} cannot be read ({error}): mend it."
        ) from error
    finally:
        _let_go(text)


def _pieces(sample: str, rest: io.TextIOWrapper) -> Iterator[str]:
    """The lines of the sample, the last one made whole."""
    lines = list(io.StringIO(sample, newline=""))  # splitlines cuts at other characters as well
    if not lines[-1].endswith(("\n", "\r")):
        lines[-1] += rest.readline()
    yield from lines


def _layout(sample: str, name: str, column: str | None) -> tuple[int, str, int, bool]:
    """Place of the text column, delimiter, quoting, and whether the first row is a header."""
    whole = sample[: sample.rindex("\n") + 1] if "\n" in sample else sample
    try:
        delimiter = delimiter_of(whole, name)
    except LabError:
        delimiter = ","  # one column of texts is all that is needed here
    quoting = csv.QUOTE_MINIMAL
    if delimiter == "\t" and not quotes_add_up(whole, delimiter):
        quoting = csv.QUOTE_NONE
    first = [cell.strip() for cell in rows_of(whole, delimiter, quoting=quoting)[0]]
    if column is None and not _has_usual_name(first):
        if len(first) == 1:
            return 0, delimiter, quoting, False
        if len(first) == 2:
            return 1, delimiter, quoting, False  # label, text, as in every table of the lab
    return choose_text_column(first, name, column), delimiter, quoting, True


def _has_usual_name(cells: Sequence[str]) -> bool:
    return any(cell.casefold() in TEXT_NAMES + LABEL_NAMES for cell in cells)
