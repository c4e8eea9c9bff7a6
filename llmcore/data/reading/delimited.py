"""CSV and its kin: delimiter, quotes, preamble and header found by content, rows a block at a time.

`csv_rows` cuts the rows; here a file's beginning tells how.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from llmcore.data.reading.counting import Counted
from llmcore.data.reading.csv_rows import Dialect, Reader, lines_of, rows_of
from llmcore.data.reading.decoding import Encoding, text_blocks
from llmcore.data.reading.layout import filled_width, find_layout, is_rule, usual_width
from llmcore.data.reading.line_forms import (
    CUT,
    LineForm,
    after_others,
    before_others,
    label_in_line,
)
from llmcore.data.reading.names import KNOWN_NAMES
from llmcore.data.reading.report import Notices, quoted
from llmcore.data.reading.rows import LABELS, SAMPLE_ROWS, Chunk, Rows, with_rows
from llmcore.data.reading.source import Source
from llmcore.data.reading.whole_lines import whole_lines
from llmcore.errors import LabError

DELIMITERS = ",\t;|"
_NAMES = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar", " ": "space"}
SAMPLE_CHARACTERS = 1 << 16
DIALECT_LINES = 400
FIELD_CHARACTERS = 64 << 20
_SEP = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_XML = re.compile(
    r"(<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*|<[!?][A-Za-z][^>]*>\s*)*<([A-Za-z][\w:.-]*)(?:\s[^<>]*)?>",
    re.DOTALL,
)
_FASTTEXT = re.compile(r"__label__(\S+)((?:[ \t]+__label__\S+)*)\s+(.*)", re.DOTALL)


def read_delimited(
    source: Source, encoding: Encoding, notices: Notices, named: Sequence[str] = (), why: str = "",
    roles: str = LABELS,
) -> Rows:  # fmt: skip
    """The rows of a CSV, TSV or like file (`,` tab `;` `|`), or of a text file with a text a line.

    named: columns that the user named. A file of lines without a delimiter has one column. Rows
    are as long as they are in the file (see `labels.square`). Raises LabError if it is empty.
    """
    csv.field_size_limit(max(csv.field_size_limit(), FIELD_CHARACTERS))
    raw = whole_lines(source, encoding)
    blocks = text_blocks(source, encoding, notices, lone_return=" ", keep_ends=True, blocks=raw)
    first, blocks = _first_lines(blocks)
    if not any(line.strip(" \t\r\n,;|") for line in first):
        raise LabError(f"{source.name} is empty: give a table with texts in it.")
    if roles == LABELS and (root := _xml_root(first)):
        raise LabError(
            f"{source.name} is XML (<{root}>), not a table: export CSV, Excel or JSON; where it "
            f"stands for a download, fetch the file again."
        )
    if _is_fasttext(first):
        return _fasttext(first, blocks, source, encoding, notices)
    n_before, sep = _separator_line(first, notices, source.name)
    form = None if sep else before_others(first[n_before:][:DIALECT_LINES])
    dialect = None
    if form is None:
        dialect = find_dialect(first[n_before:], sep, surely=why.startswith("its name"))
    if form is None and (dialect is None or _cuts_texts(first[n_before:], dialect)):
        form = after_others(first[n_before:][:DIALECT_LINES])
        if form is None and roles == LABELS:
            form = label_in_line(first[n_before:][:DIALECT_LINES])
    if form is not None:
        return _with_form(form, first[n_before:], blocks, source, encoding, notices, named, why)
    if dialect is None:
        return _one_column(first, blocks, source, encoding, notices, named)
    reader = Reader(dialect, notices, source.name, 1 + n_before, raw)
    chunks = reader.chunks(first[n_before:], blocks)
    return _with_layout(reader, chunks, source, encoding, named, why)


def _with_form(
    form: LineForm, first: list[str], blocks: Iterator[str], source: Source, encoding: Encoding,
    notices: Notices, named: Sequence[str], why: str,
) -> Rows:  # fmt: skip
    """The rows of lines that are cut by something rarer, which is said."""
    notices.add("line_form", form.sentence, file=source.name)
    change = form.change or str
    first = lines_of(change("".join(first)))
    escaped = not form.plain and any('\\"' in line for line in first)
    dialect = Dialect(form.cut, plain=form.plain, escaped=escaped)
    reader = Reader(dialect, notices, source.name)
    chunks = reader.chunks(first, map(change, blocks))
    rows = _with_layout(reader, chunks, source, encoding, named, why)
    rows.delimiter, rows.count_with = form.shown, None
    return rows


def _cuts_texts(lines: list[str], dialect: Dialect) -> bool:
    """Whether a delimiter is only a sign inside of texts: it cuts lines into parts of all kinds."""
    if dialect.delimiter != ",":
        return False
    rows, _ = _parsed([line for line in lines if line.strip()][:DIALECT_LINES], dialect)
    width = usual_width(rows)
    return sum(filled_width(row) == width for row in rows) < 0.9 * len(rows)


def _with_layout(
    reader: "Reader", chunks: Iterator[Chunk | Counted], source: Source, encoding: Encoding,
    named: Sequence[str], why: str,
) -> Rows:  # fmt: skip
    dialect, notices = reader.dialect, reader.notices
    held = _held(chunks)
    rows = [row for chunk in held for row in chunk.rows]
    if not rows:
        raise LabError(f"{source.name} has no text in any cell: give a table with texts in it.")
    layout = find_layout(rows[:SAMPLE_ROWS], [name for name in named if not name.strip().isdigit()])
    if layout.skip:
        notices.add(
            "preamble", "{lines} above the table of {file} {were} passed over: {shown}",
            held[0].lines[0], layout.skip, file=source.name, shown=quoted(" ".join(rows[0])),
        )  # fmt: skip
    columns = layout.columns
    if not layout.header:
        shown = quoted(dialect.delimiter.join(rows[layout.skip]))
        notices.add("no_header", "The first row of {file} is read as a row, not as names: {why} "
                    "({shown})", file=source.name, why=layout.why, shown=shown)  # fmt: skip
    elif not layout.sure:
        notices.add("header", "The first row of {file} is read as the names of the columns: {why}",
                    file=source.name, why=layout.why)  # fmt: skip
    n_skipped = layout.skip + layout.header
    header = rows[layout.skip] if layout.header else None
    tail = _without(chain(held, chunks), n_skipped, header, notices, source.name)
    format = "tsv" if dialect.delimiter == "\t" else "csv"
    name = _NAMES.get(dialect.delimiter, "sign")
    if len(rows) == layout.skip + 1 and layout.header:
        raise LabError(
            f"{source.name} has the names of columns and no rows below: give a table with texts."
        )
    _say_dialect(dialect, notices, source.name)
    return Rows(format, columns, layout.header, tail, notices, encoding.name,
                why or f"a {name} cuts its lines into {len(columns)} columns",
                delimiter=dialect.delimiter, count_with=reader.count_with)  # fmt: skip


def _say_dialect(dialect: Dialect, notices: Notices, name: str) -> None:
    if dialect.escaped:
        notices.add("escaped_quotes", "Quotation marks inside the cells of {file} are written "
                    'as \\", and were read so', file=name)  # fmt: skip
    if dialect.plain and dialect.delimiter != CUT:
        notices.add("plain_quotes", "Quotation marks in {file} are read as characters of the texts,"
                    " since they do not enclose cells", file=name)  # fmt: skip


def _held(chunks: Iterator[Chunk | Counted]) -> list[Chunk]:
    held: list[Chunk] = []
    n = 0
    for chunk in map(with_rows, chunks):
        held.append(chunk)
        n += len(chunk.rows)
        if n >= SAMPLE_ROWS:
            break
    return held


def _without(
    chunks: Iterator[Chunk | Counted], n_skipped: int, header: list[str] | None, notices: Notices,
    name: str,
) -> Iterator[Chunk | Counted]:  # fmt: skip
    """The chunks without what is above the rows, and without headers that come again."""
    for chunk in chunks:
        if isinstance(chunk, Counted):
            yield chunk
            continue
        if n_skipped:
            n = min(n_skipped, len(chunk.rows))
            n_skipped -= n
            chunk = Chunk(chunk.lines[n:], chunk.rows[n:])
            if header is not None and chunk.rows and is_rule(chunk.rows[0]):
                notices.add("rule", "The line below the names of the columns of {file} is a drawn "
                            "one: passed over", chunk.lines[0], file=name)  # fmt: skip
                chunk = Chunk(chunk.lines[1:], chunk.rows[1:])
        if header is not None and header in chunk.rows:
            kept = [i for i, row in enumerate(chunk.rows) if row != header]
            again = next(i for i, row in enumerate(chunk.rows) if row == header)
            notices.add("header_again", "{rows} of {file} {are} the header again: left out",
                        chunk.lines[again], len(chunk.rows) - len(kept), file=name)  # fmt: skip
            chunk = Chunk([chunk.lines[i] for i in kept], [chunk.rows[i] for i in kept])
        if chunk.rows:
            yield chunk


# ---- the beginning of a file


def _first_lines(blocks: Iterator[str]) -> tuple[list[str], Iterator[str]]:
    """Lines enough to know the file by, and the blocks behind them."""
    lines: list[str] = []
    n = 0
    for block in blocks:
        lines += lines_of(block)
        n += len(block)
        if n >= SAMPLE_CHARACTERS:
            break
    if lines:
        lines[0] = lines[0].removeprefix("\ufeff")
    return lines, blocks


def _separator_line(lines: list[str], notices: Notices, name: str) -> tuple[int, str]:
    """Excel's `sep=;` names the delimiter in the first line: (lines passed over, delimiter)."""
    match = _SEP.fullmatch(lines[0])
    if match is None:
        return 0, ""
    notices.add("separator_line", "The first line of {file} names the delimiter {sep} and was "
                "passed over", 1, file=name, sep=repr(match[1]))  # fmt: skip
    return 1, match[1]


