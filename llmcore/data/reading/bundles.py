"""What a folder or an archive holds decides how it is read: one table, the parts of one, or texts
and mails in folders of classes."""

import re
from collections.abc import Iterator
from typing import Any

from llmcore.data.mails import looks_like_mail
from llmcore.data.reading.class_names import is_list_of_names
from llmcore.data.reading.folders import read_folders
from llmcore.data.reading.json_forms import split_of
from llmcore.data.reading.label_index import Opener, read_listed
from llmcore.data.reading.mailbox_rows import BOX_MARK
from llmcore.data.reading.members import Member, named_files
from llmcore.data.reading.paired_files import pairs_of, read_pairs
from llmcore.data.reading.report import Notices, listed, quoted
from llmcore.data.reading.rows import SPLIT, Chunk, Rows, unique_names
from llmcore.errors import LabError

_TABLES = (
    ".csv", ".tsv", ".tab", ".psv", ".json", ".jsonl", ".ndjson", ".xlsx", ".xlsm", ".xls", ".ods",
    ".parquet", ".arrow", ".feather", ".mbox", ".mbx",
)  # fmt: skip
_ARCHIVES = (".zip", ".tar", ".tgz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz")
_PACKED = (".gz", ".gzip", ".bz2", ".xz")
_ABOUT = re.compile(
    r"(?:read[-_ ]?me|licen[cs]e|copying|citation|changelog|notice|authors|contributing|manifest)"
    r"(?:[-_.][\w.-]*)?|(?:dataset_infos?|dataset_dict|state|croissant|metadata|config|package|"
    r"datapackage|index)\.json|thumbs\.db|desktop\.ini|cmds",
    re.IGNORECASE,
)
# Never texts of a class, whatever is beside them.
_NO_TEXT = (
    ".md", ".rst", ".py", ".ipynb", ".pdf", ".doc", ".docx", ".ppt", ".pptx", ".png", ".jpg",
    ".jpeg", ".gif", ".svg", ".zip", ".tar", ".tgz", ".7z", ".rar", ".md5", ".sha256", ".pkl",
    ".npy", ".npz", ".pt", ".bin", ".safetensors", ".yml", ".yaml", ".toml", ".exe", ".so", ".mp3",
    ".wav", ".mp4", ".sh", ".bib", ".tex", ".feat",
)  # fmt: skip
_SHARD = re.compile(r"(.*?)[-_.]?\d+(?:[-_]of[-_]\d+)?")
_TEXTS_PER_TABLE = 4


def read_bundle(members: list[Member], name: str, notices: Notices, opened: Opener) -> Rows:
    """The rows of a folder's or an archive's files. opened: reads a table among them.

    Raises LabError if it holds several tables that are no parts of one, or nothing to read.
    """
    archives = [member for member in members if member.name.lower().endswith(_ARCHIVES)]
    if len(archives) == 1 and all(_ABOUT.fullmatch(member.name) for member in members
                                  if member is not archives[0]):  # fmt: skip
        return _only(archives[0], name, notices, opened)
    if (listed_files := read_listed(members, name, notices, opened)) is not None:
        return listed_files
    if pairs := pairs_of(members):
        return read_pairs(pairs, name, notices)
    about = [
        member for member in members if _ABOUT.fullmatch(member.name) or is_list_of_names(member)
    ]
    if len(about) == len(members):
        about = []
    others = [
        member
        for member in members
        if member not in set(about) and _lower(member).endswith(_NO_TEXT)
    ]
    aside = {id(member) for member in about + others}
    rest = [member for member in members if id(member) not in aside]
    tables = [member for member in rest if _lower(member).endswith(_TABLES)]
    texts = [member for member in rest if not _lower(member).endswith(_TABLES)]
    if others:
        notices.add("other_files", "{files} of {file} {are} neither text nor table and {were} "
                    "not read: {named}", n=len(others), file=name,
                    named=named_files(others))  # fmt: skip
    boxes = [member for member in texts if _is_box(member)]
    if boxes and not tables:  # of Thunderbird, without a suffix
        _say_not_read([member for member in texts if member not in boxes], name, notices)
        return _joined([(archive, None) for archive in boxes], name, notices, opened)
    if _are_folders(texts, tables):
        _say_not_read(tables, name, notices)
        return read_folders(texts, name, notices)
    tables = tables or _loose_tables(texts)
    if not tables:
        if texts:
            return read_folders(texts, name, notices)
        raise LabError(f"{name} holds no table and no text ({_what(members)}).")
    chosen = _parts(tables, name)
    left = [file for file in tables + texts if file not in [member for member, _ in chosen]]
    _say_not_read(left, name, notices)
    if len(chosen) == 1:
        return _only(chosen[0][0], name, notices, opened)
    return _joined(chosen, name, notices, opened)


