"""All tokens of a branch under other sampling settings, at once and without running the model.

The plain version is `tree.token_view`, one token at a time; this is the fast one for a picture
that follows a slider (tests/generation/test_rereading.py shows that they agree). It rests on one
fact: no filter changes the order of the scores, so what top-k, top-p and min-p keep is always the
beginning of the sorted scores, and sorting, the costly part, is done once for each token.
Shapes: N tokens, V vocabulary, K alternatives.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llmcore.generation.sampling import GREEDY_BELOW, SamplingConfig

MAX_BYTES = 128 << 20  # of sorted scores that a reader holds
_CHUNK_BYTES = 4 << 20  # of rows that are worked on at a time: they stay in the CPU's cache


@dataclass(slots=True, frozen=True)
class SortedScores:
    """The scores of one position, best first, and what no setting changes about them."""

    ids: np.ndarray  # (V,) int32
    values: np.ndarray  # (V,) float32, falling
    log_total: float  # log of the sum of exp(logit): logit - log_total is log p at temperature 1
    entropy: float  # bits, at temperature 1

    @property
    def n_bytes(self) -> int:
        return self.ids.nbytes + self.values.nbytes


@dataclass(slots=True, frozen=True)
class Reading:
    """What each of N tokens was under a sampling; the K alternatives are the likeliest ones, the
    token itself in the last place where it is not among them."""

    probability: np.ndarray  # (N,) after all filters
    natural: np.ndarray  # (N,) at temperature 1, nothing filtered
    rank: np.ndarray  # (N,) 1 is the likeliest, by the model's own scores
    entropy: np.ndarray  # (N,) bits, of the distribution at temperature 1
    n_kept: np.ndarray  # (N, 3) tokens left after top-k, then top-p, then min-p
    ids: np.ndarray  # (N, K)
    logits: np.ndarray  # (N, K) after the repetition penalty
    scaled: np.ndarray  # (N, K) divided by the temperature
    places: np.ndarray  # (N, K) place in the order of `logits`, from 0
    probabilities: np.ndarray  # (N, K)


def sort_scores(logits: np.ndarray) -> SortedScores:
    """(V,) scores, sorted; of equal ones the lower id comes first."""
    logits = np.asarray(logits, dtype=np.float32)
    ids = np.argsort(-logits, kind="stable").astype(np.int32)
    values = logits[ids]
    weights = np.exp(values - values[0], dtype=np.float64)
    total = weights.sum()
    known = weights > 0
    entropy = np.log(total) - ((values - values[0])[known] * weights[known]).sum() / total
    return SortedScores(ids, values, float(values[0] + np.log(total)), float(entropy / np.log(2)))


class Rereader:
    """Keeps the sorted scores of positions by a key of the caller's, the newest MAX_BYTES."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self.max_bytes = max_bytes
        self._rows: OrderedDict[int, SortedScores] = OrderedDict()
        self._n_bytes = 0

    def __contains__(self, key: int) -> bool:
        return key in self._rows

    def put(self, key: int, logits: np.ndarray) -> SortedScores:
        row = sort_scores(logits)
        self._rows[key] = row
        self._n_bytes += row.n_bytes
        while self._n_bytes > self.max_bytes and len(self._rows) > 1:
            self._n_bytes -= self._rows.popitem(last=False)[1].n_bytes
        return row

    def get(self, key: int) -> SortedScores | None:
        return self._rows.get(key)


def penalise(row: SortedScores, penalty: float, seen: Sequence[int]) -> SortedScores:
    """The scores with those of `seen` ids moved down, sorted again: two sorted runs are merged."""
    lookup = np.zeros(len(row.ids), dtype=bool)
    lookup[[one for one in set(seen) if one < len(lookup)]] = True
    hit = lookup[row.ids]
    if penalty == 1.0 or not hit.any():
        return row
    moved = row.values[hit]
    moved = np.where(moved < 0, moved * penalty, moved / penalty).astype(np.float32)
    values = np.concatenate([row.values[~hit], np.sort(moved)[::-1]])
    ids = np.concatenate([row.ids[~hit], row.ids[hit][np.argsort(-moved, kind="stable")]])
    order = np.argsort(-values, kind="stable")
    return SortedScores(ids[order], values[order], row.log_total, row.entropy)


