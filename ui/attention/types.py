"""Head types: what each head does on random repeats and on real text, sorted; click one."""

from typing import TYPE_CHECKING

import streamlit as st

from llmcore.models import resolve
from ui.attention.choice import choose_head, chosen_head, chosen_token, notice, pick_part, record_of
from ui.attention.effects import LARGE, seconds_of_a_token
from ui.attention.figures import figure, format_choice
from ui.attention.grid import part_grid
from ui.marked import Markdown
from ui.picker import load_model
from ui.run_panel.feed import duration

if TYPE_CHECKING:
    import numpy as np

    from llmcore.models import Loaded, Reference
    from llmcore.tasks.head_types import HeadScores

TYPE_TEXTS = {
    "previous": ("Previous token", "Looks at the token just before.", ""),
    "duplicate": ("Duplicate token", "Looks at an earlier copy of the token.", ""),
    "induction": (
        "Induction",
        "Looks at what followed an earlier copy.",
        "Having seen A B, at the next A it finds B and so can copy it: the simplest way in which "
        "a model learns from its own context (Olsson et al. 2022).",
    ),
    "first": (
        "First token",
        "Rests on the very first token.",
        "A sink: attention must go somewhere, and there it does the least harm (Xiao et al. 2023).",
    ),
    "word": (
        "Start of the word",
        "Looks at the first token of its own word.",
        "A word can be several tokens. Counted from a word's third token on: at its second, the "
        "first is also the token before. Such a head knows where in a word it is and how the word "
        "began.",
    ),
}
TESTS = {"repeats": "Random repeats", "text": "Held-out text"}
N_BEST, ABOVE_CHANCE = 5, 2.0
N_TESTS, N_SEQUENCES, LENGTH = 2, 8, 96
HONEST = (
    "What this does not prove: a score says how much of its attention a head gives to one habit on "
    "this test, not that it is the only thing it does, nor that the model needs it. A head can "
    "score on random repeats and do something else on real text: compare both tests, and switch "
    "it off."
)


def show(ref: str, text: str) -> None:
    """The best heads of each type, all scores of one type, and the chosen head on the text."""
    model = resolve(ref)
    loaded, key = load_model(model), model.key
    with st.spinner(_waiting(key, loaded), show_time=True):
        scores = scores_of(key, loaded)
    _test_said(scores)
    _types(model, text)
    st.caption(HONEST)


def _waiting(key: str, loaded: "Loaded") -> Markdown:
    """What the spinner says; of a large model also how long it takes."""
    config = loaded.trunk.config
    if config.n_parameters() < LARGE:
        return "Scoring every head"
    n_tokens = N_TESTS * N_SEQUENCES * min(LENGTH, config.context_length)
    seconds = n_tokens * seconds_of_a_token(key, loaded)
    heads = config.n_layers * config.n_heads
    return f"Scoring {heads:,} heads: about {duration(seconds)} here, once for this visit"


@st.cache_resource(max_entries=16, show_spinner=False)
def scores_of(key: str, _loaded: "Loaded") -> "HeadScores":
    from llmcore.tasks.head_types import head_scores

    return head_scores(_loaded.trunk, _loaded.tokenizer, n_sequences=N_SEQUENCES, length=LENGTH)


def _test_said(scores: "HeadScores") -> None:
    st.markdown(
        f"The test: {scores.n_sequences} rows of {scores.length} tokens. In **random repeats** the "
        f"second half of a row is its first half again, so that only a head that looks back can "
        f"know what comes; **held-out text** is Shakespeare that the bundled models did not learn "
        f"from; a model pretrained elsewhere may have read it."
    )
    cells = (
        ("Loss, first half", f"{scores.first_loss:.2f}", "Nats a token on random tokens."),
        ("Loss, second half", f"{scores.second_loss:.2f}",
         "Nats a token when the same tokens come again: lower means that the model copies."),
        ("Copied right", f"{scores.copy_accuracy:.0%}",
         "How often the likeliest token of the second half is the right one."),
    )  # fmt: skip
    for column, (label, value, note) in zip(st.columns(3), cells, strict=True):
        column.metric(label, value, help=note)


