"""The shown run outside of the lab: three lines of Python, and the command line."""

import shlex
from typing import TYPE_CHECKING

import streamlit as st

from ui.state import store

if TYPE_CHECKING:
    from llmcore.runs import RunInfo


def use_it(info: "RunInfo") -> None:
    """Nothing if the run has no checkpoint that could be loaded."""
    if not store().open(info.id).checkpoints():
        return
    from llmcore.classifiers import usage_lines

    with st.expander("Use it in your code", icon=":material/terminal:", key=f"use_{info.id}"):
        st.caption("Three lines of Python, run in the lab's folder")
        st.code(usage_lines(info.id).strip(), language="python")
        st.caption("The command line: one text, standard input, or a file of any length, none "
                   "of it held in memory")  # fmt: skip
        st.code(cli_lines(info.id), language="bash", wrap_lines=True)


def cli_lines(run_id: str) -> str:
    model = shlex.quote(run_id)
    return (
        f'python -m llmcore classify --model {model} "You won a prize, call now!"\n'
        f"cat messages.txt | python -m llmcore classify --model {model} -\n"
        f"python -m llmcore classify --model {model} --file mails.csv --text-column text --jsonl"
    )