def reread(
    rows: Sequence[SortedScores],
    chosen: Sequence[int],
    sampling: SamplingConfig,
    seen: Sequence[Sequence[int]] | None = None,
    k: int = 10,
) -> Reading:
    """N positions' scores and the N tokens that were chosen -> what they are under `sampling`.

    seen: for each position the ids before it, for the repetition penalty.
    """
    own = [int(np.flatnonzero(row.ids == id)[0]) for row, id in zip(rows, chosen, strict=True)]
    natural = np.exp([row.values[at] - row.log_total for row, at in zip(rows, own, strict=True)])
    rank = np.array(
        [np.searchsorted(-row.values, -row.values[at]) + 1 for row, at in zip(rows, own, strict=True)]
    )
    entropy = np.array([row.entropy for row in rows])
    if sampling.repetition_penalty != 1.0 and seen is not None:
        rows = [
            penalise(row, sampling.repetition_penalty, ids)
            for row, ids in zip(rows, seen, strict=True)
        ]
        own = [int(np.flatnonzero(row.ids == id)[0]) for row, id in zip(rows, chosen, strict=True)]
    V = len(rows[0].ids)
    k = min(k, V)
    # The likeliest k, and the token itself: in the last place unless it stands among them.
    places = np.tile(np.arange(k + 1), (len(rows), 1))  # (N, K)
    places[:, k] = own
    size = max(1, _CHUNK_BYTES // (4 * V))
    parts = [
        _filtered(np.stack([row.values for row in rows[at : at + size]]), sampling)
        for at in range(0, len(rows), size)
    ]
    n_kept = np.concatenate([part[0] for part in parts])
    log_totals = np.concatenate([part[1] for part in parts])
    logits = np.stack([row.values[at] for row, at in zip(rows, places, strict=True)])
    greedy = sampling.temperature < GREEDY_BELOW
    scaled = logits if greedy else logits / np.float32(sampling.temperature)
    kept = places < n_kept[:, 2:]
    best = np.array([row.values[0] for row in rows])[:, None]
    shifted = (logits - best) / (1.0 if greedy else sampling.temperature)
    with np.errstate(over="ignore"):
        probabilities = np.where(kept, np.exp(shifted - log_totals[:, None]), 0.0)
    return Reading(
        probability=probabilities[:, k], natural=natural, rank=rank, entropy=entropy,
        n_kept=n_kept, ids=np.stack([row.ids[at] for row, at in zip(rows, places, strict=True)]),
        logits=logits, scaled=scaled, places=places, probabilities=probabilities,
    )  # fmt: skip


def _filtered(values: np.ndarray, sampling: SamplingConfig) -> tuple[np.ndarray, np.ndarray]:
    """(N, V) falling scores -> how many are left after each of the three filters (N, 3), and the
    log of the sum of exp((score - best) / temperature) over those that all of them leave (N,)."""
    n = len(values)
    if sampling.temperature < GREEDY_BELOW:
        return np.ones((n, 3), dtype=int), np.zeros(n)
    width = min(values.shape[1], sampling.top_k or values.shape[1])
    weights = values[:, :width] - values[:, :1]
    weights /= np.float32(sampling.temperature)
    np.exp(weights, out=weights)  # (N, width), the best is 1
    after_k = np.full(n, width)
    after_p = after_k
    if sampling.top_p is not None and sampling.top_p < 1.0:
        reached = weights.cumsum(1, dtype=np.float64)
        after_p = np.minimum((reached < sampling.top_p * reached[:, -1:]).sum(1) + 1, width)
    after_m = after_p
    if sampling.min_p:
        after_m = np.minimum(after_p, (weights >= np.float32(sampling.min_p)).sum(1))
    if (after_m < width).any():
        weights *= np.arange(width) < after_m[:, None]
    totals = weights.sum(1, dtype=np.float64)
    return np.stack([after_k, after_p, after_m], axis=1), np.log(totals)