@st.fragment
def _types(model: "Reference", text: str) -> None:
    loaded, key = load_model(model), model.key
    scores = scores_of(key, loaded)
    tests = [test for test in TESTS if test == "repeats" or scores.on_text is not None]
    if st.session_state.get("attention_test") not in tests:
        st.session_state["attention_test"] = tests[0]
    test = st.segmented_control(
        "Scored on", tests, required=True, format_func=TESTS.__getitem__, key="attention_test",
        persist_state="session",
    )  # fmt: skip
    test = test or tests[0]  # a browser that comes back to a new session may bring none
    record = record_of(key, text, loaded) if text else None
    layer, head = chosen_head(loaded.trunk.config, record)
    _, chance = _measured(scores, test)
    for column, kind in zip(st.columns(len(TYPE_TEXTS)), scores.kinds, strict=True):
        with column, st.container(gap="xsmall"):
            _best(scores, kind, test, float(chance[scores.kinds.index(kind)]), (layer, head))
    left, right = st.columns([5, 6], gap="large")
    with left:
        _all_heads(scores, test, loaded, f"L{layer}H{head}")
    with right:
        _on_the_text(key, text, loaded, layer, head)
        format_choice()


def _measured(scores: "HeadScores", test: str) -> "tuple[np.ndarray, np.ndarray]":
    """The scores (K, L, H) of a test and what chance gives, (K,)."""
    if test == "repeats" or scores.on_text is None or scores.chance_on_text is None:
        return scores.on_repeats, scores.chance
    return scores.on_text, scores.chance_on_text


def _best(
    scores: "HeadScores", kind: str, test: str, chance: float, chosen: tuple[int, int]
) -> None:
    title, what, more = TYPE_TEXTS[kind]
    st.markdown(f"**{title}**", help=more or None)
    st.caption(what + (f" By chance: {chance:.1%}." if chance == chance else ""))
    best = scores.best(kind, on=test)[:N_BEST]
    # A score near chance is that of a head that looks at all tokens alike.
    found = [head for head in best if not head[2] < ABOVE_CHANCE * chance]
    if not found:
        layer, head, score = best[0]
        st.markdown(
            f":gray[None found: the highest, L{layer:d}H{head:d}, has {score:.1%}, less than twice "
            f"what chance gives.]"
        )
    for layer, head, score in found:
        st.button(
            f"L{layer:d}H{head:d} · {score:.1%}",
            key=f"attention_{kind}_L{layer}H{head}",
            type="primary" if (layer, head) == chosen else "secondary",
            width="stretch",
            on_click=choose_head,
            args=(layer, head),
            help="See it on your text.",
        )


def _all_heads(scores: "HeadScores", test: str, loaded: "Loaded", chosen: str) -> None:
    kind = st.selectbox(
        "All heads by their score for", scores.kinds, index=scores.kinds.index("induction"),
        format_func=lambda name: TYPE_TEXTS[name][0], key="attention_kind", persist_state="session",
    )  # fmt: skip
    table, _ = _measured(scores, test)
    part_grid(
        "attention_types",
        loaded.trunk.config,
        on_pick=lambda: pick_part("attention_types"),
        chosen=chosen,
        values=table[scores.kinds.index(kind)],
        largest=1.0,
        unit="of its attention",
        hint="Share of a head's attention, 0 to 1. Click a head to see it on your text.",
    )


def _on_the_text(key: str, text: str, loaded: "Loaded", layer: int, head: int) -> None:
    from llmcore.plots.attention import attention_heatmap

    st.markdown(f"**L{layer}H{head} on your text**")
    if not text:
        st.info("Type a sentence above to see the chosen head on it.", icon=":material/edit:")
        return
    record = record_of(key, text, loaded)
    notice(record)
    figure(
        attention_heatmap(record.head(layer, head), record.labels, chosen_token(len(record.ids))),
        "attention_type_heatmap",
        f"attention-L{layer}H{head}",
        f"Attention weights of layer {layer}, head {head}",
    )
