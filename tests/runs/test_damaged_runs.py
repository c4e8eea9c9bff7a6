"""One bad file: that run is listed as damaged and can be deleted, all others stand."""

import json

import pytest
from typer.testing import CliRunner
from written_runs import write_run

from llmcore.cli.app import app
from llmcore.errors import NotFoundError, StateError
from llmcore.execution.queue import ORDER, RunQueue
from llmcore.files import read_json, write_json_atomic
from llmcore.runs import RunStore
from llmcore.runs.state import RunState

BAD_STATUS = (
    {"error": 7}, {"error": {"message": ["x"]}}, {"step": "many"}, {"step": 1.5}, {"step": -1},
    {"step": 10**400}, {"val_loss": "x"}, {"val_loss": []}, {"state": 3}, {"state": "asleep"},
    {"heartbeat": "now"}, {"heartbeat": 10**400}, {"pid": "x", "state": "running"},
    {"pid": 2**40, "state": "running"}, {"best_step": {}}, {"reason": 5}, {"phase": ["x"]},
    {"waiting": "yes"}, {"backend": 1}, {"attempt": "first"}, {"oom_kills": "x"},
)  # fmt: skip
BAD_CONFIG = (
    {"created": int("9" * 400)}, {"created": "today"}, {"created": -5}, {"created": 1e300},
    {"name": 7}, {"name": ["x"]}, {"kind": "dance"}, {"model": 7}, {"model": {"n_layers": "4"}},
    {"model": {"d_model": 10**30}}, {"train": {"steps": "x"}}, {"train": {"steps": 1e999}},
    {"train": []}, {"data": None}, {"data": {"source": 5}}, {"parent": 7}, {"lora": "x"},
    {"trainable": {}}, {"words": "no"}, {"sample_prompt": 1}, {"curve": {"sizes": "12"}},
    {"imported": "x"},
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "change"),
    [("status.json", content) for content in BAD_STATUS]
    + [("config.json", content) for content in BAD_CONFIG],
    ids=lambda content: str(content)[:40],
)
def test_a_bad_value_damages_its_own_run_alone(name, change):
    good, bad = write_run("good"), write_run("bad")
    store = RunStore()
    path = store.directory(bad) / name
    path.write_text(json.dumps(read_json(path) | change))
    listed = {info.id: info for info in store.list() if not info.example}
    assert listed[good].state == RunState.DONE
    assert listed[bad].state == RunState.DAMAGED and listed[bad].error
    assert "\n" not in listed[bad].error and len(listed[bad].error) < 400
    store.delete(bad)
    with pytest.raises(NotFoundError):
        store.open(bad)


@pytest.mark.parametrize("content", [
    b"", b"\0" * 64, b"[" * 50_000, b"\xff\xfe{}", b'{"step": 1' + b"0" * 5000 + b"}", b"null",
])  # fmt: skip
def test_the_command_line_lists_shows_and_deletes_it(content):
    good, bad = write_run("good"), write_run("bad")
    (RunStore().directory(bad) / "status.json").write_bytes(content)
    runner = CliRunner()
    made = runner.invoke(app, ["runs", "list", "--json"])
    states = {run["run"]: run["state"] for run in json.loads(made.stdout)["runs"]}
    assert states[good] == "done" and states[bad] == "damaged"
    assert runner.invoke(app, ["runs", "show", bad, "--json"]).exit_code == 0
    assert runner.invoke(app, ["runs", "delete", bad]).exit_code == 0
    assert not RunStore().directory(bad).exists()


def test_a_damaged_run_says_so_when_it_is_asked_to_go_on():
    from llmcore.execution import launch

    bad = write_run("bad", state="stopped")
    path = RunStore().directory(bad) / "status.json"
    path.write_text(json.dumps(read_json(path) | {"error": 7}))
    with pytest.raises(StateError, match="damaged and cannot be resumed"):
        launch.resume(bad)


def test_what_stands_in_the_queue_must_be_a_run():
    store, queue = RunStore(), RunQueue()
    run_id = write_run("waits", state="queued")
    path = store.directory(run_id) / "status.json"
    write_json_atomic(path, read_json(path) | {"waiting": True})
    odd = [7, None, "../" + run_id, "/etc", "a\0b", run_id, run_id, "x" * 300]
    (store.root / ORDER).write_text(
        json.dumps({"order": [content for content in odd if type(content) is str]})
    )
    assert queue.waiting() == [run_id]
    (store.root / ORDER).write_text(json.dumps({"order": odd}))
    assert queue.waiting() == []


def test_lines_that_are_damaged_are_passed_over():
    run_id = write_run("odd lines", state="done")
    run = RunStore().open(run_id)
    lines = [
        {"split": "train", "step": 1, "loss": 2.0}, {"split": "train", "step": 10**30, "loss": 1.0},
        {"split": "train", "step": True, "loss": 1.0}, {"split": 5, "step": 2, "loss": 1.0},
        {"split": "train", "step": 2, "loss": 10**400}, {"split": "train", "step": 3, "loss": "x"},
        {"split": "train", "step": -1, "loss": 1.0}, {"split": "train", "step": 4, "loss": 1.5},
    ]  # fmt: skip
    (run.directory / "metrics.jsonl").write_text(
        "".join(json.dumps(line) + "\n" for line in lines) + "[" * 50_000 + "\n"
    )
    assert run.metrics().series("train", "loss") == ([1, 4], [2.0, 1.5])
    events = [
        {"type": "setting", "step": 1, "name": "learning_rate", "value": "x"},
        {"type": "setting", "step": 1, "name": "learning_rate", "value": 0.1},
        {"type": "sample", "step": "x", "prompt": "a", "text": "b"}, {"type": 5},
        {"type": "data", "step": 0, "train_tokens": "x"}, {"type": "early_stop", "best_step": []},
        {"type": "result", "step": 1, "test": 5},
    ]  # fmt: skip
    (run.directory / "events.jsonl").write_text(
        "".join(json.dumps(event) + "\n" for event in events)
    )
    assert [event["value"] for event in run.events()] == [0.1] and run.result() is None
    made = CliRunner().invoke(app, ["runs", "show", run_id, "--json"])
    assert made.exit_code == 0, made.output
