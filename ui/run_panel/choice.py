"""Which run a page shows: the one in the URL (`?run=`), else the last chosen, else the newest."""

from typing import TYPE_CHECKING

import streamlit as st

from llmcore.errors import LabError
from ui.marked import Markdown
from ui.page import plain
from ui.state import store

if TYPE_CHECKING:
    from llmcore.runs import RunInfo

_CHOSEN = "lab_run_by_kind"


def runs_of(kind: str) -> dict[str, "RunInfo"]:
    """All runs of a kind by id, newest first, the bundled examples last."""
    return {info.id: info for info in store().list() if info.kind == kind}


def run_picker(infos: dict[str, "RunInfo"], kind: str, label: Markdown = "Run") -> "RunInfo | None":
    """A select box over `infos`; the choice is in the URL. None if there is no run."""
    if not infos:
        if st.query_params.get("run"):
            _say_missing(st.query_params["run"], another=False)
        return None
    wanted = _wanted(infos, kind)
    key = f"run_of_{kind}"
    # Set before the widget is drawn: a run that was just started is chosen by a callback.
    st.session_state[key] = wanted
    st.selectbox(
        label,
        list(infos),
        format_func=lambda run_id: run_label(infos[run_id]) if run_id in infos else run_id,
        key=key,
        on_change=_picked,
        args=(kind, key),
    )
    if st.query_params.get("run") != wanted:
        st.query_params["run"] = wanted
    return infos[wanted]


def run_label(info: "RunInfo") -> str:
    """Stable while the run goes on, and no other run's: the browser knows an entry by its label."""
    return f"{info.name} · {'example' if info.example else info.began}"


def choose_run(run_id: str, kind: str) -> None:
    """Shows this run from now on. Call it before the run picker is drawn, or rerun after it."""
    st.session_state.setdefault(_CHOSEN, {})[kind] = run_id
    st.query_params["run"] = run_id


def _wanted(infos: dict[str, "RunInfo"], kind: str) -> str:
    from_url = st.query_params.get("run")
    if from_url in infos:
        st.session_state.setdefault(_CHOSEN, {})[kind] = from_url
        return from_url
    if from_url:
        _say_missing(from_url)
    chosen = st.session_state.get(_CHOSEN, {}).get(kind)
    if chosen in infos:
        return chosen
    live = (run_id for run_id, info in infos.items() if info.is_live)
    return next(live, None) or next(iter(infos))


def _say_missing(run_id: str, another: bool = True) -> None:
    try:
        kind = store().info(run_id).kind
        why = "is damaged" if kind == "?" else "belongs to another page"
    except LabError:
        why = "does not exist: it may have been deleted"
    rest = ", so another is shown: choose one below or in Runs." if another else ". See Runs."
    st.warning(f"The run {plain(run_id[:80])} {why}{rest}", icon=":material/help:")


def _picked(kind: str, key: str) -> None:
    choose_run(st.session_state[key], kind)
