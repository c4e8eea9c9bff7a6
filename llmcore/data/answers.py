"""Texts with their labels as a CSV file that a spreadsheet can open without running anything."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TextIO

# What makes a spreadsheet take a cell for a formula, if it comes first.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(text: str) -> str:
    """`text` that a spreadsheet shows rather than computes: an apostrophe before a formula.

    >>> safe_cell("=1+1"), safe_cell("see you at 5")
    ("'=1+1", 'see you at 5')
    """
    text = text.replace("\0", "")
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def write_answers(
    file: TextIO, rows: Iterable[tuple[str, dict[str, Any]]], labels: Sequence[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Writes a line for each (text, answer) of a `Classifier` as it comes, and hands it on.

    Columns: text, label, probability, then the probability of every label. An empty text keeps
    its line, without a label, so that lines of input and output have the same numbers.
    """
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(
        [
            "text",
            "label",
            "probability",
            *(safe_cell(f"probability of {label}") for label in labels),
        ]
    )
    for text, answer in rows:
        cells = [safe_cell(text)]
        if answer["label"] is None:
            cells += ["", "", *("" for _ in labels)]
        else:
            shares = answer["probabilities"]
            cells += [safe_cell(answer["label"]), f"{answer['probability']:.6f}"]
            cells += [f"{shares[label]:.6f}" for label in labels]
        writer.writerow(cells)
        yield text, answer
