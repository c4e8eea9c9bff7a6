"""One text in up to four encodings side by side, down to its bytes."""

import streamlit as st

from llmcore.errors import LabError
from llmcore.models import default_model
from llmcore.tokenizers.explain import word_at
from ui import progress
from ui.marked import Markdown, code
from ui.page import plain, show_error
from ui.state import DEFAULT_TEXT
from ui.token_text import hex_of, plain_label, whole_characters
from ui.tokenizer import encodings
from ui.tokenizer.encodings import COLUMNS, TABLE_TOKENS, Encoded, encoded_in, short_label
from ui.tokenizer.merges import open_merges
from ui.tokenizer.opened import kinds, opener
from ui.tokenizer.picture import COUNTED_CHARACTERS, DRAWN_BYTES, Show, Spot, token_picture

MAX_COLUMNS = 4
TABLE_ROWS = 1_500
_ENCODINGS = "compare_encodings"
_SHOW = "compare_show"
_NOTED = "lab_tokens_noted"
_OPTIONS = {"whitespace": "Whitespace", "ids": "Ids"}


def choose_encodings(options: dict[str, str]) -> list[str]:
    """The columns: references of tokenizers, in the order in which they were chosen."""
    if _ENCODINGS in st.session_state:
        st.session_state[_ENCODINGS] = [
            ref for ref in st.session_state[_ENCODINGS] if ref in options
        ]
    else:
        st.session_state[_ENCODINGS] = _wanted_encodings(options)

    def label(ref: str) -> str:
        return short_label(options.get(ref, ref))

    refs = st.multiselect(
        "Tokenizers",
        list(options),
        format_func=label,
        key=_ENCODINGS,
        max_selections=MAX_COLUMNS,
        placeholder="Choose up to four tokenizers",
        label_visibility="collapsed",
    )
    st.session_state[f"lab_{_ENCODINGS}"] = refs
    st.query_params["encodings"] = ",".join(refs)
    return refs


def _wanted_encodings(options: dict[str, str]) -> list[str]:
    """What the session had, else what the address says, else GPT-2 and the bundled model's."""
    own = default_model()
    defaults = ["gpt2", own if own in options else "bytes"]
    known = st.session_state.get(f"lab_{_ENCODINGS}")
    if known is None and "encodings" in st.query_params:
        known = list(dict.fromkeys(st.query_params["encodings"].split(",")))
        missing = [ref for ref in known if ref and ref not in options]
        if missing:
            st.warning(
                f"There is no tokenizer {plain(', '.join(missing)[:80])} here, so it is left out.",
                icon=":material/help:",
            )
    kept = [ref for ref in known or [] if ref in options][:MAX_COLUMNS]
    return kept or defaults


def choose_show() -> Show:
    """How to draw; in the address as `?show=whitespace,ids`."""
    if _SHOW not in st.session_state:
        known = st.session_state.get(f"lab_{_SHOW}", st.query_params.get("show", "").split(","))
        st.session_state[_SHOW] = [option for option in _OPTIONS if option in known]
    chosen = st.pills(
        "Show",
        list(_OPTIONS),
        format_func=_OPTIONS.__getitem__,
        selection_mode="multi",
        key=_SHOW,
        label_visibility="collapsed",
        help="Whitespace: a sign for every space, tab and line end. Ids: each token's number below "
        "it, which is all that a model gets.",
    )
    st.session_state[f"lab_{_SHOW}"] = chosen
    if chosen:
        st.query_params["show"] = ",".join(option for option in _OPTIONS if option in chosen)
    else:
        st.query_params.pop("show", None)
    return Show(whitespace="whitespace" in chosen, ids="ids" in chosen)


def limits(text: str, n_bytes: int) -> None:
    """What of a long text is counted and drawn."""
    if len(text) > COUNTED_CHARACTERS:
        st.caption(f"Only the first {COUNTED_CHARACTERS:,} characters of this text are counted.")
    if n_bytes > DRAWN_BYTES:
        st.caption(
            f"All {n_bytes:,} bytes are counted; the first {DRAWN_BYTES:,} are drawn, since the "
            "text is too long to draw whole."
        )


