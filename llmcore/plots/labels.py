"""Token labels for pictures: every character can be seen, and none can reorder a line."""

import unicodedata
from collections.abc import Sequence

from llmcore.texts import visible_mark


def visible_label(label: str) -> str:
    """`label` with blanks, line ends and control characters as signs that can be seen.

    Direction marks and other invisible characters become their code, so that no token turns the
    text beside it around; a combining mark on its own gets a circle to sit on.

    >>> visible_label(" the\\n")
    '·the↵'
    >>> visible_label("")
    '∅'
    """
    shown = "".join(visible_mark(sign) or sign for sign in label)
    if shown and unicodedata.category(shown[0]).startswith("M"):
        shown = "◌" + shown
    return shown or "∅"


def visible_labels(labels: Sequence[str]) -> list[str]:
    return [visible_label(label) for label in labels]


def short_label(label: str, cells: int) -> str:
    """`label` cut to about `cells` Latin letters of width, with an ellipsis if it was cut.

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
