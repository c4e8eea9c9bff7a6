"""One text in two encodings side by side, down to its bytes."""

import re

import streamlit as st

from llmcore.models import default_model
from ui import encodings, progress
from ui.components import payload, registered
from ui.encodings import COLUMNS, SHOWN_TOKENS, TABLE_TOKENS, Encoded, encoded
from ui.page import guarded, plain
from ui.state import DEFAULT_TEXT
from ui.token_text import around, hex_of, offsets, overlapping, parts_of, plain_label

COLOURS = 5


def choose(side: str, options: dict[str, str], default: str) -> str:
    key = f"encoding_{side}"
    if key not in st.session_state:
        wanted = st.session_state.get(f"lab_{key}", default)
        st.session_state[key] = wanted if wanted in options else default
    elif st.session_state[key] not in options:
        st.session_state[key] = default
    ref = st.selectbox(
        "Encoding",
        list(options),
        format_func=lambda one: options.get(one, one),
        key=key,
        label_visibility="collapsed",
    )
    st.session_state[f"lab_{key}"] = ref
    return ref


def measures(result: Encoded) -> None:
    values = {
        "Tokens": f"{result.n_tokens:,}",
        "Chars per token": f"{result.characters_per_token:.2f}",
        "Bytes per token": f"{result.bytes_per_token:.2f}",
        "Distinct": f"{result.n_distinct:,}",
    }
    for column, (name, value) in zip(st.columns([3, 4, 4, 3]), values.items(), strict=True):
        column.metric(name, value)


def view(side: str, result: Encoded) -> int | None:
    """Draws the tokens; returns the position of the one that is chosen."""
    key = f"tokens_{side}"
    shown = list(zip(result.ids, result.tokens, strict=True))[:SHOWN_TOKENS]
    chosen = _valid(st.session_state.get(key), result)
    data = {
        "tokens": [[id, hex_of(data), parts_of(data)] for id, data in shown],
        "chosen": chosen,
        "colours": COLOURS,
        "hint": "Point at a token to see its id and bytes; click to look closer.",
    }
    registered("token_view")(key=key, data=payload(data), on_token_change=lambda: None)
    if result.n_tokens > SHOWN_TOKENS:
        st.caption(f"The first {SHOWN_TOKENS:,} of {result.n_tokens:,} tokens are drawn.")
    return _valid(st.session_state.get(key), result)


def _valid(state: object, result: Encoded) -> int | None:
    """The chosen position, unless the text has changed under it."""
    token = state.get("token") if hasattr(state, "get") else None
    if not isinstance(token, dict) and not hasattr(token, "get"):
        return None
    index = token.get("index")
    if not isinstance(index, int) or not 0 <= index < min(len(result.ids), SHOWN_TOKENS):
        return None
    return index if result.ids[index] == token.get("id") else None


def about(index: int, result: Encoded, other: Encoded) -> None:
    """The chosen token: its bytes, how often it occurs, and what the other encoding makes of it."""
    data, id = result.tokens[index], result.ids[index]
    start, end = offsets(result.tokens)[index]
    times = result.ids.count(id)
    lines = [
        f"{_code(data)} is token **{id:,}** of {result.vocab_size:,} in {plain(result.name)}: "
        f"bytes `{hex_of(data)}` from byte {start:,} of the text on, "
        f"{'once' if times == 1 else f'{times:,} times'} in it."
    ]
    whole = around(result.tokens, index)
    if whole != data:
        lines.append(f"It holds a part of {_code(whole)}, whose bytes are split over tokens.")
    pieces = overlapping(offsets(other.tokens), start, end)
    if pieces and other.name != result.name:
        shown = " ".join(_code(other.tokens[one]) for one in pieces[:24])
        lines.append(f"The same stretch in {plain(other.name)}: {shown}")
    with st.container(border=True):
        st.markdown("\n\n".join(lines))


def _code(data: bytes) -> str:
    """A token as inline code; backticks need a fence longer than any run of them."""
    label = plain_label(data)[:80]
    longest = max((len(run) for run in re.findall("`+", label)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {label} {fence}" if longest else f"`{label}`"


def table(side: str, result: Encoded) -> None:
    kept = len(result.ids)
    box = st.expander(
        "Table of these tokens", icon=":material/table:", key=f"table_{side}", on_change="rerun"
    )
    if not box.open:
        return
    with box:
        columns = list(zip(*list(encodings.rows(result))[:SHOWN_TOKENS], strict=True))
        st.dataframe(
            dict(zip(COLUMNS, columns, strict=True)), hide_index=True, height=300, key=f"df_{side}"
        )
        st.download_button(
            "Download as CSV",
            data=lambda: encodings.csv_of(result),
            file_name=f"tokens-{result.name}.csv",
            mime="text/csv",
            icon=":material/download:",
            key=f"csv_{side}",
            on_click="ignore",
        )
        if kept < result.n_tokens:
            st.caption(f"The file holds the first {TABLE_TOKENS:,} tokens.")


def show(text: str) -> None:
    """The text in two encodings, down to the bytes of a chosen token."""
    options = encodings.choices()
    own = default_model()
    defaults = ("gpt2", own if own in options else "bytes")
    results: dict[str, Encoded] = {}
    chosen: dict[str, int | None] = {}
    for side, column, default in zip(
        ("left", "right"), st.columns(2, gap="large"), defaults, strict=True
    ):
        with column, guarded():
            results[side] = encoded(choose(side, options, default), text)
            measures(results[side])
            chosen[side] = view(side, results[side])
    if len(results) < 2:
        return
    for side, other, column in zip(
        ("left", "right"), ("right", "left"), st.columns(2, gap="large"), strict=True
    ):
        with column:
            if chosen[side] is not None:
                about(chosen[side], results[side], results[other])
            table(side, results[side])
    if text != DEFAULT_TEXT or any(one is not None for one in chosen.values()):
        progress.mark_done("tokens")
