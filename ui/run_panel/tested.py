"""What the results of every finetune begin with: whether there is a verdict, and one to trust."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from llmcore.runs.used import is_broken
from ui.marked import Markdown
from ui.run_panel.feed import feed
from ui.run_panel.origin import doubt_scores
from ui.scores import NO_NUMBER
from ui.state import store

if TYPE_CHECKING:
    from llmcore.runs import Run, RunInfo


def tested(info: "RunInfo", title: Markdown) -> tuple["Run", dict[str, Any]] | None:
    """A run with the verdict of its test, under a heading; None if there is nothing to show:
    it ended before its test, or its weights are no numbers any more, which is said."""
    run = store().open(info.id)
    verdict = feed(run).result
    if verdict is None:
        return None
    st.header(title, anchor=False)
    if is_broken(run, feed(run).metrics):
        st.error(NO_NUMBER, icon=":material/error:")
        return None
    doubt_scores(run)
    return run, verdict