def find_dialect(lines: list[str], delimiter: str = "", surely: bool = False) -> Dialect | None:
    """The delimiter that cuts lines into equally many columns, and how quotation marks are meant.
    None if no delimiter makes two columns. surely: it is a table, whatever it looks like."""
    lines = [line for line in lines if line.strip()]
    sample = lines[:DIALECT_LINES]
    found: list[tuple[tuple[Any, ...], Dialect]] = []
    for mark in delimiter or DELIMITERS:
        dialect = _quotes(sample, Dialect(mark))
        rows, _ = _parsed(sample, dialect)
        if not rows or usual_width(rows) < 2:
            continue
        width = usual_width(rows)
        same = sum(filled_width(row) == width for row in rows) / len(rows)
        header = {cell.strip().casefold() for row in rows[:5] for cell in row}
        known = min(2, len(header & KNOWN_NAMES))
        found.append(((known, round(same, 1), mark == "\t", round(same, 2), width), dialect))
    if not found:
        return None
    (known, same, *_), best = max(found, key=lambda pair: pair[0])
    if surely or known or (same >= 0.9 and best.delimiter != ",") or _repeats(sample, best):
        return best
    return None  # texts with a comma here and there


def _repeats(sample: list[str], dialect: Dialect) -> bool:
    """Whether the first or the last cells are few values that come again, as labels do."""
    rows, _ = _parsed(sample, dialect)
    ends = ({row[0] for row in rows}, {row[-1] for row in rows})
    return any(len(end) <= max(2, len(rows) / 3) and len(end) < len(rows) for end in ends)


