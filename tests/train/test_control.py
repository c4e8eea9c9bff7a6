import threading

import pytest

from llmcore.errors import LabError
from llmcore.train.control import FileControl, Request, read_control, reset_control, write_control


def test_without_a_file_it_runs(tmp_path):
    control = FileControl(tmp_path)
    assert control.request() == Request()


def test_stop_and_run_are_seen_with_rising_seq(tmp_path):
    control = FileControl(tmp_path)
    write_control(tmp_path, "stop")
    assert control.request().state == "stop" and control.seq == 1
    write_control(tmp_path, "run")
    assert control.request().state == "run" and control.seq == 2


def test_event_stops_at_once(tmp_path):
    leave = threading.Event()
    control = FileControl(tmp_path, leave)
    leave.set()
    assert control.request().state == "stop"


def test_unreadable_file_asks_to_run(tmp_path):
    (tmp_path / "control.json").write_text("{torn")
    assert read_control(tmp_path)["state"] == "run"
    assert FileControl(tmp_path).request() == Request()


def test_what_is_not_given_stays_as_it_was(tmp_path):
    control = FileControl(tmp_path)
    write_control(tmp_path, learning_rate=0.01)
    write_control(tmp_path, "pause")
    write_control(tmp_path, save=True)
    write_control(tmp_path, save=True)
    assert control.request() == Request("pause", 0.01, 2) and control.seq == 4
    reset_control(tmp_path)
    assert control.request() == Request() and control.seq == 5


@pytest.mark.parametrize("rate", [0.0, -1.0, 11.0, float("nan")])
def test_a_learning_rate_that_no_run_can_have_is_refused(tmp_path, rate):
    with pytest.raises(LabError, match="above 0 and be at most 10"):
        write_control(tmp_path, learning_rate=rate)
    assert not (tmp_path / "control.json").exists()
