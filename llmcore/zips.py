"""Zips from somebody else: why an entry is refused, and reading that counts what it unpacks.

Headers can say what they like, so sizes are counted while reading.
"""

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from llmcore.errors import LabError

BLOCK_BYTES = 1 << 20
MAX_RATIO = 200  # unpacked to packed: text shrinks about 10 times, zeros 1,000 times
BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError,
    ValueError, OverflowError,
)  # fmt: skip


def entry_problem(entry: zipfile.ZipInfo) -> str | None:
    """Why an entry of any zip is refused, or None. The name as written in the zip counts:
    Python's own reading of it is cut at a zero byte."""
    name = entry.orig_filename
    parts = name.split("/")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if "\\" in name or "\0" in name:
        return "has a backslash or a zero byte in its name"
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return "is an absolute path"
    if ".." in parts or "." in parts:
        return "leads out of the folder that it is unpacked into"
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        return "is a link or a device, not a file"
    if entry.flag_bits & 0x1:
        return "is encrypted"
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return "is packed in a way that the lab does not read"
    return None


def why_broken(error: Exception) -> str:
    """An error of `BROKEN` in a few words: zipfile's own can quote half the file."""
    return " ".join(str(error).split())[:150]


def most_of_entry(entry: zipfile.ZipInfo) -> int:
    """Bytes that one entry may unpack to, by what it takes in the zip: one that is large for its
    weights must not hide a bomb."""
    return most_unpacked(entry.compress_size)


def most_unpacked(n_packed: int) -> int:
    """Bytes that a zip of `n_packed` bytes may hold; a small one may hold a megabyte."""
    return (1 << 20) + MAX_RATIO * n_packed


def limited_blocks(packed: IO[bytes], limit: int, name: str) -> Iterator[bytes]:
    """The bytes of an entry. Raises LabError beyond `limit`, whatever its header promised."""
    n_bytes = 0
    while block := packed.read(BLOCK_BYTES):
        n_bytes += len(block)
        if n_bytes > limit:
            raise LabError(f"{name!r} unpacks to far more than a zip of its size holds (a bomb).")
        yield block
