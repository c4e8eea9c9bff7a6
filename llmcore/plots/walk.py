"""Figures of the walk: how one attention score arises, and how the residual stream grows."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from llmcore.plots import theme
from llmcore.plots.interpret import lens_rows
from llmcore.plots.labels import visible_label
from llmcore.plots.training import plain

_SIGNED = (theme.PETROL, theme.RUST)  # as in tensor_view.js: at least zero, below zero


def score_bars(query: np.ndarray, key: np.ndarray, names: tuple[str, str]) -> go.Figure:
    """One query and one key (D,), channel by channel: both, their products, and the running sum
    of the products, which ends at q · k.

    names: of the two tokens, as they are to be read.
    """
    if query.shape != key.shape or query.ndim != 1:
        raise ValueError(f"A query {query.shape} and a key {key.shape} do not fit each other.")
    products = query.astype(np.float64) * key
    total = float(products.sum())
    rows = (
        (f"query of {plain(names[0])}", query),
        (f"key of {plain(names[1])}", key),
        ("query × key", products),
    )
    figure = make_subplots(
        4, 1, shared_xaxes=True, vertical_spacing=0.09,
        subplot_titles=[*(title for title, _ in rows), f"running sum, ends at {total:.3f}"],
    )  # fmt: skip
    channels = np.arange(len(query))
    for row, (title, values) in enumerate(rows, start=1):
        figure.add_trace(
            go.Bar(
                x=channels, y=np.round(values.astype(np.float64), 5),
                marker={"color": [_SIGNED[int(value < 0)] for value in values]},
                hovertemplate="channel %{x}: %{y:.4f}<extra>" + title + "</extra>",
            ),
            row=row, col=1,
        )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=channels, y=np.round(np.cumsum(products), 5), mode="lines", line={"shape": "hv"},
            hovertemplate="after channel %{x}: %{y:.4f}<extra>running sum</extra>",
        ),
        row=4, col=1,
    )  # fmt: skip
    figure.add_hline(y=total, line={"color": theme.MUTED, "dash": "dot", "width": 1}, row=4, col=1)
    theme.style(figure, height=430, showlegend=False, margin={"l": 8, "r": 8, "t": 26, "b": 8})
    figure.update_annotations(font={"size": 13}, xanchor="left", x=0)
    figure.update_yaxes(zeroline=True, zerolinecolor=theme.GRID, nticks=4)
    figure.update_xaxes(title="channel of the head", row=4, col=1)
    return figure


def stream_lines(sizes: np.ndarray, labels: Sequence[str], chosen: int) -> go.Figure:
    """Length of each token's state in the residual stream, from the embedding through all layers.

    sizes: (L + 1, T), Euclidean norms. The chosen token's line is thick, the others are thin.
    """
    n_points, n_tokens = sizes.shape
    if n_tokens != len(labels):
        raise ValueError(f"{n_tokens} lines do not fit {len(labels)} labels.")
    ticks = lens_rows(n_points - 1)
    figure = go.Figure()
    for token in sorted(range(n_tokens), key=lambda layer: layer == chosen):
        own = token == chosen
        name = plain(visible_label(labels[token]))
        figure.add_trace(
            go.Scatter(
                x=ticks, y=np.round(sizes[:, token].astype(np.float64), 4),
                mode="lines+markers" if own else "lines",
                line={"color": theme.SERIES[0] if own else theme.MUTED, "width": 3 if own else 1},
                opacity=1.0 if own else 0.45,
                hovertemplate=f"{name} ({token})<br>%{{x}}: %{{y:.2f}}<extra></extra>",
            )
        )  # fmt: skip
    theme.style(figure, height=250, showlegend=False)
    figure.update_yaxes(title="length of the state", rangemode="tozero")
    return figure
