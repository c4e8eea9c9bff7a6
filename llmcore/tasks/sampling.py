"""Random choices that depend on (seed, stream, position) alone, never on what ran before."""

import numpy as np


def keyed_rng(seed: int, stream: int, position: int) -> np.random.Generator:
    """A generator for one use: Philox is counter-based, so any position is reached at once.

    stream tells uses apart (0 the data order, 1 the shuffling within an epoch).
    """
    key = np.array([seed & (2**64 - 1), (stream << 48) | position], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key))


def window_starts(seed: int, step: int, n_windows: int, n_tokens: int, length: int) -> np.ndarray:
    """Start positions (n_windows,) of random windows of `length` + 1 tokens in `n_tokens`.

    Sample i of step s is the same whatever the number of processes or micro-batches.
    """
    return keyed_rng(seed, 0, step).integers(0, n_tokens - length, size=n_windows)


def bucketed_batches(
    lengths: np.ndarray, batch_size: int, seed: int, epoch: int, bucket: int = 8
) -> list[np.ndarray]:
    """Numbers of the examples of each batch of an epoch; each example once.

    Shuffled, sorted by `lengths` (N,) within buckets of `bucket` batches so that little is padded,
    and the batches shuffled again.
    """
    rng = keyed_rng(seed, 1, epoch)
    order = rng.permutation(len(lengths))
    batches = []
    for first in range(0, len(order), batch_size * bucket):
        part = order[first : first + batch_size * bucket]
        part = part[np.argsort(lengths[part], kind="stable")]
        batches += [part[i : i + batch_size] for i in range(0, len(part), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]
