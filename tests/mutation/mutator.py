"""Damage to files, drawn from a seed: the same seed and the same file give the same damage."""

import json
import random
from collections.abc import Callable
from typing import Any

MAGIC = (
    b"PK\x03\x04", b"PAR1", b"\x1f\x8b\x08\x00", b"%PDF-1.7", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\x80\x04\x95", b"ARROW1\0\0", b"{\\rtf1", b"From ",
)  # fmt: skip
JUNK = (
    b"\0", b"\0" * 1000, b"\xff", b"\xc3", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b"\r",
    b"\r\n\r\n", b'"', b"'", b",", b"\t", b"<", b"\x1b[2J", "\u2028".encode(), "\u202e".encode(),
    b"[" * 5000, b'{"a":' * 2000, b"x" * 100_000, b" " * 100_000, b"1" * 5000, b"1e999", b"NaN",
    b"-0", b"../../x",
)  # fmt: skip
DEEP: Any = 1
for _ in range(80):
    DEEP = [DEEP]
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 7, 2**31, 2**63, 10**400, 0.5, -1e300, float("nan"), float("inf"),
    "", "x", "0", "\0", "\ud800", "../../etc/passwd", "/etc/passwd", "x" * 20_000, "<script>", [],
    [[]], [None], [7], ["x"], {}, {"a": 1}, DEEP, "\u202e", "step_00000001", "1e5",
    "20260101-000000-x-abcdef",
)  # fmt: skip


def mutated(data: bytes, rng: random.Random) -> bytes:
    """One to three damages, one upon the other."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        kind = rng.choice(_KINDS)
        data = kind(data, rng)
    return data


def _flipped(data: bytes, rng: random.Random) -> bytes:
    if not data:
        return data
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randint(0, len(data))]


def _stretch(data: bytes, rng: random.Random) -> tuple[int, int]:
    start = rng.randint(0, len(data))
    return start, min(len(data), start + rng.choice((1, 4, 50, 1000)))


def _deleted(data: bytes, rng: random.Random) -> bytes:
    start, end = _stretch(data, rng)
    return data[:start] + data[end:]


def _repeated(data: bytes, rng: random.Random) -> bytes:
    start, end = _stretch(data, rng)
    return data[:end] + data[start:end] * rng.choice((1, 1, 2, 20)) + data[end:]


def _moved(data: bytes, rng: random.Random) -> bytes:
    start, end = _stretch(data, rng)
    rest, place = data[:start] + data[end:], rng.randint(0, len(data))
    return rest[:place] + data[start:end] + rest[place:]


def _with_junk(data: bytes, rng: random.Random) -> bytes:
    place = rng.choice((0, len(data), rng.randint(0, len(data))))
    return data[:place] + rng.choice(JUNK) + data[place:]


def _other_magic(data: bytes, rng: random.Random) -> bytes:
    mark = rng.choice(MAGIC)
    return mark + data[len(mark) * rng.choice((0, 1)) :]


def _other_encoding(data: bytes, rng: random.Random) -> bytes:
    text = data.decode("utf-8", "replace")
    return text.encode(rng.choice(("utf-16", "utf-16-le", "utf-32", "cp1252", "utf-7")), "replace")


def _other_lines(data: bytes, rng: random.Random) -> bytes:
    """Lines in another order, or one of them many times."""
    lines = data.split(b"\n")
    if rng.random() < 0.5:
        rng.shuffle(lines)
    else:
        place = rng.randrange(len(lines))
        lines[place:place] = [lines[place]] * rng.choice((1, 30))
    return b"\n".join(lines)


def _other_value(data: bytes, rng: random.Random) -> bytes:
    """A JSON value, whole or of one line, with one of its parts of another type, gone or new."""
    lines = data.split(b"\n")
    place = rng.randrange(len(lines))
    for whole in (True, False):
        try:
            value = json.loads(data if whole else lines[place])
        except (ValueError, RecursionError):
            continue
        changed = json.dumps(_changed(value, rng)).encode("utf-8", "replace")
        return changed if whole else b"\n".join([*lines[:place], changed, *lines[place + 1 :]])
    return _flipped(data, rng)


def _changed(value: Any, rng: random.Random) -> Any:
    """Goes down at random and changes what it stands before."""
    inner = isinstance(value, (dict, list)) and len(value) > 0
    if not inner or rng.random() < 0.15:
        return rng.choice(VALUES)
    if isinstance(value, list):
        copy = list(value)
        place = rng.randrange(len(copy))
        if rng.random() < 0.1:
            return copy[:place] + copy[place + 1 :]
        copy[place] = _changed(copy[place], rng)
        return copy
    made = dict(value)
    key = rng.choice(list(made))
    if (chance := rng.random()) < 0.1:
        del made[key]
    elif chance < 0.15:
        made[rng.choice(("", "x", "__class__", "\ud800", key.upper()))] = made.pop(key)
    else:
        made[key] = _changed(made[key], rng)
    return made


_KINDS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flipped, _cut, _deleted, _repeated, _moved, _with_junk, _with_junk, _other_magic,
    _other_encoding, _other_lines, _other_value, _other_value, _other_value, _other_value,
)  # fmt: skip
