"""What pages show first of a built-in set has no invented names and no misspelled words."""

import sys

import pytest

from llmcore.data import INSTRUCTIONS
from llmcore.data.everyday import FEWEST, NAMES, everyday_rows, odd_words
from llmcore.data.instructions import load_builtin, single
from llmcore.paths import PROJECT_ROOT

sys.path.insert(0, str(PROJECT_ROOT / "assets"))
import make_instructions


def test_the_names_are_those_of_the_generator() -> None:
    assert NAMES.read_text("utf-8") == make_instructions.common_names()


@pytest.mark.parametrize(
    ("source", "text", "odd"),
    [
        ("translation", "I am going to travel to Franice by boat.", ["Franice"]),
        ("translation", "I am going to travel to Lima by boat.", []),
        ("general", "I can read beginnng and write it.", ["beginnng"]),
        ("general", "Dorothy is a driver. Franofia is a driver.", ["Franofia"]),
        ("airline-support", "I'm booked on LT378 to Bogota.", []),
        ("airline-support", "Jesa Reause on BJ697.", ["Jesa", "Reause"]),
    ],
)
def test_invented_and_misspelled_words_are_odd(source: str, text: str, odd: list[str]) -> None:
    assert odd_words(single(text, ""), source) == odd


@pytest.mark.parametrize("source", INSTRUCTIONS)
def test_rows_shown_first_have_none(source: str) -> None:
    rows = load_builtin(source).test
    shown = everyday_rows(rows, source)
    assert FEWEST < len(shown) < len(rows)
    assert not any(odd_words(row, source) for row in shown)
    odd = [row for row in rows if odd_words(row, source)]
    assert len(odd) + len(shown) == len(rows)
    few = everyday_rows([*odd[:9], shown[0]], source)
    assert few[0] == shown[0] and len(few) == FEWEST
    assert everyday_rows([], source) == []
