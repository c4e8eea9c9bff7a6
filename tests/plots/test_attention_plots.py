"""Figures of attention: the mask is empty, equal tokens stay apart, labels stay letters."""

import numpy as np
import pytest

from llmcore.plots.attention import attention_heatmap, next_token_bars
from llmcore.plots.labels import short_label, visible_label


def causal(*shape: int) -> np.ndarray:
    weights = np.tril(np.random.default_rng(0).random(shape) + 0.01)
    return weights / weights.sum(-1, keepdims=True)


def written(figure) -> list[str]:
    """The labels of the columns, which are those of the rows."""
    found = figure.layout.xaxis.labelalias
    assert found == figure.layout.yaxis.labelalias
    return [found[str(at)] for at in range(len(found))]


def test_heatmap_keeps_equal_tokens_apart_and_the_future_empty() -> None:
    labels = ["the", " cat", "the", "the"]
    weights = causal(4, 4)
    figure = attention_heatmap(weights, labels)
    cells = np.array(figure.data[0].z, dtype=float)
    assert written(figure) == ["the", "·cat", "the", "the"]
    assert figure.data[0].x == figure.data[0].y == ("0", "1", "2", "3")
    assert np.isnan(cells[np.triu_indices(4, 1)]).all()
    np.testing.assert_allclose(np.nansum(cells, axis=1), 1, atol=1e-3)
    # The first token stands at the top, as one reads.
    assert tuple(figure.layout.yaxis.range) == (3.5, -0.5)
    assert (figure.data[0].zmin, figure.data[0].zmax) == (0, 1)


def test_a_model_that_reads_to_both_sides_keeps_the_upper_triangle() -> None:
    weights = np.random.default_rng(0).random((4, 4)) + 0.01
    weights /= weights.sum(-1, keepdims=True)
    cells = np.array(attention_heatmap(weights, ["a", "b", "c", "d"]).data[0].z, dtype=float)
    np.testing.assert_allclose(cells, weights, atol=1e-4)


def test_token_text_is_never_read_as_markup() -> None:
    figure = attention_heatmap(causal(2, 2), ["<b>x</b>", "&lt;"])
    hover = figure.data[0].text[1][0]
    assert written(figure) == ["&lt;b&gt;x&lt;/b&gt;", "&amp;lt;"]
    assert "&lt;b&gt;x" in hover and "<b>x" not in hover
    bars = next_token_bars(["<a href='x'>"], [1.0])
    assert "<a" not in bars.layout.yaxis.ticktext[0] and "<a" not in bars.data[0].customdata[0]


@pytest.mark.parametrize("n_tokens", [40, 300])
def test_the_browser_thins_out_the_labels_of_a_long_text(n_tokens: int) -> None:
    """Only for categories without chosen ticks does Plotly write as many labels as have room."""
    figure = attention_heatmap(causal(n_tokens, n_tokens), ["a"] * n_tokens)
    for axis in (figure.layout.xaxis, figure.layout.yaxis):
        assert axis.type == "category" and axis.tickvals is None and axis.tickmode is None
        assert len(axis.labelalias) == n_tokens


def test_a_long_text_keeps_every_cell_and_names_its_tokens_where_one_points() -> None:
    figure = attention_heatmap(causal(300, 300), ["a"] * 300, row=7)
    heatmap = figure.data[0]
    assert heatmap.z.shape == (300, 300) and heatmap.text is None
    assert "%{x}" in heatmap.hovertemplate and "%{y}" in heatmap.hovertemplate
    assert (figure.layout.shapes[0].y0, figure.layout.shapes[0].y1) == (6.5, 7.5)


def test_one_token_is_enough() -> None:
    assert attention_heatmap(np.ones((1, 1)), ["a"]).data[0].z[0][0] == 1


def test_bars_stand_best_first() -> None:
    figure = next_token_bars(["a", " b", "c"], [0.2, 0.5, 0.0001])
    assert figure.layout.yaxis.ticktext == ("·b", "a", "c")
    assert figure.data[0].text == ("50.0%", "20.0%", "< 0.1%")
    colours = figure.data[0].marker.color
    assert colours[0] != colours[1] == colours[2]


@pytest.mark.parametrize(
    "call",
    [
        lambda: attention_heatmap(np.ones((2, 2)), ["a"]),
        lambda: attention_heatmap(np.ones((1, 2, 2)), ["a", "b"]),
        lambda: attention_heatmap(np.ones((0, 0)), []),
        lambda: next_token_bars(["a"], []),
    ],
)
def test_shapes_that_do_not_fit_are_refused(call) -> None:
    with pytest.raises(ValueError, match="fit"):
        call()


def test_every_character_of_a_label_can_be_seen() -> None:
    assert visible_label("a b\n\t\x00\x7f") == "a·b↵⇥␀␡"
    assert visible_label("\u202e") == "U+202E"
    assert visible_label("\u0301") == "◌\u0301"
    assert visible_label("") == "∅"
    assert visible_label("héllo 😀") == "héllo·😀"


def test_short_labels_count_wide_signs_twice() -> None:
    assert short_label("abcdef", 6) == "abcdef"
    assert short_label("abcdefg", 6) == "abcde…"
    assert short_label("中中中", 5) == "中中…"
