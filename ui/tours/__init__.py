"""Guided tours: short ways through the lab, bound to the real controls.

A tour is on while `?tour=` is in the address or the session knows one; it is drawn by app.py
above every page. If none is on, a page pays for one look at the session and the address.
"""

from ui.tours.session import is_on


def tour_strip(page: str) -> None:
    """The tour's card, if a tour is on. page: name of the page that comes below it."""
    if is_on():
        from ui.tours.card import tour_card

        tour_card(page)
