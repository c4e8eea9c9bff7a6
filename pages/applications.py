"""Applications: what language models are used for, each for real and beside a trivial method."""

import streamlit as st

from llmcore.applications import JOBS
from ui.applications.body import show
from ui.applications.code import code_of
from ui.applications.looks import ICONS
from ui.page import code_behind, guarded, header
from ui.real_model import offer
from ui.warm import warm_up

INTRO = (
    "What language models are used for. Each card is a real model at work: its score on rows "
    "that it never saw, beside a **trivial method** that understands nothing. **Works** means "
    "clearly better than that, and of use: right more often than not, or real words in what it "
    "writes. **In its own wording**: the rows come from the generator that also wrote the training "
    "rows; below them stands what the model makes of other words. Otherwise the card says **not "
    "at this size**."
)

job = JOBS.get(st.query_params.get("job") or "")
header("Applications", INTRO if job is None else f"{ICONS[job.name]} **{job.title}**: {job.what}")
with guarded():
    show(job)
offer("was made to do such tasks when it is only asked", "offer_applications")
code_behind(*code_of(job))
warm_up(delay=1.0)
