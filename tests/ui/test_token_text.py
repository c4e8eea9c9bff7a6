"""What is drawn for the bytes of a token."""

import numpy as np
import pytest

from llmcore.plots.labels import visible_label
from llmcore.texts import bytes_as_text
from llmcore.tokenizers import builtin_tokenizer
from ui.token_text import hex_of, parts_of, plain_label, visible_mark, whole_characters


@pytest.mark.parametrize(
    ("data", "parts"),
    [
        (b" fox", [["m", "·"], ["t", "fox"]]),
        (b"\n\n", [["n", "↵"], ["n", "↵"]]),
        (b"\r\n", [["m", "␍"], ["n", "↵"]]),
        (b"\0\x1b\x7f", [["m", "␀␛␡"]]),
        ("é🎉".encode(), [["t", "é🎉"]]),
        ("🎉".encode()[:3], [["x", "\\xf0"], ["x", "\\x9f"], ["x", "\\x8e"]]),
        ("é".encode()[1:] + b"a", [["x", "\\xa9"], ["t", "a"]]),
        ("\u202e".encode(), [["m", "U+202E"]]),
        (b"\xed\xa0\x80", [["x", "\\xed"], ["x", "\\xa0"], ["x", "\\x80"]]),
        (b"", []),
    ],
)
def test_parts_of(data: bytes, parts: list[list[str]]) -> None:
    assert parts_of(data) == parts


def test_every_ascii_control_has_a_mark_and_every_letter_none() -> None:
    assert all(visible_mark(chr(code)) for code in [*range(33), 127])
    assert not any(visible_mark(sign) for sign in "aZ9é語ا🎉")


def test_half_a_letter_is_written_the_same_in_every_view() -> None:
    """By the parts of a token, by its label in a picture, and in the answers of commands."""
    rng = np.random.default_rng(0)
    signs = " \n\t\0\x7f\u00a0\u200b\u202e\ufeffaé中🎉"
    for n in range(300):
        whole = "".join(rng.choice(list(signs), 6)).encode()
        first, last = sorted(rng.integers(0, len(whole) + 1, 2).tolist())
        data = whole[first:last] + (rng.bytes(3) if n % 3 == 0 else b"")
        if data:
            assert plain_label(data) == visible_label(bytes_as_text(data)).removeprefix("◌"), data
    halves = builtin_tokenizer("gpt2").encode("🎉")
    labels = [builtin_tokenizer("gpt2").token_label(halve) for halve in halves]
    assert labels == [r"\xf0\x9f", r"\x8e", r"\x89"]
    shown = [plain_label(builtin_tokenizer("gpt2").token_bytes(halve)) for halve in halves]
    assert shown == labels == [visible_label(label) for label in labels]


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
