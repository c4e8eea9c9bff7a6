"""Attention: which earlier tokens each head looks at, what it is worth, what the layers think."""

import streamlit as st

from ui.attention import VIEWS
from ui.attention.code import code_of
from ui.page import code_behind, guarded, header
from ui.picker import model_picker
from ui.real_model import offer
from ui.session import ATTENTION_VIEW
from ui.state import shared_text
from ui.views import chosen_view

INTRO = (
    "To predict the next token, every token gathers information from those before it; each head "
    "chooses for itself which ones. **Look for heads with a habit:** one that always takes the "
    "token just before, one that goes back to an earlier copy of the same word, and the many that "
    "rest on the very first token when they have nothing to do."
)

header("Attention", INTRO)
text, ref, view = "", "starter", next(iter(VIEWS))
with guarded():
    left, right = st.columns([2, 1], gap="large")
    with left:
        text = shared_text(key="attention_text", height=80)
    with right:
        ref = model_picker(key="attention_model")
    view = chosen_view(ATTENTION_VIEW, VIEWS)
    if text or not VIEWS[view].needs_text:
        VIEWS[view].show(ref, text)
    else:
        st.info(
            "Type a sentence above to see which of its tokens look at which.",
            icon=":material/edit:",
        )
offer("has heads with every habit: previous token, duplicate, induction", "offer_attention")
code_behind(*code_of(view, ref, text or "Hello"))
