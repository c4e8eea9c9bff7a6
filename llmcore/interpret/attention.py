"""Attention weights of one text, read through the model's hooks."""

from dataclasses import dataclass

import numpy as np
import torch

from llmcore.errors import LabError
from llmcore.generation import Candidate, candidates, check_ids
from llmcore.nn.hooks import watch
from llmcore.nn.model import GPT
from llmcore.tokenizers import Tokenizer


@dataclass(slots=True, frozen=True)
class AttentionRecord:
    """What every head looked at, in one forward pass.

    weights (L, H, T, T): weights[l, h, t, s] is how much head h of block l at token t looks at
    token s; each row sums to one, and is zero for s > t.
    """

    ids: list[int]
    labels: list[str]
    weights: np.ndarray
    next_tokens: list[Candidate]
    notice: str | None


def attend(model: GPT, tokenizer: Tokenizer, text: str, max_tokens: int = 64) -> AttentionRecord:
    """One forward pass over the last `max_tokens` tokens of `text` (at most the context).

    Raises LabError for an empty text. `notice` says so where the text was cut.
    """
    ids = tokenizer.encode(text)
    if not ids:
        raise LabError("There is no text to look at: type at least one word.")
    check_ids(model, ids)
    limit = min(max_tokens, model.config.context_length)
    notice = None
    if len(ids) > limit:
        notice = f"The text has {len(ids):,} tokens; the view shows its last {limit}."
        ids = ids[-limit:]
    names = [f"blocks.{layer}.attention.weights" for layer in range(model.config.n_layers)]
    with watch(model, names) as seen:
        logits = model(torch.tensor([ids], device=next(model.parameters()).device))[0, -1]  # (V,)
    weights = torch.stack([seen[name][0] for name in names]).float().cpu().numpy()  # (L, H, T, T)
    labels = [tokenizer.token_label(one) for one in ids]
    return AttentionRecord(ids, labels, weights, candidates(logits, tokenizer, 20), notice)
