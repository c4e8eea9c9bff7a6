"""All tokens of a branch under other sampling settings, at once and without running the model.

The plain version is `token_view`, one token at a time; this is the fast one, for a picture that
follows a slider (tests/generation/test_rereading.py shows that they agree). It rests on one
fact: no filter changes the order of the scores, so what top-k, top-p and min-p keep is always the
beginning of the sorted scores, and sorting, the costly part, is done once for each token.
Shapes: N tokens, V vocabulary, K alternatives.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llmcore.choices import SamplingConfig
from llmcore.generation.sampling import GREEDY_BELOW

MAX_BYTES = 192 << 20  # of sorted scores that a reader holds: 480 tokens of GPT-2
_FIRST_ADDED = 512
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
    """What each of N tokens was under a sampling, and its K alternatives: the likeliest by the
    model's own scores, best first, the token itself behind them if it is not among them."""

    probability: np.ndarray  # (N,) after all filters
    natural: np.ndarray  # (N,) at temperature 1, without penalty or filter
    rank: np.ndarray  # (N,) 1 is the likeliest, by the model's own scores
    entropy: np.ndarray  # (N,) bits, of the distribution at temperature 1
    n_kept: np.ndarray  # (N, 3) tokens left after top-k, then top-p, then min-p
    ids: np.ndarray  # (N, K)
    logits: np.ndarray  # (N, K) as the model gave them
    scaled: np.ndarray  # (N, K) after the repetition penalty, divided by the temperature
    places: np.ndarray  # (N, K) place in the order of `scaled`, from 0; kept if below n_kept
    probabilities: np.ndarray  # (N, K) after all filters


def sort_scores(logits: np.ndarray) -> SortedScores:
    """(V,) scores, sorted; of equal ones the lower id comes first."""
    logits = np.asarray(logits, dtype=np.float32)
    ids = np.argsort(-logits)
    values = logits[ids]
    if (values[1:] == values[:-1]).any():  # rare, and the stable sort is six times as slow
        ids = np.argsort(-logits, kind="stable")
    weights = np.exp(values - values[0], dtype=np.float64)
    total = weights.sum()
    known = weights > 0
    entropy = np.log(total) - ((values - values[0])[known] * weights[known]).sum() / total
    return SortedScores(
        ids.astype(np.int32), values, float(values[0] + np.log(total)), float(entropy / np.log(2))
    )


