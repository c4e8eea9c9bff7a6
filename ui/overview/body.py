"""The map of the stages, the first ten minutes, the tours, and where all this sits."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from ui import progress
from ui.components import payload, registered
from ui.navigation import CARDS, page_link
from ui.overview import stages
from ui.state import store
from ui.tours.cards import tour_cards

if TYPE_CHECKING:
    from llmcore.runs import RunInfo

logger = logging.getLogger(__name__)


def show() -> None:
    runs = all_runs()
    st.fragment(stage_map, run_every=3 if any(run.is_live for run in runs) else None)()
    ten_minutes(runs)
    st.space("small")
    tour_cards()
    st.space("small")
    the_field()


def all_runs() -> list["RunInfo"]:
    """The runs of the store; the Overview shows itself also if they cannot be read."""
    try:
        return store().list()
    except Exception:
        logger.warning("the run store cannot be listed", exc_info=True)
        return []


def bits_of(run_id: str) -> Sequence[float | None]:
    try:
        metrics = store().open(run_id).metrics()
        metrics.refresh()
        return metrics.series("val", "bits_per_byte")[1]
    except Exception:
        logger.warning("run %s cannot be read", run_id, exc_info=True)
        return []


def text_of(run_id: str) -> tuple[str, str] | None:
    try:
        return stages.validation_text(store().open(run_id))
    except Exception:
        logger.warning("the text of run %s cannot be told", run_id, exc_info=True)
        return None


def stage_map() -> None:
    runs = all_runs()
    best = stages.best_bits_per_byte(runs, bits_of, text_of)
    stations = stages.stages(runs, progress.done_steps(runs), best)
    chosen = registered("stage_map")(
        key="stage_map", data=payload(stages.as_data(stations)), on_open_change=lambda: None
    )
    if chosen.open in CARDS and CARDS[chosen.open].exists:
        st.switch_page(CARDS[chosen.open].path)


def ten_minutes(runs: Sequence["RunInfo"]) -> None:
    done = progress.done_steps(runs)
    coming = progress.next_step(done)
    steps = [step for step in progress.STEPS if CARDS[step.page].exists]
    if not steps:
        return
    st.header("Your first ten minutes", anchor=False)
    st.caption(f"{len(done)} of {len(progress.STEPS)} done")
    for number, (column, step) in enumerate(zip(st.columns(len(steps)), steps, strict=True), 1):
        with column.container(border=True, height="stretch"):
            if step.name in done:
                st.badge("Done", icon=":material/check:", color="green")
            elif coming is not None and step.name == coming.name:
                st.badge(f"Step {number}: next", color="blue")
            else:
                st.badge(f"Step {number}", color="gray")
            st.markdown(f"**{step.title}**  \n{step.what}")
            st.space("stretch")
            page_link(
                step.page, f"Open step {number}"
            )  # five of one name cannot be told apart by ear


def the_field() -> None:
    st.header("Where this sits", anchor=False)
    picture, words = st.columns([3, 2], gap="large", vertical_alignment="center")
    with picture:
        registered("field_map")(key="field_map")
    words.markdown(
        "**Artificial intelligence**: programs that do what seems to need a mind.\n\n"
        "**Machine learning**: the rules are learned from examples.\n\n"
        "**Deep learning**: the learner is a network of many layers.\n\n"
        "**Large language models**: deep networks that learned to predict the next token.\n\n"
        "**Generative AI** makes new text, pictures or sound. An LLM that writes is generative; "
        "the same LLM finetuned to sort spam is not."
    )
