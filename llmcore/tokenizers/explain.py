"""How a word became its tokens: the byte-pair merges in order, each with its rivals.

Sennrich, Haddow and Birch (2016) join the most frequent pair of a training text again and again;
the order in which the pairs were learned is their rank. To encode, the pair of the lowest rank
is joined first, until no neighbouring pair is in the vocabulary. tiktoken does the same on bytes,
inside the pieces that a regular expression cuts first. This is that rule written plainly: slow,
and equal to tiktoken's ids (tests/tokenizers/test_explain.py).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from llmcore.errors import LabError
from llmcore.tokenizers.patterns import pieces
from llmcore.tokenizers.segments import replace_surrogates
from llmcore.tokenizers.signs import byte_characters
from llmcore.tokenizers.tokenizer import Tokenizer

MAX_WORD_CHARACTERS = 200
_WINDOW = 2_000  # bytes
MAX_PIECE_BYTES = 200  # the steps of a piece grow with the square of its length


@dataclass(frozen=True, slots=True)
class Candidate:
    """A neighbouring pair that the vocabulary knows: parts `index` and `index + 1`."""

    index: int
    rank: int


@dataclass(frozen=True, slots=True)
class MergeStep:
    """The parts before one merge, the pairs that could be joined, and the one that was."""

    parts: tuple[bytes, ...]
    candidates: tuple[Candidate, ...]  # from left to right
    chosen: Candidate  # the lowest rank; of equal ones the leftmost

    @property
    def left(self) -> bytes:
        return self.parts[self.chosen.index]

    @property
    def right(self) -> bytes:
        return self.parts[self.chosen.index + 1]

    @property
    def merged(self) -> bytes:
        return self.left + self.right


@dataclass(frozen=True, slots=True)
class Explanation:
    """One piece of the pre-tokenization and the way to its tokens.

    `b"".join(tokens) == piece`, and `len(steps) + len(merged) == len(piece)` where `merged` are
    the parts that the merges end with. `taken_whole`: the merges do not reach the piece, but it
    is a token, and tiktoken looks a piece up before it merges (no token of GPT-2 or cl100k needs
    that; a vocabulary made by hand can).
    """

    piece: bytes
    steps: tuple[MergeStep, ...]
    tokens: tuple[bytes, ...]
    ids: tuple[int, ...]
    taken_whole: bool = False


def pre_tokenize(pattern: str, text: str) -> list[str]:
    """The pieces that `pattern` cuts `text` into; merges never cross from one to the next.

    >>> pre_tokenize(r" ?\\p{L}+|\\s", "a word ")
    ['a', ' word', ' ']
    """
    return list(pieces(replace_surrogates(text), pattern))


def piece_at(pattern: str, data: bytes, position: int) -> str:
    """The piece of the text `data` (UTF-8) that holds byte `position`.

    Cuts a window out of a long text: only a piece longer than it can come out other than whole.
    """
    low = _character_start(data, max(0, position - _WINDOW))
    high = _character_start(data, position + _WINDOW)
    end = low
    for piece in pre_tokenize(pattern, data[low:high].decode("utf-8", "replace")):
        end += len(piece.encode())
        if end > position:
            return piece
    return ""


def word_at(tokenizer: Tokenizer, data: bytes, position: int) -> str:
    """`piece_at` for any tokenizer; the nearest piece if the byte belongs to none."""
    if tokenizer.pattern:
        return piece_at(tokenizer.pattern, data, position)
    low = _character_start(data, max(0, position - _WINDOW))
    text = data[low : _character_start(data, position + _WINDOW)].decode("utf-8", "replace")
    at = 0
    for piece in tokenizer.cut(text):
        at = max(at, text.find(piece, at)) + len(piece)
        if low + len(text[:at].encode()) > position:
            return piece
    return ""


def _character_start(data: bytes, position: int) -> int:
    """`position`, or the first byte before it that does not continue a character (10xxxxxx)."""
    while 0 < position < len(data) and data[position] & 0xC0 == 0x80:
        position -= 1
    return position


def explain(tokenizer: Tokenizer, text: str) -> list[Explanation]:
    """Every piece of `text` with its merges; the ids joined are `tokenizer.encode(text)`.

    Raises LabError if the text or one of its pieces is too long to be followed by eye.
    """
    if len(text) > MAX_WORD_CHARACTERS:
        raise LabError(
            f"The word has {len(text):,} characters: shorten it to at most "
            f"{MAX_WORD_CHARACTERS}, so that its merges can be followed."
        )
    if not merges_told(tokenizer):
        raise LabError(
            f"{tokenizer.name} is a {tokenizer.facts.kind} whose merges are not shown: they can be "
            f"followed where a text's bytes are merged as they are."
        )
    pieces = [piece.encode() for piece in tokenizer.cut(text)]
    longest = max(map(len, pieces), default=0)
    if longest > MAX_PIECE_BYTES and has_merges(tokenizer):
        raise LabError(
            f"A piece of this word has {longest:,} bytes: shorten it to at most "
            f"{MAX_PIECE_BYTES}, so that its merges can be followed."
        )
    if tokenizer.original is not None:
        table = _pair_table(tokenizer)
        return [_explained(*table, _kept_bytes(tokenizer, piece)) for piece in pieces]
    ranks = rank_table(tokenizer)
    return [explain_piece(ranks, piece) for piece in pieces]


def explain_piece(ranks: Mapping[bytes, int], piece: bytes) -> Explanation:
    """The merges of one piece by `ranks` (bytes of a token -> its rank, which is also its id)."""
    return _explained(lambda left, right: ranks.get(left + right), ranks, piece, True)


def _explained(
    rank_of: Callable[[bytes, bytes], int | None],
    ids_of: Mapping[bytes, int],
    piece: bytes,
    may_be_whole: bool = False,
) -> Explanation:
    parts = tuple(piece[i : i + 1] for i in range(len(piece)))
    steps = []
    while candidates := _candidates(rank_of, parts):
        chosen = min(candidates, key=lambda candidate: (candidate.rank, candidate.index))
        steps.append(MergeStep(parts, candidates, chosen))
        at = chosen.index
        parts = (*parts[:at], parts[at] + parts[at + 1], *parts[at + 2 :])
    taken_whole = may_be_whole and len(parts) > 1 and piece in ids_of
    tokens = (piece,) if taken_whole else parts
    ids = tuple(ids_of[token] for token in tokens)
    return Explanation(piece, tuple(steps), tokens, ids, taken_whole)


def _candidates(
    rank_of: Callable[[bytes, bytes], int | None], parts: tuple[bytes, ...]
) -> tuple[Candidate, ...]:
    ranked = (rank_of(parts[i], parts[i + 1]) for i in range(len(parts) - 1))
    return tuple(Candidate(i, rank) for i, rank in enumerate(ranked) if rank is not None)


def has_merges(tokenizer: Tokenizer) -> bool:
    """Whether any token is more than one character or byte, so that merging means anything."""
    return any(len(data) > 1 and not _one_character(data) for data in rank_table(tokenizer))


def _one_character(data: bytes) -> bool:
    try:
        return len(data.decode()) == 1
    except UnicodeDecodeError:
        return False


@lru_cache(maxsize=4)
def rank_table(tokenizer: Tokenizer) -> Mapping[bytes, int]:
    """`tokenizer.ranks`, kept for the few tokenizers that were asked for last."""
    return tokenizer.ranks


def merges_told(tokenizer: Tokenizer) -> bool:
    """Whether the merges of a text can be followed: of byte-level BPE that leaves it unchanged."""
    facts = tokenizer.facts
    changed = facts.changes or facts.prefix_space or facts.eats_spaces or facts.ignore_merges
    return facts.byte_level and not changed


@lru_cache(maxsize=4)
def _pair_table(
    tokenizer: Tokenizer,
) -> tuple[Callable[[bytes, bytes], int | None], Mapping[bytes, int]]:
    """The rank of a pair, and the id of a token, of a tokenizer.json: there a rank is the place
    of a pair in the list of merges, and no id."""
    content = json.loads(tokenizer.original or "{}")
    byte_of = {sign: byte for byte, sign in byte_characters().items()}

    def data(text: str) -> bytes:
        return bytes(byte_of.get(sign, 0) for sign in text)

    pairs: dict[tuple[bytes, bytes], int] = {}
    for rank, pair in enumerate(content["model"]["merges"]):
        left, right = pair.split(" ", 1) if isinstance(pair, str) else pair
        pairs.setdefault((data(left), data(right)), rank)
    return lambda left, right: pairs.get((left, right)), rank_table(tokenizer)


def _kept_bytes(tokenizer: Tokenizer, piece: bytes) -> bytes:
    """A piece without the bytes that have no token: no merge ever meets them."""
    return piece.translate(None, tokenizer.facts.missing_bytes)
