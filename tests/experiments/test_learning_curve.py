"""A learning curve as a run: every point once, resumed, the same features for all."""

from dataclasses import replace

import numpy as np
import pytest
from small_store import tiny_language_model
from tiny import spam_table

from llmcore import models
from llmcore.errors import LabError
from llmcore.evaluation import wilson_interval
from llmcore.execution import launch
from llmcore.experiments.learning_curve import run as curve
from llmcore.experiments.learning_curve.plan import curve_training, plan_learning_curve
from llmcore.experiments.learning_curve.points import (
    CurvePoint,
    curve_rows,
    few_test_texts,
    points_of,
)
from llmcore.experiments.learning_curve.settings import LEARNERS, CurveConfig
from llmcore.tasks.frozen_features import FeatureView
from llmcore.train.control import write_control

TABLE = spam_table(60)


@pytest.fixture
def parent(store, tiny_run) -> str:
    return tiny_language_model(tiny_run).id


def plan(parent: str, **settings):
    settings = {"sizes": (4, 12), "n_seeds": 2, **settings}
    return plan_learning_curve("t.csv", parent, TABLE, **settings)


def test_every_learner_size_and_seed_is_a_point_on_one_test_split(store, parent):
    directory = store.directory(store.mint_id("curve"))
    info = launch.run_foreground(directory, plan(parent), TABLE)
    assert (info.kind, info.state) == ("learning-curve", "done")
    assert info.step == info.steps == len(LEARNERS) * 3 * 2
    points = points_of(store.open(info.id))
    assert [point.learner for point in points] == [name for name in LEARNERS for _ in range(6)]
    assert {(point.size, point.seed) for point in points} == {
        (n, s) for n in (4, 12, 48) for s in (0, 1)
    }
    rows = curve_rows(points)
    assert len(rows) == 12 and all(row.n_seeds == 2 for row in rows)
    bayes = next(row for row in rows if (row.learner, row.size) == ("naive Bayes", 48))
    assert bayes.accuracy == 1.0 and bayes.accuracy_low == bayes.accuracy_high
    assert all(row.macro_f1_low <= row.macro_f1 <= row.macro_f1_high for row in rows)
    assert {row.n_test for row in rows} == {12}
    assert bayes.accuracy_interval == wilson_interval(12, 12)
    assert "the same 12 texts" in few_test_texts(rows)
    old = replace(points[0], n_test=0)  # of a version that did not count them
    assert (
        curve_rows([old])[0].accuracy_interval is None and few_test_texts(curve_rows([old])) == ""
    )


def test_a_stopped_curve_goes_on_without_doing_a_point_twice(store, parent):
    directory = store.directory(store.mint_id("curve"))

    def stop_at_3(record):
        if record.get("type") == "point" and record["step"] == 3:
            write_control(directory, "stop")

    learners = ("naive Bayes", "pretrained")
    config = plan(parent, learners=learners, sizes=(6,), n_seeds=2)
    info = launch.run_foreground(directory, config, TABLE, stop_at_3)
    assert (info.state, info.step) == ("stopped", 3) and info.can_resume
    kept = points_of(store.open(info.id))
    info = launch.run_foreground(directory)
    assert (info.state, info.step) == ("done", 8)
    points = points_of(store.open(info.id))
    assert points[:3] == kept and len(points) == 8
    assert len(store.open(info.id).events("point")) == 8


def test_a_training_that_is_stopped_midway_leaves_no_point(store, parent, monkeypatch):
    directory = store.directory(store.mint_id("curve"))
    config = plan(parent, learners=("random weights",), sizes=(4,), n_seeds=1)
    train = curve.curve_training

    def and_stop(*arguments):
        write_control(directory, "stop")
        return train(*arguments)

    monkeypatch.setattr(curve, "curve_training", and_stop)
    info = launch.run_foreground(directory, config, TABLE)
    assert info.state == "stopped" and points_of(store.open(info.id)) == []


def test_shared_features_give_what_a_training_of_its_own_gives(store, parent, monkeypatch):
    def curve_of() -> list[float]:
        directory = store.directory(store.mint_id("curve"))
        config = plan(parent, learners=("pretrained",), sizes=(12,), n_seeds=1)
        info = launch.run_foreground(directory, config, TABLE)
        return [point.macro_f1 for point in points_of(store.open(info.id))]

    used = []
    logits = FeatureView.logits
    monkeypatch.setattr(
        FeatureView, "logits", lambda self, i: used.append(len(i)) or logits(self, i)
    )
    shared = curve_of()
    assert used
    monkeypatch.setattr(curve._Neural, "_views", lambda self, model, numbers: None)
    assert curve_of() == pytest.approx(shared, abs=0.05)


def test_views_read_their_own_rows(parent):
    from llmcore.nn.classifier import SequenceClassifier
    from llmcore.tasks.frozen_features import FrozenFeatures

    loaded = models.load(parent)
    model = SequenceClassifier(loaded.trunk, 2)
    model.set_trainable("last-block")
    model.eval()
    ids = [np.arange(1, 2 + i) for i in range(9)]
    shared = FrozenFeatures(model, ids, 0, "cpu")
    view = FeatureView(shared, model, np.array([7, 2, 5]))
    own = shared.logits(np.array([5, 7])).detach().numpy()
    np.testing.assert_allclose(view.logits(np.array([2, 0])).detach().numpy(), own, atol=1e-6)


def test_sizes_that_do_not_fit_are_left_out_and_all_comes_last(parent):
    assert plan(parent, sizes=(1, 5, 5, 300)).experiment.sizes == (5, 48)
    with pytest.raises(LabError, match="must be some of naive Bayes"):
        plan(parent, learners=("oracle",))
    with pytest.raises(LabError, match="n_seeds is 0"):
        plan(parent, n_seeds=0)
    assert CurveConfig((3,), 1, ["random weights", "naive Bayes"]).learners == (
        "naive Bayes", "random weights",
    )  # fmt: skip


def test_small_subsets_are_trained_for_long_enough(parent):
    config = plan(parent).train
    assert curve_training(10, "all", 3, config).steps >= 60
    large = curve_training(3200, "last-block", 3, config)
    assert large.steps == 4 * 100 and large.eval_every == large.steps and large.seed == 3


def test_points_of_another_version_are_passed_over_and_doubles_count_once():
    point = CurvePoint("pretrained", 10, 0, 0.5, 0.4, 1.0)
    rows = curve_rows([point, CurvePoint("pretrained", 10, 1, 0.7, 0.6, 3.0)])
    assert (rows[0].accuracy, rows[0].accuracy_sd) == (pytest.approx(0.6), pytest.approx(0.1))
    assert (rows[0].macro_f1_low, rows[0].macro_f1_high, rows[0].seconds) == (0.4, 0.6, 2.0)
