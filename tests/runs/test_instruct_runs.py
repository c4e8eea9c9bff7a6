"""Instruct runs as runs: stop and resume, LoRA beside its parent, what a model's card says."""

import json
import random

import pytest
from tiny import TEXT, pretrain_config

from llmcore import models
from llmcore.config import LoraConfig
from llmcore.errors import LabError
from llmcore.runs import RunStore, launch
from llmcore.runs.instruct_plan import INSTRUCT_ROWS, MOST_EPOCHS, instruct_training, plan_instruct

ROWS = [
    {"instruction": f"the cat {n}", "output": random.Random(n).choice(["sees", "likes"])}
    for n in range(40)
]
DATA = json.dumps(ROWS).encode()
CHANGES = {"batch_size": 8, "threads": 1, "eval_every": 4, "checkpoint_every": 4}


@pytest.fixture
def store():
    return RunStore()


@pytest.fixture
def base(store):
    run_id = store.mint_id("base")
    launch.run_foreground(store.directory(run_id), pretrain_config(), TEXT.encode())
    return run_id


def planned(base, **more):
    changes = {**CHANGES, **more.pop("train_changes", {})}
    return plan_instruct("mine.json", base, table=DATA, train_changes=changes,
                         template="{instruction}:", **more)  # fmt: skip


def finished(store, name, config):
    directory = store.directory(store.mint_id(name))
    launch.run_foreground(directory, config, DATA)
    return store.open(directory.name)


def test_a_thread_run_can_be_stopped_and_resumed_to_the_same_end(store, base, wait_until):
    config = planned(base, epochs=8, model_changes={"dropout": 0.1})
    whole = finished(store, "whole", config)
    run_id = store.mint_id("stopped")
    launch.start(run_id, planned(base, epochs=8, model_changes={"dropout": 0.1}), store, DATA)
    wait_until(lambda: store.info(run_id).step >= 2 or store.info(run_id).error, 60)
    launch.stop(run_id, store)
    wait_until(lambda: not store.info(run_id).is_live, 30)
    if store.info(run_id).state == "stopped":
        launch.resume(run_id, store)
        wait_until(lambda: not store.info(run_id).is_live, 60)
    assert store.info(run_id).state == "done", store.info(run_id).error
    ends = [run.metrics().series("train", "loss")[1][-1] for run in (whole, store.open(run_id))]
    assert ends[0] == ends[1]
    assert store.open(run_id).result()["test"] == whole.result()["test"]


def test_lora_keeps_the_adapter_alone_and_answers_like_the_run_did(store, base):
    config = planned(base, epochs=2, trainable="lora", lora=LoraConfig(rank=2))
    run = finished(store, "lora", config)
    size = sum(path.stat().st_size for path in run.checkpoint().directory.glob("model*"))
    assert size < 30_000
    loaded = models.load(run.id)
    assert loaded.kind == "language" and loaded.card["template"] == "{instruction}:"
    assert loaded.card["parent"] == base
    from llmcore.tasks.instruction_scores import answers
    from llmcore.tasks.templates import Template

    kept = run.predictions()
    from llmcore.data.instructions import single

    rows = [single(one["prompt"], one["expected"]) for one in kept]
    made = answers(loaded.model, loaded.tokenizer, Template("{instruction}:"), rows)
    assert made == [one["answer"] for one in kept]


def test_other_models_have_no_template(base):
    assert models.load(base).card["template"] is None


def test_the_plan_sees_small_sets_more_often():
    small, large = instruct_training(320), instruct_training(50_000)
    assert small.steps == 10 * MOST_EPOCHS
    assert large.steps * large.batch_size == pytest.approx(INSTRUCT_ROWS, rel=0.05)
    assert instruct_training(320, epochs=2).steps == 20


def test_a_context_longer_than_the_parent_s_is_refused(base):
    with pytest.raises(LabError, match="longer than the 16 tokens"):
        planned(base, model_changes={"context_length": 17})
