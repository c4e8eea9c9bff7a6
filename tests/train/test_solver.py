"""The solver of a probe's head: it ends at the optimum that scikit-learn finds."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from tiny import TINY_MODEL

from llmcore.config import TrainConfig
from llmcore.errors import LabError
from llmcore.nn.classifier import SequenceClassifier
from llmcore.nn.model import GPT
from llmcore.tasks import classification
from llmcore.tasks.classification import ClassificationTask, Example
from llmcore.tokenizers import builtin_tokenizer
from llmcore.train import solver
from llmcore.train.checkpoint_index import list_checkpoints
from llmcore.train.control import NeverStop, Request
from llmcore.train.sinks import NullSink
from llmcore.train.solver import HALF_COUNTS, HeadSolver
from llmcore.train.world import World

CONFIG = TrainConfig(steps=60, batch_size=8)
CLASSES = ["a", "b", "c"]


def examples(n: int, seed: int) -> list[Example]:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 15, size=n)
    return [Example(rng.integers(60 * (i % 3), 256, size=t), i % 3) for i, t in enumerate(lengths)]


def make_task(n_validation: int = 12, **settings: object) -> ClassificationTask:
    generator = torch.Generator().manual_seed(3)
    model = SequenceClassifier(GPT(TINY_MODEL, generator), 3, generator, reads_layers=True)
    model.set_trainable("probe")
    splits = {"train": examples(45, 0), "validation": examples(n_validation, 1),
              "test": examples(9, 2)}  # fmt: skip
    return ClassificationTask(
        model, builtin_tokenizer("bytes"), splits, ["text"] * 9, CLASSES, CONFIG, "cpu", **settings
    )


def solved(task: ClassificationTask, directory: Path | None = None):
    return HeadSolver(task, CONFIG, directory).fit(NeverStop(), NullSink())


def rows(task: ClassificationTask, *parts: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    labels = [task.labels_of(part) for part in parts]
    features = [task.features_of(part, torch.arange(len(own)))
                for part, own in zip(parts, labels, strict=True)]  # fmt: skip
    counts = [np.full(len(own), HALF_COUNTS if "halves" in part else 1.0)
              for part, own in zip(parts, labels, strict=True)]  # fmt: skip
    return torch.cat(features).numpy(), torch.cat(labels).numpy(), np.concatenate(counts)


def optimum(features: np.ndarray, labels: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Probabilities (N, K) of the same problem, solved by scikit-learn."""
    x = features.astype(np.float64)
    x = (x - x.mean(0)) / np.maximum(x.std(0), 1e-6)
    model = LogisticRegression(C=1 / (2 * solver.COST_OF_WEIGHTS), tol=1e-8, max_iter=10_000)
    return model.fit(x, labels, sample_weight=counts).predict_proba(x)


