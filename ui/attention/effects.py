"""Every head and every MLP off in turn: which of them matter, on one text or on held-out text."""

import time
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from llmcore.errors import LabError
from ui.attention.choice import MAX_TOKENS, choose_head
from ui.attention.figures import figure
from ui.attention.passages import means_of, test_ids
from ui.marked import plain
from ui.page import guarded
from ui.picker import load_model
from ui.run_panel.feed import duration

if TYPE_CHECKING:
    from torch import Tensor

    from llmcore.interpret.ablation import Ranking
    from llmcore.models import Loaded, Reference

_FOUND = "lab_attention_rankings"
OWN, TEST = "Your text", "Held-out text"
N_KEPT, N_BEST = 6, 8
LARGE = 30_000_000  # parameters from which on the page says how long it takes
SOON = 3.0  # seconds


def ranking_of(key: str, text: str, how: str) -> "Ranking | None":
    """The effects found last for this checkpoint, text and replacement, if any."""
    found = st.session_state.get(_FOUND, {})
    return found.get((key, how, _subject(text)))


def _subject(text: str) -> str:
    """What was ranked on: the person's text itself, or the held-out one."""
    return text if st.session_state.get("attention_rank_on", OWN) == OWN else ""


def rank_panel(model: "Reference", text: str, how: str) -> None:
    """The button that ranks, and what it found."""
    st.markdown("**Which parts matter most?**")
    loaded, key = load_model(model), model.key
    options = [OWN] if loaded.labels is not None else [OWN, TEST]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if st.session_state.get("attention_rank_on") not in options:
            st.session_state["attention_rank_on"] = OWN
        st.segmented_control(
            "Measured on", options, required=True, key="attention_rank_on",
            persist_state="session",
        )  # fmt: skip
        asked = st.button(
            "Switch each off in turn", icon=":material/leaderboard:", key="attention_rank",
            help="Every head and every MLP alone, and how much the loss rises without it.",
        )  # fmt: skip
    _how_long(key, text, how, loaded)
    if asked:
        with guarded():
            _rank(key, text, how, loaded)
            st.rerun()  # the switches above take the colours
    found = ranking_of(key, text, how)
    if found is None:
        st.caption(
            "Each part is switched off by itself, with the rest at work. This is not what "
            "attention weights tell: a head can look hard at a token and change nothing."
        )
        return
    _draw(found, loaded)


def _how_long(key: str, text: str, how: str, loaded: "Loaded") -> None:
    """Before the click, if a model is so large that one waits for it."""
    config = loaded.trunk.config
    if config.n_parameters() < LARGE or ranking_of(key, text, how) is not None:
        return
    n_parts = config.n_layers * (config.n_heads + 1)
    ids = _own_ids(text, loaded) if _subject(text) else test_ids(key, loaded)
    if ids is None:
        return
    # A part of layer l is off in the layers from l on: half of all, on average, and the head.
    seconds = 0.6 * n_parts * seconds_of_a_token(key, loaded) * ids.numel()
    st.caption(
        f"{n_parts:,} parts of {config.n_parameters() / 1e6:,.0f} million parameters: about "
        f"{duration(seconds)} here. **Stop** ends it."
    )


@st.cache_data(max_entries=8, show_spinner=False)
def seconds_of_a_token(key: str, _loaded: "Loaded") -> float:
    """What a token of a text costs on this machine: the faster of two short passes."""
    import torch

    ids = torch.ones(1, min(64, _loaded.trunk.config.context_length), dtype=torch.long)
    ids = ids.to(next(_loaded.trunk.parameters()).device)
    took = []
    for _ in range(2):
        begun = time.perf_counter()
        with torch.inference_mode():
            _loaded.trunk(ids)
        took.append(time.perf_counter() - begun)
    return min(took) / ids.numel()


def _rank(key: str, text: str, how: str, loaded: "Loaded") -> None:
    from llmcore.interpret.ablation import rank_parts

    subject = _subject(text)
    ids = _own_ids(text, loaded) if subject else test_ids(key, loaded)
    if ids is None:
        raise LabError("The held-out text is not on this machine: choose your own text.")
    if ids.shape[1] < 2 and loaded.labels is None:
        raise LabError("One token has none before it to predict it: type at least two.")
    with st.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, "Part by part")
        # Any click runs the page again, which ends this run at the bar's next step.
        st.button("Stop", icon=":material/stop:", key="attention_rank_stop")
    begun = time.monotonic()

    def reported(done: int, of: int) -> None:
        left = (time.monotonic() - begun) * (of - done) / done
        more = f", about {duration(left)} left" if left > SOON else ""
        bar.progress(done / of, f"Part {done:,} of {of:,}{more}")

    ranking = rank_parts(loaded, ids, means_of(key, how, loaded), reported)
    found = st.session_state.setdefault(_FOUND, {})
    found[key, how, subject] = ranking
    while len(found) > N_KEPT:
        found.pop(next(iter(found)))


def _own_ids(text: str, loaded: "Loaded") -> "Tensor":
    import torch

    from llmcore.interpret.attention import text_ids

    end = loaded.labels is None
    ids, _ = text_ids(loaded.trunk, loaded.tokenizer, text, MAX_TOKENS, end)
    return torch.tensor([ids], device=next(loaded.trunk.parameters()).device)


def _draw(found: "Ranking", loaded: "Loaded") -> None:
    from llmcore.plots.interpret import part_map

    what = "−log p of the decision" if loaded.labels is not None else "loss"
    left, right = st.columns([7, 4], gap="large")
    with left:
        columns = [*(f"H{head}" for head in range(found.heads.shape[1])), "MLP"]
        figure(
            part_map(
                np.column_stack([found.heads, found.mlp]),
                columns,
                f"nats more {what}",
                largest=float(np.abs(found.heads).max()),
            ),
            "attention_effects",
            "effect-of-each-part",
            "How much the loss rises when each part alone is switched off",
        )
        st.caption(
            f"Nats by which the {what} rises (petrol) or falls (amber) when this part alone is "
            f"off; with all parts it is {found.baseline:.3f}. The colour is full at the largest "
            f"effect of a head: most MLPs go beyond it."
        )
    with right:
        st.markdown("Heads, by effect")
        heads = [(part, value) for part, value in found.best() if part.head >= 0]
        with st.container(gap="xsmall"):
            for part, value in heads[:N_BEST]:
                st.button(
                f"{plain(part.name)} · {value:+.3f}", key=f"attention_effect_{part.name}",
                width="stretch", on_click=choose_head, args=(part.layer, part.head),
                help="Choose this head in every view.",
            )  # fmt: skip
