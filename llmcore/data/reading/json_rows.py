"""JSON, whole or by line, as rows: what is broken is repaired or left out, and counted.

A file by line is streamed; a whole one is read at once, and its form (`json_forms`) unwrapped.
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from llmcore.data.reading import json_forms, record_forms
from llmcore.data.reading.annotations import tool_of
from llmcore.data.reading.decoding import Encoding, lines_of_blocks, text_blocks, whole_text
from llmcore.data.reading.report import Notices, quoted
from llmcore.data.reading.rows import SAMPLE_ROWS, Chunk, Rows, chunked, unique_names
from llmcore.data.reading.source import Source
from llmcore.data.reading.values import is_missing
from llmcore.errors import LabError
from llmcore.tokenizers.segments import replace_surrogates

MAX_WHOLE_BYTES = 1 << 30  # parsed at once, it takes several times as much memory
MAX_LITERAL_CHARACTERS = 1 << 20  # Python's own parser is slow and deep
_PEEKED = 12  # lines that show whether a file is one object a line
_NOTHING = object()  # no value could be read
_BROKEN = (ValueError, RecursionError)
_LIST_INSIDE = re.compile(r'\{\s*"((?:[^"\\]|\\.)*)"\s*:\s*(?=\[)')
_COMMENT = ("#", "//")
_ENTRY = re.compile(r"\n[ \t]*\{|\},\s*\{")
# A line end or a tab inside a text is against the rules, and means what it shows.
_DECODER = json.JSONDecoder(strict=False)

Numbered = tuple[int, Any]  # the line or entry, and its value


def read_json(
    source: Source, encoding: Encoding, notices: Notices, roles: str = "labels"
) -> Rows:  # fmt: skip
    """Rows of JSON lines, or of a whole JSON text in any of the forms of `json_forms`.

    roles: "labels" or "instructions"; some forms hold both. Raises LabError if there is no
    row, or the form is not known.
    """
    if _is_by_line(source, encoding):
        return _rows(_by_line(source, encoding, notices), source, notices, "jsonl", "line", roles)
    if source.size > MAX_WHOLE_BYTES:
        raise LabError(
            f"{source.name} has {source.size:,} bytes of JSON in one piece but at most "
            f"{MAX_WHOLE_BYTES:,} can be read so: write one object a line, in pandas "
            f"{json_forms.CALL}."
        )
    text = whole_text(source, encoding).lstrip("\ufeff").strip()
    if not text:
        raise LabError(f"{source.name} is empty: give one JSON object for each row.")
    value = _loads(text)
    if value is _NOTHING:
        lines = None if text[0] == "[" else _repaired_lines(text, source.name, notices)
        if lines is not None:
            return _rows(lines, source, notices, "jsonl", "line", roles)
        value = _repaired(text, source.name, notices)
    table = json_forms.unwrap(value, source.name, notices, roles)
    return _rows(enumerate(table, 1), source, notices, "json", "entry", roles)


# ---- values


def _loads(text: str) -> Any:
    """The value of a JSON text, or _NOTHING. NaN and Infinity are numbers as Python reads them."""
    try:
        return _whole_characters(_DECODER.decode(text), text)
    except _BROKEN:
        return _NOTHING


def _whole_characters(value: Any, text: str) -> Any:
    r"""Without halves of surrogate pairs, which only \ud… escapes can bring in."""
    return _mapped(value) if "\\ud" in text or "\\uD" in text else value


def _mapped(value: Any) -> Any:
    """The value with whole characters, as JSON would have it: lists, and texts for keys."""
    if isinstance(value, str):
        return replace_surrogates(value)
    if isinstance(value, (list, tuple, set)):
        return [_mapped(item) for item in value]
    if isinstance(value, dict):
        return {replace_surrogates(str(key)): _mapped(item) for key, item in value.items()}
    return value


def _literal(text: str) -> Any:
    """The value of a Python literal such as {'text': 'a'}, or _NOTHING."""
    if len(text) > MAX_LITERAL_CHARACTERS or not text.startswith(("{", "[")):
        return _NOTHING
    try:
        value = _mapped(ast.literal_eval(text))
    except (*_BROKEN, SyntaxError, TypeError, MemoryError):
        return _NOTHING
    return value if isinstance(value, (dict, list)) else _NOTHING


def _line_value(line: str, number: int, name: str, notices: Notices) -> Any:
    """The value of one line; a comma behind it and Python's quotes are repaired."""
    value = _loads(line)
    if value is _NOTHING and line.endswith(","):
        line = line[:-1]
        value = _loads(line)
        if value is not _NOTHING:
            notices.add("json_commas", "A comma behind {lines} of {file} was passed over",
                        number, file=name)  # fmt: skip
    if value is _NOTHING:
        value = _literal(line)
        if value is not _NOTHING:
            notices.add("json_python", "{lines} of {file} {are} no JSON but written as Python "
                        "does ('…', None, True), and {were} read as such",
                        number, file=name)  # fmt: skip
    return value


