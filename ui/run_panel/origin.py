"""What is known of a model that was pretrained elsewhere."""

from typing import TYPE_CHECKING

import streamlit as st

from ui.marked import plain
from ui.state import store

if TYPE_CHECKING:
    from llmcore.runs import Run, RunInfo


def origin_card(info: "RunInfo") -> None:
    """Origin, licence and what to doubt, of a run made from another tool's model; else nothing."""
    if info.source is None or info.state == "damaged":
        return
    from llmcore.convert.origin import known_of

    config = store().open(info.id).config.model
    st.markdown(plain(" ".join(known_of(info, config.n_parameters()))))


def doubt_scores(run: "Run") -> None:
    """Beside scores: a line if the model that learned may have seen the test's rows before."""
    from llmcore.convert.origin import MAY_HAVE_SEEN, pretrained_elsewhere

    name = pretrained_elsewhere(run)
    if name is not None:
        st.caption(f"It grew out of {plain(name)}. {plain(MAY_HAVE_SEEN)}")
