"""Which run a page shows: the one in the URL (`?run=`), else the last chosen, else the newest."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import streamlit as st

from llmcore.errors import LabError
from ui.marked import Markdown
from ui.page import plain, show_error
from ui.state import store

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from llmcore.config import RunConfig
    from llmcore.runs import RunInfo

_CHOSEN = "lab_run_by_kind"
_NEXT = "lab_next_run_id"
_TROUBLE = "lab_start_trouble"
_WISHES = "lab_start_wishes"


def runs_of(kind: str) -> dict[str, "RunInfo"]:
    """All runs of a kind by id, newest first, the bundled examples last."""
    return {info.id: info for info in store().list() if info.kind == kind}


def run_picker(infos: dict[str, "RunInfo"], kind: str, label: Markdown = "Run") -> "RunInfo | None":
    """A select box over `infos`; the choice stands in the URL. None where there is no run."""
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
        format_func=lambda one: run_label(infos[one]) if one in infos else one,
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


def start_card(infos: Iterable["RunInfo"]) -> "DeltaGenerator":
    """The frame around the choices and the Start button. While a run of `infos` trains it is one
    line that opens, so that the run stands on the first screen."""
    live = next((info for info in infos if info.is_live and not info.waiting), None)
    if live is None:
        return st.container(border=True)
    return st.expander("Start another run", icon=":material/add:", key=f"start_card_{live.id}")


def start_button(
    label: Markdown, run_id: str, kind: str, place: "DeltaGenerator", ready: bool
) -> None:
    """The big button in `place`, and below it what went wrong at the last try.

    A click may come with a change of a field that one has just left; a callback would still have
    the settings from before it. So the click is only noted, and the page starts the run once it
    has read all fields (`start_wanted`). While another run trains, a second button queues it.
    """
    place.button(
        label,
        icon=":material/play_arrow:",
        type="primary",
        width="stretch",
        key=f"start_{run_id}",
        on_click=wish_start,
        args=(kind,),
        disabled=not ready,
    )
    if any(info.is_live for info in store().list()):
        place.button(
            "Add to queue",
            icon=":material/playlist_add:",
            width="stretch",
            key=f"queue_{run_id}",
            on_click=wish_start,
            args=(kind, "queue"),
            disabled=not ready,
            help="It starts by itself when what trains now has ended. See Runs for the order.",
        )
    trouble = take_trouble(kind)
    if trouble is not None:
        show_error(trouble)


def wish_start(kind: str, wish: str = "start") -> None:
    """A callback: notes that a start, or a place in the queue, was asked for."""
    st.session_state.setdefault(_WISHES, {})[kind] = wish


def start_wanted(kind: str) -> str | None:
    """`start` or `queue` where that button was pressed since this was last asked."""
    wishes: dict[str, str] = st.session_state.get(_WISHES, {})
    return wishes.pop(kind, None)


def start_or_queue(
    wish: str,
    run_id: str,
    kind: str,
    config: "RunConfig",
    data: bytes | None,
    own_process: bool = False,
) -> None:
    """Starts the run, or lets it wait for its turn; once for an id, however often it is called.

    own_process: not in a thread of the app. What waits trains in the app."""
    from llmcore.execution import launch, process
    from llmcore.execution.queue import RunQueue

    if wish == "queue":
        RunQueue(store()).add(run_id, config, data)
    elif own_process:
        process.start_process(run_id, config, store(), data)
    else:
        launch.start(run_id, config, store(), data)
    run_id_used(kind)
    choose_run(run_id, kind)


def next_run_id(kind: str, name: str) -> str:
    """The id that the next Start will use: minted before the click, kept until it is used.

    The button's key carries it too, so a late second click belongs to a button that is gone.
    """
    minted: dict[str, str] = st.session_state.setdefault(_NEXT, {})
    if kind not in minted:
        minted[kind] = store().mint_id(name)
    return minted[kind]


def run_id_used(kind: str) -> None:
    st.session_state.get(_NEXT, {}).pop(kind, None)


def note_trouble(kind: str, error: Exception) -> None:
    """Keeps what went wrong for `take_trouble`, which the page asks when it is drawn next."""
    st.session_state.setdefault(_TROUBLE, {})[kind] = error


def take_trouble(kind: str) -> Exception | None:
    return st.session_state.get(_TROUBLE, {}).pop(kind, None)


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
    live = (one for one, info in infos.items() if info.is_live)
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
