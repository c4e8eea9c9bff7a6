"""A list of files with their classes beside the files themselves, in one folder or archive: the
index of TREC's spam corpora, a table of file names and labels."""

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from llmcore.data.mails import decode_plain
from llmcore.data.reading.asked_names import folded_name
from llmcore.data.reading.class_folders import FolderPlace
from llmcore.data.reading.folders import rows_of_files
from llmcore.data.reading.json_forms import split_of
from llmcore.data.reading.members import Member, named_files
from llmcore.data.reading.names import LABEL_NAMES
from llmcore.data.reading.report import Notices, listed, quoted
from llmcore.data.reading.rows import Rows
from llmcore.data.reading.source import Source
from llmcore.data.reading.values import NotText, cell_text
from llmcore.errors import LabError

Opener = Callable[[Source, Notices], Rows]

MAX_INDEX_BYTES = 64 << 20
_MOST_LISTS = 20  # files that are looked at, to tell whether they are one
_SAMPLE = 200
_SURE = 0.8  # of the first rows name files
_LONG = 60  # characters of a cell that is a text, not a name
_TABLES = (".csv", ".tsv", ".tab", ".json", ".jsonl", ".ndjson", ".xlsx", ".parquet")
_LISTS = re.compile(
    r"(?:.*[-_.])?(?:index|labels?|classes|cats|truth|key|annotations?|gold|list|lst|idx)(?:[-_.].*)?",
    re.IGNORECASE,
)

Listed = tuple[int, str, str]  # line, what names the file, label


class _SeveralLabels(LabError):
    """A table is an index of files, and several of its columns may be their label."""


@dataclass(slots=True)
class _Index:
    """A list that names files. notices: what its reader said."""

    member: Member
    labels: dict[Member, str] = field(default_factory=dict)
    missing: list[Listed] = field(default_factory=list)
    torn: list[Listed] = field(default_factory=list)
    unit: str = "line"
    notices: Notices = field(default_factory=Notices)


def read_listed(members: list[Member], name: str, notices: Notices, opened: Opener) -> Rows | None:
    """text and label of the files that a list among them names, None if there is no such list.

    Lists named train and test make a column for the part. What the list names and is not there is
    counted; what it does not name is left out and named. Raises LabError if the list has
    several columns that may be the label.
    """
    lists = [member for member in members if _may_list(member)][:_MOST_LISTS]
    files = [member for member in members if member not in set(lists)]
    if not lists or len(files) < 2:
        return None
    named = _names(files)
    found = [one for each in lists if (one := _index(each, named, name, opened))]
    if not found:
        return None
    chosen = _parts(found)
    labelled: dict[Member, FolderPlace] = {}
    listed_ones = [member for index, _ in chosen for member in index.labels]
    own = _own_parts(listed_ones) if not any(split for _, split in chosen) else {}
    for index, split in chosen:
        for member, label in index.labels.items():
            labelled.setdefault(member, FolderPlace(label, split or own.get(member, "")))
        _say(index, name, notices)
    left = [member for member in members if member not in labelled
            and member not in {index.member for index, _ in chosen}]  # fmt: skip
    if left:
        notices.add("unlisted_files", "{files} of {file} {are} not in the list and {were} left "
                    "out: {named}", n=len(left), file=name, named=named_files(left))  # fmt: skip
    order = sorted(labelled.items(), key=lambda pair: pair[0].path)
    return rows_of_files(order, name, notices)


def _may_list(member: Member) -> bool:
    if member.size > MAX_INDEX_BYTES:
        return False
    lower = member.name.lower().removesuffix(".gz")
    plain = "." not in lower or lower.endswith((".txt", ".label", ".labels", ".lst", ".idx"))
    return lower.endswith(_TABLES) or (plain and bool(_LISTS.fullmatch(lower)))


def _names(files: list[Member]) -> dict[str, Member | None]:
    """All ends of the files' paths, with and without suffix; None for one that several share."""
    named: dict[str, Member | None] = {}
    for file in files:
        for at in range(len(file.parts)):
            end = "/".join(file.parts[at:])
            for text in {end, posixpath.splitext(end)[0]}:
                named[text] = file if named.get(text, file) is file else None
    return named


def _index(
    member: Member, named: dict[str, Member | None], name: str, opened: Opener
) -> _Index | None:  # fmt: skip
    index = _Index(member)
    if member.name.lower().removesuffix(".gz").endswith(_TABLES):
        try:
            rows = opened(member.source(), index.notices)
            listed_files = _of_table(rows, member, named, name)
            index.unit = rows.unit
        except LabError as error:
            if isinstance(error, _SeveralLabels):
                raise
            return None
    else:
        listed_files = _of_lines(member, named)
    for entry in listed_files or []:
        file = _file(entry[1], member, named)
        if file is None:
            index.missing.append(entry)
        elif index.labels.setdefault(file, entry[2]) != entry[2]:
            index.torn.append(entry)
    return index if len(index.labels) > 1 else None


