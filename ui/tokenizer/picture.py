"""The drawn tokens: one text in one to four columns, and the token that was clicked in them."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ui.components import message, packed, registered
from ui.tokenizer.encodings import Encoded

COUNTED_CHARACTERS = 10_000_000  # of a text; the rest is left out
DRAWN_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Show:
    """How the tokens are drawn."""

    whitespace: bool = False  # a sign for every space, tab and line end
    ids: bool = False  # each token's id below its text
    short: bool = False  # a low box without counts


@dataclass(frozen=True, slots=True)
class Spot:
    """A token: which column, and its position there."""

    column: int
    index: int


def token_picture(
    key: str,
    results: Sequence[tuple[str, Encoded]],
    show: Show,
    hint: str,
    on_pick: Callable[[], None] = lambda: None,
) -> Spot | None:
    """Draws the text in each of `results` (label, encoding) side by side; returns the chosen token.

    Only the first `DRAWN_BYTES` of a text travel to the browser; the counts are of all of it.
    on_pick: called before the next run of the script when a token was clicked.
    """
    shown = [result for _, result in results]
    chosen = spot_of(key, shown)
    arrays, n_bytes = [], 0
    for picture in shown:
        n_tokens = int(np.searchsorted(picture.ends, DRAWN_BYTES, side="right"))
        arrays += [picture.ids[:n_tokens].tobytes(), picture.ends[:n_tokens].tobytes()]
        n_bytes = max(n_bytes, int(picture.ends[n_tokens - 1]) if n_tokens else 0)
    columns = [_column(label, result) for label, result in results]
    text = shown[0].data[:n_bytes] if shown else b""
    gaps = not all(result.tokenizer.lossless for result in shown)
    if gaps:
        arrays += [result.starts.tobytes() for result in shown]
    flags = {"whitespace": show.whitespace, "ids": show.ids, "short": show.short}
    header: dict[str, object] = {"columns": columns, "show": flags, "gaps": gaps}
    buffers = [text, *arrays]
    header["picture"] = _print_of(header, buffers)
    header["chosen"] = chosen and {"column": chosen.column, "index": chosen.index}
    header["hint"] = hint
    registered("token_view")(key=key, data=packed(header, *buffers), on_token_change=on_pick)
    return chosen


def spot_of(key: str, results: Sequence[Encoded]) -> Spot | None:
    """The token that was clicked last, unless the text or the columns have changed under it."""
    token = message(key, "token")
    if not hasattr(token, "get"):
        return None
    column, index = token.get("column"), token.get("index")
    if not isinstance(column, int) or not 0 <= column < len(results):
        return None
    result = results[column]
    if not isinstance(index, int) or not 0 <= index < result.n_tokens:
        return None
    return Spot(column, index) if int(result.ids[index]) == token.get("id") else None


def _column(label: str, result: Encoded) -> dict[str, object]:
    return {
        "label": label,
        "n_tokens": result.n_tokens,
        "n_distinct": result.n_distinct,
        "vocab_size": result.vocab_size,
        "characters_per_token": result.characters_per_token,
        "bytes_per_token": result.bytes_per_token,
    }


def _print_of(header: dict[str, object], buffers: list[bytes]) -> str:
    """Changes when anything drawn does, so that the browser redraws only then."""
    digest = hashlib.blake2b(repr(header).encode(), digest_size=12)
    for buffer in buffers:
        digest.update(buffer)
    return digest.hexdigest()
