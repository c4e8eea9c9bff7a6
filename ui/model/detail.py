"""What some steps show beyond their tensor: one score, one row of the softmax, what comes next."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from llmcore.plots.labels import visible_label
from ui.model.place import Where
from ui.model.tensors import in_words, likeliest
from ui.page import plain

if TYPE_CHECKING:
    from llmcore.interpret.walk import BlockTape, Walk
    from llmcore.interpret.walk_parts import WalkStep
    from llmcore.models import Loaded

N_BARS = 10
QUIET = {"displayModeBar": False}


def draw_detail(
    loaded: "Loaded", passed: "Walk", tape: "BlockTape", step: "WalkStep", place: Where,
    names: list[str],
) -> None:  # fmt: skip
    """Nothing for the steps that have no more to show."""
    if step.name == "scores":
        _score(passed, tape, place, names)
    elif step.name in ("mask", "weights"):
        _row(tape, place, names)
    elif step.name == "head_outputs":
        _mixture(tape, place, names)
    elif step.name.endswith("_in") or step.name == "final_out":
        _before_norm(passed, tape, step, place, names)
    elif step.name == "residual_out":
        _stream(passed, place, loaded.trunk.config.n_layers)
    elif step.name == "probabilities":
        _next(loaded, passed, place, names)


def _score(passed: "Walk", tape: "BlockTape", place: Where, names: list[str]) -> None:
    from llmcore.interpret.walk_cells import shared_head
    from llmcore.plots.walk import score_bars

    key_row = min(place.column, passed.n_tokens - 1)
    query = tape["q"][place.head, place.row]
    key = tape["k"][shared_head(tape, place.head), key_row]
    st.markdown("**The same score, channel by channel**")
    st.plotly_chart(
        score_bars(query, key, (names[place.row], names[key_row])),
        key="model_score", config=QUIET,
        alt="Query, key, their products channel by channel, and the running sum",
    )  # fmt: skip


def _row(tape: "BlockTape", place: Where, names: list[str]) -> None:
    """The softmax of one token, line by line."""
    scores = tape["scores"][place.head, place.row].astype(np.float64)
    weights = tape["weights"][place.head, place.row]
    seen = place.row + 1
    raised = np.exp(scores[:seen] - scores[:seen].max())
    st.markdown(f"**The row of {plain(names[place.row])}, from score to weight**")
    hidden = [None] * (len(names) - seen)
    st.dataframe(
        {
            "Key": names,
            "Score": [round(float(score), 4) for score in scores],
            "After the mask": [f"{score:.4f}" for score in scores[:seen]] + ["−∞"] * len(hidden),
            "e^(score − largest)": [round(float(x), 4) for x in raised] + [0.0] * len(hidden),
            "Weight": [float(weight) for weight in weights],
        },
        hide_index=True, key="model_row", height=min(300, 38 + 35 * len(names)),
        column_config={
            "Weight": st.column_config.ProgressColumn(format="%.4f", min_value=0.0, max_value=1.0)
        },
    )  # fmt: skip
    st.caption(
        f"The exponentials sum to {raised.sum():.4f}; each weight is its exponential divided by "
        f"that, so the weights sum to {float(weights.sum()):.4f}."
    )


def _mixture(tape: "BlockTape", place: Where, names: list[str]) -> None:
    """Which tokens' values make up what the head gives to one token."""
    from llmcore.interpret.walk_cells import shared_head

    weights = tape["weights"][place.head, place.row, : place.row + 1].astype(np.float64)
    values = tape["v"][shared_head(tape, place.head), : place.row + 1].astype(np.float64)
    lengths = np.linalg.norm(values, axis=1)
    order = np.argsort(-weights * lengths, kind="stable")[:N_BARS]
    st.markdown(f"**What {plain(names[place.row])} takes, largest parts first**")
    st.dataframe(
        {
            "From": [names[token] for token in order],
            "Weight": [float(weights[token]) for token in order],
            "Length of its value": [round(float(lengths[token]), 3) for token in order],
            "Length of the part": [round(float(x), 3) for x in (weights * lengths)[order]],
        },
        hide_index=True, key="model_mixture",
        column_config={
            "Weight": st.column_config.ProgressColumn(format="%.4f", min_value=0.0, max_value=1.0)
        },
    )  # fmt: skip


def _before_norm(
    passed: "Walk", tape: "BlockTape", step: "WalkStep", place: Where, names: list[str]
) -> None:
    reads = {
        "attention_in": passed.streams[place.layer], "final_out": passed.streams[-1],
    }.get(step.name, tape["residual_middle"])  # fmt: skip
    gives = step.panels[0].values
    st.caption(
        f"{plain(names[place.row])} before: {in_words(reads[place.row])}. "
        f"After: {in_words(gives[place.row])}."
    )


def _stream(passed: "Walk", place: Where, n_layers: int) -> None:
    from llmcore.plots.walk import stream_lines

    if n_layers > 1:
        st.caption(
            f"Layer {place.layer} (of 0 to {n_layers - 1}) ends here. All layers do the same with "
            f"weights of their own: choose another in the map."
        )
    st.markdown("**The residual stream through all layers**")
    st.plotly_chart(
        stream_lines(np.linalg.norm(passed.streams, axis=2), passed.labels, place.row),
        key="model_stream", config=QUIET, alt="Length of each token's state after each layer",
    )  # fmt: skip


def _next(loaded: "Loaded", passed: "Walk", place: Where, names: list[str]) -> None:
    from llmcore.plots.attention import next_token_bars

    if passed.classes is not None:
        labels, shares = passed.classes, passed.probabilities[0]
        st.markdown("**What the classifier decides**")
    else:
        top = likeliest(passed, place.row, loaded.tokenizer.vocab_size)[:N_BARS]
        labels = [loaded.tokenizer.token_label(token) for token in top]
        shares = passed.probabilities[place.row, top]
        st.markdown(f"**What comes after {plain(names[place.row])}**")
        _truth(passed, place)
    st.plotly_chart(
        next_token_bars(labels, [float(share) for share in shares]), key="model_next_bars",
        config=QUIET, alt="The likeliest outcomes and their probabilities",
    )  # fmt: skip


def _truth(passed: "Walk", place: Where) -> None:
    """What really comes next in the text, if anything does."""
    if place.row + 1 >= passed.n_tokens:
        st.caption("This is the end of the text: what the model would write next.")
        return
    id, shares = passed.ids[place.row + 1], passed.probabilities[place.row]
    rank = int((shares > shares[id]).sum()) + 1
    st.caption(
        f"In the text {plain(visible_label(passed.labels[place.row + 1]))} follows: the model "
        f"gave it {float(shares[id]):.2%}, place {rank:,} of {len(shares):,}."
    )
