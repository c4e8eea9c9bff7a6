"""The choices of a conversation: system prompt, template, temperature, longest answer."""

from typing import TYPE_CHECKING

import streamlit as st

from llmcore.choices import SamplingConfig
from ui.chat.own_template import chat_template, is_chat
from ui.chat.talk import AS_IT_IS, AS_TAUGHT, Settings, Talk, template_text
from ui.fields import IN_SESSION, slider

if TYPE_CHECKING:
    from llmcore.models import Loaded

MAX_SYSTEM = 2_000
MAX_LONGEST = 400  # tokens: what is kept free for the answer is lost to the conversation
MIN_LONGEST = 4
HOTTEST = 2.0  # beyond, all tokens are about equally likely
LEAST_TOP_P = 0.05  # 0 would be off here, as 1 is


def options(talk: Talk, loaded: "Loaded", ref: str) -> None:
    """Draws the choices and puts them into `talk.settings`, for the next answer."""
    with st.expander("Options and template", icon=":material/tune:", key=f"chat_options_{ref}"):
        left, right = st.columns(2, gap="large")
        with left:
            _template(talk.settings, loaded, ref)
            _system(talk.settings, loaded, ref)
        with right:
            _numbers(talk.settings, loaded, ref)
            talk.settings.remember = st.toggle(
                "Read the conversation so far",
                key=_key("chat_remember", ref, talk.settings.remember),
                help="Off: each message is asked alone. A model that learned from single questions "
                "mixes up what it finds in earlier ones.",
            )
            _show_template(talk.settings, loaded)
        if is_chat(loaded, talk.settings):
            chat_template(talk.settings, loaded, ref)


def _template(settings: Settings, loaded: "Loaded", ref: str) -> None:
    from llmcore.tasks.templates import TEMPLATES

    labels = {template: template.capitalize() for template in TEMPLATES}
    if loaded.answers:
        own = "Its makers' chat template" if loaded.chat_template else "As it was taught"
        labels = {AS_TAUGHT: own, **labels}
    labels |= {AS_IT_IS: "None: it continues what you type"}
    key = _key("chat_template", ref, settings.template)
    if st.session_state[key] not in labels:
        st.session_state[key] = next(iter(labels))
    settings.template = st.selectbox(
        "Template",
        list(labels),
        format_func=lambda name: labels.get(name, name),
        key=key,
        help="What is put around your message before the model reads it.",
    )


def _system(settings: Settings, loaded: "Loaded", ref: str) -> None:
    text, chat = template_text(loaded, settings), is_chat(loaded, settings)
    fits = text is None or chat or "{system}" in text
    key = _key("chat_system", ref, settings.system)
    typed = st.text_area(
        "System prompt",
        key=key,
        max_chars=MAX_SYSTEM,
        height=96,
        disabled=not fits,
        placeholder="Empty: the template's own, if it has one"
        if chat
        else "Stands before the conversation; takes its share of the context",
    )
    settings.system = (typed or "") if fits else ""
    if not fits:
        st.caption("This template has no place for a system prompt.")


def _numbers(settings: Settings, loaded: "Loaded", ref: str) -> None:
    settings.temperature = slider(
        SamplingConfig, "temperature", "Temperature", high=HOTTEST, step=0.1, value=IN_SESSION,
        key=_key("chat_temperature", ref, settings.temperature),
        note="Greedy takes the likeliest token, and so gives the same answer each time.",
    )  # fmt: skip
    settings.top_p = slider(
        SamplingConfig, "top_p", "Top-p", low=LEAST_TOP_P, step=0.05, value=IN_SESSION,
        key=_key("chat_top_p", ref, settings.top_p),
    )  # fmt: skip
    most = max(MIN_LONGEST + 1, min(MAX_LONGEST, loaded.trunk.config.context_length - 8))
    settings.longest = slider(
        SamplingConfig, "max_new_tokens", "Longest answer, in tokens", low=MIN_LONGEST, high=most,
        value=IN_SESSION, key=_key("chat_longest", ref, min(settings.longest, most)),
        note="So much of the context is kept free for it.",
    )  # fmt: skip


def _show_template(settings: Settings, loaded: "Loaded") -> None:
    text = template_text(loaded, settings)
    if is_chat(loaded, settings):
        return
    if text is None:
        st.caption("No template: the model reads your message and nothing around it.")
        return
    st.caption("The template")
    st.code(text, language=None, wrap_lines=True)


def _key(name: str, ref: str, value: object) -> str:
    """The key of a widget that begins with `value` and belongs to one model."""
    key = f"{name}_{ref}"
    st.session_state.setdefault(key, value)
    return key
