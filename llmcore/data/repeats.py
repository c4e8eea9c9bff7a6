"""The corpus `repeats`: random letters whose order comes again, made by code from a seed.

Each document has a few letters and its own rule, drawn again: which letter follows which. It
mostly keeps to it. Nothing can be learned by heart but one thing: what followed a letter before
follows it again, so look for the last time that it was here and read on. This is what induction
heads do (Olsson et al. 2022; in-context Markov chains as in Edelman et al. 2024, "The Evolution of
Statistical Induction Heads"). One and the same piece over and over would teach something else: to
look a fixed number of letters back.
"""

import string

import numpy as np

SEED = 0
LETTERS = string.digits + string.ascii_letters + string.punctuation  # 94, each one byte
LENGTH = 64  # letters of a document
FEWEST, MOST = 6, 32  # different letters of a document
FOLLOWS = 0.7  # how often the rule says what comes; else it is any letter of the document
N_DOCUMENTS = 40_000


def repeats(n_documents: int = N_DOCUMENTS, seed: int = SEED) -> list[str]:
    """Documents of LENGTH letters such as `Q;dX;dXk;dXQ;…`, the same ones for the same seed."""
    rng = np.random.default_rng(seed)
    signs = np.frombuffer(LETTERS.encode("ascii"), dtype=np.uint8)
    counts = rng.integers(FEWEST, MOST + 1, n_documents)
    rows = np.empty((n_documents, LENGTH), dtype=np.int64)  # places among a document's letters
    # The rule of a document: place -> place of the letter that follows it.
    rules = (rng.random((n_documents, MOST)) * counts[:, None]).astype(np.int64)
    present = np.zeros(n_documents, dtype=np.int64)
    everyone = np.arange(n_documents)
    for step in range(LENGTH):
        any_letter = (rng.random(n_documents) * counts).astype(np.int64)
        follows = rng.random(n_documents) < FOLLOWS
        present = np.where(follows, rules[everyone, present], any_letter)
        rows[:, step] = present
    own = rng.permuted(np.tile(signs, (n_documents, 1)), axis=1)[:, :MOST]
    texts = np.take_along_axis(own, rows, axis=1)
    return [text.tobytes().decode("ascii") for text in texts]