def about(spot: Spot, refs: list[str], results: list[Encoded]) -> None:
    """The chosen token: its bytes, how often it occurs, and what the others make of it."""
    result = results[spot.column]
    start, end = result.span(spot.index)
    data, id = result.data[start:end], int(result.ids[spot.index])
    times = int((result.ids == id).sum())
    lines = [
        f"{_code(data)} is token **{id:,}** of {result.vocab_size:,} in {plain(result.name)}: "
        f"bytes {code(hex_of(data))} from byte {start:,} of the text on, "
        f"{'once' if times == 1 else f'{times:,} times'} in it."
    ]
    if result.tokenizer.original is not None:
        lines.append(f"The file writes it {code(result.tokenizer.spelling(id))}.")
    whole = whole_characters(result.data, start, end)
    if whole != data:
        lines.append(f"It holds a part of {_code(whole)}, whose bytes are split over tokens.")
    for number, other in enumerate(results):
        if number == spot.column or other.name == result.name:
            continue
        pieces = [other.token(token) for token in other.overlapping(start, end)][:24]
        shown = " ".join(_code(piece) for piece in pieces)
        lines.append(f"The same stretch in {plain(other.name)}: {shown}")
    word = word_at(result.tokenizer, result.data, start)
    with st.container(border=True):
        st.markdown("\n\n".join(lines))
        st.button(
            f"How {_code(word[:40].encode())} became its tokens",
            icon=":material/account_tree:",
            on_click=open_merges,
            args=(refs[spot.column], word),
            key="compare_merges",
        )


def _code(data: bytes) -> Markdown:
    return code(plain_label(data)[:80])


def table(results: dict[str, Encoded]) -> None:
    """The tokens as a table, of one encoding at a time."""
    box = st.expander(
        "Table of the tokens", icon=":material/table:", key="compare_table", on_change="rerun"
    )
    if not box.open:
        return
    with box:
        label = st.selectbox("Of which tokenizer", list(results), key="compare_table_of")
        result = results[label]
        columns = list(zip(*encodings.rows(result, TABLE_ROWS), strict=True))
        st.dataframe(
            dict(zip(COLUMNS, columns, strict=True)), hide_index=True, height=300, key="compare_df"
        )
        st.download_button(
            "Download as CSV",
            data=lambda: encodings.csv_of(result),
            file_name=f"tokens-{result.name}.csv",
            mime="text/csv",
            icon=":material/download:",
            key="compare_csv",
            on_click="ignore",
        )
        if result.n_tokens > TABLE_ROWS:
            st.caption(
                f"The table shows the first {TABLE_ROWS:,} tokens; the file holds up to "
                f"{TABLE_TOKENS:,}."
            )


def show(text: str) -> None:
    """The text in the chosen encodings, down to the bytes of a chosen token."""
    opened = opener()
    if opened is not None:
        known = st.session_state.get(_ENCODINGS, st.session_state.get(f"lab_{_ENCODINGS}") or [])
        kept = [ref for ref in known if ref != opened][: MAX_COLUMNS - 1]
        st.session_state[_ENCODINGS] = [opened, *(kept[:1] or ["gpt2"])]
    options = encodings.choices()
    with st.container(horizontal=True, vertical_alignment="center"):
        refs = choose_encodings(options)
        look = choose_show()
    if not refs:
        st.info("No tokenizer is chosen: choose one above, or up to four to compare them.")
        return
    found = encoded_in(refs, text[:COUNTED_CHARACTERS])
    results = {ref: item for ref, item in found.items() if not isinstance(item, LabError)}
    for item in found.values():
        if isinstance(item, LabError):
            show_error(item)
    if not results:
        return
    shown = list(results.values())
    spot = token_picture(
        "compare_tokens",
        [(short_label(options[ref]), result) for ref, result in results.items()],
        look,
        "Point at a token to see the same stretch in the others; click to look closer. By "
        "keyboard: Tab into a box, arrows to move, Enter to choose.",
    )
    kinds({ref: result.tokenizer for ref, result in results.items()})
    limits(text, shown[0].n_bytes)
    if spot is not None:
        about(spot, list(results), shown)
    table({options[ref]: result for ref, result in results.items()})
    if (text != DEFAULT_TEXT or spot is not None) and not st.session_state.get(_NOTED):
        progress.mark_done("tokens")
        st.session_state[_NOTED] = True
