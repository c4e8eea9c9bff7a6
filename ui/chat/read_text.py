"""What a model reads, with its special tokens distinct from text that looks like them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from ui.marked import Markdown, lines, plain

if TYPE_CHECKING:
    from llmcore.tokenizers.parts import Part


def show_read(parts: "Sequence[Part]") -> None:
    """The text as code; if it has special tokens, they are shaded."""
    if not any(part.fixed for part in parts):
        st.code("".join(part.text for part in parts), language=None, wrap_lines=True)
        return
    with st.container(border=True):
        st.markdown(marked_parts(parts))
    st.caption("Shaded: special tokens, which nobody can type. All else is text.")


def marked_parts(parts: "Sequence[Part]") -> Markdown:
    """Markdown in which the line ends stay, and special tokens are shaded."""
    return "".join(
        f":blue-background[{plain(part.text)}]" if part.fixed else lines(part.text)
        for part in parts
    )
