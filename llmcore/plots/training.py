"""Figures of a training run: numbers per step in, Plotly figures out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import plotly.graph_objects as go

from llmcore.plots import theme

MAX_POINTS = 1000
Values = Sequence[float | None] | np.ndarray
SOON = "The first point appears in a moment"


@dataclass(slots=True)
class Curve:
    """One quantity over a run. A value of None (not finite) becomes a gap.

    steps: places on the x axis, in whatever the axis counts (`Axis`)."""

    steps: Values = field(default_factory=list)
    values: Values = field(default_factory=list)

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Places (N,) and values (N,) float64; the shorter of both gives N."""
        n = min(len(self.steps), len(self.values))
        values = np.asarray(self.values[:n], dtype=np.float64)
        return np.asarray(self.steps[:n]), np.where(np.isfinite(values), values, np.nan)


@dataclass(slots=True, frozen=True)
class Axis:
    """What runs along the bottom: title, and how a place on it is written."""

    title: str
    hover_format: str = ",d"
    log: bool = False


STEPS = Axis("step")


@dataclass(slots=True, frozen=True)
class Mark:
    """Something that happened at a place on the x axis, in a few words."""

    step: float
    label: str


@dataclass(slots=True)
class RunCurves:
    """The train and validation curve of one run, with the name that the legend shows."""

    name: str
    train: Curve = field(default_factory=Curve)
    validation: Curve = field(default_factory=Curve)


