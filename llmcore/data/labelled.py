"""Labelled texts: the built-in sets and users' tables."""

import json
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from llmcore.data.builtin import Rows, read_sms, read_tweets
from llmcore.data.reading import formats
from llmcore.data.reading.columns import MAX_CLASSES
from llmcore.data.reading.labels import Labelled, ReadingOptions, folded_label, read_labels
from llmcore.data.reading.open import as_path, open_rows
from llmcore.data.reading.report import Notices, ReadingReport, listed
from llmcore.data.reading.roles import ask_for, label_roles
from llmcore.data.reading.rows import SPLIT
from llmcore.data.reading.rows import Rows as ReadRows
from llmcore.data.reading.source import Source, source_at, source_of
from llmcore.data.reading.values import NotText, cell_text
from llmcore.data.sources import LABELLED, local_path
from llmcore.data.spam_assassin import read_emails
from llmcore.errors import LabError

if TYPE_CHECKING:
    import pandas as pd


@dataclass
class LabelledSet:
    """Texts with a label each. `fixed_test`: the test split hangs on the texts, not on a seed.
    `n_empty`: rows that were left out since they had no text or no label. `report`: how a user's
    file was read. `given`: the split that the file itself gives each row ("train", "validation",
    "test" or ""), empty if it gives none."""

    name: str
    texts: list[str]
    labels: list[str]
    notices: list[str] = field(default_factory=list)
    fixed_test: bool = False
    n_empty: int = 0
    report: ReadingReport | None = None
    given: list[str] = field(default_factory=list)

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
        given = [self.given[i] for i in indices] if self.given else []
        return LabelledSet(self.name, texts, labels, [], self.fixed_test, given=given)


WANTED = "a table (CSV, TSV, JSON, JSONL, Excel, Parquet) or a folder of e-mails"
_ARCHIVES = (formats.ZIP, formats.TAR)


def load_labelled(
    source: str,
    text_column: str | None = None,
    label_column: str | None = None,
    training: bool = True,
    options: ReadingOptions = ReadingOptions(),
) -> LabelledSet:
    """A built-in set by name, or a user's file, folder or archive of any format that is read.

    `training` asks for two classes at least; an evaluation can do with any row. Raises LabError
    with one sentence for whatever is wrong with a file, NotFoundError if there is none.
    """
    if source in LABELLED:
        rows = _builtin_rows(source, *_version(local_path(source)))
        texts, labels = [text for _, text in rows], [label for label, _ in rows]
        return LabelledSet(source, texts, labels, [], source == "tweet-sentiment")
    path = as_path(source, WANTED, ", ".join(LABELLED))
    return _labelled(path, path.name, text_column, label_column, training, options)


def labelled_from_table(
    data: bytes | str,
    name: str,
    text_column: str | None = None,
    label_column: str | None = None,
    training: bool = True,
    options: ReadingOptions = ReadingOptions(),
) -> LabelledSet:
    """`load_labelled` of a file's content; `name` with its ending."""
    source = source_of(data.encode() if isinstance(data, str) else data, name)
    return _labelled(source, name, text_column, label_column, training, options)


def archive_at(source: str) -> Path | None:
    """The folder, zip or tar that `source` names, if it is one: a run keeps its rows."""
    try:
        path = Path(source).expanduser()
        if path.is_dir():
            return path.resolve()
        if not source or not path.is_file():
            return None
        found = formats.recognise(source_at(path)).format in _ARCHIVES
    except (LabError, OSError, RuntimeError, ValueError):  # no such user, a zero byte
        return None
    return path.resolve() if found else None


def as_table(data: LabelledSet) -> tuple[str, bytes]:
    """A set as a JSONL table for a run to keep: its name and its bytes."""
    given = data.given or [""] * len(data)
    lines = []
    for label, text, split in zip(data.labels, data.texts, given, strict=True):
        row = {"label": label, "text": text} | ({SPLIT: split} if split else {})
        lines.append(json.dumps(row, ensure_ascii=False) + "\n")
    return f"{Path(data.name).stem}.jsonl", "".join(lines).encode("utf-8", "replace")


