"""One click that trains the missing model of a job, and how far that has come."""

from typing import TYPE_CHECKING

import streamlit as st

from llmcore.applications import Job, serving_model
from llmcore.applications.jobs import own_runs
from llmcore.recipes.instructions import ASSISTANT_LORA, plan_instruct
from ui.instructions.data import TITLES
from ui.marked import Markdown
from ui.navigation import CARDS
from ui.page import plain
from ui.run_panel.choice import choose_run
from ui.run_panel.start import Begin, start_box
from ui.state import store

if TYPE_CHECKING:
    from llmcore.runs import RunInfo

KIND = "instruct"
TICK_SECONDS = 2.0


def training(job: Job) -> None:
    """What is missing, and the way to it; nothing if a model serves the job and none trains."""
    if not job.answers:
        return
    live = next((info for info in own_runs(job, store()) if info.is_live), None)
    missing = serving_model(job, store()) is None
    if live is not None:
        _watch(job, live.id, missing)
    elif missing:
        _offer(job)


def _offer(job: Job) -> None:
    with start_box(KIND, f"{job.data} lora") as box:
        left, right = st.columns([3, 1], gap="medium", vertical_alignment="center")
        left.markdown(
            f":material/hourglass_empty: **No model here has learned this yet.** One click trains "
            f"one on **{TITLES[job.data]}**: **LoRA**, thin matrices beside the bundled model. "
            f"Minutes on a laptop; or choose any model below and see what it makes of it."
        )
        box.button("Train it now", right, lambda begin: _train(job, begin))


def _train(job: Job, begin: Begin) -> None:
    begin(
        plan_instruct(
            job.data, trainable="lora", name=f"{TITLES[job.data]} · LoRA", lora=ASSISTANT_LORA
        )
    )
    st.query_params.pop("run", None)  # this page shows jobs, not runs


def _watch(job: Job, run_id: str, missing: bool) -> None:
    """The progress of a run; the page is drawn again when it has its first checkpoint or ends."""

    def draw() -> None:
        info = store().info(run_id)
        if not info.is_live or (missing and serving_model(job, store()) is not None):
            st.rerun()
        with st.container(border=True):
            st.progress(min(1.0, info.step / max(1, info.steps)), text=_words(info))
            if missing:
                st.caption("It can be tried here as soon as its first epoch is done.")
            if st.button("Watch it", icon=":material/show_chart:", key=f"app_watch_{run_id}"):
                choose_run(run_id, KIND)
                st.switch_page(CARDS["instructions"].path)

    st.fragment(draw, run_every=TICK_SECONDS)()


def _words(info: "RunInfo") -> Markdown:
    if info.waiting:
        return f"{plain(info.name)} waits in the queue for its turn"
    return f"{plain(info.name)} trains: step {info.step:,} of {info.steps:,}"
