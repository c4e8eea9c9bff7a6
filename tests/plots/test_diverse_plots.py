"""The matrix of diverse data and the log scale of text."""

import numpy as np
import pytest

from llmcore.plots.diverse import matrix_chart, nearness, scale_chart, short_amount


def test_a_cell_shows_its_number_or_that_it_is_open() -> None:
    heat = matrix_chart([[2.0, 3.0], [2.5, None]], ["a", "mix"], ["a", "b"]).data[0]
    assert [list(row) for row in heat.text] == [["2.00", "3.00"], ["2.50", "…"]]
    assert heat.z[0][0] == 1.0 and heat.z[1][1] == 0.0


def test_the_colour_compares_within_a_column() -> None:
    near = nearness(np.array([[2.0, 9.0, np.nan], [2.75, 8.0, np.nan], [5.0, np.nan, np.nan]]))
    assert near[:, 0].tolist() == [1.0, 0.5, 0.0]
    assert near[:, 1].tolist() == pytest.approx([1 / 3, 1.0, 0.0])
    assert near[:, 2].tolist() == [0.0, 0.0, 0.0]


def test_amounts_stand_on_a_log_scale() -> None:
    figure = scale_chart([("mine", 2e5), ("large", 1.5e13)], frozenset({"mine"}))
    assert figure.layout.xaxis.type == "log" and list(figure.data[0].x) == [2e5, 1.5e13]
    colours = figure.data[0].marker.color
    assert colours[0] != colours[1]
    assert short_amount(3e11) == "300 billion" and short_amount(12) == "12"
