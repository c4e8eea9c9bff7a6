"""Subsets of subsets, each with its share of every class."""

import pytest

from llmcore.data import LabelledSet
from llmcore.data.subsets import nested_order, nested_subset
from llmcore.errors import LabError

LABELS = ["ham"] * 80 + ["spam"] * 15 + ["news"] * 5
DATA = LabelledSet("mine", [f"text number {i}" for i in range(100)], LABELS)


def test_a_smaller_subset_lies_within_a_larger_one() -> None:
    for seed in (0, 1):
        smaller: set[int] = set()
        for n in (3, 10, 30, 99, 100):
            rows = set(nested_subset(DATA, n, seed))
            assert len(rows) == n and smaller <= rows
            smaller = rows


def test_each_beginning_holds_the_classes_in_proportion() -> None:
    order = nested_order(DATA, 4)
    assert sorted(order) == list(range(100))
    assert {DATA.labels[i] for i in order[:3]} == {"ham", "spam", "news"}
    for n in (20, 40, 60, 80):
        for label, share in (("ham", 0.8), ("spam", 0.15), ("news", 0.05)):
            found = sum(DATA.labels[i] == label for i in order[:n])
            assert abs(found - share * n) <= 1.5


def test_the_draw_hangs_on_seed_and_text_alone() -> None:
    turned = LabelledSet("mine", DATA.texts[::-1], DATA.labels[::-1])
    here = {DATA.texts[i] for i in nested_subset(DATA, 12, 7)}
    assert here == {turned.texts[i] for i in nested_subset(turned, 12, 7)}
    assert here != {DATA.texts[i] for i in nested_subset(DATA, 12, 8)}


def test_sizes_that_cannot_be() -> None:
    for n in (2, 101):
        with pytest.raises(LabError, match="100 texts of 3 classes"):
            nested_subset(DATA, n, 0)
