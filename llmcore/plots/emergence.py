"""Figures of heads that take on a type while a model trains: curves in, Plotly figures out."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from llmcore.plots import theme
from llmcore.plots.training import Curve, Mark, marked, plain, thin

# Name, colour and dash of each type, in the order in which legends show them.
HEAD_TYPES: dict[str, tuple[str, str, str]] = {
    "previous": ("previous token", theme.SERIES[2], "solid"),
    "duplicate": ("duplicate token", theme.SERIES[3], "dot"),
    "induction": ("induction", theme.SERIES[0], "dash"),
    "first": ("first token", theme.SERIES[7], "dashdot"),
    "word": ("start of the word", theme.SERIES[1], "longdash"),
}


def head_type_chart(
    scores: Mapping[str, Curve],
    marks: Sequence[Mark] = (),
    control: Curve | None = None,
    threshold: float | None = None,
    uirevision: str = "heads",
    height: int = 300,
) -> go.Figure:
    """The best head's score of each type over the steps of a run.

    scores: by the names of HEAD_TYPES. control: the induction score of another run, thin and
    grey. threshold: a score from which a head is called by its type, a level line.
    """
    traces = []
    for kind, curve in scores.items():
        name, colour, dash = HEAD_TYPES[kind]
        width = 3 if kind == "induction" else 1.8
        traces.append(_trace(curve, name, {"color": colour, "width": width, "dash": dash}))
    if control is not None and len(control.steps):
        line = {"color": theme.MUTED, "width": 2.5, "dash": "dash"}
        traces.append(_trace(control, "induction, one layer", line))
    return _figure(traces, marks, "score of the best head", uirevision, height, threshold)


def repeat_loss_chart(
    curves: Mapping[str, Curve],
    marks: Sequence[Mark] = (),
    uirevision: str = "repeats",
    height: int = 300,
) -> go.Figure:
    """Losses over the steps of a run, by the name that the legend shows; at most four."""
    looks = ((theme.SERIES[7], "dot"), (theme.SERIES[1], "solid"), (theme.SERIES[2], "dash"),
             (theme.MUTED, "dash"))  # fmt: skip
    traces = [
        _trace(curve, name, {"color": colour, "width": 2.5, "dash": dash})
        for (name, curve), (colour, dash) in zip(curves.items(), looks, strict=False)
    ]
    return _figure(traces, marks, "loss, nats a token", uirevision, height, None)


def _trace(curve: Curve, name: str, line: dict[str, Any]) -> dict[str, Any]:
    steps, values = thin(*curve.arrays())
    return {
        "type": "scatter", "x": steps, "y": values, "mode": "lines", "name": plain(name),
        "line": line,
        "hovertemplate": "%{y:.3f}",
    }  # fmt: skip


def _figure(
    traces: list[dict[str, Any]],
    marks: Sequence[Mark],
    title_y: str,
    uirevision: str,
    height: int,
    threshold: float | None,
) -> go.Figure:
    shapes, notes = marked(marks)
    if threshold is not None:
        shapes.append({
            "type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": threshold, "y1": threshold,
            "line": {"color": theme.MUTED, "width": 1, "dash": "dot"},
        })  # fmt: skip
    return go.Figure({"data": traces, "layout": theme.layout(
        height, hovermode="x unified", uirevision=uirevision, shapes=shapes, annotations=notes,
        xaxis={"title": {"text": "step"}, "hoverformat": ",d", "showgrid": False,
               "rangemode": "tozero"},
        yaxis={"title": {"text": title_y}, "rangemode": "tozero"},
    )})  # fmt: skip