def preview_table(
    data: bytes, name: str, n_rows: int = 20, encoding: str | None = None
) -> "pd.DataFrame":
    """The first rows as a pandas frame whose columns `labelled_from_table` accepts by name."""
    import pandas as pd

    notices = Notices()
    rows = open_rows(source_of(data, name), notices, encoding)
    label_roles(rows, name, None, None, notices)  # names two columns that have no names
    width = len(rows.columns)
    shown = [[_shown(cell) for cell in row[:width]] for row in rows.sample(n_rows)]
    padded = [row + [""] * (width - len(row)) for row in shown]
    return pd.DataFrame(padded, columns=rows.columns)


def align_labels(data: LabelledSet, classes: list[str]) -> LabelledSet:
    """The set with each label spelled as the class of `classes` that it is, case, spaces and the
    format of numbers aside; a notice says how many were."""
    known = {folded_label(label): label for label in classes}
    named = [
        label if label in classes else known.get(folded_label(label), label)
        for label in data.labels
    ]  # fmt: skip
    if n := sum(a != b for a, b in zip(named, data.labels, strict=True)):
        data.notices.append(f"{n:,} labels of {data.name} were taken as the model spells them.")
        data.labels = named
    return data


def _shown(cell: object) -> str:
    try:
        return cell_text(cell) or ""
    except NotText:
        return json.dumps(cell, ensure_ascii=False, default=str)


def _version(path: Path | None) -> tuple[str, int]:
    """Distinguishes a file from the one that was there before."""
    return str(path), path.stat().st_mtime_ns if path else 0


@lru_cache(maxsize=4)
def _builtin_rows(name: str, path: str, mtime_ns: int) -> Rows:
    readers = {"sms-spam": read_sms, "tweet-sentiment": read_tweets, "email-spam": read_emails}
    return readers[name]()


# ---- reading


def _labelled(
    where: Path | Source, name: str, text_column: str | None, label_column: str | None,
    training: bool, options: ReadingOptions,
) -> LabelledSet:  # fmt: skip
    notices = Notices()
    named = [column for column in (text_column, label_column) if column is not None]
    rows = open_rows(where, notices, options.encoding, named)
    found, report = _read(rows, name, text_column, label_column, notices, options)
    _say_splits(report)
    result = LabelledSet(
        name, found.texts, found.labels, notices.texts(), n_empty=_n_empty(notices),
        report=report, given=found.splits if report.splits else [],
    )  # fmt: skip
    _check_usable(result, report, training)
    return result


def _read(
    rows: ReadRows, name: str, text_column: str | None, label_column: str | None,
    notices: Notices, options: ReadingOptions, keep: bool = True,
) -> tuple[Labelled, ReadingReport]:  # fmt: skip
    """The rows and their report. Raises LabError if a column has to be chosen."""
    roles = label_roles(rows, name, text_column, label_column, notices)
    report = ReadingReport(name, "classify", rows.format, rows.encoding, rows.why, rows.columns,
                           roles.names(rows.columns), notices=notices)  # fmt: skip
    if report.asks:
        raise ask_for(rows, report)
    return read_labels(rows, roles, report, options, keep), report


def _n_empty(notices: Notices) -> int:
    return sum(map(notices.count, ("empty_row", "no_text", "no_label", "missing_label")))


def _say_splits(report: ReadingReport) -> None:
    if report.splits:
        parts = ", ".join(f"{name} {n:,}" for name, n in report.splits.items())
        report.notices.add("splits", "{file} brings its own splits ({parts}): they are kept",
                           file=report.name, parts=parts)  # fmt: skip


def _check_usable(data: LabelledSet, report: ReadingReport, training: bool) -> None:
    text, label = report.roles["text"], report.roles["label"]
    if not data.texts:
        why = next((notice.text for notice in report.notices if notice.kind == "odd_value"), "")
        raise LabError(
            f"{data.name} has no row with both a text and a label: fill in the columns {text} and "
            f"{label}, or choose others. {why}".strip()
        )
    if not training:
        return
    if len(data) == 1:
        raise LabError(f"{data.name} has one row only: give at least two texts of two classes.")
    classes = data.classes
    others = listed([column for column in report.columns if column not in (text, label)])
    choice = f", or choose another label column than {label!r} ({others})" if others else ""
    if len(classes) == 1:
        raise LabError(
            f"All {len(data):,} rows of {data.name} have the label {classes[0][:60]!r}: give texts "
            f"of at least two classes{choice}."
        )
    if len(classes) > MAX_CLASSES:
        raise LabError(
            f"{data.name} has {len(classes):,} different labels in the column {label!r} but at "
            f"most {MAX_CLASSES} classes can be learned: give fewer classes{choice}."
        )
