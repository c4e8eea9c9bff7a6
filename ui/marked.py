"""Text in Markdown, as Streamlit's page reads it: our own words, and what others wrote in between.

Streamlit goes over a text once more after it has parsed its Markdown: it makes links of addresses,
icons of `:material/home:`, emoji of `:smile:`, an arrow of `->`, a dash of `--`. A backslash does
not keep it from that, an empty element in the middle does, and it leaves nothing behind in what
one reads or copies. `tests/ui/test_page_text.py` insists on `plain` and `code` for all values
that a page puts into Markdown.
"""

import re
from typing import TypeAlias

# Text that is Markdown already: our own words, with `plain(...)` around what others wrote.
Markdown: TypeAlias = str

_CUT = ":small[]"
# What Streamlit 1.67's page replaces in a parsed text; a cut comes after each match.
_REPLACED = re.compile(
    r":(?=[a-z0-9_+-]*:|material/|//)"  # :smile:, :material/home:, https://
    r"|@(?=[\w.-])"  # name@example.org
    r"|(?<![a-z0-9])www(?=\.)"
    r"|[<>~=-](?=[<>~=-]+(?:[\s\ufeff]|$))",  # ->, <-, <->, --, >=, <=, ~=
    re.IGNORECASE,
)
_SPECIAL = frozenset("\\`*_{}[]()<>#+-.!|~$:&")


def plain(text: str) -> Markdown:
    """`text` as Markdown that a page shows as itself: users and models may write any sign."""
    parts, at = [], 0
    for found in _REPLACED.finditer(text):
        parts += [escaped(text[at : found.end()]), _CUT]
        at = found.end()
    whole = "".join([*parts, escaped(text[at:])])
    # Blanks at an end would be cut off, and would keep `**` beside them from being read.
    front, inner = len(whole) - len(whole.lstrip()), whole.strip()
    ends = whole[:front], whole[front + len(inner) :]
    return inner.join("".join(f"&#{ord(sign)};" for sign in end) for end in ends)


def lines(text: str) -> Markdown:
    """`text` as Markdown that keeps its line ends. For a whole block, `st.text` shows all of it."""
    return "  \n".join(plain(line) for line in text.split("\n"))


def code(text: str) -> Markdown:
    """`text` in the type of code, as `plain` if code would be changed."""
    if ":material/" in text or not text.strip() or {"\n", "\r"} & set(text):
        return plain(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def escaped(text: str) -> str:
    """`text` as one line of Markdown for any reader: a file, another program."""
    return "".join(_escaped_sign(sign) for sign in text)


def _escaped_sign(sign: str) -> str:
    if sign in _SPECIAL:
        return f"\\{sign}"
    return f"&#{ord(sign)};" if sign in "\n\r\t" else sign