def _only(member: Member, name: str, notices: Notices, opened: Opener) -> Rows:
    notices.add("one_table", "{table} in {file} was read",
                about=member.path, table=quoted(member.path), file=name)  # fmt: skip
    return opened(member.source(), notices)


def _lower(member: Member) -> str:
    lower = member.name.lower()
    for suffix in _PACKED:
        lower = lower.removesuffix(suffix)
    return lower


def _what(members: list[Member]) -> str:
    return f"only {named_files(members)}" if members else "it is empty"


def _say_not_read(left: list[Member], name: str, notices: Notices) -> None:
    if left:
        notices.add("files_not_read", "{files} of {file} {were} not read: {named}",
                    n=len(left), file=name, named=named_files(left))  # fmt: skip


# ---- texts or tables


def _are_folders(texts: list[Member], tables: list[Member]) -> bool:
    """Whether there are folders of texts, and many more texts in them than tables."""
    folders = {member.parts[:-1] for member in texts if len(member.parts) > 1}
    in_folders = sum(len(member.parts) > 1 for member in texts)
    if not tables:
        return len(folders) > 1
    return len(folders) > 1 and in_folders >= _TEXTS_PER_TABLE * len(tables)


def _is_box(member: Member) -> bool:
    """Whether a file without a suffix holds several mails."""
    if "." in member.name or not looks_like_mail(member.read(8192)):
        return False
    return len(BOX_MARK.findall(b"\n\n" + member.read(1 << 20))) > 1


def _box_name(member: Member) -> str:
    lower = member.name.lower()
    return member.name.rpartition(".")[0] if lower.endswith((".mbox", ".mbx")) else member.name


def _loose_tables(texts: list[Member]) -> list[Member]:
    """Files without a table's suffix that are tables all the same: the only file, or train.txt
    and test.txt."""
    if len(texts) == 1:
        return [] if looks_like_mail(texts[0].read(8192)) else texts
    splits = {_split(member) for member in texts if len(member.parts) == len(texts[0].parts)}
    return texts if "train" in splits and len(texts) == len(splits) else []


# ---- parts of one table


def _stem(member: Member) -> str:
    name = _lower(member)
    return name[: name.rfind(".")] if "." in name else name


def _suffix(member: Member) -> str:
    name = _lower(member)
    return name[name.rfind(".") :] if "." in name else ""


def _split(member: Member) -> str | None:
    names = [_stem(member), *reversed(member.parts[:-1])]
    return next((split for name in names if (split := split_of(name))), None)


def _base(member: Member) -> tuple[str, str]:
    """The name without the number of a shard, and the suffix."""
    found = _SHARD.fullmatch(_stem(member))
    return (found[1] if found else _stem(member)), _suffix(member)


