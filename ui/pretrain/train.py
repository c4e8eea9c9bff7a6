"""Train a model: the choices, the Start button, and the run as it learns."""

from functools import partial

import streamlit as st

from llmcore.execution.process import torchrun_command
from llmcore.runs import RunInfo
from ui.page import guarded, plain, show_error
from ui.pretrain.ask import ask_box
from ui.pretrain.options import KIND, OWN_PROCESS, TORCHRUN, Choice, apply_change, options
from ui.pretrain.preflight import preflight_card
from ui.pretrain.prepare import prepare
from ui.run_panel.charts import MAX_OVERLAYS
from ui.run_panel.choice import run_label, run_picker, runs_of
from ui.run_panel.live import run_panel
from ui.run_panel.start import Begin, StartBox, start_box, start_card
from ui.session import PRETRAIN_REQUEST, PRETRAIN_TOKENIZER
from ui.text_source import choose_built_in


def show() -> None:
    st.markdown(
        "Watch the **loss** fall and, beside it, how what it writes turns from noise into words, "
        "then phrases. When validation stops falling while train goes on, it has begun to "
        "memorise."
    )
    infos = runs_of(KIND)
    _take_request()
    _start_box(list(infos.values()))
    info, overlays = _choose_run(infos)
    if info is not None:
        run_panel(info.id, overlays)
        if info.is_live or info.step:
            ask_box(info.id)


def _take_request() -> None:
    """Another page may have chosen the tokenizer, and with it the text that it was trained on."""
    request = st.session_state.pop(PRETRAIN_REQUEST, None)
    if request:
        st.session_state[PRETRAIN_TOKENIZER] = request["tokenizer"]
        choose_built_in(KIND, request["source"])


def _start_box(infos: list[RunInfo]) -> None:
    """The summary and the big button on top, the choices folded away below them."""
    with start_box(KIND, "pretrain", start_card(infos)) as box:
        top = st.container()
        # A new key folds the options away again once a run was started.
        fields = st.expander("Options", icon=":material/tune:", key=f"options_{box.run_id}")
        parts = st.expander(
            "Architecture", icon=":material/account_tree:", key=f"architecture_{box.run_id}"
        )
        choice, problem = None, None
        try:
            with fields:
                choice = options(parts)
        except Exception as error:
            problem = error
        with top:
            _summary_and_button(choice, problem, box, infos)
    if choice is not None and choice.text.data is None:
        prepare(choice.config)


def _summary_and_button(
    choice: Choice | None, problem: Exception | None, box: StartBox, infos: list[RunInfo]
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
    begins = None
    if choice is not None:
        if choice.where == TORCHRUN:
            _torchrun(choice)
        else:
            begins = partial(_begin, choice)
    box.button("Start training", right, begins)


def _propose_context(problem: Exception) -> None:
    """A button that chooses the longest context that a short text has room for."""
    length = getattr(problem, "context_length", None)
    if length is not None:
        st.button(
            f"Set the context length to {length:,}", icon=":material/build:", key="fit_context",
            on_click=apply_change, args=({"context_length": length},),
        )  # fmt: skip


def _torchrun(choice: Choice) -> None:
    """The command line to copy; the run then appears among the others."""
    st.markdown(
        "Run this in a terminal, in the lab's folder and its environment; the run then appears "
        "below like any other. One process for each GPU; docs/scaling.md tells of several machines."
    )
    st.code(torchrun_command(choice.config), language="bash", wrap_lines=True)
    if choice.text.data is not None:
        st.caption(f"Save your text as {plain(choice.text.source)} in that folder first.")


def _summary(choice: Choice, infos: list[RunInfo]) -> None:
    config = choice.config
    own = st.session_state.get(PRETRAIN_TOKENIZER)
    tokens = f", in tokens of **{plain(own)}**" if own else ""
    newer = config.model.exchanged_parts()
    parts = f" with **{plain(', '.join(newer))}**" if newer else ""
    text = plain(choice.text.source)
    st.markdown(
        f"**{plain(config.preset or '')}** model{parts} on **{text}**{tokens}, "
        f"{config.train.steps:,} steps"
    )
    preflight_card(config, infos, apply_change)


def _begin(choice: Choice, begin: Begin) -> None:
    begin(choice.config, choice.text.data, own_process=choice.where == OWN_PROCESS)


def _choose_run(infos: dict[str, RunInfo]) -> tuple[RunInfo | None, list[str]]:
    """The run to show and the earlier ones to lay over it."""
    left, right = st.columns(2, gap="medium")
    with left:
        info = run_picker(infos, KIND, "Run to show")
    if info is None:
        st.info("Nothing was trained here yet: press **Start training**, and the first point "
                "appears within seconds.")  # fmt: skip
        return None, []
    others = [run_id for run_id in infos if run_id != info.id]
    with right:
        overlays = st.multiselect(
            "Compare with earlier runs",
            others,
            format_func=lambda run: run_label(infos[run]) if run in infos else run,
            key=f"pretrain_overlays_{info.id}",
            max_selections=MAX_OVERLAYS,
            disabled=not others,
            placeholder="Lay their loss over this one" if others else "No other run yet",
        )
    return info, overlays
