"""One way in for the files that people bring: bytes → format → encoding → table, messages, mails
or text → roles of columns → cleaned rows → a report of what was done."""

from llmcore.data.reading.text import (
    MARKS,
    MAX_CORPUS_BYTES,
    MAX_UPLOAD_BYTES,
    clean_text,
    decode_upload,
    read_file,
)

__all__ = [
    "MARKS",
    "MAX_CORPUS_BYTES",
    "MAX_UPLOAD_BYTES",
    "clean_text",
    "decode_upload",
    "read_file",
]
