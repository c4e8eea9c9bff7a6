"""Texts and mails in folders of classes as rows, a file at a time."""

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from llmcore.data.mails import (
    MAX_MAIL_BYTES,
    MAX_TEXT_CHARACTERS,
    decode_plain,
    html_to_text,
    looks_like_mail,
    read_mail,
)
from llmcore.data.reading.class_folders import ADVICE, FolderPlace, places_of
from llmcore.data.reading.members import Member, named_files
from llmcore.data.reading.report import Notices
from llmcore.data.reading.rows import SPLIT, Rows, chunked
from llmcore.errors import LabError

_HTML = (".html", ".htm", ".xhtml")
_MARKS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MOST_CONTROLS = 0.02
_SAMPLED = 20  # files that decide whether they are mails


def read_folders(members: list[Member], name: str, notices: Notices) -> Rows:
    """text and label (and `split`) of each file, the class being its folder (`class_folders`).

    Files without a class, and those that hold no text, are left out, counted and named. Raises
    LabError if no folder names a class.
    """
    places = places_of(Counter(member.parts[:-1] for member in members), name, notices)
    kept = [(member, places[member.parts[:-1]]) for member in members]
    _say_left_out(kept, name, notices)
    labelled = [(member, place) for member, place in kept if place.label is not None]
    if not labelled:
        raise LabError(f"The files of {name} lie in no folder of a class: {ADVICE}.")
    return rows_of_files(labelled, name, notices)


def rows_of_files(labelled: list[tuple[Member, FolderPlace]], name: str, notices: Notices) -> Rows:
    """text and label (and `split`) of files whose places are known. Raises LabError if none
    holds text."""
    with_split = any(place.split for _, place in labelled)
    columns = ["text", "label", SPLIT] if with_split else ["text", "label"]
    mails = sum(looks_like_mail(member.read(8192)) for member, _ in labelled[:_SAMPLED])
    are_mails = 2 * mails > len(labelled[:_SAMPLED])
    rows = _rows(labelled, with_split, name, notices)
    what = "e-mails" if are_mails else "texts"
    result = Rows("mails" if are_mails else "folders", columns, True, chunked(rows, 500), notices,
                  unit="file", why=f"its files lie in folders and are {what}")  # fmt: skip
    if not result.sample(1):
        raise LabError(f"None of the {len(labelled):,} files of {name} holds text: {ADVICE}.")
    return result


def _say_left_out(kept: list[tuple[Member, FolderPlace]], name: str, notices: Notices) -> None:
    loose = [member for member, place in kept if place.loose]
    unlabelled = [member for member, place in kept if place.label is None and not place.loose]
    if loose:
        notices.add("loose_files", "{files} of {file} {are} in no folder of a class and {were} "
                    "left out: {named}", n=len(loose), file=name,
                    named=named_files(loose))  # fmt: skip
    if unlabelled:
        notices.add("unlabelled_files", "{files} of {file} {have} no class and {were} left out: "
                    "{named}", n=len(unlabelled), file=name,
                    named=named_files(unlabelled))  # fmt: skip


def _rows(
    labelled: list[tuple[Member, FolderPlace]], with_split: bool, name: str, notices: Notices
) -> Iterator[tuple[int, list[Any]]]:  # fmt: skip
    for number, (member, place) in enumerate(labelled, 1):
        text = text_of(member, number, name, notices)
        if text is not None:
            split = [place.split or None] if with_split else []
            yield number, [text, place.label, *split]


def text_of(member: Member, number: int, name: str, notices: Notices) -> str | None:
    """The text of a file, at most MAX_TEXT_CHARACTERS; None, counted, if there is none."""

    def add(kind: str, template: str) -> None:
        notices.add(kind, template + ": {shown}", number, unit="file", file=name,
                    shown=member.path[-80:])  # fmt: skip

    try:
        data = member.read(MAX_MAIL_BYTES)
        text, way = _text(member.name, data)
    except LabError:
        add("unreadable_files", "{files} of {file} {hold} no readable text and {were} left out")
        return None
    if way:
        kinds = {
            "defects": "{files} of {file} {are} not quite well-formed e-mails; what could be read "
            "of them was read",
            "cp1252": "{files} of {file} {are} not UTF-8 and {were} read as Windows-1252",
            "html": "{files} of {file} {are} HTML and {were} read as a browser shows it",
        }
        add(way, kinds[way])
    if len(text) >= MAX_TEXT_CHARACTERS:
        add("cut_texts", f"{{files}} of {{file}} {{have}} more than {MAX_TEXT_CHARACTERS:,} "
            "characters; the rest was left out")  # fmt: skip
    return text[:MAX_TEXT_CHARACTERS]


def _text(file_name: str, data: bytes) -> tuple[str, str]:
    """The text, and what was noticed. Raises LabError if it is no text, or there is none."""
    lower = file_name.lower()
    if lower.endswith(".eml") or looks_like_mail(data):
        mail = read_mail(data)
        return mail.text, "defects" if mail.has_defects else ""
    codec = next((codec for mark, codec in _MARKS if data.startswith(mark)), None)
    if codec:
        return _filled(data[2:].decode(codec, "replace")), ""
    text = decode_plain(data)
    if len(_CONTROL.findall(text)) > _MOST_CONTROLS * len(text):
        raise LabError("it is no text.")
    if lower.endswith(_HTML):
        return _filled(html_to_text(text)), "html"
    try:
        data.decode()
    except UnicodeDecodeError as error:
        cut = error.start > len(data) - 4 and len(data) == MAX_MAIL_BYTES
        return _filled(text), "" if cut else "cp1252"
    return _filled(text), ""


def _filled(text: str) -> str:
    text = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text:
        raise LabError("it is empty.")
    return text
