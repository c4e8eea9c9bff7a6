"""Tokenizer: a text in several encodings, and all that a tokenizer is made of."""

import streamlit as st

from ui.live_text import follow_typing
from ui.page import code_behind, guarded, header
from ui.state import set_shared_text, shared_text
from ui.tokenizer import VIEWS
from ui.tokenizer.link import copy_link
from ui.tokenizer.samples import SAMPLES
from ui.views import chosen_view
from ui.warm import warm_up

TEXT = "tokenizer_text"


def samples(text: str) -> None:
    """Buttons that replace the text, so that one sees at once where encodings differ; behind them
    the link to all that one sees."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        for name, sample in SAMPLES.items():
            st.button(name, type="tertiary", on_click=set_shared_text, args=(sample,))
        copy_link(text)
        follow_typing(TEXT)


def notices(text: str) -> None:
    if "\0" in text:
        st.info("The text holds NUL bytes: they are tokens like any other and are shown as ␀.")
    if "�" in text:
        st.info(
            "The text holds � (U+FFFD), the sign for a character that could not be read: "
            "where you did not type it yourself, it stands for a broken one."
        )


header(
    "Tokenizer",
    "A model never sees letters, only the numbers of tokens. Each colour is one token: look at "
    "where the encodings cut differently, and at what spaces, emoji and other scripts cost.",
)
with guarded():
    text = shared_text("Your text", key=TEXT, height=104)
    samples(text)
    notices(text)
    view = chosen_view("tokenizer_view", VIEWS)
    if text or not VIEWS[view].needs_text:
        VIEWS[view].show(text)
    else:
        st.info("There is no text: type or paste some above, or choose one of the examples.")
code_behind(
    """
from llmcore.tokenizers import builtin_tokenizer

tokenizer = builtin_tokenizer("gpt2")
for piece in tokenizer.pieces("unbelievably fast"):
    print(piece.id, piece.label, piece.data)
""",
    'python -m llmcore tokenize --encoding gpt2 --json "unbelievably fast"',
)
warm_up(delay=4.0)
