"""What the frozen trunk's running once gives: a GPT-2 of 124M parameters finetuned on two cores.

    python benchmarks/frozen_trunk.py [--train last-block|head] [--texts 100] [--epochs 5]
        [--repetitions 3] [--bucketed]

The same finetune in alternation: as the lab does it (each text's frozen part is computed once, at
the text's own length), and as the plain loop of Raschka's chapter 6 does it (every text padded to
120 tokens, the whole model run in every epoch). Both have the same spam messages, weights,
batches, epochs, validations and checkpoints, and end with the same numbers; the weights are
random, since only time counts here. Timed from the first step to the test score; what the
checkpoints (0.5 GB each) take of it stands beside. `--bucketed` adds the lab's own plain loop,
which pads to the longest text of each batch only.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # as `python -m llmcore` has it; before torch loads

import torch
import torch.nn.functional as F
from torch import Tensor

from llmcore.data import LabelledSet, load_labelled, split_labelled
from llmcore.data.cross_validation import as_many_of_each, unique_texts
from llmcore.nn.classifier import SequenceClassifier
from llmcore.nn.model import GPT
from llmcore.presets import preset_named
from llmcore.recipes.classification import classify_training
from llmcore.tasks.classification import ClassificationTask, Example, encode_texts
from llmcore.tokenizers import builtin_tokenizer
from llmcore.train.control import NeverStop
from llmcore.train.sinks import NullSink
from llmcore.train.trainer import Trainer

LENGTH = 120  # of the longest training message in the book, in GPT-2's tokens
ONCE, FIXED, BUCKETED = "frozen part once", f"plain, padded to {LENGTH}", "plain, padded to batch"
TOKENIZER = builtin_tokenizer("gpt2")


class FixedLength(SequenceClassifier):
    """Pads every batch to LENGTH tokens, in training and in evaluation."""

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        padded = F.pad(ids, (0, LENGTH - ids.size(1)), value=TOKENIZER.eot_id)
        return super().forward(padded, lengths)


@dataclass(slots=True)
class Measured(NullSink):
    """What one finetune took (seconds), and its training losses and test accuracy."""

    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)
    accuracy: float = 0.0

    def metrics(self, step: int, split: str, **values: float) -> None:
        if split == "train":
            self.losses.append(values["loss"])

    def event(self, kind: str, step: int, **values: Any) -> None:
        if kind == "result":
            self.accuracy = values["test"]["accuracy"]


def spam_splits(n_train: int) -> dict[str, list[Example]]:
    """Balanced messages: about `n_train` for training, a fifth as many each for the others."""
    data = unique_texts(load_labelled("sms-spam"))
    data = as_many_of_each(data, seed=0, n=round(0.7 * n_train))
    splits = split_labelled(data, validation=1 / 7, test=1 / 7, seed=0)
    examples = {}
    for name in ("train", "validation", "test"):
        part: LabelledSet = getattr(splits, name)
        ids, _ = encode_texts(TOKENIZER, part.texts, LENGTH)
        labels = [part.classes.index(label) for label in part.labels]
        examples[name] = [Example(*pair) for pair in zip(ids, labels, strict=True)]
    return examples


def finetune(way: str, trainable: str, n_texts: int, epochs: int) -> Measured:
    """One run with the lab's own trainer and recipe; dropout is 0, as in the book's chapter."""
    splits = spam_splits(n_texts)
    kind = FixedLength if way == FIXED else SequenceClassifier
    model = kind(GPT(preset_named("gpt2").model), 2)
    model.set_trainable(trainable)
    config = classify_training(len(splits["train"]), trainable, epochs, {"device": "cpu"})
    texts = [""] * len(splits["test"])  # only their labels are scored
    task = ClassificationTask(
        model, TOKENIZER, splits, texts, ["ham", "spam"], config, "cpu", reuse_frozen=way == ONCE
    )
    measured = Measured()
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        Trainer(task, config, Path(folder)).fit(NeverStop(), measured)
        measured.seconds = time.perf_counter() - began
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", choices=["last-block", "head"], default="last-block")
    parser.add_argument("--texts", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--bucketed", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    runs: dict[str, list[Measured]] = {ONCE: [], FIXED: []}
    if arguments.bucketed:
        runs[BUCKETED] = []
    for repetition in range(arguments.repetitions):
        for way, found in runs.items():
            one = finetune(way, arguments.train, arguments.texts, arguments.epochs)
            found.append(one)
            print(
                f"{repetition + 1}. {way}: {one.seconds:.1f} s, last training loss "
                f"{one.losses[-1]:.6f}, test accuracy {one.accuracy:.1%}",
                flush=True,
            )
    medians = {
        way: statistics.median(item.seconds for item in found) for way, found in runs.items()
    }
    for way in list(runs)[1:]:
        pairs = zip(runs[ONCE][0].losses, runs[way][0].losses, strict=True)
        apart = max(abs(a - b) for a, b in pairs)
        print(f"{arguments.train}, {arguments.epochs} epochs: {ONCE} {medians[ONCE]:.1f} s, {way} "
              f"{medians[way]:.1f} s, ratio {medians[way] / medians[ONCE]:.1f}; training losses "
              f"differ by at most {apart:.1e}")  # fmt: skip


if __name__ == "__main__":
    main()
