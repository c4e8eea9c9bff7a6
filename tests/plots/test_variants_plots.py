"""The curves of the architectures: what is drawn, in what range, and told apart without colour."""

import pytest

from llmcore.plots.variants import DASHES, SYMBOLS, VariantCurve, lead_chart, learning_chart


def curves() -> list[VariantCurve]:
    tokens = [1, 50, 100]
    return [
        VariantCurve("GPT-2", 0, 0, tokens, [8.0, 4.0, 3.0]),
        VariantCurve("RoPE <b>", 1, 0, tokens, [8.0, 3.5, 2.5]),
        VariantCurve("GPT-2", 0, 1, tokens, [8.0, 4.1, 3.2]),
        VariantCurve("RoPE <b>", 1, 1, tokens[:2], [8.0, 3.6]),
    ]


def test_lines_differ_in_dash_and_mark_and_each_has_one_entry_in_the_legend() -> None:
    figure = learning_chart(curves())
    assert [trace.showlegend for trace in figure.data] == [True, True, False, False]
    first, second, third, _ = figure.data
    assert (first.line.dash, first.marker.symbol) != (second.line.dash, second.marker.symbol)
    assert first.line.color == third.line.color and third.opacity < first.opacity
    assert second.name == "RoPE &lt;b&gt;" and "<b>" not in second.hovertemplate
    assert len(set(zip(DASHES, SYMBOLS, strict=True))) == 6


def test_the_first_fall_does_not_press_the_rest_flat() -> None:
    low, high = learning_chart(curves()).layout.yaxis.range
    assert low < 2.5 and 4.1 < high < 5.0
    early = [VariantCurve("GPT-2", 0, 0, [1, 9, 50, 100], [8.0, 7.9, 4.0, 3.0]),
             VariantCurve("RoPE", 1, 0, [1, 9, 50, 100], [8.0, 4.0, 3.9, 2.9])]  # fmt: skip
    low, high = lead_chart(early).layout.yaxis.range
    assert low < 0.0 and 0.1 < high < 0.2  # not the 3.9 after 9 tokens


def test_the_lead_is_measured_against_the_same_seed_and_as_many_tokens() -> None:
    figure = lead_chart(curves(), luck=0.2)
    assert [trace.name for trace in figure.data] == ["RoPE &lt;b&gt;"] * 2
    assert list(figure.data[0].y) == pytest.approx([0.0, 0.5, 0.5])
    assert list(figure.data[1].y) == pytest.approx([0.0, 0.5]) and len(figure.data[1].x) == 2
    band = next(shape for shape in figure.layout.shapes if shape.type == "rect")
    assert (band.y0, band.y1) == (-0.2, 0.2)
    assert any(annotation.text == "luck" for annotation in figure.layout.annotations)
    assert not lead_chart(curves()[1:2]).data  # nothing to measure against


def test_empty_figures_say_that_they_wait() -> None:
    for figure in (learning_chart([]), lead_chart([])):
        assert "first point" in figure.layout.annotations[0].text
