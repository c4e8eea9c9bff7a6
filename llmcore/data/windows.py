"""Windows over a row of ids: inputs, and as targets the same tokens one place later."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from llmcore.errors import ShortTextError

if TYPE_CHECKING:
    from llmcore.data.shards import ShardedIds

SHORTEST_CONTEXT = 2


def windows(
    ids: "np.ndarray | ShardedIds", starts: Sequence[int] | np.ndarray, length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets, both (B, T) for B starts and a length of T, from a row of ids (N,).

    `targets[:, t]` is the token after `inputs[:, t]`, so one window asks T questions at once:
    each prefix of it for the next token (Raschka, chapter 2). Needs `start + T + 1 <= N`.

    >>> inputs, targets = windows(np.arange(10), [0, 4], 3)
    >>> inputs.tolist(), targets.tolist()
    ([[0, 1, 2], [4, 5, 6]], [[1, 2, 3], [5, 6, 7]])
    """
    both = np.stack([ids[start : start + length + 1] for start in starts])  # (B, T + 1)
    return both[:, :-1], both[:, 1:]


def sliding_starts(n_tokens: int, length: int, stride: int) -> np.ndarray:
    """Where windows of `length` + 1 tokens begin when each is `stride` tokens after the last.

    >>> sliding_starts(10, 3, 2).tolist()
    [0, 2, 4, 6]
    """
    return np.arange(0, max(0, n_tokens - length), stride)


def check_length(n_train: int, n_validation: int, context_length: int) -> None:
    """Raises ShortTextError if either split is shorter than one window, which is one token
    longer than the context."""
    longest = min(n_train, n_validation) - 1
    if longest >= context_length:
        return
    has = f"it has {n_train:,} tokens to train on and {n_validation:,} to validate on"
    if longest < SHORTEST_CONTEXT:
        raise ShortTextError(f"The text is too short for any context length ({has}): give more.")
    raise ShortTextError(
        f"The text is too short for a context of {context_length:,}, which needs "
        f"{context_length + 1:,} of each ({has}): choose a context length of at most {longest:,}, "
        f"or give more text.",
        longest,
    )


def scoring_windows(n_targets: int, context_length: int) -> Iterator[tuple[int, int, int]]:
    """(start, first, end) of windows that score each of `n_targets` once: ids start..end go in,
    and what follows ids first..end (exclusive) is scored.

    >>> list(scoring_windows(10, 4))
    [(0, 0, 4), (2, 4, 6), (4, 6, 8), (6, 8, 10)]
    """
    stride = max(1, context_length // 2)
    scored = 0
    while scored < n_targets:
        end = min(n_targets, scored + (stride if scored else context_length))
        yield max(0, end - context_length), scored, end
        scored = end
