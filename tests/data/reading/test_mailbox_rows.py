"""Mail boxes: where a mail ends, Gmail's labels, and what holds no text."""

import mailbox
from email.message import EmailMessage

import pytest

from llmcore.data.reading.mailbox_rows import mails_of, read_mbox
from llmcore.data.reading.open import open_rows
from llmcore.data.reading.report import Notices
from llmcore.data.reading.source import source_of
from llmcore.errors import LabError


def message(subject: str, body: str, labels: str = "") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["To"] = "a@b.c", subject, "d@e.f"
    if labels:
        mail["X-Gmail-Labels"] = labels
    mail.set_content(body)
    return mail


def box_of(tmp_path, *mails: EmailMessage) -> bytes:
    box = mailbox.mbox(tmp_path / "x.mbox")
    for mail in mails:
        box.add(mail)
    box.flush()
    return (tmp_path / "x.mbox").read_bytes()


def read(data: bytes, name: str = "x.mbox"):
    notices = Notices()
    rows = open_rows(source_of(data, name), notices)
    return rows, [tuple(record.values()) for _, record in rows.records()], notices.texts()


def test_a_line_that_begins_with_from_parts_nothing_by_itself(tmp_path) -> None:
    body = "Dear you,\n\nFrom here on it is easy.\n\nFrom 12:30 on 3 May 2026 we are away\nBye\n"
    data = box_of(tmp_path, message("One", body), message("Two", "Hi\n"))
    assert data.count(b"\n>From ") == 2
    for form in (data, data.replace(b"\n>From ", b"\nFrom "), data.replace(b"\n", b"\r\n")):
        rows, cells, notices = read(form)
        assert cells == [
            ("One\nDear you,\n\nFrom here on it is easy.\n\nFrom 12:30 on 3 May 2026 we are away\n"
             "Bye",), ("Two\nHi",),
        ]  # fmt: skip
        assert (rows.columns, rows.format, rows.unit, notices) == (["text"], "mails", "mail", [])


def test_the_class_is_the_label_in_gmail(tmp_path) -> None:
    data = box_of(
        tmp_path,
        message("A", "a\n", "Inbox,Opened,Category Promotions,Invoices"),
        message("B", "b\n", "Spam,Unread"),
        message("C", "c\n", "Inbox,Category Updates"),
        message("D", "d\n", "Inbox,Opened"),
        message("E", "e\n", "=?UTF-8?Q?B=C3=BCcher?="),
        message("F", "f\n"),
    )
    rows, cells, notices = read(data)
    assert rows.columns == ["text", "label"]
    assert [label for _, label in cells] == ["Invoices", "Spam", "Category Updates", "Inbox",
                                             "Bücher", None]  # fmt: skip
    assert any("is its label in Gmail" in notice for notice in notices)


def test_mails_without_text_are_counted(tmp_path) -> None:
    empty = EmailMessage()
    empty["From"], empty["To"], empty["Date"] = "a@b.c", "d@e.f", "Fri, 1 May 2026 10:00:00 +0000"
    _, cells, notices = read(box_of(tmp_path, message("A", "a\n"), empty, message("B", "b\n")))
    assert cells == [("A\na",), ("B\nb",)]
    assert notices == ["1 mail of x.mbox holds no text and was left out (in mail 2)."]
    with pytest.raises(LabError, match="without a mail that holds text"):
        read_mbox(source_of(box_of(tmp_path / "..", empty)[:0] + b"From x\n\n", "y"), Notices())


def test_one_mail_alone() -> None:
    rows, cells, _ = read(message("A", "a\n").as_bytes(), "x.eml")
    assert cells == [("A\na",)] and rows.columns == ["text"]
    with pytest.raises(LabError, match="without text"):
        read(b"From: a@b.c\nTo: d@e.f\nDate: now\n\n", "x.eml")


def test_a_mail_of_one_endless_line_takes_little_memory() -> None:
    data = b"From a@b.c Fri May  1 10:00:00 2026\nSubject: x\n\n" + b"a" * (12 << 20)
    mails = list(mails_of(source_of(data, "x")))
    assert len(mails) == 1 and len(mails[0]) < 6 << 20
