"""Maps of token embeddings, one or two side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from llmcore.plots import theme
from llmcore.plots.labels import visible_label
from llmcore.plots.training import plain

LABELLED_POINTS = 90  # beyond, labels would cover each other: they are shown on pointing only


@dataclass(frozen=True, slots=True)
class Map:
    """coordinates (N, 2) and the share of variance that each of the two axes shows."""

    title: str
    coordinates: np.ndarray
    explained: Sequence[float] | np.ndarray


def embedding_maps(
    maps: Sequence[Map], labels: Sequence[str], groups: Mapping[str, Sequence[int]]
) -> go.Figure:
    """Points of all maps in the same colours; a click on a group hides it in all of them.

    labels: N token texts. groups: a name -> which of the N points belong to it. Every map has
    its own scale, the same along both of its axes, since distances are what one reads.
    """
    for projection in maps:
        if projection.coordinates.shape != (len(labels), 2):
            raise ValueError(f"{projection.coordinates.shape} does not fit {len(labels)} labels.")
    titles = [
        f"{plain(projection.title)}: {sum(projection.explained):.0%} of the variance"
        for projection in maps
    ]
    figure = make_subplots(1, len(maps), subplot_titles=titles, horizontal_spacing=0.07)
    names = [plain(visible_label(label)) for label in labels]
    mode = "markers+text" if len(labels) <= LABELLED_POINTS else "markers"
    for column, projection in enumerate(maps, start=1):
        for place, (group, members) in enumerate(groups.items()):
            figure.add_trace(
                go.Scatter(
                    x=projection.coordinates[list(members), 0],
                    y=projection.coordinates[list(members), 1],
                    text=[names[i] for i in members],
                    mode=mode,
                    name=plain(group),
                    legendgroup=group,
                    showlegend=column == 1,
                    textposition="top center",
                    textfont={"size": 10},
                    marker={"size": 8, "color": theme.series_colour(place)},
                    hovertemplate="%{text}<extra>" + plain(group) + "</extra>",
                ),
                row=1,
                col=column,
            )
        figure.update_xaxes(title=f"axis 1 ({projection.explained[0]:.0%})", row=1, col=column)
        figure.update_yaxes(
            title=f"axis 2 ({projection.explained[1]:.0%})", row=1, col=column,
            scaleanchor="x" if column == 1 else f"x{column}",
        )  # fmt: skip
    theme.style(figure, height=580)
    figure.update_layout(margin={"t": 40, "b": 8}, legend={"y": -0.14, "yanchor": "top", "x": 0})
    figure.update_annotations(font={"size": 14}, yshift=4)
    figure.update_xaxes(showticklabels=False, zeroline=True, zerolinecolor=theme.GRID)
    figure.update_yaxes(showticklabels=False, zeroline=True, zerolinecolor=theme.GRID)
    return figure
