"""Figures of attention weights and of the next token: arrays in, Plotly figures out."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from llmcore.plots import theme
from llmcore.plots.labels import short_label, visible_label, visible_labels
from llmcore.plots.training import plain

_LABEL_CELLS = 16
_CELL_PX = 26  # a row of the large heatmap, down to _SMALLEST_CELL_PX for long texts
_SMALLEST_CELL_PX = 12
_GRID_COLUMNS = 4


def attention_heatmap(weights: np.ndarray, labels: Sequence[str]) -> go.Figure:
    """One head: a row for each token that looks, a column for each token that it looks at.

    weights: (T, T), rows sum to 1. The upper triangle, which a decoder masks, stays empty.
    labels: T token texts; tokens that read the same keep cells of their own.
    Colours always span 0 to 1, so that heads can be compared by eye.
    """
    n_tokens = _checked(weights, labels, n_axes=2)
    positions = list(range(n_tokens))
    ticks = [_tick(label) for label in labels]
    cell = max(_SMALLEST_CELL_PX, min(_CELL_PX, 640 // n_tokens))
    figure = go.Figure(_cells(weights, labels))
    # Streamlit's theme would pad the plot and so part the cells from their labels.
    margin = {"l": 8, "r": 8, "t": 12, "b": 8, "pad": 2}
    theme.style(figure, height=cell * n_tokens + 120, margin=margin)
    axis = {
        "tickmode": "array",
        "tickvals": positions,
        "ticktext": ticks,
        "tickfont": {"size": 13 if cell >= 18 else 10},
        "ticks": "",
        "showgrid": False,
        "zeroline": False,
        "autorange": False,
        "range": [-0.5, n_tokens - 0.5],
    }
    figure.update_xaxes(
        axis, side="top", tickangle=-90 if cell < 18 else -60 if n_tokens > 6 else 0
    )
    figure.update_yaxes(axis, range=[n_tokens - 0.5, -0.5], ticksuffix=" ")
    return figure


def head_grid(weights: np.ndarray, labels: Sequence[str]) -> go.Figure:
    """All heads of one layer as small heatmaps without tick labels.

    weights: (H, T, T). Each map is titled with its head's number, counted from 0.
    """
    n_tokens = _checked(weights, labels, n_axes=3)
    n_heads = len(weights)
    n_columns = min(_GRID_COLUMNS, n_heads)
    n_rows = -(-n_heads // n_columns)
    figure = make_subplots(
        rows=n_rows,
        cols=n_columns,
        subplot_titles=[f"Head {head}" for head in range(n_heads)],
        horizontal_spacing=0.03,
        vertical_spacing=min(0.12, 0.3 / n_rows),
    )
    for head, one in enumerate(weights):
        figure.add_trace(
            _cells(one, labels, gap=0), row=head // n_columns + 1, col=head % n_columns + 1
        )
    theme.style(
        figure, height=n_rows * 230 + 40, margin={"l": 4, "r": 4, "t": 36, "b": 4, "pad": 0}
    )
    figure.update_annotations(yshift=4, font={"size": 13})
    span = [-0.5, n_tokens - 0.5]
    figure.update_xaxes(range=span, **_FRAME)
    figure.update_yaxes(range=span[::-1], **_FRAME)
    return figure


def next_token_bars(labels: Sequence[str], probabilities: Sequence[float]) -> go.Figure:
    """The likeliest next tokens: the first in colour, its rivals in grey, best on top.

    labels: token texts. probabilities: as many, of the whole vocabulary, so they need not sum
    to 1.
    """
    if len(labels) != len(probabilities):
        raise ValueError(f"{len(labels)} labels do not fit {len(probabilities)} probabilities.")
    order = sorted(range(len(labels)), key=lambda index: -probabilities[index])
    values = [float(probabilities[index]) for index in order]
    names = [visible_label(labels[index]) for index in order]
    rows = list(range(len(order)))
    figure = go.Figure(
        go.Bar(
            x=values,
            y=rows,
            orientation="h",
            marker={
                "color": [theme.SERIES[0] if row == 0 else theme.MUTED for row in rows],
                "cornerradius": 4,
            },
            text=[_percent(value) for value in values],
            textposition="outside",
            cliponaxis=False,
            customdata=[plain(name) for name in names],
            hovertemplate="%{customdata}: %{x:.2%}<extra></extra>",
            width=0.62,
        )
    )
    theme.style(figure, height=34 * max(len(rows), 1) + 24)
    # Room for the number beside the longest bar.
    figure.update_xaxes(range=[0, 1.25 * max([*values, 1e-9])], visible=False)
    figure.update_yaxes(
        tickmode="array",
        tickvals=rows,
        ticktext=[_tick(labels[index]) for index in order],
        range=[len(rows) - 0.5, -0.5],
        showgrid=False,
        ticksuffix="  ",
        tickfont={"size": 15},
    )
    return figure


_FRAME = {
    "showticklabels": False,
    "showgrid": False,
    "zeroline": False,
    "showline": True,
    "mirror": True,
    "linecolor": theme.GRID,
    "ticks": "",
    "autorange": False,
}


def _cells(weights: np.ndarray, labels: Sequence[str], gap: int = 1) -> go.Heatmap:
    """The heatmap of one head, the masked part left empty."""
    n_tokens = len(labels)
    masked = np.triu(np.ones((n_tokens, n_tokens), dtype=bool), k=1)
    # Isolated, so that a right-to-left token does not turn the arrow and the positions around.
    names = [f"\u2068{plain(label)}\u2069" for label in visible_labels(labels)]
    hover = [
        [f"<b>{names[row]}</b> ({row}) → {names[column]} ({column})" for column in range(row + 1)]
        + [""] * (n_tokens - row - 1)
        for row in range(n_tokens)
    ]
    return go.Heatmap(
        z=np.where(masked, np.nan, np.round(weights.astype(np.float64), 4)),
        text=hover,
        hovertemplate="%{text}<br>%{z:.1%} of the attention<extra></extra>",
        hoverongaps=False,
        colorscale=[list(stop) for stop in theme.SEQUENTIAL],
        zmin=0,
        zmax=1,
        showscale=False,
        xgap=gap,
        ygap=gap,
    )


def _checked(weights: np.ndarray, labels: Sequence[str], n_axes: int) -> int:
    n_tokens = len(labels)
    if weights.ndim != n_axes or weights.shape[-2:] != (n_tokens, n_tokens) or n_tokens == 0:
        raise ValueError(
            f"Attention of shape {weights.shape} does not fit {n_tokens} token labels: "
            f"{n_axes} axes are needed, the last two as long as the labels."
        )
    return n_tokens


def _tick(label: str) -> str:
    """A tick label that Plotly shows as it is: it reads tags and entities in labels."""
    return plain(short_label(visible_label(label), _LABEL_CELLS))


def _percent(value: float) -> str:
    return f"{value:.1%}" if value >= 0.0005 else "< 0.1%"
