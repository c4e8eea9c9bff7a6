"""A box of Streamlit's that scrolls, and that can be reached and scrolled by keyboard."""

import re
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


def scroll_box(
    label: str, place: str, height: int, border: bool = False, tall: bool = True
) -> "DeltaGenerator":
    """A container of `height` pixels; if it is not `tall`, one of the height of what it holds.

    label: what a screen reader calls it, of letters, digits, spaces and hyphens. place: tells boxes
    of one label apart. The key carries the label to the browser (page_look.js), since a container
    has no other name.
    """
    if not tall:
        return st.container(border=border)
    assert re.fullmatch(r"[A-Za-z0-9 -]+", label), label
    key = f"scroll_{label.replace(' ', '_')}--{place}"
    return st.container(height=height, border=border, key=key)
