"""A table while it is read: every format comes down to columns and rows of cells, in chunks."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from llmcore.data.reading.counting import Counted, Counting
from llmcore.data.reading.report import Notices

CHUNK_ROWS = 5_000
SAMPLE_ROWS = 2_000  # the first rows, by which columns get their roles and texts their cleaning
_MOST_AGAIN = 5  # columns of one name; more of them are distinguished by their numbers
LABELS = "labels"  # what most readers look for, beside "instructions" and "texts"
SPLIT = "split"  # the column that folders and files named train and test make


@dataclass(slots=True)
class Chunk:
    """Some rows in order. lines: where each row begins (1-based; counts what Rows.unit says)."""

    lines: list[int]
    rows: list[list[Any]]


@dataclass(slots=True)
class Rows:
    """A table's columns and its rows, which can be taken once.

    format: `csv`, `tsv`, `json`, `jsonl`, `xlsx`, `parquet`, `mails`, `folders`, `text`, …
    columns: unique names in order. header: the file named them itself. Cells are texts, or the
    unchanged values of JSON and Parquet; None is missing. A row of a delimited file may have
    more or fewer cells than columns (see `llmcore.data.reading.labels.square`); `delimiter` is
    what cut them. unit: what the numbers of rows count: "line", "row", "entry" or "file".
    count_with: asks a delimited file for `Counted` numbers instead of chunks, where that goes.
    looked_at: what `roles.columns_of` found.
    """

    format: str
    columns: list[str]
    header: bool
    chunks: Iterator[Chunk | Counted]
    notices: Notices
    encoding: str | None = None
    why: str = ""
    unit: str = "line"
    delimiter: str | None = None
    count_with: Callable[[Counting], None] | None = None
    looked_at: Any = None
    _held: list[Chunk] = field(default_factory=list)

    def sample(self, n: int = SAMPLE_ROWS) -> list[list[Any]]:
        """The first `n` rows at most, which `take` gives again."""
        while sum(len(chunk.rows) for chunk in self._held) < n:
            chunk = next(self.chunks, None)
            if chunk is None:
                break
            self._held.append(with_rows(chunk))
        return [row for chunk in self._held for row in chunk.rows][:n]

    def take(self) -> Iterator[Chunk]:
        """All chunks, once."""
        return map(with_rows, self.take_counted(None))

    def take_counted(self, request: Counting | None) -> Iterator[Chunk | Counted]:
        """All chunks, once; numbers in the place of some, if `request` asks for them."""
        if request is not None and self.count_with is not None:
            self.count_with(request)
        held, self._held = self._held, []
        return chain(held, self.chunks)

    def records(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Each row as (its number, column → cell); cells beyond the columns are left out."""
        for chunk in self.take():
            for line, row in zip(chunk.lines, chunk.rows, strict=True):
                yield line, dict(zip(self.columns, row, strict=False))


def with_rows(chunk: Chunk | Counted) -> Chunk:
    """A chunk of a table that nobody asked to count instead."""
    assert isinstance(chunk, Chunk), "numbers come where count_with asked for them"
    return chunk


def chunked(numbered: Iterator[tuple[int, list[Any]]], n: int = CHUNK_ROWS) -> Iterator[Chunk]:
    """Chunks of `n` rows out of rows with their numbers."""
    chunk = Chunk([], [])
    for line, row in numbered:
        chunk.lines.append(line)
        chunk.rows.append(row)
        if len(chunk.rows) == n:
            yield chunk
            chunk = Chunk([], [])
    if chunk.rows:
        yield chunk


def unique_names(names: list[str]) -> list[str]:
    """Names for all columns: empty ones numbered, doubles told apart.

    >>> unique_names(["text", "", "text"])
    ['text', 'column 2', 'text (again)']
    """
    unique: dict[str, None] = {}
    times: Counter[str] = Counter()
    for number, name in enumerate(names, start=1):
        name = first = name.strip() or f"column {number}"
        times[first] += 1
        if times[first] > _MOST_AGAIN:
            name = f"{first} ({number})"
        while name in unique:
            name += " (again)"
        unique[name] = None
    return list(unique)