def _quotes(sample: list[str], base: Dialect) -> Dialect:
    """The same delimiter with the reading of quotation marks that breaks the fewest rules."""
    text = "".join(sample)
    tried = [base]
    if '"' in text:
        if f'{base.delimiter} "' in text:
            tried.append(replace(base, spaced=True))
        if '\\"' in text:
            tried += [replace(dialect, escaped=True) for dialect in list(tried)]
    elif text.count(f"'{base.delimiter}'") > len(sample) / 2:
        tried.append(replace(base, quote="'"))
    ranked = []
    for order, dialect in enumerate(tried):
        rows, n_broken = _parsed(sample, dialect)
        width = usual_width(rows) if rows else 1
        odd = sum(filled_width(row) != width for row in rows)
        quoted_cells = -1 if dialect.quote == "'" else 0
        ranked.append((n_broken, odd, quoted_cells, order, dialect))
    n_broken, *_, best = min(ranked, key=lambda line: line[:-1])
    if base.delimiter == "\t" and '"' in text:
        rows, _ = _parsed(sample, best)
        swallowed = any("\n" in cell and "\t" in cell for row in rows for cell in row)
        if n_broken or swallowed:
            return replace(base, plain=True)
    return best


def _parsed(lines: list[str], dialect: Dialect) -> tuple[list[list[str]], int]:
    """The rows of lines, and how many of them break the rules of quotation marks."""
    broken: list[int] = []
    numbered, n_open = rows_of(lines, dialect, 1, False, broken.append)
    if n_open > len(lines) / 4:  # a mark that is never closed, or a very long cell
        numbered, _ = rows_of(lines, dialect, 1, True, broken.append)
    return [row for _, row in numbered if any(cell.strip() for cell in row)], len(broken)


