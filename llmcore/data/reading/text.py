"""Bytes and text that users bring: decode them, or say in one sentence what is wrong."""

from pathlib import Path

from llmcore.data.reading.encoding import MARKS
from llmcore.errors import LabError, NotFoundError
from llmcore.tokenizers.segments import replace_surrogates

MAX_UPLOAD_BYTES = 50 * 1024 * 1024  # in a page, and of a table
MAX_CORPUS_BYTES = 2 * 1024**3  # of a corpus that the command line reads from disk


def read_file(source: str, wanted: str, known: str, max_bytes: int) -> tuple[bytes, str]:
    """Bytes and file name of a user's file. `wanted` says what it should be, `known` lists names.

    Raises NotFoundError where it cannot be read, LabError for a folder or a file too large.
    """
    missing = NotFoundError(
        f"There is no data set or readable file {source!r}: give {wanted}, or one of {known}."
    )
    if not source or "\0" in source:
        raise missing
    try:
        path = Path(source).expanduser()
        if path.is_dir():
            raise LabError(f"{source} is a folder: give {wanted}, or one of {known}.")
        _check_size(path.stat().st_size, path.name, max_bytes)
        return path.read_bytes(), path.name
    except (OSError, RuntimeError) as error:  # RuntimeError: ~somebody has no home
        raise missing from error


def _check_size(n_bytes: int, name: str, max_bytes: int) -> None:
    if n_bytes > max_bytes:
        raise LabError(
            f"{name} has {n_bytes:,} bytes but at most {max_bytes:,} ({max_bytes >> 20:,} MB) can "
            f"be used: cut it into parts."
        )


def decode_upload(data: bytes, name: str, max_bytes: int = MAX_UPLOAD_BYTES) -> str:
    """Text of a file: UTF-8, or UTF-16/32 where a byte-order mark says so. Line ends become \\n.

    Raises LabError, with the byte's position and the remedy, for anything else.
    """
    _check_size(len(data), name, max_bytes)
    encoding, skip = "utf-8", 0
    for mark, marked in MARKS:
        if data.startswith(mark):
            encoding, skip = marked, len(mark)
            break
    try:
        text = data[skip:].decode(encoding)
    except UnicodeDecodeError as error:
        raise LabError(
            f"{name} is not {encoding.upper()} text (byte {skip + error.start:,} cannot be read): "
            f"save it as UTF-8 and try again."
        ) from error
    if text.count("\0") > len(text) // 5:
        raise LabError(
            f"{name} consists of zero bytes to a large part, so it is no UTF-8 text: "
            f"save it as UTF-8 and try again."
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def clean_text(text: str, name: str) -> tuple[str, list[str]]:
    """`text` without NUL characters and broken surrogates, and a notice for what was changed."""
    notices = []
    if n_zeros := text.count("\0"):
        text = text.replace("\0", "")
        notices.append(f"{n_zeros:,} NUL characters were dropped from {name}.")
    whole = replace_surrogates(text)
    if whole != text:
        notices.append(f"Broken characters in {name} were replaced by \N{REPLACEMENT CHARACTER}.")
    return whole, notices
