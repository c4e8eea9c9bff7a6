"""Classification finetuning: a label read from the last token's state (Raschka, chapter 6)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from llmcore.config import TrainConfig
from llmcore.evaluation import classification_scores
from llmcore.generation import check_ids
from llmcore.nn.classifier import SequenceClassifier
from llmcore.tasks.epochs import steps_per_epoch
from llmcore.tasks.sampling import keyed_rng
from llmcore.tokenizers import Tokenizer
from llmcore.train.sinks import Sink

BUCKET_BATCHES = 8  # batches that are sorted by length together, to pad less


@dataclass(slots=True, frozen=True)
class Example:
    """A text as ids (at most context_length) with the index of its label."""

    ids: np.ndarray
    label: int


@dataclass(slots=True, frozen=True)
class Batch:
    ids: Tensor  # (B, T), padded on the right
    lengths: Tensor  # (B,)
    labels: Tensor  # (B,)


def encode_texts(
    tokenizer: Tokenizer, texts: Sequence[str], context_length: int
) -> tuple[list[np.ndarray], int]:
    """Each text's first `context_length` ids, and how many texts were cut.

    A text without a token (the empty one) becomes a single end-of-text token.
    """
    encoded, n_cut = [], 0
    for text in texts:
        ids = tokenizer.encode(text) or [tokenizer.eot_id]
        n_cut += len(ids) > context_length
        encoded.append(np.array(ids[:context_length], dtype=np.int64))
    return encoded, n_cut


def pad(ids: Sequence[np.ndarray], fill: int, device: str) -> tuple[Tensor, Tensor]:
    """(B, T) ids padded on the right with `fill`, and lengths (B,). The fill is never attended:
    attention looks left only and the head reads the last true token."""
    lengths = np.array([len(one) for one in ids])
    padded = np.full((len(ids), lengths.max()), fill, dtype=np.int64)
    for row, one in zip(padded, ids, strict=True):
        row[: len(one)] = one
    return torch.from_numpy(padded).to(device), torch.from_numpy(lengths).to(device)


class ClassificationTask:
    """Cross-entropy over the classes; epochs over a shuffled, length-bucketed training split."""

    def __init__(
        self,
        model: SequenceClassifier,
        tokenizer: Tokenizer,
        splits: dict[str, list[Example]],
        test_texts: Sequence[str],
        classes: Sequence[str],
        config: TrainConfig,
        device: str,
        baselines: dict[str, dict[str, Any]] | None = None,
    ) -> None:
        """splits: examples of `train`, `validation` and `test` (may be empty but for train).
        baselines: scores of simpler models on the same test split, to stand beside the result."""
        self.model = model.to(device)
        self.tokenizer, self.splits, self.config = tokenizer, splits, config
        self.test_texts, self.classes, self.device = list(test_texts), list(classes), device
        self.baselines = baselines or {}
        self.test_rows: list[dict[str, Any]] = []
        self._per_epoch = steps_per_epoch(len(splits["train"]), config.batch_size)
        self._order: tuple[int, list[np.ndarray]] | None = None

    def micro_batches(self, step: int) -> list[Batch]:
        epoch, place = divmod(step - 1, self._per_epoch)
        if self._order is None or self._order[0] != epoch:
            self._order = (epoch, self._epoch_batches(epoch))
        chosen = self._order[1][place]
        parts = np.array_split(chosen, min(self.config.accumulation, len(chosen)))
        return [self._batch([self.splits["train"][i] for i in part]) for part in parts]

    def _epoch_batches(self, epoch: int) -> list[np.ndarray]:
        """Indices of each batch of an epoch: shuffled, sorted by length within buckets of
        BUCKET_BATCHES batches, and the batches shuffled again."""
        size = self.config.batch_size
        rng = keyed_rng(self.config.seed, 1, epoch)
        order = rng.permutation(len(self.splits["train"]))
        lengths = np.array([len(one.ids) for one in self.splits["train"]])
        batches = []
        for first in range(0, len(order), size * BUCKET_BATCHES):
            bucket = order[first : first + size * BUCKET_BATCHES]
            bucket = bucket[np.argsort(lengths[bucket], kind="stable")]
            batches += [bucket[i : i + size] for i in range(0, len(bucket), size)]
        return [batches[i] for i in rng.permutation(len(batches))]

    def _batch(self, examples: Sequence[Example]) -> Batch:
        ids, lengths = pad([one.ids for one in examples], self.tokenizer.eot_id, self.device)
        labels = torch.tensor([one.label for one in examples], device=self.device)
        return Batch(ids, lengths, labels)

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, float]]:
        logits = self.model(batch.ids, batch.lengths)  # (B, K)
        right = (logits.argmax(-1) == batch.labels).float().mean().item()
        return F.cross_entropy(logits, batch.labels), {"accuracy": right}

    def n_tokens(self, batch: Batch) -> int:
        return int(batch.lengths.sum())

    def evaluate(self) -> dict[str, float]:
        """Loss, accuracy and macro F1 on the validation split (on training, where it is empty)."""
        examples = self.splits["validation"] or self.splits["train"]
        probabilities = self._probabilities(examples)
        truth = np.array([one.label for one in examples])
        chosen = np.clip(probabilities[np.arange(len(truth)), truth], 1e-12, None)
        scores = self._scores(truth, probabilities)
        return {
            "loss": float(-np.log(chosen).mean()),
            "accuracy": scores["accuracy"],
            "macro_f1": scores["macro_f1"],
        }

    def _probabilities(self, examples: Sequence[Example]) -> np.ndarray:
        return predict_probabilities(
            self.model, [one.ids for one in examples], self.tokenizer.eot_id, self.device
        )

    def _scores(self, truth: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
        predicted = probabilities.argmax(-1)
        return classification_scores(
            [self.classes[i] for i in truth], [self.classes[i] for i in predicted], self.classes
        )

    def report(self, step: int, sink: Sink) -> None:
        return

    def state(self) -> dict[str, Any]:
        return {
            "kind": "classify",
            "model": self.model.trunk.config.to_dict(),
            "labels": self.classes,
        }

    def finish(self, sink: Sink, step: int) -> None:
        """Scores the untouched test split and keeps each row in `test_rows`."""
        examples = self.splits["test"]
        if not examples:
            sink.event("notice", step, text="There is no test split, so no test score.")
            return
        probabilities = self._probabilities(examples)
        truth = np.array([one.label for one in examples])
        self.test_rows = [
            {
                "text": text,
                "label": self.classes[label],
                "predicted": self.classes[int(row.argmax())],
                "probability": float(row.max()),
            }
            for text, label, row in zip(self.test_texts, truth, probabilities, strict=True)
        ]
        scores = self._scores(truth, probabilities)
        sink.event("result", step, test=scores, baselines=self.baselines)


def predict_probabilities(
    model: SequenceClassifier,
    ids: Sequence[np.ndarray],
    fill: int,
    device: str = "cpu",
    batch_size: int = 64,
) -> np.ndarray:
    """Class probabilities (N, K) in the order given; batches are made of similar lengths.

    The model must be in eval mode: it may be shared with other threads.
    """
    order = np.argsort([len(one) for one in ids], kind="stable")
    result: np.ndarray | None = None
    with torch.inference_mode():
        for first in range(0, len(order), batch_size):
            part = order[first : first + batch_size]
            logits = model(*pad([ids[i] for i in part], fill, device))  # (B, K)
            rows = logits.float().softmax(-1).cpu().numpy()
            if result is None:
                result = np.zeros((len(order), rows.shape[1]), dtype=np.float64)
            result[part] = rows
    return result if result is not None else np.zeros((0, 0))


def predict(
    model: SequenceClassifier, tokenizer: Tokenizer, labels: Sequence[str], texts: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """For each text: `label`, `probability`, `probabilities` by label, and `cut` where the text
    was longer than the model's context."""
    device = str(next(model.parameters()).device)
    ids, _ = encode_texts(tokenizer, texts, model.trunk.config.context_length + 1)
    check_ids(model.trunk, [int(one.max()) for one in ids])
    limit = model.trunk.config.context_length
    rows = predict_probabilities(model, [one[:limit] for one in ids], tokenizer.eot_id, device)
    for one, row in zip(ids, rows, strict=True):
        best = int(row.argmax())
        yield {
            "label": labels[best],
            "probability": float(row[best]),
            "probabilities": dict(zip(labels, map(float, row), strict=True)),
            "cut": len(one) > limit,
        }
