"""Token embeddings: which are near which, and a flat map of chosen tokens (Raschka, chapter 2).

V vocabulary, C channels, N chosen tokens. Everything here is numpy on a copy of the weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llmcore.errors import LabError

if TYPE_CHECKING:
    from llmcore.nn.model import GPT
    from llmcore.tokenizers import Tokenizer

# Tokens that belong together in the world, so that one can see whether the model found out.
CLASSES: dict[str, tuple[str, ...]] = {
    "Digits": tuple("0123456789"),
    "Capital letters": tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    "Small letters": tuple("abcdefghijklmnopqrstuvwxyz"),
    "Punctuation": tuple(".,;:!?-()'\""),
    "Months": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ),
    "Numbers": (
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twenty",
        "hundred", "thousand",
    ),
    "Pronouns": ("I", "you", "he", "she", "it", "we", "they", "me", "him", "her", "us", "them"),
    "People": (
        "man", "woman", "boy", "girl", "king", "queen", "father", "mother", "son", "daughter",
        "brother", "sister", "husband", "wife", "lord", "lady", "friend",
    ),
    "Past tense": (
        "was", "had", "did", "said", "came", "went", "made", "took", "saw", "gave", "found", "told",
    ),
    "Colours": ("red", "green", "blue", "white", "black", "yellow", "brown", "golden", "grey"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Neighbour:
    id: int
    cosine: float


@dataclass(frozen=True, slots=True)
class Projection:
    """coordinates (N, 2) of N points, and the share of their variance that each axis shows."""

    coordinates: np.ndarray
    explained: np.ndarray  # (2,)


def token_vectors(model: "GPT") -> np.ndarray:
    """A copy of the token embedding, float32 (V, C). The positions' one is no part of it."""
    return model.token_embedding.weight.detach().float().cpu().numpy().copy()


def nearest(vectors: np.ndarray, id: int, k: int = 10) -> list[Neighbour]:
    """The k tokens whose vectors point most in the direction of token `id`, itself left out.

    cosine = a · b / (|a| |b|): 1 the same direction, 0 unrelated. Two random vectors of C
    numbers are within about 2 / √C of 0.
    """
    if not 0 <= id < len(vectors):
        raise LabError(f"There is no token {id}: the model has {len(vectors)}.")
    norms = np.linalg.norm(vectors, axis=1)
    cosines = vectors @ vectors[id] / np.maximum(norms * norms[id], 1e-12)  # (V,)
    cosines[id] = -np.inf
    order = np.argsort(-cosines, kind="stable")[: min(k, len(vectors) - 1)]
    return [Neighbour(int(token), float(cosines[token])) for token in order]


def principal_axes(points: np.ndarray) -> Projection:
    """The two directions of most variance of points (N, C): principal component analysis.

    The sign of an axis means nothing; here its largest weight is positive. Raises LabError for
    fewer than three points.
    """
    if len(points) < 3:
        raise LabError(f"A map needs at least 3 tokens but there are {len(points)}: choose more.")
    centred = (points - points.mean(axis=0)).astype(np.float64)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)  # axes (min(N, C), C)
    axes = axes[:2]
    largest = np.abs(axes).argmax(axis=1)
    axes = axes * np.sign(axes[np.arange(2), largest])[:, None]
    variance = sizes**2
    explained = variance[:2] / max(float(variance.sum()), 1e-30)
    return Projection(centred @ axes.T, explained)


def aligned(points: np.ndarray, target: np.ndarray) -> np.ndarray:
    """`points` (N, D), turned and mirrored to be as near as possible to `target` (N, D).

    The orthogonal Procrustes problem: R = U Vᵀ, where U S Vᵀ = pointsᵀ target, minimises
    |points R - target| over all rotations and reflections (Schönemann 1966). Distances between
    the points stay what they are.
    """
    left, _, right = np.linalg.svd(points.T @ target)
    return points @ (left @ right)


def cohesion(vectors: np.ndarray, groups: Sequence[Sequence[int]]) -> tuple[float, float]:
    """Mean cosine of two different tokens of the same group, and of two of different groups.

    Raises LabError if there are no such pairs of both kinds.
    """
    ids = np.concatenate([np.asarray(group, dtype=int) for group in groups])
    of = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    chosen = vectors[ids]
    unit = chosen / np.maximum(np.linalg.norm(chosen, axis=1, keepdims=True), 1e-12)
    cosines = unit @ unit.T  # (N, N)
    same = (of[:, None] == of) & ~np.eye(len(ids), dtype=bool)
    other = of[:, None] != of
    if not same.any() or not other.any():
        raise LabError("Choose two classes of two tokens each at least, to compare them.")
    return float(cosines[same].mean()), float(cosines[other].mean())


def single_token(tokenizer: "Tokenizer", text: str) -> int | None:
    """The id of a text that is one token, with a space before it (as words are in a text) or,
    for signs and if that is none, without. None if it takes several."""
    spaced = text if text[:1].isspace() or not text.isalpha() or len(text) == 1 else f" {text}"
    for piece in (spaced, text):
        ids = tokenizer.encode(piece)
        if len(ids) == 1:
            return ids[0]
    return None


def tokens_of_class(tokenizer: "Tokenizer", words: Sequence[str]) -> tuple[list[int], list[str]]:
    """Ids of the words that are one token each, and the words that are not."""
    found = {word: single_token(tokenizer, word) for word in words}
    ids = list(dict.fromkeys(id for id in found.values() if id is not None))
    return ids, [word for word, id in found.items() if id is None]
