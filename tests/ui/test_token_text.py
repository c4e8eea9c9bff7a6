"""What is drawn for the bytes of a token."""

import pytest

from ui.token_text import hex_of, parts_of, plain_label, visible_mark, whole_characters


@pytest.mark.parametrize(
    ("data", "parts"),
    [
        (b" fox", [["m", "·"], ["t", "fox"]]),
        (b"\n\n", [["n", "↵"], ["n", "↵"]]),
        (b"\r\n", [["m", "␍"], ["n", "↵"]]),
        (b"\0\x1b\x7f", [["m", "␀␛␡"]]),
        ("é🎉".encode(), [["t", "é🎉"]]),
        ("🎉".encode()[:3], [["x", "F0"], ["x", "9F"], ["x", "8E"]]),
        ("é".encode()[1:] + b"a", [["x", "A9"], ["t", "a"]]),
        ("\u202e".encode(), [["m", "U+202E"]]),
        (b"\xed\xa0\x80", [["x", "ED"], ["x", "A0"], ["x", "80"]]),
        (b"", []),
    ],
)
def test_parts_of(data: bytes, parts: list[list[str]]) -> None:
    assert parts_of(data) == parts


def test_every_ascii_control_has_a_mark_and_every_letter_none() -> None:
    assert all(visible_mark(chr(code)) for code in [*range(33), 127])
    assert not any(visible_mark(sign) for sign in "aZ9é語ا🎉")


def test_labels() -> None:
    assert plain_label(b"\thi\n") == "⇥hi↵"
    assert hex_of(b"\x00\xff") == "00 FF"


def test_whole_characters_completes_a_split_character() -> None:
    party = "🎉".encode()
    text = b"a " + party + b"b"
    assert whole_characters(text, 4, 5) == party
    assert whole_characters(text, 1, 4) == b" " + party
    assert whole_characters(text, 0, 1) == b"a"
    assert whole_characters(party[2:], 0, 1) == party[2:]
