"""Bytes and text that users bring: decode them, or say in one sentence what is wrong."""

import codecs
import logging

from llmcore.errors import LabError
from llmcore.tokenizers.segments import replace_surrogates

log = logging.getLogger(__name__)

MAX_UPLOAD_BYTES = 50 * 1024 * 1024

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins like UTF-16's, so it is asked first
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode_upload(data: bytes, name: str) -> str:
    """Text of a file: UTF-8, or UTF-16/32 where a byte-order mark says so. Line ends become \\n.

    Raises LabError, with the byte's position and the remedy, for anything else.
    """
    if len(data) > MAX_UPLOAD_BYTES:
        raise LabError(
            f"{name} has {len(data):,} bytes but at most {MAX_UPLOAD_BYTES:,} "
            f"({MAX_UPLOAD_BYTES >> 20} MB) can be used: cut it into parts."
        )
    encoding, skip = "utf-8", 0
    for mark, marked in _MARKS:
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