def thin(
    steps: np.ndarray, values: np.ndarray, limit: int = MAX_POINTS
) -> tuple[np.ndarray, np.ndarray]:
    """At most `limit` points that keep the first, the last and every bucket's extremes.

    Both extremes of a bucket stay, so a spike of one step is never lost. Identity: input of at
    most `limit` points comes back unchanged.

    >>> x, y = thin(np.arange(9), np.array([0, 0, 0, 9, 0, 0, 0, -9, 0]), limit=6)
    >>> x.tolist(), y.tolist()
    ([0, 1, 3, 5, 7, 8], [0, 0, 9, 0, -9, 0])
    """
    n = len(steps)
    if n <= limit or limit < 4:
        return steps, values
    size = -(-(n - 2) // ((limit - 2) // 2))
    n_buckets = -(-(n - 2) // size)
    inner = np.full(n_buckets * size, np.nan)
    inner[: n - 2] = values[1:-1]
    buckets = inner.reshape(n_buckets, size)
    starts = 1 + np.arange(n_buckets) * size
    # A bucket without one finite value keeps its first point, so the gap stays in sight.
    lowest = starts + np.where(np.isnan(buckets), np.inf, buckets).argmin(axis=1)
    highest = starts + np.where(np.isnan(buckets), -np.inf, buckets).argmax(axis=1)
    order = np.unique(np.concatenate([[0], lowest, highest, [n - 1]]))
    return steps[order], values[order]


def smooth(values: np.ndarray, window: int) -> np.ndarray:
    """Centred mean over `window` neighbours, shrinking at both ends; gaps are left out.

    >>> smooth(np.array([1.0, 2.0, 6.0]), 3).tolist()
    [1.5, 3.0, 4.0]
    """
    if window <= 1 or len(values) < 3:
        return values
    finite = np.isfinite(values)
    total = np.concatenate([[0.0], np.cumsum(np.where(finite, values, 0.0))])
    count = np.concatenate([[0], np.cumsum(finite)])
    index, half = np.arange(len(values)), window // 2
    low, high = np.maximum(index - half, 0), np.minimum(index + half + 1, len(values))
    n = count[high] - count[low]
    return np.where(n > 0, (total[high] - total[low]) / np.maximum(n, 1), np.nan)


def loss_chart(
    run: RunCurves,
    overlays: Sequence[RunCurves] = (),
    log_y: bool = False,
    smoothing: int = 1,
    title_y: str = "loss",
    uirevision: str = "loss",
    height: int = 340,
    marks: Sequence[Mark] = (),
    axis: Axis = STEPS,
    empty: str = SOON,
) -> go.Figure:
    """Train and validation loss of a run, earlier runs dashed behind them.

    smoothing: width in points of the mean drawn over the pale raw train curve; 1 draws it raw.
    uirevision: as long as it stays, zoom and hidden traces survive new data.
    marks: events, drawn as upright lines with their words. axis: what the curves' places count.
    empty: what stands there where neither curve has a number.
    """
    steps, values = thin(*run.validation.arrays())
    traces = [
        *(
            _overlay(overlay, theme.series_colour(place + 2), smoothing)
            for place, overlay in enumerate(overlays)
        ),
        *_train(run, smoothing),
        {
            **_line(steps, values, theme.VALIDATION, 2.5),
            "name": "validation",
            "mode": "lines+markers",
            "marker": {"size": 6 if len(steps) < 60 else 4},
            "hovertemplate": "%{y:.4f}",
        },
    ]
    y_axis: dict[str, Any] = {"title": {"text": title_y}, "type": "log" if log_y else "linear"}
    if log_y:
        y_axis |= {"dtick": "D2", "minor": {"showgrid": False}, "tickformat": ".3~g"}
    shapes, notes = marked(marks, axis.log)
    if not len(steps) and not len(run.train.steps):
        notes.append(_said(empty))
    return go.Figure({"data": traces, "layout": theme.layout(
        height, hovermode="x unified", uirevision=uirevision, xaxis=_x_axis(axis), yaxis=y_axis,
        shapes=shapes, annotations=notes,
    )})  # fmt: skip


def accuracy_chart(
    train: Curve,
    validation: Curve,
    uirevision: str = "accuracy",
    height: int = 340,
    empty: str = SOON,
) -> go.Figure:
    """Share of right answers in training batches (smoothed) and in the validation split.

    empty: what stands there where neither curve has a number."""
    steps, values = train.arrays()
    figure = go.Figure()
    figure.add_scatter(
        **_xy(*thin(steps, smooth(values, max(1, len(values) // 20)))),
        name="train",
        mode="lines",
        line={"color": theme.TRAIN, "width": 2},
        hovertemplate="%{y:.1%}",
    )
    figure.add_scatter(
        **_xy(*thin(*validation.arrays())),
        name="validation",
        mode="lines+markers",
        line={"color": theme.VALIDATION, "width": 2.5},
        marker={"size": 6},
        hovertemplate="%{y:.1%}",
    )
    theme.style(figure, height=height, hovermode="x unified", uirevision=uirevision)
    figure.update_xaxes(title="step", rangemode="tozero", hoverformat=",d", showgrid=False)
    # A single point would have an axis beyond what a share can be.
    figure.update_yaxes(title="accuracy", tickformat=".0%", minallowed=-0.02, maxallowed=1.02)
    if not len(train.steps) and not len(validation.steps):
        figure.update_yaxes(range=[0, 1])
        figure.add_annotation(_said(empty))
    return figure


def small_chart(
    curve: Curve,
    title: str,
    colour: str = theme.TRAIN,
    value_format: str = ".3~s",
    markers: bool = False,
    log_y: bool = False,
    uirevision: str = "small",
    height: int = 150,
) -> go.Figure:
    """One quantity in little space."""
    steps, values = thin(*curve.arrays(), limit=MAX_POINTS // 2)
    trace = {
        **_line(steps, values, colour, 1.8),
        "mode": "lines+markers" if markers or len(steps) < 2 else "lines",
        "marker": {"size": 4},
        "showlegend": False,
        "hovertemplate": f"step %{{x:,d}}: %{{y:{value_format}}}<extra></extra>",
    }
    x_axis: dict[str, Any] = {
        "nticks": 4, "tickformat": "~s", "rangemode": "tozero", "showgrid": False,
    }  # fmt: skip
    if len(steps) and steps[-1] <= 4:
        x_axis["dtick"] = 1
    # An annotation, not a title: titles take the serif face of the page's headings.
    name = {
        "text": title, "showarrow": False, "xref": "paper", "x": 0, "xanchor": "left",
        "xshift": -36, "yref": "paper", "y": 1, "yanchor": "bottom", "yshift": 6,
        "font": {"size": 13},
    }  # fmt: skip
    return go.Figure({"data": [trace], "layout": theme.layout(
        height, uirevision=uirevision, margin={"l": 40, "r": 8, "t": 26, "b": 4}, xaxis=x_axis,
        yaxis={"nticks": 4, "tickformat": value_format, "type": "log" if log_y else "linear"},
        annotations=[name],
    )})  # fmt: skip


def _line(x: np.ndarray, y: np.ndarray, colour: str, width: float, **more: Any) -> dict[str, Any]:
    line = {"color": colour, "width": width, **more}
    return {"type": "scatter", "x": x, "y": y, "mode": "lines", "line": line}


def _train(run: RunCurves, smoothing: int) -> list[dict[str, Any]]:
    steps, values = run.train.arrays()
    traces = []
    if smoothing > 1 and len(values) > 3:
        traces.append({
            **_line(*thin(steps, values), theme.TRAIN, 1),
            "name": "train, each step", "opacity": 0.28, "hoverinfo": "skip", "showlegend": False,
        })  # fmt: skip
        values = smooth(values, smoothing)
    traces.append({
        **_line(*thin(steps, values), theme.TRAIN, 2),
        "name": "train",
        # A single point is invisible as a line, and it is the one that people wait for.
        "mode": "lines" if len(steps) > 1 else "markers",
        "hovertemplate": "%{y:.4f}",
    })  # fmt: skip
    return traces


def _overlay(run: RunCurves, colour: str, smoothing: int) -> dict[str, Any]:
    """Its validation loss, or if it has none its train loss."""
    measured = len(run.validation.steps) > 0
    steps, values = (run.validation if measured else run.train).arrays()
    values = values if measured else smooth(values, smoothing)
    return {
        **_line(*thin(steps, values), colour, 1.8, dash="dot"),
        "name": plain(run.name),
        "hovertemplate": "%{y:.4f}",
    }


def _x_axis(axis: Axis) -> dict[str, Any]:
    shown = {"title": {"text": axis.title}, "hoverformat": axis.hover_format, "showgrid": False}
    return shown | ({"type": "log", "dtick": "D1"} if axis.log else {"rangemode": "tozero"})


def marked(
    marks: Sequence[Mark], log_x: bool = False
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Lines and labels of marks, as a layout's shapes and annotations.

    On a logarithmic axis Plotly wants a line's place unchanged, and a label's as its power of ten.
    """
    shapes, notes = [], []
    for place, mark in enumerate(marks):
        if log_x and mark.step <= 0:
            continue
        shapes.append({
            "type": "line", "x0": mark.step, "x1": mark.step, "y0": 0, "y1": 1, "yref": "paper",
            "line": {"color": theme.MUTED, "width": 1.2, "dash": "dash"},
        })  # fmt: skip
        notes.append({
            "text": plain(mark.label), "x": math.log10(mark.step) if log_x else mark.step,
            "y": 1 if place % 2 == 0 else 0.55, "yref": "paper", "showarrow": False,
            "textangle": -90, "xanchor": "left", "yanchor": "top", "xshift": 2,
            "font": {"size": 11},
        })  # fmt: skip
    return shapes, notes


def _xy(steps: np.ndarray, values: np.ndarray) -> dict[str, np.ndarray]:
    return {"x": steps, "y": values}


def _said(text: str) -> dict[str, Any]:
    return {
        "text": text, "showarrow": False, "x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper",
        "font": {"size": 15},
    }  # fmt: skip


def plain(text: str) -> str:
    """`text` as Plotly label: its pseudo-HTML (`<b>`, `<a href>`), entities and, in a template of
    the hover, `%{x}` stay letters."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("%{", "%&#123;")
