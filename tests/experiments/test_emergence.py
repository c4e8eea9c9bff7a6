"""The moment at which induction heads appear, from metrics and from a real run."""

import json

import numpy as np
import pytest
import torch

from llmcore.config import RunConfig
from llmcore.execution.launch import run_foreground
from llmcore.experiments.induction.emergence import (
    appears_at,
    emergence,
    is_experiment,
    steepest_fall,
)
from llmcore.experiments.induction.plan import MODEL, plan_induction
from llmcore.nn.model import GPT
from llmcore.runs.metrics import MetricsReader
from llmcore.runs.run import Run
from llmcore.tasks.building import random_weights
from llmcore.tasks.head_types import TYPE_NAMES


def reader(tmp_path, rows):
    path = tmp_path / "metrics.jsonl"
    path.write_text("".join(json.dumps({"attempt": 1, **row}) + "\n" for row in rows))
    made = MetricsReader(path)
    made.refresh()
    return made


def test_the_moment_is_the_first_score_that_reaches_a_half(tmp_path):
    scores = {1: 0.05, 20: 0.2, 40: 0.5, 60: 0.4, 80: 0.9}
    second = {1: 4.5, 20: 4.4, 40: 1.5, 60: 1.0, 80: 0.9}
    rows = [{"split": "train", "step": step, "t": 100 + step / 2, "loss": 1} for step in scores]
    rows += [
        {"split": "val", "step": step, "head_induction": score, "head_previous": 0.7,
         "repeat_first_loss": 4.6, "repeat_second_loss": second[step], "copy_accuracy": 0.8}
        for step, score in scores.items()
    ]  # fmt: skip
    found = emergence(reader(tmp_path, rows))
    assert (found.appears_step, found.fall_step) == (40, 40)
    assert found.seconds == pytest.approx(19.5)  # the clock begins with the first step's record
    assert (found.highest, found.induction, found.previous) == (0.9, 0.9, 0.7)
    assert (found.new_loss, found.copied_loss, found.copy_accuracy) == (4.6, 0.9, 0.8)


def test_what_is_learned_of_both_copies_alike_is_no_fall_of_copies(tmp_path):
    losses = {1: (5.9, 5.9), 20: (4.6, 4.6), 40: (4.6, 4.0), 60: (None, 3.9), 80: (4.7, 3.8)}
    rows = [
        {"split": "val", "step": step, "repeat_first_loss": first, "repeat_second_loss": second}
        for step, (first, second) in losses.items()
    ]
    assert emergence(reader(tmp_path, rows)).fall_step == 40


def test_what_was_not_measured_is_none(tmp_path):
    found = emergence(reader(tmp_path, [{"split": "val", "step": 1, "loss": 2.0}]))
    assert set(found.to_dict().values()) == {None}


def test_no_moment_and_no_fall():
    steps = np.array([1, 2, 3])
    assert appears_at(steps, np.array([0.1, 0.49, 0.3])) is None
    assert appears_at(steps[:0], np.array([])) is None
    assert steepest_fall(steps, np.array([1.0, 2.0, 3.0])) is None
    assert steepest_fall(steps[:1], np.array([1.0])) is None
    # By the step, not by the interval: 1 in 1 step is steeper than 2 in 10.
    assert steepest_fall(np.array([1, 2, 12]), np.array([5.0, 4.0, 2.0])) == 2


def test_the_recipe_measures_heads_and_keeps_snapshots():
    config = plan_induction()
    assert is_experiment(config) and config.model.n_layers == 2 and config.train.patience == 0
    assert config.train.steps // config.train.snapshot_every >= 10
    assert plan_induction(1, train_changes={"seed": 7}).train.seed == 7
    assert plan_induction(1).name == "induction, one layer"
    assert is_experiment(RunConfig.from_dict(json.loads(json.dumps(config.to_dict()))))


def test_the_first_weights_have_the_spread_that_is_asked_for():
    config = plan_induction()
    wide = random_weights(config)
    narrow = random_weights(plan_induction(train_changes={"init_std": 0.02}))
    torch.testing.assert_close(wide.blocks[0].attention.qkv.weight.std(), torch.tensor(0.1),
                               rtol=0.05, atol=0.0)  # fmt: skip
    torch.testing.assert_close(
        wide.token_embedding.weight, 5 * narrow.token_embedding.weight, rtol=1e-5, atol=0.0
    )
    assert (wide.blocks[1].attention_norm.weight == 1).all()
    drawn = GPT(config.model, generator=torch.Generator().manual_seed(config.train.seed))
    assert torch.equal(narrow.head.weight, drawn.head.weight)


def test_a_run_writes_its_head_scores_and_snapshots(tmp_path):
    config = plan_induction(
        train_changes={"steps": 6, "eval_every": 3, "snapshot_every": 3, "batch_size": 4,
                       "checkpoint_every": 6, "warmup_steps": 1, "eval_batches": 1}
    )  # fmt: skip
    run_foreground(tmp_path / "run", config)
    run = Run(tmp_path / "run")
    metrics = run.metrics()
    for kind in TYPE_NAMES:
        steps, values = metrics.arrays("val", f"head_{kind}")
        assert steps.tolist() == [1, 3, 6] and ((values > 0) & (values < 1)).all()
    found = emergence(metrics)
    assert found.appears_step is None and 0 < found.highest < 0.3
    assert found.new_loss == pytest.approx(np.log(94), abs=1.5)
    assert {1, 2, 3, 5, 6} <= {checkpoint.step for checkpoint in run.checkpoints()}
    assert run.config.model.vocab_size == 257 and run.config.model.d_model == MODEL.d_model
