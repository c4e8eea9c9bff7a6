"""Figures of a classifier: counts and probabilities in, Plotly figures out."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from llmcore.colours import BLUE, VIOLET, rgba
from llmcore.evaluation import PrecisionRecall
from llmcore.experiments.learning_curve.points import CurveRow
from llmcore.plots import theme
from llmcore.plots.training import plain

# By learner, so that a curve keeps its colour while others join it; classical ones are broken.
LEARNER_COLOURS = {
    "pretrained": theme.TRAIN,
    "random weights": theme.VALIDATION,
    "naive Bayes": VIOLET,
    "logistic regression": BLUE,
}
FEW_CLASSES, MOST_NUMBERED = 6, 25  # of a confusion matrix
BAND = 0.16  # how opaque the interval behind a line is
LEARNER_DASHES = {"naive Bayes": "dot", "logistic regression": "dash"}


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
            customdata=counts,
            hovertemplate=(
                "true %{y}, predicted %{x}<br>%{customdata:,} texts, "
                "%{z:.1%} of the class<extra></extra>"
            ),
            colorscale=[list(stop) for stop in theme.SEQUENTIAL],
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=3 if len(names) <= FEW_CLASSES else 1,
            ygap=3 if len(names) <= FEW_CLASSES else 1,
        )
    )
    if len(names) <= MOST_NUMBERED:
        _number_cells(figure, counts, shares, names)
    theme.style(figure, height=height, showlegend=False)
    figure.update_xaxes(title="predicted", type="category", showgrid=False, side="bottom")
    figure.update_yaxes(
        title="true", type="category", showgrid=False, autorange="reversed", ticksuffix=" "
    )
    if FEW_CLASSES < len(names) <= 2 * MOST_NUMBERED:  # every name, however narrow
        figure.update_xaxes(dtick=1, tickangle=-45)
        figure.update_yaxes(dtick=1)
    return figure


def _number_cells(
    figure: go.Figure, counts: np.ndarray, shares: np.ndarray, names: Sequence[str]
) -> None:
    """Writes the counts: white on full cells, else in the theme's own colour, since a heatmap's
    text takes no account of what shines through a faint cell. Among many classes most cells are
    empty, and zeros would only hide the numbers."""
    shown = (counts > 0) | (len(names) <= FEW_CLASSES)
    for part, colour in (
        (shown & (shares >= theme.FULL_CELL), "white"),
        (shown & (shares < theme.FULL_CELL), None),
    ):
        rows, columns = np.nonzero(part)
        figure.add_scatter(
            x=[names[int(i)] for i in columns],
            y=[names[int(i)] for i in rows],
            text=[f"{count:,}" for count in counts[part]],
            mode="text",
            textfont={"size": 16 if len(names) <= 4 else 12, "color": colour},
            hoverinfo="skip",
        )


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
    figure.update_xaxes(range=[0, 1.25], visible=False)
    figure.update_yaxes(
        type="category",
        autorange="reversed",
        showgrid=False,
        ticksuffix="  ",
        tickfont={"size": 15},
    )
    return figure


def class_bars(counts: Mapping[str, int]) -> go.Figure:
    """One bar a class with its number of texts, the largest on top."""
    order = sorted(counts.items(), key=lambda pair: pair[1], reverse=True)
    values = [n for _, n in order]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=unique_labels([name for name, _ in order]),
            orientation="h",
            marker={"color": theme.TRAIN, "cornerradius": 3},
            text=[f"{n:,}" for n in values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:,} texts<extra></extra>",
            width=0.66,
        )
    )
    theme.style(figure, height=28 + 26 * max(len(values), 1))
    figure.update_xaxes(range=[0, 1.22 * max(values, default=1)], visible=False)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False, ticksuffix="  ")
    return figure


def precision_recall_chart(
    curve: PrecisionRecall, at: tuple[float, float] | None, base_rate: float, uirevision: str
) -> go.Figure:
    """Precision against recall, with the chosen threshold `at` (recall, precision) as a dot.

    base_rate: the precision of calling every text by this name, drawn as a line.
    """
    figure = go.Figure(
        go.Scatter(
            x=curve.recall,
            y=curve.precision,
            customdata=curve.thresholds,
            mode="lines",
            line={"color": theme.TRAIN, "width": 2.5},
            hovertemplate=(
                "threshold %{customdata:.3f}<br>precision %{y:.1%}, recall %{x:.1%}<extra></extra>"
            ),
            showlegend=False,
        )
    )
    if at is not None:
        figure.add_scatter(
            x=[at[0]],
            y=[at[1]],
            mode="markers",
            marker={"color": theme.VALIDATION, "size": 13, "line": {"width": 2, "color": "white"}},
            hovertemplate="here: precision %{y:.1%}, recall %{x:.1%}<extra></extra>",
            showlegend=False,
        )
    figure.add_hline(y=base_rate, line={"color": theme.MUTED, "dash": "dot", "width": 1})
    theme.style(figure, height=300, uirevision=uirevision)
    figure.update_xaxes(title="recall: how many of them are found", range=[-0.02, 1.03])
    figure.update_yaxes(title="precision", range=[0, 1.05])
    for axis in (figure.update_xaxes, figure.update_yaxes):
        axis(tickformat=".0%")
    return figure


def learning_curve_chart(
    rows: Sequence[CurveRow], measure: str, uirevision: str, height: int = 420
) -> go.Figure:
    """Mean and band (lowest to highest seed) of each learner against the number of texts.

    measure: `accuracy` or `macro_f1`. The axis of texts is logarithmic: ten times the texts is a
    step of one size.
    """
    figure = go.Figure()
    for learner in dict.fromkeys(row.learner for row in rows):
        part = [row for row in rows if row.learner == learner]
        colour = LEARNER_COLOURS.get(learner, theme.MUTED)
        sizes = [point.size for point in part]
        low = [getattr(point, f"{measure}_low") for point in part]
        high = [getattr(point, f"{measure}_high") for point in part]
        figure.add_scatter(
            x=[*sizes, *sizes[::-1]],
            y=[*high, *low[::-1]],
            fill="toself",
            fillcolor=rgba(colour, BAND),
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
            legendgroup=learner,
            mode="lines",
        )
        figure.add_scatter(
            x=sizes,
            y=[getattr(point, measure) for point in part],
            name=plain(learner),
            legendgroup=learner,
            mode="lines+markers",
            line={"color": colour, "width": 2.5, "dash": LEARNER_DASHES.get(learner, "solid")},
            marker={"size": 8},
            customdata=[[a, b, point.n_seeds] for a, b, point in zip(low, high, part, strict=True)],
            hovertemplate=(
                f"{plain(learner)}, %{{x:,}} texts<br>%{{y:.3f}} (%{{customdata[0]:.3f}} to "
                "%{customdata[1]:.3f}, %{customdata[2]} seeds)<extra></extra>"
            ),
        )
    sizes = sorted({row.size for row in rows})
    theme.style(figure, height=height, uirevision=uirevision)
    figure.update_layout(margin={"t": 44})
    figure.update_xaxes(
        title="labelled texts that it learned from", type="log",
        tickvals=sizes, ticktext=[f"{n:,}" for n in sizes],
    )  # fmt: skip
    named = {"accuracy": "accuracy", "macro_f1": "macro F1"}[measure]
    figure.update_yaxes(title=f"{named} on the test split", tickformat=".2f")
    return figure


def percent(value: float) -> str:
    """`0.9874` as `98.7%`; never 100.0% or 0.0% if it is not exactly so."""
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
