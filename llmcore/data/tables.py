"""Tables that people bring: delimiter, header, quotes and ragged rows sorted out."""

import csv
import io
import json
from dataclasses import dataclass, field
from typing import Any

from llmcore.data.reading import MAX_UPLOAD_BYTES
from llmcore.errors import LabError, NotFoundError

MAX_CLASSES = 100
_DELIMITERS = ",\t;|"
_SNIFF_CHARACTERS = 64 * 1024
TEXT_NAMES = ("text", "message", "sentence", "review", "tweet", "sms", "content", "comment")
LABEL_NAMES = ("label", "class", "category", "sentiment", "target", "tag")


@dataclass(slots=True, frozen=True)
class Roles:
    """What a table's columns are for: usual names of two roles, and what messages call them."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    headerless: tuple[str, str]  # how two columns without a header are read
    wanted: str
    example: str  # a JSON object with both


LABELS = Roles(
    TEXT_NAMES, LABEL_NAMES, ("label", "text"), "a text and a label",
    '{"text": "…", "label": "…"}',
)  # fmt: skip


@dataclass(slots=True)
class Table:
    """`columns` are unique; each row has as many cells. `header`: the file named them itself."""

    columns: list[str]
    rows: list[list[str]]
    header: bool
    notices: list[str] = field(default_factory=list)


def read_table(text: str, name: str, roles: Roles = LABELS) -> Table:
    """CSV or TSV (`,` tab `;` `|`), a JSON array of objects, or JSONL. Raises LabError."""
    start = text.lstrip("\ufeff \t\r\n")
    if not start:
        raise LabError(f"{name} is empty: give a table with {roles.wanted} column.")
    if name.lower().endswith((".jsonl", ".json", ".ndjson")) or _looks_like_json(start):
        return _read_json(start, name, roles)
    return _read_delimited(text.lstrip("\ufeff"), name, roles)


def choose_columns(
    table: Table, name: str, text_column: str | None, label_column: str | None
) -> tuple[int, int]:
    """Indices of the text and the label column. Raises LabError that lists the columns."""
    text_at = find_column(table.columns, name, text_column, TEXT_NAMES, "text")
    label_at = find_column(table.columns, name, label_column, LABEL_NAMES, "label")
    if text_at == label_at:
        raise LabError(
            f"Text and label of {name} are both read from {table.columns[text_at]!r}: choose two "
            f"different columns of {_listed(table.columns)}."
        )
    return text_at, label_at


def choose_text_column(columns: list[str], name: str, chosen: str | None) -> int:
    """Where the texts stand among named columns. Raises LabError that lists them."""
    return find_column(columns, name, chosen, TEXT_NAMES, "text")


def find_column(
    columns: list[str], name: str, chosen: str | None, usual: tuple[str, ...], role: str
) -> int:
    """Index of the column `chosen`, or else of the first with one of the usual names."""
    folded = [column.strip().casefold() for column in columns]
    if chosen is not None:
        if chosen in columns:
            return columns.index(chosen)
        if folded.count(chosen.strip().casefold()) == 1:
            return folded.index(chosen.strip().casefold())
        raise NotFoundError(f"{name} has no column {chosen!r}: choose one of {_listed(columns)}.")
    for candidate in usual:
        if candidate in folded:
            return folded.index(candidate)
    raise LabError(
        f"{name} has no column named {role!r}: choose the {role} column out of {_listed(columns)}."
    )


def _listed(columns: list[str]) -> str:
    shown = ", ".join(column if len(column) <= 40 else column[:40] + "…" for column in columns[:20])
    return shown + (f" and {len(columns) - 20} more" if len(columns) > 20 else "")


# ---- JSON


def _looks_like_json(start: str) -> bool:
    line = start.split("\n", 1)[0].strip()
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return line in {"[", "[{"} or line.startswith(('[{"', '[ {"'))
    except RecursionError:
        return False


def read_records(text: str, name: str, roles: Roles = LABELS) -> list[dict[str, Any]]:
    """The objects of a JSON array or of JSONL; there is one at least. Raises LabError."""
    read = _json_array if text.startswith("[") else _json_lines
    records = read(text, name, roles)
    if not any(records):
        raise LabError(f"{name} holds no rows: give objects with {roles.wanted}.")
    return records


def _read_json(text: str, name: str, roles: Roles) -> Table:
    records = read_records(text, name, roles)
    columns = list(dict.fromkeys(str(key) for record in records for key in record))
    rows = [[_cell(record.get(column)) for column in columns] for record in records]
    return Table(columns, rows, header=True)


def _json_array(text: str, name: str, roles: Roles) -> list[dict[str, Any]]:
    try:
        records = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LabError(f"{name} is not valid JSON ({error}): mend it and try again.") from error
    for i, record in enumerate(records, start=1):
        if not isinstance(record, dict):
            raise LabError(
                f"Entry {i} of {name} is not an object: each must be like {roles.example}."
            )
    return records


def _json_lines(text: str, name: str, roles: Roles) -> list[dict[str, Any]]:
    records = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            raise LabError(
                f"Line {number:,} of {name} is not a JSON object: each line must be like "
                f"{roles.example}."
            )
        records.append(record)
    return records


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


# ---- CSV and TSV


def _read_delimited(text: str, name: str, roles: Roles) -> Table:
    delimiter = delimiter_of(text, name, roles)
    rows = _parse(text, delimiter, name)
    first = [cell.strip() for cell in rows[0]]
    folded = {cell.casefold() for cell in first}
    named = folded.intersection(roles.first) and folded.intersection(roles.second)
    if len(first) == 2 and not named and not _half_named(rows, roles):
        left, right = roles.headerless
        notice = (
            f"{name} has no header with {roles.first[0]} and {roles.second[0]}: its columns are "
            f"read as {left}, {right}."
        )
        return _squared([left, right], rows, delimiter, name, False, [notice])
    return _squared(_unique(first), rows[1:], delimiter, name, True, [])


def _half_named(rows: list[list[str]], roles: Roles) -> bool:
    """True where one cell of the first row is a usual name, and never comes again below it."""
    for at, cell in enumerate(rows[0]):
        folded = cell.strip().casefold()
        if folded in roles.first + roles.second:
            return all(row[at].strip().casefold() != folded for row in rows[1:] if len(row) > at)
    return False


def _unique(names: list[str]) -> list[str]:
    """Names for all columns: empty ones numbered, doubles told apart."""
    unique: list[str] = []
    for number, name in enumerate(names, start=1):
        name = name or f"column {number}"
        while name in unique:
            name += " (again)"
        unique.append(name)
    return unique


def delimiter_of(text: str, name: str, roles: Roles = LABELS) -> str:
    """The delimiter that cuts the first lines into equally many columns, and most of them.

    Raises LabError where there is one column only."""
    sample = text[:_SNIFF_CHARACTERS]
    if len(sample) < len(text) and "\n" in sample:
        sample = sample[: sample.rindex("\n")]
    scores = {}
    for delimiter in _DELIMITERS:
        rows = [row for row in rows_of(sample, delimiter) if row]
        if not rows or len(rows[0]) < 2:
            continue
        same = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
        header = {cell.strip().casefold() for cell in rows[0]}
        known = len(header.intersection(roles.first + roles.second))
        scores[delimiter] = (
            known,
            round(same, 2),
            delimiter == "\t",
            -_DELIMITERS.index(delimiter),
        )
    if not scores:
        raise LabError(
            f"{name} has one column only: give a CSV, TSV or JSONL file with {roles.wanted} column."
        )
    return max(scores, key=lambda delimiter: scores[delimiter])


def rows_of(text: str, delimiter: str, **options: Any) -> list[list[str]]:
    """Rows of cells as the csv module reads them."""
    # The module's limit of 128 kB a cell is a setting of the whole process; uploads have their own.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_UPLOAD_BYTES))
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, **options))


def _parse(text: str, delimiter: str, name: str) -> list[list[str]]:
    """Rows of cells, blank lines left out.

    Cells may be quoted and span lines. Where quotes do not add up, they are taken as plain
    characters in a TSV (its texts are rarely quoted), and refused in the others where one is
    never closed, since it would swallow the rest of the file.
    """
    rows = _strict_rows(text, delimiter)
    if delimiter == "\t" and not _add_up(rows):
        rows = rows_of(text, delimiter, quoting=csv.QUOTE_NONE)
    elif not rows:
        rows = rows_of(text, delimiter)
        last = max(rows[-1], key=len) if rows and rows[-1] else ""
        if last.count("\n") > 1 and last.strip() not in ("", text.strip()):
            line = text.count("\n") - last.count("\n") + 1
            raise LabError(
                f"A quotation mark in line {line:,} of {name} is never closed: close it, or "
                f"double the quotation marks that belong to a text."
            )
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        raise LabError(f"{name} has no text in any cell: give a table with texts and labels.")
    return rows


def _strict_rows(text: str, delimiter: str) -> list[list[str]]:
    """The rows, none where the quotation marks break the rules."""
    try:
        return rows_of(text, delimiter, strict=True)
    except csv.Error:
        return []


def _add_up(rows: list[list[str]]) -> bool:
    """False where a quotation mark swallowed other rows of a TSV."""
    return bool(rows) and not any("\n" in cell and "\t" in cell for row in rows for cell in row)


def quotes_add_up(text: str, delimiter: str) -> bool:
    """Whether quotation marks can be taken as such in a TSV."""
    return _add_up(_strict_rows(text, delimiter))


def _squared(
    columns: list[str],
    rows: list[list[str]],
    delimiter: str,
    name: str,
    header: bool,
    notices: list[str],
) -> Table:
    """A table whose rows all have one cell a column.

    Cells beyond the last are joined to it (a text with the delimiter in it, unquoted); rows with
    too few cells are left out. Both give a notice.
    """
    width = len(columns)
    joined = sum(len(row) > width for row in rows)
    short = sum(len(row) < width for row in rows)
    if joined:
        rows = [
            [*row[: width - 1], delimiter.join(row[width - 1 :])] if len(row) > width else row
            for row in rows
        ]
        notices.append(
            f"{joined:,} rows of {name} have more cells than the {width} columns: the surplus was "
            f"joined to the last column."
        )
    if short:
        rows = [row for row in rows if len(row) == width]
        notices.append(f"{short:,} rows of {name} with fewer than {width} cells were left out.")
    if not rows:
        raise LabError(
            f"{name} has a header but no rows below it: give texts with their labels."
            if not short
            else f"No row of {name} has {width} cells as its first line has: mend the file."
        )
    return Table(columns, rows, header, notices)
