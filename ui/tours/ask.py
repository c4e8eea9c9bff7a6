"""The question at the end of a tour: asked, checked against what is so, and helped with."""

import logging

import streamlit as st

from ui.page import show_error
from ui.tours import kept, place
from ui.tours.all_tours import TOURS
from ui.tours.tour import Asked, Context, Tour

logger = logging.getLogger(__name__)
FEW_OPTIONS = 5  # more are chosen from a list
_CHECKED = "lab_tour_checked"  # session: (tour, the answer that was checked last)


def ask(tour: Tour, context: Context, answered: bool) -> None:
    """Draws the question; the right answer ends the tour."""
    try:
        with st.spinner("Looking it up", show_time=False):
            asked = tour.question(context)
    except Exception as error:
        if answered:
            st.markdown("You have answered the question of this tour.")
        else:
            show_error(error)
        return
    st.markdown(f"**{asked.text}**" if "**" not in asked.text else asked.text)
    if answered:
        st.success(asked.right, icon=":material/check_circle:")
        _what_next(tour)
        return
    given = _field(tour, asked)
    checked = st.session_state.get(_CHECKED)
    if checked is None or checked[0] != tour.name or given is None or checked[1] != given:
        return
    if asked.is_right(given):
        kept.mark_answered(tour.name)
        st.rerun()
    st.warning(f"Not yet. {asked.help_for(given)}", icon=":material/lightbulb:")


def _field(tour: Tour, asked: Asked) -> str | float | None:
    """What was answered, beside the button that checks it."""
    key = f"tour_answer_{tour.name}"
    given: str | float | None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if asked.options is None:
            step = 1 if asked.whole else 0.01
            given = st.number_input(
                "Your answer", value=None, step=step, format="%d" if asked.whole else "%.2f",
                key=key, width=200, placeholder="A number",
            )  # fmt: skip
        elif len(asked.options) <= FEW_OPTIONS:
            given = st.radio(
                "Your answer", asked.options, index=None, key=key,
                label_visibility="collapsed",
            )  # fmt: skip
        else:
            given = st.selectbox(
                "Your answer", asked.options, index=None, key=key, width=200,
                placeholder="Choose one",
            )  # fmt: skip
        st.button(
            "Check", type="primary", icon=":material/done:", key="tour_check",
            on_click=_check, args=(tour.name, key),
        )  # fmt: skip
    return given


def _check(tour: str, key: str) -> None:
    st.session_state[_CHECKED] = (tour, st.session_state.get(key))


def _what_next(tour: Tour) -> None:
    """The tour that comes after this one, or back to the Overview."""
    names = list(TOURS)
    after = names[names.index(tour.name) + 1 :]
    with st.container(horizontal=True, gap="small"):
        if after:
            coming = TOURS[after[0]]
            st.button(
                f"Next tour: {coming.title}", icon=":material/arrow_forward:", key="tour_coming",
                on_click=place.start, args=(coming.name,),
            )  # fmt: skip
        if st.button("Back to the Overview", icon=":material/map:", key="tour_over"):
            place.end()
            st.switch_page("pages/overview.py")
