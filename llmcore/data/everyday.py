"""Rows of a built-in set that a page can show first: without invented names and misspelled words.

The generators invent thousands of names on purpose (a model would learn a hundred of them by heart
instead of copying), and some rows are there to have a spelling corrected. To whoever sees such a
row first, both read as mistakes of the lab.
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from llmcore.data.instructions import FOLDER, Instruction, load_builtin

NAMES = FOLDER / "names.txt"  # written by assets/make_instructions.py
OFTEN = 12  # times in the training rows: an invented name comes at most 8 times there
RARE = 3  # a small word that comes less often may be misspelled
FEWEST = 5  # rows to choose from
_WORD = re.compile(r"\b[^\W\d_]+\b")


def everyday_rows(rows: Sequence[Instruction], source: str) -> list[Instruction]:
    """Those of `rows` of the built-in set `source` that have no odd word, in order; if these are
    fewer than `FEWEST`, that many with the fewest odd words. Raises DamagedError if the set cannot
    be read."""
    n_odd = [len(odd_words(row, source)) for row in rows]
    n_even = n_odd.count(0)
    order = sorted(range(len(rows)), key=n_odd.__getitem__)
    return [rows[at] for at in order[: max(FEWEST, n_even)]]


def odd_words(row: Instruction, source: str) -> list[str]:
    """Words of a row that are invented names, or rare enough to be misspelled; each once."""
    counts, names = _counts(source), _names()
    return [
        word
        for word in dict.fromkeys(_words(row))
        if word.lower() not in names
        and counts[word.lower()] < (OFTEN if word[0].isupper() else RARE)
    ]


def _words(row: Instruction) -> list[str]:
    texts = (text for turn in row.turns for text in (turn.instruction, turn.input, turn.output))
    return [word for text in texts for word in _WORD.findall(text)]


@lru_cache(maxsize=4)
def _counts(source: str) -> Counter[str]:
    return Counter(word.lower() for row in load_builtin(source).train for word in _words(row))


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    try:
        return frozenset(NAMES.read_text(encoding="utf-8").lower().split())
    except OSError:
        return frozenset()
