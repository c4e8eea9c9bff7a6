"""A file of texts in, the same texts with labels and probabilities out."""

import io
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from llmcore.errors import LabError
from ui.marked import code
from ui.page import guarded, plain

if TYPE_CHECKING:
    from llmcore.models import Loaded

MAX_TEXTS = 20_000  # in the page; the command line has no such end
_DONE = "lab_labelled_file"
_EVERY = 0.3  # seconds between two words about the progress


def label_file(loaded: "Loaded", run_id: str) -> None:
    with st.expander("Label a whole file", icon=":material/upload_file:", key="classify_file_box"):
        file = st.file_uploader(
            "A CSV, TSV or JSONL table with a text column, or a text file with a text a line",
            type=["csv", "tsv", "jsonl", "txt"],
            key="classify_file",
        )
        if file is None:
            st.caption(
                f"At most {MAX_TEXTS:,} texts here. A file of any length: "
                + code(f"python -m llmcore classify --model {run_id} --file FILE --jsonl")
                + "."
            )
            return
        column = st.text_input(
            "Text column", placeholder="text, message, … is found by itself",
            key="classify_file_column", max_chars=200,
        )  # fmt: skip
        identity = (file.file_id, loaded.key, column)
        if st.button("Label the file", icon=":material/category:", key="classify_file_go"):
            st.session_state.pop(_DONE, None)
            with guarded():
                done = _labelled(loaded, file.name, file.getvalue(), column.strip() or None)
                st.session_state[_DONE] = (identity, *done)
        known = st.session_state.get(_DONE)
        if known is not None and known[0] == identity:
            _offer(file.name, *known[1:])


def _offer(name: str, data: bytes, counts: dict[str, int], cut: bool) -> None:
    n_texts = sum(counts.values())
    shown = sorted(counts.items(), key=lambda pair: -pair[1])[:12]
    st.markdown(f"{n_texts:,} texts: " + " · ".join(f"{plain(label)} {n:,}" for label, n in shown))
    if cut:
        st.info(f"The file goes on: only its first {MAX_TEXTS:,} texts were labelled. The command "
                f"line takes all of them.")  # fmt: skip
    st.download_button(
        "Download with labels", data, f"{Path(name).stem[:80]}-labelled.csv", "text/csv",
        icon=":material/download:", on_click="ignore", key="classify_file_download",
    )  # fmt: skip
    st.caption("A cell that a spreadsheet would take for a formula begins with an apostrophe.")


def _labelled(
    loaded: "Loaded", name: str, data: bytes, column: str | None
) -> tuple[bytes, dict[str, int], bool]:
    """The CSV, how often each label was given, and whether texts are left. Raises LabError."""
    from llmcore.classifiers import Classifier
    from llmcore.data.answers import write_answers
    from llmcore.data.streams import texts_of_file

    classifier = Classifier(loaded)
    out = io.StringIO(newline="")
    counts: dict[str, int] = {}
    state = {"more": False}

    def first_texts(path: Path) -> Iterator[str]:
        for number, text in enumerate(texts_of_file(path, column)):
            if number >= MAX_TEXTS:
                state["more"] = True
                return
            yield text

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(name.replace("\\", "/")).name[-100:]
        path.write_bytes(data)
        said = st.empty()
        last = 0.0
        rows = write_answers(out, classifier.rows(first_texts(path)), classifier.labels)
        for number, (_, answer) in enumerate(rows, start=1):
            label = answer["label"] or "no text"
            counts[label] = counts.get(label, 0) + 1
            if time.monotonic() - last > _EVERY:
                last = time.monotonic()
                said.caption(f"{number:,} texts so far")
        said.empty()
    if not counts:
        raise LabError(f"{name} holds no text: give a file with at least one.")
    # With a mark at its start, spreadsheets read it as UTF-8.
    return out.getvalue().encode("utf-8-sig", "replace"), counts, state["more"]
