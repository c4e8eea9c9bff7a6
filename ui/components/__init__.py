"""Our own drawn parts: HTML, CSS and JS in files beside their Python wrapper.

What users or models wrote goes in through `data` and reaches the DOM as textContent only.
"""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from llmcore.colours import css_variables

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

_FOLDER = Path(__file__).resolve().parent
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n+', re.MULTILINE)
# Variables of style sheets, and the settings of .streamlit/config.toml that they come from: some
# follow light and dark, some are for dark alone.
_OF_THE_PAGE = {
    "link": "linkColor",
    "accent": "primaryColor",
    "panel": "secondaryBackgroundColor",
}
_WHERE_DARK = {"dark-blue": "blueColor", "dark-green": "greenColor", "dark-gray": "grayColor"}
_renderers: dict[str, tuple[object, "ComponentRenderer"]] = {}


def payload(data: dict[str, Any]) -> bytes:
    """`data` for a component, as JSON in bytes.

    Streamlit looks through a dict for data frames and imports pandas for it, which costs the
    first page most of a second; bytes pass unchanged.
    """
    return json.dumps(data, separators=(",", ":")).encode("ascii")


def packed(header: dict[str, Any], *buffers: bytes) -> bytes:
    """A JSON header and raw buffers (texts, numpy arrays) for a component, `unpack` in JavaScript.

    Four bytes say how long the header is (little-endian); each buffer begins at a multiple of
    four, so that it can be read as numbers in place. `header["sizes"]` holds their lengths.
    """
    head = payload(header | {"sizes": [len(buffer) for buffer in buffers]})
    out = bytearray(len(head).to_bytes(4, "little") + head)
    for buffer in buffers:
        out += bytes(-len(out) % 4)
        out += buffer
    return bytes(out)


def bundle(name: str) -> dict[str, str]:
    """The texts `html`, `css` and `js` of a component, as far as it has them, each in one piece.

    JavaScript here is written as modules. Streamlit takes a single one, so each file of this
    folder that is imported comes before the one that imports it, once; its style sheet, if it has
    one, too. The colours of `llmcore.colours` come first, as CSS variables.
    """
    order: list[str] = []
    scripts: dict[str, str] = {}

    def take(one: str) -> None:
        path = _FOLDER / f"{one}.js"
        text = path.read_text("utf-8") if path.is_file() else ""
        for imported in _IMPORT.findall(text):
            if imported not in order:
                take(imported)
        order.append(one)
        scripts[one] = _IMPORT.sub("", text)

    take(name)
    styles = [
        path.read_text("utf-8") for name in order if (path := _FOLDER / f"{name}.css").is_file()
    ]
    page = _FOLDER / f"{name}.html"
    texts = {
        "html": page.read_text("utf-8") if page.is_file() else "",
        "css": "\n".join([_colours(), *styles]) if styles else "",
        "js": "\n".join(scripts[name] for name in order),
    }
    return {kind: text for kind, text in texts.items() if text.strip()}


def _colours() -> str:
    """The theme's colours for figures, and those of the page that follow light and dark."""
    colours = css_variables()
    for name, option in _OF_THE_PAGE.items():
        pair = [st.get_option(f"theme.{scheme}.{option}") for scheme in ("light", "dark")]
        colours[name] = f"light-dark({', '.join(pair)})"
    for name, option in _WHERE_DARK.items():
        colours[name] = st.get_option(f"theme.dark.{option}")
    return (
        f":root, :host {{ {' '.join(f'--{name}: {colour};' for name, colour in colours.items())} }}"
    )


def registered(name: str, isolated: bool = True) -> "ComponentRenderer":
    """The component of `<name>.html/.css/.js` in this folder, registered once for each server.

    isolated: whether its styles stay inside it. A component belongs to the runtime that was alive
    when it was registered: tests start many.
    """
    from streamlit.runtime import Runtime

    owner = Runtime._instance
    known = _renderers.get(name)
    if known is None or known[0] is not owner:
        made = st.components.v2.component(
            f"llm_lab_{name}", isolate_styles=isolated, **bundle(name)
        )
        known = (owner, made)
        _renderers[name] = known
    return known[1]


def message(key: str, event: str) -> Any:
    """What a component has just reported. For its callback, which may not trust it."""
    state = st.session_state.get(key)
    return None if state is None or not hasattr(state, "get") else state.get(event)
