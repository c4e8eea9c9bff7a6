"""The pretrained model that comes by pip: made ready in the background, offered if it is not."""

import os
from typing import ClassVar

import streamlit as st

from llmcore.background import Job, Jobs
from llmcore.convert.packaged_model import SMOLLM2, PackagedModel, installed_file, prepare
from ui.marked import Markdown, plain
from ui.page import UNEXPECTED

_jobs: "Jobs[str, PrepareJob]" = Jobs(limit=1)


class PrepareJob(Job[str]):
    """Makes the model's run; the result is the model's name."""

    low_priority: ClassVar[bool] = True

    def __init__(self, model: PackagedModel) -> None:
        super().__init__("llmlab-real-model")
        self.model = model

    def work(self) -> str:
        return prepare(self.model, lambda: self.stopping).id

    def fault(self, error: Exception) -> str:
        return UNEXPECTED


def begin(model: PackagedModel = SMOLLM2) -> None:
    """Starts making the run, if nobody does so already; returns at once."""
    with _jobs.lock:
        job = _jobs.get(model.name)
        if not model.is_here and (job is None or not job.is_live):
            _jobs.add(model.name, PrepareJob(model)).start()


def begin_if_installed(model: PackagedModel = SMOLLM2) -> None:
    """Makes the run of an installed package; `LLMLAB_REAL_MODEL=no` leaves it out."""
    wanted = os.environ.get("LLMLAB_REAL_MODEL", "") != "no"
    if wanted and not model.is_here and installed_file(model) is not None:
        begin(model)


def offer(use: Markdown, key: str, model: PackagedModel = SMOLLM2) -> None:
    """A line with size and licence and a button, if the model is not here; nothing if it is.

    use: what it does better on this page, as the end of "SmolLM2 …"."""
    if model.is_here:
        return
    job = _jobs.get(model.name)
    if job is not None and job.is_live:
        _preparing(model)
        return
    if job is not None and job.error:
        st.error(plain(job.error), icon=":material/error:")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(
            f"**{plain(model.title)}**, a larger model, {use}. {plain(model.licence)}, "
            f"{model.n_bytes / 1e6:.0f} MB to download, {model.kept_bytes / 1e6:.0f} MB on disk.",
            width="content",
        )
        st.button(
            "Fetch it", key=key, icon=":material/download:", type="tertiary",
            on_click=begin, args=(model,),
        )  # fmt: skip


@st.fragment(run_every=2.0)
def _preparing(model: PackagedModel) -> None:
    job = _jobs.get(model.name)
    if job is None or not job.is_live:
        st.rerun()
    st.info(f"{plain(model.title)} is made ready in the background.", icon=":material/hourglass:")
