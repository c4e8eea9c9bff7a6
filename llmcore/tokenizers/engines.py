"""What turns text into ids: tiktoken, which is fast, for every vocabulary that it can do exactly.

The other one is `llmcore.tokenizers.package`. Both give ids, and where the bytes of each token
are; `Tokenizer` is what the lab works with.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

import numpy as np
import tiktoken

from llmcore.errors import DamagedError
from llmcore.tokenizers.parts import Part
from llmcore.tokenizers.patterns import pieces
from llmcore.tokenizers.segments import segments


class Spans(NamedTuple):
    """Ids (T,) uint32 with the bytes of the text, in UTF-8, that each means: `starts` and
    `ends` (T,) uint32. They rise; text without a token leaves a gap."""

    ids: np.ndarray
    starts: np.ndarray
    ends: np.ndarray


class Engine(Protocol):
    """`table`: bytes of each token by id, None for a gap. `lossless`: whether the bytes of the
    tokens always join to the text. `pattern`: what cuts the text, empty if it is no single
    expression."""

    table: list[bytes | None]
    lossless: bool
    pattern: str

    def encode(self, text: str) -> np.ndarray:
        """Ids of text without lone surrogates, (T,) uint32; never those of a special token."""
        ...

    def parts(self, text: str) -> Iterator[str]:
        """Stretches of a long text that can be encoded one by one."""
        ...

    def spans(self, text: str) -> Spans: ...

    def decode(self, ids: list[int]) -> str: ...

    def cut(self, text: str) -> list[str]:
        """The pieces that no merge crosses."""
        ...

    def encode_reading_special(self, text: str) -> list[int]:
        """Ids where text that looks like a special token becomes one."""
        ...

    def encode_parts(self, parts: list[Part]) -> list[int] | None:
        """Ids of a text made of parts, if it is not enough to encode what is between the
        special tokens; else None."""
        ...

    def spelling(self, id: int) -> str | None:
        """How the file writes a token, if it has its own way."""
        ...

    def printed(self) -> list[Any]:
        """What a fingerprint holds of it, beside the table."""
        ...


class TiktokenEngine:
    """Byte-level BPE whose ids are its merge priorities, with a token for each byte."""

    lossless = True

    def __init__(
        self, name: str, ranks: Mapping[bytes, int], pattern: str, special_tokens: Mapping[str, int]
    ) -> None:
        self.pattern = pattern
        with no_panic("tiktoken cannot build this tokenizer"):
            self.encoding = tiktoken.Encoding(
                name,
                pat_str=pattern,
                mergeable_ranks=dict(ranks),
                special_tokens=dict(special_tokens),
            )
        self.table: list[bytes | None] = [None] * self.encoding.n_vocab
        for data, rank in ranks.items():
            self.table[rank] = data
        for text, special_id in special_tokens.items():
            self.table[special_id] = text.encode()
        self._lengths = lengths_of(self.table)

    def encode(self, text: str) -> np.ndarray:
        found = [
            self.encoding.encode_to_numpy(part, disallowed_special=())
            for part in segments(text)
            if part
        ]
        return np.concatenate(found) if found else np.empty(0, dtype=np.uint32)

    def parts(self, text: str) -> Iterator[str]:
        return segments(text)

    def spans(self, text: str) -> Spans:
        return joined_spans(self.encode(text), self._lengths)

    def decode(self, ids: list[int]) -> str:
        known = (self.table[id] or b"" for id in ids)
        return b"".join(known).decode("utf-8", errors="replace")

    def cut(self, text: str) -> list[str]:
        return list(pieces(text, self.pattern))

    def encode_reading_special(self, text: str) -> list[int]:
        return self.encoding.encode(text, allowed_special="all")

    def encode_parts(self, parts: list[Part]) -> list[int] | None:
        return None

    def spelling(self, id: int) -> str | None:
        return None

    def printed(self) -> list[Any]:
        return [self.pattern]


def lengths_of(table: list[bytes | None]) -> np.ndarray:
    """Bytes of each token by id, (V,) uint32, read-only."""
    lengths = np.array([len(data or b"") for data in table], dtype=np.uint32)
    lengths.flags.writeable = False
    return lengths


def joined_spans(ids: np.ndarray, lengths: np.ndarray) -> Spans:
    """The spans of tokens whose bytes join to the text."""
    ends = np.cumsum(lengths[ids], dtype=np.uint32)
    return Spans(ids, (ends - lengths[ids]).astype(np.uint32), ends)


@contextmanager
def no_panic(what: str) -> Iterator[None]:
    """Turns a panic of a library written in Rust into a DamagedError: it is no Exception, so it
    would pass every handler and end the thread."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise DamagedError(f"{what} ({error}).") from error
