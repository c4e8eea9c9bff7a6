"""Spam or ham by cross-validation: a finetuned model beside what came before it, on the same folds.

    python benchmarks/spam.py [--model base] [--seeds 4] [--first-seed 0] [--folds 5] [--whole]
        [--quick] [--skip-random] [--train auto|probe|all|…] [--no-words] [--epochs N] … [--json]

Balanced: all unique spam messages of `sms-spam` and as many ham, drawn again by each seed. Each
fold is tested by a model that saw the other folds. The lab's default recipe, as `finetune` runs
it, sets an eighth of those aside for validation, which sizes what the words of a text say beside
the model; the classical models learn from all of them. Rows beside it: the model without the
words' vote, and both from random weights. The difference to the best classical model is paired: a
bootstrap over messages draws each message with all its answers. `--whole` takes the whole
unbalanced set. Flags of the recipe (all fields of TrainConfig, `--train`, `--no-words`,
`--epochs`, `--dropout`) change the finetune alone; folds depend on the seed only, so recipes
compare on the same ones.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # as `python -m llmcore` has it; before torch loads

import numpy as np
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
from llmcore.config import AUTO, TRAINABLE, TrainConfig
from llmcore.data import Splits, load_labelled
from llmcore.data.cross_validation import as_many_of_each, stratified_folds, unique_texts
from llmcore.errors import LabError
from llmcore.evaluation import (
    balanced_accuracy,
    classification_scores,
    paired_bootstrap,
    recall_at_precision,
)
from llmcore.execution.worker import learner
from llmcore.nn.model import GPT
from llmcore.recipes.classification import plan_classify
from llmcore.tasks.building import classification_task
from llmcore.train.control import NeverStop
from llmcore.train.sinks import NullSink

VALIDATION = 1 / 8  # of a fold's training part: 70/10/20 with five folds
PRECISION = 0.995
WORDS = "TF-IDF words, logistic regression"
CLASSICAL: dict[str, type[Baseline]] = {
    "naive Bayes": NaiveBayes,
    WORDS: WordRegression,
    "TF-IDF characters 1-4, logistic regression": CharacterRegression,
}
PUBLISHED = """\
Published on other splits of the same messages: GPT-2 124M 95.67% (Raschka, Build a Large Language
Model, chapter 6: last block, padded to 120 tokens) and 98.33% (its bonus material: no padding)."""

# A contestant learns from the training and validation part and answers the test part: the
# predicted labels and the score of spam, both (N,).
Contestant = Callable[[Splits, int], tuple[list[str], np.ndarray]]


def classical(kind: type[Baseline]) -> Contestant:
    def answer(splits: Splits, seed: int) -> tuple[list[str], np.ndarray]:
        texts = splits.train.texts + splits.validation.texts
        model = kind().fit(texts, splits.train.labels + splits.validation.labels)
        scores = model.predict_proba(splits.test.texts)[:, model.classes.index("spam")]
        return model.predict(splits.test.texts), scores

    return answer


def finetuned(ref: str, recipe: dict[str, Any], random_weights: bool = False) -> Contestant:
    """The lab's finetune of model `ref`, or of its architecture with weights drawn by the seed."""
    parent = models.load(ref)

    def answer(splits: Splits, seed: int) -> tuple[list[str], np.ndarray]:
        config = plan_classify(
            model_ref=ref,
            trainable=recipe["train"],
            words=recipe["words"],
            epochs=recipe["epochs"],
            model_changes={"dropout": recipe["dropout"]},
            train_changes={**recipe["changes"], "seed": seed},
            n_train=len(splits.train),
        )
        drawn = GPT(parent.trunk.config, torch.Generator().manual_seed(seed))
        trunk = drawn if random_weights else parent.trunk
        task, _ = classification_task(config, splits, trunk, parent.tokenizer)
        with tempfile.TemporaryDirectory() as folder:
            learner(task, config, Path(folder)).fit(NeverStop(), NullSink())
        scores = [
            row["probability"] if row["predicted"] == "spam" else 1 - row["probability"]
            for row in task.test_rows
        ]
        return [row["predicted"] for row in task.test_rows], np.array(scores)

    return answer


