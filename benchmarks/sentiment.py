"""Sentiment of tweets on the fixed test split: a finetuned model beside what came before it.

    python benchmarks/sentiment.py [--model base] [--seeds 1] [--quick] [--json]
        [--train auto|all|probe|…] [--no-words] [--epochs N] [--context-length N] [--threads N]

The test split of `tweet-sentiment` is the same for every seed; the tweets to airlines are also
scored on their own. The finetune is the lab's default recipe, as `finetune` runs it, and takes a
tenth of all tweets to choose its best checkpoint; the classical models have nothing to choose and
learn from those as well. The difference in macro F1 to the best of them is paired: a bootstrap
over tweets draws each with both its answers. With several seeds, the answers are those of the
first; the others show how it varies. `--quick` learns from 2,000 tweets and tests 1,000: it shows
that all runs, and says little more.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # as `python -m llmcore` has it; before torch loads

import pandas as pd
import torch

from llmcore import models
from llmcore.classical import (
    Baseline,
    CharacterRegression,
    MajorityClass,
    NaiveBayes,
    WordRegression,
)
from llmcore.config import AUTO, TRAINABLE
from llmcore.data import LabelledSet, Splits, load_labelled, split_labelled
from llmcore.data.builtin import about_airlines
from llmcore.data.subsets import nested_subset
from llmcore.errors import LabError
from llmcore.evaluation import classification_scores, paired_macro_f1
from llmcore.execution.worker import learner
from llmcore.recipes.classification import plan_classify
from llmcore.tasks.building import classification_task
from llmcore.train.control import NeverStop
from llmcore.train.sinks import NullSink

DATA = "tweet-sentiment"
VALIDATION = 0.1
QUICK_TRAIN, QUICK_TEST = 2000, 1000
CLASSICAL: dict[str, type[Baseline]] = {
    "naive Bayes": NaiveBayes,
    "TF-IDF words, logistic regression": WordRegression,
    "TF-IDF characters 1-4, logistic regression": CharacterRegression,
}


def splits_for(seed: int, quick: bool) -> Splits:
    splits = split_labelled(load_labelled(DATA), VALIDATION, 0.2, seed)
    if not quick:
        return splits
    return Splits(
        _fewer(splits.train, QUICK_TRAIN), _fewer(splits.validation, 300),
        _fewer(splits.test, QUICK_TEST),
    )  # fmt: skip


def _fewer(data: LabelledSet, n: int) -> LabelledSet:
    return data.take(nested_subset(data, n, seed=0))


def finetuned(asked: argparse.Namespace, splits: Splits, seed: int) -> list[str]:
    """The lab's finetune: the labels that it gives the test split."""
    parent = models.load(asked.model)
    config = plan_classify(
        DATA,
        model_ref=asked.model,
        trainable=asked.train,
        words=not asked.no_words,
        epochs=asked.epochs,
        model_changes={"context_length": asked.context_length},
        train_changes={"seed": seed},
        n_train=len(splits.train),
    )
    task, _ = classification_task(config, splits, parent.trunk, parent.tokenizer)
    with tempfile.TemporaryDirectory() as folder:
        learner(task, config, Path(folder)).fit(NeverStop(), NullSink())
    return [row["predicted"] for row in task.test_rows]


def classical(kind: type[Baseline], splits: Splits) -> list[str]:
    texts = splits.train.texts + splits.validation.texts
    model = kind().fit(texts, splits.train.labels + splits.validation.labels)
    return model.predict(splits.test.texts)


def scored(name: str, test: LabelledSet, predicted: list[str], seconds: float) -> dict[str, Any]:
    airline = [i for i, text in enumerate(test.texts) if about_airlines(text)]
    row: dict[str, Any] = {"name": name, "seconds": seconds}
    for slice_name, rows in (("all", range(len(test))), ("airline", airline)):
        scores = classification_scores(
            [test.labels[i] for i in rows], [predicted[i] for i in rows], test.classes
        )
        row[slice_name] = {key: scores[key] for key in ("n", "accuracy", "macro_f1", "confusion")}
    return row


def differences(test: LabelledSet, ours: list[str], theirs: list[str]) -> dict[str, Any]:
    """The paired bootstrap on the whole test split and on its tweets to airlines."""
    airline = [i for i, text in enumerate(test.texts) if about_airlines(text)]
    return {
        name: asdict(paired_macro_f1(*([labels[i] for i in rows] for labels in
                                       (test.labels, ours, theirs))))
        for name, rows in (("all", range(len(test))), ("airline", airline))
    }  # fmt: skip


def measure(asked: argparse.Namespace) -> dict[str, Any]:
    ours = f"{asked.model}, finetuned ({asked.train})"
    answers: dict[str, list[str]] = {}
    table = []
    for seed in range(asked.seeds):
        splits = splits_for(seed, asked.quick)
        began = time.perf_counter()
        predicted = finetuned(asked, splits, seed)
        name = ours if asked.seeds == 1 else f"{ours}, seed {seed}"
        table.append(scored(name, splits.test, predicted, time.perf_counter() - began))
        answers.setdefault(ours, predicted)
        print(f"{name}: macro F1 {table[-1]['all']['macro_f1']:.4f}", file=sys.stderr, flush=True)
    splits = splits_for(0, asked.quick)
    for name, kind in {"always the largest": MajorityClass, **CLASSICAL}.items():
        began = time.perf_counter()
        answers[name] = classical(kind, splits)
        table.append(scored(name, splits.test, answers[name], time.perf_counter() - began))
        print(f"{name}: macro F1 {table[-1]['all']['macro_f1']:.4f}", file=sys.stderr, flush=True)
    best = max((row for row in table if row["name"] in CLASSICAL),
               key=lambda row: row["all"]["macro_f1"])["name"]  # fmt: skip
    return {
        "model": asked.model, "train": asked.train, "quick": asked.quick, "table": table,
        "best_classical": best, "n_train": len(splits.train),
        "difference": differences(splits.test, answers[ours], answers[best]),
    }  # fmt: skip


def shown(result: dict[str, Any]) -> str:
    rows = result["table"]
    frame = pd.DataFrame({
        "model": [row["name"] for row in rows],
        "accuracy": [f"{row['all']['accuracy']:.2%}" for row in rows],
        "macro F1": [f"{row['all']['macro_f1']:.4f}" for row in rows],
        "airlines: macro F1": [f"{row['airline']['macro_f1']:.4f}" for row in rows],
        "s": [f"{row['seconds']:.1f}" for row in rows],
    })  # fmt: skip
    first = rows[0]
    lines = [
        f"{result['n_train']:,} tweets to learn from; {first['all']['n']:,} tested, "
        f"{first['airline']['n']:,} of them to airlines; threads: {torch.get_num_threads()}",
        frame.to_string(index=False),
    ]
    for name, gain in result["difference"].items():
        lines.append(
            f"{name}: macro F1 of the finetune minus {result['best_classical']}: "
            f"{gain['mean']:+.4f}, 95% interval {gain['low']:+.4f} to {gain['high']:+.4f}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=models.default_model(), help="a model reference")
    parser.add_argument("--train", default=AUTO, choices=[AUTO, *TRAINABLE])
    parser.add_argument("--no-words", action="store_true", help="the model decides alone")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--context-length", type=int)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--quick", action="store_true", help="a subsample, to see it run")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    asked = parser.parse_args()
    if asked.threads:
        torch.set_num_threads(asked.threads)
    try:
        result = measure(asked)
    except LabError as error:
        sys.exit(str(error))
    print(json.dumps(result) if asked.json else shown(result))


if __name__ == "__main__":
    main()
