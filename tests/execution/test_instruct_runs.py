"""Instruct runs as runs: stop and resume, LoRA beside its parent, what a model's card says."""

import ast
import json
import random
import subprocess
import sys

import pytest
from small_store import tiny_language_model

from llmcore import load_assistant, models
from llmcore.assistants import usage_lines
from llmcore.config import LoraConfig
from llmcore.errors import LabError
from llmcore.execution import launch
from llmcore.paths import PROJECT_ROOT
from llmcore.recipes.instructions import (
    INSTRUCT_ROWS,
    MOST_EPOCHS,
    instruct_training,
    plan_instruct,
)
from llmcore.runs import RunStore

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
def base(store, tiny_run):
    return tiny_language_model(tiny_run, "base").id


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
    kept = run.predictions()
    longest = max(len(loaded.tokenizer.encode(f" {row['expected']}")) for row in kept)
    assistant = load_assistant(run.id)
    made = assistant.answer([row["prompt"] for row in kept], 2 * (longest - 1) + 16)
    assert made == [row["answer"] for row in kept]


def test_three_lines_of_python_load_an_adapter_and_answer(store, base, home):
    """The very lines that are shown, in an interpreter of their own."""
    run = finished(store, "lora", planned(base, epochs=1, trainable="lora"))
    lines = usage_lines(run.id, "the cat 3")
    assert len(lines.splitlines()) == 3
    done = subprocess.run(
        [sys.executable, "-c", lines], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    assert ast.literal_eval(done.stdout) == load_assistant(run.id).answer(["the cat 3"])


def test_a_base_model_follows_no_instructions_and_another_template_can_be_given(base):
    assistant = load_assistant(base, "Do {instruction}!")
    assert not assistant.follows_instructions and assistant.prompt("it") == "Do it!"
    assert len(assistant.answer(["a", "b"], 3)) == 2
    with pytest.raises(LabError, match="exactly once"):
        load_assistant(base, "{input}")


def test_other_models_have_no_template(base):
    assert models.load(base).card["template"] is None


def test_the_plan_sees_small_sets_more_often():
    small, large = instruct_training(320), instruct_training(30_000)
    assert small.steps == 20 * MOST_EPOCHS
    assert large.steps * large.batch_size == pytest.approx(INSTRUCT_ROWS, rel=0.05)
    assert instruct_training(320, epochs=2).steps == 40


def test_a_context_longer_than_the_parent_s_is_refused(base):
    with pytest.raises(LabError, match="longer than the 16 tokens"):
        planned(base, model_changes={"context_length": 17})
