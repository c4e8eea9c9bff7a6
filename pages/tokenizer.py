"""Tokenizer: a text in several encodings, and all that a tokenizer is made of."""

import streamlit as st

from ui.page import code_behind, guarded, header
from ui.session import TOKENIZER_VIEW
from ui.tokenizer import VIEWS
from ui.tokenizer.text import text_box
from ui.views import chosen_view
from ui.warm import warm_up

PYTHON = """
from llmcore.tokenizers import builtin_tokenizer

tokenizer = builtin_tokenizer("gpt2")
for piece in tokenizer.pieces("unbelievably fast"):
    print(piece.id, piece.label, piece.data)
"""
CLI = 'python -m llmcore tokenize --encoding gpt2 --json "unbelievably fast"'

header(
    "Tokenizer",
    "A model never sees letters, only the numbers of tokens. Each colour is one token: look at "
    "where the encodings cut differently, and at what spaces, emoji and other scripts cost.",
)
with guarded():
    text = text_box()
    view = chosen_view(TOKENIZER_VIEW, VIEWS)
    if text or not VIEWS[view].needs_text:
        VIEWS[view].show(text)
    else:
        st.info("There is no text: type or paste some above, or choose one of the examples.")
code_behind(PYTHON, CLI)
warm_up(delay=4.0)
