"""The files of a folder, a zip or a tar archive, one way to walk them all. Nothing is written to
disk but an unpacked tar in a temporary file without a name."""

import bz2
import io
import lzma
import os
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from llmcore.data.reading.report import Notices, listed
from llmcore.data.reading.source import BLOCK_BYTES, Source, source_in
from llmcore.errors import LabError, cause
from llmcore.zips import BROKEN, entry_problem, limited_blocks, most_unpacked, why_broken

MAX_FILES = 200_000
MAX_SPOOLED_BYTES = 16 << 30  # of a packed tar, unpacked

_TAR_BROKEN = (tarfile.TarError, OSError, EOFError, lzma.LZMAError, zlib.error, ValueError)
_PACKINGS: dict[bytes, tuple[Callable[..., BinaryIO], tuple[str, ...]]] = {
    b"BZh": (bz2.BZ2File, (".bz2", ".tbz2", ".tbz")),  # type: ignore[dict-item]
    b"\xfd7zXZ\0": (lzma.LZMAFile, (".xz", ".txz")),  # type: ignore[dict-item]
}


@dataclass(frozen=True, slots=True)
class Member:
    """A file: its folders and name, its size as the container says, and how it is opened."""

    parts: tuple[str, ...]
    size: int
    opener: Callable[[], BinaryIO]

    @property
    def name(self) -> str:
        return self.parts[-1]

    @property
    def path(self) -> str:
        return "/".join(self.parts)

    def read(self, n: int) -> bytes:
        """The first `n` bytes. Raises LabError for damage."""
        with self.opener() as file:
            return file.read(n)

    def source(self) -> Source:
        return source_in(self.name, self.opener, self.size)


def members_of(where: Path | Source, notices: Notices) -> list[Member]:
    """The files in order, without hidden ones and those that macOS adds; links are not followed.

    where: a folder, or a zip or tar. Raises LabError for an archive that is damaged, packed with
    links that lead out of it, or a bomb.
    """
    if isinstance(where, Path):
        members = _in_folder(where)
    elif where.head(2) == b"PK":
        members = _in_zip(where)
    else:
        members = _in_tar(where, notices)
    name = where.name
    found = []
    for member in map(_undotted, members):
        if not any(part.startswith((".", "__MACOSX")) for part in member.parts):
            found.append(member)
        if len(found) > MAX_FILES:
            raise LabError(f"{name} holds more than {MAX_FILES:,} files: take fewer of them.")
    return found


def _undotted(member: Member) -> Member:
    """Folders of a Maildir are hidden ones (.Work/cur); they hold its mails."""
    parts = member.parts
    at = next((at for at, part in enumerate(parts[:-2]) if part.startswith(".")), None)
    if at is None or parts[at + 1] not in ("cur", "new"):
        return member
    return replace(member, parts=(*parts[:at], parts[at].strip(".") or "INBOX", *parts[at + 1 :]))


# ---- folders


def _in_folder(root: Path) -> Iterator[Member]:
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_symlink() or not path.is_file():
                continue
            yield Member(path.relative_to(root).parts, path.stat().st_size, _opener_at(path))


def _opener_at(path: Path) -> Callable[[], BinaryIO]:
    def opened() -> BinaryIO:
        try:
            return path.open("rb")
        except OSError as error:
            raise LabError(f"{path.name} cannot be read ({error.strerror}).") from error

    return opened


# ---- zips


def _in_zip(source: Source) -> Iterator[Member]:
    name = source.name
    try:
        zipped = zipfile.ZipFile(_seekable(source))
        entries = zipped.infolist()
    except (*BROKEN, OSError) as error:
        raise LabError(
            f"{name} cannot be read as a zip ({why_broken(error)}): pack it again."
        ) from error
    if len(entries) > MAX_FILES:
        raise LabError(f"{name} holds {len(entries):,} files, more than {MAX_FILES:,}.")
    for entry in entries:
        if problem := entry_problem(entry):
            raise LabError(f"{name} is refused: {entry.orig_filename[:100]!r} {problem}.")
    if sum(entry.file_size for entry in entries) > most_unpacked(source.size):
        raise LabError(f"{name} unpacks to far more than a zip of its size holds (a bomb).")
    for entry in sorted(entries, key=lambda member: member.filename):
        parts = tuple(part for part in _file_name(entry).split("/") if part)
        if parts and not entry.is_dir():
            yield Member(parts, entry.file_size, _opener_in(zipped, entry, name))


def _file_name(entry: zipfile.ZipInfo) -> str:
    """The name; many programs write UTF-8 and do not say so."""
    if entry.flag_bits & 0x800 or entry.filename.isascii():
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode()
    except UnicodeError:
        return entry.filename