def _file(text: str, index: Member, named: dict[str, Member | None]) -> Member | None:
    """The file that a list means: from the list's own folder, else by the end of its path, as
    long as possible, since folders are moved."""
    path = text.strip().replace("\\", "/")
    if not path:
        return None
    own = named.get(posixpath.normpath(posixpath.join(*index.parts[:-1], path)))
    parts = path.lstrip("./").split("/")
    ends = (named.get("/".join(parts[at:])) for at in range(len(parts)))
    return own or next((end for end in ends if end), None)


def _are_files(cells: list[str], index: Member, named: dict[str, Member | None]) -> bool:
    known = {one for cell in cells if (one := _file(cell, index, named))}
    n = sum(_file(cell, index, named) is not None for cell in cells)
    return len(known) > 1 and n >= _SURE * len(cells)


# ---- lists of lines: a label and a path, in either order


def _of_lines(member: Member, named: dict[str, Member | None]) -> list[Listed] | None:
    lines = decode_plain(member.read(MAX_INDEX_BYTES)).splitlines()
    filled = [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
    for cut in (_label_first, _label_last):
        pairs = [(number, *cut(line)) for number, line in filled]
        if _are_files([pair[1] for pair in pairs[:_SAMPLE]], member, named):
            return pairs
    return None


def _label_first(line: str) -> tuple[str, str]:
    label, _, path = _cut(line).partition("\t")
    return path, label


def _label_last(line: str) -> tuple[str, str]:
    path, _, label = _cut(line).rpartition("\t")
    return path, label


def _cut(line: str) -> str:
    """A line with its two parts a tab apart, whatever parted them."""
    return re.sub(r"\s*[,;\t]\s*|\s+", "\t", line)


# ---- tables


def _of_table(
    rows: Rows, member: Member, named: dict[str, Member | None], name: str
) -> list[Listed] | None:  # fmt: skip
    sample = rows.sample(_SAMPLE)
    columns = [[_text(row, at) for row in sample] for at in range(len(rows.columns))]
    files = next((at for at, cells in enumerate(columns)
                  if _are_files(list(filter(None, cells)), member, named)), None)  # fmt: skip
    if files is None or len(rows.columns) < 2:
        return None
    others = [at for at in range(len(rows.columns)) if at != files]
    if any(sum(map(len, columns[at])) > _LONG * len(sample) for at in others):
        return None  # the table holds its own texts
    label = _label(rows, columns, others, member, name)
    return [(line, _text(row, files), _text(row, label)) for line, row in _numbered(rows)]


def _label(
    rows: Rows, columns: list[list[str]], others: list[int], member: Member, name: str
) -> int:  # fmt: skip
    """The column of the labels: the only one beside the files, or the one with a usual name."""
    known = [at for at in others if folded_name(rows.columns[at]) in LABEL_NAMES]
    few = [at for at in others if 1 < len(set(columns[at])) <= len(columns[at]) // 2]
    for found in (others, known, few):
        if len(found) == 1:
            return found[0]
    raise _SeveralLabels(
        f"{member.path} in {name} names the files, and several of its columns may be their label "
        f"({listed([rows.columns[at] for at in others])}): call the one that is meant 'label'."
    )


def _numbered(rows: Rows) -> Iterator[tuple[int, list[object]]]:
    for chunk in rows.take():
        yield from zip(chunk.lines, chunk.rows, strict=True)


def _text(row: list[object], at: int) -> str:
    try:
        return (cell_text(row[at]) or "").strip() if at < len(row) else ""
    except NotText:
        return ""


# ---- several lists


def _parts(found: list[_Index]) -> list[tuple[_Index, str]]:
    """Lists of different parts (train, test); else the one that names most files."""
    splits = [split_of(posixpath.splitext(item.member.name)[0]) or "" for item in found]
    if len(found) > 1 and "train" in splits and len(set(splits)) == len(splits):
        return list(zip(found, splits, strict=True))
    return [(max(found, key=lambda index: len(index.labels)), "")]


def _own_parts(members: list[Member]) -> dict[Member, str]:
    """The parts (train, test) that the files' folders say, if there are both."""
    parts = {
        member: next((split for folder in member.parts[:-1] if (split := split_of(folder))), "")
        for member in members
    }
    return parts if {"train", "test"} <= set(parts.values()) else {}


def _say(index: _Index, name: str, notices: Notices) -> None:
    path = quoted(index.member.path)
    notices.extend(index.notices)
    notices.add("label_index", "The class of each file of {file} is read from {index}",
                about=path, file=name, index=path)  # fmt: skip
    if index.missing:
        notices.add("missing_files", "{files} that {index} names {are} not in {file}",
                    index.missing[0][0], len(index.missing), index.unit, path,
                    index=path, file=name)  # fmt: skip
    if index.torn:
        notices.add("torn_labels", "{files} {stand} in {index} with several labels: the first one "
                    "is taken", index.torn[0][0], len(index.torn), index.unit, path,
                    index=path)  # fmt: skip
