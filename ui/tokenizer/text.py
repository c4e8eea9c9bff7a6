"""The text above the views, with the examples and what is odd in it."""

import streamlit as st

from ui.live_text import follow_typing
from ui.state import set_shared_text, shared_text
from ui.tokenizer.link import copy_link
from ui.tokenizer.samples import SAMPLES

TEXT = "tokenizer_text"


def text_box() -> str:
    text = shared_text("Your text", key=TEXT, height=104)
    _samples(text)
    _notices(text)
    return text


def _samples(text: str) -> None:
    """Buttons that replace the text, so that one sees at once where encodings differ; behind them
    the link to all that one sees."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        for name, sample in SAMPLES.items():
            st.button(name, type="tertiary", on_click=set_shared_text, args=(sample,))
        copy_link(text)
        follow_typing(TEXT)


def _notices(text: str) -> None:
    if "\0" in text:
        st.info("The text holds NUL bytes: they are tokens like any other and are shown as ␀.")
    if "�" in text:
        st.info(
            "The text holds � (U+FFFD), the sign for a character that could not be read: "
            "where you did not type it yourself, it stands for a broken one."
        )
