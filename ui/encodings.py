"""The tokenizers one can choose, and what a text becomes in each of them."""

import hashlib
import io
from collections.abc import Iterator
from csv import writer
from dataclasses import dataclass

import streamlit as st

from llmcore.models import list_models, tokenizer_for
from llmcore.tokenizers import Tokenizer
from llmcore.tokenizers.store import saved_tokenizers
from ui.state import well_formed
from ui.token_text import hex_of, offsets, plain_label

SHOWN_TOKENS = 1_500
TABLE_TOKENS = 100_000
BUILTIN_LABELS = {
    "gpt2": "GPT-2 (50,257 tokens)",
    "cl100k_base": "cl100k, GPT-4 (100,277 tokens)",
    "bytes": "Bytes (257 tokens)",
}


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text in one encoding: totals of all of it, and its first tokens.

    `ids` and `tokens` (the bytes of each) hold the first `TABLE_TOKENS` tokens only, so that a
    cached answer stays small whatever the length of the text.
    """

    name: str
    n_tokens: int
    n_distinct: int
    n_characters: int
    n_bytes: int
    vocab_size: int
    ids: tuple[int, ...]
    tokens: tuple[bytes, ...]

    @property
    def bytes_per_token(self) -> float:
        return self.n_bytes / self.n_tokens if self.n_tokens else 0.0

    @property
    def characters_per_token(self) -> float:
        return self.n_characters / self.n_tokens if self.n_tokens else 0.0


def choices() -> dict[str, str]:
    """Reference -> label: the built-in encodings, those trained here on their own, then one entry
    for each model's tokenizer."""
    own = {
        one.slug: f"{one.card.name} ({one.card.vocab_size:,} tokens)" for one in saved_tokenizers()
    }
    models = {entry.ref: f"Tokenizer of {entry.label}" for entry in list_models()}
    return BUILTIN_LABELS | own | models


def encoded(ref: str, text: str) -> Encoded:
    """`text` in the encoding `ref`; cached by the tokenizer's fingerprint and the text.

    Raises LabError where the tokenizer cannot be read.
    """
    tokenizer = tokenizer_of(ref)
    text = well_formed(text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return _encoded(tokenizer.fingerprint, digest, tokenizer, text)


@st.cache_resource(max_entries=16, show_spinner=False)
def tokenizer_of(ref: str) -> Tokenizer:
    """The tokenizer of a reference, kept in memory. Raises LabError where it cannot be read."""
    return tokenizer_for(ref)


@st.cache_resource(max_entries=24, show_spinner="Encoding the text")
def _encoded(fingerprint: str, digest: str, _tokenizer: Tokenizer, _text: str) -> Encoded:
    ids = _tokenizer.encode(_text)
    kept = tuple(ids[:TABLE_TOKENS])
    return Encoded(
        name=_tokenizer.name,
        n_tokens=len(ids),
        n_distinct=len(set(ids)),
        n_characters=len(_text),
        n_bytes=len(_text.encode()),
        vocab_size=_tokenizer.vocab_size,
        ids=kept,
        tokens=tuple(_tokenizer.token_bytes(one) for one in kept),
    )


def rows(result: Encoded) -> Iterator[tuple[int, int, str, str, int, int]]:
    """Position, id, text, bytes in hexadecimal, and where the bytes lie, of each kept token."""
    spans = offsets(result.tokens)
    for index, (id, data, (start, end)) in enumerate(
        zip(result.ids, result.tokens, spans, strict=True), 1
    ):
        yield index, id, plain_label(data), hex_of(data), start, end


COLUMNS = ("position", "id", "token", "bytes", "start", "end")


def csv_of(result: Encoded) -> bytes:
    """The table as CSV, UTF-8 with a byte-order mark, since spreadsheets guess wrong without."""
    out = io.StringIO(newline="")
    table = writer(out)
    table.writerow(COLUMNS)
    table.writerows(_spreadsheet_safe(row) for row in rows(result))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _spreadsheet_safe(row: tuple[int, int, str, str, int, int]) -> list[object]:
    """A token such as `=` begins a formula in a spreadsheet: an apostrophe keeps it text."""
    return [f"'{one}" if isinstance(one, str) and one[:1] in "=+-@" else one for one in row]
