"""Labelled texts: the built-in sets and users' tables."""

from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from llmcore.data.builtin import Rows, read_sms, read_tweets
from llmcore.data.mail_folders import ZIP, as_jsonl, is_zip, table_of_mails
from llmcore.data.reading import MAX_UPLOAD_BYTES, clean_text, decode_upload, read_file
from llmcore.data.sources import LABELLED, local_path
from llmcore.data.spam_assassin import read_emails
from llmcore.data.tables import MAX_CLASSES, Table, choose_columns, read_table
from llmcore.errors import LabError

if TYPE_CHECKING:
    import pandas as pd


@dataclass
class LabelledSet:
    """Texts with a label each. `fixed_test`: the test split hangs on the texts, not on a seed.
    `n_empty`: rows that were left out since they had no text or no label."""

    name: str
    texts: list[str]
    labels: list[str]
    notices: list[str] = field(default_factory=list)
    fixed_test: bool = False
    n_empty: int = 0

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def classes(self) -> list[str]:
        """The labels that occur, sorted."""
        return sorted(set(self.labels))

    def counts(self) -> dict[str, int]:
        """Rows of each class, in the order of `classes`."""
        counted = Counter(self.labels)
        return {label: counted[label] for label in self.classes}

    def take(self, indices: list[int]) -> "LabelledSet":
        """The rows at `indices`, without notices."""
        texts, labels = [self.texts[i] for i in indices], [self.labels[i] for i in indices]
        return LabelledSet(self.name, texts, labels, [], self.fixed_test)


def load_labelled(
    source: str,
    text_column: str | None = None,
    label_column: str | None = None,
    training: bool = True,
) -> LabelledSet:
    """A built-in set by name, a CSV, TSV, JSON or JSONL file, or e-mails in a folder or a zip.

    `training` asks for two classes at least; an evaluation can do with any row. Raises LabError
    with one sentence for whatever is wrong with a file, NotFoundError where there is none.
    """
    if source in LABELLED:
        rows = _builtin_rows(source, *_version(local_path(source)))
        texts, labels = [text for _, text in rows], [label for label, _ in rows]
        return LabelledSet(source, texts, labels, [], source == "tweet-sentiment")
    if mails := mails_at(source):
        table = table_of_mails(mails, mails.name)
        return _labelled(table, table.notices, mails.name, text_column, label_column, training)
    wanted, known = "a CSV, TSV or JSONL file, or a folder of e-mails", ", ".join(LABELLED)
    data, name = read_file(source, wanted, known, MAX_UPLOAD_BYTES)
    return labelled_from_table(data, name, text_column, label_column, training)


def mails_at(source: str) -> Path | None:
    """The folder or zip that `source` names, where it is one."""
    try:
        path = Path(source).expanduser()
        mails = path.is_dir() or (path.is_file() and path.suffix.lower() == ZIP)
    except (OSError, RuntimeError, ValueError):  # no such user, a zero byte
        return None
    return path.resolve() if source and mails else None


def _version(path: Path | None) -> tuple[str, int]:
    """Tells a file from the one that stood there before."""
    return str(path), path.stat().st_mtime_ns if path else 0


@lru_cache(maxsize=4)
def _builtin_rows(name: str, path: str, mtime_ns: int) -> Rows:
    readers = {"sms-spam": read_sms, "tweet-sentiment": read_tweets, "email-spam": read_emails}
    return readers[name]()


def labelled_from_table(
    data: bytes | str,
    name: str,
    text_column: str | None = None,
    label_column: str | None = None,
    training: bool = True,
) -> LabelledSet:
    """Rows of a user's table (`name` with its ending: .csv, .tsv, .json, .jsonl, .txt; or .zip
    for e-mails).

    Columns are `text` and `label` unless chosen; two columns without such a header are label,
    text. Rows without a text or a label are left out, with a notice.
    """
    table, notices = _table_of(data, name)
    return _labelled(table, notices, name, text_column, label_column, training)


def _labelled(
    table: Table,
    notices: list[str],
    name: str,
    text_column: str | None,
    label_column: str | None,
    training: bool,
) -> LabelledSet:
    text_at, label_at = choose_columns(table, name, text_column, label_column)
    texts, labels = [], []
    for row in table.rows:
        text, label = row[text_at].strip(), row[label_at].strip()
        if text and label:
            texts.append(text)
            labels.append(label)
    if skipped := len(table.rows) - len(texts):
        notices.append(f"{skipped:,} rows of {name} without a text or a label were left out.")
    result = LabelledSet(name, texts, labels, notices, n_empty=skipped)
    _check_usable(result, table, label_at, training)
    return result


def _table_of(data: bytes | str, name: str) -> tuple[Table, list[str]]:
    if isinstance(data, bytes) and is_zip(data, name):
        table = table_of_mails(data, name)
        return table, table.notices
    text = decode_upload(data, name) if isinstance(data, bytes) else data
    text, notices = clean_text(text, name)
    table = read_table(text, name)
    return table, notices + table.notices


def _check_usable(data: LabelledSet, table: Table, label_at: int, training: bool) -> None:
    column = table.columns[label_at]
    if not data.texts:
        raise LabError(
            f"{data.name} has no row with both a text and a label: fill in the columns "
            f"{' and '.join(table.columns[:2])}, or choose others."
        )
    if not training:
        return
    if len(data) == 1:
        raise LabError(f"{data.name} has one row only: give at least two texts of two classes.")
    classes = data.classes
    if len(classes) == 1:
        raise LabError(
            f"All {len(data):,} rows of {data.name} have the label {classes[0][:60]!r}: give texts "
            f"of at least two classes, or choose another label column than {column!r}."
        )
    if len(classes) > MAX_CLASSES:
        raise LabError(
            f"{data.name} has {len(classes):,} different labels in the column {column!r} but at "
            f"most {MAX_CLASSES} classes can be learned: choose another label column."
        )


def mails_as_table(source: Path | bytes, name: str) -> tuple[str, bytes, list[str]]:
    """A folder or zip of e-mails as a JSONL table for a run to keep: its name, its bytes, and
    notices about what could not be read."""
    table = table_of_mails(source, name)
    return f"{Path(name).stem}.jsonl", as_jsonl(table), table.notices


def preview_table(data: bytes, name: str, n_rows: int = 20) -> "pd.DataFrame":
    """The first rows as a pandas frame whose columns `labelled_from_table` accepts by name."""
    import pandas as pd

    table, _ = _table_of(data, name)
    return pd.DataFrame(table.rows[:n_rows], columns=table.columns)
