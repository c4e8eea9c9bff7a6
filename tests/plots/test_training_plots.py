"""Figures of training and classification: what is drawn, how much of it, and what stays."""

import numpy as np
import plotly.graph_objects as go
import pytest

from llmcore.plots import classification, training
from llmcore.plots.training import Curve, RunCurves


def named(figure: go.Figure, name: str) -> go.Scatter:
    return next(trace for trace in figure.data if trace.name == name)


def test_thin_keeps_ends_and_every_spike_within_the_limit() -> None:
    steps = np.arange(50_000)
    values = np.sin(steps / 900.0)
    values[31_337], values[7] = 99.0, -99.0
    x, y = training.thin(steps, values)
    assert len(x) <= training.MAX_POINTS
    assert (x[0], x[-1]) == (0, 49_999)
    assert y.max() == 99.0 and y.min() == -99.0
    assert np.all(np.diff(x) > 0)
    assert np.array_equal(values[x], y)


def test_thin_returns_short_input_as_it_is() -> None:
    x, y = training.thin(np.arange(5), np.arange(5.0))
    assert x.tolist() == [0, 1, 2, 3, 4] and y.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_thin_survives_stretches_without_a_number() -> None:
    values = np.full(5_000, np.nan)
    values[-1] = 1.0
    x, y = training.thin(np.arange(5_000), values)
    assert len(x) <= training.MAX_POINTS and y[-1] == 1.0


def test_smooth_keeps_length_and_leaves_gaps_out() -> None:
    values = np.array([1.0, np.nan, 3.0, 5.0])
    assert training.smooth(values, 3).tolist() == [1.0, 2.0, 4.0, 4.0]
    assert training.smooth(values, 1) is values


def test_loss_chart_draws_train_validation_and_overlays() -> None:
    run = RunCurves("now", Curve([1, 2, 3], [3.0, 2.0, 1.0]), Curve([1, 3], [3.1, 1.5]))
    before = RunCurves("<b>before</b>", Curve([1], [4.0]), Curve([1, 2], [4.0, 3.5]))
    figure = training.loss_chart(run, [before], uirevision="r1")
    assert list(named(figure, "train").y) == [3.0, 2.0, 1.0]
    assert list(named(figure, "validation").x) == [1, 3]
    overlay = named(figure, "&lt;b&gt;before&lt;/b&gt;")
    assert overlay.line.dash == "dot" and list(overlay.y) == [4.0, 3.5]
    assert figure.layout.uirevision == "r1"


def test_loss_chart_shows_a_single_first_point_and_says_when_there_is_none() -> None:
    first = training.loss_chart(RunCurves("r", Curve([1], [6.9])))
    assert named(first, "train").mode == "markers" and not first.layout.annotations
    empty = training.loss_chart(RunCurves("r"))
    assert "first point" in empty.layout.annotations[0].text


def test_an_empty_chart_says_why_it_is_empty_on_an_axis_of_shares() -> None:
    ended, null = "This run ended before its first point", "What was measured is not a number"
    loss = training.loss_chart(RunCurves("x"), empty=ended)
    assert [annotation.text for annotation in loss.layout.annotations] == [ended]
    accuracy = training.accuracy_chart(Curve(), Curve(), empty=null)
    assert [annotation.text for annotation in accuracy.layout.annotations] == [null]
    assert accuracy.layout.yaxis.range == (0, 1)


def test_loss_chart_thins_long_runs_and_smooths_over_the_raw_curve() -> None:
    steps = list(range(1, 20_001))
    rng = np.random.default_rng(0)
    values = 3 + rng.normal(size=20_000)
    figure = training.loss_chart(RunCurves("r", Curve(steps, values)), smoothing=500)
    assert all(len(trace.x) <= training.MAX_POINTS for trace in figure.data)
    smooth, raw = named(figure, "train"), named(figure, "train, each step")
    assert np.std(smooth.y) < 0.2 * np.std(raw.y)


@pytest.mark.parametrize(("log_y", "kind"), [(True, "log"), (False, "linear")])
def test_loss_chart_scale(log_y: bool, kind: str) -> None:
    figure = training.loss_chart(RunCurves("r", Curve([1, 2], [2.0, 1.0])), log_y=log_y)
    assert figure.layout.yaxis.type == kind


def test_numbers_that_are_not_finite_become_gaps() -> None:
    figure = training.small_chart(Curve([1, 2, 3], [1.0, None, float("inf")]), "loss")
    assert figure.data[0].y[0] == 1.0 and np.isnan(figure.data[0].y[1:]).all()


def test_an_accuracy_axis_never_leaves_what_a_share_can_be() -> None:
    for curve in (Curve([], []), Curve([1], [1.0])):
        axis = training.accuracy_chart(curve, curve).layout.yaxis
        assert -0.05 < axis.minallowed <= 0 and 1 <= axis.maxallowed < 1.05


def test_accuracy_chart_has_both_splits() -> None:
    figure = training.accuracy_chart(Curve([1, 2], [0.5, 0.6]), Curve([2], [0.7]))
    assert list(named(figure, "validation").y) == [0.7]
    assert figure.layout.yaxis.tickformat == ".0%"


def test_confusion_chart_colours_by_row_and_prints_counts() -> None:
    figure = classification.confusion_chart([[90, 10], [0, 0]], ["ham", "spam"])
    heat = figure.data[0]
    assert heat.z.tolist() == [[0.9, 0.1], [0.0, 0.0]]
    assert list(heat.x) == ["ham", "spam"]
    numbers = {
        (x, y): text
        for part in figure.data[1:]
        for x, y, text in zip(part.x, part.y, part.text, strict=True)
    }
    assert numbers["ham", "ham"] == "90" and numbers["spam", "ham"] == "10"


def test_probability_bars_put_the_likeliest_first() -> None:
    bar = classification.probability_bars({"ham": 0.02, "spam": 0.98}).data[0]
    assert list(bar.y) == ["spam", "ham"] and list(bar.text) == ["98.0%", "2.0%"]


def test_labels_stay_distinct_and_harmless() -> None:
    long = "x" * 40
    labels = classification.unique_labels([long + "a", long + "b", "<a href='x'>"])
    assert len(set(labels)) == 3 and all("<" not in label for label in labels)


@pytest.mark.parametrize(
    ("value", "shown"), [(1.0, "100.0%"), (0.9999, ">99.9%"), (0.0001, "<0.1%"), (0.5, "50.0%")]
)
def test_percent_never_claims_certainty(value: float, shown: str) -> None:
    assert classification.percent(value) == shown
