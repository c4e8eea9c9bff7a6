"""Where a table begins, and whether its first row names the columns: decided by the cells."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from llmcore.data.reading.names import KNOWN_NAMES
from llmcore.data.reading.rows import unique_names

MOST_PREAMBLE = 30  # rows above a table
_NAME = re.compile(r"[^\W\d_][\w \-./()#:&%]*|[\w.\-]*[^\W\d][\w.\-]*", re.UNICODE)
_NUMBER = re.compile(r"[-+]?(?:\d[\d,.' ]*|\.\d+)(?:[eE][-+]?\d+)?%?")
_RULE = re.compile(r"[:+|]*[-=─]{3,}[-=─:+|]*")
_MOST_AGAIN = 20  # rows for each one that is the header again
_LONGEST_NAME = 40
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T].*)?")


@dataclass(frozen=True, slots=True)
class Layout:
    """skip: rows above the table (titles, comments). header: the next row names the columns.
    columns: unique names; numbered if the file has none. sure: False if it may be otherwise.
    """

    skip: int
    header: bool
    columns: list[str]
    sure: bool
    why: str


def find_layout(rows: Sequence[Sequence[str]], named: Sequence[str] = ()) -> Layout:
    """The layout of a table by its first rows (cells as texts; blank rows left out already).

    named: columns that the user named; a row that holds one is the header in any case.
    """
    width = usual_width(rows)
    skip = 0
    while skip < min(MOST_PREAMBLE, len(rows) - 1) and _is_preamble(rows[skip], width):
        skip += 1
    for at in range(min(len(rows), MOST_PREAMBLE)):
        if named and _holds(rows[at], named):
            return _with_header(at, rows[at], rows[at + 1 :], True, "it holds the column you named")
    if skip >= len(rows):
        return Layout(skip, False, _numbered(width), False, "there are no rows")
    first, body = rows[skip], rows[skip + 1 :]
    if _lacks_row_names(first, body):
        return Layout(skip, True, unique_names(["row", *first]), True,
                      "it has one cell fewer than all rows below it")  # fmt: skip
    score, why = _header_score(first, body)
    if score > 0:
        return _with_header(skip, first, body, score >= 2, why)
    return Layout(skip, False, _numbered(_least_width(rows[skip:], width)), score <= -2, why)


def _least_width(rows: Sequence[Sequence[str]], usual: int) -> int:
    """Without a header: if rows differ in length, as many columns as all of them have. Texts
    that hold the delimiter make rows longer, never shorter."""
    widths = Counter(filled_width(row) for row in rows)
    rare = len(rows) / 50
    return min((n for n, times in widths.items() if n >= 2 and times > rare), default=usual)


def usual_width(rows: Sequence[Sequence[str]]) -> int:
    """The most frequent number of cells, empty ones at the end of a row aside."""
    widths = Counter(filled_width(row) for row in rows)
    widths.pop(0, None)
    if not widths:
        return 1
    return max(widths.items(), key=lambda pair: (pair[1], pair[0]))[0]


def filled_width(row: Sequence[str]) -> int:
    """Cells up to the last one with something in it."""
    n = len(row)
    while n and not row[n - 1].strip():
        n -= 1
    return n


def is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text.strip()))


def is_rule(row: Sequence[str]) -> bool:
    """Whether a row is a drawn line: dashes under the names, as in Markdown and in what databases
    print."""
    filled = [cell.strip() for cell in row if cell.strip()]
    return bool(filled) and all(map(_RULE.fullmatch, filled))


def _numbered(width: int) -> list[str]:
    return [f"column {number}" for number in range(1, width + 1)]


def _is_preamble(row: Sequence[str], width: int) -> bool:
    """A title or a comment: one cell above a table of several columns."""
    if not any(cell.strip() for cell in row):
        return True
    return width > 1 and filled_width(row) == 1 and bool(row[0].strip())


def _holds(row: Sequence[str], named: Sequence[str]) -> bool:
    folded = {cell.strip().casefold() for cell in row}
    return any(name.strip().casefold() in folded for name in named)


def _with_header(
    at: int, first: Sequence[str], body: Sequence[Sequence[str]], sure: bool, why: str
) -> Layout:
    """Unnamed columns at the end that are nearly always empty are no columns."""
    names = [cell.strip() for cell in first]
    while names and not names[-1]:
        filled = sum(len(row) >= len(names) and bool(row[len(names) - 1].strip()) for row in body)
        if filled > len(body) / 10:
            break
        names.pop()
    return Layout(at, True, unique_names(names), sure, why)


def _lacks_row_names(first: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """R writes the numbers of rows without a name above them."""
    if len(body) < 2 or not first or any(len(row) != len(first) + 1 for row in body):
        return False
    names = [row[0] for row in body]
    numbers = len(set(names)) == len(names) and all(map(is_number, names))
    return numbers and not any(map(is_number, first))


def _header_score(first: Sequence[str], body: Sequence[Sequence[str]]) -> tuple[int, str]:
    """Above 0: the first row names the columns; the further from 0, the surer."""
    votes: list[tuple[int, str]] = []
    body = _without_again(first, [row for row in body if not is_rule(row)])
    for at, cell in enumerate(first):
        cell = cell.strip()
        below = [text for row in body if len(row) > at and (text := row[at].strip())]
        if cell and below:
            votes.append(_vote(cell, below))
        elif cell.casefold() in KNOWN_NAMES:
            votes.append((2, f"{cell!r} is a usual name"))
    if not votes:
        return -1, "nothing tells names from rows"
    best = max(votes)
    worst = min(votes)
    if best[0] + worst[0] > 0 or (best[0] >= 3 and best[0] + worst[0] >= 0):
        return max(1, best[0] + min(0, worst[0])), best[1]
    if worst[0] < 0:
        return worst[0], worst[1]
    return -1, "its cells are like those below"


def _without_again(
    first: Sequence[str], body: Sequence[Sequence[str]]
) -> Sequence[Sequence[str]]:  # fmt: skip
    """The rows without the first one again, as joined files have it now and then. What comes again
    often, or is alone in its row, is a row and no header."""
    others = [row for row in body if row != first]
    n_again = len(body) - len(others)
    known = any(cell.strip().casefold() in KNOWN_NAMES for cell in first)
    joined = known or n_again <= max(1, len(body) / _MOST_AGAIN)
    return others if joined and len(first) > 1 else body


def _vote(cell: str, below: list[str]) -> tuple[int, str]:
    """What one cell says: 3 for a usual name, 2 or 1 if it differs in kind from what is
    below it, below 0 if it is one of them."""
    folded = cell.casefold()
    values = Counter(text.casefold() for text in below)
    again = folded in values
    if folded in KNOWN_NAMES and not again:
        return 3, f"{cell!r} is a usual name"
    if again:
        return -2, f"{cell[:40]!r} comes again below"
    if is_number(cell) or _DATE.fullmatch(cell):
        numbers = sum(map(is_number, below)) + sum(bool(_DATE.fullmatch(cell)) for cell in below)
        return (-2 if 2 * numbers > len(below) else -1), f"{cell[:40]!r} is a number as below it"
    if not _like_a_name(cell):
        return -1, f"{cell[:40]!r} is a text, not a name"
    if sum(map(is_number, below)) >= 0.9 * len(below):
        return 2, f"{cell!r} stands above numbers"
    if len(below) >= 4 and len(values) <= len(below) / 2:
        sure = 2 if len(values) > 1 else 1  # one row of another class, or a name: who can tell
        return sure, f"{cell!r} stands above values that repeat, and is none of them"
    if "_" in cell and not any("_" in text for text in below):
        return 2, f"{cell!r} is a name with an underscore, and none of the texts below has one"
    usual = median(map(len, below))
    if usual >= 20 and usual >= 3 * len(cell):
        return 1, f"{cell!r} is short, and texts stand below it"
    return 0, "its cells are like those below"


def _like_a_name(cell: str) -> bool:
    if len(cell) > _LONGEST_NAME or cell[-1] in ".!?…,;" or cell.count(" ") > 4:
        return False
    return bool(_NAME.fullmatch(cell))