class Rereader:
    """Keeps the sorted scores of places by a key of the caller's, the newest MAX_BYTES."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self.max_bytes = max_bytes
        self._rows: OrderedDict[int, SortedScores] = OrderedDict()
        self._n_bytes = 0

    def get(self, key: int) -> SortedScores | None:
        return self._rows.get(key)

    def put(self, key: int, logits: np.ndarray) -> SortedScores:
        row = self._rows[key] = sort_scores(logits)
        self._n_bytes += row.n_bytes
        while self._n_bytes > self.max_bytes and len(self._rows) > 1:
            self._n_bytes -= self._rows.popitem(last=False)[1].n_bytes
        return row

    def clear(self) -> None:
        self._rows.clear()
        self._n_bytes = 0


def penalise(row: SortedScores, penalty: float, seen: Sequence[int]) -> SortedScores:
    """The scores with those of `seen` ids moved down and put where they belong now."""
    lookup = np.zeros(len(row.ids), dtype=bool)
    lookup[[token for token in set(seen) if token < len(lookup)]] = True
    hit = lookup[row.ids]
    if penalty == 1.0 or not hit.any():
        return row
    ids, moved = row.ids[hit], row.values[hit]
    moved = np.where(moved < 0, moved * penalty, moved / penalty).astype(np.float32)
    order = np.argsort(-moved, kind="stable")
    rest, others = row.values[~hit], row.ids[~hit]
    places = np.searchsorted(-rest, -moved[order])
    return SortedScores(
        np.insert(others, places, ids[order]),
        np.insert(rest, places, moved[order]),
        row.log_total,
        row.entropy,
    )


def reread(
    rows: Sequence[SortedScores],
    chosen: Sequence[int],
    sampling: SamplingConfig,
    seen: Sequence[Sequence[int]] | None = None,
    k: int = 10,
) -> Reading:
    """N places' scores and the N tokens that were chosen there -> what they are under `sampling`.

    seen: for each place the ids before it, for the repetition penalty.
    """
    own = _places(rows, np.asarray(chosen)[:, None])[:, 0]  # (N,)
    best = np.arange(min(k, len(rows[0].ids)))
    places = np.column_stack([np.tile(best, (len(rows), 1)), own])  # (N, K)
    ids, logits = _taken(rows, places)
    natural = np.exp(logits[:, -1] - [row.log_total for row in rows])
    moved = rows
    if sampling.repetition_penalty != 1.0 and seen is not None:
        penalty = sampling.repetition_penalty
        moved = [penalise(row, penalty, before) for row, before in zip(rows, seen, strict=True)]
        places = _places(moved, ids)
    penalised = _taken(moved, places)[1]
    n_kept, log_totals = _filtered_in_chunks(moved, sampling)
    temperature = sampling.temperature if sampling.temperature >= GREEDY_BELOW else 1.0
    shifted = (penalised - np.array([row.values[0] for row in moved])[:, None]) / temperature
    kept = places < n_kept[:, 2:]
    probabilities = np.where(kept, np.exp(shifted - log_totals[:, None]), 0.0)
    return Reading(
        probability=probabilities[:, -1],
        natural=natural,
        rank=own + 1,
        entropy=np.array([row.entropy for row in rows]),
        n_kept=n_kept,
        ids=ids,
        logits=logits,
        scaled=penalised / np.float32(temperature),
        places=places,
        probabilities=probabilities,
    )


def _places(rows: Sequence[SortedScores], ids: np.ndarray) -> np.ndarray:
    """The place of each of `ids` (N, K) in its row's order, (N, K)."""
    found = np.empty(ids.shape, dtype=int)
    place = np.empty(len(rows[0].ids), dtype=int)
    for at, row in enumerate(rows):
        place[row.ids] = np.arange(len(place))
        found[at] = place[ids[at]]
    return found


def _taken(rows: Sequence[SortedScores], places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ids and scores (N, K) at `places` (N, K)."""
    pairs = list(zip(rows, places, strict=True))
    return np.stack([row.ids[at] for row, at in pairs]), np.stack(
        [row.values[at] for row, at in pairs]
    )


def _filtered_in_chunks(
    rows: Sequence[SortedScores], sampling: SamplingConfig
) -> tuple[np.ndarray, np.ndarray]:
    size = max(1, _CHUNK_BYTES // rows[0].values.nbytes)
    parts = [
        _filtered(np.stack([row.values for row in rows[at : at + size]]), sampling)
        for at in range(0, len(rows), size)
    ]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


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
        after_p = _nucleus_sizes(weights, sampling.top_p)
    after_m = after_p
    if sampling.min_p:
        after_m = np.minimum(after_p, (weights >= np.float32(sampling.min_p)).sum(1))
    if (after_m < width).any():
        weights *= np.arange(width) < after_m[:, None]
    totals = weights.sum(1, dtype=np.float64)
    return np.stack([after_k, after_p, after_m], axis=1), np.log(totals)


def _nucleus_sizes(weights: np.ndarray, top_p: float) -> np.ndarray:
    """How many of the falling `weights` (N, width) it takes to reach `top_p` of their sum (N,).

    Mostly a few: all of them are added up only if these are not enough.
    """
    goal = top_p * weights.sum(1, dtype=np.float64)
    width = weights.shape[1]
    for n in (min(_FIRST_ADDED, width), width):
        reached = weights[:, :n].astype(np.float64).cumsum(1)
        if (reached[:, -1] >= goal).all():
            break
    return np.minimum((reached < goal[:, None]).sum(1) + 1, width)
