"""Playground: a model writes, and every token is a decision that one can look at and change."""

import streamlit as st

from ui.page import code_behind, guarded, header
from ui.playground import VIEWS
from ui.playground.code import code_of
from ui.warm import warm_up

INTRO = (
    "A model gives every token of its vocabulary a score; the sampling settings turn the scores "
    "into chances, and one token is drawn. **What you see:** each token in the colour of its "
    "chance. Point at one for its rivals, click a rival to go on with it instead, move a slider "
    "to see how the same scores would have been read."
)


def chosen_view() -> str:
    """The view to draw; it stands in the URL as `?view=`."""
    wanted = st.query_params.get("view")
    wanted = wanted if wanted in VIEWS else "write"
    if "playground_view" not in st.session_state:
        st.session_state["playground_view"] = wanted
    name = st.segmented_control(
        "View",
        list(VIEWS),
        format_func=lambda one: f"{VIEWS[one].icon} {VIEWS[one].label}",
        key="playground_view",
        required=True,
        label_visibility="collapsed",
    )
    if name not in VIEWS:  # a browser that comes back to a new session may bring none
        name = wanted
    if name == "write":
        st.query_params.pop("view", None)
    else:
        st.query_params["view"] = name
    return name


header("Playground", INTRO)
view = chosen_view()
with guarded():
    VIEWS[view].show()
code_behind(*code_of(view))
warm_up(delay=2.0)  # the page has imported all it needs: what is left is to freeze it
