"""Figures of tokenizers and embeddings: what was given is what is drawn, and text stays text."""

import numpy as np
import pytest

from llmcore.plots.embeddings import Map, embedding_maps
from llmcore.plots.tokenizers import compression_dots, count_bars, growth_curve

SCRIPT = "<b>x</b><script>"


def test_growth_keeps_its_ends_and_is_thinned() -> None:
    sizes = np.arange(258, 60_000)
    figure = growth_curve(sizes, np.sqrt(sizes))
    line = figure.data[0]
    assert len(line.x) <= 1000 and (line.x[0], line.x[-1]) == (258, 59_999)
    assert figure.layout.xaxis.type == "log"
    assert growth_curve([258], [1.1]).data[0].mode == "markers"


def test_dots_stand_in_the_rows_of_their_texts() -> None:
    figure = compression_dots(["English", SCRIPT], {"a": [4.0, 1.0], "b": [3.0, 2.0]}, "bytes", 1.0)
    assert [list(trace.x) for trace in figure.data] == [[4.0, 1.0], [3.0, 2.0]]
    assert figure.data[0].marker.symbol != figure.data[1].marker.symbol
    spans = [(shape.x0, shape.x1, shape.y0) for shape in figure.layout.shapes[:2]]
    assert spans == [(3.0, 4.0, 0), (1.0, 2.0, 1)]
    assert figure.layout.yaxis.ticktext[1] == "&lt;b&gt;x&lt;/b&gt;&lt;script&gt;"


def test_bars_colour_the_chosen_sort_only() -> None:
    colours = count_bars(["word", "sign"], [5, 2], chosen="sign").data[0].marker.color
    assert colours[0] != colours[1]
    assert len(set(count_bars(["word", "sign"], [5, 2]).data[0].marker.color)) == 1


def test_maps_share_groups_and_refuse_what_does_not_fit() -> None:
    points = np.arange(8.0).reshape(4, 2)
    maps = [Map("before", points, (0.3, 0.2)), Map("after", points * 2, (0.5, 0.1))]
    figure = embedding_maps(maps, ["a", " b", SCRIPT, "d"], {"one": [0, 1], "two": [2, 3]})
    assert [trace.name for trace in figure.data] == ["one", "two", "one", "two"]
    assert [trace.showlegend for trace in figure.data] == [True, True, False, False]
    assert list(figure.data[3].x) == [8.0, 12.0]
    assert figure.data[0].text == ("a", "·b")
    assert "<script>" not in figure.data[1].text[0]
    titles = [annotation.text for annotation in figure.layout.annotations]
    assert titles == ["before: 50% of the variance", "after: 60% of the variance"]
    with pytest.raises(ValueError, match="does not fit 3"):
        embedding_maps(maps, ["a", "b", "c"], {"one": [0]})
