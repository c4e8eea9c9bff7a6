"""What the frozen trunk's running once gives: a GPT-2 of 124M parameters finetuned on two cores.

    python benchmarks/frozen_trunk.py [--train last-block|head] [--texts 100] [--epochs 5]
        [--repetitions 3] [--bucketed]

The same finetune in alternation: as the lab does it (each text's frozen part is computed once, at
the text's own length), and as the plain loop of Raschka's chapter 6 does it (every text padded to
120 tokens, the whole model run in every epoch). Both have the same spam messages, weights,
batches, epochs, validations and checkpoints, and end with the same numbers; the weights are random,
since only time counts here. Timed from the first step to the test score, and once more without
what writing checkpoints took (0.5 GB each). `--bucketed` adds the lab's own plain loop, which pads
to the longest text of each batch only.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # as `python -m llmcore` sets it, before torch loads

import torch
import torch.nn.functional as F
from torch import Tensor

from llmcore.config import TrainConfig
from llmcore.data import load_labelled, split_labelled
from llmcore.nn.classifier import SequenceClassifier
from llmcore.nn.model import GPT
from llmcore.presets import preset_named
from llmcore.runs.plan import classify_training
from llmcore.tasks.classification import ClassificationTask, Example, encode_texts
from llmcore.tokenizers import builtin_tokenizer
from llmcore.train.control import NeverStop
from llmcore.train.sinks import NullSink
from llmcore.train.trainer import Trainer

LENGTH = 120  # of the longest training message in the book, in GPT-2's tokens
ONCE, FIXED, BUCKETED = "frozen part once", "plain, padded to 120", "plain, padded to the batch"


class FixedLength(SequenceClassifier):
    """Pads every batch to LENGTH tokens, in training and in evaluation."""

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        return super().forward(F.pad(ids, (0, LENGTH - ids.size(1))), lengths)


class Recorder(NullSink):
    """Keeps the losses and the test accuracy, and times the writing of checkpoints."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.accuracy = 0.0

    def metrics(self, step: int, split: str, **values: float) -> None:
        self.losses.append(values["loss"])

    def event(self, kind: str, step: int, **values: dict) -> None:
        if kind == "result":
            self.accuracy = values["test"]["accuracy"]


@dataclass(slots=True, frozen=True)
class Measured:
    seconds: float
    losses: list[float]
    accuracy: float


def spam_examples(n_train: int) -> dict[str, list[Example]]:
    """Balanced messages, cut to LENGTH tokens: `n_train`, a sixth of that and a third of that."""
    splits = split_labelled(load_labelled("sms-spam"), 0.1, 0.2, 42, balance="equal")
    tokenizer, examples = builtin_tokenizer("gpt2"), {}
    for name, n in (("train", n_train), ("validation", n_train // 6), ("test", n_train // 3)):
        part = getattr(splits, name)
        rows = [[i for i, label in enumerate(part.labels) if label == one][: (n + 1) // 2]
                for one in part.classes]  # fmt: skip
        chosen = part.take([i for pair in zip(*rows, strict=True) for i in pair][:n])
        ids, _ = encode_texts(tokenizer, chosen.texts, LENGTH)
        examples[name] = [
            Example(one, int(label == "spam")) for one, label in zip(ids, chosen.labels, strict=True)
        ]
    return examples
