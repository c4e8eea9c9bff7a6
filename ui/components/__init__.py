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


def packed(header: dict[str, Any], *buffers: bytes) -> bytes:
    """A JSON header and raw buffers (texts, numpy arrays) for a component, `unpack` in JavaScript.

    Four bytes say how long the header is (little-endian); each buffer begins at a multiple of
    four, so that it can be read as numbers in place. `header["sizes"]` holds their lengths.
    """
    head = payload(header | {"sizes": [len(one) for one in buffers]})
    out = bytearray(len(head).to_bytes(4, "little") + head)
    for one in buffers:
        out += bytes(-len(out) % 4)
        out += one
    return bytes(out)


def registered(name: str, *before: str, isolated: bool = True) -> "ComponentRenderer":
    """The component of `<name>.html/.css/.js` in this folder, registered once for each server.

    before: JavaScript files here that stand before its own. isolated: whether its styles stay
    inside it. A component belongs to the runtime that was alive when it was registered: tests
    start many.
    """
    from streamlit.runtime import Runtime

    owner = Runtime._instance
    known = _renderers.get(name)
    if known is None or known[0] is not owner:
        parts = {kind: _FOLDER / f"{name}.{kind}" for kind in ("html", "css", "js")}
        texts = {kind: path.read_text("utf-8") for kind, path in parts.items() if path.is_file()}
        if before:
            shared = [(_FOLDER / f"{one}.js").read_text("utf-8") for one in before]
            texts["js"] = "\n".join([*shared, texts["js"]])
        made = st.components.v2.component(f"llm_lab_{name}", isolate_styles=isolated, **texts)
        known = (owner, made)
        _renderers[name] = known
    return known[1]


def message(key: str, event: str) -> Any:
    """What a component has just told. For its callback, which may not trust it."""
    state = st.session_state.get(key)
    return state.get(event) if hasattr(state, "get") else None
