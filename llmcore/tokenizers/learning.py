"""Learning byte-pair merges (Sennrich et al. 2016): count pairs, merge the most frequent, repeat.

A corpus is held as its different pieces, each once with the number of times that it occurs, and
one merge touches only the places where its pair is; numpy handles those places together.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from llmcore.texts import one_or_several
from llmcore.tokenizers.patterns import pieces
from llmcore.tokenizers.roles import END_OF_TEXT
from llmcore.tokenizers.segments import replace_surrogates, segments
from llmcore.tokenizers.signs import byte_characters

_PART = 50_000  # characters that are cut into pieces at a time
_LONGEST = 256  # characters of a piece: longer runs (such as a line of dashes) are cut
# Memory grows with the bytes of all different pieces together, some 60 bytes for each. English
# comes nowhere near; text without spaces, or a rule that cuts nothing, is read up to here.
MAX_PIECE_BYTES = 4_000_000

_END, _GONE = -1, -2  # in place of a symbol: beyond the end of a piece, merged into its neighbour


@dataclass(frozen=True, slots=True)
class Merge:
    """One learned merge: `left` + `right` become one token."""

    left: bytes
    right: bytes
    count: int  # times that the pair was in the text when it was chosen
    n_tokens: int  # tokens of the text after it

    @property
    def token(self) -> bytes:
        return self.left + self.right


def count_pieces(
    documents: str | Iterable[str], pattern: str, on_read: Callable[[int], None] | None = None
) -> Counter[bytes]:
    """How often each piece occurs, in UTF-8, in order of first occurrence. A str is one document.

    Text that looks like `<|endoftext|>` parts documents, so that no ordinary token reads like it.

    on_read: called with the number of characters read so far. Once the different pieces have
    `MAX_PIECE_BYTES` bytes together, further new ones are left out.
    """
    counts: Counter[bytes] = Counter()
    n_characters = n_bytes = 0
    given = one_or_several(documents, "document")
    whole = (part for document in given for part in document.split(END_OF_TEXT))
    for document in whole:
        for part in segments(replace_surrogates(document), _PART):
            for piece, count in Counter(_bounded(part, pattern)).items():
                data = piece.encode()
                if data not in counts:
                    if n_bytes + len(data) > MAX_PIECE_BYTES:
                        continue
                    n_bytes += len(data)
                counts[data] += count
            n_characters += len(part)
            if on_read:
                on_read(n_characters)
    return counts


def _bounded(text: str, pattern: str) -> Iterator[str]:
    for piece in pieces(text, pattern):
        if len(piece) <= _LONGEST:
            yield piece
        else:
            yield from (piece[i : i + _LONGEST] for i in range(0, len(piece), _LONGEST))


def learn_merges(counts: Mapping[bytes, int], n_merges: int, min_count: int = 2) -> Iterator[Merge]:
    """Yields up to `n_merges` merges, each of the pair that is then the most frequent.

    counts: pieces of the text and how often each occurs; no merge crosses a piece's end. It ends
    early when no pair occurs `min_count` times. Of equally frequent pairs the one of the older
    tokens comes first, single bytes in the order of GPT-2's printable signs, which is the order
    of the `tokenizers` library too.

    >>> [merge.token for merge in learn_merges({b"low": 5, b"lower": 2, b"newest": 6}, 3)]
    [b'we', b'lo', b'ewe']
    """
    text = _Text(counts)
    tokens = list(_BYTES_IN_ORDER)
    queue = [(-count, pair) for pair, count in text.counts.items()]
    heapq.heapify(queue)
    for _ in range(n_merges):
        pair = _most_frequent(queue, text.counts, min_count)
        if pair is None:
            return
        count, (left, right) = text.counts[pair], divmod(pair, _PAIR)
        for new_pair in text.merge(pair, len(tokens)):
            heapq.heappush(queue, (-text.counts[new_pair], new_pair))
        yield Merge(tokens[left], tokens[right], count, text.n_tokens)
        tokens.append(tokens[left] + tokens[right])


def _most_frequent(
    queue: list[tuple[int, int]], counts: Mapping[int, int], min_count: int
) -> int | None:
    """Takes the most frequent pair from the queue, whose counts may be too high by now."""
    while queue:
        negative, pair = heapq.heappop(queue)
        now = counts.get(pair, 0)
        if now == -negative:
            return pair if now >= min_count else None
        if now >= min_count:
            heapq.heappush(queue, (-now, pair))
    return None


def _printable_order() -> list[int]:
    """Bytes by their sign in `byte_characters`: printable ones first."""
    signs = byte_characters()
    return sorted(range(256), key=signs.__getitem__)


_ORDER = _printable_order()
_BYTES_IN_ORDER = [bytes([byte]) for byte in _ORDER]
_SYMBOL = np.argsort(_ORDER).astype(np.int32)  # byte -> its symbol, the place in that order
_PAIR = 1 << 32  # a pair of symbols as one number: left * _PAIR + right


class _Text:
    """All different pieces in one row of symbols, linked so that merging moves nothing.

    counts: pair -> occurrences in the whole text. Every pair holds a token that was the newest
    at some time, and all its occurrences arise in that step: so a pair's places are noted once,
    and its count only falls from then on.
    """

    def __init__(self, counts: Mapping[bytes, int]) -> None:
        joined = np.frombuffer(b"".join(counts), dtype=np.uint8)
        lengths = np.fromiter(map(len, counts), dtype=np.int64, count=len(counts))
        times = np.fromiter(counts.values(), dtype=np.int64, count=len(counts))
        n = len(joined)
        self.symbols = np.append(_SYMBOL[joined], np.int32(_END))  # (N + 1,), N is beyond all ends
        self.times = np.repeat(times, lengths)  # (N,) how often the piece around it occurs
        self.next = np.arange(1, n + 2, dtype=np.int32)
        self.previous = np.arange(-1, n, dtype=np.int32)
        ends = np.cumsum(lengths)
        self.next[ends - 1] = n
        self.previous[ends[:-1]] = n
        self.previous[:1] = n
        self.n_tokens = int(self.times.sum())
        self.counts: dict[int, int] = {}
        self.places: dict[int, np.ndarray] = {}
        at = np.flatnonzero(self.symbols[self.next[:n]] >= 0).astype(np.int32)
        pairs = self.symbols[at].astype(np.int64) * _PAIR + self.symbols[self.next[at]]
        self._note(pairs, at)

    def merge(self, pair: int, new: int) -> list[int]:
        """Makes every occurrence of `pair` the symbol `new`; returns the pairs that arise."""
        left, right = divmod(pair, _PAIR)
        symbols, del_count = self.symbols, self.counts.pop(pair)
        assert del_count > 0
        at = self.places.pop(pair)
        at = at[(symbols[at] == left) & (symbols[self.next[at]] == right)]
        if left == right:
            at = _every_other(at, self.next)
        second = self.next[at]
        before, after = self.previous[at], self.next[second]
        times = self.times[at]

        symbols[second] = _GONE
        # A neighbour that is itself the end of a merged pair counts once, on its right side.
        has_before, has_after = symbols[before] >= 0, symbols[after] >= 0
        self._lose(symbols[before[has_before]].astype(np.int64) * _PAIR + left, times[has_before])
        self._lose(right * _PAIR + symbols[after[has_after]].astype(np.int64), times[has_after])

        symbols[at] = new
        self.next[at] = after
        self.previous[after] = at
        self.n_tokens -= int(times.sum())
        before = self.previous[at]
        before = before[(symbols[before] >= 0) & (symbols[before] != new)]
        at = at[has_after]
        pairs = [
            symbols[before].astype(np.int64) * _PAIR + new,
            new * _PAIR + symbols[self.next[at]].astype(np.int64),
        ]
        return self._note(np.concatenate(pairs), np.concatenate([before, at]))

    def _note(self, pairs: np.ndarray, places: np.ndarray) -> list[int]:
        """Notes new pairs (M,) with the places (M,) of their left symbols; returns each once."""
        order = np.argsort(pairs, kind="stable")
        places = places[order]
        found, starts = np.unique(pairs[order], return_index=True)
        if not len(found):
            return []
        counts = np.add.reduceat(self.times[places], starts).tolist()
        bounds = [*starts.tolist(), len(places)]
        keys = found.tolist()
        for i, key in enumerate(keys):
            self.counts[key] = counts[i]
            self.places[key] = places[bounds[i] : bounds[i + 1]]
        return keys

    def _lose(self, pairs: np.ndarray, times: np.ndarray) -> None:
        found, which = np.unique(pairs, return_inverse=True)
        lost = np.bincount(which, weights=times, minlength=len(found))
        for key, n in zip(found.tolist(), lost.tolist(), strict=True):
            if key in self.counts:
                self.counts[key] -= int(n)


def _every_other(at: np.ndarray, following: np.ndarray) -> np.ndarray:
    """Of overlapping pairs of one symbol, as in `aaa`, the first, third, … of each run."""
    at = np.sort(at)
    index = np.arange(len(at))
    begins = np.append(True, following[at[:-1]] != at[1:])
    first = np.maximum.accumulate(np.where(begins, index, 0))
    return at[(index - first) % 2 == 0]
