"""Figures of tokenizers: how a vocabulary compresses while it grows, and what in which text."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from llmcore.plots import theme
from llmcore.plots.training import plain, thin


def growth_curve(
    vocab_sizes: Sequence[int] | np.ndarray,
    bytes_per_token: Sequence[float] | np.ndarray,
    uirevision: str = "growth",
    height: int = 320,
) -> go.Figure:
    """Bytes per token of the training text against the size of the vocabulary so far.

    The axis of sizes is logarithmic: each doubling of the vocabulary adds less than the last.
    """
    sizes, values = thin(np.asarray(vocab_sizes), np.asarray(bytes_per_token, dtype=float))
    figure = go.Figure(
        go.Scatter(
            x=sizes,
            y=values,
            mode="lines" if len(sizes) > 1 else "markers",
            line={"color": theme.TRAIN, "width": 2.5},
            hovertemplate="%{x:,} tokens: %{y:.3f} bytes per token<extra></extra>",
        )
    )
    theme.style(figure, height=height, uirevision=uirevision)
    figure.update_xaxes(title="vocabulary size", type="log", dtick="D2", tickformat=",~s")
    figure.update_xaxes(minor={"showgrid": False}, showgrid=False)
    figure.update_yaxes(title="bytes per token", rangemode="tozero")
    return figure


def compression_dots(
    texts: Sequence[str],
    values: Mapping[str, Sequence[float]],
    title: str,
    reference: float | None = None,
    value_format: str = ".2f",
) -> go.Figure:
    """A row for each text, a dot for each tokenizer, the first text on top.

    values: tokenizer's name -> one number a text. reference: a line to compare with.
    """
    rows = list(range(len(texts)))
    figure = go.Figure()
    table = np.array([list(value) for value in values.values()], dtype=float)  # (tokenizers, texts)
    for row, (low, high) in enumerate(zip(table.min(0), table.max(0), strict=True)):
        figure.add_shape(
            type="line", x0=low, x1=high, y0=row, y1=row, layer="below",
            line={"color": theme.MUTED, "width": 1.5},
        )  # fmt: skip
    for place, (name, numbers) in enumerate(values.items()):
        figure.add_scatter(
            x=list(numbers),
            y=rows,
            name=plain(name),
            mode="markers",
            marker={"color": theme.series_colour(place), "size": 11, "symbol": _SYMBOLS[place % 4]},
            customdata=[plain(text) for text in texts],
            hovertemplate=f"%{{customdata}}: %{{x:{value_format}}}<extra>{plain(name)}</extra>",
        )
    if reference is not None:
        figure.add_vline(x=reference, line={"color": theme.MUTED, "dash": "dot", "width": 1})
    theme.style(figure, height=30 * len(rows) + 110)
    figure.update_layout(margin={"t": 40})
    figure.update_xaxes(title=title, rangemode="tozero")
    figure.update_yaxes(
        tickmode="array",
        tickvals=rows,
        ticktext=[plain(text) for text in texts],
        range=[len(rows) - 0.5, -0.5],
        showgrid=False,
        ticksuffix="  ",
    )
    return figure


# Told apart without colour too.
_SYMBOLS = ("circle", "diamond", "square", "triangle-up")


def count_bars(names: Sequence[str], counts: Sequence[int], chosen: str | None = None) -> go.Figure:
    """How many tokens are of each sort, the most frequent on top; the chosen one in colour."""
    rows = list(range(len(names)))
    colours = [theme.SERIES[0] if chosen in (None, name) else theme.MUTED for name in names]
    figure = go.Figure(
        go.Bar(
            x=list(counts),
            y=rows,
            orientation="h",
            marker={"color": colours, "cornerradius": 4},
            text=[f"{count:,}" for count in counts],
            textposition="outside",
            cliponaxis=False,
            customdata=[plain(name) for name in names],
            hovertemplate="%{customdata}: %{x:,} tokens<extra></extra>",
            width=0.66,
        )
    )
    theme.style(figure, height=26 * max(1, len(rows)) + 24)
    figure.update_xaxes(range=[0, 1.25 * max([*counts, 1])], visible=False)
    figure.update_yaxes(
        tickmode="array",
        tickvals=rows,
        ticktext=[plain(name) for name in names],
        range=[len(rows) - 0.5, -0.5],
        showgrid=False,
        ticksuffix="  ",
    )
    return figure
