"""Any tokenizer.json to look at, uploaded or by its path, and its kind in plain words."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from llmcore.errors import LabError
from llmcore.tokenizers import Tokenizer
from llmcore.tokenizers.facts import KINDS
from llmcore.tokenizers.package import MAX_FILE_BYTES
from ui.page import guarded, plain
from ui.tokenizer.encodings import open_here, opened_here

_FILE, _PATH = "opened_file", "opened_path"
_DONE = "lab_opened_last"


def opener() -> str | None:
    """The place where a file is opened; the reference of one that was just opened."""
    box = st.expander("Open any tokenizer.json", icon=":material/folder_open:", key="opened_box")
    with box:
        left, right = st.columns(2, gap="medium")
        file = left.file_uploader(
            "A tokenizer.json of any model", type="json", key=_FILE,
            help="Of Hugging Face's format: byte-level BPE, Unigram, WordPiece, whole words. It is "
            "read here and kept for this visit only.",
        )  # fmt: skip
        path = right.text_input(
            "Or its path on this computer", key=_PATH, max_chars=500,
            placeholder="/models/name/tokenizer.json",
        )  # fmt: skip
        with guarded():
            if file is not None and file.size <= MAX_FILE_BYTES:
                return _opened(hashlib.sha256(file.getvalue()).hexdigest(), file.getvalue())
            if file is not None:
                raise LabError(f"The file has more than {MAX_FILE_BYTES >> 20} MB: it is none.")
            if path.strip():
                return _opened(path.strip(), None)
    return None


def _opened(mark: str, data: bytes | None) -> str | None:
    """Opens what is new; None for what this session has opened already."""
    from llmcore.convert.read_tokenizer import open_tokenizer, opened_tokenizer

    if st.session_state.get(_DONE) == mark:
        return None
    with st.spinner("Reading the tokenizer"):
        if data is None:
            tokenizer = open_tokenizer(Path(mark).expanduser())
        else:
            tokenizer = opened_tokenizer(data.decode("utf-8-sig", "replace"), "your file")
    st.session_state[_DONE] = mark
    return open_here(tokenizer)


def kinds(tokenizers: Mapping[str, Tokenizer]) -> None:
    """What is to know of those that came from elsewhere, by reference: their kind, and what they
    do to a text."""
    for ref, tokenizer in tokenizers.items():
        if tokenizer.original is None and ref not in opened_here():
            continue
        facts = tokenizer.facts
        about = [KINDS[facts.kind], *facts.sentences()]
        if not tokenizer.lossless:
            about.append("So the text cannot always be written back from its tokens.")
        st.markdown(
            f"{plain(tokenizer.name)}: **{plain(facts.kind)}**, {tokenizer.vocab_size:,} tokens. "
            f"{plain(' '.join(about))}"
        )