# ---- by line


def _is_by_line(source: Source, encoding: Encoding) -> bool:
    """Whether most of the first lines are an object, or a list, each."""
    blocks = text_blocks(source, encoding, Notices())
    try:
        lines = [line.strip() for line in islice(lines_of_blocks(blocks), 4 * _PEEKED)]
    except LabError:  # one very long line: a whole text
        return False
    lines = [line.lstrip("\ufeff") for line in lines if line]
    lines = [line for line in lines if not line.startswith(_COMMENT)]
    values = [_line_value(line, 1, "", Notices()) for line in lines[:_PEEKED]]
    if not _mostly_rows(values):
        return False
    # A first line that is no value may begin a whole text, which is tried first.
    return values[0] is not _NOTHING or source.size > MAX_WHOLE_BYTES


def _mostly_rows(values: list[Any]) -> bool:
    n_rows = sum(isinstance(value, (dict, list)) for value in values)
    return n_rows >= 2 and 2 * n_rows > len(values)


def _by_line(source: Source, encoding: Encoding, notices: Notices) -> Iterator[Numbered]:
    lines = lines_of_blocks(text_blocks(source, encoding, notices))
    return _values_of_lines(lines, source.name, notices)


def _values_of_lines(lines: Iterable[str], name: str, notices: Notices) -> Iterator[Numbered]:
    for number, line in enumerate(lines, 1):
        line = line.strip().lstrip("\ufeff")
        if line in ("", "[", "]", ","):  # an array with one entry a line
            continue
        if line.startswith(_COMMENT):
            notices.add("comments", "{lines} of {file} {are} comments and {were} passed over",
                        number, file=name)  # fmt: skip
            continue
        value = _line_value(line, number, name, notices)
        if value is _NOTHING:
            notices.add("bad_lines", "{lines} of {file} {are} not valid JSON and {were} left out",
                        number, file=name)  # fmt: skip
        else:
            yield number, value


def _repaired_lines(text: str, name: str, notices: Notices) -> Iterator[Numbered] | None:
    """The values of a text that holds one a line in most of its lines; else None."""
    lines = text.split("\n")
    some = [line for line in lines if line.strip() not in ("", "[", "]", ",")][:SAMPLE_ROWS]
    values = [_line_value(line.strip(), 1, "", Notices()) for line in some]
    if not _mostly_rows(values) or not any(isinstance(value, dict) for value in values):
        return None
    return _values_of_lines(lines, name, notices)


# ---- repairs of a whole text


def _repaired(text: str, name: str, notices: Notices) -> Any:
    """The value of a broken JSON text. Raises LabError with the place if nothing is left."""
    around = _LIST_INSIDE.match(text)
    found = Notices()
    entries = _entries(text[around.end() :] if around else text, name, found)
    value = _literal(text) if not entries or not found.count("json_repaired") else _NOTHING
    if value is not _NOTHING:
        notices.add("json_python", "{file} is no JSON but written as Python does ('…', None, "
                    "True), and was read as such", file=name)  # fmt: skip
        return value
    notices.extend(found)
    if around and entries:
        notices.add("wrapper", "The entries of {file} were taken out of its list {key}",
                    file=name, key=quoted(around[1]))  # fmt: skip
    if not entries:
        raise LabError(
            f"{name} is not valid JSON ({_fault(text)}) and no entry of it can be read: fix it, "
            f"or write one object a line, in pandas {json_forms.CALL}."
        )
    return entries


def _entries(text: str, name: str, notices: Notices) -> list[Any]:
    """The objects and lists one after another, with or without an array around them."""
    entries: list[Any] = []
    in_array = text.startswith("[")
    at, escaped = int(in_array), "\\ud" in text or "\\uD" in text
    found, n_bad, first_bad = Notices(), 0, 0
    while (at := _skip(text, at)) < len(text):
        try:
            value, following = _DECODER.raw_decode(text, at)
            value = _mapped(value) if escaped else value
        except _BROKEN:
            following = _next_entry(text, at + 1)
            if following < 0:
                _cut(text, at, entries, name, found)
                break
            n_bad, first_bad = n_bad + 1, first_bad or text.count("\n", 0, at) + 1
            at = following
            continue
        if isinstance(value, (dict, list, str)):
            entries.append(value)
        at = following
    else:
        what = (
            "it has a comma too many, or the end is missing"
            if in_array
            else "they stand one after another"
        )
        found.add("json_repaired", "{file} is not valid JSON as a whole ({what}); its {entries} "
                  "were read one by one", file=name, what=what, n=len(entries))  # fmt: skip
    if n_bad:
        found.add("bad_entries", "{entries} of {file} {are} not valid JSON and {were} left out",
                  first_bad, n_bad, file=name)  # fmt: skip
    if entries:
        notices.extend(found)
    return entries


