"""A corpus as documents, one after another: a text, a folder or zip of texts, rows of a table.

A document is cut into pieces that are read as they come, so that memory stays flat whatever the
size of the file. What is done to the text on the way is in the report.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from llmcore.data.mails import MAX_MAIL_BYTES, html_to_text, read_mail
from llmcore.data.reading import formats
from llmcore.data.reading.decoding import text_blocks, whole_text
from llmcore.data.reading.encoding import recognise_encoding
from llmcore.data.reading.kept_marks import say_marks_of_text
from llmcore.data.reading.mailbox_rows import mails_of
from llmcore.data.reading.members import Member, unpacked
from llmcore.data.reading.open import open_rows
from llmcore.data.reading.report import Notices, ReadingReport
from llmcore.data.reading.rows import Rows
from llmcore.data.reading.source import Source, source_at
from llmcore.data.reading.text_columns import document_role, row_texts
from llmcore.data.reading.text_files import FOLDERS, text_files
from llmcore.errors import LabError
from llmcore.tokenizers.roles import END_OF_TEXT

MAX_MARKUP_BYTES = 256 << 20  # of one HTML or RTF file, which is read whole
_TABLES = (
    formats.DELIMITED, formats.JSON, formats.JSONL, formats.XLSX, formats.PARQUET, formats.ARROW,
)  # fmt: skip
_NAMED_HTML = re.compile(r"\.x?html?(?:\.gz)?$", re.IGNORECASE)
_TAG = re.compile(rb"<(?:p|div|h[1-6]|span|a|br|ul|ol|table|article|section|b|i|em)\b[^<>]*>", re.I)
_WIKI_PAGE = re.compile(r"^<doc id=[^\n]*>\n", re.MULTILINE)  # as WikiExtractor writes them
_WIKI_END = re.compile(r"^</doc>\n*", re.MULTILINE)
_NAMED_JSON = re.compile(r"\.(?:json|jsonl|ndjson)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CorpusOptions:
    """text_column: of a table or of JSON, by name or number. keep_marks: `<|endoftext|>` stays in
    the text, else it parts documents. as_text: a file is one unchanged text, whatever it looks
    like. encoding: what the user says, None for a guess."""

    text_column: str | None = None
    keep_marks: bool = False
    as_text: bool = False
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a document's text, and whether the document ends behind it."""

    text: str
    ends: bool


def read_documents(
    where: Path | Source,
    name: str,
    text_column: str | None = None,
    keep_marks: bool = False,
    options: CorpusOptions | None = None,
) -> tuple[Iterator[str], ReadingReport]:
    """The documents of a file, a folder, a zip or an upload, as they come, and the report, which
    is complete once the last one was taken.

    Raises NotFoundError if there is nothing, ChoiceError if a column has to be chosen,
    LabError for what cannot be read.
    """
    chosen = options or CorpusOptions(text_column, keep_marks)
    pieces, report = read_pieces(where, name, chosen)
    return documents_of(pieces), report


def documents_of(pieces: Iterable[Piece]) -> Iterator[str]:
    """Whole documents out of their pieces."""
    held: list[str] = []
    for piece in pieces:
        held.append(piece.text)
        if piece.ends:
            yield "".join(held)
            held.clear()


def read_pieces(
    where: Path | Source, name: str, options: CorpusOptions
) -> tuple[Iterator[Piece], ReadingReport]:
    """The same in pieces. Documents without a letter are dropped. What has to be chosen or cannot
    be read is raised here, not later, except for the files of a folder."""
    report = ReadingReport(name, "corpus", formats.TEXT)
    return _counted(_opened(where, options, report), report), report


def _opened(where: Path | Source, options: CorpusOptions, report: ReadingReport) -> Iterator[Piece]:
    if isinstance(where, Path) and where.is_dir():
        members = text_files(where, report)
        assert members is not None, "a folder has members, or is refused"
        return _of_members(members, options, report)
    source = unpacked(where if isinstance(where, Source) else source_at(where))
    if options.as_text or (members := text_files(source, report)) is None:
        return _of_file(source, options, report)
    return _of_members(members, options, report)


