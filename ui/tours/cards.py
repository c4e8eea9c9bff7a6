"""The tours on the Overview: what each is about, how far one has come, and the way in."""

import streamlit as st

from ui.tours import kept, place
from ui.tours.all_tours import TOURS
from ui.tours.kept import Kept
from ui.tours.tour import Step, Tour

IN_A_ROW = 3


def tour_cards() -> None:
    """Six cards in the order of the stages."""
    everything = kept.kept_tours()
    over = sum(everything.get(name, Kept()).answered for name in TOURS)
    st.header("Guided tours", anchor=False)
    st.caption(
        f"{over} of {len(TOURS)} done. A tour goes through the real pages with you: it says what "
        "to do, notices when you have done it, and ends with a question."
    )
    tours = list(TOURS.values())
    for first in range(0, len(tours), IN_A_ROW):
        row = tours[first : first + IN_A_ROW]
        for column, tour in zip(st.columns(IN_A_ROW), row, strict=False):
            with column.container(border=True, height="stretch"):
                _card(first + row.index(tour) + 1, tour, everything.get(tour.name, Kept()))


def _card(number: int, tour: Tour, own: Kept) -> None:
    done = sum(step.name in own.done for step in tour.steps)
    if own.answered:
        st.badge("Done", icon=":material/check:", color="green")
    elif own.begun:
        left = ", the question is left" if done == len(tour.steps) else ""
        st.badge(f"{done} of {len(tour.steps)} steps{left}", icon=":material/hiking:", color="blue")
    else:
        st.badge(f"{len(tour.steps)} steps", color="gray")
    st.markdown(f"**{number}. {tour.title}**  \n{tour.about}")
    st.space("stretch")
    label, icon = (
        ("Again", ":material/replay:")
        if own.answered
        else ("Go on", ":material/play_arrow:") if own.begun else ("Start", ":material/play_arrow:")
    )  # fmt: skip
    label = f"{label}: tour {number}"  # six buttons of one name cannot be told apart by ear
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            label,
            icon=icon,
            key=f"tour_{tour.name}",
            on_click=place.start,
            args=(tour.name, own.answered),
        )
        st.caption(f"about {tour.minutes} minutes")
    if pressed:
        place.go(_first(tour))


def _begin(tour: Tour, again: bool) -> None:
    """A callback: turns the tour on, with a request for the view of its step."""
    place.start(tour.name, again)
    place.request(place.OPEN, _first(tour).name)


def _first(tour: Tour) -> Step:
    """The step that comes next; of the question, the last one: there its answer can be found."""
    return tour.steps[min(place.next_step(tour), len(tour.steps) - 1)]
