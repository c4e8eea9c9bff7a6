"""Guided tours: short ways through the lab, bound to the real controls.

A tour is on while `?tour=` stands in the address or the session knows one; it is drawn by app.py
above every page. Where none is on, a page pays for one look at the session and the address.
"""

import streamlit as st

PLACE = "lab_tour"  # session: a Place as a dict, while a tour is on
MERGES_PLAYED = "lab_merges_played"  # session: the word whose merges were all seen in a tour
ADDRESS = "tour"  # in the address: `name.number`, the number of the step from 1 on


def is_on() -> bool:
    """Whether a tour is on in this tab. Imports nothing."""
    return PLACE in st.session_state or ADDRESS in st.query_params


def tour_strip(page: str) -> None:
    """The tour's card, where a tour is on. page: name of the page that comes below it."""
    if is_on():
        from ui.tours.card import tour_card

        tour_card(page)