def cross_validated(
    contestants: dict[str, Contestant], n_seeds: int, n_folds: int, whole: bool, first_seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All answers (name, seed, text, label, predicted, score) and all runs (name, seed, fold,
    accuracy, seconds). A line for each fold goes to standard error as it is done."""
    unique = unique_texts(load_labelled("sms-spam"))
    answers, runs = [], []
    for seed in range(first_seed, first_seed + n_seeds):
        data = unique if whole else as_many_of_each(unique, seed)
        for fold, splits in enumerate(stratified_folds(data, n_folds, VALIDATION, seed), start=1):
            line = []
            for name, contestant in contestants.items():
                began = time.perf_counter()
                predicted, scores = contestant(splits, seed)
                seconds = time.perf_counter() - began
                right = np.array(predicted) == np.array(splits.test.labels)
                answers.append(pd.DataFrame({
                    "name": name, "seed": seed, "text": splits.test.texts,
                    "label": splits.test.labels, "predicted": predicted, "score": scores,
                    "right": right,
                }))  # fmt: skip
                runs.append({"name": name, "seed": seed, "fold": fold,
                             "accuracy": float(right.mean()), "seconds": seconds})  # fmt: skip
                line.append(f"{name} {right.mean():.2%} ({seconds:.1f} s)")
            where = f"seed {seed}, fold {fold}/{n_folds}"
            print(f"{where}: {', '.join(line)}", file=sys.stderr, flush=True)
    return pd.concat(answers, ignore_index=True), pd.DataFrame(runs)


def scores_of(answers: pd.DataFrame) -> dict[str, float]:
    """Pooled over the folds of one seed."""
    labels, predicted = answers["label"].tolist(), answers["predicted"].tolist()
    scores = classification_scores(labels, predicted, ["ham", "spam"])
    return {
        "accuracy": scores["accuracy"],
        "macro_f1": scores["macro_f1"],
        "balanced_accuracy": balanced_accuracy(labels, predicted),
        "recall_at_precision": recall_at_precision(
            [label == "spam" for label in labels], answers["score"].to_numpy(), PRECISION
        ),
    }


def summarised(answers: pd.DataFrame, runs: pd.DataFrame) -> list[dict[str, Any]]:
    """A row for each contestant: the mean over seeds of each score, and how the seeds spread."""
    table = []
    for name, own in answers.groupby("name", sort=False):
        by_seed = pd.DataFrame([scores_of(rows) for _, rows in own.groupby("seed")])
        seconds = runs.loc[runs["name"] == name, "seconds"].tolist() or [0.0]
        table.append({
            "name": name,
            **by_seed.mean().to_dict(),
            "accuracy": float(own["right"].mean()),  # every answer counts the same
            "accuracy_by_seed": by_seed["accuracy"].tolist(),
            "median_seconds": statistics.median(seconds),
            "max_seconds": max(seconds),
        })  # fmt: skip
    return table


def difference(answers: pd.DataFrame, ours: str, theirs: str) -> dict[str, Any]:
    """How much more often `ours` is right; answers of both stand in the same order."""
    own, other = (answers[answers["name"] == name] for name in (ours, theirs))
    found = paired_bootstrap(
        own["right"].to_numpy(float), other["right"].to_numpy(float), own["text"].tolist()
    )
    return {"ours": ours, "theirs": theirs, **asdict(found)}


def shown(table: list[dict[str, Any]], whole: bool) -> str:
    """The table as text: accuracies in percent."""
    columns = {"model": [row["name"] for row in table]}
    names = {"accuracy": "accuracy"}
    if whole:
        names |= {"macro_f1": "macro F1", "balanced_accuracy": "balanced",
                  "recall_at_precision": f"recall at {PRECISION:.1%}"}  # fmt: skip
    for key, title in names.items():
        columns[title] = [f"{row[key]:.2%}" for row in table]
    columns["each seed"] = [
        " ".join(f"{accuracy:.1%}" for accuracy in row["accuracy_by_seed"]) for row in table
    ]
    columns["s a run, slowest"] = [
        f"{row['median_seconds']:.1f}, {row['max_seconds']:.1f}" for row in table
    ]
    return pd.DataFrame(columns).to_string(index=False)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=models.default_model(), help="a model reference")
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--whole", action="store_true", help="the whole unbalanced set")
    parser.add_argument("--quick", action="store_true", help="one seed, two folds")
    parser.add_argument(
        "--skip-random", action="store_true", help="without the same model from random weights"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    recipe = parser.add_argument_group("the recipe of the finetune")
    recipe.add_argument("--train", default=AUTO, choices=[AUTO, *TRAINABLE], help="what learns")
    recipe.add_argument("--no-words", action="store_true", help="the model decides alone")
    recipe.add_argument("--epochs", type=int)
    recipe.add_argument("--dropout", type=float)
    for field in fields(TrainConfig):
        if field.name != "seed":
            flag = f"--{field.name.replace('_', '-')}"
            recipe.add_argument(flag, type=type(field.default), help=field.metadata["help"])
    found = parser.parse_args()
    if found.quick:
        found.seeds, found.folds = 1, 2
    return found


def measure(asked: argparse.Namespace) -> None:
    changes = {field.name: getattr(asked, field.name) for field in fields(TrainConfig)
               if field.name != "seed" and getattr(asked, field.name) is not None}  # fmt: skip
    recipe = {"train": asked.train, "words": not asked.no_words, "epochs": asked.epochs,
              "dropout": asked.dropout, "changes": changes}  # fmt: skip
    ours = f"{asked.model}, finetuned"
    contestants = {ours: finetuned(asked.model, recipe)}
    if recipe["words"]:
        alone = {**recipe, "words": False}
        contestants["the same, the model alone"] = finetuned(asked.model, alone)
    if asked.whole:
        contestants["always ham"] = classical(MajorityClass)
    if not asked.skip_random:
        contestants["the same from random weights"] = finetuned(asked.model, recipe, True)
        if recipe["words"]:
            contestants["random weights, alone"] = finetuned(asked.model, alone, True)
    contestants |= {name: classical(kind) for name, kind in CLASSICAL.items()}
    answers, runs = cross_validated(
        contestants, asked.seeds, asked.folds, asked.whole, asked.first_seed
    )
    table = summarised(answers, runs)
    best = max((row for row in table if row["name"] in CLASSICAL), key=lambda row: row["accuracy"])
    gain = difference(answers, ours, best["name"])
    if asked.json:
        result = {"model": asked.model, "recipe": recipe, "whole": asked.whole,
                  "seeds": asked.seeds, "folds": asked.folds, "table": table, "difference": gain,
                  "runs": runs.to_dict("records")}  # fmt: skip
        print(json.dumps(result))
        return
    n_texts = len(answers[answers["name"] == ours]) // asked.seeds
    print(f"{n_texts:,} messages; folds: {asked.folds}, seeds: {asked.seeds}, "
          f"threads: {torch.get_num_threads()}")  # fmt: skip
    print(shown(table, asked.whole))
    print(f"{ours}, minus {best['name']}: {100 * gain['mean']:+.2f} points, 95% interval "
          f"{100 * gain['low']:+.2f} to {100 * gain['high']:+.2f}")  # fmt: skip
    if not asked.whole:
        print(PUBLISHED)


def main() -> None:
    try:
        measure(arguments())
    except LabError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
