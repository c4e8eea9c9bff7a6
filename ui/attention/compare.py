"""Two models on one text, or two texts in one model: where heads and predictions part."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from llmcore.errors import LabError
from llmcore.models import Loaded, ModelEntry, Reference, list_models, model_config, resolve
from ui.attention.choice import (
    MAX_TOKENS,
    chosen_head,
    chosen_token,
    notice_text,
    pick_part,
    record_of,
)
from ui.attention.figures import figure, format_choice
from ui.attention.grid import part_grid
from ui.marked import Markdown
from ui.page import guarded, plain
from ui.picker import load_model, model_select
from ui.session import ATTENTION_COMPARE, ATTENTION_WITH
from ui.state import well_formed

if TYPE_CHECKING:
    from llmcore.config import ModelConfig
    from llmcore.interpret.side_by_side import Difference

MODELS, TEXTS = "Two models", "Two texts"
N_SHOWN = 8
HONEST = (
    "What this does not prove: two heads of the same number need not do the same job in two models "
    "that were trained apart; between a model and its own finetune they mostly do. That attention "
    "moved does not say that the answer moved because of it, and small moves in many heads can "
    "matter more than a large one in one head."
)


def show(ref: str, text: str) -> None:
    """The second side, then the differences."""
    mode = st.segmented_control(
        "Compare", [MODELS, TEXTS], default=MODELS, required=True, key=ATTENTION_COMPARE,
        persist_state="session", label_visibility="collapsed",
    )  # fmt: skip
    with guarded():
        if mode == MODELS:
            other = _other_model(ref)
            if other is not None:
                _compared(ref, text, other, text)
        else:
            other_text = _other_text(text)
            if other_text == text:
                st.info(
                    "Change a word in the second text to see what it moves.",
                    icon=":material/edit:",
                )
            elif other_text:
                _compared(ref, text, ref, other_text)
    st.caption(HONEST)


def _other_text(text: str) -> str:
    if st.session_state.get("lab_attention_before") != text:  # follows until it is changed
        if st.session_state.get("attention_other") in (
            None, st.session_state.get("lab_attention_before")
        ):  # fmt: skip
            st.session_state["attention_other"] = text
        st.session_state["lab_attention_before"] = text
    return well_formed(
        st.text_area("Second text", key="attention_other", height=80, persist_state="session") or ""
    )


def _other_model(ref: str) -> str | None:
    """The second model, `?with=` in the address; None if there is none to compare with."""
    own = _config(ref)
    entries = {
        entry.ref: entry
        for entry in list_models()
        if entry.ref != ref and (theirs := _config(entry.ref)) is not None
        and own is not None and theirs.vocab_size == own.vocab_size
    }  # fmt: skip
    if not entries:
        st.info(
            "There is no other model with the same tokenizer yet: finetune this one in the Build "
            "section, or choose another model above."
        )
        return None
    wanted = st.session_state.get(ATTENTION_WITH, st.query_params.get("with"))
    if st.session_state.get("attention_with") not in entries:
        default = wanted if wanted in entries else _relative(ref, entries)
        st.session_state["attention_with"] = default
    other = model_select("Second model", entries, "attention_with")
    st.session_state[ATTENTION_WITH] = st.query_params["with"] = other
    return other


def _config(ref: str) -> "ModelConfig | None":
    """The shape of a model; None if it cannot be read."""
    try:
        return model_config(ref)
    except LabError:
        return None


def _relative(ref: str, entries: dict[str, ModelEntry]) -> str:
    """The model that this one was finetuned from, else one of the same shape, else any."""
    parent = load_model(ref).card.get("parent")
    if parent in entries:
        return str(parent)
    own = _config(ref)
    return next((entry for entry in entries if _config(entry) == own), next(iter(entries)))


def _compared(ref: str, text: str, other: str, other_text: str) -> None:
    models = resolve(ref), resolve(other)
    first, second = map(load_model, models)
    if first.tokenizer.fingerprint != second.tokenizer.fingerprint:
        raise LabError(
            "The two models cut text into different tokens, so neither attention nor predictions "
            "can be laid side by side: choose a second model with the same tokenizer, such as one "
            "that was finetuned from the first."
        )
    found = _difference(first.key, text, second.key, other_text, first, second)
    for notice in {_ids(text, first)[1], _ids(other_text, second)[1]}:
        notice_text(notice)
    _pictures(models, text, other_text)
    if len(found.pairs) < len(_ids(text, first)[0]):
        st.caption(
            f"{len(found.pairs)} tokens of the first text have a partner in the second; only these "
            f"are compared, and what a token gives to others counts as one place."
        )


def _ids(text: str, loaded: Loaded) -> tuple[list[int], str | None]:
    from llmcore.interpret.attention import text_ids

    end = loaded.labels is None
    return text_ids(loaded.trunk, loaded.tokenizer, text, MAX_TOKENS, end)


@st.cache_resource(max_entries=6, show_spinner=False)
def _difference(
    key: str, text: str, other: str, other_text: str, _first: Loaded, _second: Loaded
) -> "Difference":
    from llmcore.interpret.side_by_side import difference

    return difference(
        _first.trunk, _ids(text, _first)[0], _second.trunk, _ids(other_text, _second)[0]
    )


@st.fragment
def _pictures(models: tuple[Reference, Reference], text: str, other_text: str) -> None:
    first, second = map(load_model, models)
    found = _difference(first.key, text, second.key, other_text, first, second)
    names = ("first", "second")
    left, right = st.columns([5, 6], gap="large")
    layer, head = chosen_head(
        first.trunk.config, record_of(first.key, text, first) if text else None
    )
    with left:
        st.markdown("**How far each head has moved**")
        if found.attention is None:
            st.info(
                "The models have other numbers of layers or heads, so their heads cannot be "
                "paired; their predictions can."
            )
        else:
            part_grid(
                "attention_moved", first.trunk.config,
                on_pick=lambda: pick_part("attention_moved"), chosen=f"L{layer}H{head}",
                values=found.attention, unit="Jensen-Shannon distance",
                hint="Mean Jensen-Shannon distance of a head's attention: 0 the same, 1 nothing "
                "in common. Click a head to see both.",
            )  # fmt: skip
    with right:
        _predictions(found, names)
    if found.attention is not None:
        _two_maps(first, text, second, other_text, (layer, head))
    _next(first, text, second, other_text, names)
    format_choice()


def _predictions(found: "Difference", names: tuple[Markdown, Markdown]) -> None:
    from llmcore.plots.interpret import layer_lines

    st.markdown("**How far the predictions have moved, layer by layer**")
    if found.divergence is None:
        st.metric("At the output, mean over tokens", f"{found.last.mean():.3f} nats (KL)")
        return
    figure(
        layer_lines(
            {
                "mean over tokens": found.divergence.mean(1),
                "at the last token": found.divergence[:, -1],
            },
            "KL, nats",
        ),
        "attention_moved_layers", "difference-by-layer",
        "Divergence of the predictions after each layer",
    )  # fmt: skip
    st.caption(
        f"The logit lens reads both after each layer; KL of the {names[1]}'s next-token "
        f"probabilities from the {names[0]}'s."
    )


def _two_maps(
    first: Loaded, text: str, second: Loaded, other_text: str, chosen: tuple[int, int]
) -> None:
    from llmcore.plots.attention import attention_heatmap

    layer, head = chosen
    st.markdown(f"**L{layer}H{head} in both**")
    sides = ((first, text, "first"), (second, other_text, "second"))
    for column, (loaded, its_text, name) in zip(st.columns(2, gap="medium"), sides, strict=True):
        record = record_of(loaded.key, its_text, loaded)
        with column:
            st.caption(
                f"The {name}: {plain(loaded.card['name'] if first.key != second.key else its_text)}"
            )
            figure(
                attention_heatmap(
                    record.head(layer, head), record.labels, chosen_token(len(record.ids))
                ),
                f"attention_compare_{name}", f"attention-{name}-L{layer}H{head}",
                f"Attention of the {name}, layer {layer}, head {head}",
            )  # fmt: skip


def _next(
    first: Loaded, text: str, second: Loaded, other_text: str, names: tuple[str, str]
) -> None:
    """What comes next on both sides; of two classifiers with the same classes, the decision."""
    from llmcore.interpret.ablation import outcome
    from llmcore.plots.interpret import before_after_bars

    if (first.labels is None) != (second.labels is None):
        st.info("One of the two is a classifier, so what comes next is not laid side by side.")
        return
    if first.labels != second.labels:
        st.info("The two classifiers know other classes, so their decisions are not compared.")
        return
    p = outcome(first, _ids(text, first)[0]).probabilities
    q = outcome(second, _ids(other_text, second)[0]).probabilities
    if first.labels is not None:
        labels, shown = first.labels, np.arange(len(first.labels))
    else:
        shown = np.argsort(-np.maximum(p, q))[:N_SHOWN]
        shown = shown[np.argsort(-p[shown])]
        labels = [first.tokenizer.token_label(int(token)) for token in shown]
    st.markdown("**The decision**" if first.labels else "**What comes next**")
    figure(
        before_after_bars(labels, p[shown], q[shown], names), "attention_compare_next",
        "next-token-compared", "Probabilities on both sides",
    )  # fmt: skip
