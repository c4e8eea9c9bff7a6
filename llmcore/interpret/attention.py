"""Attention weights of one text, read through the model's hooks."""

from dataclasses import dataclass

import numpy as np
import torch

from llmcore.errors import LabError
from llmcore.generation import Candidate, candidates, check_ids
from llmcore.nn.hooks import watch
from llmcore.nn.model import GPT
from llmcore.tokenizers import Tokenizer

MAX_TOKENS = 512
_HALF_ABOVE = 16 << 20  # weights of one text, in bytes, that are kept in half precision


@dataclass(slots=True, frozen=True)
class AttentionRecord:
    """What every head looked at, in one forward pass.

    weights (L, H, T, T): weights[l, h, t, s] is how much head h of block l at token t looks at
    token s; each row sums to one, and is zero for s > t. float32, for long texts float16.
    """

    ids: list[int]
    labels: list[str]
    weights: np.ndarray
    next_tokens: list[Candidate]
    notice: str | None

    def head(self, layer: int, head: int) -> np.ndarray:
        """(T, T) float32 of one head."""
        return self.weights[layer, head].astype(np.float32)


def text_ids(
    model: GPT,
    tokenizer: Tokenizer,
    text: str,
    max_tokens: int = MAX_TOKENS,
    end: bool = True,
    taker: str = "the view shows",
) -> tuple[list[int], str | None]:
    """The ids that a view works on, and a notice if the text was cut.

    The last `max_tokens` (at most the context), or with `end=False` the first, which a classifier
    reads. taker: who does what with them, for the notice. Raises LabError for an empty text.
    """
    ids = tokenizer.encode(text)
    if not ids:
        raise LabError("There is no text to look at: type at least one word.")
    check_ids(model, ids)
    limit = min(max_tokens, model.config.context_length)
    if len(ids) <= limit:
        return ids, None
    which = "last" if end else "first"
    notice = f"The text has {len(ids):,} tokens; {taker} its {which} {limit}."
    return ids[-limit:] if end else ids[:limit], notice


def attend(
    model: GPT, tokenizer: Tokenizer, text: str, max_tokens: int = 64, end: bool = True
) -> AttentionRecord:
    """One forward pass over the last `max_tokens` tokens of `text` (at most the context), or with
    `end=False` over the first.

    Raises LabError for an empty text. `notice` says so if the text was cut.
    """
    ids, notice = text_ids(model, tokenizer, text, max_tokens, end)
    names = [f"blocks.{layer}.attention.weights" for layer in range(model.config.n_layers)]
    with watch(model, names) as seen:
        hidden = model.hidden(torch.tensor([ids], device=next(model.parameters()).device))
        logits = model.unembed(hidden[0, -1])
    weights = torch.stack([seen[name][0] for name in names]).float().cpu()  # (L, H, T, T)
    if weights.nbytes > _HALF_ABOVE:
        weights = weights.half()
    labels = [tokenizer.token_label(token_id) for token_id in ids]
    return AttentionRecord(ids, labels, weights.numpy(), candidates(logits, tokenizer, 20), notice)


def thumbnails(weights: np.ndarray, side: int = 48) -> np.ndarray:
    """Small maps of all heads: (L, H, T, T) in 0..1 -> uint8 (L, H, S, S), S = min(T, side).

    Each cell is the largest weight of its square, so that a thin line stays to be seen.

    >>> thumbnails(np.eye(4)[None, None], 2)[0, 0].tolist()
    [[255, 0], [0, 255]]
    """
    n_tokens = weights.shape[-1]
    if n_tokens > side:
        starts = np.linspace(0, n_tokens, side, endpoint=False).astype(int)
        weights = np.maximum.reduceat(np.maximum.reduceat(weights, starts, -1), starts, -2)
    return as_bytes(weights)


def as_bytes(weights: np.ndarray) -> np.ndarray:
    """Shares of 0..1 in steps of 1/255, for a picture."""
    return np.rint(np.clip(weights.astype(np.float32), 0.0, 1.0) * 255).astype(np.uint8)
