"""The queue, pause and a new learning rate from the command line."""

import subprocess
import sys
import time

import pytest
from tiny import TEXT

from llmcore.runs import RunStore

TINY = (
    "--preset", "tiny", "--tokenizer", "bytes", "--context-length", 16, "--batch-size", 4,
    "--threads", 1,
)  # fmt: skip


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_text(TEXT)
    return path


def test_runs_wait_are_moved_taken_out_and_worked_off(lab, corpus):
    names = [
        lab("pretrain", "--corpus", corpus, *TINY, "--steps", 4, "--queue", "--name", name,
            "--json").json["run"]
        for name in ("first", "second", "third")
    ]  # fmt: skip
    first, second, third = names
    waiting = lab("runs", "queue", "--json").json["queue"]
    assert [row["run"] for row in waiting] == names
    assert all(row["state"] == "queued" for row in waiting)
    moved = lab("runs", "move", third, 0, "--json").json["queue"]
    assert [row["run"] for row in moved] == [third, first, second]
    assert lab("runs", "stop", first, "--json").json["state"] == "stopped"
    assert "does not wait" in lab("runs", "move", first, 0).error
    done = lab("runs", "work", "--json").json["runs"]
    assert [(row["run"], row["state"]) for row in done] == [(third, "done"), (second, "done")]
    assert lab("runs", "work", "--json").json["runs"] == []


def test_a_queued_run_has_no_folder_of_its_own(lab, corpus, tmp_path):
    made = lab("pretrain", "--corpus", corpus, "--queue", "--run-dir", tmp_path / "mine")
    assert made.status == 2 and "leave --run-dir out" in made.error


def test_a_run_in_another_process_is_paused_continued_slowed_and_stopped(lab, wait_until):
    run_id = RunStore.mint_id("far")
    code = (
        "import sys; sys.path[:0] = ['.', 'tests']\n"
        "from llmcore.execution import launch\n"
        "from llmcore.runs import RunStore\n"
        "from tiny import TEXT, pretrain_config\n"
        f"launch.run_foreground(RunStore().directory({run_id!r}), "
        "pretrain_config(steps=1_000_000), TEXT.encode())"
    )
    child = subprocess.Popen([sys.executable, "-c", code])
    store = RunStore()
    try:
        wait_until(lambda: _step(store, run_id) >= 3, 90)
        assert lab("runs", "pause", run_id, "--json").json["state"] == "paused"
        at = _step(store, run_id)
        assert store.open(run_id).checkpoint("latest").step == at  # safe to switch off
        time.sleep(0.3)
        assert _step(store, run_id) == at
        assert lab("runs", "set", run_id, "--learning-rate", 1e-5, "--json").status == 0
        assert lab("runs", "continue", run_id, "--json").json["state"] == "running"
        wait_until(lambda: _step(store, run_id) > at + 2, 60)
        assert store.open(run_id).metrics().last("train")["lr"] <= 1e-5
        (change,) = store.open(run_id).events("setting")
        assert (change["step"], change["value"]) == (at + 1, 1e-5)
        assert "not paused" in lab("runs", "continue", run_id).error
        assert lab("runs", "stop", run_id, "--json").json["state"] == "stopped"
        assert child.wait(60) == 0
    finally:
        child.kill()
    assert "nothing to pause" in lab("runs", "pause", run_id).error


def _step(store, run_id):
    if not (store.directory(run_id) / "config.json").is_file():
        return 0
    return (store.open(run_id).metrics().last("train") or {}).get("step", 0)


def test_the_lab_config_of_a_queued_run_is_kept(lab, corpus):
    run_id = lab("pretrain", "--corpus", corpus, *TINY, "--patience", 3, "--queue", "--json").json
    assert RunStore().open(run_id["run"]).config.train.patience == 3
