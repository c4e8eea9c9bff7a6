"""LLM vs earlier NLP: one model and many tasks against one model a task, measured here."""

import streamlit as st

from llmcore.errors import LabError
from ui.earlier_nlp import VIEWS
from ui.page import code_behind, guarded, header
from ui.state import store
from ui.warm import warm_up

VIEW = "earlier_nlp_view"
PYTHON = """
from llmcore.runs import RunStore, launch
from llmcore.runs.compare_cells import Comparison
from llmcore.runs.plan_tables import plan_comparison, plan_diverse

store = RunStore()
directory = store.directory(store.mint_id("compare"))
launch.run_foreground(directory, plan_comparison("base", quick=True))
for cell in Comparison(store.open(directory.name)).cells.values():
    print(cell.task, cell.model, cell.score, cell.seconds, cell.n_bytes)
"""
CLI = """
python -m llmcore compare-nlp --quick
python -m llmcore diverse-data --quick
"""


def chosen_view() -> str:
    """The view to draw; it stands in the URL as `?view=`. A run in the URL brings its own."""
    if VIEW not in st.session_state:
        wanted = st.query_params.get("view") or _view_of_run(st.query_params.get("run"))
        st.session_state[VIEW] = wanted if wanted in VIEWS else "measured"
    name = st.segmented_control(
        "View",
        list(VIEWS),
        format_func=lambda one: f"{VIEWS[one].icon} {VIEWS[one].label}",
        key=VIEW,
        required=True,
        label_visibility="collapsed",
        on_change=_forget_run,
    )
    if name == "measured":
        st.query_params.pop("view", None)
    else:
        st.query_params["view"] = name
    return name


def _view_of_run(run_id: str | None) -> str | None:
    try:
        kind = store().info(run_id).kind if run_id else None
    except LabError:
        return None
    return "diverse" if kind == "diverse-data" else None


def _forget_run() -> None:
    """The views show runs of different kinds."""
    st.query_params.pop("run", None)


header(
    "LLM vs earlier NLP",
    "Earlier models were designed for one task each and could not, for instance, write an e-mail; "
    "one language model does many things. Look at where the older, smaller model is better.",
)
with guarded():
    VIEWS[chosen_view()].show()
code_behind(PYTHON, CLI)
warm_up(delay=4.0)
