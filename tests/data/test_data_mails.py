"""Real shapes of e-mails: encodings, parts, HTML, and everything that is broken."""

import base64
import contextlib
import quopri
import random
import time
from email.message import EmailMessage

import pytest

from llmcore.data.mails import MAX_TEXT_CHARACTERS, html_to_text, looks_like_mail, read_mail
from llmcore.errors import LabError


def raw(headers: str, body: bytes | str = b"") -> bytes:
    body = body.encode() if isinstance(body, str) else body
    return headers.strip().encode() + b"\n\n" + body


def test_subject_and_body() -> None:
    mail = read_mail(
        raw("From: a@b.c\nSubject: Hello  you\n there", "First line\r\n\r\n\r\nlast\n")
    )
    assert mail.text == "Hello you there\nFirst line\n\nlast" and not mail.has_defects


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-15", "koi8-r", "utf-16"])
@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "8bit"])
def test_charsets_and_transfer_encodings(charset: str, encoding: str) -> None:
    text = "Привет" if charset == "koi8-r" else "Grüße für 5 €"
    data = text.encode(charset)
    if encoding == "8bit" and charset == "utf-16":
        pytest.skip("UTF-16 holds line ends that belong to no line")
    packed = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}
    body = packed.get(encoding, lambda item: item)(data)
    head = f"Subject: x\nContent-Type: text/plain; charset={charset}\n"
    assert read_mail(raw(head + f"Content-Transfer-Encoding: {encoding}", body)).body == text


def test_an_encoded_subject_is_decoded_and_a_broken_one_is_kept() -> None:
    good = "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= =?iso-8859-1?B?IPxiZXI=?="
    assert read_mail(raw(good, "x")).subject == "Grüße über"
    for broken in ("=?utf-8?q?=C3=28?=", "=?nonsense?q?hi?=", "=?utf-8?b?!!!?=", "=?rot13?q?ab?="):
        assert read_mail(raw(f"Subject: {broken}", "body")).text.endswith("body")


@pytest.mark.parametrize(
    "charset", ["x-unknown", "rot13", "zlib", "idna", '"', "undefined", "a\0b"]
)
def test_a_charset_that_nobody_knows_stops_nothing(charset: str) -> None:
    data = raw(f"Subject: s\nContent-Type: text/plain; charset={charset}", b"caf\xe9 \x80")
    assert read_mail(data).text.startswith("s\ncaf")


def test_of_alternatives_the_plain_one_is_read_and_attachments_are_not() -> None:
    message = EmailMessage()
    message["Subject"] = "Offer"
    message.set_content("the plain words")
    message.add_alternative("<p>the <b>other</b> words</p>", subtype="html")
    message.add_attachment(b"\0\1\2", maintype="image", subtype="png", filename="a.png")
    message.add_attachment("secret words", filename="a.txt")
    assert read_mail(bytes(message)).text == "Offer\nthe plain words"
    only_html = EmailMessage()
    only_html.set_content("<p>the <b>other</b> words</p>", subtype="html")
    assert read_mail(bytes(only_html)).text == "the other words"
    outer = EmailMessage()
    outer["Subject"] = "Fwd"
    outer.set_content("see below")
    outer.add_attachment(only_html, disposition="inline")
    assert read_mail(bytes(outer)).body.split() == ["see", "below", "the", "other", "words"]


def test_html_becomes_its_visible_text() -> None:
    page = (
        "<html><head><title>T<style>p {x}</style><body><h1>Big\nnews</h1><table><tr><td>a</td>"
        "<td>b</td></tr></table>&lt;b&gt; &#8364;5&nbsp;off<br/>bye<!-- no --><script>if (a < b) x"
        "</script></body>"
    )
    assert html_to_text(page) == "Big news\na\nb\n<b> €5 off\nbye"
    said_plain = raw("Subject: s\nContent-Type: text/plain", "<HTML><body>hi <i>you</i></body>")
    assert read_mail(said_plain).body == "hi you"
    for broken in ("<![foo[ x", "<p", "<", "&#xffffffff;", "<a href='", "<!doctype", "</", "<?x"):
        html_to_text("words " + broken)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"Subject: \n\n  \n", b"\0" * 50])
def test_a_mail_without_text_is_refused(data: bytes) -> None:
    with pytest.raises(LabError, match="no text|cannot be read"):
        read_mail(data)


def test_a_mail_that_is_not_well_formed_is_read_as_far_as_it_goes() -> None:
    head = "Subject: s\nContent-Type: multipart/mixed; boundary=B"
    cut = read_mail(raw(head, "--B\nContent-Type: text/plain\n\nstill here"))
    assert cut.body == "still here" and cut.has_defects
    assert read_mail(raw("Subject: s\nContent-Type: multipart/mixed", "no boundary")).has_defects


def test_depth_length_and_noise_end_nothing() -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i)
                    for i in range(3000))  # fmt: skip
    with pytest.raises(LabError):
        read_mail(b"Subject: deep\n" + deep)
    long = read_mail(raw("Subject: s", "word " * 100_000))
    assert len(long.text) <= MAX_TEXT_CHARACTERS
    draw = random.Random(0)
    pieces = [b"Subject: ", b"Content-Type: ", b"text/html", b"multipart/mixed; boundary=x", b"\n",
              b"--x\n", b"--x--\n", b"\n\n", b"=?utf-8?b?", b"?=", b"charset=", b"\xff\xfe",
              b"base64", b"Content-Transfer-Encoding: ", b"<p>", b"=E9", b"\0",
              b"message/rfc822"]  # fmt: skip
    for _ in range(1500):
        data = b"".join(draw.choices(pieces, k=draw.randrange(25)))
        with contextlib.suppress(LabError):
            assert read_mail(data).text


def test_a_text_file_is_a_mail_only_with_its_headers() -> None:
    assert looks_like_mail(b"From a@b Thu\nReturn-Path: <a>\nReceived: x\n\tmore\nSubject: s\n\nhi")
    assert not looks_like_mail(b"Subject: minutes of the meeting\n\nhello")
    assert not looks_like_mail(b"Dear you,\nTo: see\nthis: is\nno: mail\n")


@pytest.mark.parametrize("piece", ["<!--", "<a ", "<![", "<a href='", "</", "<script>", "&#", "<"])
def test_a_hostile_page_takes_time_in_proportion_to_its_length(piece: str) -> None:
    """The standard library's parser alone takes minutes for some of these."""
    began = time.process_time()
    html_to_text(piece * (300_000 // len(piece)))
    assert time.process_time() - began < 5


def test_a_subject_that_cannot_be_decoded_is_kept_as_it_stands() -> None:
    mail = read_mail(raw("Subject: =?utf-8?b?abc?= offer " + "=?a?b?c?= " * 9000, "body"))
    assert mail.text.startswith("=?utf-8?b?abc?= offer") and mail.body == "body"
