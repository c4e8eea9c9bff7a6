import os
import subprocess
import sys
import time

from llmcore.runs import state
from llmcore.runs.state import STALE_SECONDS, at_work, true_state, why_interrupted, writer_identity


def status(**changes):
    return {"state": "running", "heartbeat": time.time(), **writer_identity(), **changes}


def test_a_fresh_run_of_this_process_is_running():
    assert true_state(status()) == "running"


def test_ended_states_are_believed_whatever_the_heartbeat():
    assert true_state(status(state="done", heartbeat=0)) == "done"


def test_a_process_that_is_gone_reads_as_interrupted():
    child = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True
    )
    assert true_state(status(pid=int(child.stdout), pid_started=time.time())) == "interrupted"


def test_a_pid_that_now_belongs_to_another_process_reads_as_interrupted():
    assert true_state(status(pid=os.getpid(), pid_started=12345.0)) == "interrupted"


def test_another_boot_of_this_host_reads_as_interrupted():
    assert true_state(status(boot_id="an earlier boot")) == "interrupted"


def test_another_host_is_judged_by_its_heartbeat_alone():
    elsewhere = {"host": "a-gpu-box", "pid": 1, "boot_id": "x"}
    assert true_state(status(**elsewhere)) == "running"
    old = time.time() - STALE_SECONDS - 1
    assert true_state(status(**elsewhere, heartbeat=old)) == "interrupted"


def test_a_live_process_with_a_late_heartbeat_is_believed_unless_it_is_us():
    old = time.time() - STALE_SECONDS - 1
    parent = os.getppid()
    assert true_state(status(pid=parent, pid_started=None, heartbeat=old)) == "running"
    assert true_state(status(heartbeat=old)) == "interrupted"


def test_a_thread_of_ours_that_is_at_work_is_believed(tmp_path):
    late = status(heartbeat=time.time() - STALE_SECONDS - 1)
    with at_work(tmp_path):
        assert true_state(late, tmp_path) == "running"
        assert true_state(late, tmp_path / "other") == "interrupted"
    assert true_state(late, tmp_path) == "interrupted"


def test_a_run_whose_process_the_system_killed_is_probably_out_of_memory(monkeypatch):
    status = {**writer_identity(), "oom_kills": 3}
    monkeypatch.setattr(state, "oom_kills", lambda: 3)
    assert why_interrupted(status) == "its process has ended"
    monkeypatch.setattr(state, "oom_kills", lambda: 4)
    assert why_interrupted(status).startswith("probably out of memory")
    assert "switched off" in why_interrupted({**status, "boot_id": "yesterday"})
    monkeypatch.setattr(state, "oom_kills", lambda: None)
    assert why_interrupted(status) == "its process has ended"
