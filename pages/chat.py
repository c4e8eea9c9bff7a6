"""Chat: talk with any language model of the lab, and see what it reads."""

import streamlit as st

from ui.chat.body import MODEL, show
from ui.chat.code import code_of
from ui.page import code_behind, guarded, header

header(
    "Chat",
    "Talk with any language model here. **What to look at:** the text that the model really "
    "reads, how the context fills up, and what falls out of it.",
)
with guarded():
    show()
code_behind(*code_of(st.session_state.get(MODEL) or "RUN_ID"))
