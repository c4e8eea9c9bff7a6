"""Figures of parts, layers, before and after: what they show is what they were given."""

import numpy as np
import pytest

from llmcore.plots import theme
from llmcore.plots.interpret import before_after_bars, layer_lines, part_map, share_bars

HOSTILE = "<a href='x'>"


def test_before_and_after_stand_together_with_their_difference() -> None:
    figure = before_after_bars([" a", HOSTILE], [0.5, 0.1], [0.25, 0.1], ("on", "off"))
    before, after = figure.data
    assert (before.name, after.name) == ("on", "off")
    assert tuple(before.x) == (0.5, 0.1) and tuple(after.x) == (0.25, 0.1)
    assert after.text == ("25.0% (−25.0)", "10.0% (+0.0)")
    # The pair of a token stands at its row, the first row on top.
    np.testing.assert_allclose(np.add(before.y, after.y) / 2, [0, 1])
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]
    assert "<a" not in "".join((*figure.layout.yaxis.ticktext, *after.customdata))


def test_the_map_writes_each_number_at_its_place() -> None:
    values = np.array([[0.001, -0.5], [0.2, 1.0]])
    figure = part_map(values, ["H0", "MLP"], "nats")
    written = {(annotation.x, annotation.y): annotation for annotation in figure.layout.annotations}
    assert written[1, 0].text == "−0.50" and written[0, 0].text == "0"
    assert written[1, 1].font.color == "white" and written[0, 1].font.color is None
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-1, 1)
    assert figure.layout.yaxis.autorange == "reversed"  # layer 0 on top, as everywhere
    assert part_map(values, ["H0", "MLP"], "nats", largest=0.2).data[0].zmax == 0.2
    assert part_map(np.abs(values), ["a", "b"], "x", diverging=False).data[0].zmin == 0
    assert len(part_map(np.ones((40, 20)), ["H"] * 20, "x").layout.annotations) == 0


def test_shares_keep_their_order_and_sign() -> None:
    figure = share_bars(["L0H1", HOSTILE], [0.5, -2.0])
    bar = figure.data[0]
    assert tuple(bar.x) == (0.5, -2.0) and bar.text == ("+0.50", "-2.00")
    assert bar.marker.color == (theme.SERIES[0], theme.SERIES[1])
    assert "<a" not in figure.layout.yaxis.ticktext[1]
    assert figure.layout.xaxis.range[0] < -2 and figure.layout.xaxis.range[1] > 0.5


def test_lines_go_from_the_embedding_to_the_last_layer() -> None:
    figure = layer_lines({"mean": np.array([0.0, 1.0, 2.0]), "last": np.ones(3)}, "KL")
    assert figure.layout.xaxis.ticktext == ("embedding", "layer 0", "layer 1")
    assert [trace.name for trace in figure.data] == ["mean", "last"]
    assert figure.data[0].marker.symbol != figure.data[1].marker.symbol


@pytest.mark.parametrize("call", [
    lambda: before_after_bars(["a"], [0.1], []),
    lambda: part_map(np.ones((2, 3)), ["a"], "x"),
    lambda: share_bars(["a"], []),
])  # fmt: skip
def test_what_does_not_fit_is_refused(call) -> None:
    with pytest.raises(ValueError, match="fit"):
        call()
