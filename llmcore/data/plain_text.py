"""Text as people type it: Markdown marks and typographic characters become plain ones.

A small vocabulary has no room for four kinds of quotation mark, so quotes, dashes and spaces take
their plain forms: ' " - -- and ... for the rest, `—` is the `--` that most of the texts use.
"""

import html
import re
import unicodedata

_SINGLE, _DOUBLE = (
    "\u2018\u2019\u201a\u201b\u2032\u02bc\u00b4`",
    "\u201c\u201d\u201e\u2033\u00ab\u00bb",
)
_PLAIN = str.maketrans(
    {
        **dict.fromkeys(_SINGLE, "'"),
        **dict.fromkeys(_DOUBLE, '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"),
        **dict.fromkeys("\u2014\u2015", "--"),
        "\u2026": "...",
        "\u2022": "-",
        **dict.fromkeys("\u00ad\u200a\u200b\u200c\u200d\u2060\ufeff\ufffd", ""),
    }
)
# UTF-8 that was read as Latin-1, such as "naÃ¯ve".
_MISREAD = re.compile("[\u00c2-\u00c5][\u0080-\u00bf]")
_BLANK = re.compile(r"[^\S\n]+")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_ELLIPSIS = re.compile(r"\.(?: \.){2,}|\.{5,}")
_LOOSE = re.compile(r"(?<=\w) (?=[,;!?](?:[\s\"']|$))")  # "Nature , page 2", left by emphasis

_BREAK = re.compile(r"(?:[-*_#=~.] ?)+")  # a line of nothing but marks
_NOTE = re.compile(r"\*+ \w")  # a footnote below its paragraph
_REMOVED = re.compile(
    r"!\[[^\]]*\]\([^)]*\)"  # images
    r"|\[\*?\s*(?:Illustration|Footnote|Transcriber)[^\]]*\]"
    r"|\{\s*(?:sic|footnote|another ed|p\.)[^}]*\}"
    r"|\[(?:Pg\.? ?|p\. ?|Page )?\d{1,4}\]"  # page numbers and marks of footnotes
    r"|</?[a-zA-Z][^<>\n]{0,200}>",
    re.IGNORECASE,
)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_ESCAPE = re.compile(r"\\([^\w\s])")
_EMPHASIS = re.compile(r"[*_~]+")
_ESCAPED_STAR = "\ue000"
_HEADING = re.compile(r"#{1,6}[ \t]*(.*?)[ \t#]*")
_BOILERPLATE = re.compile(
    r"project gutenberg|transcriber.s notes?\b|all rights reserved|produced by .{0,80}proofread"
    r"|^translated (?:from|by) .{0,80}$",
    re.IGNORECASE,
)
_LIST_TITLE = re.compile(r"(?:table of )?contents|(?:list of )?illustrations", re.IGNORECASE)
_SHORT = 80  # characters; longer lines are no entry of a table of contents
_BOILERPLATE_LENGTH = 2000  # characters; a longer paragraph is the author's own
_WRAPPED_SHARE = 0.25  # of the lines after the first begin in lower case: prose, not verse


def plain_characters(text: str) -> str:
    """`text` with plain quotes, dashes, dots and spaces: `“Well…”` becomes `"Well..."`.

    Letters keep their accents. Characters without a glyph go; UTF-8 that was read as Latin-1 is
    repaired if it shows. Line ends stay; other runs of blanks become one space.
    """
    text = _MISREAD.sub(_reread, text)
    text = unicodedata.normalize("NFC", text.translate(_PLAIN))
    text = _CONTROL.sub("", _BLANK.sub(" ", text))
    text = _ELLIPSIS.sub("...", text)
    return "\n".join(line.strip() for line in text.split("\n"))


def _reread(match: re.Match[str]) -> str:
    return match.group().encode("latin-1").decode("utf-8", "replace")


def plain_markdown(text: str) -> str:
    """Plain paragraphs, parted by one empty line, of a book that was written in Markdown.

    Headings become separate lines; emphasis, links, quote marks, escapes, footnotes, page
    numbers, pictures and tables of contents go. Lines that were wrapped at a width are joined
    again; verse and the lines of a play stay apart.
    """
    kept, in_list = [], False
    for block in re.split(r"\n\s*\n", html.unescape(text.replace("\r\n", "\n"))):
        if not (plain := _plain_block(block)):
            continue
        if _LIST_TITLE.fullmatch(plain.rstrip(".:")):
            in_list = True
            continue
        in_list = in_list and not block.lstrip().startswith("#") and len(plain) <= _SHORT
        if not in_list:
            kept.append(plain)
    return "\n\n".join(kept)


def _plain_block(block: str) -> str:
    """One paragraph without its marks; empty if there was nothing else."""
    lines = []
    for raw in block.split("\n"):
        line = raw.strip().lstrip(">").strip()
        if _NOTE.match(line) and "*" not in line[2:].rstrip("*"):
            break
        if line and not _BREAK.fullmatch(line):
            lines.append(_plain_line(line))
    plain = _LOOSE.sub("", plain_characters("\n".join(lines)))
    plain = unwrap([line for line in plain.split("\n") if line])
    if len(plain) <= _BOILERPLATE_LENGTH and _BOILERPLATE.search(plain):
        return ""
    return plain if any(map(str.isalnum, plain)) else ""


def _plain_line(line: str) -> str:
    if heading := _HEADING.fullmatch(line):
        line = heading.group(1)
    line = _LINK.sub(r"\1", _REMOVED.sub("", line))
    line = _ESCAPE.sub(lambda m: _ESCAPED_STAR if m[1] == "*" else m[1], line)
    return _EMPHASIS.sub("", line).replace(_ESCAPED_STAR, "*")


def unwrap(lines: list[str]) -> str:
    """The lines of one paragraph as one line if they are wrapped prose, else unchanged.

    Verse begins each line with a capital; prose that was cut at a width begins many in lower
    case.
    """
    following = [line.lstrip("\"'([") for line in lines[1:]]
    n_lower = sum(line[:1].islower() for line in following)
    if not following or n_lower < _WRAPPED_SHARE * len(following):
        return "\n".join(lines)
    joined = lines[0]
    for line in lines[1:]:
        hyphened = joined.endswith("-") and not joined.endswith("--")
        joined += line if hyphened else f" {line}"
    return joined
