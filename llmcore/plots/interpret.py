"""Figures of what is found inside a model: parts, layers, before and after."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from llmcore.plots import theme
from llmcore.plots.attention import tick
from llmcore.plots.training import plain

_ROW_PX, _LOW_ROW_PX = 30, 18  # of a layer
_HEIGHT = 560  # of all layers, where their rows can be so low
_WRITTEN = 9  # columns up to which each cell has room for its number


def before_after_bars(
    labels: Sequence[str],
    before: Sequence[float] | np.ndarray,
    after: Sequence[float] | np.ndarray,
    names: tuple[str, str] = ("before", "after"),
) -> go.Figure:
    """Two probabilities for each token, one above the other, with the change in points.

    labels, before, after: of equal length, in the order to draw. names: of the two bars.
    """
    if not len(labels) == len(before) == len(after):
        raise ValueError(f"{len(labels)} labels do not fit {len(before)} and {len(after)} values.")
    rows = list(range(len(labels)))
    figure = go.Figure()
    for name, values, colour, shift in (
        (names[0], before, theme.MUTED, -0.19), (names[1], after, theme.SERIES[0], 0.19)
    ):  # fmt: skip
        figure.add_bar(
            name=plain(name), x=[float(value) for value in values], y=[row + shift for row in rows],
            orientation="h", width=0.36, marker={"color": colour, "cornerradius": 3},
            customdata=[plain(label) for label in labels],
            hovertemplate=f"%{{customdata}}, {plain(name)}: %{{x:.2%}}<extra></extra>",
            text=None if name == names[0] else [
                f"{b:.1%} ({_points(b - a)})" for a, b in zip(before, after, strict=True)
            ],
            textposition="outside", cliponaxis=False,
        )  # fmt: skip
    theme.style(figure, height=42 * max(1, len(rows)) + 60, bargap=0.1)
    figure.update_xaxes(range=[0, 1.45 * max([*before, *after, 1e-9])], visible=False)
    figure.update_yaxes(
        tickmode="array", tickvals=rows, ticktext=[tick(label) for label in labels],
        range=[len(rows) - 0.4, -0.6], showgrid=False, ticksuffix="  ", tickfont={"size": 14},
    )  # fmt: skip
    return figure


def part_map(
    values: np.ndarray,
    columns: Sequence[str],
    unit: str,
    diverging: bool = True,
    largest: float | None = None,
) -> go.Figure:
    """A number for each layer (rows) and part (columns), coloured and written.

    Layer 0 is on top, as in every picture of the lab: what is computed first.

    values (L, N), columns: N names, unit: what a number is, for the hover. largest: where the
    colour is full, by default at the largest value.
    """
    if values.ndim != 2 or values.shape[1] != len(columns):
        raise ValueError(f"Values of shape {values.shape} do not fit {len(columns)} columns.")
    n_layers, n_columns = values.shape
    largest = max(float(np.abs(values).max()) if largest is None else largest, 1e-9)
    scale = theme.DIVERGING if diverging else theme.SEQUENTIAL
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=list(range(n_columns)),
            y=list(range(n_layers)),
            customdata=[[plain(column) for column in columns]] * n_layers,
            hovertemplate=f"layer %{{y}}, %{{customdata}}<br>%{{z:.4g}} {plain(unit)}"
            "<extra></extra>",
            colorscale=[list(stop) for stop in scale],
            zmin=-largest if diverging else 0,
            zmax=largest,
            xgap=2,
            ygap=2,
            showscale=False,
        )
    )
    row = min(_ROW_PX, max(_LOW_ROW_PX, _HEIGHT // n_layers))
    theme.style(figure, height=row * n_layers + 70)
    if n_columns <= _WRITTEN:
        figure.update_layout(annotations=_numbers(values, largest))
    figure.update_xaxes(
        tickmode="array", tickvals=list(range(n_columns)), showgrid=False, side="top",
        ticktext=[plain(column) for column in columns],
    )  # fmt: skip
    figure.update_yaxes(
        tickmode="array", tickvals=list(range(n_layers)), showgrid=False,
        ticktext=[f"layer {layer} " for layer in range(n_layers)], autorange="reversed",
    )  # fmt: skip
    return figure


def _numbers(values: np.ndarray, largest: float) -> list[dict[str, Any]]:
    """Each cell's number: white on full colours, else in the colour of the theme's text."""
    return [
        {
            "x": x, "y": y, "text": _short(value), "showarrow": False,
            "font": {"size": 12, **({"color": "white"} if abs(value) > 0.6 * largest else {})},
        }
        for (y, x), value in np.ndenumerate(values)
    ]  # fmt: skip


def share_bars(names: Sequence[str], values: Sequence[float]) -> go.Figure:
    """Signed shares of a sum as bars from zero, the first on top."""
    if len(names) != len(values):
        raise ValueError(f"{len(names)} names do not fit {len(values)} values.")
    rows = list(range(len(names)))
    figure = go.Figure(
        go.Bar(
            x=[float(value) for value in values], y=rows, orientation="h", width=0.66,
            marker={
                "color": [theme.SERIES[0] if value >= 0 else theme.SERIES[1] for value in values],
                "cornerradius": 3,
            },
            text=[f"{value:+.2f}" for value in values], textposition="outside", cliponaxis=False,
            customdata=[plain(name) for name in names],
            hovertemplate="%{customdata}: %{x:+.4f}<extra></extra>",
        )
    )  # fmt: skip
    theme.style(figure, height=26 * max(1, len(rows)) + 40)
    low, high = min([*values, 0.0]), max([*values, 0.0])
    pad = 0.16 * max(high - low, 1e-9)
    figure.update_xaxes(range=[low - pad, high + pad], zeroline=True, zerolinecolor=theme.MUTED)
    figure.update_yaxes(
        tickmode="array", tickvals=rows, ticktext=[plain(name) for name in names],
        range=[len(rows) - 0.4, -0.6], showgrid=False, ticksuffix="  ",
    )  # fmt: skip
    return figure


def layer_lines(series: Mapping[str, np.ndarray], what: str) -> go.Figure:
    """One line for each name over the rows of the logit lens: the embedding, then each block."""
    figure = go.Figure()
    n_rows = max(map(len, series.values()))
    for index, (name, values) in enumerate(series.items()):
        figure.add_scatter(
            x=list(range(len(values))), y=[float(value) for value in values], name=plain(name),
            mode="lines+markers", line={"color": theme.series_colour(index), "width": 2},
            marker={"symbol": ("circle", "diamond", "square")[index % 3], "size": 8},
        )  # fmt: skip
    theme.style(figure, height=300)
    figure.update_xaxes(
        tickmode="array", tickvals=list(range(n_rows)), ticktext=lens_rows(n_rows - 1),
        title={"text": "read after"},
    )  # fmt: skip
    figure.update_yaxes(title={"text": plain(what)}, rangemode="tozero")
    return figure


def lens_rows(n_layers: int) -> list[str]:
    """Names of the L + 1 rows of the logit lens.

    >>> lens_rows(2)
    ['embedding', 'layer 0', 'layer 1']
    """
    return ["embedding", *(f"layer {layer}" for layer in range(n_layers))]


def _points(change: float) -> str:
    return f"{100 * change:+.1f}".replace("-", "\N{MINUS SIGN}")


def _short(value: float) -> str:
    return f"{value:.2f}".replace("-", "\N{MINUS SIGN}") if abs(value) >= 0.005 else "0"
