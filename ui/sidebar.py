"""The strip in the sidebar that shows which runs train now, on whatever page one is."""

import logging
import time
from typing import TYPE_CHECKING

import streamlit as st

from llmcore.kinds import KINDS
from ui.components import registered
from ui.navigation import page_link
from ui.page import plain, steady
from ui.state import store

if TYPE_CHECKING:
    from llmcore.runs import RunInfo

logger = logging.getLogger(__name__)

# Between two pictures of the strip: a tenth of the youngest run's age, within these bounds. Drawing
# takes the training's cores.
PICTURES = 10
REFRESH_SECONDS, SLOWEST_REFRESH_SECONDS = 2, 10
_WAS_LIVE = "lab_strip_live"


def live_infos() -> list["RunInfo"]:
    """The runs that train now; empty if the store cannot be read, since a strip in the
    sidebar may not take a page down."""
    try:
        return [info for info in store().list() if info.is_live]
    except Exception:
        logger.warning("the run store cannot be listed", exc_info=True)
        return []


def sidebar_strip() -> None:
    """Draws the strip. It refreshes itself only while something trains, and runs the page once
    more when the last run has ended."""
    live = live_infos()
    st.session_state[_WAS_LIVE] = bool(live)
    with st.sidebar:
        with steady("strip"):
            st.fragment(_strip, run_every=refresh_seconds(live))()
        registered("well_formed")(key="well_formed")
        registered("page_look", isolated=False)(key="page_look")


def refresh_seconds(live: list["RunInfo"]) -> int | None:
    """Whole seconds from one picture of the strip to the next; None if nothing trains. The
    rhythm stays until the page runs again."""
    if not live:
        return None
    age = time.time() - max(info.created for info in live)
    return min(max(round(age / PICTURES), REFRESH_SECONDS), SLOWEST_REFRESH_SECONDS)


def _strip() -> None:
    live = live_infos()
    if not live:
        if st.session_state.get(_WAS_LIVE):
            st.session_state[_WAS_LIVE] = False
            st.rerun()
        st.caption("Nothing is training now.")
        return
    waiting = [info for info in live if info.waiting]
    live = [info for info in live if info.trains]
    trains = any(info.state != "paused" for info in live)
    st.caption("Training now" if trains else "Paused" if live else "Nothing is training now.")
    for info in live[:4]:
        share = min(1.0, info.step / info.steps) if info.steps else 0.0
        paused = " · paused" if info.state == "paused" and trains else ""
        st.progress(
            share, text=f"{plain(info.name)} · step {info.step:,} of {info.steps:,}{paused}"
        )
        page = KINDS[info.kind].page if info.kind in KINDS else "runs"
        page_link(page, "Watch it", run=info.id)
    if waiting:
        runs = "run waits" if len(waiting) == 1 else "runs wait"
        page_link("runs", f"{len(waiting)} {runs} in the queue", ":material/playlist_play:")
