"""Charts of the Attention page: each can be kept as PNG or SVG with the camera in its corner."""

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_FORMAT = "attention_image_format"
FORMATS = ("PNG", "SVG")


def figure(made: "Figure", key: str, name: str, alt: str) -> None:
    """Draws a figure. name: of the file that the camera saves."""
    image = {"format": chosen_format().lower(), "filename": name, "scale": 2}
    config = {
        "displaylogo": False, "modeBarButtons": [["toImage"]], "toImageButtonOptions": image,
    }  # fmt: skip
    st.plotly_chart(made, key=key, config=config, alt=alt)


def chosen_format() -> str:
    kept = st.session_state.get(_FORMAT)
    return kept if kept in FORMATS else FORMATS[0]


def format_choice() -> None:
    """One choice for all figures; the camera appears when one points at a figure."""
    st.segmented_control(
        "Camera saves figures as",
        FORMATS,
        default=FORMATS[0],
        required=True,
        key=_FORMAT,
        persist_state="session",
        help="Point at a figure and press the camera in its corner to download it.",
    )
