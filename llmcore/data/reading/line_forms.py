"""Lines that are cut otherwise than by a comma, tab, semicolon or bar: longer or rarer signs,
spaces between quoted cells (R), rows in quotation marks (Excel), a label before a colon, an arrow
or the first space, in brackets, or behind the text."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

CUT = "\x1f"  # means a delimiter of several characters
_LONG = (" +++$+++ ", " ::: ", ":::", "|||", "###", "$$$", "@@@")
_RARE = ("^", "~", "¦", "\x01", "§")
_FEWEST = 4  # lines
_LONGEST = 100_000  # characters of a line that is looked at
_SPACED = re.compile(r'"(?:[^"\\]|\\.|"")*"(?: (?:"(?:[^"\\]|\\.|"")*"|[\w.+-]+))+')
_WHOLE = re.compile(r'"(?:[^"]|"")*"')
_LAST_AT = re.compile(r"@(?=[^@\n]*$)", re.MULTILINE)
_TAG = re.compile(r"[\w /-]{1,30}")
_COARSE_FINE = re.compile(r"([A-Z]{2,}:\w+) (\S.*)")  # the questions of TREC
# Words that only a label is; what begins a line of plain text may come again as well.
_CLASS_WORDS = frozenset({
    "ham", "spam", "pos", "neg", "neu", "positive", "negative", "neutral", "true", "false", "toxic",
    "clean", "joy", "anger", "sadness", "fear", "sports", "sport", "politics", "business", "tech",
    "negativ", "positiv", "neutre", "positivo", "negativo",
})  # fmt: skip
# Who speaks, and what is above mails: such lines are talks and headers.
_SPEAKERS = frozenset({
    "user", "assistant", "system", "human", "bot", "ai", "gpt", "q", "a", "question", "answer",
    "customer", "agent", "me", "you", "frage", "antwort", "pregunta", "respuesta", "re", "fw",
    "fwd", "aw", "wg", "subject", "from", "to", "date", "speaker", "client", "support", "operator",
    "person", "interviewer", "interviewee", "doctor", "patient", "teacher", "student",
})  # fmt: skip
_SIGNS = (": ", ":", " => ", "=>", " -> ", "->", " - ", " = ", "=")
_BEHIND = (" => ", "=>", " -> ", "->", " - ", " : ")
_IN_BRACKETS = re.compile(r"\s*(?:\[([^\[\]]{1,30})\]|\(([^()]{1,30})\)|<(\w[\w -]{0,29})>)\s*(.*)")
_BEHIND_BRACKETS = re.compile(r"(.*?)\s*(?:\[([^\[\]]{1,30})\]|\(([^()]{1,30})\))\s*")
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
    """A form that no usual delimiter may be looked for in; None if there is none."""
    lines = [line.rstrip("\r\n") for line in lines if line.strip()]
    if len(lines) < 2:
        return None
    if lines[0].startswith('"') and _mostly(lines, _SPACED.fullmatch):
        return LineForm(" ", " ", None, False, "A space cuts the lines of {file} into cells")
    wrapped = lines[0].startswith('"') and _mostly(lines, _WHOLE.fullmatch)
    if wrapped and _is_table([_unwrapped(line) for line in lines]):
        return LineForm(",", ",", _unwrapped, False, "Each whole row of {file} stands in "
                        "quotation marks, which were taken off")  # fmt: skip
    if len(lines) >= _FEWEST and (form := _behind_at(lines)):
        return form
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
    """A rarer delimiter, if no usual one cuts the lines."""
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
    return _behind_at(lines)


def _behind_at(lines: Sequence[str]) -> LineForm | None:
    tags = [line.rpartition("@")[2] for line in lines if re.search(r"[^,;|\t]@", line)]
    if len(tags) == len(lines) and all(map(_TAG.fullmatch, tags)) and _come_again(tags):
        return LineForm(
            CUT,
            "@",
            lambda block: _LAST_AT.sub(CUT, block),
            True,
            "The last @ of each line of {file} stands between text and label",
        )
    return None


def label_in_line(lines: Sequence[str]) -> LineForm | None:
    """A label before or behind the text of each line, with a sign between them: few values that
    come again. Talks look alike, and stay unchanged."""
    lines = [line.strip() for line in lines if line.strip()]
    if len(lines) < _FEWEST:
        return None
    for sign in _SIGNS:
        tags = [line.partition(sign)[0].strip() for line in lines if sign in line]
        if _are_labels(tags, lines):
            return _cut_by(_first_of(sign), sign.strip(), "The lines of {file} begin with a label, "
                           f"up to the first {sign.strip()}")  # fmt: skip
    for sign in _BEHIND:
        tags = [line.rpartition(sign)[2].strip() for line in lines if sign in line]
        if _are_labels(tags, lines):
            return _cut_by(_last_of(sign), sign.strip(), "The lines of {file} end with a label, "
                           f"behind the last {sign.strip()}")  # fmt: skip
    for pattern, where in ((_IN_BRACKETS, "begin"), (_BEHIND_BRACKETS, "end")):
        found = [match for line in lines if (match := pattern.fullmatch(line))]
        tags = [next(mark for mark in _marks(match) if mark).strip() for match in found]
        if _are_labels(tags, lines):
            return _cut_by(_bracketed(pattern), "[]", "The lines of {file} " + where
                           + " with a label in brackets")  # fmt: skip
    tags = [line.partition(" ")[0] for line in lines if " " in line]
    if _are_labels(tags, lines) and _are_no_words(tags, lines):
        return _cut_by(_first_of(" "), " ", "The lines of {file} begin with a label, up to the "
                       "first space")  # fmt: skip
    return None


def _are_labels(tags: Sequence[str], lines: Sequence[str]) -> bool:
    if len(tags) < 0.98 * len(lines) or not all(map(_TAG.fullmatch, tags)):
        return False
    folded = {tag.casefold() for tag in tags}
    if not _come_again(tags) or folded <= _SPEAKERS:
        return False
    if folded <= _CLASS_WORDS or len(folded) > 2:
        return True
    names = all(tag[:1].isupper() for tag in tags)
    return not (names and all(a != b for a, b in pairwise(tags)))


def _are_no_words(tags: Sequence[str], lines: Sequence[str]) -> bool:
    """Whether what comes before the first space is no word of the text: words for classes,
    numbers, names of several parts, or small words before sentences that begin with a capital."""
    folded = {tag.casefold() for tag in tags}
    if folded <= _CLASS_WORDS or all(re.fullmatch(r"[+-]?\d{1,2}", label) for label in folded):
        return True
    if all("_" in label for label in folded):
        return True
    rests = [line.partition(" ")[2].lstrip() for line in lines]
    capitals = sum(rest[:1].isupper() for rest in rests)
    return all(tag[:1].islower() for tag in tags) and capitals > 0.9 * len(rests)


def _cut_by(one_line: Callable[[str], str], shown: str, sentence: str) -> LineForm:
    def change(block: str) -> str:
        return "\n".join(map(one_line, block.split("\n")))

    return LineForm(CUT, shown, change, True, sentence)


def _first_of(sign: str) -> Callable[[str], str]:
    def cut(line: str) -> str:
        label, found, text = line.strip().partition(sign)
        return f"{label.strip()}{CUT}{text.strip()}" if found else line

    return cut


def _last_of(sign: str) -> Callable[[str], str]:
    def cut(line: str) -> str:
        text, found, label = line.strip().rpartition(sign)
        return f"{text.strip()}{CUT}{label.strip()}" if found else line

    return cut


def _marks(match: re.Match[str]) -> list[str | None]:
    groups = match.groups()
    return list(groups[:3] if match.re is _IN_BRACKETS else groups[1:])


def _bracketed(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def cut(line: str) -> str:
        match = pattern.fullmatch(line)
        if match is None:
            return line
        label = next(mark for mark in _marks(match) if mark).strip()
        first = pattern is _IN_BRACKETS
        return f"{label}{CUT}{match[4]}" if first else f"{match[1]}{CUT}{label}"

    return cut


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
