"""Playground: a model writes, and every token is a decision that one can look at and change."""

import shlex

import streamlit as st

from ui.page import code_behind, guarded, header
from ui.playground import VIEWS
from ui.state import current_text

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
text = current_text()
shown = text if len(text) <= 60 else text[:57] + "..."
ref = st.query_params.get("model", "base")
code_behind(
    f"""
from llmcore.generation import SamplingConfig, Tree, score_text, start_generation, token_view
from llmcore.models import load

loaded = load({ref!r})
tree = Tree(loaded.tokenizer, {shown!r})
sampling = SamplingConfig(temperature=0.8, top_p=0.95)
job = start_generation(loaded.model, tree, 0, sampling)
job.wait()
token_view(tree, job.node_id, sampling).alternatives   # logit, scaled, kept, probability
score_text(loaded.model, loaded.tokenizer, {shown!r}).bits_per_byte
""",
    f"python -m llmcore generate --model {shlex.quote(ref)} {shlex.quote('--prompt=' + shown)} "
    "--temperature 0.8 --top-p 0.95",
)
