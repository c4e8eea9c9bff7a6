"""Figures of diverse data: who was trained on what, and how much text there is."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from llmcore.colours import PETROL, rgba
from llmcore.plots import theme
from llmcore.plots.training import plain


def matrix_chart(
    rows: Sequence[Sequence[float | None]],
    trained: Sequence[str],
    tested: Sequence[str],
    height: int = 300,
) -> go.Figure:
    """Bits per byte (len(trained), len(tested)), None if a cell is not done yet.

    The colour is how near a cell is to the best of its column, the text that all its models are
    tested on: texts are not equally easy, so numbers compare down a column only.
    """
    values = np.array(
        [[np.nan if score is None else score for score in row] for row in rows], float
    )
    figure = go.Figure(
        go.Heatmap(
            z=nearness(values),
            x=[plain(name) for name in tested],
            y=[plain(name) for name in trained],
            text=[["…" if score is None else f"{score:.2f}" for score in row] for row in rows],
            texttemplate="%{text}",
            textfont={"size": 16},
            customdata=values,
            hovertemplate=(
                "trained on %{y}, tested on %{x}<br>%{customdata:.3f} bits per byte<extra></extra>"
            ),
            colorscale=[[0.0, theme.SEQUENTIAL[0][1]], [1.0, rgba(PETROL, 0.62)]],
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=3,
            ygap=3,
        )
    )
    theme.style(figure, height=height)
    figure.update_xaxes(title="tested on", type="category", showgrid=False, side="top")
    figure.update_yaxes(
        title="trained on", type="category", showgrid=False, autorange="reversed", ticksuffix=" "
    )
    return figure


def nearness(values: np.ndarray) -> np.ndarray:
    """(R, C) bits -> 1 for the best of a column, 0 for one and a half bits above it or more."""
    best = np.array([column[~np.isnan(column)].min(initial=np.inf) for column in values.T])
    return np.where(np.isnan(values), 0.0, np.clip(1.0 - (values - best) / 1.5, 0.0, 1.0))


def scale_chart(
    amounts: Sequence[tuple[str, float]], own: frozenset[str], height: int | None = None
) -> go.Figure:
    """Amounts of text by name on a log scale, the ones in `own` in the accent colour."""
    names = [plain(name) for name, _ in amounts]
    values = [value for _, value in amounts]
    figure = go.Figure(
        go.Scatter(
            x=values,
            y=names,
            mode="markers+text",
            marker={
                "size": 15,
                "color": [theme.TRAIN if name in own else theme.MUTED for name, _ in amounts],
            },
            text=[f"  {short_amount(value)}" for value in values],
            textposition="middle right",
            hovertemplate="%{y}: %{x:,.0f}<extra></extra>",
            cliponaxis=False,
        )
    )
    theme.style(figure, height=height or 70 + 34 * len(names))
    low, high = np.log10(min(values)), np.log10(max(values))
    figure.update_xaxes(
        type="log", range=[low - 0.4, high + 1.6], title="words or tokens, a tenfold each step",
        dtick=1, exponentformat="power",
    )  # fmt: skip
    figure.update_yaxes(type="category", autorange="reversed", ticksuffix="  ")
    return figure


def short_amount(value: float) -> str:
    """
    >>> short_amount(812_000), short_amount(1.5e13)
    ('812 thousand', '15 trillion')
    """
    for unit, name in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if value >= unit:
            return f"{value / unit:.3g} {name}"
    return f"{value:.0f}"
