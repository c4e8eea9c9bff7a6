"""Token labels for pictures: every character can be seen, and none can reorder a line."""

import unicodedata
from collections.abc import Sequence

_MARKS = {" ": "·", "\n": "↵", "\t": "⇥", "\r": "␍", "\u00a0": "⍽", "\u2028": "↵", "\u2029": "¶"}


def visible_label(label: str) -> str:
    """`label` with blanks, line ends and control characters as signs that can be seen.

    Direction marks and other invisible characters become their code, so that no token turns the
    text beside it around; a combining mark on its own gets a circle to sit on.

    >>> visible_label(" the\\n")
    '·the↵'
    >>> visible_label("")
    '∅'
    """
    shown = "".join(_visible_sign(sign) for sign in label)
    if shown and unicodedata.category(shown[0]).startswith("M"):
        shown = "◌" + shown
    return shown or "∅"


def visible_labels(labels: Sequence[str]) -> list[str]:
    return [visible_label(label) for label in labels]


def short_label(label: str, cells: int) -> str:
    """`label` cut to about `cells` Latin letters of width, with an ellipsis where it was cut.

    Chinese signs, emoji and the like count as two.
    """
    used, kept = 0, ""
    for sign in label:
        width = 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        if used + width > cells:
            # One cell for the ellipsis: what was kept may have to give way.
            return (kept[:-1] if used >= cells else kept) + "…"
        used, kept = used + width, kept + sign
    return kept


def _visible_sign(sign: str) -> str:
    if sign in _MARKS:
        return _MARKS[sign]
    code = ord(sign)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}:
        return f"\\u{code:04x}"
    return sign
