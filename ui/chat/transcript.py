"""The conversation as one sees it, following the answer that is being written."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from ui.chat.read_text import show_read
from ui.chat.talk import Exchange, Talk
from ui.marked import Markdown, plain

TICK_SECONDS = 0.15
MAX_MESSAGE = 8_000
_REQUEST = "lab_chat_request"
ENDS = {
    "end of text": "the model ended it",
    "stop string": "ended where the next question would begin",
    "stopped": "stopped by you",
}


def take_request() -> tuple[Any, ...] | None:
    """What was asked for since this was last called: ("say", text), ("again",), ("edit", at),
    ("resend", at, text) or ("clear",)."""
    return st.session_state.pop(_REQUEST, None)


def request(*what: Any) -> None:
    """A callback: the page acts on it once it has read all fields."""
    st.session_state[_REQUEST] = what


def say_typed(key: str) -> None:
    """A callback of the message box."""
    request("say", st.session_state.get(key) or "")


def transcript(talk: Talk, ref: str) -> None:
    """All exchanges; the newest in a fragment that refreshes itself while it grows."""
    talk.refresh()
    newest = talk.exchanges[-1]
    for at, exchange in enumerate(talk.exchanges):
        if at and at == newest.left_out:
            st.caption(
                f":material/content_cut: The context is full: what stands above this line "
                f"({_exchanges(at)}) is not read any more."
            )
        _question(talk, at, exchange, ref)
        if at < len(talk.exchanges) - 1:
            _answer(exchange)
    was_live = talk.live

    def newest_answer() -> None:
        talk.refresh()
        if talk.live != was_live:
            st.rerun()
        _answer(newest)
        _buttons(talk, ref)
        context_bar(newest)

    st.fragment(newest_answer, run_every=TICK_SECONDS if was_live else None)()


def _exchanges(n: int) -> Markdown:
    return "1 exchange" if n == 1 else f"{n} exchanges"


def _question(talk: Talk, at: int, one: Exchange, ref: str) -> None:
    with st.chat_message("user", avatar=":material/person:"):
        if talk.editing == at:
            _editor(at, one, ref)
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(one.question, width="stretch")
            st.button(
                "Edit",
                icon=":material/edit:",
                type="tertiary",
                key=f"chat_edit_{ref}_{at}",
                on_click=request,
                args=("edit", at),
                help="Rewrites this message; what followed it is replaced.",
            )


def _editor(at: int, one: Exchange, ref: str) -> None:
    key = f"chat_rewrite_{ref}_{at}"
    with st.form(f"chat_form_{ref}_{at}", border=False):
        st.text_area(
            "Your message", value=one.question, key=key, max_chars=MAX_MESSAGE,
            label_visibility="collapsed",
        )  # fmt: skip
        with st.container(horizontal=True):
            st.form_submit_button(
                "Send again",
                icon=":material/send:",
                type="primary",
                on_click=lambda: request("resend", at, st.session_state.get(key) or ""),
            )
            st.form_submit_button("Cancel", on_click=request, args=("edit", None))


def _answer(one: Exchange) -> None:
    with st.chat_message("assistant", avatar=":material/smart_toy:"):
        if one.answer:
            st.text(one.answer)
        elif one.live:
            st.caption("Reading …")
        elif one.error is None:
            st.caption("The model ended its answer before its first word.")
        if one.error is not None:
            st.error(plain(one.error), icon=":material/error:")
        st.caption(_facts(one))


def _facts(one: Exchange) -> Markdown:
    facts = ["1 token" if one.n_tokens == 1 else f"{one.n_tokens} tokens"]
    if one.tokens_per_s:
        facts.append(f"{one.tokens_per_s:,.{0 if one.tokens_per_s >= 10 else 1}f} tokens/s")
    if one.reason == "length":
        full = one.n_read + one.n_tokens >= one.context_length
        facts.append("the context is full" if full else "cut at the longest answer: see Options")
    elif one.reason in ENDS:
        facts.append(ENDS[one.reason])
    facts.append(plain(one.model))
    return " · ".join(facts)


def _buttons(talk: Talk, ref: str) -> None:
    greedy = talk.settings.temperature == 0
    with st.container(horizontal=True):
        if talk.live:
            st.button("Stop", icon=":material/stop:", key=f"chat_stop_{ref}", on_click=talk.stop)
        else:
            again = st.button(
                "Regenerate",
                icon=":material/refresh:",
                key=f"chat_again_{ref}",
                disabled=greedy,
                help="At temperature 0 the answer would be the same: raise it under Options."
                if greedy
                else "Another answer to the last message, with another seed.",
            )
            if again:  # inside the fragment: the whole page acts on it
                request("again")
                st.rerun()
        with st.popover("What the model read", icon=":material/visibility:"):
            newest = talk.exchanges[-1]
            st.caption(f"{newest.n_read:,} tokens, as they stand here, before the newest answer")
            show_read(newest.read_parts)


def context_bar(one: Exchange) -> None:
    """How much of the context the newest answer and what was read for it take."""
    used = min(one.n_read + one.n_tokens, one.context_length)
    share = used / max(1, one.context_length)
    st.progress(
        share,
        text=f"Context: {used:,} of {one.context_length:,} tokens used ({share:.0%}), "
        f"{one.n_read:,} read and {one.n_tokens:,} written",
    )
    if one.n_cut:
        st.caption(
            f":material/content_cut: The message is too long for the context: its first "
            f"{one.n_cut:,} tokens were not read."
        )


def export_buttons(talk: Talk, ref: str, as_json: Callable, as_markdown: Callable) -> None:
    """Download as JSON or Markdown, and clear."""
    name = "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in ref)[:80]
    empty = not talk.exchanges
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.download_button(
            "JSON", as_json(talk, ref), f"chat-{name}.json", "application/json",
            icon=":material/download:", disabled=empty, key=f"chat_json_{ref}", on_click="ignore",
            help="As chat messages, which an instruction finetune can learn from.",
        )  # fmt: skip
        st.download_button(
            "Markdown", as_markdown(talk, ref), f"chat-{name}.md", "text/markdown",
            icon=":material/download:", disabled=empty, key=f"chat_md_{ref}", on_click="ignore",
        )  # fmt: skip
        st.button(
            "Clear", icon=":material/delete_sweep:", key=f"chat_clear_{ref}", on_click=request,
            args=("clear",), disabled=empty, help="Forgets this conversation.",
        )  # fmt: skip