def _parts(tables: list[Member], name: str) -> list[tuple[Member, str | None]]:
    """The tables to be read, each with the part (train, …) or the class that its name says."""
    if len(tables) == 1:
        return [(tables[0], None)]
    found = [(table, split) for table in tables if (split := _split(table))]
    if found and (len(found) == len(tables) or any(split == "train" for _, split in found)):
        by_split: dict[str, set[tuple[str, str]]] = {}
        for table, split in found:
            folders = "/".join(table.parts[:-1])
            by_split.setdefault(split, set()).add((f"{folders}/{_base(table)[0]}", _suffix(table)))
        if all(len(bases) == 1 for bases in by_split.values()):
            return sorted(found, key=lambda pair: ("train", "validation", "test").index(pair[1]))
        raise _several([table for table, _ in found], name)
    if all(_suffix(table) in (".mbox", ".mbx") for table in tables):
        return [(table, None) for table in tables]
    if len({(table.parts[:-1], _base(table)) for table in tables}) == 1 and _base(tables[0]) != (
        _stem(tables[0]), _suffix(tables[0])
    ):  # fmt: skip
        return [(table, None) for table in tables]
    talks = [table for table in tables if _base(table) == ("conversations", ".json")]
    if talks and {_suffix(table) for table in tables} == {
        ".json"
    }:  # ChatGPT's and Claude's exports
        return [(talk, None) for talk in talks]
    strong = [table for table in tables if _suffix(table) != ".json"]
    if len(strong) == 1:
        return [(strong[0], None)]
    raise _several(tables, name)


def _several(tables: list[Member], name: str) -> LabError:
    names = listed([table.path for table in tables])
    return LabError(
        f"{name} holds {len(tables):,} tables ({names}): give one of them, or name them train, "
        f"validation and test where they are parts of one set."
    )


def _joined(
    chosen: list[tuple[Member, str | None]], name: str, notices: Notices, opened: Opener
) -> Rows:
    """The tables' rows one after another, with a column for the part or the mail box."""
    tables = [opened(member.source(), notices) for member, _ in chosen]
    first = tables[0]
    marks = [mark for _, mark in chosen]
    boxes = all(table.format == "mails" for table in tables)
    column = SPLIT if any(marks) else None
    if boxes and not any("label" in table.columns for table in tables):
        column, marks = "label", [_box_name(member) for member, _ in chosen]
    columns = list(dict.fromkeys(name for table in tables for name in table.columns))
    if len({tuple(table.columns) for table in tables}) > 1:
        notices.add("columns_differ", "The tables of {file} have different columns; a cell that "
                    "one does not have is empty", file=name)  # fmt: skip
    if column == SPLIT:
        parts = listed([f"{member.path} ({mark})" for member, mark in chosen])
        notices.add("splits", "The tables of {file} are parts of one set: {parts}",
                    file=name, parts=parts)  # fmt: skip
    elif column:
        notices.add("mail_boxes", "The class of each mail of {file} is the name of its mail box: "
                    "{labels}", file=name, labels=listed(list(map(str, marks))))  # fmt: skip
    else:
        notices.add("shards", "{tables} of {file} {were} read as one", n=len(tables), file=name)

    def chunks() -> Iterator[Chunk]:
        for table, mark in zip(tables, marks, strict=True):
            ahead = [mark] if column else []
            for chunk in table.take():
                yield Chunk(
                    chunk.lines, [[*ahead, *row] for row in _aligned(chunk, table, columns)]
                )

    # The mark comes first: rows of delimited files may have more cells than columns.
    names = unique_names([*([column] if column else []), *columns])
    return Rows(first.format, names, first.header, chunks(), notices, first.encoding,
                f"{first.why}, in {len(tables)} files", first.unit, first.delimiter)  # fmt: skip


def _aligned(chunk: Chunk, table: Rows, columns: list[str]) -> list[list[Any]]:
    """The rows in the order of `columns`."""
    if table.columns == columns:
        return chunk.rows
    places = [
        table.columns.index(column) if column in table.columns else None for column in columns
    ]
    return [
        [None if at is None or at >= len(row) else row[at] for at in places] for row in chunk.rows
    ]
