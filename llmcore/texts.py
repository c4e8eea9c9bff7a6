"""What a text is: one or several (in Python a text is also a sequence of texts, its letters), and
what of it cannot be seen by itself: blanks, controls, half a letter."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from llmcore.errors import LabError

# Common invisible characters by sign; the rest of the controls take U+2400's pictures.
MARKS = {" ": "·", "\t": "⇥", "\n": "↵", "\r": "␍", "\x7f": "␡", "\u00a0": "⍽", "\ufeff": "BOM"}
MARKS |= {"\u200b": "ZWSP", "\u200c": "ZWNJ", "\u200d": "ZWJ", "\u200e": "LRM", "\u200f": "RLM"}
_INVISIBLE = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"}


def visible_mark(character: str) -> str | None:
    """The sign shown for a character that one cannot see; None for a visible one."""
    if character in MARKS:
        return MARKS[character]
    if ord(character) < 32:
        return chr(0x2400 + ord(character))
    if unicodedata.category(character) in _INVISIBLE:
        return f"U+{ord(character):04X}"
    return None


def bytes_as_text(data: bytes) -> str:
    r"""UTF-8 as text; each byte that is no whole letter is written as Python writes it.

    The one way in which the lab shows half a letter, in pages and answers alike; tokens.js
    does the same.

    >>> bytes_as_text(b"caf\xc3")
    'caf\\xc3'
    """
    return data.decode("utf-8", errors="backslashreplace")


def check_text(value: object, what: str = "text") -> str:
    """`value`, if it is a text. Raises LabError for bytes, None, numbers and all else."""
    if not isinstance(value, str):
        raise LabError(f"A {what} must be a str, but {_named(value)} was given.{_remedy(value)}")
    return value


def each_text(values: Iterable[str], what: str = "text") -> Iterator[str]:
    """The texts one by one; lazy. Raises LabError at one that is no text."""
    for value in values:
        yield check_text(value, what)


def one_or_several(values: str | Iterable[str], what: str = "text") -> Iterable[str]:
    """A single text as a list of one, for what has the same result either way.

    Raises LabError at once for bytes, None and numbers; in an iterable, at the one it meets.
    """
    if isinstance(values, str):
        return [values]
    _check_several(values, what)
    return each_text(values, what)


def several(values: Sequence[str], what: str = "text") -> Sequence[str]:
    """`values`, if they are a sequence of texts. Raises LabError for a single one too."""
    not_one(values, what)
    for value in values:
        check_text(value, what)
    return values


def not_one(values: Iterable[object], what: str) -> None:
    """Raises LabError if one text, bytes, None or a number is given for a list of anything."""
    if isinstance(values, str):
        raise LabError(f"A single {what} was given where several are expected: put it in a list.")
    _check_several(values, what)


def _check_several(values: object, what: str) -> None:
    if isinstance(values, (bytes, bytearray)) or not isinstance(values, Iterable):
        raise LabError(
            f"A {what} (a str) or a list of them is expected, but {_named(values)} was "
            f"given.{_remedy(values)}"
        )


def _named(value: object) -> str:
    return "None" if value is None else f"a value of type {type(value).__name__}"


def _remedy(value: object) -> str:
    if isinstance(value, (bytes, bytearray)):
        return " Decode it first, for example with .decode('utf-8')."
    return ""


def text_table(header: list[str], rows: list[list[str]]) -> str:
    """Columns padded to their widest cell: `text_table(["a"], [["xy"]]) == "a\\nxy"`."""
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    padded = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    )
    return "\n".join(line.rstrip() for line in padded)


def bytes_in_words(value: float) -> str:
    """The size of files and memory as everyone reads it, in powers of ten.

    >>> bytes_in_words(498e6), bytes_in_words(3.14e12), bytes_in_words(12_288)
    ('498 MB', '3.1 TB', '12.3 kB')
    """
    for size, name in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= size:
            scaled = value / size
            return f"{scaled:,.0f} {name}" if scaled >= 100 else f"{scaled:.1f} {name}"
    return f"{value:.0f} bytes"
