"""A model that answers, outside of the lab's pages: three lines of Python, and the command line."""

import shlex

import streamlit as st

EXAMPLE = "Can I take my dog of 5 kilos on LX482?"


def use_it(ref: str, question: str = "") -> None:
    from llmcore.assistants import usage_lines

    question = question or EXAMPLE
    with st.expander("Use it in your code", icon=":material/terminal:", key=f"use_{ref}"):
        st.caption("Three lines of Python, run in the lab's folder; an adapter finds its parent")
        st.code(usage_lines(ref, question).strip(), language="python", wrap_lines=True)
        st.caption("The command line: one question, and all rows of a file with their scores")
        st.code(cli_lines(ref, question), language="bash", wrap_lines=True)


def cli_lines(ref: str, question: str) -> str:
    model = shlex.quote(ref)
    return (
        f"python -m llmcore generate --model {model} --instruction {shlex.quote(question)}\n"
        f"python -m llmcore evaluate --model {model} --data my-alpaca.json --json"
    )
