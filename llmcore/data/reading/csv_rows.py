"""Rows out of lines of CSV, a block at a time.

A block of lines goes through the csv module at once. The rows of a block are looked at
one by one only if its rules are broken, or a row spans lines. If rows are only counted,
`counting` is asked first.
"""

import csv
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from llmcore.data.reading.counting import Counted, Counting, count_block
from llmcore.data.reading.decoding import lines_of_blocks
from llmcore.data.reading.report import Notices
from llmcore.data.reading.rows import Chunk
from llmcore.data.reading.whole_lines import WholeLines

MOST_OPEN_LINES = 20_000  # of one row; beyond, a quotation mark was never meant to open a cell
_ESCAPED = re.compile(r'\\[\\"]')


@dataclass(frozen=True, slots=True)
class Dialect:
    """How rows are cut. plain: quotation marks are characters like any other. escaped: `\\"` is a
    quotation mark in a quoted cell. spaced: a space follows the delimiter."""

    delimiter: str
    quote: str = '"'
    plain: bool = False
    escaped: bool = False
    spaced: bool = False

    def options(self) -> dict[str, Any]:
        return {
            "delimiter": self.delimiter,
            "quotechar": self.quote,
            "quoting": csv.QUOTE_NONE if self.plain else csv.QUOTE_MINIMAL,
            "skipinitialspace": self.spaced,
        }


COUNTED_BLOCKS = 64  # at a time


@dataclass(slots=True)
class Reader:
    """The rows of a file, a block of lines at a time. line: where the next block begins. raw: the
    bytes that the blocks of text are made of, if rows can be counted without the text."""

    dialect: Dialect
    notices: Notices
    name: str
    line: int = 1
    raw: WholeLines | None = None
    counting: Counting | None = None

    def count_with(self, counting: Counting) -> None:
        self.counting = counting

    def chunks(self, first: list[str], blocks: Iterator[str]) -> Iterator[Chunk | Counted]:
        """Blank lines left out; a row that a block's end cuts waits for the next."""
        tail = yield from self._rows(first, [], last=False)
        with ThreadPoolExecutor(1) as ahead:  # one lot is counted while the next is read
            for lot, counting in self._lots(blocks, ahead):
                counted = counting.result() if counting is not None and not tail else None
                if counted is not None:
                    yield replace(counted, first_line=self.line)
                    self.line += counted.n_rows
                    continue
                for block in self._texts(lot, blocks):
                    tail = yield from self._rows(lines_of(block), tail, last=False)
        yield from self._rows([], tail, last=True)

    def _lots(self, blocks: Iterator[str], ahead: ThreadPoolExecutor) -> Iterator["_Lot"]:
        """Some blocks at a time, and their counts to come if rows are only counted."""
        held: _Lot | None = None
        while True:
            request = self.counting
            raw = self.raw if request is not None and self.raw and self.raw.whole else None
            n = COUNTED_BLOCKS if request else 1
            lot: list[str] | list[bytes]
            if raw is None:
                lot = list(islice(blocks, n))
            else:
                lot = taken = list(islice(raw, n))
                if not raw.whole:
                    raw.give_back(taken)
                    continue
            future = ahead.submit(_count, lot, request) if request is not None and lot else None
            if held is not None:
                yield held
            held = (lot, future) if future is not None else None
            if not lot:
                return
            if held is None:
                yield lot, None

    def _texts(self, lot: list[str] | list[bytes], blocks: Iterator[str]) -> Iterator[str]:
        """The blocks of a lot as text: those of bytes go the way of all others."""
        if not isinstance(lot[0], bytes):
            yield from lot
            return
        assert self.raw is not None
        self.raw.give_back(lot)
        while self.raw.held and (block := next(blocks, None)) is not None:
            yield block

    def _rows(
        self, lines: list[str], tail: list[str], last: bool
    ) -> Generator[Chunk, None, list[str]]:
        """Yields the rows of some lines, and returns the lines of one that goes on."""
        lines = tail + lines if tail else lines
        at_end = last or len(tail) > MOST_OPEN_LINES
        numbered, left = rows_of(lines, self.dialect, self.line, at_end, self._broken)
        self.line += len(lines) - left
        chunk = _chunk(numbered)
        if chunk.rows:
            yield chunk
        return lines[len(lines) - left :] if left else []

    def _broken(self, at: int) -> None:
        self.notices.add(
            "quotes", "{rows} of {file} {have} a quotation mark that is never closed, or stands "
            "alone; it was read as a character", at, file=self.name,
        )  # fmt: skip


