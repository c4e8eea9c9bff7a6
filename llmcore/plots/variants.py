"""Figures of the comparison of architectures: bits per byte over the tokens that were read."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from llmcore.plots import theme
from llmcore.plots.training import plain

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "x")
SETTLED = 0.2  # share of the tokens after which the curves decide how far the axis reaches
WAITING = "The first point appears in a moment"


@dataclass(slots=True)
class VariantCurve:
    """One training: place numbers its architecture, whose colour, dash and mark all its seeds
    share; tokens (N,) and bits per byte (N,)."""

    name: str
    place: int
    seed: int
    tokens: Sequence[int]
    bits: Sequence[float]


def learning_chart(curves: Sequence[VariantCurve], height: int = 380) -> go.Figure:
    """Bits per byte of held-out text over tokens: further down is better."""
    figure = go.Figure([_line(curve, curve.tokens, curve.bits, ".3f") for curve in curves])
    _finish(figure, "bits per byte", height)
    _show_the_settled(figure)
    return figure


def lead_chart(
    curves: Sequence[VariantCurve], luck: float | None = None, height: int = 380
) -> go.Figure:
    """How far each is below GPT-2 (place 0) of the same seed after as many tokens: above the
    line at 0 it has learned faster. luck: the band in which a difference says nothing."""
    base = {curve.seed: dict(zip(curve.tokens, curve.bits, strict=True))
            for curve in curves if curve.place == 0}  # fmt: skip
    figure = go.Figure()
    for curve in curves:
        own = base.get(curve.seed, {})
        both = [(t, own[t] - b) for t, b in zip(curve.tokens, curve.bits, strict=True) if t in own]
        if curve.place and both:
            tokens, leads = zip(*both, strict=True)
            figure.add_trace(_line(curve, tokens, leads, "+.3f"))
    _finish(figure, "bits per byte ahead of GPT-2", height)
    _show_the_settled(figure, 0.0)
    figure.add_hline(y=0, line={"color": theme.MUTED, "width": 1.5})
    if luck:
        figure.add_hrect(y0=-luck, y1=luck, fillcolor=theme.MUTED, opacity=0.16, line_width=0)
        figure.add_annotation(
            text="luck", x=1, xref="paper", xanchor="right", y=luck, yanchor="bottom",
            showarrow=False, font={"size": 12},
        )  # fmt: skip
    return figure


def _line(
    curve: VariantCurve, x: Sequence[int], y: Sequence[float], value_format: str
) -> go.Scatter:
    colour = theme.series_colour(curve.place)
    return go.Scatter(
        x=np.asarray(x),
        y=np.asarray(y, dtype=np.float64),
        name=plain(curve.name),
        legendgroup=str(curve.place),
        showlegend=curve.seed == 0,
        mode="lines+markers",
        line={
            "color": colour,
            "width": 2.6 if curve.place == 0 else 1.8,
            "dash": DASHES[curve.place % len(DASHES)],
        },
        marker={"size": 7, "symbol": SYMBOLS[curve.place % len(SYMBOLS)], "color": colour},
        opacity=1.0 if curve.seed == 0 else 0.45,
        hovertemplate=f"{plain(curve.name)}, seed {curve.seed + 1}<br>%{{x:,d}} tokens: "
        f"%{{y:{value_format}}}<extra></extra>",
    )


def _show_the_settled(figure: go.Figure, *also: float) -> None:
    """The axis holds what comes after the first fall from random numbers, which would press all
    the rest flat, and the values `also`."""
    last = max((max(trace.x) for trace in figure.data), default=0)
    late = [y for trace in figure.data for x, y in zip(trace.x, trace.y, strict=True)
            if x >= SETTLED * last]  # fmt: skip
    if late:
        low, high = min([*late, *also]), max([*late, *also])
        room = 0.06 * (high - low) + 0.01
        figure.update_yaxes(range=[low - room, high + room])


def _finish(figure: go.Figure, title_y: str, height: int) -> None:
    theme.style(figure, height=height, hovermode="closest", uirevision=title_y)
    figure.update_xaxes(title="tokens read", rangemode="tozero", showgrid=False)
    figure.update_yaxes(title=title_y)
    if not figure.data:
        figure.add_annotation(
            text=WAITING, showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper",
            font={"size": 15},
        )  # fmt: skip
