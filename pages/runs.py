"""Runs: everything that was trained here, and what can be done with it."""

import pandas as pd
import streamlit as st
from streamlit.errors import StreamlitAPIException

from llmcore import models
from llmcore.errors import LabError, NotFoundError
from llmcore.kinds import KINDS
from llmcore.runs import RunInfo
from ui.marked import Markdown
from ui.navigation import CARDS
from ui.page import code_behind, guarded, header, plain, show_error, steady
from ui.run_panel.choice import note_trouble, take_trouble
from ui.run_panel.controls import ask_to_resume, show_trouble
from ui.run_panel.feed import when
from ui.run_panel.live import STATES, state_badge
from ui.run_panel.onward import onward
from ui.runs.exchange import bring_in, hand_out
from ui.runs.queue import queue_panel
from ui.state import store

TITLES = {name: one.title for name, one in KINDS.items()} | {"?": "Unreadable"}
REFRESH_SECONDS = 2.0
PLACE = "runs"
_CHOSEN = "lab_runs_chosen"
PYTHON = """
from pathlib import Path

from llmcore.convert.export import export_model
from llmcore.convert.import_gpt2 import import_gpt2, locate
from llmcore.models import load
from llmcore.execution import launch
from llmcore.runs import RunStore

store = RunStore()
for info in store.list():
    print(info.id, info.name, info.state, info.step, info.n_bytes)
store.rename(RUN_ID, "my first model")
launch.resume(RUN_ID, store)
export_model(load(RUN_ID), "gguf", Path("model.gguf"))
import_gpt2(locate("gpt2"), store.directory(store.mint_id("gpt2")))
"""
CLI = """
python -m llmcore runs list
python -m llmcore runs show RUN_ID
python -m llmcore runs rename RUN_ID "my first model"
python -m llmcore runs resume RUN_ID
python -m llmcore runs delete RUN_ID
python -m llmcore runs export RUN_ID --out run.zip
python -m llmcore runs import run.zip
python -m llmcore export --model RUN_ID --format hf --out a-new-folder
python -m llmcore import-gpt2 gpt2
"""


def main() -> None:
    header(
        "Runs",
        "Every training run is a folder of plain files, and this is the list of them. Look at "
        "**came from**: it tells which model a classifier grew out of. Choose a run to open, "
        "rename, resume or delete it.",
    )
    with guarded():
        infos = store().list()
        if not infos:
            st.info("Nothing was trained here yet: start with Pretrain or Finetune a classifier.")
        else:
            live = any(info.is_live for info in infos)
            with steady("runs"):
                st.fragment(_table, run_every=REFRESH_SECONDS if live else None)(
                    tuple((info.id, info.state) for info in infos)
                )
            queue_panel()
            trouble = take_trouble(PLACE)
            if trouble is not None:
                show_error(trouble)
            with guarded():
                _chosen_run({info.id: info for info in infos})
        bring_in()
    code_behind(PYTHON, CLI)


def _table(drawn: tuple[tuple[str, str], ...]) -> None:
    """The list. It refreshes itself while something trains, and reruns the page when a run
    starts or ends, or another one is chosen."""
    infos = store().list()
    if tuple((info.id, info.state) for info in infos) != drawn:
        st.rerun()
    ids = [info.id for info in infos]
    key = f"runs_table_{hash(tuple(ids))}"
    chosen = chosen_id(ids)
    selection = {"selection": {"rows": [ids.index(chosen)] if chosen else []}}
    state = st.dataframe(
        _frame(infos),
        hide_index=True,
        width="stretch",
        height=min(38 * (len(infos) + 1) + 2, 460),
        row_height=38,
        key=key,
        on_select="rerun",
        selection_mode="single-row",
        selection_default=selection,
        column_config={
            "Validation loss": st.column_config.NumberColumn(
                format="%.3f",
                help="The lowest, in nats, on what each run held out itself: a token of text or of "
                "an answer, or a text with its class. It compares runs of the same kind, data and "
                "tokenizer only.",
            ),
            "Created": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
        },
    )
    rows = state["selection"]["rows"]
    picked = ids[rows[0]] if rows and rows[0] < len(ids) else None
    if picked != chosen:
        _choose(picked)
        st.rerun()


def _frame(infos: list[RunInfo]) -> pd.DataFrame:
    names = {info.id: info.name for info in infos}
    return pd.DataFrame(
        {
            "Name": [info.name for info in infos],
            "Kind": [
                TITLES.get(info.kind, info.kind)
                + (", example" if info.example else "")
                + (", imported" if info.imported is not None else "")
                for info in infos
            ],
            "State": [STATES.get(info.state, (info.state,))[0] for info in infos],
            "Step": [f"{info.step:,} of {info.steps:,}" if info.steps else "–" for info in infos],
            "Validation loss": [info.val_loss for info in infos],
            "Came from": [
                (names.get(info.parent, info.parent) or "scratch") + (", gone" if info.lost else "")
                for info in infos
            ],
            "Size": [megabytes(info.n_bytes) for info in infos],
            "Created": pd.to_datetime([when(info.created) for info in infos]),
        }
    )


def megabytes(n_bytes: int) -> str:
    return f"{n_bytes / 2**20:,.1f} MB"


def chosen_id(ids: list[str]) -> str | None:
    """The run in the URL, else the one chosen in this session, where it still exists."""
    from_url = st.query_params.get("run")
    if from_url in ids:
        st.session_state[_CHOSEN] = from_url
    chosen = st.session_state.get(_CHOSEN)
    return chosen if chosen in ids else None


def _choose(run_id: str | None) -> None:
    st.session_state[_CHOSEN] = run_id
    if run_id is None:
        st.query_params.pop("run", None)
    else:
        st.query_params["run"] = run_id


def _chosen_run(infos: dict[str, RunInfo]) -> None:
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
        known = infos.get(parent.partition("@")[0])
        line.append(known.name if known else parent)
        parent = known.parent if known else None
    lineage = " → ".join(plain(one) for one in [*reversed(line), info.name])
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
        f"**{plain(info.name)}** with all its checkpoints ({megabytes(info.n_bytes)}) is removed "
        f"from the disk. This cannot be undone."
    )
    needing = models.adapters_of(info.id)
    if needing:
        names = ", ".join(f"**{plain(one.name)}**" for one in needing)
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
    """A callback, so that it runs before the page is drawn anew and whatever is open."""
    try:
        store().rename(run_id, st.session_state["rename_to"])
    except Exception as error:
        note_trouble(PLACE, error)


def _delete(run_id: str) -> None:
    """A callback. A run that another tab deleted meanwhile is what was asked for."""
    try:
        store().delete(run_id)
    except NotFoundError:
        pass
    except Exception as error:
        note_trouble(PLACE, error)
        return
    _choose(None)


main()
