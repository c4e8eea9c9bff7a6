"""One conversation: the model, what it is, the messages, the box to type in."""

import streamlit as st

from llmcore.data import INSTRUCTIONS
from llmcore.data.everyday import everyday_rows
from llmcore.data.instructions import load_builtin
from llmcore.errors import NotFoundError
from llmcore.models import Loaded, default_assistant, default_model
from llmcore.runs.reference import name_of
from ui.chat.export import as_json, as_markdown
from ui.chat.options import options
from ui.chat.talk import Talk, learned_alone, talk_with
from ui.chat.transcript import (
    MAX_MESSAGE,
    export_buttons,
    request,
    say_typed,
    take_request,
    transcript,
)
from ui.instructions.answers import followed_prompts
from ui.marked import Markdown
from ui.navigation import page_link
from ui.page import plain, show_error
from ui.picker import choose_model, load_model, model_picker
from ui.state import store, well_formed

EXAMPLES = 3
BEGINNINGS = ("The king said", "Once upon a time", "I would like to")
QUESTIONS = (
    "What is photosynthesis?",
    "Write a short e-mail: I am ill and cannot come tomorrow.",
    "Is this review positive or negative? The battery died after two days.",
)
BOX = "chat_message"
MODEL = "chat_model"


def show() -> None:
    left, right = st.columns([3, 2], gap="medium", vertical_alignment="bottom")
    with left:
        ref = model_picker("language", key=MODEL, default=default_assistant())
    loaded = load_model(ref)
    talk = talk_with(ref, loaded)
    _introduce(loaded, ref)
    options(talk, loaded, ref)
    trouble = _act(talk, loaded)
    with right:
        talk.refresh()
        export_buttons(talk, ref, as_json, as_markdown)
    _conversation(talk, loaded, ref)
    if trouble is not None:
        show_error(trouble)
    st.chat_input(
        "Ask something" if loaded.answers else "Begin a text",
        key=BOX,
        max_chars=MAX_MESSAGE,
        on_submit=say_typed,
        args=(BOX,),
    )


def _introduce(loaded: Loaded, ref: str) -> None:
    """What kind of model this is, and the way to one of the other kind."""
    name = plain(str(loaded.card.get("name") or loaded.ref))
    if loaded.card.get("template") is not None:
        about = plain(str(loaded.card.get("corpus")))
        alone = (
            " It learned from single questions, so each message is asked alone: see Options."
            if learned_alone(loaded)
            else ""
        )
        st.caption(
            f"**{name}** was finetuned on instructions ({about}). It answers what resembles them; "
            f"anything else gets an answer that sounds like them.{alone}"
        )
        _other_kind("Compare: the base model, which only continues", default_model(), ref)
        return
    if loaded.chat_template is not None:
        st.caption(
            f"**{name}** was taught to answer by its makers, and is asked by their chat template: "
            f"see Options. A small model invents facts."
        )
        _other_kind("Compare: the base model, which only continues", default_model(), ref)
        return
    st.info(
        f"**{name}**, a base model: it continues a text, it does not answer. What you type is "
        f"its beginning. A template under Options makes it look like a dialogue, no more.",
        icon=":material/info:",
    )
    with st.container(horizontal=True):
        _other_kind("Talk with an assistant", default_assistant(), ref)
        page_link("instructions", "Teach it to answer: finetune on instructions", start=ref)


def _other_kind(label: Markdown, other: str | None, ref: str) -> None:
    """A button that changes to a model of the other kind, if there is one."""
    if other is not None and other != ref:
        st.button(
            label, icon=":material/compare_arrows:", type="tertiary", key="chat_other_kind",
            on_click=choose_model, args=(other, "language"),
        )  # fmt: skip


def _act(talk: Talk, loaded: Loaded) -> Exception | None:
    """Does what was asked for; returns what went wrong, to be said below the conversation."""
    asked = take_request()
    if asked is None:
        return None
    what, *rest = asked
    try:
        if what == "say":
            talk.say(loaded, well_formed(rest[0])[:MAX_MESSAGE])
        elif what == "again" and talk.exchanges:
            talk.again(loaded)
        elif what == "clear":
            talk.clear()
        elif what == "edit":
            talk.editing = rest[0]
        elif what == "resend" and rest[0] < len(talk.exchanges):
            talk.resend(loaded, rest[0], well_formed(rest[1])[:MAX_MESSAGE])
    except Exception as error:
        return error
    return None


def _conversation(talk: Talk, loaded: Loaded, ref: str) -> None:
    if talk.exchanges:
        transcript(talk, ref)
        return
    examples = _examples(loaded)
    st.caption("Nothing was said yet." + (" For example:" if examples else ""))
    with st.container(gap="small"):
        for at, example in enumerate(examples):
            st.button(
                plain(example),
                key=f"chat_example_{ref}_{at}",
                icon=":material/format_quote:",
                type="tertiary",
                on_click=request,
                args=("say", example),
            )


def _examples(loaded: Loaded) -> list[str]:
    """Held-out questions of the set that the model learned from."""
    source = loaded.card.get("corpus")
    if loaded.chat_template is not None:
        return list(QUESTIONS)
    if loaded.card.get("template") is None:
        return list(BEGINNINGS)
    if source not in INSTRUCTIONS:  # what was asked while it learned from a user's own file
        try:
            return followed_prompts(store().open(name_of(loaded.ref)))[:EXAMPLES]
        except NotFoundError:  # no run of this lab
            return []
    rows = everyday_rows(load_builtin(source).test, source)
    return [rows[i * len(rows) // EXAMPLES].question for i in range(EXAMPLES)]
