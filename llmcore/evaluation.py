"""How good a model is: on text (loss, perplexity, bits per byte) and on labels (accuracy, F1)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from llmcore.errors import LabError

if TYPE_CHECKING:
    from llmcore.nn.model import GPT
    from llmcore.tokenizers import Tokenizer


def text_loss(
    model: GPT, tokenizer: Tokenizer, documents: str | Sequence[str], batch_size: int = 16
) -> dict[str, float]:
    """Scores every token of the text once, each document ending with an end-of-text token.

    Windows of context_length overlap by half, so a scored token has at least half a context
    before it (but for a document's start). Returns `n` (scored tokens), `loss` (nats a token),
    `perplexity` (e to the loss) and `bits_per_byte` (loss · n / ln 2 / UTF-8 bytes), by which
    models with different tokenizers compare. Raises LabError for a text without content.
    """
    documents = [documents] if isinstance(documents, str) else list(documents)
    n_bytes = sum(len(one.encode("utf-8", "replace")) for one in documents)
    if n_bytes == 0:
        raise LabError("The text is empty, so there is nothing to score: give at least one word.")
    # The text begins after an end-of-text token, as each training document did.
    ids = np.concatenate([[tokenizer.eot_id], tokenizer.encode_documents(documents)])
    total, n_scored = _summed_loss(model, ids.astype(np.int64), batch_size)
    loss = total / n_scored
    return {
        "n": n_scored,
        "loss": loss,
        "perplexity": math.exp(min(loss, 700.0)),
        "bits_per_byte": total / math.log(2) / n_bytes,
    }


def _summed_loss(model: GPT, ids: np.ndarray, batch_size: int) -> tuple[float, int]:
    """Sum of -log p(ids[i] | window before it) over i >= 1, and how many there are."""
    import torch
    import torch.nn.functional as F

    from llmcore.generation import check_ids

    check_ids(model, [int(ids.max())])
    T, n_targets = model.config.context_length, len(ids) - 1
    stride = max(1, T // 2)
    windows = []  # (start, first target that this window scores, end)
    scored = 0
    while scored < n_targets:
        end = min(n_targets, scored + (T if scored == 0 else stride))
        windows.append((max(0, end - T), scored, end))
        scored = end
    device = next(model.parameters()).device
    total = 0.0
    with torch.inference_mode():
        for first in range(0, len(windows), batch_size):
            part = windows[first : first + batch_size]
            longest = max(end - start for start, _, end in part)
            inputs = np.zeros((len(part), longest), dtype=np.int64)
            targets = np.full((len(part), longest), -100, dtype=np.int64)  # -100: not scored
            for row, (start, begin, end) in enumerate(part):
                inputs[row, : end - start] = ids[start:end]
                targets[row, begin - start : end - start] = ids[begin + 1 : end + 1]
            logits = model(torch.from_numpy(inputs).to(device))  # (B, T, V)
            goal = torch.from_numpy(targets).to(device)
            total += float(
                F.cross_entropy(logits.flatten(0, 1).float(), goal.flatten(), reduction="sum")
            )
    return total, n_targets


def classification_scores(
    labels: Sequence[str], predicted: Sequence[str], classes: Sequence[str]
) -> dict[str, Any]:
    """`n`, `accuracy`, `macro_f1`, `confusion` and its `classes`.

    confusion[i][j] counts texts of class i that were taken for class j. A label outside of
    `classes` (never trained on) gets a row of its own behind them and counts as wrong. Macro F1
    is the plain mean of F1 over the classes that occur among labels or predictions.
    """
    strangers = sorted((set(labels) | set(predicted)) - set(classes))
    names = [*classes, *strangers]
    index = {name: i for i, name in enumerate(names)}
    confusion = np.zeros((len(names), len(names)), dtype=int)
    for truth, guess in zip(labels, predicted, strict=True):
        confusion[index[truth], index[guess]] += 1
    right = confusion.diagonal()
    occurring = confusion.sum(0) + confusion.sum(1)  # twice the F1's denominator share
    scores = [2 * r / o for r, o in zip(right, occurring, strict=True) if o]
    return {
        "n": len(labels),
        "accuracy": float(right.sum() / len(labels)) if labels else 0.0,
        "macro_f1": float(np.mean(scores)) if scores else 0.0,
        "confusion": confusion.tolist(),
        "classes": names,
    }
