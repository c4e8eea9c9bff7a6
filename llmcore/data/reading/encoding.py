"""Which encoding a file is in: UTF-8 first, repaired if nearly all of it is valid; UTF-16 by its
mark or its zeros; then Windows-1252, in which any byte means something, with a line to look at.

No detector is the judge: charset-normalizer names a neighbour of Windows-1252 for most of its
short texts (measured: cp1250, £ becomes Ł), and koi8-r for short texts in Windows-1251. If
Windows-1252 cannot be right, `codepages` decides by the words that each encoding would make.
"""

import codecs
import re
from dataclasses import dataclass

from llmcore.data.reading import codepages
from llmcore.data.reading.decoding import (
    CP1252,
    WIDE,
    Encoding,
    cp1252_line,
    text_blocks,
    whole_lines,
)
from llmcore.data.reading.report import Notices, quoted
from llmcore.data.reading.source import HEAD_BYTES, Source, source_of
from llmcore.errors import LabError

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins like UTF-16's, so it is asked first
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
MOST_SEQUENCES = 200_000  # characters beyond ASCII that are counted; the rest is alike
NEARLY_ALL = 4  # valid characters for each broken byte: then the file is UTF-8 with damage
MOST_OTHERS = 3  # encodings that a sentence names
ZEROS = 0.25  # of the bytes at odd (or even) places: UTF-16 of mostly Latin letters
CONTROLS = 0.02  # of a text's characters; random bytes have a tenth

