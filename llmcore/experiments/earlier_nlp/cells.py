"""LLM against earlier NLP, read from its run's events while the table grows; no torch needed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from llmcore.errors import DamagedError
from llmcore.evaluation import FEW_ROWS, Difference, wilson_interval
from llmcore.experiments.earlier_nlp.settings import CompareConfig
from llmcore.experiments.measured_tables import TableRecord
from llmcore.schema import build

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")

CELL, TASK = "cell", "task"  # the types of the events
NGRAM, BAYES, REGRESSION = "n-gram", "naive Bayes", "logistic regression"
RANDOM, PRETRAINED, GPT2 = "random weights", "pretrained", "gpt2"
EARLIER = (NGRAM, BAYES, REGRESSION)
COLUMNS = {
    NGRAM: "n-gram model, Kneser-Ney",
    BAYES: "Bag of words, naive Bayes",
    REGRESSION: "Bag of words, logistic regression",
    RANDOM: "GPT, random weights",
    PRETRAINED: "GPT, pretrained",
    GPT2: "GPT-2",
}
SPAM, SENTIMENT, NEXT_WORD, STORY, EMAIL = "spam", "sentiment", "next-word", "story", "email"
ROWS = {
    SPAM: "Spam or not",
    SENTIMENT: "Sentiment of a tweet",
    NEXT_WORD: "Predict the next word",
    STORY: "Continue a story",
    EMAIL: "Write an e-mail",
}
DECISIONS, WRITING = (SPAM, SENTIMENT), (STORY, EMAIL)
METRIC = {SPAM: "macro F1", SENTIMENT: "macro F1", NEXT_WORD: "bits per byte"}
_BAG = (
    "It sees which words a text holds and how often, not in which order, and answers with one of "
    "a few labels."
)
NOT_ABLE = {
    NEXT_WORD: f"{_BAG} It has no probability for a next word.",
    STORY: f"{_BAG} It cannot write a word.",
    EMAIL: f"{_BAG} It cannot write a word.",
}


def is_able(task: str, model: str) -> bool:
    """Whether a model can do a task at all: a bag of words only decides."""
    return model not in (BAYES, REGRESSION) or task in DECISIONS


@dataclass(slots=True, frozen=True)
class Cell:
    """One model on one task.

    score: macro F1 (higher is better) or bits per byte (lower is better), None for writing.
    seconds: training for this task on this machine. predicted: class numbers of the test texts.
    real_words: share of the words in the samples that the lab's corpora know. copied: the longest
    run of words that is in the training text as well, word for word.
    """

    task: str
    model: str
    score: float | None
    accuracy: float | None = field(metadata={"low": 0.0, "high": 1.0})
    seconds: float
    n_bytes: int
    parameters: int | None
    note: str
    samples: tuple[str, ...] = ()
    predicted: tuple[int, ...] = ()
    real_words: float | None = None
    copied: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Without the single predictions, which only `Comparison` needs."""
        values = asdict(self)
        values.pop("predicted")
        return {**values, "able": True, "metric": METRIC.get(self.task)}


@dataclass(slots=True, frozen=True)
class Labelled:
    """The splits of a task that decides; truth: class numbers of the test texts."""

    task: str
    classes: tuple[str, ...]
    n_train: int
    n_test: int = field(metadata={"low": 0})
    truth: tuple[int, ...]


