"""How much data does it take? Many small finetunes on growing subsets, one point each.

The earlier methods come first, since they take seconds; then the pretrained model, of which the
last block and the head learn, so that all below runs once for every text and never again; then
the same architecture from random weights, all of which must learn.
"""

import time
from collections.abc import Iterator
from dataclasses import asdict

import numpy as np
import torch

from llmcore import models
from llmcore.classical import Baseline, NaiveBayes, WordRegression
from llmcore.config import RunConfig
from llmcore.data import LabelledSet, Splits
from llmcore.data.chosen import read_splits
from llmcore.data.subsets import nested_subset
from llmcore.device import choose_device
from llmcore.evaluation import classification_scores
from llmcore.experiments.learning_curve.plan import curve_training
from llmcore.experiments.learning_curve.points import POINT, CurvePoint, points_of
from llmcore.experiments.learning_curve.settings import CurveConfig
from llmcore.experiments.table import named_part
from llmcore.nn.classifier import SequenceClassifier
from llmcore.nn.model import GPT
from llmcore.runs.run import TOKENIZER, Run
from llmcore.runs.writer import RunWriter
from llmcore.tasks.building import classifier_on, encoded_examples
from llmcore.tasks.classification import ClassificationTask
from llmcore.tasks.frozen_features import FeatureView, FrozenFeatures
from llmcore.tasks.texts import Texts
from llmcore.train.control import Control
from llmcore.train.loop import STOPPED
from llmcore.train.sinks import NullSink
from llmcore.train.task import Outcome
from llmcore.train.trainer import Trainer

PRETRAINED, RANDOM = "pretrained", "random weights"
TRAINABLE = {PRETRAINED: "last-block", RANDOM: "all"}
CLASSICAL: dict[str, type[Baseline]] = {
    "naive Bayes": NaiveBayes, "logistic regression": WordRegression,
}  # fmt: skip
LOOKED_AT = 64  # training texts that the trainer evaluates; no choice hangs on them


def run_curve(run: Run, config: RunConfig, control: Control, writer: RunWriter) -> Outcome:
    """Does the points that are not done yet, one after another, until all are or `control` says
    stop. Each is an event; a point that was interrupted is done again."""
    curve: CurveConfig = config.experiment
    assert curve is not None
    stored = run.stored_data()
    table = stored.read_bytes() if stored else None
    splits = read_splits(config.data, config.train.seed, table)
    for notice in splits.notices:
        writer.event("notice", 0, text=notice)
    done = {(point.learner, point.size, point.seed) for point in points_of(run)}
    learners = _Learners(run, config, splits)
    n_done = len(done)
    for learner, size, seed in _order(curve):
        if (learner, size, seed) in done:
            continue
        writer.progress(n_done, "training")
        if control.request().state == "stop":
            return Outcome("stopped", STOPPED, n_done, None, None)
        with named_part(f"{learner}, {size:,} texts, seed {seed + 1}"):
            point = learners.point(learner, size, seed, control)
        if point is None:
            return Outcome("stopped", STOPPED, n_done, None, None)
        n_done += 1
        writer.event(POINT, n_done, **asdict(point))
        writer.progress(n_done, "training")
    return Outcome("done", "all points measured", n_done, None, None)


def _order(curve: CurveConfig) -> Iterator[tuple[str, int, int]]:
    """Learner by learner, small before large: the chart grows to the right while one watches."""
    for learner in curve.learners:
        for size in curve.sizes:
            for seed in range(curve.n_seeds):
                yield learner, size, seed


class _Learners:
    """All that learns, with what they share: one test split, and one pass of the frozen layers."""

    def __init__(self, run: Run, config: RunConfig, splits: Splits) -> None:
        self.run, self.config = run, config
        self.pool, self.test = splits.train, splits.test
        self.classes = splits.train.classes
        self._neural: _Neural | None = None

    def point(self, learner: str, size: int, seed: int, control: Control) -> CurvePoint | None:
        """None if `control` stopped the training."""
        rows = nested_subset(self.pool, size, seed)
        began = time.perf_counter()
        if learner in CLASSICAL:
            subset = self.pool.take(rows)
            model = CLASSICAL[learner]().fit(subset.texts, subset.labels)
            predicted: list[str] | None = model.predict(self.test.texts)
        else:
            if self._neural is None:
                self._neural = _Neural(self.run, self.config, self.pool, self.test)
            predicted = self._neural.predicted(learner, rows, seed, control)
        if predicted is None:
            return None
        scores = classification_scores(self.test.labels, predicted, self.classes)
        seconds = time.perf_counter() - began
        return CurvePoint(
            learner, size, seed, scores["accuracy"], scores["macro_f1"], seconds, scores["n"]
        )


class _Neural:
    """The pretrained model and the same from random weights, finetuned again for each point."""

    def __init__(self, run: Run, config: RunConfig, pool: LabelledSet, test: LabelledSet) -> None:
        self.config, self.device = config, choose_device(config.train.device)
        parent = models.load(config.parent or models.default_model())
        parent.tokenizer.save(run.directory / TOKENIZER)
        self.parent, self.classes = parent, pool.classes
        length = config.model.context_length
        self.examples = [
            example
            for part in (pool, test)
            for example in encoded_examples(part, parent.tokenizer, self.classes, length)[0]
        ]
        self.test_numbers = np.arange(len(pool), len(self.examples))
        self.test_texts = test.texts
        self._shared: FrozenFeatures | None = None

    def predicted(
        self, learner: str, rows: list[int], seed: int, control: Control
    ) -> list[str] | None:
        """Labels of the test split after learning from `rows` of the pool; None if stopped."""
        trainable = TRAINABLE[learner]
        config = curve_training(len(rows), trainable, seed, self.config.train)
        generator = torch.Generator().manual_seed(seed)
        pretrained = self.parent.trunk if learner == PRETRAINED else None
        model = classifier_on(self.config.model, pretrained, len(self.classes), generator)
        model.to(self.device).set_trainable(trainable)
        numbers = {
            "train": np.array(rows),
            "validation": np.array(rows[:LOOKED_AT]),
            "test": self.test_numbers,
        }
        task = ClassificationTask(
            model,
            self.parent.tokenizer,
            {name: [self.examples[i] for i in part] for name, part in numbers.items()},
            self.test_texts,
            self.classes,
            config,
            self.device,
            texts=self._views(model, numbers) if model.has_frozen_part else None,
        )
        if Trainer(task, config, None).fit(control, NullSink()).state == "stopped":
            return None
        return [str(row["predicted"]) for row in task.test_rows]

    def _views(self, model: SequenceClassifier, numbers: dict[str, np.ndarray]) -> dict[str, Texts]:
        """Every point reads the same features: what is below the cut never learns."""
        if self._shared is None:
            frozen = SequenceClassifier(GPT(self.config.model), len(self.classes))
            frozen.trunk.copy_weights_of(self.parent.trunk)
            frozen.to(self.device).set_trainable(TRAINABLE[PRETRAINED])
            ids = [example.ids for example in self.examples]
            fill = self.parent.tokenizer.eot_id
            self._shared = FrozenFeatures(frozen.eval(), ids, fill, self.device)
        shared = self._shared
        return {name: FeatureView(shared, model, part) for name, part in numbers.items()}
