"""Figures of what a model's shape costs: bars by part, sizes side by side, growth with context."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from llmcore.plots import theme
from llmcore.plots.training import plain


def part_bars(parts: Mapping[str, float], written: Sequence[str]) -> go.Figure:
    """One bar for each part, with its number and its share of the whole.

    written: each part's number as it is to be read.
    """
    if len(parts) != len(written):
        raise ValueError(f"{len(written)} texts do not fit {len(parts)} parts.")
    names, values = list(parts), [float(part) for part in parts.values()]
    total = sum(values) or 1.0
    rows = list(range(len(names)))
    figure = go.Figure(
        go.Bar(
            x=values, y=rows, orientation="h",
            marker={"color": [theme.series_colour(row) for row in rows], "cornerradius": 3},
            text=[
                f"{plain(text)}  ({value / total:.1%})"
                for text, value in zip(written, values, strict=True)
            ],
            textposition="outside", cliponaxis=False,
            customdata=[plain(name) for name in names],
            hovertemplate="%{customdata}: %{text}<extra></extra>",
        )
    )  # fmt: skip
    theme.style(figure, height=34 * len(rows) + 30)
    figure.update_xaxes(visible=False, range=[0, 1.9 * max(values, default=1.0)])
    figure.update_yaxes(
        tickmode="array", tickvals=rows, ticktext=[plain(name) for name in names],
        range=[len(rows) - 0.5, -0.5], showgrid=False, ticksuffix="  ",
    )  # fmt: skip
    return figure


def size_bars(names: Sequence[str], totals: Sequence[int], written: Sequence[str]) -> go.Figure:
    """Parameters of several models on a logarithmic scale, a line for each ten times more; the
    first model is the one looked at."""
    rows = list(range(len(names)))
    figure = go.Figure(
        go.Bar(
            x=list(totals), y=rows, orientation="h",
            marker={
                "color": [theme.SERIES[0] if row == 0 else theme.MUTED for row in rows],
                "cornerradius": 3,
            },
            text=[plain(value) for value in written], textposition="outside", cliponaxis=False,
            customdata=[plain(name) for name in names],
            hovertemplate="%{customdata}: %{x:,}<extra></extra>",
        )
    )  # fmt: skip
    theme.style(figure, height=30 * len(rows) + 56)
    low, high = float(np.log10(min(totals))) - 0.7, float(np.log10(max(totals)))
    words = {3: "1,000", 6: "a million", 9: "a billion", 12: "a trillion"}
    decades = range(int(np.ceil(low)), int(high) + 2)
    figure.update_xaxes(
        type="log", range=[low, high + 0.55 * (high - low)], tickmode="array", tickangle=0,
        tickvals=[10.0**decade for decade in decades],
        ticktext=[words.get(decade, "") for decade in decades],
    )  # fmt: skip
    figure.update_yaxes(
        tickmode="array", tickvals=rows, ticktext=[plain(name) for name in names],
        range=[len(rows) - 0.5, -0.5], showgrid=False, ticksuffix="  ",
    )  # fmt: skip
    return figure


def memory_bars(bars: Mapping[str, Mapping[str, float]], limits: Mapping[str, float]) -> go.Figure:
    """Stacked bars of bytes, such as inference and training, with the memory of known devices.

    limits: a device's name -> its bytes; those beyond the longest bar, or a hair beside it, are
    left out.
    """
    parts = list(dict.fromkeys(part for bar in bars.values() for part in bar))
    longest = max(sum(bar.values()) for bar in bars.values())
    unit, name = next(
        (size, text) for size, text in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1.0, "bytes"))
        if longest >= size or size == 1.0
    )  # fmt: skip
    figure = go.Figure()
    for place, part in enumerate(parts):
        figure.add_trace(
            go.Bar(
                y=[plain(bar) for bar in bars],
                x=[bar.get(part, 0.0) / unit for bar in bars.values()],
                orientation="h", name=plain(part), marker={"color": theme.series_colour(place)},
                hovertemplate=f"{plain(part)}: %{{x:,.2f}} {name}<extra></extra>",
            )
        )  # fmt: skip
    for device, n_bytes in limits.items():
        if 0.05 * longest <= n_bytes <= 1.05 * longest:
            _mark(figure, n_bytes / unit, n_bytes / unit, device)
    theme.style(figure, height=110 + 56 * len(bars), barmode="stack")
    figure.update_layout(legend={"traceorder": "normal", "y": 1.12}, margin={"t": 40})
    figure.update_xaxes(title=name)
    figure.update_yaxes(autorange="reversed", showgrid=False, ticksuffix="  ")
    return figure


def context_lines(
    lengths: Sequence[int], lines: Mapping[str, Sequence[float]], title: str,
    marks: Mapping[str, float], shares: bool,
) -> go.Figure:  # fmt: skip
    """What grows with the length of the context, on a logarithmic axis of tokens.

    lines: a name -> one value for each length; shares from 0 to 1, or bytes in GB. marks: a name
    -> a length at which a vertical line is.
    """
    figure = go.Figure()
    for place, (name, values) in enumerate(lines.items()):
        figure.add_trace(
            go.Scatter(
                x=list(lengths), y=list(values), mode="lines", name=plain(name),
                line={
                    "color": theme.series_colour(place), "width": 3 if place == 0 else 2,
                    "dash": ("solid", "dash", "dot", "dashdot")[place % 4],
                },
                hovertemplate="%{x:,} tokens: " + ("%{y:.1%}" if shares else "%{y:,.3g} GB")
                + f"<extra>{plain(name)}</extra>",
            )
        )  # fmt: skip
    for name, length in marks.items():
        if lengths[0] <= length <= lengths[-1]:
            # On a logarithmic axis shapes take the number itself, annotations its logarithm.
            _mark(figure, length, float(np.log10(length)), name)
    theme.style(figure, height=350)
    figure.update_layout(legend={"y": 1.1}, margin={"t": 44})
    exponents = range(int(np.log2(lengths[0])), int(np.log2(lengths[-1])) + 1, 2)
    figure.update_xaxes(
        type="log", title="tokens in the context", tickmode="array",
        tickvals=[2**exponent for exponent in exponents],
        ticktext=[f"{2**exponent:,}" for exponent in exponents],
    )  # fmt: skip
    if shares:
        figure.update_yaxes(title=title, tickformat=".0%", range=[0, 1])
    else:
        figure.update_yaxes(title=title, rangemode="tozero")
    return figure


def _mark(figure: go.Figure, x: float, text_x: float, name: str) -> None:
    """A dotted vertical line with its name on top."""
    figure.add_vline(x=x, line={"color": theme.MUTED, "dash": "dot", "width": 1.5})
    figure.add_annotation(
        x=text_x, y=1.0, yref="paper", text=plain(name), showarrow=False, yanchor="bottom",
        font={"size": 12},
    )  # fmt: skip
