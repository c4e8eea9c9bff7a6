"""Mail boxes as rows: an mbox file a mail at a time, or one mail alone.

A line that begins with "From " parts mails only with a date in it and headers behind it: any mail
may hold such a line in its text, and not every program writes ">From " for it.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from itertools import islice

from llmcore.data.mails import MAX_MAIL_BYTES, MAX_TEXT_CHARACTERS, read_mail
from llmcore.data.reading.report import Notices
from llmcore.data.reading.rows import Rows, chunked
from llmcore.data.reading.source import Source
from llmcore.errors import LabError

_DATED = re.compile(rb"From .*(?:\b\d{1,2}:\d\d\b.*\b\d{4}\b|\b\d{4}\b.*\b\d{1,2}:\d\d\b)")
# A mail behind another one, in the first stretch of a file.
BOX_MARK = re.compile(rb"\n\r?\nFrom [^\n]*\d{1,2}:\d\d[^\n]*\n[!-9;-~]+:[ \t]")
_HEADER = re.compile(rb"[!-9;-~]+:(?:[ \t]|$)|>From ")
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_GMAIL = "X-Gmail-Labels"
_MAX_LINE_BYTES = 1 << 20
# Labels that say what was done with a mail, not what it is.
_STATES = frozenset({
    "opened", "unread", "important", "starred", "archived", "inbox", "sent", "trash", "drafts",
    "chat",
    "geöffnet", "ungelesen", "wichtig", "markiert", "archiviert", "posteingang", "gesendet",
    "papierkorb", "entwürfe",
    "ouvert", "ouverts", "non lus", "non lu", "suivis", "archivé", "archivés",
    "boîte de réception", "messages envoyés", "corbeille", "brouillons",
    "abierto", "abiertos", "no leídos", "no leído", "importante", "importantes", "destacados",
    "archivado", "archivados", "recibidos", "enviados", "papelera", "borradores",
    "aperto", "aperti", "da leggere", "speciali", "archiviati", "posta in arrivo", "posta inviata",
    "cestino", "bozze",
    "aberto", "não lidas", "com estrela", "arquivadas", "caixa de entrada", "lixeira", "rascunhos",
    "geopend", "ongelezen", "belangrijk", "met ster", "gearchiveerd", "verzonden", "prullenbak",
    "concepten",
})  # fmt: skip
_CATEGORY = re.compile(r"(?:category|kategorie|catégorie|categoría|categoria|categorie)[ :]", re.I)


def read_mbox(source: Source, notices: Notices) -> Rows:
    """`text` of each mail, and `label` if Gmail wrote its labels (X-Gmail-Labels): spam, else
    the first that the user gave. Raises LabError if there is no mail with text."""
    mails = _labelled(source, notices)
    first = list(islice(mails, 200))
    has_labels = any(label for _, _, label in first)
    columns = ["text", "label"] if has_labels else ["text"]

    def rows() -> Iterator[tuple[int, list[str | None]]]:
        for part in (first, mails):
            for number, text, label in part:
                yield number, [text, label] if has_labels else [text]

    if has_labels:
        notices.add("gmail_labels", "The class of each mail of {file} is its label in Gmail: "
                    "Spam, else the first that is not Inbox, Opened or the like",
                    file=source.name)  # fmt: skip
    result = Rows("mails", columns, True, chunked(rows()), notices, unit="mail",
                  why="it is a mail box (mbox)")  # fmt: skip
    if not first:
        raise LabError(f"{source.name} is a mail box without a mail that holds text.")
    return result


def read_one_mail(source: Source, notices: Notices) -> Rows:
    """The `text` of a file that is one mail. Raises LabError if there is none."""
    with source.open() as file:
        data = file.read(MAX_MAIL_BYTES)
    try:
        mail = read_mail(data)
    except LabError as error:
        raise LabError(f"{source.name} is an e-mail without text in it.") from error
    rows = iter([(1, [mail.text])])
    return Rows("mails", ["text"], True, chunked(rows), notices, unit="mail",
                why="it is one e-mail")  # fmt: skip


def mails_of(source: Source) -> Iterator[bytes]:
    """The mails of an mbox file without their "From " lines, each its first MAX_MAIL_BYTES."""
    held: list[bytes] = []
    size, blank, dated = 0, True, b""
    with source.open() as file:
        while line := file.readline(_MAX_LINE_BYTES):
            if dated:  # this line shows whether the one before parted two mails
                if _HEADER.match(line):
                    if held:
                        yield _unquoted(held)
                    held, size = [], 0
                elif size < MAX_MAIL_BYTES:
                    held.append(dated)
                dated = b""
            if blank and _DATED.match(line):
                dated, blank = line, False
                continue
            blank = not line.strip()
            if size < MAX_MAIL_BYTES:
                held.append(line)
                size += len(line)
    if held or dated:
        yield _unquoted([*held, dated])


def _unquoted(lines: list[bytes]) -> bytes:
    return _QUOTED.sub(rb"\1", b"".join(lines).lstrip(b"\r\n"))


def _labelled(source: Source, notices: Notices) -> Iterator[tuple[int, str, str | None]]:
    """(number, text, label) of each mail."""
    for number, data in enumerate(mails_of(source), 1):
        try:
            mail = read_mail(data)
        except LabError:
            notices.add("unreadable_mails", "{mails} of {file} {hold} no text and {were} left out",
                        number, unit="mail", file=source.name)  # fmt: skip
            continue
        if mail.has_defects:
            notices.add("defects", "{mails} of {file} {are} not quite well formed; what could be "
                        "read of them was read", number, unit="mail", file=source.name)  # fmt: skip
        if len(mail.text) >= MAX_TEXT_CHARACTERS:
            notices.add("cut_texts", f"{{mails}} of {{file}} {{have}} more than "
                        f"{MAX_TEXT_CHARACTERS:,} characters; the rest was left out",
                        number, unit="mail", file=source.name)  # fmt: skip
        yield number, mail.text, _gmail_label(data)


def _gmail_label(data: bytes) -> str | None:
    head = re.split(rb"\r?\n\r?\n", data, maxsplit=1)[0]
    if _GMAIL.lower().encode() not in head.lower():
        return None
    try:
        raw = message_from_bytes(head[: 1 << 18]).get(_GMAIL)
        text = str(make_header(decode_header(str(raw))))
    except (MessageError, LookupError, ValueError):
        return None
    labels = [part.strip().strip('"') for part in " ".join(text.split()).split(",")]
    labels = [label for label in labels if label]
    spam = next((label for label in labels if label.casefold() in ("spam", "junk")), None)
    own = [label for label in labels if label.casefold() not in _STATES]
    plain = [label for label in own if not _CATEGORY.match(label)]
    return spam or next(iter(plain + own + labels), None)
