"""The choice of labelled texts: a built-in set, or the user's own table with its columns."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from llmcore.errors import LabError
from ui.page import plain

if TYPE_CHECKING:
    import pandas as pd

OWN = "own"
TITLES = {"sms-spam": "Spam messages", "tweet-sentiment": "Tweet sentiment", OWN: "My own table"}
PREVIEW_ROWS = 5
SHOWN_CLASSES = 6


@dataclass(frozen=True, slots=True)
class Choice:
    """A source for `plan_classify`; `table` holds the bytes of an upload."""

    source: str
    name: str
    summary: str
    button: str
    table: bytes | None = None
    text_column: str | None = None
    label_column: str | None = None


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
        return _own_table()
    button = "Train the spam classifier" if kind == "sms-spam" else "Train the classifier"
    return Choice(kind, TITLES[kind], plain(LABELLED[kind].summary), button)


def _own_table() -> Choice | None:
    file = st.file_uploader(
        "A CSV, TSV or JSONL file with a text column and a label column",
        type=["csv", "tsv", "txt", "jsonl", "json"],
        key="classify_upload",
    )
    if file is None:
        st.caption(
            "One row is one text with its label. A two-column file without a header is read as "
            "label, text."
        )
        return None
    data = file.getvalue()
    from llmcore.data import preview_table

    frame = preview_table(data, file.name)
    columns = [str(one) for one in frame.columns]
    if len(columns) < 2:
        raise LabError(
            f"{file.name} has one column only ({columns[0][:60]!r}): give a table with a text and "
            f"a label column."
        )
    text_at, label_at = _guess(columns, frame)
    left, right = st.columns(2)
    # The upload's identity in the key: another file starts from its own guess.
    text_column = left.selectbox(
        "Text column", columns, index=text_at, key=f"text_column_{file.file_id}"
    )
    label_column = right.selectbox(
        "Label column", columns, index=label_at, key=f"label_column_{file.file_id}"
    )
    st.dataframe(frame.head(PREVIEW_ROWS), hide_index=True, width="stretch")
    if text_column == label_column:
        raise LabError(
            f"{text_column!r} is chosen for both text and label: choose two different columns."
        )
    summary = _table_summary(data, file.name, text_column, label_column)
    return Choice(
        file.name, file.name, summary, "Train the classifier", data, text_column, label_column
    )


def _guess(columns: list[str], frame: "pd.DataFrame") -> tuple[int, int]:
    """Positions of the text and the label column: by name, else longest text and fewest values."""
    lower = [one.lower() for one in columns]
    label = next((lower.index(one) for one in ("label", "class", "target") if one in lower), None)
    text = next((lower.index(one) for one in ("text", "message", "tweet") if one in lower), None)
    if text is None:
        others = [place for place in range(len(columns)) if place != label]
        text = max(others, key=lambda place: frame.iloc[:, place].astype(str).str.len().mean())
    if label is None:
        others = [place for place in range(len(columns)) if place != text]
        label = min(others, key=lambda place: frame.iloc[:, place].nunique())
    return text, label


@st.cache_data(max_entries=4, show_spinner="Reading the table")
def _class_counts(
    data: bytes, name: str, text_column: str, label_column: str
) -> tuple[dict[str, int], list[str]]:
    """Rows of each class in the file, and what was noticed. Refuses what cannot be learned."""
    from llmcore.data import labelled_from_table, split_labelled

    labelled = labelled_from_table(data, name, text_column, label_column)
    splits = split_labelled(labelled, 0.1, 0.2, 42)
    return dict(labelled.counts()), [*labelled.notices, *splits.notices]


def _table_summary(data: bytes, name: str, text_column: str, label_column: str) -> str:
    counts, notices = _class_counts(data, name, text_column, label_column)
    shown = sorted(counts.items(), key=lambda pair: pair[1], reverse=True)
    parts = [f"{plain(label)} {n:,}" for label, n in shown[:SHOWN_CLASSES]]
    if len(shown) > SHOWN_CLASSES:
        parts.append(f"and {len(shown) - SHOWN_CLASSES} more classes")
    lines = [f"{sum(counts.values()):,} texts: " + " · ".join(parts)]
    lines += [plain(notice) for notice in dict.fromkeys(notices)]
    return "  \n".join(lines)
