"""One job of the gallery, or all of them."""

import streamlit as st

from llmcore.applications import Job
from ui.applications.detail import detail
from ui.applications.gallery import gallery
from ui.page import plain


def show(job: Job | None) -> None:
    """job: the one in the address; None if there is none of that name."""
    if job is not None:
        detail(job)
        return
    wanted = st.query_params.get("job")
    if wanted:
        st.warning(
            f"There is no job {plain(repr(wanted[:60]))}, so all are shown.",
            icon=":material/help:",
        )
    gallery()