def _counted(pieces: Iterator[Piece], report: ReadingReport) -> Iterator[Piece]:
    """Counts documents, and drops those that are nothing but spaces and delimiters."""
    held: list[Piece] = []  # the blank beginning of a document
    has_text = False
    for piece in pieces:
        has_text = has_text or bool(piece.text.strip(" \t\r\n,;|"))  # an empty table is no text
        held.append(piece)
        if has_text:
            yield from held
            held.clear()
        if piece.ends:
            report.taken += has_text
            report.read += has_text
            has_text = False
            held.clear()


# ---- one file


def _of_members(
    members: Iterable[Member], options: CorpusOptions, report: ReadingReport
) -> Iterator[Piece]:
    """The files of a folder or a zip. One that cannot be read is left out and named."""
    encodings: list[str] = []
    for member in members:
        try:
            yield from _of_file(member.source(), options, report)
        except LabError as error:
            if getattr(error, "asks", False):
                raise
            report.read += 1
            report.left_out += 1
            report.notices.add("left_out", "{files} {were} left out: {why}", n=1, why=str(error)
                               .rstrip("."))  # fmt: skip
            continue
        if report.encoding and report.encoding not in encodings:
            encodings.append(report.encoding)
    report.encoding = ", ".join(encodings) or None
    if not report.taken:
        why = "; ".join(report.notices.texts()) or "there is no file with a text in it"
        raise LabError(f"{report.name} holds no text to learn from: {why}")


def _of_file(source: Source, options: CorpusOptions, report: ReadingReport) -> Iterator[Piece]:
    """Opens a file at once; its pieces come later."""
    format, why = formats.TEXT, "you said so"
    if not options.as_text:
        recognised = formats.recognise(source)
        format, why = recognised.format, recognised.why
        if _NAMED_HTML.search(source.name) and _TAG.search(source.head()):
            format, why = formats.HTML, "its name and its tags say so"
    if format in (formats.JSON, formats.JSONL) and not _is_surely_json(source):
        report.notices.add("no_json", "{file} begins as JSON but is none; it is read as a text",
                           file=source.name)  # fmt: skip
        format, why = formats.TEXT, "it is text"
    if format in _TABLES:
        return _of_table(source, options, report)
    if format in (formats.ZIP, formats.TAR):
        raise LabError(f"{source.name} is an archive inside of an archive: unpack it first.")
    if format in (formats.HTML, formats.RTF):
        return _of_markup(source, format, why, options, report)
    if format in (formats.MAIL, formats.MBOX):
        _describe(report, "mails", why)
        return _of_mails(source, format, options, report)
    _describe(report, formats.TEXT, why)
    return _of_text(source, options, report)


def _is_surely_json(source: Source) -> bool:
    """Whether a file is named so, or its first value is a whole one: a bracket or a quotation mark
    also begins many a text."""
    if _NAMED_JSON.search(source.name):
        return True
    text = source.head().decode("utf-8-sig", "ignore").lstrip()
    inside = text[1:].lstrip() if text.startswith("[") else text
    try:
        _, end = json.JSONDecoder(strict=False).raw_decode(inside)
    except (ValueError, RecursionError):
        return len(inside) > 1 << 16 and inside.startswith("{")  # a value longer than the head
    rest = inside[end:].lstrip()
    return rest[:1] in ((",", "]") if text.startswith("[") else ("", "{", ","))


def _describe(report: ReadingReport, format: str, why: str) -> None:
    """The format of a single file; a folder or zip has its own."""
    if report.format not in (FOLDERS, formats.ZIP, formats.TAR):
        report.format, report.why = format, why


def _of_text(source: Source, options: CorpusOptions, report: ReadingReport) -> Iterator[Piece]:
    encoding = recognise_encoding(source, report.notices, options.encoding)
    report.encoding = encoding.name
    blocks = text_blocks(source, encoding, report.notices, cut_lines=True)
    first = next(blocks, "")
    if not options.as_text:
        say_marks_of_text(first, report.notices)
    blocks = chain([first], blocks)
    if _WIKI_PAGE.match(first) and not options.as_text:
        report.notices.add("wiki_pages", "The pages of {files} are documents; the tags around "
                           "them (<doc …>) were taken out")  # fmt: skip
        return _of_wiki(blocks, options, report.notices)
    return _ended(part for block in blocks for part in _parted(block, options, report.notices))


def _of_wiki(
    blocks: Iterable[str], options: CorpusOptions, notices: Notices
) -> Iterator[Piece]:  # fmt: skip
    """The pages of a file of WikiExtractor."""
    for block in blocks:
        *pages, rest = _WIKI_END.split(_WIKI_PAGE.sub("", block))
        for page in pages:
            yield from _ended(_parted(page, options, notices))
        yield from _parted(rest, options, notices)
    yield Piece("", True)


