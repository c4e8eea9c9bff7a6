"""What the columns of a table hold, by its first rows; and the one that a user names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from llmcore.data.reading.layout import is_number
from llmcore.data.reading.report import listed
from llmcore.data.reading.rows import Rows
from llmcore.data.reading.values import NotText, cell_text, is_missing_word
from llmcore.errors import NotFoundError

MAX_CLASSES = 100
_FLAGS = ({"0", "1"}, {"true", "false"}, {"0.0", "1.0"}, {"yes", "no"})
_DATES = re.compile(
    r"^\W*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b|^\w{3},? \w{3},? \d|^\d{1,2} \w{3,9},? \d{4}"
    r"|\d\d:\d\d:\d\d"
)


@dataclass(slots=True)
class Column:
    """What a column of the sample holds. values: its texts; missing and odd ones left out."""

    name: str
    values: list[str] = field(default_factory=list)
    n_rows: int = 0

    @property
    def distinct(self) -> int:
        return len(set(self.values))

    @property
    def mean_length(self) -> float:
        return sum(map(len, self.values)) / max(1, len(self.values))

    @property
    def is_numeric(self) -> bool:
        return sum(map(is_number, self.values)) > 0.9 * max(1, len(self.values))

    @property
    def wordy(self) -> float:
        """Share of values of several words; scripts without spaces count by their length."""
        several = sum(
            " " in value or (len(value) > 6 and not value.isascii()) for value in self.values
        )
        return several / max(1, len(self.values))

    @property
    def is_dates(self) -> bool:
        return sum(bool(_DATES.search(value)) for value in self.values) > 0.9 * len(self.values)

    @property
    def is_text(self) -> bool:
        """Different texts of some length, not numbers, links or names of files."""
        links = sum(value.startswith(("http://", "https://")) for value in self.values[:200])
        return (
            bool(self.values)
            and not self.is_numeric
            and not self.is_dates
            and self.distinct > 0.3 * len(self.values)
            and links < 0.5 * min(200, len(self.values))
        )

    @property
    def is_label(self) -> bool:
        """Two to MAX_CLASSES values that mostly repeat, short, and filled in."""
        n = len(self.values)
        if not 2 <= self.distinct <= MAX_CLASSES or n < 0.2 * self.n_rows:
            return False
        if self.mean_length > 60 or (n >= 8 and self.distinct > n / 2):
            return False
        return not (self.is_numeric and self.distinct > 20) and not self.is_dates

    @property
    def is_flag(self) -> bool:
        """0 and 1, or true and false."""
        return set(map(str.casefold, self.values)) in _FLAGS


def columns_of(rows: Rows) -> list[Column]:
    """What the columns of a table hold, by its first rows; worked out once for a table."""
    if rows.looked_at is None:
        rows.looked_at = _look_at(rows)
    return rows.looked_at


def _look_at(rows: Rows) -> list[Column]:
    columns = [Column(name) for name in rows.columns]
    for row in rows.sample():
        for column, cell in zip(columns, row, strict=False):
            column.n_rows += 1
            try:
                text = cell_text(cell)
            except NotText:
                continue
            if text is not None and not is_missing_word(text):
                column.values.append(text.strip())
    return columns


def find_column(columns: Sequence[str], name: str, chosen: str) -> int:
    """The place of a column that the user named, in any case of letters, or numbered from 1.

    Raises NotFoundError that lists the columns with their numbers.
    """
    if chosen in columns:
        return list(columns).index(chosen)
    folded = [column.strip().casefold() for column in columns]
    if folded.count(chosen.strip().casefold()) == 1:
        return folded.index(chosen.strip().casefold())
    if chosen.strip().isdecimal() and f"column {int(chosen)}" in columns:
        return list(columns).index(f"column {int(chosen)}")  # beside one that the lab added
    if chosen.strip().isdecimal() and 1 <= int(chosen) <= len(columns):
        return int(chosen) - 1
    raise NotFoundError(
        f"{name} has no column {chosen!r}: choose one of {listed(list(columns))}, or its number."
    )
