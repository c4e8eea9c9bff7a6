"""What a vocabulary is made of: sorts and scripts of tokens, search, use in a text."""

import time
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from llmcore.errors import LabError
from llmcore.texts import bytes_as_text
from llmcore.tokenizers.tokenizer import Tokenizer

# Sort -> what a person reads, in the order in which the first that fits is taken.
SORTS = {
    "special": "special",
    "byte": "single byte",
    "partial": "part of a character",
    "whitespace": "white space",
    "number": "number",
    "word": "letters",
    "sign": "signs",
    "mixed": "letters, digits and signs mixed",
}
MAX_PATTERN = 200  # characters
_SECONDS = 2.0  # for all tokens together


@dataclass(frozen=True, slots=True)
class Token:
    """One entry: `sort` is a key of SORTS; `script` that of its letters, such as `Cyrillic`, two
    of them joined by a plus, and empty if it has no letter."""

    id: int
    data: bytes
    text: str  # undecodable bytes escaped
    sort: str
    script: str


def vocabulary(tokenizer: Tokenizer) -> list[Token]:
    """All tokens by rising id, without the ids that a vocabulary leaves out."""
    special = set(tokenizer.special_tokens.values())
    found = ((id, tokenizer.token_bytes(id)) for id in range(tokenizer.vocab_size))
    return [_described(id, data, id in special) for id, data in found if data]


def _described(id: int, data: bytes, special: bool) -> Token:
    text = bytes_as_text(data)
    try:
        data.decode("utf-8")
        whole = True
    except UnicodeDecodeError:
        whole = False
    if special:
        sort = "special"
    elif len(data) == 1:
        sort = "byte"
    elif not whole:
        sort = "partial"
    else:
        sort = _sort(text)
    return Token(id, data, text, sort, _scripts(text) if whole and not special else "")


def _sort(text: str) -> str:
    core = text.strip()
    if not core:
        return "whitespace"
    kinds = {_kind(character) for character in core}
    return {"L": "word", "N": "number", "S": "sign"}[kinds.pop()] if len(kinds) == 1 else "mixed"


def _kind(character: str) -> str:
    """L for letters and their marks, N for digits, S for the rest."""
    category = unicodedata.category(character)[0]
    return {"L": "L", "M": "L", "N": "N"}.get(category, "S")


def _scripts(text: str) -> str:
    found = {script for character in text if (script := script_of(character))}
    return "+".join(sorted(found))


@lru_cache(maxsize=1 << 16)
def script_of(character: str) -> str:
    """The script of a letter, empty for anything else.

    Python's own database names no scripts, but a letter's name begins with it.

    >>> script_of("é"), script_of("ж"), script_of("漢"), script_of("7")
    ('Latin', 'Cyrillic', 'CJK', '')
    """
    if not unicodedata.category(character).startswith("L"):
        return ""
    words = unicodedata.name(character, "").split()
    if words and words[0] in {"FULLWIDTH", "HALFWIDTH", "MODIFIER", "MATHEMATICAL"}:
        words = words[1:]
    if not words:
        return "Unnamed"
    return "CJK" if words[0] == "CJK" else words[0].capitalize()


def search(tokens: Sequence[Token], query: str, regular: bool = False) -> list[Token]:
    """Tokens that hold `query`; one that is a number finds the token of that id too.

    regular: `query` is a regular expression for Python's `regex`. Raises LabError for one that
    cannot be read or takes too long.
    """
    if not query:
        return list(tokens)
    if regular:
        return _matching(tokens, query)
    number = int(query) if query.isascii() and query.isdigit() and len(query) < 9 else None
    return [token for token in tokens if query in token.text or token.id == number]


def _matching(tokens: Sequence[Token], pattern: str) -> list[Token]:
    import regex

    if len(pattern) > MAX_PATTERN:
        raise LabError(f"A regular expression may have {MAX_PATTERN} characters: shorten it.")
    found, end = [], time.monotonic() + _SECONDS
    try:
        compiled = regex.compile(pattern)
        for token in tokens:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if compiled.search(token.text, timeout=left):
                found.append(token)
    except TimeoutError as error:
        raise LabError(
            f"The regular expression takes longer than {_SECONDS:g} seconds: make it simpler."
        ) from error
    except regex.error as error:
        raise LabError(
            f"This is no regular expression ({error}): fix it, or search text."
        ) from error
    return found


def times_used(tokenizer: Tokenizer, ids: np.ndarray | Iterable[int]) -> np.ndarray:
    """How often each id occurs: (V,)."""
    given = ids if isinstance(ids, np.ndarray) else np.fromiter(ids, dtype=np.int64)
    return np.bincount(given, minlength=tokenizer.vocab_size)


def never_used(tokens: Sequence[Token], counts: np.ndarray) -> list[Token]:
    """Ordinary tokens without one occurrence: rows of a model that its training never moves
    towards anything (Land and Bartolo 2024 find them by their embeddings)."""
    return [token for token in tokens if token.sort != "special" and counts[token.id] == 0]


def encode_reading_special(tokenizer: Tokenizer, text: str) -> list[int]:
    """Ids of `text` if text that looks like a special token became one.

    Only to show what `Tokenizer.encode` never does, and why: whoever writes the text would
    write control tokens.
    """
    return tokenizer.engine.encode_reading_special(text)
