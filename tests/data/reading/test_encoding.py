"""Bytes as text: UTF-8 first, repaired where nearly all of it is that; nothing without a word."""

import random

import pytest

from llmcore.data.reading.encoding import decode
from llmcore.errors import LabError

POLISH = "Zażółć gęślą jaźń. Był to piękny dzień i wszyscy byli szczęśliwi, gdyż świeciło słońce.\n"
RUSSIAN = "Отличный фильм, очень понравился\nПлохой сервис и грубый персонал\n"
GERMAN = "Das schöne Mädchen fährt über die Straße, für 5 €\n"
FRENCH = "Un été très agréable à la plage, dit l’élève\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_with_a_mark_is_read(encoding: str) -> None:
    found = decode("naïve 😀\r\nb\rc".encode(encoding), "x")
    assert found.text == "naïve 😀\nb\nc" and not found.notices.texts()


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_known_by_its_zeros(encoding: str) -> None:
    found = decode(("label,text\n" + GERMAN).encode(encoding), "x")
    assert found.text == "label,text\n" + GERMAN and found.encoding.name == encoding


@pytest.mark.parametrize("text", [GERMAN, FRENCH, "win £5\n", "“Hello” it’s 5…\n", "a \xa3 b\n"])
def test_what_is_no_utf_8_is_windows_1252_and_a_line_is_shown(text: str) -> None:
    found = decode(("first line\n" + text).encode("cp1252"), "x.csv")
    assert found.text == "first line\n" + text and found.encoding.name == "windows-1252"
    (said,) = found.notices
    assert said.line == 2 and text.strip()[:20] in said.text and "Windows-1252" in said.text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(POLISH, "cp1250"), (RUSSIAN, "cp1251"), (RUSSIAN, "koi8_r"), (FRENCH, "mac_roman"),
     ("この映画はとても面白かったです。\n最悪のサービスでした。\n", "shift_jis"),
     ("这部电影非常好看\n服务太差了，再也不来了\n", "gb18030"),
     ("Πολύ καλή ταινία, μου άρεσε\nΚακή εξυπηρέτηση\n", "cp1253")],
)  # fmt: skip
def test_where_windows_1252_cannot_be_right_another_is_taken_and_said(text, encoding) -> None:
    found = decode(3 * text.encode(encoding), "x.csv")
    assert found.text == 3 * text
    assert "cannot be Windows-1252" in found.notices.texts()[0]
    named = decode(text.encode(encoding), "x.csv", encoding)
    assert named.text == text and not named.notices.texts()


def test_broken_bytes_of_utf_8_are_replaced_and_counted() -> None:
    data = "é ü\n".encode() * 30 + b"a \xff b\n"
    for mark in (b"", b"\xef\xbb\xbf"):
        found = decode(mark + data, "x.csv")
        assert found.text.endswith("a \ufffd b\n") and found.encoding.name == "utf-8"
        (said,) = found.notices
        assert (said.kind, said.line, said.count) == ("repaired_characters", 31, 1)


def test_a_file_of_two_encodings_is_read_line_by_line() -> None:
    found = decode("é\nü\n".encode() + "ñ und ä\n".encode("cp1252"), "x.csv")
    assert found.text == "é\nü\nñ und ä\n"
    assert "mixes encodings" in found.notices.texts()[0]


def test_an_odd_byte_at_the_end_of_utf_16_is_said() -> None:
    found = decode(b"\xff\xfea\0b", "notes.txt")
    assert (
        found.text == "a\ufffd" and "1 character of notes.txt is broken" in found.notices.texts()[0]
    )


def test_what_is_no_text_is_refused() -> None:
    draw = random.Random(0)
    for data in (draw.randbytes(5000), bytes(5000), b"abc" + bytes(range(32)) * 9):
        with pytest.raises(LabError, match="not a text file"):
            decode(data, "notes.bin")
    with pytest.raises(LabError, match="no encoding 'klingon'"):
        decode(b"a", "x", "klingon")
    with pytest.raises(LabError, match="is not ASCII text"):
        decode("é".encode(), "x", "ascii")
