"""Runs in a process of their own: they outlive who started them, and say so when they cannot."""

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tiny import TEXT, pretrain_config

from llmcore.cli import training
from llmcore.config import RunConfig
from llmcore.execution import process
from llmcore.paths import PROJECT_ROOT
from llmcore.recipes.pretraining import plan_pretrain
from llmcore.runs import RunStore

PARENT = """
import json, sys
sys.path[:0] = [{tests!r}]
from tiny import TEXT, pretrain_config
from llmcore.execution import process
from llmcore.runs import RunStore
store = RunStore()
run_id = store.mint_id("detached")
process.start_process(run_id, pretrain_config(steps=1_000_000), store, TEXT.encode())
process.start_process(run_id, pretrain_config(steps=1_000_000), store, TEXT.encode())
print(json.dumps({{"run": run_id, "state": store.info(run_id).state}}))
"""


def test_a_run_goes_on_when_its_parent_ends_and_obeys_from_outside(wait_until):
    code = PARENT.format(tests=str(PROJECT_ROOT / "tests"))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    reported = json.loads(done.stdout)  # the parent has ended
    assert reported["state"] == "queued"
    store = RunStore()
    run = store.open(reported["run"])
    try:
        wait_until(lambda: store.info(run.id).step > 2, 90)
        status = run.status()
        assert status["backend"] == "process" and os.getsid(status["pid"]) == status["pid"]
        assert status["attempt"] == 1 and process.is_own_process(run)
        store.request_stop(run.id)
        wait_until(lambda: store.info(run.id).state == "stopped", 60)
    finally:
        if (pid := run.status().get("pid")) and store.info(run.id).is_live:
            os.kill(pid, signal.SIGKILL)
    assert "step" in (run.directory / process.LOG).read_text()


def test_a_process_that_dies_before_it_begins_is_a_failed_run(monkeypatch, tmp_path, wait_until):
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'error: no such thing' >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(process.sys, "executable", str(broken))
    store = RunStore()
    run_id = store.mint_id("broken")
    process.start_process(run_id, pretrain_config(), store, TEXT.encode())
    wait_until(lambda: store.info(run_id).state == "failed", 20)
    assert "error: no such thing" in store.info(run_id).error


@pytest.mark.parametrize("preset", ["tiny", "gpt2"])
def test_the_command_line_makes_the_same_configuration(preset, monkeypatch):
    made: list[RunConfig] = []
    monkeypatch.setattr(training, "run_here", lambda config, *_: made.append(config))
    monkeypatch.setattr(training, "answer_run", lambda *_: None)
    config = plan_pretrain(
        "shakespeare+messages", preset=preset, tokenizer="bytes",
        model_changes={"context_length": 48, "dropout": 0.1, "position": "rope", "norm": "rms",
                       "feed_forward": "swiglu", "n_kv_heads": 1},
        train_changes={"steps": 70, "batch_size": 24, "accumulation": 3, "learning_rate": 2e-4,
                       "seed": 9},
    )  # fmt: skip
    from llmcore.cli import main

    assert main(shlex.split(process.pretrain_command(config))) == 0
    assert made == [config]
    command = process.torchrun_command(config, 4)
    assert command.startswith("torchrun --standalone --nproc-per-node 4 -m llmcore pretrain ")


def test_a_strange_name_stays_one_word_of_the_command():
    config = plan_pretrain("my text; rm -rf ~.txt", preset="tiny", tokenizer="bytes")
    assert shlex.split(process.pretrain_command(config))[2] == "my text; rm -rf ~.txt"


def test_the_log_is_read_from_its_end(tmp_path: Path):
    (tmp_path / process.LOG).write_text("x" * 9000 + "\n" + "é" * 200 + "\nerror: last\n\n")
    assert process._last_words(tmp_path, 1) == "error: last"
    (tmp_path / process.LOG).write_text("")
    assert process._last_words(tmp_path, 1) == "exit status 1"
