"""Classification finetuning: a label read from the last token's state (Raschka, chapter 6)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from llmcore.classical import WordsSay, WordVote, silent_words, words_say
from llmcore.config import TrainConfig
from llmcore.errors import LabError
from llmcore.evaluation import classification_scores
from llmcore.generation import check_ids
from llmcore.nn.classifier import SequenceClassifier
from llmcore.nn.unpadded import can_be_unpadded
from llmcore.tasks.epochs import steps_per_epoch
from llmcore.tasks.frozen_features import MAX_BYTES, FrozenFeatures
from llmcore.tasks.sampling import bucketed_batches, keyed_rng
from llmcore.tasks.texts import Texts, probabilities, unpadded_probabilities
from llmcore.tokenizers import Tokenizer
from llmcore.train.sinks import Sink


@dataclass(slots=True, frozen=True)
class Example:
    """A text as ids (at most context_length) with the index of its label."""

    ids: np.ndarray
    label: int


@dataclass(slots=True, frozen=True)
class Batch:
    """Some of the training texts, by number."""

    indices: np.ndarray  # (B,)
    labels: Tensor  # (B,)


def encode_texts(
    tokenizer: Tokenizer, texts: Sequence[str], context_length: int
) -> tuple[list[np.ndarray], int]:
    """Each text's first `context_length` ids, and how many texts were cut.

    A text without a token (the empty one) becomes a single end-of-text token.
    """
    encoded, n_cut = [], 0
    for text in texts:
        ids = tokenizer.encode_array(text)
        if not len(ids):
            ids = np.array([tokenizer.eot_id])
        n_cut += len(ids) > context_length
        encoded.append(ids[:context_length].astype(np.int64))
    return encoded, n_cut


def halves_of(examples: Sequence[Example]) -> list[Example]:
    """The first and the second half of each text of at least two tokens."""
    return [
        Example(half, example.label)
        for example in examples
        if len(example.ids) > 1
        for half in np.array_split(example.ids, 2)
    ]


def class_weights(labels: Sequence[int], n_classes: int) -> Tensor:
    """What each class counts in the loss, (K,): inverse to how often it occurs among `labels`,
    with a mean of one over them. No labels: every class counts one.

    >>> class_weights([0, 0, 0, 1], 2).tolist()
    [0.6666666865348816, 2.0]
    """
    if not len(labels):
        return torch.ones(n_classes)
    counts = torch.bincount(torch.as_tensor(labels), minlength=n_classes)
    present = int((counts > 0).sum())
    return torch.where(counts > 0, len(labels) / (present * counts.clamp(min=1)), 0.0)


class ClassificationTask:
    """Cross-entropy over the classes; epochs over a shuffled, length-bucketed training split.

    If a part of the model is frozen, it runs once for each text (`FrozenFeatures`);
    `reuse_frozen=False` is the plain loop, which runs it in every epoch and gives the same losses.
    """

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
        reuse_frozen: bool = True,
        max_frozen_bytes: int = MAX_BYTES,
        balance: str = "none",
        texts: dict[str, Texts] | None = None,
        votes: tuple[WordVote, WordVote] | None = None,
        validation_texts: Sequence[str] = (),
    ) -> None:
        """splits: examples of `train`, `validation` and `test` (may be empty but for train).
        baselines: scores of simpler models on the same test split, to show beside the result.
        max_frozen_bytes: memory for what is reused; texts beyond it are computed each time.
        balance: `weights` makes rare classes count more in the loss (see `class_weights`).
        texts: how each split's texts meet the model, if that is settled already.
        votes: words that have a say in the end; the model learns, and is validated, without
        them. The first learned from the training texts and is sized on `validation_texts`, the
        second learned from both, and votes: only if the first was a help on those texts."""
        self.model = model.to(device)
        self.tokenizer, self.splits, self.config = tokenizer, splits, config
        self.test_texts, self.classes, self.device = list(test_texts), list(classes), device
        self.baselines = baselines or {}
        self.adapter: dict[str, Any] | None = None  # of a LoRA finetune: what its base is
        self.votes, self._validation_texts = votes, list(validation_texts)
        self._say: WordsSay | None = None  # of the words on the validation texts
        self.test_rows: list[dict[str, Any]] = []
        labels = [example.label for example in splits["train"]] if balance == "weights" else []
        self._weights = class_weights(labels, len(classes))  # (K,)
        self._halves = {
            name: halves_of(splits[name]) if model.reads_layers else []
            for name in ("train", "validation")
        }  # a probe learns from them as well
        self._texts = texts or self._readers(max_frozen_bytes if reuse_frozen else None)
        self._per_epoch = steps_per_epoch(len(splits["train"]), config.batch_size)
        self._order: tuple[int, list[np.ndarray]] | None = None

    def _readers(self, max_frozen_bytes: int | None) -> dict[str, Texts]:
        """How each split's texts meet the model; None reuses nothing.

        The test split is read once, so nothing of it is kept. Validation comes first into the
        bounded memory: by default it is read twice an epoch, and the training texts once.
        """
        ids = {name: [example.ids for example in part] for name, part in self.splits.items()}
        fill = self.tokenizer.eot_id
        texts = {
            name: Texts(self.model, token_id, fill, self.device) for name, token_id in ids.items()
        }
        if max_frozen_bytes is not None and self.model.has_frozen_part:
            left = max_frozen_bytes
            halves = {f"{name} halves": [example.ids for example in part]
                      for name, part in self._halves.items()}  # fmt: skip
            ids |= halves
            for name in ("validation", "train", *halves):
                kept = FrozenFeatures(self.model, ids[name], fill, self.device, left)
                texts[name], left = kept, left - kept.n_bytes
        return texts

    def micro_batches(self, step: int, parts: int = 1) -> list[Batch]:
        chosen = self._chosen(step)
        pieces = np.array_split(chosen, min(parts, len(chosen)))
        return [self._batch(piece) for piece in pieces]

    def _chosen(self, step: int) -> np.ndarray:
        """Numbers of the texts of a step's batch, (B,)."""
        epoch, place = divmod(step - 1, self._per_epoch)
        if self._order is None or self._order[0] != epoch:
            self._order = (epoch, self._epoch_batches(epoch))
        return self._order[1][place]

    def _epoch_batches(self, epoch: int) -> list[np.ndarray]:
        """Indices of each batch of an epoch, of similar lengths."""
        lengths = np.array([len(example.ids) for example in self.splits["train"]])
        return bucketed_batches(lengths, self.config.batch_size, self.config.seed, epoch)

    def _batch(self, indices: np.ndarray) -> Batch:
        examples = [self.splits["train"][i] for i in indices]
        labels = torch.tensor([example.label for example in examples], device=self.device)
        return Batch(indices, labels)

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, float]]:
        logits = self._texts["train"].logits(batch.indices)  # (B, K)
        right = (logits.argmax(-1) == batch.labels).float().mean().item()
        losses = F.cross_entropy(logits, batch.labels, reduction="none")  # (B,)
        # Over the number of texts, not over the sum of their weights: so micro-batches add up.
        return (losses * self._weights.to(logits)[batch.labels]).mean(), {"accuracy": right}

    def n_samples(self, batch: Batch) -> int:
        return len(batch.indices)

    def n_predictions(self, batch: Batch) -> int:
        return len(batch.indices)

    def n_tokens(self, step: int) -> int:
        return sum(len(self.splits["train"][i].ids) for i in self._chosen(step))

    def passes(self) -> float:
        return self.config.steps / self._per_epoch

    def evaluate(self) -> dict[str, float]:
        """Loss, accuracy and macro F1 on the validation split; nothing if it is empty."""
        if not self.splits["validation"]:
            return {}
        rows = probabilities(self._texts["validation"])  # (N, K)
        truth = self._truth("validation")
        if self.votes is not None:
            self._say = words_say(self.votes[0], rows, self._validation_texts, truth)
        chosen = np.clip(rows[np.arange(len(truth)), truth], 1e-12, None)
        scores = self._scores(truth, rows)
        return {
            "loss": float((-np.log(chosen) * self._weights.numpy()[truth]).mean()),
            "accuracy": scores["accuracy"],
            "macro_f1": scores["macro_f1"],
        }

    def _truth(self, split: str) -> np.ndarray:
        """Numbers of the classes, (N,)."""
        return np.array([example.label for example in self.splits[split]])

    @property
    def _share(self) -> float | None:
        """What the model's log-odds count beside the words; None if those are silent."""
        return self._say.share if self._say is not None and self._say.helps else None

    def _scores(self, truth: np.ndarray, rows: np.ndarray) -> dict[str, Any]:
        predicted = rows.argmax(-1)
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
            **({"adapter": self.adapter} if self.adapter else {}),
            **({"vote": self._share} if self.votes is not None else {}),
        }

    def finish(self, sink: Sink, step: int) -> None:
        """Scores the untouched test split and keeps each row in `test_rows`."""
        examples = self.splits["test"]
        if not examples:
            sink.event("notice", step, text="There is no test split, so no test score.")
            return
        if self.votes is not None and not self.model.reads_layers:
            self.evaluate()  # the best weights are back; a probe learned these texts meanwhile
        alone = rows = probabilities(self._texts["test"])  # (N, K)
        truth, share = self._truth("test"), self._share
        if self.votes is not None and share is not None:
            rows = self.votes[1].together(alone, self.test_texts, share)
        check_probabilities(rows)
        self.test_rows = [
            {
                "text": text,
                "label": self.classes[label],
                "predicted": self.classes[int(row.argmax())],
                "probability": float(row.max()),
                "probabilities": dict(zip(self.classes, map(float, row), strict=True)),
            }
            for text, label, row in zip(self.test_texts, truth, rows, strict=True)
        ]
        scores = self._scores(truth, rows)
        parts: dict[str, Any] = {}
        if self.votes is not None:
            parts["words"] = self._say.to_dict() if self._say is not None else None
            if share is None:
                sink.event("notice", step, text=silent_words(self._say))
            else:
                parts["model_alone"] = self._scores(truth, alone)
        sink.event("result", step, test=scores, baselines=self.baselines, **parts)

    # What `HeadSolver` asks of a probe ---------------------------------------------------------

    def batches_of(self, part: str) -> list[Tensor]:
        """Numbers of texts of similar lengths, each text once; short and long batches mixed.
        Raises LabError if what is read of `part` does not fit in the memory meant for it."""
        texts = self._texts[part]
        assert isinstance(texts, FrozenFeatures), "set_trainable('probe') comes first"
        if not texts.keeps_all:
            raise LabError(
                f"A probe keeps what it reads of all {len(texts.ids):,} texts in memory, more than "
                f"{MAX_BYTES >> 20:,} MB: choose another way to learn, such as all."
            )
        order = keyed_rng(self.config.seed, 0, 0).permutation(len(texts.groups))
        return [torch.from_numpy(texts.groups[i]) for i in order]

    def features_of(self, part: str, indices: Tensor) -> Tensor:
        """What the head reads of texts (N,): (N, D); asked once."""
        texts = self._texts[part]
        assert isinstance(texts, FrozenFeatures), "set_trainable('probe') comes first"
        return texts.take(indices.numpy())

    def labels_of(self, part: str) -> Tensor:
        split, _, halves = part.partition(" ")
        examples = self._halves[split] if halves else self.splits[split]
        return torch.tensor([example.label for example in examples], dtype=torch.long)

    def label_weights(self) -> Tensor:
        return self._weights


