"""The panel of a run that fills a table: state, progress, and the table as far as it is done."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from ui.page import guarded, plain, steady
from ui.run_panel.controls import run_controls, show_failure, show_trouble, stop_requested
from ui.run_panel.live import state_badge
from ui.state import store

if TYPE_CHECKING:
    from llmcore.runs import Run, RunInfo

REFRESH_SECONDS = 1.5


def table_panel(run_id: str, draw: Callable[["Run"], None], unit: str = "cells") -> None:
    """Refreshes itself while the run is live, and reruns the page once when that ends.

    unit: what a step of the run is, in the plural."""
    with guarded():
        live = store().info(run_id).is_live
        with steady("table"):
            seconds = REFRESH_SECONDS if live else None
            st.fragment(_panel, run_every=seconds)(run_id, draw, live, unit)


def _panel(run_id: str, draw: Callable[["Run"], None], was_live: bool, unit: str) -> None:
    with guarded():
        run = store().open(run_id)
        info = run.info()
        if info.is_live != was_live:
            st.rerun()
        _head(info, unit)
        if info.state != "damaged":
            draw(run)


def _head(info: "RunInfo", unit: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(info.name)}**", width="content")
        state_badge(info)
        st.space("stretch")
        run_controls(info)
    with st.container():
        show_trouble(info)
        show_failure(info)
        if info.state == "interrupted":
            st.info(
                f"This run was cut off: {plain(info.reason or '')}. What is finished is kept: "
                f"**Resume** goes on from there."
            )
    if info.state not in {"damaged", "done"}:
        share = min(1.0, info.step / info.steps) if info.steps else 0.0
        st.progress(share, text=plain(_progress_text(info, unit)))


def _progress_text(info: "RunInfo", unit: str) -> str:
    cells = f"{info.step} of {info.steps} {unit}"
    if info.waiting:
        return "Waits in the queue for its turn"
    if not info.is_live:
        return cells
    if stop_requested(info):
        return f"{cells} · stopping"
    if info.state == "paused":
        return f"{cells} · paused, everything is saved"
    return f"{cells} · {info.phase or 'starting'}"
