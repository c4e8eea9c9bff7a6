"""The list of all runs, and what can be done with the chosen one."""

import pandas as pd
import streamlit as st

from llmcore.kinds import KINDS
from llmcore.runs import RunInfo
from llmcore.texts import bytes_in_words
from ui.page import guarded, show_error, steady
from ui.run_panel.feed import when
from ui.run_panel.live import STATES
from ui.run_panel.start import take_trouble
from ui.runs.chosen import PLACE, choose, chosen_id, chosen_run
from ui.runs.exchange import bring_in
from ui.runs.queue import queue_panel
from ui.state import store

REFRESH_SECONDS = 2.0


def show() -> None:
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
            chosen_run({info.id: info for info in infos})
    bring_in()


def _table(drawn: tuple[tuple[str, str], ...]) -> None:
    """The list. It refreshes itself while something trains, and reruns the page when a run
    starts or ends, or another one is chosen."""
    infos = store().list()
    if tuple((info.id, info.state) for info in infos) != drawn:
        st.rerun()
    ids = [info.id for info in infos]
    key = f"runs_table_{hash(tuple(ids))}"
    chosen = chosen_id(ids)
    state = st.dataframe(
        _frame(infos),
        hide_index=True,
        width="stretch",
        height=min(38 * (len(infos) + 1) + 2, 460),
        row_height=38,
        key=key,
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": [ids.index(chosen)] if chosen else []}},
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
        choose(picked)
        st.rerun()


def _title(kind: str) -> str:
    if kind in KINDS:
        return KINDS[kind].title
    return "Unreadable" if kind == "?" else kind


def _steps(info: RunInfo) -> str:
    if not info.steps or info.source is not None:
        return "–"
    return f"{info.step:,} of {info.steps:,}"


def _frame(infos: list[RunInfo]) -> pd.DataFrame:
    names = {info.id: info.name for info in infos}
    return pd.DataFrame(
        {
            "Name": [info.name for info in infos],
            "Kind": [
                _title(info.kind)
                + (", example" if info.example else "")
                + (", imported" if info.imported is not None or info.source else "")
                for info in infos
            ],
            "State": [STATES.get(info.state, (info.state,))[0] for info in infos],
            "Step": [_steps(info) for info in infos],
            "Validation loss": [info.val_loss for info in infos],
            "Came from": [
                (names.get(info.parent, info.parent) if info.parent else info.source or "scratch")
                + (", gone" if info.lost else "")
                for info in infos
            ],
            "Size": [bytes_in_words(info.n_bytes) for info in infos],
            "Created": pd.to_datetime([when(info.created) for info in infos]),
        }
    )
