"""An n-gram language model with interpolated modified Kneser-Ney smoothing.

Kneser & Ney (1995); Chen & Goodman (1999), section 3; Jurafsky and Martin, chapter 3. It is the
best of the models that count: the strongest rival that a small GPT has on next-word prediction.

    p(w | h) = (c(h w) - D) / c(h) + backoff(h) · p(w | h without its first word)

c are counts at the highest order; below it, the number of different words that were seen before
`h w` ("San Francisco" is frequent, but `Francisco` follows one word only, so it is a bad guess
after an unknown one). D, one of three by the count, is taken from every count that was seen, and
what it frees, backoff(h), goes to the shorter history, down to a uniform guess: so everything has
a probability above zero and all of them sum to one.

The n-grams of length k are the nodes of level k of a trie, each numbered by its place in a sorted
array of `parent · V + word`: whole texts are counted and scored by a few array operations.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llmcore.errors import LabError
from llmcore.texts import one_or_several
from llmcore.tokenizers import Tokenizer

MAX_TOKENS = 30_000_000  # about 4 GB at order 5
MAX_ORDER = 12
FALLBACK_DISCOUNTS = (0.5, 1.0, 1.5)  # if a text is too small to estimate them
UNSEEN = -1


@dataclass(slots=True)
class _Level:
    """All n-grams of one length k, and for each of length k - 1 what it says as a history.

    keys (n_k,) sorted: index of the first k - 1 words among their level, times V, plus the word.
    """

    keys: np.ndarray
    counts: np.ndarray  # (n_k,) raw at the highest order, else how many words came before
    discounts: np.ndarray  # (4,) by count 0, 1, 2, 3 and more
    totals: np.ndarray  # (n_{k-1},) sum of the counts after a history; 0 if nothing follows
    backoff: np.ndarray  # (n_{k-1},) the share that goes to the shorter history

    def find(self, parents: np.ndarray, words: np.ndarray, n_words: int) -> np.ndarray:
        """Index of each n-gram, or UNSEEN."""
        if not len(self.keys):  # no document of the training is so long
            return np.full(len(parents), UNSEEN, dtype=np.int64)
        keys = parents * n_words + words
        places = np.searchsorted(self.keys, keys)
        found = self.keys[np.minimum(places, len(self.keys) - 1)] == keys
        return np.where(found & (parents != UNSEEN), places, UNSEEN)


class NgramModel:
    """A model over ids 0..vocab_size-1, of which `boundary` parts documents.

    A document begins after a boundary and ends with one; no history looks beyond it.
    """

    def __init__(self, order: int, vocab_size: int, boundary: int) -> None:
        """Raises LabError for an order that cannot be."""
        if not 1 <= order <= MAX_ORDER:
            raise LabError(f"The order is {order} but must be from 1 to {MAX_ORDER}.")
        self.order, self.vocab_size, self.boundary = order, vocab_size, boundary
        self._levels: list[_Level] = []

    # Counting ------------------------------------------------------------------------------

    def fit(self, ids: np.ndarray | Sequence[int]) -> "NgramModel":
        """Counts a row of ids (N,): documents, each followed by the boundary.

        Raises LabError for an empty or too long row, or ids beyond the vocabulary.
        """
        stream = self._stream(ids)
        if len(stream) > MAX_TOKENS:
            raise LabError(
                f"The text has {len(stream):,} tokens but at most {MAX_TOKENS:,} can be counted in "
                f"memory: give less text."
            )
        reach = self._reach(stream)
        nodes, keys = _all_ngrams(stream, reach, self.order, self.vocab_size)
        self._levels = [
            self._level(k, stream, reach, nodes, keys) for k in range(1, self.order + 1)
        ]
        return self

    def _stream(self, ids: np.ndarray | Sequence[int]) -> np.ndarray:
        """The row as int64 with a boundary in front. Raises LabError."""
        row = np.asarray(ids, dtype=np.int64)
        if not len(row):
            raise LabError("The text is empty: give at least one word.")
        if row.min() < 0 or row.max() >= self.vocab_size:
            raise LabError(
                f"The text has the id {row.max() if row.min() >= 0 else row.min()} but the model "
                f"knows {self.vocab_size:,}: use the tokenizer that it was counted with."
            )
        return np.concatenate([[self.boundary], row])

    def _reach(self, stream: np.ndarray) -> np.ndarray:
        """For each place, the longest n-gram that ends there and starts no earlier than the last
        boundary before it; 0 for the boundary in front, which nobody predicts."""
        places = np.arange(len(stream))
        last = np.maximum.accumulate(np.where(stream == self.boundary, places, 0))
        return np.concatenate([[0], places[1:] - last[:-1] + 1])

    def _level(
        self,
        k: int,
        stream: np.ndarray,
        reach: np.ndarray,
        nodes: list[np.ndarray],
        keys: list[np.ndarray],
    ) -> _Level:
        own = keys[k - 1]
        at = nodes[k - 1]
        seen = at[at != UNSEEN] if k > 1 else at[1:]  # the boundary in front is no event
        counts = raw = np.bincount(seen, minlength=len(own))
        if k < self.order:
            longer = nodes[k]
            starts = np.flatnonzero(longer != UNSEEN)
            suffix = np.empty(len(keys[k]), dtype=np.int64)
            suffix[longer[starts]] = at[starts + 1]  # the n-gram without its first word
            counts = np.bincount(suffix, minlength=len(own))
            if k > 1:  # nothing can come before the beginning of a document
                first = np.zeros(len(own), dtype=bool)
                begin = np.flatnonzero((stream[: len(at)] == self.boundary) & (at != UNSEEN))
                first[at[begin]] = True
                counts = np.where(first, raw, counts)
        discounts = modified_discounts(counts)
        n_histories = len(keys[k - 2]) if k > 1 else 1
        parents = own // self.vocab_size
        totals = np.bincount(parents, counts, minlength=n_histories)
        freed = np.bincount(parents, discounts[np.minimum(counts, 3)], minlength=n_histories)
        with np.errstate(invalid="ignore", divide="ignore"):
            backoff = np.where(totals > 0, freed / totals, 1.0)
        return _Level(own, counts.astype(np.int32), discounts, totals, backoff)

    # Probabilities -------------------------------------------------------------------------

    def log_probabilities(self, ids: np.ndarray | Sequence[int]) -> np.ndarray:
        """(N,) natural logarithms of p(ids[i] | what comes before it in its document)."""
        self._check_fitted()
        stream = self._stream(ids)
        reach, n = self._reach(stream), len(stream)
        p = np.full(n, 1.0 / self.vocab_size)
        history = np.zeros(n, dtype=np.int64)  # by start: node of the k - 1 words from there on
        for k, level in enumerate(self._levels, 1):
            if not len(level.totals):  # no document of the training is so long
                break
            starts = np.arange(n - k + 1)
            ends = starts + k - 1
            parents = history[: n - k + 1]
            nodes = level.find(parents, stream[ends], self.vocab_size)
            known = (parents != UNSEEN) & (reach[ends] >= k)
            known &= level.totals[np.maximum(parents, 0)] > 0
            at, parent = ends[known], parents[known]
            node = nodes[known]
            counts = np.where(node == UNSEEN, 0, level.counts[np.maximum(node, 0)])
            kept = counts - level.discounts[np.minimum(counts, 3)]
            p[at] = kept / level.totals[parent] + level.backoff[parent] * p[at]
            history = nodes
        return np.log(p[1:])

    def distribution(self, history: Sequence[int]) -> np.ndarray:
        """(V,) probabilities of what comes after the ids of one document so far; sums to 1."""
        self._check_fitted()
        V = self.vocab_size
        before = [self.boundary, *(int(token) for token in history)]
        before = before[max(0, len(before) - self.order + 1) :]
        if self.boundary in before[1:]:
            before = before[len(before) - 1 - before[::-1].index(self.boundary) :]
        p = np.full(V, 1.0 / V)
        for k, level in enumerate(self._levels, 1):
            if k - 1 > len(before):
                break
            node = self._node(before[len(before) - (k - 1) :])
            if node == UNSEEN or level.totals[node] == 0:
                continue
            first, end = np.searchsorted(level.keys, [node * V, (node + 1) * V])
            counts = level.counts[first:end]
            p *= level.backoff[node]
            kept = counts - level.discounts[np.minimum(counts, 3)]
            p[level.keys[first:end] % V] += kept / level.totals[node]
        return p

    def _node(self, words: Sequence[int]) -> int:
        """Index of an n-gram at its level; 0, the root, for no words at all."""
        node = np.zeros(1, dtype=np.int64)
        for level, word in zip(self._levels, words, strict=False):
            node = level.find(node, np.array([word]), self.vocab_size)
        return int(node[0])

    def sample(
        self, history: Sequence[int], n_tokens: int, seed: int = 0, temperature: float = 1.0
    ) -> list[int]:
        """A continuation of at most `n_tokens` ids, ended by the boundary; same seed, same text."""
        rng = np.random.default_rng(seed)
        ids = [int(token) for token in history]
        made: list[int] = []
        for _ in range(n_tokens):
            p = self.distribution(ids)
            if temperature == 0.0:
                token = int(p.argmax())
            else:
                p = p ** (1.0 / temperature)
                token = int(rng.choice(self.vocab_size, p=p / p.sum()))
            if token == self.boundary:
                break
            ids.append(token)
            made.append(token)
        return made

    def _check_fitted(self) -> None:
        if not self._levels:
            raise LabError("The n-gram model has not counted any text yet: fit it first.")

    # Size ----------------------------------------------------------------------------------

    @property
    def n_ngrams(self) -> int:
        """How many different n-grams are kept, of all lengths."""
        return sum(len(level.keys) for level in self._levels)

    @property
    def n_bytes(self) -> int:
        """Memory of the arrays."""
        return sum(
            array.nbytes
            for level in self._levels
            for array in (level.keys, level.counts, level.totals, level.backoff)
        )


def _all_ngrams(
    stream: np.ndarray, reach: np.ndarray, order: int, n_words: int
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """For each length k: the node of the n-gram that starts at each place (UNSEEN if it would
    cross a boundary), and the sorted keys of all nodes."""
    nodes, keys = [], []
    history = np.zeros(len(stream), dtype=np.int64)
    for k in range(1, order + 1):
        n = len(stream) - k + 1
        at = np.full(max(n, 0), UNSEEN, dtype=np.int64)
        if n > 0:
            ends = np.arange(n) + k - 1
            whole = np.ones(n, dtype=bool) if k == 1 else reach[ends] >= k
            combined = history[:n][whole] * n_words + stream[ends[whole]]
            unique, inverse = np.unique(combined, return_inverse=True)
            at[whole] = inverse
        else:
            unique = np.empty(0, dtype=np.int64)
        nodes.append(at)
        keys.append(unique)
        history = at
    return nodes, keys


def modified_discounts(counts: np.ndarray) -> np.ndarray:
    """(4,) what is taken from a count of 0, 1, 2, and 3 or more (Chen & Goodman 1999, eq. 26).

    With n_r n-grams of count r and Y = n1 / (n1 + 2 n2): D_r = r - (r + 1) Y n_{r+1} / n_r.
    """
    n = np.bincount(np.minimum(counts, 5), minlength=6).astype(float)
    if not all(n[1:5]):
        return np.array([0.0, *FALLBACK_DISCOUNTS])
    y = n[1] / (n[1] + 2 * n[2])
    found = [r - (r + 1) * y * n[r + 1] / n[r] for r in (1, 2, 3)]
    # Odd little texts can give a discount of nothing, which would leave what is unseen without
    # any probability, or one above the count itself.
    usual = all(0 < count <= r for r, count in zip((1, 2, 3), found, strict=True))
    return np.array([0.0, *(found if usual else FALLBACK_DISCOUNTS)])


def fit_on(tokenizer: Tokenizer, documents: str | Sequence[str], order: int = 5) -> NgramModel:
    """An n-gram model over the tokens of any tokenizer of the lab (`bytes` counts bytes). A str is
    one document."""
    model = NgramModel(order, tokenizer.vocab_size, tokenizer.eot_id)
    return model.fit(tokenizer.encode_documents(documents))


def bits_per_byte(model: NgramModel, tokenizer: Tokenizer, documents: str | Sequence[str]) -> float:
    """Bits that the model needs for a byte of the documents, each with its end-of-text token: the
    same events as `llmcore.evaluation.text_loss` scores, so that models of both kinds compare. A
    str is one document."""
    documents = list(one_or_several(documents, "document"))
    n_bytes = sum(len(document.encode("utf-8", "replace")) for document in documents)
    if n_bytes == 0:
        raise LabError("The text is empty, so there is nothing to score: give at least one word.")
    nats = -model.log_probabilities(tokenizer.encode_documents(documents)).sum()
    return float(nats / math.log(2) / n_bytes)


def continuation(
    model: NgramModel,
    tokenizer: Tokenizer,
    prompt: str,
    n_tokens: int = 100,
    seed: int = 0,
    temperature: float = 1.0,
) -> str:
    """What the model writes after `prompt`; same seed, same text."""
    ids = model.sample(tokenizer.encode(prompt), n_tokens, seed, temperature)
    return tokenizer.decode(ids)
