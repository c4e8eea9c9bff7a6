"""Eight cards: what each job is, which model does it here, its figure and its verdict."""

import streamlit as st

from llmcore.applications import JOBS, Job, serving_model
from ui.applications.looks import ICONS, badge, bars, failure, figure_for, measured_on
from ui.page import guarded, plain
from ui.picker import choose_model

COLUMNS = 2


def gallery() -> None:
    jobs = list(JOBS.values())
    for first in range(0, len(jobs), COLUMNS):
        for column, job in zip(st.columns(COLUMNS), jobs[first : first + COLUMNS], strict=False):
            with column.container(border=True, height="stretch"), guarded():
                _card(job)


def _card(job: Job) -> None:
    ref = serving_model(job)
    figure = figure_for(job, ref) if ref else None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{ICONS[job.name]} **{job.title}**", width="content")
        st.space("stretch")
        badge(ref, figure)
    st.markdown(job.what)
    if figure is not None:
        bars(figure, f"app_bars_{job.name}")
        st.caption(measured_on(figure))
        if said := failure(figure):
            st.caption(said)
    elif ref is not None:
        st.caption(f"Model: {plain(ref)}. Open it to try it and to measure it.")
    else:
        st.caption("No model here has learned this yet. Open it: one click trains one.")
    st.space("stretch")
    st.button(
        f"Try it: {job.title}" if ref else f"Open: {job.title}",
        icon=":material/play_arrow:" if ref else ":material/arrow_forward:",
        key=f"app_open_{job.name}",
        on_click=open_job,
        args=(job.name,),
    )


def open_job(name: str | None) -> None:
    """A callback: shows one job with the model that serves it; None shows all."""
    if name is None:
        st.query_params.pop("job", None)
        return
    st.query_params["job"] = name
    ref = serving_model(JOBS[name])
    if ref is not None:
        choose_model(ref, None if JOBS[name].takes_classifier else "language")