class Comparison:
    """The table of a run, or of a record of one, as far as it is done."""

    def __init__(self, run: TableRecord) -> None:
        compare: CompareConfig | None = run.config.experiment
        self.gpt2 = compare.gpt2 if compare else None
        self.models = [column for column in COLUMNS if column != GPT2 or self.gpt2]
        self.cells: dict[tuple[str, str], Cell] = {}
        self.labelled: dict[str, Labelled] = {}
        self.prompts: dict[str, str] = {}
        for event in run.events():
            if event.get("type") == CELL:
                cell = _read(Cell, event)
                if cell is not None:
                    self.cells.setdefault((cell.task, cell.model), cell)
            elif event.get("type") == TASK and event.get("prompt"):
                self.prompts[str(event.get("task"))] = str(event["prompt"])
            elif event.get("type") == TASK:
                labelled = _read(Labelled, event)
                if labelled is not None:
                    self.labelled[labelled.task] = labelled

    def cell(self, task: str, model: str) -> Cell | None:
        return self.cells.get((task, model))

    def best(self, task: str, among: Sequence[str]) -> Cell | None:
        """The best scored cell of a row among some models."""
        found = [self.cells[task, model] for model in among if (task, model) in self.cells]
        scored = [cell for cell in found if cell.score is not None]
        if not scored:
            return None
        lower = METRIC[task] == "bits per byte"
        return (min if lower else max)(scored, key=lambda cell: cell.score or 0.0)

    def difference(self, task: str, ours: Cell, theirs: Cell) -> Difference | None:
        """How much better `ours` decides than `theirs`, by the paired bootstrap."""
        labelled = self.labelled.get(task)
        if labelled is None or not ours.predicted or not theirs.predicted:
            return None
        for numbers in (labelled.truth, ours.predicted, theirs.predicted):
            known = all(0 <= number < len(labelled.classes) for number in numbers)
            if not known or len(numbers) != len(labelled.truth):
                return None  # of a damaged line
        return _known_difference(labelled.truth, ours.predicted, theirs.predicted)

    def interval(self, cell: Cell) -> dict[str, Any]:
        """`n_test` and `accuracy_interval` (95%, Wilson) of a cell that decides; else nothing."""
        labelled = self.labelled.get(cell.task)
        if labelled is None or cell.accuracy is None:
            return {}
        right = round(cell.accuracy * labelled.n_test)
        interval = wilson_interval(right, labelled.n_test)
        return {"n_test": labelled.n_test, "accuracy_interval": interval}

    def few_texts(self) -> str:
        """What to know of rows of the table that were tested on few texts; else empty."""
        said = []
        for task in self.labelled.values():
            if task.n_test < FEW_ROWS:
                low, high = wilson_interval(task.n_test / 2, task.n_test) or (0.0, 1.0)
                said.append(
                    f"{ROWS.get(task.task, task.task)}: tested on {task.n_test:,} texts only, so "
                    f"an accuracy may be off by {(high - low) / 2:.0%} either way (95%)."
                )
        return " ".join(said)

    def to_dict(self) -> dict[str, Any]:
        """For `--json`: every cell of the table, those of models that are not able as well."""
        cells = []
        for task in ROWS:
            for model in self.models:
                if (cell := self.cell(task, model)) is not None:
                    cells.append({**cell.to_dict(), **self.interval(cell)})
                elif not is_able(task, model):
                    cells.append({
                        "task": task, "model": model, "able": False, "reason": NOT_ABLE[task],
                    })  # fmt: skip
        splits = {
            task.task: {
                "n_train": task.n_train,
                "n_test": task.n_test,
                "classes": list(task.classes),
            }
            for task in self.labelled.values()
        }
        return {"models": self.models, "cells": cells, "splits": splits, "prompts": self.prompts}


def work_of(models: Sequence[str]) -> list[tuple[str, str]]:
    """(task, model) in the order in which the table is filled: what takes seconds comes first."""
    order = [model for model in (*EARLIER, PRETRAINED, RANDOM, GPT2) if model in models]
    return [(task, model) for model in order for task in ROWS if is_able(task, model)]


def _read(owner: type[T], event: dict[str, Any]) -> T | None:
    """An event as a dataclass; None if it is torn or of another version."""
    try:
        return build(owner, event, owner.__name__)
    except DamagedError:
        return None


@lru_cache(maxsize=32)
def _known_difference(
    truth: tuple[int, ...], ours: tuple[int, ...], theirs: tuple[int, ...]
) -> Difference:
    """Once for each pair: a page that refreshes asks again and again."""
    return macro_f1_difference(truth, ours, theirs)


def macro_f1_difference(
    truth: Sequence[int],
    ours: Sequence[int],
    theirs: Sequence[int],
    n_resamples: int = 1000,
    seed: int = 0,
) -> Difference:
    """How much higher the macro F1 of `ours` (N,) is than that of `theirs` (N,) on the same texts:
    texts are drawn with replacement (Efron and Tibshirani 1993, chapter 13)."""
    gold, first, second = (np.asarray(values, dtype=np.int64) for values in (truth, ours, theirs))
    n_classes = int(max(gold.max(), first.max(), second.max())) + 1
    rng = np.random.default_rng(seed)
    gains = np.empty(n_resamples)
    for i in range(n_resamples):
        drawn = rng.integers(len(gold), size=len(gold))
        gains[i] = _macro_f1(gold[drawn], first[drawn], n_classes)
        gains[i] -= _macro_f1(gold[drawn], second[drawn], n_classes)
    mean = _macro_f1(gold, first, n_classes) - _macro_f1(gold, second, n_classes)
    low, high = np.percentile(gains, [2.5, 97.5])
    return Difference(float(mean), float(low), float(high))


def _macro_f1(truth: np.ndarray, predicted: np.ndarray, n_classes: int) -> float:
    right = np.bincount(truth[truth == predicted], minlength=n_classes)
    occurring = np.bincount(truth, minlength=n_classes) + np.bincount(
        predicted, minlength=n_classes
    )
    there = occurring > 0
    return float(np.mean(2 * right[there] / occurring[there]))
