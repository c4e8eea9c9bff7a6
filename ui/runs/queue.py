"""The runs that wait for their turn, with their order to change."""

from collections.abc import Callable

import streamlit as st

from llmcore.execution.queue import RunQueue
from ui.page import plain, show_error
from ui.run_panel.start import noting, take_trouble
from ui.state import store

PLACE = "queue"


def queue_panel() -> None:
    """Nothing if nothing waits."""
    queue = RunQueue(store())
    waiting = queue.waiting()
    trouble = take_trouble(PLACE)
    if trouble is not None:
        show_error(trouble)
    if not waiting:
        return
    with st.container(border=True):
        st.markdown("**Waiting for their turn**")
        st.caption(
            "One run trains at a time; the next one starts by itself, whatever the last did."
        )
        for place, run_id in enumerate(waiting):
            _row(queue, place, run_id, len(waiting))


def _row(queue: RunQueue, place: int, run_id: str, n_waiting: int) -> None:
    info = queue.store.info(run_id)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{place + 1}. {plain(info.name)}", width="content")
        st.space("stretch")
        for label, icon, to, disabled in (
            ("Sooner", ":material/arrow_upward:", place - 1, place == 0),
            ("Later", ":material/arrow_downward:", place + 1, place == n_waiting - 1),
        ):
            st.button(
                label, icon=icon, key=f"{label}_{run_id}", disabled=disabled, type="tertiary",
                on_click=_noting, args=(RunQueue.move, run_id, to),
            )  # fmt: skip
        st.button(
            "Take out", icon=":material/close:", key=f"out_{run_id}", type="tertiary",
            on_click=_noting, args=(RunQueue.remove, run_id),
        )  # fmt: skip


def _noting(action: Callable[..., None], *arguments: object) -> None:
    with noting(PLACE):
        action(RunQueue(store()), *arguments)
