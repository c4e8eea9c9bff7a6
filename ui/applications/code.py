"""What the page does, in Python and on the command line."""

import streamlit as st

from llmcore.applications import JOBS, Job
from ui.session import APPLICATIONS_MODEL

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


def code_of(job: Job | None) -> tuple[str, str]:
    """Python and command line of a job; of the gallery, one for example."""
    shown = job or JOBS["translation"]
    ref = st.session_state.get(APPLICATIONS_MODEL) or shown.model
    return PYTHON.format(job=shown.name, ref=ref), CLI.format(job=shown.name)
