"""A text to learn from: built in, pasted or uploaded. Two pages choose one."""

from dataclasses import dataclass

import streamlit as st

from llmcore.data import CORPORA, MAX_UPLOAD_BYTES, Corpus, corpus_from_bytes, corpus_from_text
from llmcore.data.reading.documents import CorpusOptions
from llmcore.errors import LabError
from llmcore.tokenizers.roles import END_OF_TEXT
from ui.marked import Markdown, code
from ui.page import plain
from ui.state import well_formed

BUILT_IN, PASTE, UPLOAD = "Built in", "Paste", "Upload"
KINDS_OF_FILES = "Text, Markdown, HTML, RTF, JSONL, CSV, Excel or Parquet, gz, or a zip of texts"
NOTICES_SHOWN = 8


@dataclass(slots=True, frozen=True)
class ChosenText:
    """What to learn from. Of the user's own: its bytes, the documents that were read, and how."""

    source: str
    data: bytes | None = None
    corpus: Corpus | None = None
    reading: CorpusOptions | None = None


def text_source(
    prefix: str, label: Markdown = "Text to learn from", command: Markdown = "pretrain"
) -> ChosenText | None:
    """The text that was chosen; None before anything was pasted or uploaded, or while a column
    has to be chosen.

    prefix: of the widgets' keys, a page's own. command: of the command line, that takes larger
    files. Raises LabError if there is no usable text.
    """
    kind = st.segmented_control(
        label,
        [BUILT_IN, PASTE, UPLOAD],
        default=BUILT_IN,
        required=True,
        key=f"{prefix}_text_kind",
        persist_state="session",
        wrap=True,
    )
    if kind == PASTE:
        return _pasted(prefix)
    if kind == UPLOAD:
        return _uploaded(prefix, command)
    return _built_in(prefix)


def _built_in(prefix: str) -> ChosenText:
    names = st.multiselect(
        "Built-in texts (several make a mix)",
        list(CORPORA),
        default=["shakespeare"],
        format_func=lambda name: CORPORA[name].title,
        key=f"{prefix}_corpora",
        persist_state="session",
    )
    if not names:
        raise LabError("No text is chosen: choose at least one, for example shakespeare.")
    for name in names:
        st.caption(f"**{CORPORA[name].title}**: {plain(CORPORA[name].summary)}")
    return ChosenText("+".join(names))


def _pasted(prefix: str) -> ChosenText | None:
    pasted = st.text_area("The text", height=160, key=f"{prefix}_pasted", persist_state="session")
    text = well_formed(pasted or "")
    if not text:
        return None
    keep = END_OF_TEXT in text and _keep_marks(prefix)
    corpus = corpus_from_text(text, "pasted.txt", keep)
    _notices(corpus)
    options = CorpusOptions(keep_marks=keep, as_text=True)
    return ChosenText("pasted.txt", text.encode("utf-8"), corpus, options)


def _uploaded(prefix: str, command: Markdown) -> ChosenText | None:
    file = st.file_uploader(KINDS_OF_FILES, key=f"{prefix}_upload")
    st.caption(
        f"At most {MAX_UPLOAD_BYTES >> 20} MB here. A larger file, or a folder, on the command "
        f"line: `python -m llmcore {command} --corpus FILE`"
    )
    if file is None:
        return None
    data, key = file.getvalue(), f"{prefix}_{file.name}"
    if len(data) > MAX_UPLOAD_BYTES:
        raise LabError(
            f"{file.name} has {len(data):,} bytes, more than the {MAX_UPLOAD_BYTES >> 20} MB of a "
            f"page: python -m llmcore {command} --corpus {file.name} takes it."
        )
    chosen = st.session_state.get(f"{key}_column")
    as_text, keep = (bool(st.session_state.get(f"{key}_{name}")) for name in ("as_text", "marks"))
    try:
        corpus = _read(data, file.name, None if as_text else chosen, keep, as_text)
    except LabError as error:
        if not getattr(error, "asks", False):
            raise
        report = error.report  # type: ignore[attr-defined]
        st.warning(f"{plain(file.name)} has several columns: which one is the text?")
        _column(key, report.columns)
        return None
    _how(corpus, key)
    options = CorpusOptions(None if as_text else chosen, keep, as_text)
    return ChosenText(file.name, data, corpus, options)


@st.cache_resource(max_entries=2, show_spinner="Reading the text")
def _read(data: bytes, name: str, column: str | None, keep: bool, as_text: bool) -> Corpus:
    return corpus_from_bytes(data, name, CorpusOptions(column, keep, as_text))


def _how(corpus: Corpus, key: str) -> None:
    """What was recognised, what was done, and the switches that would read it otherwise."""
    report = corpus.report
    assert report is not None
    n = len(corpus.documents)
    documents = "1 document" if n == 1 else f"{n:,} documents"
    parts = [documents, report.format, report.encoding or ""]
    st.caption(" · ".join(plain(text) for text in parts if text))
    _notices(corpus)
    if len(report.columns) > 1:
        _column(key, report.columns, report.roles.get("text"))
    if report.format != "text" or st.session_state.get(f"{key}_as_text"):
        st.toggle(
            "Read the file as one text as it stands", key=f"{key}_as_text",
            persist_state="session",
        )  # fmt: skip
    if any(notice.kind in ("marks", "marks_kept") for notice in report.notices):
        _keep_marks(key)


def _column(key: str, columns: list[str], read: str | None = None) -> None:
    if read is not None:
        st.session_state.setdefault(f"{key}_column", read)
    st.selectbox(
        "Column of the text", columns, index=None, key=f"{key}_column",
        placeholder="Choose the column that is learned", persist_state="session",
    )  # fmt: skip


def _keep_marks(key: str) -> bool:
    return st.toggle(
        f"Leave {code(END_OF_TEXT)} in the text", key=f"{key}_marks", persist_state="session",
        help="Else it is where a document ends.",
    )  # fmt: skip


def _notices(corpus: Corpus) -> None:
    shown = corpus.notices[:NOTICES_SHOWN]
    for notice in shown:
        st.caption(plain(notice))
    if len(corpus.notices) > len(shown):
        st.caption(f"And {len(corpus.notices) - len(shown):,} more notices.")


def choose_built_in(prefix: str, source: str) -> None:
    """Chooses a built-in text (or a mix) before the widgets are drawn; else leaves them."""
    names = source.split("+")
    if all(name in CORPORA for name in names):
        st.session_state[f"{prefix}_text_kind"] = BUILT_IN
        st.session_state[f"{prefix}_corpora"] = names
