"""What is in texts beside the text and is learned with it: tags, times, ends of documents."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from llmcore.data.reading.report import Notices, quoted

SAMPLE = 200  # texts that are looked at
_XML = re.compile(r"\s*(?:<\?xml\b|<(?:mediawiki|feed|rss|opml|TEI|nitf|DOC)\b)")
_SUBTITLES = re.compile(
    r"\s*WEBVTT\b|\s*\[Script Info\]|\s*\d+\s*\n\s*\d+:\d\d:\d\d[,.]\d{3}\s*-->"
)
# What is learned unchanged: kind, by what it is known, and what is said.
_KEPT = (
    ("gutenberg", re.compile(r"^\*\*\* ?START OF (?:THE|THIS) PROJECT GUTENBERG", re.MULTILINE),
     "{files} {hold} the header and the licence of Project Gutenberg, which are learned as they "
     "stand: to learn the book alone, cut them off"),
    ("web_archive", re.compile(r"WARC/\d"), "{files} {hold} a web archive (WARC), whose headers "
     "are learned as they stand: to learn the text alone, save it as plain text or JSON lines"),
    ("front_matter", re.compile(r"---\n(?:[\w-]+:.*\n|[ \t-].*\n)+---\n"), "{files} {hold} front "
     "matter (lines between ---), which is learned as it stands"),
    ("latex", re.compile(r"^\s*\\documentclass\b", re.MULTILINE), "{files} {are} LaTeX, whose "
     "commands are learned as they stand"),
)  # fmt: skip
_ENDS = ("</s>", "<|im_end|>", "<|end_of_text|>", "<|eot_id|>", "<eos>", "[EOS]", "<|endofdoc|>")


def say_marks_of_text(start: str, notices: Notices) -> None:
    """Says in `notices` what the first characters of a plain text show: a file of XML, subtitles,
    marks that end a document in other programs."""
    if _XML.match(start):
        notices.add("xml", "{files} {are} XML, whose tags are learned as they stand: to learn the "
                    "text alone, save it as plain text")  # fmt: skip
    if _SUBTITLES.match(start):
        notices.add("subtitles", "{files} {hold} subtitles, whose numbers and times are learned as "
                    "they stand: to learn the words alone, save them as plain text")  # fmt: skip
    for kind, mark, sentence in _KEPT:
        if mark.search(start[:20_000]):
            notices.add(kind, sentence)
    for end in _ENDS:
        if start.count(end) > 1:
            notices.add("other_marks", "{mark} ends a document in other programs; here it is "
                        "learned as a part of the text", about=end, mark=end)  # fmt: skip


def say_markup(cells: Sequence[Any], column: str, notices: Notices) -> None:
    """Says in `notices` if texts of a column are HTML, which is learned unchanged."""
    from llmcore.data.reading.labels import plain_text

    texts = [text for cell in cells[:SAMPLE] for text in _texts(cell)]
    marked = [text for text in texts if plain_text(text) != text]
    if 4 * len(marked) > len(texts):  # questions are rarely marked up as the answers are
        notices.add("markup_kept", "Texts of {column} are written in HTML, such as {shown}: "
                    "the tags are learned as they stand", about=column, column=column,
                    shown=quoted(marked[0]))  # fmt: skip


def _texts(cell: Any) -> Iterator[str]:
    """The texts of several words in a cell, and in lists and objects inside of it."""
    if isinstance(cell, str):
        if " " in cell.strip() or "<" in cell:
            yield cell
        return
    inner: Iterable[Any] = ()
    if isinstance(cell, dict):
        inner = cell.values()
    elif isinstance(cell, (list, tuple)):
        inner = cell
    for part in inner:
        yield from _texts(part)
