"""Applications: what language models are used for, each for real and beside a trivial method."""

import streamlit as st

from llmcore.applications import JOBS
from ui.applications.detail import detail
from ui.applications.gallery import gallery
from ui.applications.looks import ICONS
from ui.page import code_behind, guarded, header, plain
from ui.warm import warm_up

PYTHON = """
from llmcore.applications import job_named
from llmcore.applications.measuring import measure

figure = measure(job_named({job!r}), {ref!r}, n=60)
print(figure.score, (figure.low, figure.high), figure.baselines, figure.works)
"""
CLI = """
python -m llmcore applications list
python -m llmcore applications measure --job {job} --json
"""


INTRO = (
    "What language models are used for. Each card is a real model at work: its score on rows "
    "that it never saw, beside a **trivial method** that understands nothing. **Works** means "
    "clearly better than that, and of use: right more often than not, or real words in what it "
    "writes. **In its own wording**: the rows come from the generator that also wrote the training "
    "rows; below them stands what the model makes of other words. Otherwise the card says **not "
    "at this size**."
)


def main() -> None:
    chosen = st.query_params.get("job")
    job = JOBS.get(chosen or "")
    header(
        "Applications",
        INTRO if job is None else f"{ICONS[job.name]} **{job.title}**: {job.what}",
    )
    if chosen and job is None:
        st.warning(
            f"There is no job {plain(repr(chosen[:60]))}, so all are shown.",
            icon=":material/help:",
        )
    with guarded():
        if job is None:
            gallery()
        else:
            detail(job)
    shown = job or JOBS["translation"]
    ref = st.session_state.get("applications_model") or shown.model
    code_behind(PYTHON.format(job=shown.name, ref=ref), CLI.format(job=shown.name))
    warm_up(delay=1.0)


main()