def _seekable(source: Source) -> BinaryIO:
    file = source.open()
    return file if file.seekable() else _spooled(file, source)


def _opener_in(
    zipped: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str
) -> Callable[[], BinaryIO]:  # fmt: skip
    def opened() -> BinaryIO:
        def blocks() -> Iterator[bytes]:
            limit = most_unpacked(entry.compress_size)
            with zipped.open(entry) as packed:
                yield from limited_blocks(packed, limit, entry.filename)

        what = f"{entry.filename[:100]!r} in {name}"
        return io.BufferedReader(_Blocks(blocks(), what, (*BROKEN, OSError)))

    return opened


class _Blocks(io.RawIOBase):
    """Blocks of bytes as a file whose damage is a sentence."""

    def __init__(
        self, blocks: Iterator[bytes], what: str, broken: tuple[type[Exception], ...]
    ) -> None:
        self._blocks, self._what, self._broken, self._left = blocks, what, broken, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._left:
            try:
                self._left = next(self._blocks, b"")
            except LabError:
                raise
            except self._broken as error:
                raise LabError(
                    f"{self._what} is damaged ({why_broken(error)}): pack it again."
                ) from error
        n = min(len(buffer), len(self._left))
        buffer[:n] = self._left[:n]
        self._left = self._left[n:]
        return n


# ---- tars


def unpacked(source: Source) -> Source:
    """A file that is packed with bzip2 or xz, as its content; others unchanged."""
    head = source.head(6)
    for magic, (opener, suffixes) in _PACKINGS.items():
        if head.startswith(magic):
            name, lower = source.name, source.name.lower()
            suffix = next((suffix for suffix in suffixes if lower.endswith(suffix)), "")
            name = name[: len(name) - len(suffix)] + (".tar" if suffix[1:2] == "t" else "")
            return source_in(name, partial(_reader, source, opener), source.size)
    return source


def _reader(source: Source, opener: Callable[..., BinaryIO]) -> BinaryIO:
    def blocks() -> Iterator[bytes]:
        with source.open() as raw, opener(raw) as file:
            yield from limited_blocks(file, most_unpacked(source.size), source.name)

    return io.BufferedReader(_Blocks(blocks(), source.name, (OSError, EOFError, lzma.LZMAError)))


def _in_tar(source: Source, notices: Notices) -> Iterator[Member]:
    name, n_links = source.name, 0
    file = unpacked(source).open()
    if not file.seekable():
        file = _spooled(file, source)
    file.seek(0)
    try:
        archive = tarfile.open(fileobj=file, mode="r:")  # noqa: SIM115 - members read it later
        for number, entry in enumerate(archive):
            if number > MAX_FILES:
                raise LabError(f"{name} holds more than {MAX_FILES:,} files: take fewer of them.")
            parts = tuple(part for part in entry.name.split("/") if part not in ("", "."))
            if ".." in parts:
                raise LabError(f"{name} is refused: {entry.name[:100]!r} leads out of it.")
            n_links += not entry.isreg() and not entry.isdir()
            if entry.isreg() and parts:
                yield Member(parts, entry.size, _opener_of(archive, entry, name))
    except LabError:
        raise
    except _TAR_BROKEN as error:
        raise LabError(
            f"{name} cannot be read as a tar ({cause(error)}): pack it again."
        ) from error
    if n_links:
        notices.add("links", "{links} in {file} {were} not followed", n=n_links, file=name)


def _spooled(file: BinaryIO, source: Source) -> BinaryIO:
    limit = min(MAX_SPOOLED_BYTES, most_unpacked(source.size))
    spooled = tempfile.TemporaryFile()  # noqa: SIM115 - members read it later
    n_bytes = 0
    with file:
        while block := file.read(BLOCK_BYTES):
            n_bytes += len(block)
            if n_bytes > limit:
                raise LabError(f"{source.name} unpacks to more than {limit:,} bytes.")
            spooled.write(block)
    spooled.seek(0)
    return spooled


def _opener_of(
    archive: tarfile.TarFile, entry: tarfile.TarInfo, name: str
) -> Callable[[], BinaryIO]:  # fmt: skip
    def opened() -> BinaryIO:
        def blocks() -> Iterator[bytes]:
            file = archive.extractfile(entry)
            while block := file.read(BLOCK_BYTES) if file else b"":
                yield block

        return io.BufferedReader(_Blocks(blocks(), f"{entry.name!r} in {name}", _TAR_BROKEN))

    return opened


def named_files(members: list[Member], most: int = 3) -> str:
    """Some names for a sentence."""
    shown = listed([member.path[:60] for member in members[:most]])
    return shown + (f" and {len(members) - most:,} more" if len(members) > most else "")
