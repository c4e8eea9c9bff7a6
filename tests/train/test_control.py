import threading

from llmcore.train.control import FileControl, read_control, write_control


def test_without_a_file_it_runs(tmp_path):
    control = FileControl(tmp_path)
    assert not control.should_stop()


def test_stop_and_run_are_seen_with_rising_seq(tmp_path):
    control = FileControl(tmp_path)
    write_control(tmp_path, "stop")
    assert control.should_stop() and control.seq == 1
    write_control(tmp_path, "run")
    assert not control.should_stop() and control.seq == 2


def test_event_stops_at_once(tmp_path):
    leave = threading.Event()
    control = FileControl(tmp_path, leave)
    leave.set()
    assert control.should_stop()


def test_unreadable_file_wishes_to_run(tmp_path):
    (tmp_path / "control.json").write_text("{torn")
    assert read_control(tmp_path)["state"] == "run"
    assert not FileControl(tmp_path).should_stop()
