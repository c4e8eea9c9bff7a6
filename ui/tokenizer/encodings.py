"""The tokenizers one can choose, and what a text becomes in each of them."""

import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from csv import writer
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import streamlit as st

from llmcore.errors import LabError
from llmcore.models import list_models, tokenizer_for
from llmcore.tokenizers import Tokenizer
from llmcore.tokenizers.store import saved_tokenizers
from ui.state import well_formed
from ui.token_text import hex_of, plain_label

TABLE_TOKENS = 100_000
BUILTIN_LABELS = {
    "gpt2": "GPT-2 (50,257 tokens)",
    "cl100k_base": "cl100k, GPT-4 (100,277 tokens)",
    "bytes": "Bytes (257 tokens)",
}
_KEPT = "lab_encoded"
_OPENED = "lab_opened_tokenizers"
MAX_OPENED = 4


@dataclass(frozen=True, eq=False)
class Encoded:
    """A text in one encoding. Token `i` has the bytes `data[starts[i]:ends[i]]`; a tokenizer that
    is not `lossless` may leave bytes between them out."""

    tokenizer: Tokenizer
    n_characters: int
    data: bytes  # the text in UTF-8
    ids: np.ndarray  # uint32
    starts: np.ndarray  # uint32, where the bytes of each token begin
    ends: np.ndarray  # uint32, where they end

    @property
    def name(self) -> str:
        return self.tokenizer.name

    @property
    def vocab_size(self) -> int:
        return self.tokenizer.vocab_size

    @property
    def n_tokens(self) -> int:
        return len(self.ids)

    @property
    def n_bytes(self) -> int:
        return len(self.data)

    @cached_property
    def n_distinct(self) -> int:
        return int(np.count_nonzero(np.bincount(self.ids)))

    @property
    def bytes_per_token(self) -> float:
        return self.n_bytes / self.n_tokens if self.n_tokens else 0.0

    @property
    def characters_per_token(self) -> float:
        return self.n_characters / self.n_tokens if self.n_tokens else 0.0

    def span(self, index: int) -> tuple[int, int]:
        """Where the bytes of a token are in the text: start and end."""
        return int(self.starts[index]), int(self.ends[index])

    def token(self, index: int) -> bytes:
        start, end = self.span(index)
        return self.data[start:end]

    def overlapping(self, start: int, end: int) -> range:
        """Indexes of the tokens that share a byte with `start..end`."""
        first = int(np.searchsorted(self.ends, start, side="right"))
        last = int(np.searchsorted(self.ends, end, side="left"))
        return range(first, min(last + 1, self.n_tokens))


def choices() -> dict[str, str]:
    """Reference -> label: the built-in encodings, those trained here on their own, then one entry
    for each model's tokenizer."""
    own = {
        saved.slug: f"{saved.card.name} ({saved.card.vocab_size:,} tokens)"
        for saved in saved_tokenizers()
    }
    models = {entry.ref: f"Tokenizer of {entry.label}" for entry in list_models()}
    opened = {ref: f"{tokenizer.name} (opened here)" for ref, tokenizer in opened_here().items()}
    return BUILTIN_LABELS | opened | own | models


def opened_here() -> dict[str, Tokenizer]:
    """Those whose file was opened in this session, by reference."""
    return st.session_state.setdefault(_OPENED, {})


def open_here(tokenizer: Tokenizer) -> str:
    """Keeps a tokenizer for this session, the newest of at most `MAX_OPENED`; its reference."""
    opened = opened_here()
    ref = f"opened:{tokenizer.fingerprint[:12]}"
    opened.pop(ref, None)
    opened[ref] = tokenizer
    while len(opened) > MAX_OPENED:
        del opened[next(iter(opened))]
    return ref


def short_label(label: str) -> str:
    """A label without its remark in brackets, for the head of a column.

    >>> short_label("GPT-2 (50,257 tokens)")
    'GPT-2'
    """
    return re.sub(r" \([^()]*\)$", "", label).removeprefix("Tokenizer of ")


def encoded(ref: str, text: str) -> Encoded:
    """`text` in the encoding `ref`. Raises LabError if the tokenizer cannot be read."""
    result = encoded_in([ref], text)[ref]
    if isinstance(result, LabError):
        raise result
    return result


def encoded_in(refs: Sequence[str], text: str) -> dict[str, Encoded | LabError]:
    """`text` in each encoding, side by side in threads, or why one of them cannot be read.

    The session keeps the results of the last text only: the next one replaces them.
    """
    text = well_formed(text)
    data = text.encode()
    digest = hashlib.sha256(data).digest()
    kept_digest, kept = st.session_state.get(_KEPT, (None, {}))
    if kept_digest != digest:
        kept = {}
    tokenizers = {ref: _tokenizer_or_error(ref) for ref in refs}
    missing = {
        tokenizer.fingerprint: tokenizer
        for tokenizer in tokenizers.values()
        if not isinstance(tokenizer, LabError) and tokenizer.fingerprint not in kept
    }
    with ThreadPoolExecutor(max_workers=max(1, len(missing))) as pool:
        made = pool.map(lambda name: _encode(name, text, data), missing.values())
        kept = kept | dict(zip(missing, made, strict=True))
    st.session_state[_KEPT] = digest, kept
    return {
        ref: tokenizer if isinstance(tokenizer, LabError) else kept[tokenizer.fingerprint]
        for ref, tokenizer in tokenizers.items()
    }


def _tokenizer_or_error(ref: str) -> Tokenizer | LabError:
    try:
        return tokenizer_of(ref)
    except LabError as error:
        return error


def tokenizer_of(ref: str) -> Tokenizer:
    """The tokenizer of a reference, kept in memory. Raises LabError if it cannot be read."""
    return opened_here().get(ref) or _tokenizer_of(ref)


@st.cache_resource(max_entries=16, show_spinner=False)
def _tokenizer_of(ref: str) -> Tokenizer:
    return tokenizer_for(ref)


def forget_tokenizers() -> None:
    """What a reference means has changed: reads them again."""
    _tokenizer_of.clear()


def _encode(tokenizer: Tokenizer, text: str, data: bytes) -> Encoded:
    return Encoded(tokenizer, len(text), data, *tokenizer.spans(text))


COLUMNS = ("position", "id", "token", "bytes", "start", "end")


def rows(
    result: Encoded, limit: int = TABLE_TOKENS
) -> Iterator[tuple[int, int, str, str, int, int]]:
    """Position, id, text, bytes in hexadecimal, and where the bytes are, of the first tokens."""
    for index in range(min(limit, result.n_tokens)):
        start, end = result.span(index)
        data = result.data[start:end]
        yield index + 1, int(result.ids[index]), plain_label(data), hex_of(data), start, end


def csv_of(result: Encoded) -> bytes:
    """The table as CSV, UTF-8 with a byte-order mark, since spreadsheets guess wrong without."""
    out = io.StringIO(newline="")
    table = writer(out)
    table.writerow(COLUMNS)
    table.writerows(_spreadsheet_safe(row) for row in rows(result))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _spreadsheet_safe(row: tuple[int, int, str, str, int, int]) -> list[object]:
    """A token such as `=` begins a formula in a spreadsheet: an apostrophe keeps it text."""
    return [f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@" else cell for cell in row]
