"""Figures of generation and scoring: what words cost a model, and what a KV cache buys."""

from collections.abc import Sequence

import plotly.graph_objects as go

from llmcore.plots import theme
from llmcore.plots.labels import short_label, visible_label
from llmcore.plots.training import plain

_ROW_PX = 15
_CELLS = 18  # of a word's label


def word_bars(words: Sequence[str], bits: Sequence[tuple[str, Sequence[float]]]) -> go.Figure:
    """Grouped bars, the first word on top: `bits` holds each model's name and its costs by word."""
    figure = go.Figure()
    places = list(range(len(words)))
    for number, (name, costs) in enumerate(bits):
        figure.add_bar(
            y=places,
            x=list(costs),
            orientation="h",
            name=plain(name),
            marker={"color": theme.series_colour(number)},
            hovertemplate="%{x:.1f} bits<extra>%{fullData.name}</extra>",
        )
    height = 90 + _ROW_PX * len(words) * max(1, len(bits)) + 6 * len(words)
    theme.style(figure, height=height, bargap=0.28, showlegend=len(bits) > 1)
    figure.update_xaxes(title="bits", rangemode="tozero")
    figure.update_yaxes(
        tickmode="array",
        tickvals=places,
        ticktext=[plain(short_label(visible_label(word), _CELLS)) for word in words],
        autorange="reversed",
        showgrid=False,
    )
    return figure


def cache_lines(
    with_cache: Sequence[float], without: Sequence[float], first_length: int
) -> go.Figure:
    """Milliseconds for each token over the length of the text, the first at `first_length`."""
    figure = go.Figure()
    both = (("without the cache", without), ("with the cache", with_cache))
    for number, (name, costs) in enumerate(both):
        figure.add_scatter(
            x=list(range(first_length, first_length + len(costs))),
            y=list(costs),
            mode="lines",
            name=name,
            line={"color": theme.series_colour(1 - number), "width": 2},
            hovertemplate="%{y:.1f} ms at %{x} tokens<extra>%{fullData.name}</extra>",
        )
    theme.style(figure, height=300)
    # A pause of the machine must not flatten all the rest.
    usual = sorted(without)[: max(1, round(0.98 * len(without)))][-1] if without else 1.0
    figure.update_xaxes(title="tokens of text")
    figure.update_yaxes(title="ms for a token", range=[0, 1.25 * usual])
    return figure
