"""A text to learn from: built in, pasted or uploaded. Two pages choose one."""

import streamlit as st

from ui.marked import Markdown
from ui.page import plain
from ui.state import well_formed

# Session key: {"tokenizer": reference, "source": text} that the Pretrain page takes up once.
PRETRAIN_WISH = "lab_pretrain_wish"
BUILT_IN, PASTE, UPLOAD = "Built in", "Paste", "Upload"


def text_source(
    prefix: str, label: Markdown = "Text to learn from"
) -> tuple[str, str | None] | None:
    """(source, own text or None); None before anything was pasted or uploaded.

    prefix: of the widgets' keys, a page's own. Raises LabError where there is no usable text.
    """
    from llmcore.data import CORPORA, corpus_from_text, decode_upload
    from llmcore.errors import LabError

    kind = st.segmented_control(
        label,
        [BUILT_IN, PASTE, UPLOAD],
        default=BUILT_IN,
        required=True,
        key=f"{prefix}_text_kind",
        persist_state="session",
    )
    if kind == PASTE:
        pasted = st.text_area(
            "The text", height=160, key=f"{prefix}_pasted", persist_state="session"
        )
        text = well_formed(pasted or "")
        if not text:
            return None
        corpus_from_text(text, "pasted.txt")
        return "pasted.txt", text
    if kind == UPLOAD:
        file = st.file_uploader("A UTF-8 text file", type=["txt", "md"], key=f"{prefix}_upload")
        if file is None:
            return None
        text = decode_upload(file.getvalue(), file.name)
        corpus_from_text(text, file.name)
        return file.name, text
    names = st.multiselect(
        "Built-in texts (several make a mix)",
        list(CORPORA),
        default=["shakespeare"],
        format_func=lambda one: CORPORA[one].title,
        key=f"{prefix}_corpora",
        persist_state="session",
    )
    if not names:
        raise LabError("No text is chosen: choose at least one, for example shakespeare.")
    for name in names:
        st.caption(f"**{CORPORA[name].title}**: {plain(CORPORA[name].summary)}")
    return "+".join(names), None


def choose_built_in(prefix: str, source: str) -> None:
    """Chooses a built-in text (or a mix) before the widgets are drawn; else leaves them."""
    from llmcore.data import CORPORA

    names = source.split("+")
    if all(name in CORPORA for name in names):
        st.session_state[f"{prefix}_text_kind"] = BUILT_IN
        st.session_state[f"{prefix}_corpora"] = names
