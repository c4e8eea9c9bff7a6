"""The fast way to count the rows of a plain block of CSV: pyarrow parses it, no cell becomes an
object of Python. The plain way is `delimited` with `labels`; both give the same numbers.

Only blocks in which nothing is odd are counted here: each line is one row with as many cells as
the table has columns, quotation marks stand at the ends of cells, and every row has both a text
and a label. For any other block the answer is None, and the plain way reads it.
"""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from llmcore.data.reading.values import MISSING_WORDS

SPELLED = frozenset(
    form for word in MISSING_WORDS
    for form in (word, word.upper(), word.capitalize(), word.title(), "NaN", "NaT", "<NA>")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counting:
    """What is counted: the places of text and label among `width` columns; header: the first row,
    where the file names its columns."""

    delimiter: str
    width: int
    text: int
    label: int
    header: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows of a block and how often each label stands in them. first_line: of the block."""

    n_rows: int
    labels: Counter[str]
    first_line: int


def count_block(text: str, first_line: int, wish: Counting) -> Counted | None:
    """The numbers of a block of whole lines, None where anything in it is out of the ordinary."""
    data = text.encode()
    codes = np.frombuffer(b"\n" + data + b"\n", dtype=np.uint8)
    n_lines = int(np.count_nonzero(codes == ord("\n"))) - 1 - text.endswith("\n")
    if b'"' in data and _has_odd_quote(codes, wish.delimiter):
        return None
    columns = _columns(data, wish)
    if columns is None or len(columns[0]) != n_lines:
        return None
    texts, labels = columns
    if _any_missing(texts):
        return None
    counted: Counter[str] = Counter()
    for one in _value_counts(labels):
        counted[one["values"].strip()] += one["counts"]
    if "" in counted or (wish.header and wish.header[wish.label].strip() in counted):
        return None
    return Counted(n_lines, counted, first_line)


def _has_odd_quote(codes: np.ndarray, delimiter: str) -> bool:
    """Whether a quotation mark neither begins nor ends a cell, nor stands beside another."""
    quote = codes == ord('"')
    plain = quote | (codes == ord(delimiter)) | (codes == ord("\n")) | (codes == ord("\r"))
    return bool((quote[1:-1] & ~(plain[:-2] | plain[2:])).any())


def _columns(data: bytes, wish: Counting) -> tuple[Any, Any] | None:
    import pyarrow as pa
    from pyarrow import csv

    names = [f"{number}" for number in range(wish.width)]
    wanted = [names[wish.text], names[wish.label]]
    try:
        table = csv.read_csv(
            pa.BufferReader(data),
            csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names),
            csv.ParseOptions(delimiter=wish.delimiter),
            csv.ConvertOptions(
                include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string()),
                strings_can_be_null=False, check_utf8=False,
            ),
        )  # fmt: skip
    except pa.ArrowInvalid:
        return None
    return table.column(0), table.column(1)


def _any_missing(texts: Any) -> bool:
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim_whitespace(texts)
    if (pc.min(pc.binary_length(trimmed)).as_py() or 0) == 0:
        return True
    return bool(pc.any(pc.is_in(trimmed, value_set=_missing_words())).as_py())


@lru_cache(maxsize=1)
def _missing_words() -> Any:
    import pyarrow as pa

    return pa.array(sorted(SPELLED))


def _value_counts(labels: Any) -> list[dict[str, Any]]:
    import pyarrow.compute as pc

    return pc.value_counts(labels).to_pylist()
