"""Jobs in threads: what a page reads of them, and that none outlives the process or its place."""

import subprocess
import sys
import threading
import time

import pytest

from llmcore import background
from llmcore.background import Job, Jobs, Stopped
from llmcore.errors import LabError
from llmcore.paths import PROJECT_ROOT

PATIENCE = 30


class Counting(Job[int]):
    """Counts to `end`, each number when `gate` lets it; gives up where it is asked to stop."""

    def __init__(self, end: int = 3) -> None:
        super().__init__("counting")
        self.end, self.gate = end, threading.Semaphore(0)

    def work(self) -> int:
        for number in range(self.end):
            while not self.gate.acquire(timeout=0.01):
                if self.stopping:
                    raise Stopped
            self._share = (number + 1) / self.end
        return self.end


class Failing(Job[None]):
    def __init__(self, error: Exception) -> None:
        super().__init__("failing")
        self.error_to_raise = error

    def work(self) -> None:
        raise self.error_to_raise


@pytest.fixture
def books(monkeypatch):
    """The books of this test alone, so that `stop_all` here touches no others."""
    monkeypatch.setattr(background, "_books", found := [])
    yield found
    background.stop_all()


def test_a_job_runs_once_and_keeps_its_result(wait_until):
    job = Counting()
    assert (job.state, job.is_live, job.has_ended, job.wait(0)) == ("new", False, False, True)
    assert job.start() is job.start() and job.is_live and not job.wait(0.01)
    job.gate.release()
    wait_until(lambda: job.share == pytest.approx(1 / 3))
    assert job.result is None
    job.gate.release(2)
    assert job.wait(PATIENCE)
    assert (job.state, job.result, job.error, job.share) == ("done", 3, None, 1.0)
    before = job.seconds
    time.sleep(0.02)
    assert job.seconds == before > 0


def test_an_ended_job_goes_on_at_the_next_start_and_a_stopped_one_does_not():
    job = Counting(end=1)
    job.gate.release(2)
    assert job.start().wait(PATIENCE) and job.start().wait(PATIENCE)
    assert not job.gate.acquire(blocking=False)  # it counted twice
    job.stop()
    assert job.start().state == "done" and job.wait(0)


def test_a_stopped_job_says_so_and_has_no_error():
    job = Counting().start()
    job.stop()
    assert job.stopping and job.wait(PATIENCE)
    assert (job.state, job.result, job.error) == ("stopped", None, None)


def test_a_refusal_is_its_sentence_and_a_fault_is_logged(caplog):
    refused = Failing(LabError("There is no such text: choose another.")).start()
    assert refused.wait(PATIENCE)
    assert (refused.state, refused.error) == ("failed", "There is no such text: choose another.")
    assert not [record for record in caplog.records if record.exc_info]
    broken = Failing(RuntimeError("secret detail")).start()
    assert broken.wait(PATIENCE) and broken.state == "failed"
    assert "fault of the lab" in broken.error and "secret" not in broken.error
    assert "secret detail" in caplog.text


def test_even_an_exit_of_the_thread_ends_the_job(monkeypatch):
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    job = Failing(SystemExit()).start()
    assert job.wait(PATIENCE) and job.state == "failed"


def test_of_ended_jobs_the_newest_are_kept_and_live_ones_always(books):
    jobs: Jobs[str, Counting] = Jobs(limit=1)
    live = jobs.add("live", Counting()).start()
    for key in ("a", "b"):
        jobs.add(key, Counting(end=0)).start().wait(PATIENCE)
    assert jobs.get("a") is None and jobs.get("b").state == "done"
    assert jobs.live() == {"live": live} and not live.stopping


def test_with_no_limit_an_ended_job_is_forgotten_at_once(books):
    jobs: Jobs[str, Counting] = Jobs(limit=0)
    job = jobs.add("a", Counting(end=1))
    assert jobs.get("a") is job  # not begun is not ended
    job.gate.release()
    assert job.start().wait(PATIENCE) and jobs.get("a") is None


def test_where_jobs_give_way_the_oldest_is_stopped(books):
    jobs: Jobs[str, Counting] = Jobs(limit=2, gives_way=True)
    first, second, third = (jobs.add(key, Counting()).start() for key in "abc")
    assert first.stopping and jobs.get("a") is None
    assert not second.stopping and not third.stopping
    jobs.add("b", second)  # looked at again: the newest now
    jobs.add("d", Counting())
    assert third.stopping and not second.stopping
    for job in (first, second, third):
        job.stop()
        assert job.wait(PATIENCE)


def test_stopping_all_waits_together_and_forgets(books):
    ended = []
    quick: Jobs[int, Counting] = Jobs(limit=1, exit_seconds=0.2, forgotten=lambda: ended.append(1))
    slow: Jobs[int, Counting] = Jobs(limit=1, exit_seconds=PATIENCE)
    counting = [book.add(number, Counting()).start() for book in (quick, slow) for number in (1, 2)]

    class Deaf(Job[None]):
        def work(self) -> None:
            time.sleep(1.0)

    deaf = quick.add(3, Deaf("deaf")).start()
    began = time.monotonic()
    background.stop_all()
    assert 0.15 < time.monotonic() - began < 0.9  # not for the deaf one, nor one after another
    assert [job.state for job in counting] == ["stopped"] * 4 and deaf.is_live
    assert ended == [1] and quick.get(1) is None and slow.live() == {}
    assert deaf.wait(PATIENCE)


def test_jobs_of_a_process_that_ends_are_stopped_and_awaited():
    code = (
        "import time\n"
        "from llmcore.background import Job, Jobs\n"
        "class Saving(Job[None]):\n"
        "    def work(self):\n"
        "        self._stop.wait(30)\n"
        "        time.sleep(0.3)\n"
        "        print('saved', flush=True)\n"
        "Jobs(limit=1).add(1, Saving('saving')).start()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "saved\n", "")