_Lot = tuple[list[str] | list[bytes], "Future[Counted | None] | None"]


def _count(lot: list[str] | list[bytes], request: Counting) -> Counted | None:
    if isinstance(lot[0], bytes):
        return count_block(b"".join(lot), 0, request)
    return count_block("".join(lot).encode(), 0, request)


def lines_of(block: str) -> list[str]:
    return list(lines_of_blocks([block]))


def _chunk(numbered: "_Numbered") -> Chunk:
    lines, rows = numbered.lines, numbered.rows
    if not all(map(any, rows)):  # a row without a character
        kept = [i for i, row in enumerate(rows) if any(cell.strip() for cell in row)]
        lines, rows = [lines[i] for i in kept], [rows[i] for i in kept]
    return Chunk(list(lines), rows)


@dataclass(slots=True)
class _Numbered:
    lines: Sequence[int]
    rows: list[list[str]]

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        return iter(zip(self.lines, self.rows, strict=True))


def rows_of(
    lines: list[str], dialect: Dialect, first: int, at_end: bool, broken: Callable[[int], None]
) -> tuple[_Numbered, int]:
    """Rows of some lines with the number of the line where each begins (the first is `first`), and
    how many lines at the end belong to a row that goes on; none with `at_end`."""
    if dialect.escaped and not dialect.plain:
        lines = [_unescaped(line) for line in lines]
    options = dialect.options()
    try:
        rows = list(csv.reader(lines, strict=not dialect.plain, **options))
        if len(rows) == len(lines):
            return _Numbered(range(first, first + len(rows)), rows), 0
    except csv.Error:
        pass
    return _one_by_one(lines, options, first, at_end, broken)


def _unescaped(line: str) -> str:
    """A quotation mark after a backslash, doubled as the csv module knows it."""
    if '\\"' not in line:
        return line
    return _ESCAPED.sub(lambda match: '""' if match[0] == '\\"' else match[0], line)


def _one_by_one(
    lines: list[str], options: dict[str, Any], first: int, at_end: bool,
    broken: Callable[[int], None],
) -> tuple[_Numbered, int]:  # fmt: skip
    starts: list[int] = []
    found = _Numbered(starts, [])
    at = 0
    while at < len(lines):
        reader = csv.reader(lines[at:] if at else lines, strict=True, **options)
        start = at
        try:
            for row in reader:
                end = start + reader.line_num
                if end - at > 3 and _are_rows(lines[at + 1 : end], row, found.rows, options):
                    raise csv.Error
                starts.append(first + at)
                found.rows.append(row if end == at + 1 else [_plain_ends(cell) for cell in row])
                at = end
        except csv.Error as error:
            n_open = len(lines) - at
            if "unexpected end" in str(error) and not at_end and n_open <= MOST_OPEN_LINES:
                return found, n_open
            starts.append(first + at)
            found.rows.append(_alone(lines[at], options))
            broken(first + at)
            at += 1
    return found, 0


def _are_rows(
    lines: list[str], row: list[str], before: list[list[str]], options: dict[str, Any]
) -> bool:
    """Whether the lines inside of one quoted cell are rows themselves, swallowed by a quotation
    mark that was not meant to open a cell: they have as many cells as the row, and values that
    repeat as a column's do."""
    width = len(row)
    if width < 2:
        return False
    inside = [_alone(line, options) for line in lines[:-1][:200] if line.strip()]
    whole = [cells for cells in inside if len(cells) == width]
    if len(whole) < 2 or len(whole) < 0.9 * len(inside):
        return False
    for at in range(width):
        values = [cells[at] for cells in whole]
        above = {cells[at] for cells in before[-500:] if len(cells) == width}
        known = sum(value in above for value in values) > len(values) / 2
        repeat = 2 <= len(set(values)) <= len(values) / 2
        if known or repeat:
            return True
    return False


def _plain_ends(cell: str) -> str:
    return cell.replace("\r\n", "\n") if "\r" in cell else cell


def _alone(line: str, options: dict[str, Any]) -> list[str]:
    """One line as a row: leniently, and if a quotation mark stays open, as a character."""
    line = line.rstrip("\r\n").replace("\r", " ")
    try:
        rows = list(csv.reader([line], strict=True, **options))
    except csv.Error:
        plain = {**options, "quoting": csv.QUOTE_NONE}
        opened = line.count(options["quotechar"]) % 2
        rows = list(csv.reader([line], **(plain if opened else options)))
    return rows[0] if rows else []
