"""One way in for the files that people bring: bytes → format → encoding → table, messages, mails
or text → roles of columns → cleaned rows → a report of what was done."""

from llmcore.data.reading.text import MAX_UPLOAD_BYTES, clean_text

__all__ = ["MAX_UPLOAD_BYTES", "clean_text"]
