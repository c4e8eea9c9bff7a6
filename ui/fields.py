"""Fields of a page that set a field of a dataclass of settings: help, bounds, step and choices come
from there (`llmcore/settings.py`), so that a page and the command line cannot differ.

A page may narrow a bound (`low`, `high`) if that is its own decision: by a constant whose
comment gives the reason.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, get_type_hints

import streamlit as st

from llmcore.settings import bounds_of, choices_of, field_of, help_for
from ui.marked import Markdown, plain

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

LARGEST = 2**53 - 1  # whole number that a browser holds exactly
IN_SESSION: Any = object()  # a value that the page has put into the session already
_USUAL: Any = object()


def number(
    owner: type, name: str, label: Markdown, *, key: str, place: "DeltaGenerator | None" = None,
    value: Any = _USUAL, low: float | None = None, high: float | None = None, note: Markdown = "",
    **widget: Any,
) -> Any:  # fmt: skip
    """A number field for `owner.name`; None if `value` is and nothing was typed.

    place: a column. value: to begin with, else the setting's default. low, high: narrower bounds.
    note: what this page adds to the help. The rest is `st.number_input`'s.
    """
    least, most = _bounds(owner, name, low, high)
    step = field_of(owner, name).metadata.get("step")
    if step is not None and "step" not in widget:
        widget["step"] = step if _is_float(owner, name) else int(step)
    given = _given(owner, name, value)
    return (place or st).number_input(
        label, least, most, key=key, help=help_of(owner, name, note), **given, **widget
    )


def slider(
    owner: type, name: str, label: Markdown, *, key: str, place: "DeltaGenerator | None" = None,
    value: Any = _USUAL, low: float | None = None, high: float | None = None, note: Markdown = "",
    **widget: Any,
) -> Any:  # fmt: skip
    """As `number`, drawn as a slider."""
    least, most = _bounds(owner, name, low, high)
    given = _given(owner, name, value)
    return (place or st).slider(
        label, least, most, key=key, help=help_of(owner, name, note), **given, **widget
    )


def choice(
    owner: type, name: str, label: Markdown, *, key: str, place: "DeltaGenerator | None" = None,
    titles: Mapping[str, str] | None = None, **widget: Any,
) -> str:  # fmt: skip
    """A list to choose a text of `owner.name` from. titles: how its values are called here."""
    if titles:
        widget["format_func"] = lambda value: titles.get(value, value)
    chosen: str = (place or st).selectbox(
        label, choices_of(owner, name), key=key, help=help_of(owner, name), **widget
    )
    return chosen


def help_of(owner: type, name: str, note: Markdown = "") -> Markdown:
    """The help of a field as a sentence, and what a page adds."""
    told = help_for(owner, name)
    sentence = plain(f"{told[:1].upper()}{told[1:]}.")
    return f"{sentence} {note}" if note else sentence


def _bounds(owner: type, name: str, low: float | None, high: float | None) -> tuple[Any, Any]:
    """The field's bounds, or narrower ones, as numbers of its type."""
    least, most = bounds_of(owner, name)
    assert least is not None and most is not None, f"{name} has no bounds"
    assert low is None or low >= least, f"{name}: {low} is below {least}"
    assert high is None or high <= most, f"{name}: {high} is above {most}"
    least, most = (least if low is None else low), (most if high is None else high)
    if _is_float(owner, name):
        return float(least), float(most)
    return int(least), min(int(most), LARGEST)


def _given(owner: type, name: str, value: Any) -> dict[str, Any]:
    if value is IN_SESSION:
        return {}
    value = field_of(owner, name).default if value is _USUAL else value
    return {"value": float(value) if value is not None and _is_float(owner, name) else value}


@lru_cache
def _is_float(owner: type, name: str) -> bool:
    return get_type_hints(owner)[name] in (float, float | None)
