"""The chosen run: what is known of it, and the buttons to open, rename, resume or delete it."""

from contextlib import suppress

import streamlit as st
from streamlit.errors import StreamlitAPIException

from llmcore import models
from llmcore.errors import LabError, NotFoundError
from llmcore.kinds import KINDS
from llmcore.runs import RunInfo
from llmcore.runs.reference import name_of
from llmcore.texts import bytes_in_words
from ui.marked import Markdown
from ui.navigation import CARDS
from ui.page import plain, show_error
from ui.run_panel.controls import ask_to_resume, show_trouble
from ui.run_panel.live import state_badge
from ui.run_panel.onward import onward
from ui.run_panel.origin import origin_card
from ui.run_panel.start import noting
from ui.runs.exchange import hand_out
from ui.state import store

PLACE = "runs"
_CHOSEN = "lab_runs_chosen"


def chosen_id(ids: list[str]) -> str | None:
    """The run in the URL, else the one chosen in this session, if it still exists."""
    from_url = st.query_params.get("run")
    if from_url in ids:
        st.session_state[_CHOSEN] = from_url
    chosen = st.session_state.get(_CHOSEN)
    return chosen if chosen in ids else None


def choose(run_id: str | None) -> None:
    st.session_state[_CHOSEN] = run_id
    if run_id is None:
        st.query_params.pop("run", None)
    else:
        st.query_params["run"] = run_id


def chosen_run(infos: dict[str, RunInfo]) -> None:
    from_url = st.query_params.get("run")
    if from_url and from_url not in infos:
        st.warning(
            f"There is no run {plain(from_url[:80])}: it may have been deleted.",
            icon=":material/help:",
        )
    chosen = chosen_id(list(infos))
    if chosen is None:
        st.caption("Click the box at the left of a row to choose that run.")
        return
    info = infos[chosen]
    st.session_state[_CHOSEN] = chosen
    if st.query_params.get("run") != chosen:
        st.query_params["run"] = chosen
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(info.name)}**", width="content")
            state_badge(info)
            if info.example:
                st.badge("Example that comes with the lab", icon=":material/science:",
                         color="orange")  # fmt: skip
        st.caption(_facts(info, infos))
        origin_card(info)
        if info.error:
            st.error(plain(info.error), icon=":material/error:")
        if info.lost:
            st.warning(
                f"This run keeps only a LoRA adapter, and {plain(info.lost)}, which it stands on, "
                f"is gone: it cannot be used until that model is back.",
                icon=":material/link_off:",
            )
        _actions(info)


def _open_link(info: RunInfo) -> None:
    card = CARDS[KINDS[info.kind].page]
    try:
        st.page_link(
            card.path, label=f"Open in {card.title}", icon=card.icon, query_params={"run": info.id}
        )
    except (StreamlitAPIException, KeyError):
        # A page file that runs on its own, without app.py, knows no other pages.
        st.caption(f"Open in {card.title}")


def _facts(info: RunInfo, infos: dict[str, RunInfo]) -> Markdown:
    """Folder and lineage in one line, the oldest ancestor first."""
    line, seen, parent = [], {info.id}, info.parent
    while parent and parent not in seen:
        seen.add(parent)
        known = infos.get(name_of(parent))
        line.append(known.name if known else parent)
        parent = known.parent if known else None
    lineage = " → ".join(plain(name) for name in [*reversed(line), info.name])
    return f"{lineage}  \n{plain(str(info.directory))}"


def _actions(info: RunInfo) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if info.kind in KINDS:
            _open_link(info)
        if info.can_resume:
            st.button("Resume", icon=":material/play_arrow:", key=f"runs_resume_{info.id}",
                      on_click=ask_to_resume, args=(info.id,))  # fmt: skip
        if not info.example:
            rename = st.button("Rename", icon=":material/edit:", key=f"rename_{info.id}")
            delete = st.button("Delete", icon=":material/delete:", key=f"delete_{info.id}")
        else:
            rename = delete = False
        hand_out(info)
    onward(info)
    if info.example:
        st.caption("The examples stay: they fill the pages before your first run.")
    show_trouble(info)
    if rename and info.state == "damaged":
        show_error(LabError("A damaged run cannot be renamed: it can only be deleted."))
    elif rename:
        _rename_dialog(info)
    if delete and info.is_live:
        show_error(LabError(f"This run is {info.state}: stop it first, then delete it."))
    elif delete:
        _delete_dialog(info)


@st.dialog("Rename this run")
def _rename_dialog(info: RunInfo) -> None:
    with st.form("rename_form", border=False):
        st.text_input("Name", value=info.name, max_chars=80, key="rename_to")
        if st.form_submit_button("Rename", type="primary", on_click=_rename, args=(info.id,)):
            st.rerun()


@st.dialog("Delete this run?")
def _delete_dialog(info: RunInfo) -> None:
    st.markdown(
        f"**{plain(info.name)}** with all its checkpoints ({bytes_in_words(info.n_bytes)}) is "
        f"removed from the disk. This cannot be undone."
    )
    needing = models.adapters_of(info.id)
    if needing:
        names = ", ".join(f"**{plain(info.name)}**" for info in needing)
        st.warning(f"{names}: only an adapter is kept there, which cannot be used without this "
                   f"model.")  # fmt: skip
    keep, remove = st.columns(2)
    kept = keep.button("Keep it", type="primary", width="stretch", key="keep_run")
    deleted = remove.button(
        ":red[Delete]",
        icon=":material/delete:",
        width="stretch",
        key="delete_run_now",
        on_click=_delete,
        args=(info.id,),
    )
    if kept or deleted:
        st.rerun()


def _rename(run_id: str) -> None:
    """A callback, so that it runs before the page is drawn again and whatever is open."""
    with noting(PLACE):
        store().rename(run_id, st.session_state["rename_to"])


def _delete(run_id: str) -> None:
    """A callback. A run that another tab deleted meanwhile is what was asked for."""
    with noting(PLACE):
        with suppress(NotFoundError):
            store().delete(run_id)
        choose(None)
