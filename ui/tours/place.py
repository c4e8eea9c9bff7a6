"""Which tour is on in this tab, and at which step: in the session, and in the address."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import streamlit as st

from ui.marked import Markdown
from ui.navigation import CARDS
from ui.session import MERGES_PLAYED
from ui.tours import kept
from ui.tours.all_tours import TOURS
from ui.tours.session import ADDRESS, PLACE
from ui.tours.tour import Step, Tour

_REQUEST = "lab_tour_request"  # session: what a button of the card asked for, and of which step
OPEN, GIVE = "open", "give"


@dataclass(frozen=True, slots=True)
class Place:
    """at: the step's number from 0 on; the number of steps means the question.

    shown: whether the step was shown while it was not done yet: then the next one follows by
    itself. before: what its `watch` gave first. just_done: title of the step that was just done.
    """

    tour: str
    at: int
    shown: bool = False
    before: Any = None
    just_done: Markdown = ""


def here() -> tuple[Tour, Place] | None:
    """The tour that is on; None, and out of the address, if there is none of that name."""
    found = st.session_state.get(PLACE)
    place = Place(**found) if found else _from_address()
    if place is None or place.tour not in TOURS:
        end()
        return None
    tour = TOURS[place.tour]
    place = replace(place, at=max(0, min(place.at, len(tour.steps))))
    put(place)
    return tour, place


def _from_address() -> Place | None:
    """A tab that was loaded again, or a link that somebody gave."""
    name, _, number = st.query_params.get(ADDRESS, "").partition(".")
    if name not in TOURS:
        return None
    if not kept.kept_of(name).begun:
        kept.begin(name)
    return Place(name, int(number) - 1 if number.isdecimal() else next_step(TOURS[name]))


def put(place: Place) -> None:
    """Keeps the place; the address says the same, also after a link dropped it."""
    st.session_state[PLACE] = asdict(place)
    address = f"{place.tour}.{place.at + 1}"
    if st.query_params.get(ADDRESS) != address:
        st.query_params[ADDRESS] = address


def move(to: int, just_done: Markdown = "") -> None:
    """To another step of the tour that is on."""
    found = st.session_state.get(PLACE)
    if found:
        put(Place(found["tour"], to, just_done=just_done))


def start(name: str, again: bool = False) -> None:
    """Turns a tour on, at its first step that is not done. again: from its very start."""
    if again or not kept.kept_of(name).begun:
        kept.begin(name)
        st.session_state.pop(MERGES_PLAYED, None)
    put(Place(name, next_step(TOURS[name])))


def end() -> None:
    """Turns the tour off; what was done stays done."""
    st.session_state.pop(PLACE, None)
    st.query_params.pop(ADDRESS, None)


def next_step(tour: Tour) -> int:
    """The first step that is not done; the number of steps if all are."""
    done = kept.kept_of(tour.name).done
    return next(
        (at for at, step in enumerate(tour.steps) if step.name not in done), len(tour.steps)
    )


def request(what: str, name: str) -> None:
    """A callback: OPEN the view of the step of this name, or let it GIVE what it has."""
    st.session_state[_REQUEST] = (what, name)


def go(step: Step) -> None:
    """To the page where the step happens. Its view opens if that was asked for."""
    st.switch_page(CARDS[step.page].path, query_params=dict(step.query))


def grant(tour: Tour) -> None:
    """Does what was asked for. A widget shows what the session holds only if that was set in
    the same run that draws it, so this comes at the start of a whole run, above the page."""
    what, name = st.session_state.pop(_REQUEST, (None, None))
    step = next((step for step in tour.steps if step.name == name), None)
    if step is None:
        return
    if what == OPEN:
        for key, value in step.state.items():
            st.session_state[key] = value
    elif step.aid is not None:
        step.aid.give()
