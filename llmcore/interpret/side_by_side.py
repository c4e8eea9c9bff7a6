"""Two models on one text, or two texts in one model: where attention and predictions differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
import torch

from llmcore.errors import LabError
from llmcore.interpret.lens import lens_log_probabilities, residual_streams
from llmcore.nn.hooks import watch
from llmcore.nn.model import GPT


@dataclass(slots=True, frozen=True)
class Difference:
    """pairs (P, 2): positions of the first text and of the second that were compared.

    attention (L, H): mean Jensen-Shannon distance of the two heads' rows (0 the same, 1 no token
    in common); None if the models have other numbers of layers or heads. attention_at
    (P, L, H): the same for each pair. divergence (L+1, P): KL in nats of the second's prediction
    from the first's, read by the logit lens after each block; None if the numbers of layers
    differ. last (P,): the same at the output.
    """

    pairs: np.ndarray
    attention: np.ndarray | None
    attention_at: np.ndarray | None
    divergence: np.ndarray | None
    last: np.ndarray


def aligned(first: Sequence[int], second: Sequence[int]) -> np.ndarray:
    """Pairs of positions (P, 2) that match each other: tokens that both texts share in the
    same order, and replaced stretches of equal length.

    >>> aligned([5, 6, 7, 8], [5, 9, 7]).tolist()
    [[0, 0], [1, 1], [2, 2]]
    >>> aligned([5, 6, 7], [5, 9, 9, 7]).tolist()
    [[0, 0], [2, 3]]
    """
    pairs = [
        (i, j)
        for how, a, b, c, d in SequenceMatcher(None, first, second, autojunk=False).get_opcodes()
        if how == "equal" or (how == "replace" and b - a == d - c)
        for i, j in zip(range(a, b), range(c, d), strict=True)
    ]
    return np.array(pairs, dtype=int).reshape(-1, 2)


def js_distance(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Jensen-Shannon distance of distributions (…, N) -> (…): the root of the divergence in bits,
    so 0 for equal ones and 1 for those that share nothing (Lin 1991).

    >>> js_distance(np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    np.float64(1.0)
    """
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        halves = [np.where(shares > 0, shares * np.log2(shares / middle), 0.0) for shares in (p, q)]
    return np.sqrt(np.clip((halves[0] + halves[1]).sum(-1) / 2, 0.0, 1.0))


@torch.no_grad()
def difference(
    first: GPT, first_ids: Sequence[int], second: GPT, second_ids: Sequence[int]
) -> Difference:
    """Where two readings part. Both models must know the same tokens.

    Raises LabError if the vocabularies differ, or if the texts have no token to pair.
    """
    if first.config.vocab_size != second.config.vocab_size:
        raise LabError(
            f"The models know {first.config.vocab_size} and {second.config.vocab_size} tokens, so "
            f"their predictions cannot be compared: choose two with the same tokenizer."
        )
    pairs = aligned(first_ids, second_ids)
    if not len(pairs):
        raise LabError(
            "The two texts have no token in the same place: change a word or two of the first."
        )
    a, b = first.config, second.config
    attention = None
    if (a.n_layers, a.n_heads) == (b.n_layers, b.n_heads):
        attention = _attention(first, first_ids, second, second_ids, pairs)
    divergence = _divergence(first, first_ids, second, second_ids, pairs)
    return Difference(
        pairs,
        None if attention is None else attention.mean(0),
        attention,
        divergence if a.n_layers == b.n_layers else None,
        divergence[-1],
    )


def _attention(
    first: GPT, first_ids: Sequence[int], second: GPT, second_ids: Sequence[int], pairs: np.ndarray
) -> np.ndarray:
    """(P, L, H) distances. A row is compared over the paired keys; what a query gives to the
    keys without a partner counts as one key more."""
    sides = []
    for side, (model, ids) in enumerate(((first, first_ids), (second, second_ids))):
        ids_in = torch.tensor([list(ids)], device=next(model.parameters()).device)
        sides.append((model, model.embed(ids_in), torch.from_numpy(pairs[:, side])))
    rows = []
    for layer in range(first.config.n_layers):  # so that a long text's weights are not all held
        kept = []
        for side, (model, stream, at) in enumerate(sides):
            name = f"blocks.{layer}.attention.weights"
            with watch(model, [name]) as seen:
                stream = model.through_blocks(stream, first=layer, end=layer + 1)
            sides[side] = (model, stream, at)
            weights = seen[name][0][:, at].float().cpu()  # (H, P, T)
            paired = weights[:, :, at]  # (H, P, P)
            rest = (1.0 - paired.sum(-1, keepdim=True)).clamp(min=0.0)
            kept.append(torch.cat([paired, rest], -1).numpy())
        rows.append(js_distance(*kept))  # (H, P)
    return np.stack(rows).transpose(2, 0, 1)


def _divergence(
    first: GPT, first_ids: Sequence[int], second: GPT, second_ids: Sequence[int], pairs: np.ndarray
) -> np.ndarray:
    """(R, P) KL after each block that both have, R the smaller L + 1; the last row is always the
    output of both."""
    streams = [
        residual_streams(model, ids)[:, torch.from_numpy(pairs[:, side])]
        for side, (model, ids) in enumerate(((first, first_ids), (second, second_ids)))
    ]
    n_rows = min(map(len, streams))
    found = []
    for row in range(n_rows):
        at = -1 if row == n_rows - 1 else row
        p, q = (
            lens_log_probabilities(model, stream[at])
            for model, stream in zip((first, second), streams, strict=True)
        )  # (P, V)
        found.append((p.exp() * (p - q)).sum(-1).clamp(min=0.0).cpu().numpy())
    return np.stack(found)
