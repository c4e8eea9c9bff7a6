"""A run that is killed again and again ends as one that never was: same weights, same numbers."""

import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

import pytest
from tiny import TEXT, pretrain_config

from llmcore.execution import launch
from llmcore.files import read_json
from llmcore.runs import Run
from llmcore.train import checkpoint, checkpoint_index
from llmcore.train.checkpoint_index import list_checkpoints

KILLS, WHILE_SAVING = 20, 3
STEPS = 400
CONFIG = pretrain_config(
    steps=STEPS, dropout=0.2, eval_every=25, checkpoint_every=4, threads=1, learning_rate=1e-3
)


def _slow_to_save(*args: object, **kwargs: object) -> object:
    """Saves in slow motion, so that a kill can be aimed at the middle of it."""
    time.sleep(0.05)
    result = _write(*args, **kwargs)
    time.sleep(0.05)
    return result


_write = checkpoint.write_json_atomic


def _train(directory: str, slow: bool) -> None:
    if slow:
        checkpoint.write_json_atomic = _slow_to_save
    if (Path(directory) / "status.json").exists():
        launch.run_foreground(Path(directory))
    else:
        launch.run_foreground(Path(directory), CONFIG, TEXT.encode())


def _step(directory: Path) -> int:
    """The newest step in metrics.jsonl: how far the run has really come."""
    try:
        return (Run(directory).metrics().last("train") or {}).get("step", 0)
    except OSError:
        return 0


def _wait(condition, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the run does not get on"
        time.sleep(0.002)


@pytest.fixture(scope="module")
def server():
    """Children are forked from a process that has already loaded torch, and used none of it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["llmcore.execution.worker", "llmcore.execution.launch"])
    return context


def _kill(server, directory: Path, rng: random.Random, saving: bool) -> int:
    """Resumes the run, kills it after new progress, and returns the step it had come to."""
    before = _step(directory)
    child = server.Process(target=_train, args=(str(directory), saving))
    child.start()
    _wait(lambda: _step(directory) > before or not child.is_alive())
    if saving:
        root = directory / "checkpoints"
        _wait(lambda: any(root.glob(".step_*.tmp")) or not child.is_alive())
        assert any(root.glob(".step_*.tmp")), "the kill missed the save"
    else:
        time.sleep(rng.uniform(0.0, 0.08))
    assert child.is_alive(), "the run ended before it could be killed: give it more steps"
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    return _step(directory)


def test_killed_at_twenty_random_moments_it_ends_bit_for_bit_as_if_never(server, tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    child = server.Process(target=_train, args=(str(whole), False))
    child.start()
    rng, reached = random.Random(0), []
    saving = set(rng.sample(range(1, KILLS), WHILE_SAVING))
    for kill in range(KILLS):
        reached.append(_kill(server, parts, rng, kill in saving))
    assert reached == sorted(set(reached)) and reached[-1] < STEPS  # each after new progress
    _train_to_the_end(server, parts)
    child.join(120)
    assert Run(whole).info().state == Run(parts).info().state == "done"
    last = checkpoint_index.directory_for(Path("checkpoints"), STEPS)
    for name in ("model.safetensors", "optim.safetensors"):
        assert (whole / last / name).read_bytes() == (parts / last / name).read_bytes(), name
    _same_numbers(Run(whole), Run(parts))
    assert not list((parts / "checkpoints").glob(".*"))  # what kills left behind is cleared up


def _train_to_the_end(server, directory: Path) -> None:
    child = server.Process(target=_train, args=(str(directory), False))
    child.start()
    child.join(120)
    assert read_json(directory / "status.json")["attempt"] == KILLS + 1


def _same_numbers(whole: Run, parts: Run) -> None:
    """Read through the one reader: no gap, no double, the same values."""
    for split, key in (("train", "loss"), ("train", "lr"), ("train", "grad_norm"), ("val", "loss")):
        steps, values = parts.metrics().series(split, key)
        assert (steps, values) == whole.metrics().series(split, key), (split, key)
    assert parts.metrics().series("train", "loss")[0] == list(range(1, STEPS + 1))
    names = [checkpoint.step for checkpoint in list_checkpoints(parts.directory / "checkpoints")]
    assert names == [
        checkpoint.step for checkpoint in list_checkpoints(whole.directory / "checkpoints")
    ]
