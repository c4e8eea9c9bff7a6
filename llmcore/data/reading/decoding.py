"""From bytes in a known encoding to text, block by block, with line ends as \\n."""

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from llmcore.data.reading.report import Notices
from llmcore.data.reading.source import Source
from llmcore.errors import LabError
from llmcore.tokenizers.segments import replace_surrogates

MAX_LINE_CHARACTERS = 64 << 20
CUT_CHARACTERS = 1 << 20  # of a line, if lines may be cut
WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
# As browsers read it: the five bytes that Microsoft left undefined are the C1 controls.
CP1252 = "".join(bytes([n]).decode("cp1252", "ignore") or chr(n) for n in range(256))
_MARK_INSIDE = re.compile("(?:(?<=[\n\r])|^)\ufeff")
_ENDS = re.compile("[\n\r\ufeff]")


@dataclass(frozen=True, slots=True)
class Encoding:
    """name: as users know it ("utf-8", "windows-1252", "utf-16"). codec: of Python. skip: bytes
    of the mark at the beginning. way: "strict", "replace" (broken bytes become U+FFFD) or
    "lines" (a line that is no UTF-8 is Windows-1252). why: how it was recognised."""

    name: str
    codec: str
    why: str
    skip: int = 0
    way: str = "strict"


def text_blocks(
    source: Source, encoding: Encoding, notices: Notices, lone_return: str = "\n",
    keep_ends: bool = False, cut_lines: bool = False, blocks: Iterator[bytes] | None = None,
) -> Iterator[str]:  # fmt: skip
    """The text in blocks that end with a line (the last one as it ends), line ends as \\n.

    lone_return: what a carriage return alone becomes in a file that has other line ends: in a
    table it is usually inside a cell. keep_ends: `\\r\\n` may stay, as may lone
    returns far behind the beginning. cut_lines: a long line comes in parts. blocks: the file's
    bytes, if others take some of them as well. Zero characters are dropped and counted.
    Raises LabError for a line beyond MAX_LINE_CHARACTERS otherwise.
    """
    head = source.head().replace(b"\r\n", b"\n")
    old_mac = b"\n" not in head and encoding.codec not in WIDE
    keep_ends = keep_ends and b"\r" not in head
    tail, n_held = "", 0
    held_blocks: list[str] = []
    for block in _decoded(source, encoding, blocks):
        if encoding.codec in WIDE and "\N{REPLACEMENT CHARACTER}" in block:
            notices.add("broken_characters", "{characters} of {file} {are} broken, and {were} "
                        "replaced by \N{REPLACEMENT CHARACTER}",
                        n=block.count("\N{REPLACEMENT CHARACTER}"), file=source.name)  # fmt: skip
        if "\0" in block:
            notices.add("zero_characters", "{bytes} of value zero in {file} {were} dropped",
                        n=block.count("\0"), file=source.name)  # fmt: skip
            block = block.replace("\0", "")
        n_held += len(block)
        if not cut_lines and not _ENDS.search(block) and n_held <= MAX_LINE_CHARACTERS:
            held_blocks.append(block)  # of one long line: joined once
            continue
        text = tail + "".join(held_blocks) + block
        held_blocks, n_held = [], 0
        if "\ufeff" in block:  # files that were joined keep the mark of each
            text = _MARK_INSIDE.sub("", text)
        if "\r" in text:
            held = text.endswith("\r")  # its \n may come with the next block
            text = text[:-1] if held else text
            if not keep_ends:
                text = text.replace("\r\n", "\n")
                text = text.replace("\r", "\n" if old_mac else lone_return)
            text += "\r" if held else ""
        cut = text.rfind("\n") + 1
        if cut_lines and not cut and len(text) > CUT_CHARACTERS:
            cut = _inside_line(text)
        tail = text[cut:]
        if len(tail) > MAX_LINE_CHARACTERS:
            raise LabError(
                f"{source.name} has a line of more than {MAX_LINE_CHARACTERS:,} characters: it is "
                f"no text file with lines; give one, or cut the line."
            )
        if cut:
            yield _whole(text[:cut], source.name, notices)
    tail += "".join(held_blocks)
    if tail:
        yield _whole(tail.removesuffix("\r") + ("\n" if tail.endswith("\r") else ""),
                     source.name, notices)  # fmt: skip


def whole_text(source: Source, encoding: Encoding) -> str:
    """The text at once, unchanged: for what is no text of lines (JSON)."""
    return "".join(_decoded(source, encoding)).replace("\0", "")


def _inside_line(text: str) -> int:
    """Where a long line is cut: before its last space, else not inside of what begins with `<`."""
    cut = text.rfind(" ")
    if cut <= 0:
        cut = text.rfind("<", len(text) - 64)
    return cut if cut > 0 else len(text) - text.endswith("\r")


def lines_of_blocks(blocks: Iterable[str]) -> Iterator[str]:
    """The lines with their ends. (`str.splitlines` cuts at a dozen other characters as well.)"""
    for block in blocks:
        yield from io.StringIO(block, newline="\n").readlines()


def _decoded(
    source: Source, encoding: Encoding, blocks: Iterator[bytes] | None = None
) -> Iterator[str]:
    """Blocks as their codec reads them."""
    blocks = _skipping(source.blocks() if blocks is None else blocks, encoding.skip)
    if encoding.way == "lines":
        yield from map(_by_line, whole_lines(blocks))
        return
    if encoding.codec == "cp1252":
        for block in blocks:
            yield codecs.charmap_decode(block, "strict", CP1252)[0]
        return
    decoder = codecs.getincrementaldecoder(encoding.codec)(encoding.way)
    done = 0
    try:
        for block in blocks:
            yield decoder.decode(block)
            done += len(block)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise LabError(
            f"{source.name} is not {encoding.name.upper()} text (near byte {done:,} it cannot be "
            f"read): save it as UTF-8, or name its encoding."
        ) from error


def _skipping(blocks: Iterator[bytes], n: int) -> Iterator[bytes]:
    for number, block in enumerate(blocks):
        yield block[n:] if number == 0 else block


def whole_lines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    tail = b""
    for block in blocks:
        cut = block.rfind(b"\n") + 1
        if cut:
            yield tail + block[:cut]
            tail = b""
        tail += block[cut:]
    yield tail


def _by_line(block: bytes) -> str:
    try:
        return block.decode()
    except UnicodeDecodeError:
        return "".join(map(cp1252_line, block.splitlines(keepends=True)))


def cp1252_line(line: bytes) -> str:
    """One line, in UTF-8 if it is that, else in Windows-1252."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return codecs.charmap_decode(line, "strict", CP1252)[0]


def _whole(text: str, name: str, notices: Notices) -> str:
    """`text` without lone surrogates, which UTF-8 and the tokenizers do not know."""
    if text.isascii():  # known without looking
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        notices.add("broken_characters",
                    "Broken characters in {file} were replaced by \N{REPLACEMENT CHARACTER}",
                    file=name)  # fmt: skip
        return replace_surrogates(text)
    return text
