"""Figures of classifiers: what was given is what is drawn, and text stays text."""

import pytest

from llmcore.evaluation import precision_recall
from llmcore.experiments.learning_curve.points import CurvePoint, curve_rows
from llmcore.plots.classification import (
    class_bars,
    confusion_chart,
    learning_curve_chart,
    precision_recall_chart,
)

SCRIPT = "<b>x</b><script>"


def test_bars_of_classes_are_sorted_and_escaped() -> None:
    bars = class_bars({"few": 2, SCRIPT: 1200, "some": 30}).data[0]
    assert list(bars.x) == [1200, 30, 2] and bars.text[0] == "1,200"
    assert bars.y[0] == "&lt;b&gt;x&lt;/b&gt;&lt;script&gt;"


def test_every_count_stands_in_its_cell_and_noughts_among_few_classes_only() -> None:
    full, faint = confusion_chart([[3, 0], [1, 1]], ["a", "b"]).data[1:]
    assert list(zip(full.x, full.y, full.text, strict=True)) == [
        ("a", "a", "3"),
    ]  # fmt: skip
    assert list(zip(faint.x, faint.y, faint.text, strict=True)) == [
        ("b", "a", "0"), ("a", "b", "1"), ("b", "b", "1"),
    ]  # fmt: skip
    assert full.textfont.color == "white" and faint.textfont.color is None
    names = [f"class {i}" for i in range(12)]
    many = confusion_chart([[5 * (i == j) for j in range(12)] for i in range(12)], names)
    assert many.data[1].text == ("5",) * 12 and not many.data[2].text
    assert many.layout.xaxis.dtick == 1


def test_the_chosen_threshold_is_a_dot_on_the_curve() -> None:
    curve = precision_recall([True, False, True], [0.9, 0.7, 0.6])
    figure = precision_recall_chart(curve, (1.0, 2 / 3), 2 / 3, "run")
    line, dot = figure.data
    assert (dot.x[0], dot.y[0]) in list(zip(line.x, line.y, strict=True))
    assert figure.layout.shapes[0].y0 == pytest.approx(2 / 3)
    assert len(precision_recall_chart(curve, None, 0.5, "run").data) == 1


def test_a_learning_curve_has_a_band_from_the_lowest_to_the_highest_draw() -> None:
    scores = {(10, 0): 0.5, (10, 1): 0.7, (100, 0): 0.8}
    points = [CurvePoint("pretrained", n, s, f1, f1 / 2, 1.0) for (n, s), f1 in scores.items()]
    band, line = learning_curve_chart(curve_rows(points), "accuracy", "run").data
    assert list(line.x) == [10, 100] and list(line.y) == pytest.approx([0.6, 0.8])
    corners = list(zip(band.x, band.y, strict=True))
    assert corners == [(10, 0.7), (100, 0.8), (100, 0.8), (10, 0.5)]
    _, halved = learning_curve_chart(curve_rows(points), "macro_f1", "run").data
    assert list(halved.y) == pytest.approx([0.3, 0.4])
