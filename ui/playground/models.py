"""Which checkpoint of which model: the picker gives a run, a second select its checkpoint."""

from typing import TYPE_CHECKING

import streamlit as st

from llmcore.errors import NotFoundError
from llmcore.runs.reference import name_of, split_reference, with_checkpoint
from llmcore.runs.store import open_run
from llmcore.train.checkpoint_index import Checkpoint, best
from ui.marked import Markdown
from ui.picker import model_picker, model_select
from ui.state import store

if TYPE_CHECKING:
    from llmcore.models import Loaded

_CHECKPOINTS = "lab_playground_checkpoints"
_AGAINST = "lab_playground_against"
NAMES = {"best": "best so far", "latest": "newest"}


def first_model() -> str:
    """The model of the picker that all pages share, with the checkpoint that is wanted of it."""
    return _checkpoint(model_picker("language", key="playground_model"), "first")


def second_model(first: str) -> str:
    """Another model to compare with the first; it has no part in what other pages show."""
    from llmcore.models import list_models

    entries = {entry.ref: entry for entry in list_models("language")}
    key = "playground_against"
    if st.session_state.get(key) not in entries:
        own = name_of(first)
        others = [ref for ref in entries if ref != own]
        kept = st.session_state.get(_AGAINST, st.query_params.get("against"))
        st.session_state[key] = kept if kept in entries else (others or list(entries))[-1]
    ref = model_select("Compare with", entries, key)
    st.session_state[_AGAINST] = st.query_params["against"] = ref
    return _checkpoint(ref, "second")


def _checkpoint(ref: str, slot: str) -> str:
    """A select over the checkpoints of a run that has several; `ref` itself for all others."""
    run_id, pinned = split_reference(ref)
    try:
        run = store().open(run_id)
        checkpoints, live = run.checkpoints(), run.info().is_live
    except NotFoundError:  # a model of Hugging Face's format: one set of weights
        return ref
    if len(checkpoints) < 2:
        return ref
    options = [*NAMES, *(str(checkpoint.step) for checkpoint in reversed(checkpoints))]
    kept: dict[str, str] = st.session_state.setdefault(_CHECKPOINTS, {})
    place = f"{slot} {ref}"
    key = f"playground_checkpoint_{slot}"
    if st.session_state.get(f"{key}_of") != ref or st.session_state.get(key) not in options:
        wanted = kept.get(place, pinned or "best")
        st.session_state[key] = wanted if wanted in options else "latest"
        st.session_state[f"{key}_of"] = ref
    which = st.selectbox(
        "Checkpoint",
        options,
        format_func=lambda step: _checkpoint_label(step, checkpoints, live),
        key=key,
        help="The newest one of a run that trains now moves on while you watch.",
    )
    kept[place] = which
    return run_id if which == "best" else with_checkpoint(run_id, which)


def _checkpoint_label(which: str, checkpoints: list[Checkpoint], live: bool) -> str:
    """`best: step 60`: which weights a name means. For a live run it does not change, since the
    browser knows an entry by its label."""
    if which not in NAMES:
        return f"step {int(which):,}" if which.isdigit() else which
    chosen = best(checkpoints) if which == "best" else checkpoints[-1]
    if live or chosen is None:
        return NAMES[which]
    return f"{NAMES[which].removesuffix(' so far')}: step {chosen.step:,}"


def model_name(loaded: "Loaded") -> str:
    """Name and step, as one line that says which weights wrote something."""
    name = str(loaded.card.get("name") or loaded.ref)
    return f"{name}, step {loaded.step:,}" if loaded.step else name


def kind_of_text(loaded: "Loaded") -> Markdown:
    """What this model does with a prompt."""
    try:
        kind = open_run(name_of(loaded.ref)).config.kind
    except NotFoundError:
        kind = "pretrain"
    if loaded.chat_template is not None:
        return (
            "Its makers taught this model to answer, by a template of their own that **Chat** "
            "writes. Here it **continues** a text. A small model invents facts: check what it says."
        )
    if kind == "pretrain":
        return (
            "A pretrained model **continues** a text, it does not answer: give it the beginning "
            "of what you want to read."
        )
    return "This model was finetuned on instructions: ask it for something."
