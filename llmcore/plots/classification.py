"""Figures of a classifier: counts and probabilities in, Plotly figures out."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from llmcore.plots import theme
from llmcore.plots.training import plain


def confusion_chart(
    confusion: Sequence[Sequence[int]] | np.ndarray, classes: Sequence[str], height: int = 320
) -> go.Figure:
    """Counts (K, K): rows are the true classes, columns the predicted ones.

    The colour is the share within a row, so that a rare class reads as well as a frequent one.
    """
    counts = np.asarray(confusion, dtype=np.int64)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    names = unique_labels(classes)
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=names,
            y=names,
            text=[[f"{count:,}" for count in row] for row in counts],
            texttemplate="%{text}" if len(names) <= 20 else None,
            customdata=counts,
            textfont={"size": 16 if len(names) <= 4 else 12},
            hovertemplate=(
                "true %{y}, predicted %{x}<br>%{customdata:,} texts, "
                "%{z:.1%} of the class<extra></extra>"
            ),
            colorscale=[list(stop) for stop in theme.SEQUENTIAL],
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=3,
            ygap=3,
        )
    )
    theme.style(figure, height=height)
    figure.update_xaxes(title="predicted", type="category", showgrid=False, side="bottom")
    figure.update_yaxes(
        title="true", type="category", showgrid=False, autorange="reversed", ticksuffix=" "
    )
    return figure


def probability_bars(probabilities: Mapping[str, float], height: int | None = None) -> go.Figure:
    """One horizontal bar a class, the likeliest on top and in colour."""
    order = sorted(probabilities.items(), key=lambda pair: pair[1], reverse=True)
    names = unique_labels([name for name, _ in order])
    values = [float(value) for _, value in order]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=names,
            orientation="h",
            marker={
                "color": [theme.TRAIN] + [theme.MUTED] * (len(values) - 1),
                "cornerradius": 4,
            },
            text=[percent(value) for value in values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.2%}<extra></extra>",
            width=0.62,
        )
    )
    theme.style(figure, height=height or 40 + 42 * max(len(values), 1))
    figure.update_xaxes(range=[0, 1.12], visible=False)
    figure.update_yaxes(
        type="category",
        autorange="reversed",
        showgrid=False,
        ticksuffix="  ",
        tickfont={"size": 15},
    )
    return figure


def percent(value: float) -> str:
    """`0.9874` as `98.7%`; never 100.0% or 0.0% where it is not exactly so."""
    if 0 < value < 0.001:
        return "<0.1%"
    if 0.999 < value < 1:
        return ">99.9%"
    return f"{value:.1%}"


def unique_labels(names: Sequence[str], longest: int = 24) -> list[str]:
    """Escaped, cut labels that stay distinct: Plotly merges categories of the same name."""
    seen: dict[str, int] = {}
    labels = []
    for name in names:
        short = name if len(name) <= longest else name[: longest - 1] + "…"
        seen[short] = seen.get(short, 0) + 1
        labels.append(plain(short if seen[short] == 1 else f"{short} ({seen[short]})"))
    return labels
