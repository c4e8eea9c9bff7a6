"""Text whose fixed parts may hold special tokens; what a person typed never does."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple, Protocol


class Part(NamedTuple):
    """A stretch of a text. `fixed`: a program wrote it, so its special tokens are meant."""

    text: str
    fixed: bool = False


class _Encodes(Protocol):
    special_tokens: dict[str, int]

    def encode(self, text: str) -> list[int]: ...


def encoded_parts(tokenizer: _Encodes, parts: Iterable[Part]) -> list[int]:
    """Ids of `parts`; see `Tokenizer.encode_parts`."""
    ids: list[int] = []
    for text, special in _runs(parts, tokenizer.special_tokens):
        ids += tokenizer.encode(text)
        if special is not None:
            ids.append(tokenizer.special_tokens[special])
    return ids


def _runs(
    parts: Iterable[Part], special_tokens: Mapping[str, int]
) -> Iterator[tuple[str, str | None]]:
    """Plain text and the special token behind it; None behind the last."""
    find = _finder(tuple(special_tokens))
    plain: list[str] = []
    for part in parts:
        if not part.fixed:
            plain.append(part.text)
            continue
        at = 0
        for found in find.finditer(part.text):
            plain.append(part.text[at : found.start()])
            yield "".join(plain), found.group()
            plain, at = [], found.end()
        plain.append(part.text[at:])
    yield "".join(plain), None


@lru_cache(maxsize=16)
def _finder(names: tuple[str, ...]) -> re.Pattern[str]:
    """Finds special tokens: the first in the text, and of those that begin there the longest."""
    longest_first = sorted((name for name in names if name), key=lambda name: -len(name))
    return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
