"""The place in the walk: kept in the session and in the address."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import streamlit as st

from ui.session import MODEL_PLACE

FIRST_STEP = "tokens"


@dataclass(frozen=True, slots=True)
class Where:
    """step: its name. row: the chosen token, -1 the last one. column and panel: the chosen cell."""

    step: str = FIRST_STEP
    layer: int = 0
    head: int = 0
    row: int = -1
    column: int = 0
    panel: int = 0


def here() -> Where:
    """The present place; the first time, that of the address."""
    kept = st.session_state.get(MODEL_PLACE)
    if kept is not None:
        return Where(**kept)
    found = Where(
        step=st.query_params.get("step", FIRST_STEP),
        layer=_number("layer", 0),
        head=_number("head", 0),
        row=_number("token", -1),
    )
    st.session_state[MODEL_PLACE] = asdict(found)
    return found


def go(**changes: Any) -> None:
    """Moves to another place; another step begins without a chosen column."""
    if "step" in changes and changes["step"] != here().step:
        changes = {"column": 0, "panel": 0, **changes}
    st.session_state[MODEL_PLACE] = asdict(replace(here(), **changes))


def within(place: Where, names: Sequence[str], n_layers: int, n_heads: int, n_tokens: int) -> Where:
    """`place` if it exists in this model and text, else what is nearest to it."""
    row = place.row if 0 <= place.row < n_tokens else n_tokens - 1
    fitting = replace(
        place,
        step=place.step if place.step in names else FIRST_STEP,
        layer=max(0, min(place.layer, n_layers - 1)),
        head=max(0, min(place.head, n_heads - 1)),
        row=row,
    )
    _write_address(fitting, n_tokens)
    return fitting


def _write_address(place: Where, n_tokens: int) -> None:
    """Layers, heads and tokens are counted from 0, as on the page and in names such as L0H3."""
    wanted = {
        "step": place.step if place.step != FIRST_STEP else None,
        "layer": str(place.layer) if place.layer else None,
        "head": str(place.head) if place.head else None,
        "token": str(place.row) if place.row != n_tokens - 1 else None,
    }
    for name, value in wanted.items():
        if value is None:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != value:
            st.query_params[name] = value


def _number(name: str, otherwise: int) -> int:
    try:
        return int(st.query_params.get(name, otherwise))
    except ValueError:
        return otherwise
