"""The corpus `repeats`: random letters that come again, made by code from a seed.

Nothing in it can be known but one thing: what stood here before comes again in the same order. A
model gets better at it only by looking back for an earlier copy and reading on from there, which
is what induction heads do (Olsson et al. 2022). The pieces have many lengths, so no head gets by
with looking a fixed number of tokens back.
"""

import string

import numpy as np

SEED = 0
LETTERS = string.digits + string.ascii_letters + string.punctuation  # 94, each one byte
SHORTEST, LONGEST = 8, 24  # letters of a piece
COPIES = 2, 4  # how often a piece stands in a document, at least and at most
N_DOCUMENTS = 60_000


def repeats(n_documents: int = N_DOCUMENTS, seed: int = SEED) -> list[str]:
    """Documents such as `k7Q;kd…` three times over, the same ones for the same seed.

    Each is one random piece of SHORTEST to LONGEST letters, COPIES times in a row.
    """
    rng = np.random.default_rng(seed)
    lengths = rng.integers(SHORTEST, LONGEST + 1, n_documents)
    copies = rng.integers(COPIES[0], COPIES[1] + 1, n_documents)
    letters = "".join(LETTERS[one] for one in rng.integers(0, len(LETTERS), lengths.sum()))
    ends = np.cumsum(lengths).tolist()
    starts = [0, *ends]
    return [
        letters[start:end] * times
        for start, end, times in zip(starts, ends, copies.tolist(), strict=False)
    ]
