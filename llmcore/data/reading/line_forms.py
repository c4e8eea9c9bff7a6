"""Lines that are cut otherwise than by a comma, tab, semicolon or bar: longer or rarer signs,
spaces between quoted cells (R), rows in quotation marks (Excel), a label before the first space."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

CUT = "\x1f"  # stands for a delimiter of several characters
_LONG = (" +++$+++ ", " ::: ", ":::", "|||", "###", "$$$", "@@@")
_RARE = ("^", "~", "¦", "\x01", "§")
_FEWEST = 4  # lines
_LONGEST = 100_000  # characters of a line that is looked at
_SPACED = re.compile(r'"(?:[^"\\]|\\.|"")*"(?: (?:"(?:[^"\\]|\\.|"")*"|[\w.+-]+))+')
_WHOLE = re.compile(r'"(?:[^"]|"")*"')
_LAST_AT = re.compile(r"@(?=[^@\n]*$)", re.MULTILINE)
_TAG = re.compile(r"[\w /-]{1,30}")
_COARSE_FINE = re.compile(r"([A-Z]{2,}:\w+) (\S.*)")  # the questions of TREC
_BEFORE_SPACE = re.compile(r"^([A-Z]{2,}:\w+) ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class LineForm:
    """change: turns a block of lines into one that `cut` cuts. shown: the delimiter as it is in
    the file. plain: quotation marks are characters. sentence: what is said of it (a template)."""

    cut: str
    shown: str
    change: Callable[[str], str] | None
    plain: bool
    sentence: str


def before_others(lines: Sequence[str]) -> LineForm | None:
    """A form that no usual delimiter may be looked for in; None where there is none."""
    lines = [line.rstrip("\r\n") for line in lines if line.strip()]
    if len(lines) < 2:
        return None
    if lines[0].startswith('"') and _mostly(lines, _SPACED.fullmatch):
        return LineForm(" ", " ", None, False, "A space cuts the lines of {file} into cells")
    wrapped = lines[0].startswith('"') and _mostly(lines, _WHOLE.fullmatch)
    if wrapped and _is_table([_unwrapped(line) for line in lines]):
        return LineForm(",", ",", _unwrapped, False, "Each whole row of {file} stands in "
                        "quotation marks, which were taken off")  # fmt: skip
    for sign in _LONG:
        if _equally_many(lines, sign):
            return LineForm(CUT, sign, _replacing(sign), True,
                            f"The signs {sign.strip()} cut the lines of {{file}} into "
                            "cells")  # fmt: skip
    if len(lines) >= _FEWEST and _mostly(lines, _COARSE_FINE.fullmatch) and _come_again(
        [line.partition(" ")[0] for line in lines]
    ):  # fmt: skip
        return LineForm(
            CUT,
            " ",
            lambda block: _BEFORE_SPACE.sub(rf"\1{CUT}", block),
            True,
            "The lines of {file} begin with a label, up to the first space",
        )
    return None


def after_others(lines: Sequence[str]) -> LineForm | None:
    """A rarer delimiter, where no usual one cuts the lines."""
    lines = [line.rstrip("\r\n") for line in lines if line.strip()]
    if len(lines) < _FEWEST:
        return None
    for sign in _RARE:
        if _equally_many(lines, sign):
            ends = ([line.partition(sign)[0] for line in lines],
                    [line.rpartition(sign)[2] for line in lines])  # fmt: skip
            if any(map(_come_again, ends)):
                return LineForm(
                    sign,
                    sign,
                    None,
                    False,
                    f"The sign {sign!r} cuts the lines of {{file}} into cells",
                )
    tags = [line.rpartition("@")[2] for line in lines if "@" in line]
    if len(tags) == len(lines) and all(map(_TAG.fullmatch, tags)) and _come_again(tags):
        return LineForm(
            CUT,
            "@",
            lambda block: _LAST_AT.sub(CUT, block),
            True,
            "The last @ of each line of {file} stands between text and label",
        )
    return None


def _replacing(sign: str) -> Callable[[str], str]:
    return lambda block: block.replace(sign, CUT)


def _mostly(lines: Sequence[str], fits: Callable[[str], object]) -> bool:
    fitting = sum(len(line) <= _LONGEST and bool(fits(line)) for line in lines)
    return fitting >= 0.98 * len(lines)


def _equally_many(lines: Sequence[str], sign: str) -> bool:
    """Whether all lines but a few hold a sign, and equally often."""
    n = lines[0].count(sign)
    return n > 0 and _mostly(lines, lambda line: line.count(sign) == n)


def _come_again(values: Sequence[str]) -> bool:
    """Whether values are few and repeat, as labels do."""
    return 2 <= len(set(values)) <= max(3, len(values) / 3) and len(set(values)) < len(values)


def _unwrapped(block: str) -> str:
    """Lines without the quotation marks around each."""
    return "\n".join(
        line.rstrip("\r")[1:-1].replace('""', '"') if _WHOLE.fullmatch(line.rstrip("\r")) else line
        for line in block.split("\n")
    )


def _is_table(lines: Sequence[str]) -> bool:
    """Whether a comma cuts the lines into cells, of which the first or the last come again."""
    inside = [re.sub(r'"(?:[^"]|"")*"', "q", line) for line in lines]
    if not all("," in line for line in inside):
        return False
    known = lines[0].count(",") == inside[0].count(",") >= 1
    ends = ([line.partition(",")[0] for line in inside],
            [line.rpartition(",")[2] for line in inside])  # fmt: skip
    return known and any(map(_come_again, ends))
