"""Whether a tour is on, and what the session and the address say of it."""

import streamlit as st

PLACE = "lab_tour"  # session: a Place as a dict, while a tour is on
ADDRESS = "tour"  # in the address: `name.number`, the number of the step from 1 on


def is_on() -> bool:
    """Whether a tour is on in this tab. Imports nothing."""
    return PLACE in st.session_state or ADDRESS in st.query_params
