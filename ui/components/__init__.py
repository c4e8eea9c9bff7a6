"""Our own drawn parts: HTML, CSS and JS in files beside their Python wrapper.

What users or models wrote goes in through `data` and reaches the DOM as textContent only.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

_FOLDER = Path(__file__).resolve().parent
_renderers: dict[str, tuple[object, "ComponentRenderer"]] = {}


def payload(data: dict[str, Any]) -> bytes:
    """`data` for a component, as JSON in bytes.

    Streamlit looks through a dict for data frames and imports pandas for it, which costs the
    first page most of a second; bytes pass as they are.
    """
    return json.dumps(data, separators=(",", ":")).encode("ascii")


def registered(name: str) -> "ComponentRenderer":
    """The component of `<name>.html/.css/.js` in this folder, registered once for each server.

    A component belongs to the runtime that was alive when it was registered: tests start many.
    """
    from streamlit.runtime import Runtime

    owner = Runtime._instance
    known = _renderers.get(name)
    if known is None or known[0] is not owner:
        parts = {kind: _FOLDER / f"{name}.{kind}" for kind in ("html", "css", "js")}
        texts = {kind: path.read_text("utf-8") for kind, path in parts.items() if path.is_file()}
        known = (owner, st.components.v2.component(f"llm_lab_{name}", **texts))
        _renderers[name] = known
    return known[1]
