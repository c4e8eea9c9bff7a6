"""E-mails as text: subject and body, whatever their encoding, read by the standard library.

A mail is untrusted and often broken. Whatever can be read is read; nothing in it is run, opened
or fetched.
"""

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from html.parser import HTMLParser

from llmcore.errors import LabError
from llmcore.tokenizers.segments import replace_surrogates

MAX_MAIL_BYTES = 4 << 20  # what follows is an attachment as a rule; the rest is not read
MAX_SUBJECT_CHARACTERS = 4_000
MAX_HTML_CHARACTERS = 1 << 20
MAX_TEXT_CHARACTERS = 20_000  # of one mail: several times what the longest context holds

_HEADER = re.compile(rb"(?:From |(?:[A-Za-z][A-Za-z0-9-]*:[ \t]))[^\n]*\n")
_MAIL_HEADERS = re.compile(
    rb"^(?:from|subject|date|received|message-id|return-path|to)[: ]", re.IGNORECASE | re.MULTILINE
)
_EMLX = re.compile(rb"(\d{1,9})[ \t]*\r?\n(?=[A-Za-z][A-Za-z0-9-]*:)")
_BROKEN = (MessageError, LookupError, ValueError, TypeError, AttributeError, RecursionError)
_SILENT = frozenset({"script", "style", "title"})
_NEW_LINE = frozenset({
    "address", "article", "blockquote", "br", "center", "dd", "div", "dl", "dt", "footer", "form",
    "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "ol", "p", "pre", "section", "table",
    "td", "th", "tr", "ul",
})  # fmt: skip


@dataclass(slots=True, frozen=True)
class Mail:
    """What a reader sees of an e-mail. `has_defects`: the parser found it not quite well formed."""

    subject: str
    body: str
    has_defects: bool

    @property
    def text(self) -> str:
        """Subject and body, at most MAX_TEXT_CHARACTERS."""
        return f"{self.subject}\n{self.body}".strip()[:MAX_TEXT_CHARACTERS].rstrip()


def read_mail(data: bytes) -> Mail:
    """Subject and body of an e-mail: parts joined, HTML as text, attachments left out.

    Raises LabError if there is no text in it.
    """
    try:
        # The old policy decodes headers only when asked; the new one raises on many a real one.
        message = message_from_bytes(_unwrapped(data)[:MAX_MAIL_BYTES])
        subject = _subject(message)
        body = _body_of(message)
        defects = bool(message.defects) or any(part.defects for part in message.walk())
    except _BROKEN as error:
        raise LabError(f"it cannot be read as an e-mail ({type(error).__name__}).") from error
    mail = Mail(_clean(subject), _clean(body), defects)
    if not mail.text:
        raise LabError("it holds no text.")
    return mail


def looks_like_mail(data: bytes) -> bool:
    """Whether a text file begins with an e-mail's headers: three lines of them, two well known."""
    head = data[:8192].replace(b"\r\n", b"\n").lstrip(b"\n")
    if size := _EMLX.match(head):
        head = head[size.end() :]
    at, n_headers = 0, 0
    while match := _HEADER.match(head, at):
        n_headers, at = n_headers + 1, match.end()
        while head[at : at + 1] in {b" ", b"\t"}:  # a folded header goes on
            at = head.find(b"\n", at) + 1 or len(head)
    return n_headers >= 3 and len(_MAIL_HEADERS.findall(head[:at])) >= 2


def _unwrapped(data: bytes) -> bytes:
    """A mail without what Apple Mail writes around it (.emlx): its size ahead, flags behind."""
    size = _EMLX.match(data)
    return data if size is None else data[size.end() : size.end() + int(size[1])]


def decode_plain(data: bytes) -> str:
    """A text file: UTF-8 if it is that, else Windows-1252, in which any byte means something."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _subject(message: Message) -> str:
    raw = message.get("Subject")
    if raw is None:
        return ""
    raw = str(raw)[:MAX_SUBJECT_CHARACTERS]
    try:
        encoded = decode_header(raw)
    except MessageError:
        return " ".join(raw.split())
    parts = []
    for part, charset in encoded:
        parts.append(part if isinstance(part, str) else _decoded(part, charset))
    return " ".join("".join(parts).split())


def _body_of(part: Message) -> str:
    """The text of a part, its own parts included; of alternatives the plainest with words."""
    if part.get_content_disposition() == "attachment":
        return ""
    if part.is_multipart():
        inner = [held for held in part.get_payload() if isinstance(held, Message)]
        if part.get_content_subtype() == "alternative":
            inner.sort(key=lambda part: part.get_content_type() != "text/plain")
            return next((text for part in inner if (text := _body_of(part)).strip()), "")
        return "\n".join(text for part in inner if (text := _body_of(part)).strip())
    if part.get_content_maintype() != "text":
        return ""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    text = _decoded(payload, part.get_content_charset())
    return html_to_text(text) if _is_html(part, text) else text


def _is_html(part: Message, text: str) -> bool:
    """Many an old mail sends HTML and calls it plain text."""
    if part.get_content_subtype() == "html":
        return True
    return bool(re.match(r"\s*(?:<!doctype html|<html\b)", text[:500], re.IGNORECASE))


def _decoded(data: bytes, charset: str | None) -> str:
    """By the charset that is named if that works, else as a text file of unknown origin."""
    if charset:
        try:
            return data.decode(charset)
        except (LookupError, ValueError):  # unknown, no text encoding, or simply wrong
            pass
    return decode_plain(data)


def _clean(text: str) -> str:
    """Lines with single spaces, at most one empty line between, no control characters."""
    text = replace_surrogates(text.replace("\r\n", "\n").replace("\r", "\n"))
    text = re.sub(r"[^\S\n]+", " ", re.sub(r"[\x00-\x08\x0b-\x1f\x7f\u200b\ufeff]", "", text))
    return re.sub(r" ?\n(?: ?\n)+", "\n\n", text).strip()


# ---- HTML


class _Text(HTMLParser):
    """Collects what a browser would show as text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # Any new tag ends the silence: titles are often left open.
        self._silent = tag in _SILENT
        if tag in _NEW_LINE:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = False
        if tag in _NEW_LINE and tag != "br":
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(re.sub(r"\s+", " ", data))


def html_to_text(html: str, max_characters: int = MAX_HTML_CHARACTERS) -> str:
    """The visible text of an HTML page (its first `max_characters`), a line for each block;
    scripts and styles left out.

    >>> html_to_text("<p>Dear <b>friend</b>,</p>win &pound;5<br>now<script>x()</script>")
    'Dear friend,\\nwin £5\\nnow'
    """
    parser, html = _Text(), _without_comments(html[:max_characters])
    try:
        parser.feed(html)
        parser.close()
        text = "".join(parser.parts)
    except (AssertionError, ValueError):  # the parser's answer to some broken declarations
        text = re.sub(r"<[^<>]*>", " ", html)
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _without_comments(html: str) -> str:
    """The page without comments, and each `<` that opens no tag as plain text.

    The parser looks for the end of a tag or a comment again at each that is left open, so its
    time would grow with the square of a hostile page, or worse.
    """
    kept, at = [], 0
    while (start := html.find("<!--", at)) >= 0:
        kept.append(html[at:start])
        end = html.find("-->", start + 4)
        at = end + 3 if end >= 0 else len(html)
    kept.append(html[at:])
    return re.sub(r"<(?![a-zA-Z/!?][^<>]{0,5000}>)", "&lt;", "".join(kept))
