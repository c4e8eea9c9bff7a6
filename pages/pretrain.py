"""Pretrain: a language model learns from raw text, watched live."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from llmcore.config import RunConfig
from llmcore.errors import LabError
from llmcore.presets import DEFAULT_PRESET, PRESETS
from llmcore.runs import RunInfo
from ui.page import code_behind, guarded, header, plain, show_error
from ui.pretrain import variants
from ui.pretrain.architecture import architecture_fields
from ui.pretrain.ask import ask_box
from ui.pretrain.preflight import preflight_card
from ui.pretrain.prepare import prepare
from ui.run_panel.charts import MAX_OVERLAYS
from ui.run_panel.choice import (
    next_run_id,
    note_trouble,
    run_label,
    run_picker,
    runs_of,
    start_button,
    start_card,
    start_or_queue,
    start_wanted,
)
from ui.run_panel.live import run_panel
from ui.state import store
from ui.text_source import PRETRAIN_WISH, ChosenText, choose_built_in, text_source

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

KIND = "pretrain"
VIEW, TRAIN, VARIANTS = "pretrain_view", "train", "variants"
VIEWS = {
    TRAIN: ":material/model_training: Train a model",
    VARIANTS: ":material/trending_down: Which learns faster?",
}
IN_APP, OWN_PROCESS, TORCHRUN = "In the app", "A process of its own", "torchrun"
WHERE_HELP = (
    "**In the app**: a background thread; it saves and stops when the app ends.  \n"
    "**A process of its own**: goes on when the app ends; you find it here again.  \n"
    "**torchrun**: several processes or GPUs, by a command line to copy."
)
PYTHON = """
from llmcore.execution import launch
from llmcore.recipes.pretraining import plan_pretrain
from llmcore.runs import RunStore

