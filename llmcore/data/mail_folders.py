"""Folders and zips of e-mails as a table: each sub-folder is a class, each file a text."""

import io
import json
import os
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from llmcore.data.mails import (
    MAX_MAIL_BYTES,
    MAX_TEXT_CHARACTERS,
    decode_plain,
    looks_like_mail,
    read_mail,
)
from llmcore.data.reading import MAX_UPLOAD_BYTES
from llmcore.data.tables import Table
from llmcore.errors import LabError
from llmcore.zips import (
    BROKEN,
    entry_problem,
    limited_blocks,
    most_of_entry,
    most_unpacked,
    why_broken,
)

MAX_FILES = 200_000
MAX_ZIP_BYTES = 512 << 20
SUFFIXES = (".eml", ".txt")
ZIP = ".zip"
_NAMED = 3  # unreadable files that a notice names
_ADVICE = "put the .eml and .txt files of each class into a sub-folder that is named after it"

_File = tuple[tuple[str, ...], bytes]  # (folders and file name, the first bytes of the file)


def table_of_mails(source: Path | bytes, name: str) -> Table:
    """The texts (`text`) of a folder or zip of .eml and .txt files with their classes (`label`).

    A class is called like its sub-folder; a folder that holds all others is passed over. Files
    that cannot be read are left out, counted and named in the notices. Nothing of a zip is
    written to disk. Raises LabError where no file can be used, or a zip is refused.
    """
    files = _walk(source, name) if isinstance(source, Path) and source.is_dir() else None
    return _table(files if files is not None else _unzip(source, name), name)


def is_zip(data: bytes, name: str) -> bool:
    return name.lower().endswith(ZIP) or data.startswith(b"PK\x03\x04")


def as_jsonl(table: Table) -> bytes:
    """The table as JSON lines, a file that `labelled_from_table` reads again."""
    lines = (
        json.dumps(dict(zip(table.columns, row, strict=True)), ensure_ascii=False)
        for row in table.rows
    )
    data = "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
    if len(data) > MAX_UPLOAD_BYTES:
        raise LabError(
            f"The texts make up {len(data):,} bytes but at most {MAX_UPLOAD_BYTES:,} can be used: "
            f"take fewer of them."
        )
    return data


def _table(files: Iterable[_File], name: str) -> Table:
    rows: list[tuple[tuple[str, ...], str]] = []
    broken: list[str] = []
    n_defects = n_cut = 0
    for parts, data in files:
        try:
            text, has_defects = _text_of(parts[-1], data)
        except LabError:
            broken.append(parts[-1])
            continue
        n_defects += has_defects
        n_cut += len(text) >= MAX_TEXT_CHARACTERS
        rows.append((parts, text))
    if not rows:
        found = f"none of its {len(broken):,} files can be read" if broken else "it holds none"
        raise LabError(f"{name} gives no .eml or .txt file to read ({found}): {_ADVICE}.")
    top = _common_folders([parts for parts, _ in rows])
    labelled = [[parts[top], text] for parts, text in rows if len(parts) > top + 1]
    notices = _notices(name, broken, n_defects, n_cut, len(rows) - len(labelled))
    if not labelled:
        raise LabError(f"The files of {name} lie in no sub-folder: {_ADVICE}.")
    return Table(["label", "text"], labelled, True, notices)


def _text_of(file_name: str, data: bytes) -> tuple[str, bool]:
    """The text of a file, and whether it is a mail with defects. Raises LabError for none."""
    if file_name.lower().endswith(".txt") and not looks_like_mail(data):
        text = decode_plain(data).replace("\0", "").strip()[:MAX_TEXT_CHARACTERS]
        if not text:
            raise LabError("it is empty.")
        return text, False
    mail = read_mail(data)
    return mail.text, mail.has_defects


def _common_folders(paths: list[tuple[str, ...]]) -> int:
    """How many leading folders all files share, as long as a sub-folder is left to name some."""
    top = 0
    deepest = max(len(one) for one in paths)
    while deepest > top + 2 and len({one[top : top + 1] for one in paths}) == 1:
        top += 1
    return top


def _notices(name: str, broken: list[str], n_defects: int, n_cut: int, n_loose: int) -> list[str]:
    notices = []
    if broken:
        named = ", ".join(one[:60] for one in broken[:_NAMED])
        more = f" and {len(broken) - _NAMED:,} more" if len(broken) > _NAMED else ""
        notices.append(f"{len(broken):,} files of {name} hold no readable text and were left out: "
                       f"{named}{more}.")  # fmt: skip
    if n_defects:
        notices.append(f"{n_defects:,} e-mails of {name} are not quite well formed; what could be "
                       f"read of them was read.")  # fmt: skip
    if n_cut:
        notices.append(f"{n_cut:,} texts of {name} have more than {MAX_TEXT_CHARACTERS:,} "
                       f"characters; the rest was left out.")  # fmt: skip
    if n_loose:
        notices.append(f"{n_loose:,} files of {name} lie in no sub-folder and were left out.")
    return notices


def _wanted(parts: tuple[str, ...]) -> bool:
    hidden = any(one.startswith((".", "__MACOSX")) for one in parts)
    return not hidden and parts[-1].lower().endswith(SUFFIXES)


def _walk(root: Path, name: str) -> Iterator[_File]:
    """The wanted files below a folder, links not followed, in the order of their names."""
    n_files = 0
    for folder, folders, names in os.walk(root):
        folders.sort()
        for file_name in sorted(names):
            path = Path(folder, file_name)
            parts = path.relative_to(root).parts
            if not _wanted(parts) or path.is_symlink() or not path.is_file():
                continue
            n_files += 1
            if n_files > MAX_FILES:
                raise LabError(f"{name} holds more than {MAX_FILES:,} files: take fewer of them.")
            try:
                with path.open("rb") as file:
                    yield parts, file.read(MAX_MAIL_BYTES)
            except OSError:
                yield parts, b""  # counted as unreadable


def _unzip(source: Path | bytes, name: str) -> Iterator[_File]:
    n_packed = len(source) if isinstance(source, bytes) else source.stat().st_size
    if n_packed > MAX_ZIP_BYTES:
        raise LabError(f"{name} has {n_packed:,} bytes but at most {MAX_ZIP_BYTES:,} can be used.")
    left = most_unpacked(n_packed)
    try:
        with zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as zipped:
            entries = zipped.infolist()
            if len(entries) > MAX_FILES:
                raise LabError(f"{name} holds {len(entries):,} files, more than {MAX_FILES:,}.")
            for entry in entries:
                if problem := entry_problem(entry):
                    raise LabError(f"{name} is refused: {entry.orig_filename[:100]!r} {problem}.")
            for entry in sorted(entries, key=lambda one: one.filename):
                parts = tuple(part for part in entry.filename.split("/") if part)
                if entry.is_dir() or not parts or not _wanted(parts):
                    continue
                limit = min(left, most_of_entry(entry))
                with zipped.open(entry) as packed:
                    data = _first_bytes(limited_blocks(packed, limit, entry.filename))
                left -= len(data)
                yield parts, data
    except LabError:
        raise
    except (*BROKEN, OSError) as error:
        raise LabError(
            f"{name} cannot be read as a zip ({why_broken(error)}): pack it again."
        ) from error


def _first_bytes(blocks: Iterator[bytes]) -> bytes:
    data = b""
    for block in blocks:
        data += block
        if len(data) >= MAX_MAIL_BYTES:
            break
    return data[:MAX_MAIL_BYTES]
