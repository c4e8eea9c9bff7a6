"""Windows over a row of ids: inputs, and as targets the same tokens one place later."""

from collections.abc import Sequence

import numpy as np


def windows(
    ids: np.ndarray, starts: Sequence[int] | np.ndarray, length: int
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
