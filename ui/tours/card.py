"""The card of the tour that is on: what to do, whether it is done, and the ways on and back."""

import logging
from dataclasses import replace
from pathlib import Path

import streamlit as st

from ui.marked import Markdown
from ui.navigation import CARDS
from ui.page import guarded
from ui.state import store
from ui.tours import kept, place
from ui.tours.ask import ask
from ui.tours.place import Place
from ui.tours.tour import Context, Step, Tour

logger = logging.getLogger(__name__)

REFRESH_SECONDS = 1.5  # what the browser does inside a fragment of a page reruns only that
CSS = Path(__file__).with_name("card.css")


def tour_card(page: str) -> None:
    """Draws the card above a page. It looks by itself whether the step is done, while it is not."""
    found = place.here()
    if found is None:
        return
    tour, at = found
    with guarded():
        place.grant(tour)
    st.html(CSS)
    waits = at.at < len(tour.steps)
    st.fragment(_card, run_every=REFRESH_SECONDS if waits else None)(page, waits)


def _card(page: str, waited: bool) -> None:
    found = place.here()
    if found is None:  # it was ended: the whole page runs again, without the card and its rhythm
        st.rerun()
    tour, at = found
    kept_tour = kept.kept_of(tour.name)
    context = Context(page, st.session_state, store(), st.query_params, kept_tour.begun, at.before)
    if at.at < len(tour.steps):
        at, done = _look(tour, at, context, tour.steps[at.at].name in kept_tour.done)
        context = replace(context, before=at.before)
    else:
        done = kept_tour.answered
    if waited and at.at == len(tour.steps):
        st.rerun()  # a question is not disturbed while somebody answers it
    with st.container(border=True, key="tour_card", gap="xsmall"):
        _head(tour, at, done)
        if at.at < len(tour.steps):
            _step(tour.steps[at.at], at, context, done)
        else:
            ask(tour, context, done)


def _look(tour: Tour, at: Place, context: Context, known: bool) -> tuple[Place, bool]:
    """Whether the step is done; if that happened before one's eyes, the place of the next."""
    step = tour.steps[at.at]
    if known:
        return at, True
    if not at.shown and step.watch is not None:
        at = replace(at, before=step.watch(context))
        context = replace(context, before=at.before)
    if not is_done(step, context):
        if not at.shown:
            at = replace(at, shown=True)
            place.put(at)
        return at, False
    kept.mark_step(tour.name, step.name)
    if not at.shown:
        return at, True  # it was so already: said, and left to the person
    place.move(at.at + 1, just_done=step.title)
    moved = place.here()
    assert moved is not None
    at = moved[1]
    if at.at == len(tour.steps):
        return at, False
    return _look(tour, at, context, tour.steps[at.at].name in kept.kept_of(tour.name).done)


def is_done(step: Step, context: Context) -> bool:
    """What cannot be read is not done: a tour takes no page down."""
    try:
        return bool(step.done(context))
    except Exception:
        logger.warning("step %s of a tour cannot be checked", step.name, exc_info=True)
        return False


def _head(tour: Tour, at: Place, done: bool) -> None:
    """Name, number, what was just done, and the buttons."""
    n_steps = len(tour.steps)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        where = f"step {at.at + 1} of {n_steps}" if at.at < n_steps else "the question"
        st.markdown(f":material/explore: **{tour.title}** · {where}", width="content")
        if done:
            st.badge("Done", icon=":material/check:", color="green")
        elif at.just_done:
            st.badge(f"Done: {at.just_done}", icon=":material/check:", color="green")
        st.space("stretch")
        st.button(
            "Back", key="tour_back", type="tertiary", icon=":material/arrow_back:",
            disabled=at.at == 0, on_click=place.move, args=(at.at - 1,),
        )  # fmt: skip
        if at.at < n_steps:
            st.button(
                "Next" if done else "Skip", key="tour_next",
                type="primary" if done else "tertiary", icon=":material/arrow_forward:",
                on_click=place.move, args=(at.at + 1,),
            )  # fmt: skip
        st.button(
            "End tour", key="tour_end", type="tertiary", icon=":material/close:",
            on_click=place.end,
        )  # fmt: skip


def _step(step: Step, at: Place, context: Context, done: bool) -> None:
    """What to do; at its side the way there, or what the step can give."""
    away = not step.is_here(context)
    aid = step.aid is not None and not done
    with st.container(key="tour_what"):
        left, right = st.columns([3, 1], gap="medium") if away or aid else (st.container(), None)
        already = " *You have done this already.*" if done and not at.shown else ""
        left.markdown(f"**{step.title}.** {_words(step, context)}{already}")
        if right is None:
            return
        with right:
            if away:
                _go_there(step, context)
            else:
                _give_aid(step)


def _words(step: Step, context: Context) -> Markdown:
    try:
        return step.words(context)
    except Exception:
        logger.warning("step %s of a tour cannot be told", step.name, exc_info=True)
        return "This step cannot be shown now: skip it, or come back later."


def _give_aid(step: Step) -> None:
    assert step.aid is not None
    pressed = st.button(
        step.aid.label, icon=step.aid.icon, key=f"tour_aid_{step.name}", width="stretch",
        on_click=place.request, args=(place.GIVE, step.name),
    )  # fmt: skip
    if pressed:
        st.rerun()  # of the whole page, which draws what it was given


def _go_there(step: Step, context: Context) -> None:
    card = CARDS[step.page]
    label = "Show that view" if context.page == step.page else f"Open {card.title}"
    pressed = st.button(
        label, icon=card.icon, key="tour_go", width="stretch",
        on_click=place.request, args=(place.OPEN, step.name),
    )  # fmt: skip
    if pressed:
        place.go(step)
