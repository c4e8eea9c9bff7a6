"""Figures of attention weights and of the next token: arrays in, Plotly figures out."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from llmcore.plots import theme
from llmcore.plots.labels import short_label, visible_label, visible_labels
from llmcore.plots.training import plain

_LABEL_CELLS = 16
_CELL_PX = 26  # a row of the large heatmap, down to _SMALLEST_CELL_PX for long texts
_SMALLEST_CELL_PX = 12
_NAMED = 64  # tokens up to which each cell has its own words
_LONG_PX = 640  # height of the heatmap of a longer text
_ANGLES = (0, -60, -90)  # of the labels on top: the first at which they do not overlap


def attention_heatmap(
    weights: np.ndarray, labels: Sequence[str], row: int | None = None
) -> go.Figure:
    """One head: a row for each token that looks, a column for each token that it looks at.

    weights: (T, T), rows sum to 1. What is 0 in the upper triangle, which a decoder masks, stays
    empty.
    labels: T token texts; tokens that read the same keep their own cells.
    row: the token to frame. Colours always span 0 to 1, so that heads can be compared by eye.
    The browser writes as many labels as have room; every cell names its two tokens when it is
    pointed at, of more than 64 tokens in short.
    """
    n_tokens = _checked(weights, labels)
    cell = max(_SMALLEST_CELL_PX, min(_CELL_PX, 640 // n_tokens))
    figure = go.Figure(_cells(weights, labels))
    # Streamlit's theme would pad the plot and so part the cells from their labels.
    margin = {"l": 8, "r": 8, "t": 12, "b": 8, "pad": 2}
    height = cell * n_tokens + 120 if n_tokens <= _NAMED else _LONG_PX + 120
    theme.style(figure, height=height, margin=margin)
    if row is not None:
        edge = {"color": theme.SERIES[1], "width": 2}
        figure.add_shape(type="rect", x0=-0.5, x1=row + 0.5, y0=row - 0.5, y1=row + 0.5, line=edge)
    # Positions are the categories, since only of categories Plotly writes as many as have room;
    # what is written in their place is the token.
    axis = {
        "type": "category",
        "labelalias": {
            name: tick(label) for name, label in zip(_places(n_tokens), labels, strict=True)
        },
        "tickfont": {"size": 13 if cell >= 18 else 10},
        "ticks": "",
        "showgrid": False,
        "zeroline": False,
        "autorange": False,
        "range": [-0.5, n_tokens - 0.5],
    }
    figure.update_xaxes(axis, side="top", autotickangles=_ANGLES)
    figure.update_yaxes(axis, range=[n_tokens - 0.5, -0.5], ticklabelstandoff=4)
    return figure


def _places(n_tokens: int) -> list[str]:
    return [str(at) for at in range(n_tokens)]


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
        ticktext=[tick(labels[index]) for index in order],
        range=[len(rows) - 0.5, -0.5],
        showgrid=False,
        ticksuffix="  ",
        tickfont={"size": 15},
    )
    return figure


def _cells(weights: np.ndarray, labels: Sequence[str]) -> go.Heatmap:
    """The heatmap of one head, the masked part left empty."""
    masked = np.triu(weights == 0, k=1)  # nothing, if a model reads to both sides
    cells = np.where(masked, np.nan, np.round(weights.astype(np.float64), 4))
    names = "<b>\u2068%{y}\u2069</b> → \u2068%{x}\u2069"  # isolated as in _words
    tell: dict[str, Any] = {
        "hovertemplate": f"{names}<br>%{{z:.1%}} of the attention<extra></extra>"
    }
    if len(labels) <= _NAMED:
        tell = {
            "text": _words(labels, masked),
            "hovertemplate": "%{text}<br>%{z:.1%} of the attention<extra></extra>",
        }
    gap = 1 if len(labels) <= _NAMED else 0
    return go.Heatmap(
        z=cells if gap else cells.astype(np.float32),
        x=_places(len(labels)),
        y=_places(len(labels)),
        hoverongaps=False,
        colorscale=[list(stop) for stop in theme.SEQUENTIAL],
        zmin=0,
        zmax=1,
        showscale=False,
        xgap=gap,
        ygap=gap,
        **tell,
    )


def _words(labels: Sequence[str], masked: np.ndarray) -> list[list[str]]:
    """What each cell says of its two tokens; nothing if it is masked."""
    # Isolated, so that a right-to-left token does not turn the arrow and the positions around.
    names = [f"\u2068{plain(label)}\u2069" for label in visible_labels(labels)]
    return [
        [
            "" if masked[row, column] else f"<b>{name}</b> ({row}) → {other} ({column})"
            for column, other in enumerate(names)
        ]
        for row, name in enumerate(names)
    ]


def _checked(weights: np.ndarray, labels: Sequence[str]) -> int:
    n_tokens = len(labels)
    if weights.shape != (n_tokens, n_tokens) or n_tokens == 0:
        raise ValueError(
            f"Attention of shape {weights.shape} does not fit {n_tokens} token labels: "
            f"two axes as long as the labels are needed."
        )
    return n_tokens


def tick(label: str) -> str:
    """A tick label that Plotly shows unchanged: it reads tags and entities in labels."""
    return plain(short_label(visible_label(label), _LABEL_CELLS))


def _percent(value: float) -> str:
    return f"{value:.1%}" if value >= 0.0005 else "< 0.1%"
