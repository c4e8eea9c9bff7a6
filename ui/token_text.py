"""Token bytes as something that can be seen: no character of a text stays invisible."""

from collections.abc import Iterator

from llmcore.texts import bytes_as_text, visible_mark


def parts_of(data: bytes) -> list[list[str]]:
    r"""A token's bytes as `[kind, text]` parts, neighbours of a kind joined.

    Kinds: `t` text, `m` a visible mark, `n` a mark that ends a line, `x` one byte that is no text
    by itself (a character can be split over tokens).

    >>> parts_of(b" a\n\xf0")
    [['m', '·'], ['t', 'a'], ['n', '↵'], ['x', '\\xf0']]
    """
    parts: list[list[str]] = []
    for kind, text in _signs(data):
        if parts and parts[-1][0] == kind and kind in "tm":
            parts[-1][1] += text
        else:
            parts.append([kind, text])
    return parts


def plain_label(data: bytes) -> str:
    """The parts as one line of text, for tables and sentences."""
    return "".join(text for _, text in parts_of(data))


def hex_of(data: bytes) -> str:
    return data.hex(" ").upper()


def whole_characters(data: bytes, start: int, end: int) -> bytes:
    """`data[start:end]`, stretched to the characters that it holds a part of."""
    while start > 0 and _continues(data[start]):
        start -= 1
    while end < len(data) and _continues(data[end]):
        end += 1
    return data[start:end]


def _continues(byte: int) -> bool:
    """Whether a byte is the second or a later one of a character (10xxxxxx)."""
    return byte & 0xC0 == 0x80


def _signs(data: bytes) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(data):
        character, length = _character_at(data, position)
        if character is None:
            yield "x", bytes_as_text(data[position : position + 1])
            position += 1
            continue
        mark = visible_mark(character)
        yield ("t", character) if mark is None else ("n" if character == "\n" else "m", mark)
        position += length


def _character_at(data: bytes, position: int) -> tuple[str | None, int]:
    """The UTF-8 character that begins at `position`, or None if there is none."""
    for length in range(1, 5):
        try:
            return data[position : position + length].decode("utf-8"), length
        except UnicodeDecodeError:
            continue
    return None, 1
