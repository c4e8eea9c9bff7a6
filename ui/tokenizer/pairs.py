"""From text to training pairs: a window over the tokens, inputs and targets one place apart."""

import numpy as np
import streamlit as st

from llmcore.config import TrainConfig
from llmcore.data.windows import sliding_starts, windows
from llmcore.tasks.sampling import window_starts
from llmcore.tokenizers import Tokenizer
from ui.components import payload, registered
from ui.fields import number
from ui.state import well_formed
from ui.token_text import parts_of
from ui.tokenizer import encodings
from ui.tokenizer.choice import tokenizer_choice

DRAWN_TOKENS = 600  # of a long text, the row shows these; the numbers count all
DRAWN_WINDOWS = 400
STAIRS = 12
SHOWN_BATCH = 8
LENGTHS = (2, 3, 4, 6, 8, 12, 16, 24, 32)
SLIDING, RANDOM = "Sliding, by a stride", "At random, as training draws them"


def show(text: str) -> None:
    """The window over the text's tokens, with what the model is asked in it."""
    st.markdown(
        "A language model is taught with nothing but text. A **window** is cut out of the row of "
        "tokens; the **inputs** are its tokens, the **targets** exactly the same tokens one place "
        "later, so that every place asks one question: which token comes next?"
    )
    left, middle, right, fourth = st.columns([3, 2, 2, 3], gap="medium", vertical_alignment="top")
    with left:
        ref = tokenizer_choice("pairs")
    tokenizer = encodings.tokenizer_of(ref)
    ids = np.array(tokenizer.encode(well_formed(text)), dtype=np.int64)
    with middle:
        length = st.select_slider(
            "Context length", LENGTHS, 4, key="pairs_length", persist_state="session",
            help="T: the tokens that the model sees at once. Real models have 128 to 100,000.",
        )  # fmt: skip
    with fourth:
        how = st.radio(
            "Where windows begin", [SLIDING, RANDOM], key="pairs_how", persist_state="session"
        )
    with right:
        if how == SLIDING:
            stride = st.slider(
                "Stride", 1, 2 * int(length), 1, key=f"pairs_stride_{length}",
                persist_state="session", help="Tokens from the start of one window to the next.",
            )  # fmt: skip
        else:
            step = number(
                TrainConfig, "steps", "Training step", value=1, step=1, key="pairs_step",
                persist_state="session",
                note="Each step draws its own windows; the same seed draws the same ones again.",
            )  # fmt: skip
    if len(ids) < length + 1:
        st.info(
            f"The text has {len(ids)} tokens here but one window needs {length + 1:,}, its last "
            f"target included: type more, or choose a shorter context."
        )
        return
    if how == SLIDING:
        starts = sliding_starts(len(ids), length, stride)
        _sliding_numbers(len(ids), length, stride, len(starts))
    else:
        starts = window_starts(0, int(step), SHOWN_BATCH, len(ids), length)
        _random_numbers(len(ids), length)
    _draw(tokenizer, ids, starts, length)
    st.caption(
        f"The staircase: all {length:,} predictions of one window are learned at once, in one "
        f"pass. Attention hides what comes later, so that the first question really has one token "
        f"of context and the last has {length:,}. One training batch stacks several such windows."
    )


def _sliding_numbers(n_tokens: int, length: int, stride: int, n_windows: int) -> None:
    n_pairs = n_windows * length
    cells = (
        ("Tokens", n_tokens, "Of the whole text above."),
        ("Windows", n_windows, "(tokens − context − 1) // stride + 1."),
        ("Questions", n_pairs, "Windows times context length: one next-token question each."),
        ("Overlap", max(0, length - stride), "Tokens that a window shares with the one before."),
    )
    for column, (label, value, note) in zip(st.columns(4), cells, strict=True):
        column.metric(label, f"{value:,}", help=note)
    if stride < length:
        st.caption(
            f"**They overlap:** a token in the middle of the text is asked for about "
            f"{length / stride:.3g} times, each time with another amount of context before it. "
            f"More questions from the same text, but not more text: it is memorised sooner."
        )
    elif stride == length:
        st.caption(
            "**End to end:** every token is a target once, but for the first and a rest at the end "
            "that fills no window. No question is asked twice: so an epoch is usually cut."
        )
    else:
        st.caption(
            f"**Gaps:** the stride is longer than the context, so {stride - length} of every "
            f"{stride} tokens are never a target."
        )


def _random_numbers(n_tokens: int, length: int) -> None:
    n_starts = n_tokens - length
    st.caption(
        f"**As training here draws them:** each step takes a batch of windows ({SHOWN_BATCH} are "
        f"shown) at places drawn at random from the {n_starts:,} possible ones, keyed by seed and "
        f"step: so a run that was stopped goes on with exactly the windows it would have had."
    )


def _draw(tokenizer: Tokenizer, ids: np.ndarray, starts: np.ndarray, length: int) -> None:
    """The windows in the drawn part of the row, cut by the code that training uses."""
    n_windows = len(starts)
    drawn = ids[:DRAWN_TOKENS]
    starts = starts[starts + length < len(drawn)][:DRAWN_WINDOWS]
    if not len(starts):
        st.info("None of these windows lies in the drawn part of the text: take another step.")
        return
    # Windows over the places instead of the ids: so the picture knows which token is meant.
    inputs, targets = windows(np.arange(len(drawn)), starts, length)
    data = {
        "tokens": [[int(token), parts_of(tokenizer.token_bytes(int(token)))] for token in drawn],
        "starts": starts.tolist(),
        "inputs": inputs.tolist(),
        "targets": targets.tolist(),
        "of": f"{n_windows:,}",
        "stairs": STAIRS,
    }
    registered("training_pairs")(key="training_pairs", data=payload(data))
    if len(starts) < n_windows:
        st.caption(f"The first {len(starts):,} of {n_windows:,} windows are drawn.")
