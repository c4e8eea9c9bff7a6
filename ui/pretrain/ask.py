"""A prompt box that asks a run's newest checkpoint, also while it trains."""

import time
from typing import Any

import streamlit as st

from llmcore.choices import SamplingConfig
from ui.fields import slider
from ui.page import guarded, plain
from ui.session import ANSWERS
from ui.state import store, well_formed
from ui.usual_sampling import TEMPERATURE, TOP_P

KEPT = 5
FEWEST, MOST = 10, 300  # tokens: an answer is to come while one watches
HOTTEST = 1.5  # beyond, a small model writes letters at random
MAX_PROMPT = 2000
PAINT_SECONDS = 0.1
PATIENCE_SECONDS = 60.0


def ask_box(run_id: str) -> None:
    """The form and the last answers. A fragment of its own: it neither disturbs the live panel
    nor is lost when that one refreshes (an automatic refresh waits until the answer is there)."""
    st.header("Ask the newest checkpoint", anchor=False)
    st.caption(
        "The model continues what you type. While it trains, ask the same thing again after a "
        "minute: the newest saved weights answer each time."
    )
    st.fragment(_box)(run_id)


def _box(run_id: str) -> None:
    with guarded():
        default = store().open(run_id).config.sample_prompt or "The "
        with st.form(f"ask_{run_id}", border=False):
            text, length, warmth, send = st.columns([6, 2, 2, 1.4], vertical_alignment="bottom")
            prompt = text.text_input(
                "Prompt", value=default, key=f"prompt_{run_id}", max_chars=MAX_PROMPT
            )
            n_tokens = slider(
                SamplingConfig, "max_new_tokens", "Tokens", place=length, low=FEWEST, high=MOST,
                step=10, key=f"tokens_{run_id}",
            )  # fmt: skip
            temperature = slider(
                SamplingConfig, "temperature", "Temperature", place=warmth, high=HOTTEST, step=0.1,
                value=TEMPERATURE, key=f"temperature_{run_id}",
                note=f"Drawn are the likeliest tokens that together reach {TOP_P:.0%} (top-p).",
            )  # fmt: skip
            asked = send.form_submit_button(
                "Ask", icon=":material/send:", type="primary", width="stretch"
            )
        place = st.container()
        if asked:
            with place:
                _answer(run_id, well_formed(prompt), int(n_tokens), float(temperature))
        _history(run_id)


def _answer(run_id: str, prompt: str, n_tokens: int, temperature: float) -> None:
    """Streams the answer, then keeps it in the session."""
    from llmcore.generation import stream
    from llmcore.models import load

    with st.spinner("Waiting for the first checkpoint"):
        _await_checkpoint(run_id)
    with st.spinner("Loading the newest checkpoint"):
        loaded = load(f"{run_id}@latest")
    answers: list[dict[str, Any]] = st.session_state.setdefault(ANSWERS, {}).setdefault(run_id, [])
    seed = sum(
        answer["prompt"] == prompt for answer in answers
    )  # asking again gives another answer
    sampling = SamplingConfig(
        temperature=temperature, top_p=TOP_P, seed=seed, max_new_tokens=n_tokens
    )
    caption, place = st.empty(), st.empty()
    caption.caption(f"step {loaded.step:,} answers")
    text, painted = "", 0.0
    for token in stream(loaded.trunk, loaded.tokenizer, prompt, sampling):
        text = token.text_so_far
        if time.monotonic() - painted > PAINT_SECONDS:
            place.code(prompt + text, language=None, wrap_lines=True)
            painted = time.monotonic()
    caption.empty()
    place.empty()
    answers.append({"prompt": prompt, "text": text, "step": loaded.step})
    del answers[:-KEPT]


def _await_checkpoint(run_id: str) -> None:
    """Returns once a run that has just begun can be asked; at once if there is no hope."""
    run, end = store().open(run_id), time.monotonic() + PATIENCE_SECONDS
    while not run.checkpoints() and run.info().is_live and time.monotonic() < end:
        time.sleep(0.2)


def _history(run_id: str) -> None:
    for answer in reversed(st.session_state.get(ANSWERS, {}).get(run_id, [])):
        st.caption(f"step {answer['step']:,} answered {plain(repr(answer['prompt'][:60]))}")
        st.code(answer["prompt"] + answer["text"] or " ", language=None, wrap_lines=True)
