"""The chat template of a model's makers: what it writes, and its text to be edited."""

from typing import TYPE_CHECKING

import streamlit as st

from llmcore.errors import LabError
from ui.chat.read_text import show_read
from ui.chat.talk import AS_TAUGHT, Settings, template_of
from ui.page import show_error
from ui.state import well_formed

if TYPE_CHECKING:
    from llmcore.models import Loaded

EXAMPLE = "Your message"
MAX_TEMPLATE = 100_000


def is_chat(loaded: "Loaded", settings: Settings) -> bool:
    """Whether the model is asked by the chat template that it brought."""
    return settings.template == AS_TAUGHT and loaded.chat_template is not None


def chat_template(settings: Settings, loaded: "Loaded", ref: str) -> None:
    """What the template makes of a message, and its Jinja text, which the session may change."""
    key = f"chat_jinja_{ref}"
    makers = loaded.chat_template or ""
    st.session_state.setdefault(key, settings.chat_template or makers)
    left, right = st.columns(2, gap="large")
    with right:
        typed = st.text_area(
            "Chat template, in Jinja",
            key=key,
            height=260,
            max_chars=MAX_TEMPLATE,
            help="Changes hold for this session. It runs in a sandbox, with bounds of time and "
            "memory.",
        )
        text = well_formed(typed or "").strip("\n")
        settings.chat_template = "" if text == makers.strip("\n") or not text.strip() else text
        st.button(
            "Back to its makers' template",
            icon=":material/undo:",
            key=f"chat_jinja_back_{ref}",
            disabled=not settings.chat_template,
            on_click=_back,
            args=(key, makers),
        )
    with left:
        st.caption("What the model reads of a first message")
        try:
            _example(settings, loaded)
        except LabError as error:
            show_error(error)


def _back(key: str, makers: str) -> None:
    st.session_state[key] = makers


def _example(settings: Settings, loaded: "Loaded") -> None:
    """Raises LabError for a template that is wrong."""
    from llmcore.data.instructions import Turn
    from llmcore.tasks.chat_template import ChatTemplate

    template = template_of(loaded, settings)
    assert isinstance(template, ChatTemplate), "the makers' one was chosen"
    system = settings.system.strip()
    show_read(template.parts([Turn(EXAMPLE, "")], system))
    if system and not template.takes_system:
        st.caption(
            "This template has no place for a system prompt: it stands before the first question."
        )