# ---- files of lines


def _one_column(
    first: list[str], blocks: Iterator[str], source: Source, encoding: Encoding, notices: Notices,
    named: Sequence[str],
) -> Rows:  # fmt: skip
    """A text a line. A quoted cell may span lines, as in a CSV of one column."""
    options = Dialect("\x1f", plain=True)
    shown = [line for line in first if line.strip()]
    quoted_lines = sum(line.startswith('"') for line in shown)
    if quoted_lines > len(shown) / 2 or _span_lines(first[:DIALECT_LINES]):
        options = _quotes(first[:DIALECT_LINES], Dialect("\x1f"))
    chunks = Reader(options, notices, source.name).chunks(first, blocks)
    held = _held(chunks)
    rows = [row for chunk in held for row in chunk.rows]
    layout = find_layout(rows[:SAMPLE_ROWS], named)
    header = layout.header and (layout.sure or rows[0][0].strip().casefold() in KNOWN_NAMES)
    columns = layout.columns if header else ["column 1"]
    tail = _without(chain(held, chunks), int(header), rows[0] if header else None, notices,
                    source.name)  # fmt: skip
    return Rows("text", columns, header, tail, notices, encoding.name, "it has a text a line")


def _span_lines(lines: list[str]) -> bool:
    """Whether most cells are in quotation marks, the lines inside of them not counted."""
    reader = csv.reader(lines, delimiter="\x1f", strict=True)
    n_cells = n_quoted = at = 0
    try:
        for _ in reader:
            n_cells += 1
            n_quoted += lines[at].startswith('"')
            at = reader.line_num
    except csv.Error:  # the sample may end inside of a cell; elsewhere the marks mean no cells
        if reader.line_num < len(lines):
            return False
    return 2 * n_quoted > n_cells > 1


def _xml_root(lines: list[str]) -> str:
    """The name of the outer element if the text is XML, else an empty text."""
    text = "".join(lines).strip()
    found = _XML.match(text)
    if not found:
        return ""
    name = found[2]
    whole = text.endswith(f"</{name}>") and len(re.findall(rf"<{re.escape(name)}\b", text)) == 1
    return name if found[1] or whole else ""


def _is_fasttext(lines: list[str]) -> bool:
    shown = [line for line in lines[:DIALECT_LINES] if line.strip()]
    return sum(map(bool, map(_FASTTEXT.match, shown))) > 0.9 * len(shown)


def _fasttext(
    first: list[str], blocks: Iterator[str], source: Source, encoding: Encoding, notices: Notices
) -> Rows:
    """fastText's lines: `__label__NAME text`."""
    notices.add("fasttext", "The lines of {file} begin with __label__ and the name of the label",
                file=source.name)  # fmt: skip

    def chunks() -> Iterator[Chunk]:
        line = 1
        for lot in chain([first], map(lines_of, blocks)):
            chunk = Chunk([], [])
            for at, text in enumerate(lot, start=line):
                if text.strip():
                    match = _FASTTEXT.match(text.strip())
                    chunk.lines.append(at)
                    chunk.rows.append([match[1], match[3]] if match else ["", text.strip()])
                    if match and match[2]:
                        notices.add("several_labels_a_row", "{lines} of {file} {have} several "
                                    "labels: the first of each is taken", at,
                                    file=source.name)  # fmt: skip
            line += len(lot)
            if chunk.rows:
                yield chunk

    return Rows("text", ["label", "text"], False, chunks(), notices, encoding.name,
                "its lines begin with __label__")  # fmt: skip