_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    rb"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}"
    rb"|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]"
)
_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
# What no Western word holds: a sign between two letters, a foreign capital after a small letter.
_UNLIKELY = re.compile(
    "(?<=[a-zà-ÿ])(?:[\u0080-\u009f\u00a1-\u00ac\u00ae-\u00bf×÷‚„†‡ˆ‰‹›•˜™–—€ƒ…“”](?=[a-zà-ÿ])|[À-ÖØ-ÞŠŽŒŸ](?![A-Z]))"
)
_CONTROL = re.compile("[\x01-\x08\x0e-\x19\x1b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A whole text (line ends are \\n), how it was read, and what was noticed."""

    text: str
    encoding: Encoding
    notices: Notices


def decode(data: bytes, name: str, encoding: str | None = None) -> Decoded:
    """Text of a file's bytes. encoding: what the user says, instead of a guess.

    Raises LabError for what is no text, or no text in the encoding that was given.
    """
    source, notices = source_of(data, name), Notices()
    recognised = recognise_encoding(source, notices, encoding)
    return Decoded("".join(text_blocks(source, recognised, notices)), recognised, notices)


def recognise_encoding(source: Source, notices: Notices, chosen: str | None = None) -> Encoding:
    """How a file's bytes are to be read; says so in `notices` unless it is plain UTF-8.

    Reads the whole file once if it is not marked. Raises LabError for what is no text.
    """
    head = source.head()
    found = _chosen(source, chosen, head) or _marked(head) or _by_zeros(head)
    if found is None:
        found = _utf8_or_else(source, notices)
    elif found.codec == "utf-8" and not _is_utf8(source):
        _say_repaired(source, _count(source), notices)
    _refuse_binary(source, head, found)
    return found


def _chosen(source: Source, chosen: str | None, head: bytes) -> Encoding | None:
    if chosen is None:
        return None
    try:
        codec = codecs.lookup(chosen)
        if not codec._is_text_encoding:
            raise LookupError
    except (LookupError, ValueError) as error:
        raise LabError(
            f"There is no encoding {chosen!r}: give one such as utf-8, windows-1252 or utf-16."
        ) from error
    marked = _marked(head)
    if codec.name in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be") and marked:
        return marked
    if codec.name == "utf-16":
        return Encoding("utf-16", "utf-16-le", "you said so")
    codec_name = {"utf-8-sig": "utf-8"}.get(codec.name, codec.name)
    name = "windows-1252" if codec_name == "cp1252" else codec_name
    return Encoding(name, codec_name, "you said so")


def _marked(head: bytes) -> Encoding | None:
    for mark, codec in MARKS:
        if head.startswith(mark):
            name = codec.removesuffix("-le").removesuffix("-be")
            return Encoding(name, codec, "a byte-order mark begins it", len(mark), "replace")
    return None


def _by_zeros(head: bytes) -> Encoding | None:
    """UTF-16 without a mark: every second byte of Latin letters, digits and spaces is zero."""
    n = len(head) // 2
    if head.count(0) < 3:
        return None
    even, odd = head[0 : 2 * n : 2].count(0) / n, head[1 : 2 * n : 2].count(0) / n
    for codec, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if zeros > ZEROS and others < zeros / 10 and n >= 4:
            try:
                codecs.getincrementaldecoder(codec)().decode(head[: 2 * n])
            except UnicodeDecodeError:
                continue
            return Encoding(codec, codec, "every second byte is zero")
    return None


@dataclass(slots=True)
class _Count:
    """Characters beyond ASCII: those that are valid UTF-8, the bytes that are not, and where.
    whole_lines: lines all of whose such characters are valid; broken_lines: the others."""

    valid: int = 0
    broken: int = 0
    whole_lines: int = 0
    broken_lines: int = 0
    first_line: int = 0
    first: bytes = b""  # the line itself
    lines: bytes = b""  # some lines with such bytes, for a judge


def _utf8_or_else(source: Source, notices: Notices) -> Encoding:
    if _is_utf8(source):
        return Encoding("utf-8", "utf-8", "all of it is valid UTF-8")
    found = _count(source)
    if not found.broken:  # only the end is cut
        found.broken = 1
    if found.valid >= NEARLY_ALL * found.broken:
        _say_repaired(source, found, notices)
        return Encoding("utf-8", "utf-8", "nearly all of it is valid UTF-8", way="replace")
    other = _beyond_cp1252(found.lines)
    if other and not found.whole_lines:
        shown = found.first.decode(other, "replace")
        notices.add(
            "encoding",
            "{file} is not UTF-8 and cannot be Windows-1252; it was read as {encoding}, for "
            "example {line_text}: if that is wrong, name the encoding ({others})",
            found.first_line, file=source.name, encoding=other, line_text=quoted(shown),
            others=_others(found.lines, other),
        )  # fmt: skip
        return Encoding(other, other, "its characters make words in it", way="replace")
    return _cp1252(source, found, notices)


def _say_repaired(source: Source, found: _Count, notices: Notices) -> None:
    notices.add(
        "repaired_characters",
        "{bytes} of {file} {are} no UTF-8, as the rest is, and {were} replaced by "
        "\N{REPLACEMENT CHARACTER}",
        found.first_line or None, max(1, found.broken), file=source.name,
    )  # fmt: skip


def _cp1252(source: Source, found: _Count, notices: Notices) -> Encoding:
    """Windows-1252; if whole lines are UTF-8 nevertheless, those stay UTF-8."""
    line_text, others = quoted(cp1252_line(found.first)), _others(found.lines, "cp1252")
    advice = "for example {line_text}: if that is wrong, name the encoding ({others})"
    why = "it is not UTF-8, and in Windows-1252 every byte means something"
    if not found.whole_lines:
        template = f"{{file}} is not UTF-8; it was read as Windows-1252, {advice}"
        notices.add("encoding", template, found.first_line,
                    file=source.name, line_text=line_text, others=others)  # fmt: skip
        return Encoding("windows-1252", "cp1252", why)
    template = ("{file} mixes encodings: {lines} {are} no UTF-8 and {were} read as Windows-1252, "
                + advice)  # fmt: skip
    notices.add("encoding", template, found.first_line, found.broken_lines,
                file=source.name, line_text=line_text, others=others)  # fmt: skip
    name = "utf-8" if found.whole_lines >= found.broken_lines else "windows-1252"
    return Encoding(name, "cp1252", why + "; lines that are UTF-8 stay so", way="lines")


def _others(lines: bytes, taken: str) -> str:
    """The flag with the encodings that may be meant as well."""
    likely = [candidate for candidate in codepages.candidates(lines) if candidate != taken]
    named = likely or [codepage for codepage in ("cp1250", "mac_roman") if codepage != taken]
    return f"--encoding {' or '.join(named[:MOST_OTHERS])}"


def _is_utf8(source: Source) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in source.blocks():
            if decoder.getstate()[0] or not block.isascii():
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _count(source: Source) -> _Count:
    """Looks at the characters beyond ASCII, at most MOST_SEQUENCES once a broken one was met."""
    found, number = _Count(), 0
    for block in whole_lines(source.blocks()):
        for line in block.split(b"\n"):
            number += 1
            if not line.isascii():
                _count_line(line.rstrip(b"\r"), number, found)
        number -= 1  # what follows the last line end belongs to the next block
        if found.broken and found.valid + found.broken > MOST_SEQUENCES:
            break
    return found


def _count_line(line: bytes, number: int, found: _Count) -> None:
    lengths = [len(sequence) for sequence in _SEQUENCE.findall(line)]
    broken = lengths.count(1)
    found.valid += len(lengths) - broken
    found.broken += broken
    if not broken:
        found.whole_lines += 1
        return
    found.broken_lines += 1
    if not found.first_line:
        found.first_line, found.first = number, line
    if len(found.lines) < HEAD_BYTES // 8:
        found.lines += line + b"\n"


def _beyond_cp1252(lines: bytes) -> str | None:
    """The encoding of lines that no Western text in Windows-1252 looks like."""
    text = codecs.charmap_decode(lines, "strict", CP1252)[0]
    if eastern := codepages.east_asian(lines):
        return eastern
    if codepages.turkish(text):
        return "cp1254"
    if central := codepages.central_european(lines, text):
        return central
    text = codepages.without_signs(text)
    high = [c for c in text if c > "\x7f"]
    letters = sum(c.isalpha() for c in text)
    foreign = sum(c.isalpha() for c in high) > 0.4 * max(1, letters)
    unlikely = len(_UNLIKELY.findall(text)) > 0.1 * len(high)
    known = codepages.western(text) or sum(map(str.isalpha, high)) < codepages.FEWEST
    if known and not (foreign or unlikely or _UNDEFINED.search(lines)):
        return None
    return codepages.other_script(lines)


def _refuse_binary(source: Source, head: bytes, encoding: Encoding) -> None:
    """Raises LabError if the beginning is no text: too many control characters or zeros."""
    if encoding.codec in WIDE:
        return
    zeros = head.count(0)
    text = head.decode("latin-1")
    if zeros > len(head) // 5 or len(_CONTROL.findall(text)) > CONTROLS * len(text):
        raise LabError(
            f"{source.name} is not a text file (its bytes are no characters): give CSV, TSV, JSON, "
            f"JSONL, Excel, Parquet or plain text."
        )