def _skip(text: str, at: int) -> int:
    """Past spaces, commas and the end of an array."""
    while at < len(text) and text[at] in " \t\r\n,];":
        at += 1
    return at


def _next_entry(text: str, at: int) -> int:
    """Where the next object begins: at the beginning of a line or behind `},`."""
    found = _ENTRY.search(text, at)
    return found.end() - 1 if found else -1


def _cut(text: str, at: int, entries: list[Any], name: str, notices: Notices) -> None:
    notices.add(
        "json_truncated",
        "{file} ends in the middle of an entry or breaks off there; the {entries} before it were "
        "taken, the rest ({rest} characters) was left out",
        text.count("\n", 0, at) + 1, len(entries), file=name, rest=f"{len(text) - at:,}",
    )  # fmt: skip


def _fault(text: str) -> str:
    try:
        _DECODER.decode(text)
    except RecursionError:
        return "it is nested too deeply"
    except ValueError as error:
        return str(error)
    return "it holds no object"


# ---- rows


@dataclass(slots=True)
class _Table:
    """Values on their way to rows; `columns` grows if a later object has a new key."""

    name: str
    notices: Notices
    columns: list[str]
    unit: str

    def rows(self, numbered: Iterator[Numbered]) -> Iterator[tuple[int, list[Any]]]:
        """A row of cells for each object or list; other values are left out and counted."""
        places = {column: i for i, column in enumerate(self.columns)}
        for number, value in numbered:
            if isinstance(value, list):
                yield number, [_cell(item) for item in value]
                continue
            if not isinstance(value, dict):
                what = f"{{{ {'line': 'lines', 'entry': 'entries'}[self.unit] }}}"
                self.notices.add("no_objects", what + " of {file} {are} no objects and {were} "
                                 "left out", number, unit=self.unit, file=self.name)  # fmt: skip
                continue
            row: list[Any] = [None] * len(places)
            for key, cell in value.items():
                at = places.get(key)
                if at is None:
                    at = places[key] = len(places)
                    self.columns.append(_new_name(key, self.columns))
                    row.append(None)
                row[at] = _cell(cell)
            yield number, row


def _new_name(key: Any, columns: list[str]) -> str:
    return unique_names([*columns, str(key)])[-1]


def _cell(value: Any) -> Any:
    return None if is_missing(value) else value


def _rows(
    numbered: Iterable[Numbered], source: Source, notices: Notices, format: str, unit: str,
    roles: str,
) -> Rows:  # fmt: skip
    stream = record_forms.read_alike(numbered, source.name, notices, unit, roles)
    first = list(islice(stream, SAMPLE_ROWS))
    objects = [value for _, value in first if isinstance(value, dict)]
    lists = [value for _, value in first if isinstance(value, list)]
    table = _Table(source.name, notices, [], unit)
    why = "it is one JSON object a line" if format == "jsonl" else "it is one JSON text"
    chained = _chain(first, stream)
    header = len(objects) >= len(lists)
    if header:
        if tool := tool_of(objects, source.name):
            chained = tool.records(chained, notices, unit)
            why += f", as {tool.name} writes it"
        chained = ((n, v) for n, v in chained if not isinstance(v, list) or _no_list(table, n))
    else:
        width = max(map(len, lists))
        table.columns.extend(unique_names([""] * width))
        chained = ((n, v) for n, v in chained if not isinstance(v, dict) or _no_list(table, n))
    chunks = _padded(chunked(table.rows(chained)), table.columns)
    rows = Rows(format, table.columns, header, chunks, notices,
                why=why, unit=unit)  # fmt: skip
    if not rows.sample():
        raise LabError(f"{source.name} holds no rows: give one JSON object for each.")
    return rows


def _padded(chunks: Iterator[Chunk], columns: list[str]) -> Iterator[Chunk]:
    """Rows with a cell for each column that is known by then."""
    for chunk in chunks:
        width = len(columns)
        for row in chunk.rows:
            row.extend([None] * (width - len(row)))
        yield chunk


def _no_list(table: _Table, number: int) -> bool:
    """Counts an entry of another kind than most; always False."""
    table.notices.add("other_entries", "{entries} of {file} {are} of another kind than the rest "
                      "and {were} left out", number, unit=table.unit, file=table.name)  # fmt: skip
    return False


def _chain(first: list[Numbered], rest: Iterator[Numbered]) -> Iterator[Numbered]:
    yield from first
    yield from rest
