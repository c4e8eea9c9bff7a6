import json
import logging

import pytest

from llmcore.errors import LabError, StateError
from llmcore.files import read_json
from llmcore.runs.metrics import MetricsReader
from llmcore.runs.writer import RunWriter


def test_a_second_writer_is_refused_until_the_first_ends(tmp_path):
    first = RunWriter(tmp_path, "thread")
    with pytest.raises(StateError, match="already being written"):
        RunWriter(tmp_path, "thread")
    first.finish("done", 3)
    second = RunWriter(tmp_path, "thread")
    assert second.attempt == 2
    second.finish("done", 3)


def test_a_failure_is_recorded_with_its_sentence_and_raised(tmp_path):
    with pytest.raises(LabError, match="too short"), RunWriter(tmp_path, "thread"):
        raise LabError("The text is too short: give more.")
    status = read_json(tmp_path / "status.json")
    assert status["state"] == "failed"
    assert status["error"]["message"] == "The text is too short: give more."
    assert "Traceback" in status["error"]["traceback"]


def test_an_unexpected_failure_names_its_type_and_is_logged(tmp_path, caplog):
    with caplog.at_level(logging.ERROR), pytest.raises(KeyError), RunWriter(tmp_path, "thread"):
        raise KeyError("gone")
    status = read_json(tmp_path / "status.json")
    assert status["error"]["type"] == "KeyError" and "KeyError" in status["reason"]
    assert "failed" in caplog.text


def test_non_finite_numbers_become_null_and_are_flagged(tmp_path):
    writer = RunWriter(tmp_path, "thread")
    writer.metrics(1, "train", loss=float("nan"), lr=0.1)
    writer.finish("done", 1)
    record = json.loads((tmp_path / "metrics.jsonl").read_text())
    assert record["loss"] is None and record["nonfinite"] is True and record["lr"] == 0.1


def test_a_torn_last_line_does_not_swallow_the_next_record(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"v":1,"attempt":1,"split":"train","st')
    writer = RunWriter(tmp_path, "thread")
    writer.metrics(4, "train", loss=2.0)
    writer.finish("done", 4)
    reader = MetricsReader(tmp_path / "metrics.jsonl")
    reader.refresh()
    assert reader.series("train", "loss") == ([4], [2.0])


def test_heartbeat_and_phase_are_on_disk_while_it_runs(tmp_path):
    writer = RunWriter(tmp_path, "thread")
    first = read_json(tmp_path / "status.json")
    assert first["state"] == "running" and first["phase"] == "preparing"
    writer.progress(7, "evaluating")
    second = read_json(tmp_path / "status.json")
    assert second["phase"] == "evaluating" and second["step"] == 7
    assert second["heartbeat"] >= first["heartbeat"]
    writer.finish("stopped", 7, reason="stopped by you")
    last = read_json(tmp_path / "status.json")
    assert last["state"] == "stopped" and last["phase"] is None