store = RunStore()
config = plan_pretrain("shakespeare", preset="tiny")
run_id = store.mint_id(config.name)
launch.start(run_id, config, store)                  # returns at once; a thread trains
steps, losses = store.open(run_id).metrics().series("train", "loss")
"""
CLI = """
python -m llmcore preflight --corpus shakespeare --preset tiny
python -m llmcore pretrain --corpus shakespeare --preset tiny
python -m llmcore generate --model RUN_ID --prompt "My lord, "
"""


@dataclass(slots=True)
class Choice:
    """What the options say: the text, and who trains."""

    text: ChosenText
    config: RunConfig
    where: str = IN_APP


def main() -> None:
    header(
        "Pretrain",
        "The model starts from random numbers and learns to guess the next token, nothing else.",
    )
    if _chosen_view() == VARIANTS:
        variants.show()
        code_behind(variants.PYTHON, variants.CLI)
        return
    st.markdown(
        "Watch the **loss** fall and, beside it, how what it writes turns from noise into words, "
        "then phrases. When validation stops falling while train goes on, it has begun to "
        "memorise."
    )
    infos = runs_of(KIND)
    _take_wish()
    _start_box(list(infos.values()))
    info, overlays = _choose_run(infos)
    if info is not None:
        run_panel(info.id, overlays)
        if info.is_live or info.step:
            ask_box(info.id)
    code_behind(PYTHON, CLI)


def _chosen_view() -> str:
    """The view to draw; it stands in the URL as `?view=`. A run in the URL brings its own."""
    wanted = st.query_params.get("view") or _view_of_run(st.query_params.get("run"))
    st.session_state[VIEW] = wanted if wanted in VIEWS else st.session_state.get(VIEW, TRAIN)
    name = st.segmented_control(
        "View", list(VIEWS), format_func=VIEWS.__getitem__, key=VIEW,
        persist_state="session", required=True, label_visibility="collapsed",
        on_change=_view_chosen,
    )  # fmt: skip
    if name == VARIANTS:
        st.query_params["view"] = name
    else:
        st.query_params.pop("view", None)
    return name or TRAIN


def _view_of_run(run_id: str | None) -> str | None:
    try:
        kind = store().info(run_id).kind if run_id else None
    except LabError:
        return None
    return {KIND: TRAIN, variants.KIND: VARIANTS}.get(str(kind))


def _view_chosen() -> None:
    """A callback, before the page reads its address; the views show runs of different kinds."""
    st.query_params.pop("run", None)
    st.query_params["view"] = st.session_state[VIEW]


def _take_wish() -> None:
    """Another page may have chosen the tokenizer, and with it the text that it was trained on."""
    wish = st.session_state.pop(PRETRAIN_WISH, None)
    if wish:
        st.session_state["pretrain_tokenizer"] = wish["tokenizer"]
        choose_built_in(KIND, wish["source"])


def _start_box(infos: list[RunInfo]) -> None:
    """The summary and the big button on top, the choices folded away below them."""
    with start_card(infos):
        top = st.container()
        run_id = next_run_id(KIND, "pretrain")
        # A new key folds the options away again once a run was started.
        options = st.expander("Options", icon=":material/tune:", key=f"options_{run_id}")
        parts = st.expander(
            "Architecture", icon=":material/account_tree:", key=f"architecture_{run_id}"
        )
        choice, problem = None, None
        try:
            with options:
                choice = _options(parts)
        except Exception as error:
            problem = error
        with top:
            _summary_and_button(choice, problem, run_id, infos)
        wish = start_wanted(KIND)
        if wish and choice is not None:
            _start(wish, run_id, choice)
            st.rerun()
    if choice is not None and choice.text.data is None:
        prepare(choice.config)


def _summary_and_button(
    choice: Choice | None, problem: Exception | None, run_id: str, infos: list[RunInfo]
) -> None:
    """What would be trained, or what is wrong with the choice; options may be folded away."""
    left, right = st.columns([3, 1], gap="medium", vertical_alignment="center")
    with left:
        if problem is not None:
            show_error(problem)
            _propose_context(problem)
        elif choice is None:
            st.markdown(
                "Give a text under **Options**: paste it, or upload a file and, where that is "
                "asked, choose its column."
            )
        else:
            with guarded():
                _summary(choice, infos)
    by_hand = choice is not None and choice.where == TORCHRUN
    if by_hand:
        _torchrun(choice)
    start_button("Start training", run_id, KIND, right, ready=choice is not None and not by_hand)


def _propose_context(problem: Exception) -> None:
    """A button that chooses the longest context that a short text has room for."""
    length = getattr(problem, "context_length", None)
    if length is not None:
        st.button(
            f"Set the context length to {length:,}", icon=":material/build:", key="fit_context",
            on_click=_apply, args=({"context_length": length},),
        )  # fmt: skip


def _torchrun(choice: Choice) -> None:
    """The command line to copy; the run then appears among the others."""
    from llmcore.execution.process import torchrun_command

    st.markdown(
        "Run this in a terminal, in the lab's folder and its environment; the run then appears "
        "below like any other. One process for each GPU; docs/scaling.md tells of several machines."
    )
    st.code(torchrun_command(choice.config), language="bash", wrap_lines=True)
    if choice.text.data is not None:
        st.caption(f"Save your text as {plain(choice.text.source)} in that folder first.")


def _summary(choice: Choice, infos: list[RunInfo]) -> None:
    config = choice.config
    own = st.session_state.get("pretrain_tokenizer")
    tokens = f", in tokens of **{plain(own)}**" if own else ""
    newer = config.model.exchanged_parts()
    parts = f" with **{plain(', '.join(newer))}**" if newer else ""
    text = plain(choice.text.source)
    st.markdown(
        f"**{plain(config.preset or '')}** model{parts} on **{text}**{tokens}, "
        f"{config.train.steps:,} steps"
    )
    preflight_card(config, infos, _apply)


def _apply(change: dict[str, Any]) -> None:
    """A callback: puts what the card suggests into the options."""
    preset = st.session_state.get("pretrain_preset", DEFAULT_PRESET)
    if "accumulation" in change:
        st.session_state[f"pretrain_parts_{preset}"] = int(change["accumulation"])
    if "context_length" in change:
        st.session_state[f"pretrain_context_{preset}"] = int(change["context_length"])


def _options(parts: "DeltaGenerator") -> Choice | None:
    """The form, with the architecture in the place `parts`; None while a text is still to be
    given. Raises LabError where the choices cannot work."""
    from llmcore.recipes.pretraining import plan_pretrain

    chosen = text_source(KIND)
    size, steps, tokenizer = st.columns(3)
    preset = size.selectbox(
        "Size",
        list(PRESETS),
        index=list(PRESETS).index(DEFAULT_PRESET),
        key="pretrain_preset",
        persist_state="session",
        help="  \n".join(f"**{one.name}**: {one.summary}" for one in PRESETS.values()),
    )
    defaults = PRESETS[preset]
    n_steps = steps.number_input(
        "Steps",
        min_value=1,
        max_value=1_000_000,
        value=defaults.train.steps,
        step=100,
        key=f"pretrain_steps_{preset}",
        persist_state="session",
        help="How often the weights are updated, each time from one batch.",
    )
    labels = _tokenizers()
    chosen_tokenizer = tokenizer.selectbox(
        "Tokenizer",
        list(labels),
        format_func=lambda one: labels.get(one, one),
        key="pretrain_tokenizer",
        persist_state="session",
        help="Your own come from the Tokenizer page, where you can train them.",
    )
    model_changes, train_changes = _fine_options(preset)
    with parts:
        model_changes |= architecture_fields(preset)
    where = st.segmented_control(
        "Where it runs", [IN_APP, OWN_PROCESS, TORCHRUN], default=IN_APP, required=True,
        key="pretrain_where", persist_state="session", help=WHERE_HELP,
    )  # fmt: skip
    if chosen is None:
        return None
    with st.spinner("Reading the tokenizer"):
        config = plan_pretrain(
            chosen.source,
            preset=preset,
            tokenizer=chosen_tokenizer,
            corpus=chosen.corpus,
            model_changes=model_changes,
            train_changes={"steps": int(n_steps), **train_changes},
            **({} if chosen.reading is None else {"reading": chosen.reading}),
        )
    return Choice(chosen, config, where or IN_APP)


def _tokenizers() -> dict[str, str]:
    """Reference -> label, the ones that were trained on their own included.

    One that was deleted meanwhile gives its place to the default.
    """
    from llmcore.tokenizers.store import saved_tokenizers

    labels = {
        "": "Default for this text",
        "bytes": "Bytes: 256 values",
        "gpt2": "GPT-2's: 50,257 tokens",
    }
    for one in saved_tokenizers():
        labels[one.slug] = f"{one.card.name}: {one.card.vocab_size:,} tokens"
    if st.session_state.get("pretrain_tokenizer") not in {None, *labels}:
        st.session_state["pretrain_tokenizer"] = ""
    return labels


def _fine_options(preset: str) -> tuple[dict, dict]:
    """Batch and its parts, context, learning rate, seed; the defaults are the preset's."""
    defaults = PRESETS[preset]
    batch, parts, context, rate, seed = st.columns(5)
    batch_size = batch.number_input(
        "Batch size", 1, 4096, defaults.train.batch_size, key=f"pretrain_batch_{preset}",
        help="Sequences in each step.", persist_state="session",
    )  # fmt: skip
    n_parts = parts.number_input(
        "Gradient accumulation", 1, 4096, defaults.train.accumulation,
        key=f"pretrain_parts_{preset}", persist_state="session",
        help="Micro-batches of each step, computed one after another: less memory, the same "
        "numbers, more time. The batch size must be a multiple of it.",
    )  # fmt: skip
    context_length = context.number_input(
        "Context length", 2, 4096, defaults.model.context_length, key=f"pretrain_context_{preset}",
        help="Longest sequence that the model sees, in tokens.", persist_state="session",
    )  # fmt: skip
    learning_rate = rate.number_input(
        "Learning rate", 1e-6, 1.0, defaults.train.learning_rate, step=1e-4, format="%.4g",
        key=f"pretrain_rate_{preset}", help="At its peak, after the warm-up.",
        persist_state="session",
    )  # fmt: skip
    seed_value = seed.number_input(
        "Seed", 0, 2**31, defaults.train.seed, key="pretrain_seed", persist_state="session",
        help="The same seed gives the same run.",
    )  # fmt: skip
    return (
        {"context_length": int(context_length)},
        {
            "batch_size": int(batch_size),
            "accumulation": int(n_parts),
            "learning_rate": float(learning_rate),
            "seed": int(seed_value),
        },
    )


def _start(wish: str, run_id: str, choice: Choice) -> None:
    try:
        own = choice.where == OWN_PROCESS
        start_or_queue(wish, run_id, KIND, choice.config, choice.text.data, own)
    except Exception as error:
        note_trouble(KIND, error)


def _choose_run(infos: dict[str, RunInfo]) -> tuple[RunInfo | None, list[str]]:
    """The run to show and the earlier ones to lay over it."""
    left, right = st.columns(2, gap="medium")
    with left:
        info = run_picker(infos, KIND, "Run to show")
    if info is None:
        st.info("Nothing was trained here yet: press **Start training**, and the first point "
                "appears within seconds.")  # fmt: skip
        return None, []
    others = [one for one in infos if one != info.id]
    with right:
        overlays = st.multiselect(
            "Compare with earlier runs",
            others,
            format_func=lambda one: run_label(infos[one]) if one in infos else one,
            key=f"pretrain_overlays_{info.id}",
            max_selections=MAX_OVERLAYS,
            disabled=not others,
            placeholder="Lay their loss over this one" if others else "No other run yet",
        )
    return info, overlays


main()
