"""From scores to one token: every stage of sampling, and randomness keyed by its place.

The stages come in the order of most tools: repetition penalty, temperature, top-k, top-p, min-p.
Each filter sees what the one before it left, its probabilities summing to one again.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from llmcore.choices import SamplingConfig
from llmcore.errors import LabError

GREEDY_BELOW = 1e-5  # a temperature so low leaves no choice, and dividing by it no numbers
_STREAM = 2  # tells these draws from those of training (llmcore.tasks.sampling has 0 and 1)


@dataclass(slots=True, frozen=True)
class Sampled:
    """One next-token distribution, stage by stage; each (V,), on the CPU."""

    logits: Tensor  # float32, as the model gave them
    penalised: Tensor  # float32, after the repetition penalty
    scaled: Tensor  # float32, divided by the temperature
    kept: Tensor  # bool, what all filters let through
    probabilities: Tensor  # float32, softmax of `scaled` over `kept`; sums to one


def sampling_stages(
    logits: Tensor, sampling: SamplingConfig, seen_ids: Iterable[int] = ()
) -> Sampled:
    """(V,) logits -> every stage up to the probabilities from which the next token is drawn.

    `seen_ids` are those of prompt and text so far, for the repetition penalty. At temperature 0
    all probability is on the likeliest token (the lowest id of equals). At least one token is
    always kept. Raises LabError if the logits hold no number.
    """
    logits = logits.detach().float().cpu()
    if not np.isfinite(float(logits.max())):
        raise LabError(
            "The model's scores are not numbers, so its weights are damaged or its training "
            "diverged: choose another checkpoint."
        )
    penalised = _penalised(logits, sampling.repetition_penalty, seen_ids)
    if sampling.temperature < GREEDY_BELOW:
        kept = torch.zeros_like(penalised, dtype=torch.bool)
        kept[penalised.argmax()] = True
        return Sampled(logits, penalised, penalised, kept, kept.float())
    scaled = penalised / sampling.temperature
    kept = scaled > -torch.inf
    if sampling.top_k is not None and sampling.top_k < len(scaled):
        kept &= largest(scaled, sampling.top_k)
    if sampling.top_p is not None and sampling.top_p < 1.0:
        probabilities = _softmax(scaled, kept)
        kept &= largest(probabilities, _nucleus_size(probabilities, sampling.top_p))
    if sampling.min_p:
        probabilities = _softmax(scaled, kept)
        kept &= probabilities >= sampling.min_p * probabilities.max()
    return Sampled(logits, penalised, scaled, kept, _softmax(scaled, kept))


def sampling_probabilities(
    logits: Tensor, sampling: SamplingConfig, seen_ids: Iterable[int] = ()
) -> Tensor:
    """(V,) logits -> (V,) probabilities from which the next token is drawn; they sum to one."""
    return sampling_stages(logits, sampling, seen_ids).probabilities


def _penalised(logits: Tensor, penalty: float, seen_ids: Iterable[int]) -> Tensor:
    """Scores of seen tokens moved down: positive ones divided, negative ones multiplied, each
    token once however often it occurs (Keskar et al. 2019, section 4.1)."""
    seen = {token for token in seen_ids if token < len(logits)} if penalty != 1.0 else None
    if not seen:
        return logits
    ids = torch.tensor(sorted(seen))
    scores = logits[ids]
    penalised = logits.clone()
    penalised[ids] = torch.where(scores < 0, scores * penalty, scores / penalty)
    return penalised


def _softmax(scaled: Tensor, kept: Tensor) -> Tensor:
    return scaled.masked_fill(~kept, -torch.inf).softmax(-1)


def largest(values: Tensor, n: int) -> Tensor:
    """Mask of the n largest of `values` (V,); of equal ones the lower ids."""
    bound = float(np.partition(values.numpy(), len(values) - n)[len(values) - n])
    mask = values > bound
    equal = (values == bound).nonzero()[:, 0]
    mask[equal[: n - int(mask.sum())]] = True
    return mask


def _nucleus_size(probabilities: Tensor, top_p: float) -> int:
    """How many of the likeliest tokens it takes to reach `top_p` (Holtzman et al. 2020)."""
    # numpy's sort and partition take a tenth of torch's time here, on one thread.
    ordered = np.sort(probabilities.numpy())[::-1]
    reached = ordered.cumsum(dtype=np.float64)
    return min(int(np.count_nonzero(reached < top_p)) + 1, len(ordered))


def uniform_at(seed: int, position: int) -> float:
    """The number in [0, 1) that decides the token at `position` (ids before it, prompt included).

    It depends on nothing else: not on what was drawn before, so a branch draws what the stream
    would have drawn there. Philox is counter-based, so any position is reached at once.
    """
    key = np.array([seed, (_STREAM << 48) | position], dtype=np.uint64)
    return float(np.random.Generator(np.random.Philox(key=key)).random())


def draw(probabilities: Tensor, seed: int, position: int) -> int:
    """The token at `position`: the first whose cumulative share passes `uniform_at` (the inverse
    of the distribution function). A token of probability zero is never drawn."""
    reached = probabilities.double().cumsum(-1)  # (V,)
    goal = uniform_at(seed, position) * reached[-1]
    token = int(torch.searchsorted(reached, goal, right=True))
    if token == len(reached):  # rounding took the goal up to the end
        token = int(probabilities.nonzero()[-1])
    return token
