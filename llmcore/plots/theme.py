"""Colours and layout that all figures share; they read on the light and on the dark theme."""

from typing import TYPE_CHECKING, Any

from llmcore.colours import AMBER, BRICK, PETROL, RUST, SERIES, SLATE, rgba
from llmcore.colours import SEQUENTIAL as SEQUENTIAL

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TRAIN, VALIDATION = PETROL, AMBER
MUTED = SLATE
GOOD, BAD = "#3E9A63", BRICK
GRID = rgba(SLATE, 0.22)
TRANSPARENT = "rgba(0, 0, 0, 0)"

# From this share on a number on a cell is white, in both themes.
FULL_CELL = 0.88
DIVERGING = (
    (0.0, RUST),
    (0.5, rgba(SLATE, 0.12)),
    (1.0, PETROL),
)


def series_colour(index: int) -> str:
    """The colour of the n-th series; they repeat after the eighth."""
    return SERIES[index % len(SERIES)]


def layout(height: int = 320, **more: Any) -> dict[str, Any]:
    """The shared look as a plain dict, for figures that are built again every second: Plotly
    checks each change of a figure, which costs several times what drawing from a dict does.

    It has no template: `ui.charts.live_chart` gives it the theme's colours.
    """
    axis = {"gridcolor": GRID, "zeroline": False, "automargin": True}
    return {
        "template": "none",
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 12, "b": 8},
        "paper_bgcolor": TRANSPARENT,
        "plot_bgcolor": TRANSPARENT,
        "colorway": list(SERIES),
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        **more,
        "xaxis": {**axis, **more.get("xaxis", {})},
        "yaxis": {**axis, **more.get("yaxis", {})},
    }


def style(figure: "Figure", height: int = 320, **layout: Any) -> "Figure":
    """Applies the shared look in place and returns the figure.

    Text colour is left to Streamlit's Plotly theme, which follows light and dark.
    """
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 32 if layout.get("title") else 12, "b": 8},
        paper_bgcolor=TRANSPARENT,
        plot_bgcolor=TRANSPARENT,
        colorway=list(SERIES),
        hoverlabel={"font": {"size": 13}},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "title": None},
    )
    figure.update_xaxes(gridcolor=GRID, zeroline=False, automargin=True)
    figure.update_yaxes(gridcolor=GRID, zeroline=False, automargin=True)
    figure.update_layout(**layout)
    return figure
