"""A run that meets a number that is not finite ends as failed, and keeps its last good weights."""

import json
from dataclasses import replace

import pytest
import torch
from null_runs import break_weights
from tiny import TEXT, TINY_MODEL, pretrain_config, spam_table

from llmcore import models
from llmcore.config import AUTO
from llmcore.errors import DamagedError, LabError
from llmcore.execution import launch
from llmcore.experiments.learning_curve.plan import plan_learning_curve
from llmcore.experiments.variants.plan import plan_variants
from llmcore.recipes.classification import plan_classify
from llmcore.recipes.instructions import plan_instruct
from llmcore.tasks.classification import ClassificationTask
from llmcore.tasks.instruction import InstructionTask
from llmcore.tasks.pretraining import PretrainTask

TASKS = {"pretrain": PretrainTask, "classify": ClassificationTask, "instruct": InstructionTask}


def planned(kind, parent):
    """A configuration and its data: 12 steps or more, a checkpoint at every second one."""
    often = {"eval_every": 2, "checkpoint_every": 2}
    if kind == "pretrain":
        return pretrain_config(steps=12, **often), TEXT.encode()
    often |= {"batch_size": 4, "learning_rate": 1e-3}
    if kind == "classify":
        table = spam_table()
        return plan_classify("t.csv", parent.id, "all", table=table, train_changes=often), table
    rows = [{"instruction": f"Say {i}.", "output": f"{i} it is"} for i in range(60)]
    table = json.dumps(rows).encode()
    return plan_instruct("r.json", parent.id, "all", table=table, train_changes=often), table


def failed(store, config, data, match):
    directory = store.directory(store.mint_id("breaks"))
    with pytest.raises(LabError, match=match):
        launch.run_foreground(directory, config, data)
    run = store.open(directory.name)
    info = run.info()
    assert info.state == "failed" and info.can_resume
    return run, info


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("what", ["loss", "gradient", "validation"])
def test_every_trainer_ends_loudly_and_keeps_its_best(store, parent, monkeypatch, kind, what):
    config, data = planned(kind, parent)
    task, seen = TASKS[kind], []
    plain_loss, plain_evaluate = task.loss, task.evaluate

    def loss(self, batch):
        value, extra = plain_loss(self, batch)
        if self.model.training:
            seen.append(1)
            if len(seen) == 7 and what == "loss":
                value = value * float("nan")
            if len(seen) == 7 and what == "gradient":
                value = value + (value - value.detach()) * float("inf")
        return value, extra

    def evaluate(self):
        scores = plain_evaluate(self)
        return (
            {**scores, "loss": float("inf")} if what == "validation" and len(seen) >= 8 else scores
        )

    monkeypatch.setattr(task, "loss", loss)
    monkeypatch.setattr(task, "evaluate", evaluate)
    step = 8 if what == "validation" else 7
    run, info = failed(
        store, config, data, rf"at step {step} .*start a new run with a learning rate"
    )
    assert "step 6 is kept" in info.error
    assert info.best_step is not None and info.best_step <= 6
    loaded = models.load(run.id)
    assert loaded.step == info.best_step
    assert all(bool(torch.isfinite(parameter).all()) for parameter in loaded.model.parameters())
    assert run.result() is None


def test_a_test_score_that_is_no_number_is_no_result(store, parent, monkeypatch):
    config, data = planned("classify", parent)
    plain = ClassificationTask.finish

    def finish(self, sink, step):
        self.model.classifier_head.bias.data[0] = float("nan")
        plain(self, sink, step)

    monkeypatch.setattr(ClassificationTask, "finish", finish)
    run, _ = failed(store, config, data, "not finite, so it gives no label")
    assert run.result() is None and not run.predictions()
    assert models.classify_texts(models.load(run.id), ["a text"])[0]["label"] in {"ham", "spam"}


def test_a_point_of_a_learning_curve_that_breaks_ends_it_and_keeps_the_others(
    store, parent, monkeypatch
):
    """Its trainers keep no checkpoints, so there is none to name."""
    config = plan_learning_curve("t.csv", parent.id, spam_table(), sizes=(16,), n_seeds=1)
    plain = ClassificationTask.loss

    def loss(self, batch):
        value, extra = plain(self, batch)
        return value * float("nan"), extra

    monkeypatch.setattr(ClassificationTask, "loss", loss)
    run, _ = failed(
        store, config, spam_table(), "^pretrained, [0-9]+ texts, seed 1: .*stopped being"
    )
    assert {event["learner"] for event in run.events("point")} == {
        "naive Bayes",
        "logistic regression",
    }


def test_a_parent_whose_weights_are_no_numbers_is_refused(store, parent):
    break_weights(parent)
    models.clear_cache()
    config = plan_classify("t.csv", parent.id, AUTO, table=spam_table())
    directory = store.directory(store.mint_id("child"))
    with pytest.raises(DamagedError, match="not finite"):
        launch.run_foreground(directory, config, spam_table())


def test_a_part_of_a_table_that_breaks_is_named(store, monkeypatch):
    config = plan_variants(
        quick=True, changes={"variants": ("gpt2", "rope"), "n_seeds": 1, "part_steps": 8},
        train_changes={"batch_size": 4},
    )  # fmt: skip
    config = replace(config, model=TINY_MODEL)
    plain = PretrainTask.evaluate
    monkeypatch.setattr(
        PretrainTask, "evaluate", lambda self: {**plain(self), "bits_per_byte": float("nan")}
    )
    run, _ = failed(store, config, None, "GPT-2, seed 1: The bits per byte at step 1 is not finite")
    assert not run.events("look")
