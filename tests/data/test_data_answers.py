"""Labelled texts as CSV: every text on its line, and nothing that a spreadsheet would run."""

import csv
import io

import pytest

from llmcore.data import answers


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "  ="])
def test_formulas_are_disarmed(sign: str) -> None:
    assert answers.safe_cell(f"{sign}cmd|' /C calc'!A0").startswith("'")
    assert answers.safe_cell(f"a{sign}b") == f"a{sign}b"


def test_texts_and_answers_come_back_as_they_were() -> None:
    given = [
        ('a "quoted", text\nof two lines', {"ham": 0.25, "=spam": 0.75}),
        ("", None),
        ("-5 degrees\0", {"ham": 1.0, "=spam": 0.0}),
    ]
    rows = [
        (
            text,
            {"label": None, "probability": None, "probabilities": {}}
            if shares is None
            else {
                "label": max(shares, key=shares.__getitem__),
                "probability": max(shares.values()),
                "probabilities": shares,
            },
        )
        for text, shares in given
    ]
    out = io.StringIO(newline="")
    assert list(answers.write_answers(out, iter(rows), ["ham", "=spam"])) == rows
    header, first, second, third = csv.reader(io.StringIO(out.getvalue(), newline=""))
    assert header == ["text", "label", "probability", "probability of ham", "probability of =spam"]
    assert first == [given[0][0], "'=spam", "0.750000", "0.250000", "0.750000"]
    assert second == ["", "", "", "", ""]
    assert third[:2] == ["'-5 degrees", "ham"]


def test_lines_are_written_as_the_answers_come() -> None:
    out = io.StringIO(newline="")
    endless = iter(lambda: ("hello", {"label": "a", "probability": 1.0,
                                      "probabilities": {"a": 1.0}}), None)  # fmt: skip
    written = answers.write_answers(out, endless, ["a"])
    for _ in range(3):
        next(written)
    assert out.getvalue().count("hello") == 3
