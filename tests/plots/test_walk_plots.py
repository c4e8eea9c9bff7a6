"""Figures of the walk and of the budget: the numbers that are drawn are those that were given."""

import numpy as np
import pytest

from llmcore.plots.budget import context_lines, memory_bars, part_bars, size_bars
from llmcore.plots.walk import score_bars, stream_lines

JUNK = "</b><img src=x>"


def test_the_running_sum_ends_at_the_score() -> None:
    rng = np.random.default_rng(0)
    query, key = rng.normal(size=8).astype(np.float32), rng.normal(size=8).astype(np.float32)
    figure = score_bars(query, key, (JUNK, "b 1"))
    total = float(query.astype(np.float64) @ key)
    assert figure.data[3].y[-1] == pytest.approx(total, abs=1e-4)
    assert np.allclose(figure.data[2].y, query * key, atol=1e-4)
    titles = [annotation.text for annotation in figure.layout.annotations]
    assert f"{total:.3f}" in titles[3] and "<img" not in titles[0]
    with pytest.raises(ValueError, match="do not fit"):
        score_bars(query, key[:4], ("a", "b"))


def test_the_chosen_token_is_drawn_last_and_thick() -> None:
    sizes = np.arange(12.0).reshape(3, 4)
    figure = stream_lines(sizes, ["a", "a", JUNK, "d"], chosen=2)
    assert len(figure.data) == 4 and figure.data[-1].line.width > figure.data[0].line.width
    assert list(figure.data[-1].y) == [2.0, 6.0, 10.0]
    assert "<img" not in figure.data[-1].hovertemplate
    with pytest.raises(ValueError, match="do not fit"):
        stream_lines(sizes, ["a"], 0)


def test_parts_carry_their_share() -> None:
    figure = part_bars({"attention": 1.0, "feed-forward": 3.0}, ["one", "three"])
    assert list(figure.data[0].text) == ["one  (25.0%)", "three  (75.0%)"]
    with pytest.raises(ValueError, match="do not fit"):
        part_bars({"attention": 1.0}, [])


def test_sizes_are_logarithmic_and_all_are_in_sight() -> None:
    figure = size_bars(["This shape", JUNK], [10**6, 10**11], ["1 million", "100 billion"])
    low, high = figure.layout.xaxis.range
    assert figure.layout.xaxis.type == "log" and low < 6 and high > 11
    assert "<img" not in figure.layout.yaxis.ticktext[1]


def test_memory_is_stacked_in_one_unit_with_the_devices_that_fit_the_axis() -> None:
    bars = {"Use": {"weights": 40e9}, "Training": {"weights": 60e9, "gradients": 40e9}}
    figure = memory_bars(bars, {"laptop": 16e9, "GPU": 80e9, "too large": 1e12, "hair": 1e9})
    assert {trace.name: tuple(trace.x) for trace in figure.data} == {
        "weights": (40.0, 60.0), "gradients": (0.0, 40.0),
    }  # fmt: skip
    assert [annotation.text for annotation in figure.layout.annotations] == ["laptop", "GPU"]
    assert figure.layout.xaxis.title.text == "GB"


def test_a_mark_stands_where_its_line_stands() -> None:
    """On a logarithmic axis Plotly wants the number for a line and the logarithm for a text."""
    lengths = [16, 64, 256, 1024]
    figure = context_lines(lengths, {"a": [0, 0.1, 0.2, 0.3]}, "share", {"half": 100.0}, True)
    assert figure.layout.shapes[0].x0 == 100.0
    assert figure.layout.annotations[0].x == pytest.approx(2.0)
    gone = context_lines(lengths, {"a": [0, 1, 2, 3]}, "GB", {"half": 1e6}, False)
    assert not gone.layout.shapes and not gone.layout.annotations
