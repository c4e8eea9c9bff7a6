"""The fast way to count the rows of a plain block of CSV: pyarrow parses it, no cell becomes an
object of Python. The plain way is `delimited` with `labels`; both give the same numbers.

Only blocks in which nothing is odd are counted here: each line is one row with as many cells as
the table has columns, quotation marks are at the ends of cells, and every row has both a text
and a label. For any other block the answer is None, and the plain way reads it.
"""

import codecs
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from llmcore.data.reading.values import MISSING_WORDS

PARSED_BYTES = 1 << 20  # by one thread
SHORT = 16  # bytes of a text that might say nothing
SPELLED = frozenset(
    form for word in MISSING_WORDS
    for form in (word, word.upper(), word.capitalize(), word.title(), "NaN", "NaT", "<NA>")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counting:
    """What is counted: the places of text and label among `width` columns; header: the first row,
    if the file names its columns."""

    delimiter: str
    width: int
    text: int
    label: int
    header: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows of a block and how often each label is in them. first_line: of the block."""

    n_rows: int
    labels: Counter[str]
    first_line: int


def count_block(data: bytes, first_line: int, request: Counting) -> Counted | None:
    """The numbers of a block of whole lines in UTF-8, None if anything in it is out of the
    ordinary."""
    if b"\0" in data or (not data.isascii() and codecs.BOM_UTF8 in data):
        return None
    codes = np.frombuffer(data, dtype=np.uint8)
    n_lines = int(np.count_nonzero(codes == ord("\n"))) + (not data.endswith(b"\n"))
    if b'"' in data and _has_odd_quote(data, request.delimiter):
        return None
    columns = _columns(data, request)
    if columns is None or len(columns[0]) != n_lines:
        return None
    texts, labels = columns
    if _any_missing(texts):
        return None
    counted: Counter[str] = Counter()
    for label, n in _value_counts(labels):
        counted[label.strip()] += n
    if "" in counted or (request.header and request.header[request.label].strip() in counted):
        return None
    return Counted(n_lines, counted, first_line)


def _has_odd_quote(data: bytes, delimiter: str) -> bool:
    """Whether a quotation mark neither begins nor ends a cell, nor is beside another."""
    codes = np.frombuffer(b"\n" + data + b"\n", dtype=np.uint8)
    quote = codes == ord('"')
    plain = quote | (codes == ord(delimiter)) | (codes == ord("\n")) | (codes == ord("\r"))
    return bool((quote[1:-1] & ~(plain[:-2] | plain[2:])).any())


def _columns(data: bytes, request: Counting) -> tuple[Any, Any] | None:
    import pyarrow as pa
    from pyarrow import csv

    names = [f"{number}" for number in range(request.width)]
    wanted = [names[request.text], names[request.label]]
    try:
        table = csv.read_csv(
            pa.BufferReader(data),
            csv.ReadOptions(block_size=PARSED_BYTES, column_names=names),
            csv.ParseOptions(delimiter=request.delimiter),
            csv.ConvertOptions(
                include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string()),
                strings_can_be_null=False, check_utf8=False,
            ),
        )  # fmt: skip
    except pa.ArrowInvalid:
        return None
    return table.column(0), table.column(1)


def _any_missing(texts: Any) -> bool:
    """Whether a text is empty, or a word that says "no value"."""
    return any(map(_chunk_misses, texts.chunks))


def _chunk_misses(chunk: Any) -> bool:
    """The same of one array of texts: only those that may be it are looked at."""
    if not len(chunk):
        return False
    _, places, letters = chunk.buffers()
    ends = np.frombuffer(places, dtype=np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
    lengths = np.diff(ends)
    if not lengths.all():
        return True
    data = np.frombuffer(letters, dtype=np.uint8)
    first = data[ends[:-1]]
    suspects = np.flatnonzero(_BLANK[first] | (_WORD[first] & (lengths <= SHORT)))
    cells = (bytes(data[ends[at] : ends[at + 1]]).decode("utf-8", "replace") for at in suspects)
    return any(not (cell := item.strip()) or cell in SPELLED for item in cells)


def _firsts(letters: bytes) -> np.ndarray:
    """Which bytes are among `letters`, as a table of truth values."""
    table = np.zeros(256, dtype=bool)
    table[list(letters)] = True
    return table


_BLANK = _firsts(b" \t\v\f\x1c\x1d\x1e\x1f\xc2\xe1\xe2\xe3")  # may begin a space
_WORD = _firsts(bytes({word.encode()[0] for word in SPELLED if word}))


def _value_counts(labels: Any) -> Iterator[tuple[str, int]]:
    import pyarrow.compute as pc

    counted = pc.value_counts(labels)
    yield from zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(),
                   strict=True)  # fmt: skip
