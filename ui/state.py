"""What follows a person from page to page: the text that they typed, and the run store."""

from typing import TYPE_CHECKING

import streamlit as st

from ui.marked import Markdown
from ui.session import TEXT

if TYPE_CHECKING:
    from llmcore.runs import RunStore

DEFAULT_TEXT = "The quick brown fox jumps over the lazy dog, unbelievably fast."
# Browsers and proxies cut addresses at some 2,000 characters; percent-encoding triples many signs.
MAX_URL_BYTES = 600
_WIDGETS = "lab_text_widgets"


def shared_text(label: Markdown = "Text", key: str = "text_input", height: int = 110) -> str:
    """A text area whose content follows through all pages and is in the URL as `?text=`.

    Text too long for an address stays in the session only.
    """
    current = current_text()
    st.session_state.setdefault(_WIDGETS, set()).add(key)
    if key not in st.session_state:
        st.session_state[key] = current
    typed = st.text_area(label, key=key, height=height)
    text = well_formed(typed or "")
    st.session_state[TEXT] = text
    _write_url(text)
    return text


def current_text() -> str:
    """The text that follows the person, without drawing a widget."""
    if TEXT not in st.session_state:
        st.session_state[TEXT] = st.query_params.get("text", DEFAULT_TEXT)
    return well_formed(st.session_state[TEXT])


def set_shared_text(text: str) -> None:
    """Replaces the text everywhere. Call it from a callback, before its widget is drawn."""
    st.session_state[TEXT] = well_formed(text)
    for key in st.session_state.get(_WIDGETS, set()):
        st.session_state.pop(key, None)


def well_formed(text: str) -> str:
    """`text` with lone surrogates replaced by U+FFFD and split pairs joined.

    >>> well_formed("a\\ud800b")
    'a�b'
    """
    try:
        text.encode("utf-8")
        return text
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _write_url(text: str) -> None:
    if text == DEFAULT_TEXT or len(text.encode("utf-8")) > MAX_URL_BYTES:
        if "text" in st.query_params:
            del st.query_params["text"]
    elif st.query_params.get("text") != text:
        st.query_params["text"] = text


def store() -> "RunStore":
    """The run store of this machine. Cheap to make: it holds no more than its folder."""
    from llmcore.runs import RunStore

    return RunStore()