def said(task: ClassificationTask, features: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return task.model.classifier_head(torch.from_numpy(features)).softmax(-1).numpy()


@pytest.mark.parametrize("n_validation", [0, 12])
def test_it_finds_the_optimum_of_all_texts_and_their_halves(n_validation):
    task = make_task(n_validation)
    outcome = solved(task)
    assert outcome.state == "done" and outcome.step < CONFIG.steps
    assert outcome.reason == "the best head was found"
    parts = ["train", "train halves"]
    if n_validation:
        parts += ["validation", "validation halves"]
    features, labels, counts = rows(task, *parts)
    expected = optimum(features, labels, counts)
    np.testing.assert_allclose(said(task, features), expected, atol=0.01)
    assert len(task.test_rows) == 9


def test_nothing_but_the_head_changes_and_halves_are_of_texts_of_two_tokens():
    task = make_task()
    before = {name: parameter.clone() for name, parameter in task.model.trunk.named_parameters()}
    solved(task)
    assert all(torch.equal(parameter, before[name])
               for name, parameter in task.model.trunk.named_parameters())  # fmt: skip
    long = [example for example in task.splits["train"] if len(example.ids) > 1]
    halves = classification.halves_of(task.splits["train"])
    assert len(halves) == 2 * len(long) == len(task.labels_of("train halves"))
    first, second = halves[:2]
    np.testing.assert_array_equal(np.concatenate([first.ids, second.ids]), long[0].ids)
    assert first.label == second.label == long[0].label


def test_a_class_that_counts_more_is_named_more_often():
    plain = make_task()
    solved(plain)
    uneven = make_task()
    uneven._weights = torch.tensor([5.0, 1.0, 1.0])
    solved(uneven)
    features, _, _ = rows(plain, "train")
    assert said(uneven, features)[:, 0].mean() > said(plain, features)[:, 0].mean()


class StopAfter(NeverStop):
    def __init__(self, calls: int) -> None:
        self.left = calls

    def request(self) -> Request:
        self.left -= 1
        return Request("stop" if self.left < 0 else "run")


def test_a_stopped_run_keeps_its_head_and_ends_at_the_same_optimum(tmp_path):
    whole = make_task()
    solved(whole)
    task = make_task()
    n_read = sum(len(task.batches_of(part)) for part in ("train", "train halves"))
    outcome = HeadSolver(task, CONFIG, tmp_path).fit(StopAfter(n_read + 1), NullSink())
    assert outcome.state == "stopped" and not task.test_rows
    (kept,) = list_checkpoints(tmp_path)
    assert kept.full and kept.step == outcome.step >= 1
    again = make_task()
    assert solved(again, tmp_path).step > kept.step
    features, _, _ = rows(whole, "train", "validation")
    np.testing.assert_allclose(said(again, features), said(whole, features), atol=0.01)
    early = HeadSolver(make_task(), CONFIG, tmp_path / "early").fit(StopAfter(1), NullSink())
    assert (early.state, early.step) == ("stopped", 0)
    assert not list_checkpoints(tmp_path / "early")


def test_points_come_while_the_model_still_reads():
    seen = []

    class Sink(NullSink):
        def metrics(self, step, split, **values):
            seen.append((split, step))

        def progress(self, step, phase, **values):
            seen.append((phase.split(",")[0], step))

    task = make_task()
    n_read = sum(len(task.batches_of(part)) for part in ("train", "train halves"))
    HeadSolver(task, CONFIG, None).fit(NeverStop(), Sink())
    read = [place for place, (what, _) in enumerate(seen) if what == "reading texts"]
    last = read[n_read - 1]
    assert [step for what, step in seen[:last] if what == "val"] == [1, 2, 3]
    assert ("val", 4) in seen[last:]


def test_it_says_where_the_texts_do_not_fit_and_works_in_one_process(monkeypatch):
    with pytest.raises(LabError, match="choose another way to learn"):
        solved(make_task(max_frozen_bytes=100))
    with pytest.raises(LabError, match="without torchrun"):
        HeadSolver(make_task(), CONFIG, None, World(rank=0, size=2))


def small_set(seed: int) -> tuple[list[Example], list[str]]:
    """10 to 60 texts of few different lengths and one longest text, as people's short lists are."""
    rng = np.random.default_rng(seed)
    lengths = rng.choice(rng.integers(2, 8, size=rng.integers(1, 4)), size=rng.integers(9, 60))
    n_classes = int(rng.integers(2, 4))
    labels = rng.permutation(np.arange(len(lengths) + 1) % n_classes)
    found = [
        Example(rng.integers(60 * int(label), 256, size=length), int(label))
        for length, label in zip([*lengths, 15], labels, strict=True)
    ]
    return found, CLASSES[:n_classes]


def small_task(seed: int) -> ClassificationTask:
    texts, classes = small_set(seed)
    generator = torch.Generator().manual_seed(3)
    model = SequenceClassifier(GPT(TINY_MODEL, generator), len(classes), generator, True)
    model.set_trainable("probe")
    splits = {"train": texts, "validation": [], "test": []}
    return ClassificationTask(model, builtin_tokenizer("bytes"), splits, [], classes, CONFIG, "cpu")


class Losses(NullSink):
    def __init__(self):
        self.found = []

    def metrics(self, step, split, **values):
        self.found += [*values.values()]


def test_looks_on_the_way_change_nothing_at_the_end_of_small_sets(monkeypatch):
    """By which texts the first batch holds, 40 sets differ: with one row a look is not possible."""
    n_looks = 0
    for seed in range(40):
        sink, looked, plain = Losses(), small_task(seed), small_task(seed)
        HeadSolver(looked, CONFIG, None).fit(NeverStop(), sink)
        assert np.isfinite(sink.found).all(), seed
        with monkeypatch.context() as patch:
            patch.setattr(solver, "EARLY", ())
            without = Losses()
            HeadSolver(plain, CONFIG, None).fit(NeverStop(), without)
        n_looks += len(sink.found) > len(without.found)
        features, _, _ = rows(plain, "train", "train halves")
        np.testing.assert_allclose(said(looked, features), said(plain, features), atol=0.01)
    assert n_looks > 10  # else nothing was tried


def test_a_head_that_is_worse_than_none_is_no_beginning():
    task = make_task(0)
    task.model.classifier_head.weight.data.fill_(1e20)
    solved(task)
    other = make_task(0)
    solved(other)
    features, _, _ = rows(other, "train")
    np.testing.assert_allclose(said(task, features), said(other, features), atol=0.01)
    task = make_task(0)
    task.model.classifier_head.bias.data.fill_(float("nan"))
    solved(task)
    np.testing.assert_allclose(said(task, features), said(other, features), atol=0.01)


def test_states_that_are_no_numbers_end_a_probe_with_one_sentence():
    task = make_task(0)
    task.model.trunk.blocks[1].feed_forward.up.weight.data[0, 0] = float("nan")
    with pytest.raises(LabError, match="not finite.*choose another model"):
        solved(task)
