"""Texts of many lengths through a classifier: padding, batches of similar lengths."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from llmcore.nn.classifier import SequenceClassifier
from llmcore.nn.unpadded import TYPICAL_TOKENS, UnpaddedClassifier


def pad(ids: Sequence[np.ndarray], fill: int, device: str) -> tuple[Tensor, Tensor]:
    """(B, T) ids padded on the right with `fill`, and lengths (B,). The fill is never attended:
    attention looks left only and the head reads the last true token."""
    lengths = np.array([len(token_id) for token_id in ids])
    padded = np.full((len(ids), lengths.max()), fill, dtype=np.int64)
    for row, tokens in zip(padded, ids, strict=True):
        row[: len(tokens)] = tokens
    return torch.from_numpy(padded).to(device), torch.from_numpy(lengths).to(device)


class Texts:
    """The texts of a split, read by number; each reading runs the whole model."""

    def __init__(
        self, model: SequenceClassifier, ids: Sequence[np.ndarray], fill: int, device: str
    ) -> None:
        """ids: the tokens of each text, at least one and at most context_length."""
        self.model, self.ids, self.fill, self.device = model, ids, fill, device
        self.lengths = np.array([len(token_id) for token_id in ids], dtype=np.int64)  # (N,)

    def logits(self, indices: np.ndarray) -> Tensor:
        """Numbers of texts (B,) -> (B, K)."""
        return self.model(*pad([self.ids[i] for i in indices], self.fill, self.device))


def probabilities(texts: Texts, batch_size: int = 64) -> np.ndarray:
    """Class probabilities (N, K) in the order of the texts; batches are made of similar lengths.

    The model must be in eval mode: it may be shared with other threads.
    """
    order = np.argsort(texts.lengths, kind="stable")
    rows = []
    with torch.no_grad():
        for first in range(0, len(order), batch_size):
            logits = texts.logits(order[first : first + batch_size])  # (B, K)
            rows.append(logits.float().softmax(-1).cpu().numpy())
    if not rows:
        return np.zeros((0, 0))
    sorted_rows = np.concatenate(rows).astype(np.float64)
    result = np.empty_like(sorted_rows)
    result[order] = sorted_rows
    return result


def unpadded_probabilities(
    model: SequenceClassifier, ids: Sequence[np.ndarray], batch_tokens: int = TYPICAL_TOKENS
) -> np.ndarray:
    """Class probabilities (N, K) of texts of any lengths in the order given, without padding: in
    batches of at most `batch_tokens` tokens or of one text.

    The model must be one that `can_be_unpadded`; it may be shared with other threads."""
    lengths = np.array([len(token_id) for token_id in ids], dtype=np.int64)
    result = np.zeros((len(ids), model.classifier_head.out_features))
    reader = UnpaddedClassifier(model)
    order = np.argsort(-lengths, kind="stable")
    first = 0
    while first < len(order):
        n = max(1, int(np.searchsorted(lengths[order[first:]].cumsum(), batch_tokens, "right")))
        batch = order[first : first + n]
        result[batch] = reader.logits([ids[i] for i in batch]).softmax(-1).numpy()
        first += n
    return result