def check_probabilities(rows: np.ndarray) -> None:
    """Raises LabError if a probability of (N, K) is not finite: no label follows from it."""
    if not np.isfinite(rows).all():
        raise LabError(
            "What this classifier computes of the texts is not finite, so it gives no label: "
            "train it again with a lower learning rate, or choose another model."
        )


def predict_probabilities(
    model: SequenceClassifier,
    ids: Sequence[np.ndarray],
    fill: int,
    device: str = "cpu",
    batch_size: int = 64,
) -> np.ndarray:
    """Class probabilities (N, K) in the order given; the model must be in eval mode."""
    return probabilities(Texts(model, ids, fill, device), batch_size)


def predict(
    model: SequenceClassifier,
    tokenizer: Tokenizer,
    labels: Sequence[str],
    texts: Sequence[str],
    vote: tuple[WordVote, float] | None = None,
) -> Iterator[dict[str, Any]]:
    """For each text: `label`, `probability`, `probabilities` by label, and `cut` if the text
    was longer than the model's context. vote: the words that vote too, and the model's share."""
    different = {text: i for i, text in enumerate(dict.fromkeys(texts))}  # each is read once
    limit = model.trunk.config.context_length
    ids, _ = encode_texts(tokenizer, list(different), limit + 1)
    check_ids(model.trunk, [int(token_id.max()) for token_id in ids])
    rows = _any_lengths(model, [token_id[:limit] for token_id in ids], tokenizer.eot_id)  # (U, K)
    if vote is not None:
        rows = vote[0].together(rows, list(different), vote[1])
    check_probabilities(rows)
    best, values = rows.argmax(-1).tolist(), rows.tolist()
    for text in texts:
        i = different[text]
        yield {
            "label": labels[best[i]],
            "probability": values[i][best[i]],
            "probabilities": dict(zip(labels, values[i], strict=True)),
            "cut": len(ids[i]) > limit,
        }


def _any_lengths(model: SequenceClassifier, ids: Sequence[np.ndarray], fill: int) -> np.ndarray:
    """Class probabilities (N, K): without padding if that is possible."""
    if can_be_unpadded(model):
        return unpadded_probabilities(model, ids)
    return predict_probabilities(model, ids, fill, str(next(model.parameters()).device))
