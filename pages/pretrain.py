"""Pretrain: a language model learns from raw text, watched live."""

from dataclasses import dataclass

import streamlit as st

from llmcore.config import RunConfig
from llmcore.presets import DEFAULT_PRESET, PRESETS
from llmcore.runs import RunInfo
from ui.ask import ask_box
from ui.estimate import estimate
from ui.feed import duration
from ui.live import run_panel
from ui.page import code_behind, guarded, header, plain, show_error
from ui.prepare import prepare
from ui.run_choice import (
    next_run_id,
    note_trouble,
    run_label,
    run_picker,
    runs_of,
    start_button,
    start_or_queue,
    start_wanted,
)
from ui.text_source import PRETRAIN_WISH, choose_built_in, text_source

KIND = "pretrain"
PYTHON = """
from llmcore.runs import RunStore, launch

store = RunStore()
config = launch.plan_pretrain("shakespeare", preset="tiny")
run_id = store.mint_id(config.name)
launch.start(run_id, config, store)                  # returns at once; a thread trains
steps, losses = store.open(run_id).metrics().series("train", "loss")
"""
CLI = """
python -m llmcore pretrain --corpus shakespeare --preset tiny
python -m llmcore generate --model RUN_ID --prompt "My lord, "
"""


@dataclass(slots=True)
class Choice:
    """What the options say: a source, and the user's own text where there is one."""

    source: str
    text: str | None
    config: RunConfig


def main() -> None:
    header(
        "Pretrain",
        "The model starts from random numbers and learns to guess the next token, nothing else. "
        "Watch the **loss** fall and, beside it, how what it writes turns from noise into words, "
        "then phrases. When validation stops falling while train goes on, it has begun to "
        "memorise.",
    )
    infos = runs_of(KIND)
    _take_wish()
    _start_box(list(infos.values()))
    info, overlays = _choose_run(infos)
    if info is not None:
        run_panel(info.id, overlays)
        ask_box(info.id)
    code_behind(PYTHON, CLI)


def _take_wish() -> None:
    """Another page may have chosen the tokenizer, and with it the text that it was trained on."""
    wish = st.session_state.pop(PRETRAIN_WISH, None)
    if wish:
        st.session_state["pretrain_tokenizer"] = wish["tokenizer"]
        choose_built_in(KIND, wish["source"])


def _start_box(infos: list[RunInfo]) -> None:
    """The summary and the big button on top, the choices folded away below them."""
    with st.container(border=True):
        top = st.container()
        run_id = next_run_id(KIND, "pretrain")
        # A new key folds the options away again once a run was started.
        with st.expander("Options", icon=":material/tune:", key=f"options_{run_id}"):
            choice, problem = None, None
            try:
                choice = _options()
            except Exception as error:
                problem = error
        with top:
            _summary_and_button(choice, problem, run_id, infos)
        wish = start_wanted(KIND)
        if wish and choice is not None:
            _start(wish, run_id, choice)
            st.rerun()
    if choice is not None and choice.text is None:
        prepare(choice.config)


def _summary_and_button(
    choice: Choice | None, problem: Exception | None, run_id: str, infos: list[RunInfo]
) -> None:
    """What would be trained, or what is wrong with the choice; options may be folded away."""
    left, right = st.columns([3, 1], gap="medium", vertical_alignment="center")
    with left:
        if problem is not None:
            show_error(problem)
        elif choice is None:
            st.markdown("Give a text under **Options**: paste it there, or upload a file.")
        else:
            with guarded():
                _summary(choice, infos)
    start_button("Start training", run_id, KIND, right, ready=choice is not None)


def _summary(choice: Choice, infos: list[RunInfo]) -> None:
    from llmcore.device import available_memory_bytes
    from llmcore.train.footprint import footprint, micro_rows

    config = choice.config
    guess = estimate(config, infos)
    memory = footprint(config.model, micro_rows(config.train)).peak
    own = st.session_state.get("pretrain_tokenizer")
    tokens = f", in tokens of **{plain(own)}**" if own else ""
    st.markdown(
        f"**{plain(config.preset or '')}** model on **{plain(choice.source)}**{tokens}, "
        f"{config.train.steps:,} steps"
    )
    known = (
        f"measured here: {guess.tokens_per_s:,.0f} tokens/s"
        if guess.measured
        else "a rough guess until this size has trained here once"
    )
    st.caption(
        f"{config.model.n_parameters():,} parameters · about {megabytes(memory)} of memory · "
        f"about {duration(guess.seconds)} ({known})"
    )
    available = available_memory_bytes()
    if memory > available:
        st.warning(
            f"This needs about {megabytes(memory)}, but only {megabytes(available)} of memory is "
            f"free: choose a smaller size or batch.",
            icon=":material/memory:",
        )


def megabytes(n_bytes: float) -> str:
    return f"{n_bytes / 2**30:.1f} GB" if n_bytes >= 2**30 else f"{max(1, n_bytes / 2**20):.0f} MB"


def _options() -> Choice | None:
    """The form; None while a text is still to be given. Raises LabError where the choices
    cannot work."""
    from llmcore.runs.launch import plan_pretrain

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
    if chosen is None:
        return None
    source, text = chosen
    with st.spinner("Reading the tokenizer"):
        config = plan_pretrain(
            source,
            preset=preset,
            tokenizer=chosen_tokenizer,
            text=text,
            model_changes=model_changes,
            train_changes={"steps": int(n_steps), **train_changes},
        )
    return Choice(source, text, config)


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
    """Batch, context, learning rate and seed; the defaults are the preset's."""
    defaults = PRESETS[preset]
    batch, context, rate, seed = st.columns(4)
    batch_size = batch.number_input(
        "Batch size", 1, 4096, defaults.train.batch_size, key=f"pretrain_batch_{preset}",
        help="Sequences in each step.", persist_state="session",
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
            "learning_rate": float(learning_rate),
            "seed": int(seed_value),
        },
    )


def _start(wish: str, run_id: str, choice: Choice) -> None:
    try:
        data = None if choice.text is None else choice.text.encode("utf-8")
        start_or_queue(wish, run_id, KIND, choice.config, data)
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
            max_selections=5,
            disabled=not others,
            placeholder="Lay their validation loss over this one" if others else "No other run yet",
        )
    return info, overlays


main()
