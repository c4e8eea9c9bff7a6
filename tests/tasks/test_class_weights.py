"""Rare classes count more: the weights, and the loss that they go into."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from tiny import TINY_MODEL

from llmcore.config import TrainConfig
from llmcore.nn.classifier import SequenceClassifier
from llmcore.nn.model import GPT
from llmcore.tasks.classification import ClassificationTask, Example, class_weights
from llmcore.tokenizers import builtin_tokenizer

LABELS = [0] * 9 + [1] * 2 + [2]


def task(balance: str, accumulation: int = 1) -> ClassificationTask:
    rng = np.random.default_rng(0)
    examples = [Example(rng.integers(0, 256, size=6), label) for label in LABELS]
    model = SequenceClassifier(GPT(TINY_MODEL), 3).eval()
    config = TrainConfig(batch_size=12, accumulation=accumulation)
    splits = {"train": examples, "validation": examples[6:], "test": []}
    return ClassificationTask(
        model, builtin_tokenizer("bytes"), splits, [], list("abc"), config, "cpu", balance=balance
    )


def test_weights_are_inverse_to_how_often_a_class_occurs() -> None:
    weights = class_weights(LABELS, 3)
    assert weights[LABELS].mean().item() == pytest.approx(1.0)
    shares = [weights[k].item() * LABELS.count(k) for k in range(3)]
    assert shares == pytest.approx([4.0] * 3)  # each class has the same say


def test_the_loss_and_the_validation_loss_are_weighted_alike() -> None:
    plain, weighted = task("none"), task("weights")
    batch = weighted.micro_batches(1)[0]
    with torch.no_grad():
        logits = weighted._texts["train"].logits(batch.indices)
        by_hand = F.cross_entropy(logits, batch.labels, reduction="none")
        by_hand = (by_hand * class_weights(LABELS, 3)[batch.labels]).mean()
        assert weighted.loss(batch)[0].item() == pytest.approx(by_hand.item())
        assert plain.loss(batch)[0].item() == pytest.approx(
            F.cross_entropy(logits, batch.labels).item()
        )
        halves = [task_here.loss(part)[0] for task_here in (task("weights", 2),) for part in
                  task_here.micro_batches(1)]  # fmt: skip
    assert torch.stack(halves).mean().item() == pytest.approx(by_hand.item(), abs=1e-6)
    assert weighted.evaluate()["accuracy"] == plain.evaluate()["accuracy"]
    assert weighted.evaluate()["loss"] != pytest.approx(plain.evaluate()["loss"], abs=1e-4)
