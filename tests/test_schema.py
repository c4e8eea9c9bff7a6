"""One check for every file: types, bounds, and what JSON can smuggle in."""

from dataclasses import dataclass, field

import pytest

from llmcore.errors import DamagedError
from llmcore.files import read_json
from llmcore.schema import build, is_number, parse_json
from llmcore.settings import setting


@dataclass
class Inner:
    label: str


@dataclass
class File:
    n: int
    share: float | None = setting(None, "a share", 0.0, 1.0)
    names: list[str] = field(default_factory=list)
    sizes: tuple[int, ...] = ()
    on: bool = False
    inner: Inner | None = None
    scores: dict[str, float] = field(default_factory=dict)


def test_a_whole_file_is_read_and_what_is_unknown_is_dropped():
    made = build(File, {
        "n": 3, "share": 1, "names": ["a"], "sizes": [1, 2], "on": True, "new": [],
        "inner": {"label": "x", "other": 1}, "scores": {"a": 0.5},
    }, "f.json")  # fmt: skip
    assert made == File(3, 1, ["a"], (1, 2), True, Inner("x"), {"a": 0.5})
    assert build(File, {"n": 3, "share": None}, "f.json") == File(3)


@pytest.mark.parametrize(("values", "words"), [
    ([], "f.json is a list, which is no object"),
    ({}, "f.json lacks 'n'"),
    ({"n": "3"}, "f.json: n is '3', which is no whole number"),
    ({"n": True}, "n is True, which is no whole number"),
    ({"n": 2.0}, "n is 2.0, which is no whole number"),
    ({"n": None}, "n is None, which is no whole number"),
    ({"n": 10**400}, "n is a number too large, which is no whole number"),
    ({"n": {"a": 1}}, "n is an object, which is no whole number"),
    ({"n": 1, "share": float("nan")}, "share is nan, which is no number"),
    ({"n": 1, "share": float("inf")}, "share is inf, which is no number"),
    ({"n": 1, "share": True}, "share is True, which is no number"),
    ({"n": 1, "share": 1.5}, "share is 1.5 but must be at most 1.0"),
    ({"n": 1, "share": -1}, "share is -1 but must be at least 0.0"),
    ({"n": 1, "names": "ab"}, "names is 'ab', which is no list"),
    ({"n": 1, "names": ["a", 2]}, "a part of names is 2, which is no text"),
    ({"n": 1, "sizes": [1.5]}, "a part of sizes is 1.5"),
    ({"n": 1, "on": 1}, "on is 1, which is neither true nor false"),
    ({"n": 1, "inner": {"label": 1}}, "f.json: inner: label is 1, which is no text"),
    ({"n": 1, "scores": {"a": "x"}}, "scores is 'x', which is no number"),
    ({"n": "x" * 1000}, "^.{,120}$"),
])  # fmt: skip
def test_a_wrong_value_is_named_in_one_short_sentence(values, words):
    with pytest.raises(DamagedError, match=words) as caught:
        build(File, values, "f.json")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("content", "words"), [
    (b"[" * 100_000, "nested too deeply"),
    (b'{"a":' * 300 + b"1" + b"}" * 300, "nested too deeply"),
    (b'{"a": 1' + b"0" * 5000 + b"}", "cannot be read as JSON"),
    (b'{"a": "\xff"}', "cannot be read as JSON"),
    (b'{"a": 1', "cannot be read as JSON"),
    (b"\0" * 100, "cannot be read as JSON"),
    (b"7", "should hold a JSON object but holds 7"),
    (b"[" * 40 + b"]" * 40, "but holds a list"),
])  # fmt: skip
def test_what_is_no_json_object_is_damaged(tmp_path, content, words):
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(DamagedError, match=words):
        read_json(tmp_path / "x.json")


def test_lone_surrogates_of_a_file_are_replaced_at_any_depth():
    found = parse_json(b'{"a\\ud800": ["\\udc80x", "\\ud83d\\ude00"]}', "x")
    assert found == {"a�": ["�x", "😀"]}


def test_a_name_with_a_zero_byte_is_damaged_and_no_traceback(tmp_path):
    with pytest.raises(DamagedError, match="cannot be read"):
        read_json(tmp_path / "a\0b.json")


def test_numbers_are_those_that_an_array_holds():
    assert is_number(1) and is_number(-2.5) and is_number(2**63 - 1)
    assert not any(map(is_number, (True, None, "1", float("inf"), float("nan"), 2**63)))