def _of_mails(
    source: Source, format: str, options: CorpusOptions, report: ReadingReport
) -> Iterator[Piece]:
    """Subject and text of each mail."""
    report.notices.add("mails", "{files} {are} e-mails: the subject and the text of each mail are "
                       "learned, without other headers and attachments; to learn the source "
                       "itself: --as-text")  # fmt: skip
    mails = mails_of(source) if format == formats.MBOX else [source.head(MAX_MAIL_BYTES)]
    for number, data in enumerate(mails, 1):
        try:
            mail = read_mail(data)
        except LabError:
            report.read += 1
            report.left_out += 1
            report.notices.add("unreadable_mails", "{mails} {hold} no text and {were} left out",
                               number, unit="mail")  # fmt: skip
            continue
        text = f"{mail.subject}\n{mail.body}".strip()
        yield from _ended(_parted(text, options, report.notices))


def _ended(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The end of a file is the end of a document."""
    yield from pieces
    yield Piece("", True)


def _parted(text: str, options: CorpusOptions, notices: Notices) -> Iterator[Piece]:
    """`text` cut at the marks that end a document; what follows the last one goes on."""
    parts = text.split(END_OF_TEXT)
    n_marks = len(parts) - 1
    if n_marks:
        _say_marks(n_marks, options, notices)
    if options.keep_marks:
        yield Piece(text, False)
        return
    for part in parts[:-1]:
        yield Piece(part, True)
    yield Piece(parts[-1], False)


def _say_marks(n: int, options: CorpusOptions, notices: Notices) -> None:
    if options.keep_marks:
        notices.add("marks_kept", "{mark} stays in the text, {times}", n=n, mark=END_OF_TEXT)
        return
    notices.add(
        "marks", "{mark} was taken for the end of a document, {times}; to leave it in the text: "
        "--keep-marks, or the switch in the page", n=n, mark=END_OF_TEXT,
    )  # fmt: skip


def _of_markup(
    source: Source, format: str, why: str, options: CorpusOptions, report: ReadingReport
) -> Iterator[Piece]:
    _describe(report, format, why)
    if source.size > MAX_MARKUP_BYTES:
        raise LabError(
            f"{source.name} is {format.upper()} of {source.size:,} bytes but at most "
            f"{MAX_MARKUP_BYTES:,} can be read: save it as plain text."
        )
    if format == formats.HTML:
        encoding = recognise_encoding(source, report.notices, options.encoding)
        report.encoding = encoding.name
        page = whole_text(source, encoding)
        text = html_to_text(page, max_characters=len(page))
        report.notices.add("html", "The markup of {pages} was taken out: what a browser shows is "
                           "learned; to learn the source itself: --as-text")  # fmt: skip
    else:
        text = _rtf_text(source)
        report.encoding = "windows-1252"
        report.notices.add(
            "rtf", "The markup of {files} in RTF was taken out: the text alone is learned"
        )
    if not text.strip():
        raise LabError(f"{source.name} holds no text beside its markup: give a text.")
    return _ended(_parted(text, options, report.notices))


def _rtf_text(source: Source) -> str:
    from striprtf.striprtf import rtf_to_text

    try:
        return rtf_to_text(source.read().decode("cp1252", "replace"), errors="replace")
    except Exception as error:  # a parser of others, on anybody's bytes
        raise LabError(
            f"{source.name} is a damaged RTF file ({type(error).__name__}): save it as plain text."
        ) from error


# ---- tables


def _of_table(source: Source, options: CorpusOptions, report: ReadingReport) -> Iterator[Piece]:
    named = [] if options.text_column is None else [options.text_column]
    rows = open_rows(source, report.notices, options.encoding, named, "texts")
    _describe(report, rows.format, rows.why)
    report.encoding = rows.encoding or report.encoding
    report.columns = rows.columns
    column = document_role(rows, source.name, options.text_column, report)
    return _of_rows(rows, column, options, report)


def _of_rows(
    rows: Rows, column: int, options: CorpusOptions, report: ReadingReport
) -> Iterator[Piece]:
    for text in row_texts(rows, column, report):
        for piece in _parted(text, options, report.notices):
            yield replace(piece, ends=True)
