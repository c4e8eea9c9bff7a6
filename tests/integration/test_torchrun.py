"""torchrun on gloo: the same losses on 1, 2 and 4 processes; a lost process; another number."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny import TEXT

from llmcore.paths import PROJECT_ROOT
from llmcore.runs import Run

STEPS = 50
SETTINGS = (
    "--preset", "tiny", "--tokenizer", "bytes", "--context-length", "16", "--d-model", "32",
    "--n-heads", "2", "--n-layers", "2", "--batch-size", "8", "--learning-rate", "1e-3",
    "--log-every", "1", "--eval-every", "25", "--device", "cpu", "--seed", "3",
)  # fmt: skip


def command(n_processes: int, *arguments: object) -> list[str]:
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(n_processes)]
    return [
        sys.executable, *(launcher if n_processes > 1 else []), "-m", "llmcore",
        *(str(argument) for argument in arguments),
    ]  # fmt: skip


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(PROJECT_ROOT)}


def trained(
    n_processes: int, folder: Path, dropout: float, *more: object, name: str = ""
) -> tuple[Run, str]:
    corpus = folder / "corpus.txt"
    corpus.write_text(TEXT)
    directory = folder / f"run{n_processes}{name}"
    done = subprocess.run(
        command(n_processes, "pretrain", "--corpus", corpus, *SETTINGS, "--steps", STEPS,
                "--dropout", dropout, "--run-dir", directory, "--json", *more),
        env=environment(), capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return Run(directory), done.stdout


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_one_two_and_four_processes_give_the_same_losses(tmp_path, dropout):
    """Dropout too: masks belong to samples, whichever process computes them."""
    runs = {}
    for n_processes in (1, 2, 4) if dropout == 0.0 else (1, 2):
        run, printed = trained(n_processes, tmp_path, dropout)
        assert json.loads(printed)["state"] == "done"  # one answer, from the first process
        runs[n_processes] = run
    steps, alone = runs[1].metrics().series("train", "loss")
    assert steps == list(range(1, STEPS + 1)) and alone[-1] < alone[0] - 0.3
    for n_processes, run in runs.items():
        tokens = run.metrics().series("train", "tokens")[1]
        assert tokens == [8 * 16 * step for step in steps]
        assert run.metrics().series("train", "loss")[1] == pytest.approx(alone, abs=1e-5)
        assert run.metrics().series("val", "loss")[1] == pytest.approx(
            runs[1].metrics().series("val", "loss")[1], abs=1e-5
        )
        assert run.status()["backend"] == ("process" if n_processes == 1 else "torchrun")


def test_two_processes_count_the_tokens_of_unequal_batches_alike(tmp_path):
    parent, _ = trained(1, tmp_path, 0.0, "--context-length", 48)
    table = tmp_path / "set.json"
    rows = [{"instruction": f"Say {i}.", "output": "ab " * (1 + i % 5) ** 2} for i in range(40)]
    table.write_text(json.dumps(rows))
    counted = []
    for n in (1, 2):
        directory = tmp_path / f"tuned{n}"
        done = subprocess.run(
            command(n, "finetune", "--task", "instruct", "--data", table, "--model",
                    parent.directory, "--epochs", 2, "--batch-size", 6, "--log-every", 1,
                    "--run-dir", directory, "--device", "cpu"),
            env=environment(), capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        counted.append(Run(directory).metrics().series("train", "tokens")[1])
    steps = [after - before for before, after in pairwise([0, *counted[0]])]
    assert min(steps) > 0 and len(set(steps)) > 2
    assert counted[0] == counted[1]


def test_a_sharded_model_learns_what_a_whole_one_does(tmp_path):
    """Two processes with half of every matrix each, micro-batches too: the same losses, and
    checkpoints that one process reads."""
    alone, _ = trained(1, tmp_path, 0.2)
    run, printed = trained(2, tmp_path, 0.2, "--sharding", "full", "--accumulation", 2, name="s")
    assert json.loads(printed)["state"] == "done"
    for split in ("train", "val"):
        for value in ("loss", *(("grad_norm",) if split == "train" else ())):
            assert run.metrics().series(split, value)[1] == pytest.approx(
                alone.metrics().series(split, value)[1], abs=1e-5 if value == "loss" else 1e-3
            )
    for checkpoint, other in zip(run.checkpoints(), alone.checkpoints(), strict=True):
        assert (checkpoint.step, checkpoint.full) == (other.step, other.full)
        for file in ("model.safetensors", *(["optim.safetensors"] if checkpoint.full else [])):
            ours, whole = (load_file(each.directory / file) for each in (checkpoint, other))
            assert ours.keys() == whole.keys()
            for name, value in ours.items():
                torch.testing.assert_close(value, whole[name], rtol=1e-3, atol=2e-3)
    assert run.events("sample")[0]["text"] == alone.events("sample")[0]["text"]


def test_a_sharded_run_resumes_whole_and_sharded(tmp_path):
    run, _ = trained(2, tmp_path, 0.0, "--sharding", "full", name="s")
    longer = json.loads((run.directory / "config.json").read_text())
    longer["train"]["steps"] = STEPS + 6
    (run.directory / "config.json").write_text(json.dumps(longer))
    status = json.loads((run.directory / "status.json").read_text())
    (run.directory / "status.json").write_text(json.dumps({**status, "state": "stopped"}))
    copy = tmp_path / "copy"
    shutil.copytree(run.directory, copy)
    for directory, n_processes in ((run.directory, 2), (copy, 1)):
        done = subprocess.run(
            command(n_processes, "pretrain", "--resume", directory), env=environment(),
            capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
    losses = [
        Run(directory).metrics().series("train", "loss") for directory in (run.directory, copy)
    ]
    assert losses[0][0][-1] == STEPS + 6
    assert losses[0][1] == pytest.approx(losses[1][1], abs=1e-5)


def test_two_processes_train_a_model_with_newer_parts_alike(tmp_path):
    parts = ("--position", "rope", "--norm", "rms", "--feed-forward", "swiglu", "--n-kv-heads", 1)
    one, two = (trained(n, tmp_path, 0.1, *parts)[0] for n in (1, 2))
    assert one.config.model.exchanged_parts() == ["RoPE", "RMSNorm", "SwiGLU", "GQA"]
    losses = one.metrics().series("train", "loss")[1]
    assert losses[-1] < losses[0] - 0.3
    assert two.metrics().series("train", "loss")[1] == pytest.approx(losses, abs=1e-5)


def test_a_lost_process_ends_all_and_the_run_resumes_on_another_number(tmp_path):
    corpus, directory = tmp_path / "corpus.txt", tmp_path / "run"
    corpus.write_text(TEXT)
    launcher = subprocess.Popen(
        command(2, "pretrain", "--corpus", corpus, *SETTINGS, "--steps", 3000, "--checkpoint-every",
                5, "--run-dir", directory),
        env=environment(), stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        _wait(lambda: _step(directory) >= 12, 120)
        first = Run(directory).status()["pid"]
        others = [pid for pid in _children(launcher.pid) if pid != first]
        os.kill(others[0], signal.SIGKILL)
        assert launcher.wait(60) != 0
    finally:
        if launcher.poll() is None:
            os.killpg(launcher.pid, signal.SIGKILL)
    _wait(lambda: not Run(directory).info().is_live, 20)
    info = Run(directory).info()
    assert info.state in {"stopped", "failed", "interrupted"} and info.can_resume
    before = _step(directory)
    resumed = subprocess.Popen(
        command(1, "pretrain", "--resume", directory), env=environment(), stderr=subprocess.DEVNULL
    )
    try:
        _wait(lambda: _step(directory) > before, 90)
    finally:
        resumed.terminate()
        resumed.wait(30)
    steps, _ = Run(directory).metrics().series("train", "loss")
    assert steps == list(range(1, len(steps) + 1))
    assert Run(directory).info().state == "stopped"  # SIGTERM saves


def _children(pid: int) -> list[int]:
    import psutil

    return [child.pid for child in psutil.Process(pid).children()]


def _step(directory: Path) -> int:
    try:
        return (Run(directory).metrics().last("train") or {}).get("step", 0)
    except OSError:
        return 0


def _wait(condition, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happens"
        time.sleep(0.1)
