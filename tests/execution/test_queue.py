"""Runs that wait: their order, failures between them, and two processes on one home."""

import itertools
import json
import subprocess
import sys
import threading
import time

import pytest
from tiny import TEXT, pretrain_config, sentences

from llmcore.errors import StateError
from llmcore.execution import launch
from llmcore.execution.queue import RunQueue, work_off
from llmcore.runs import RunStore, state

DATA = TEXT.encode()


@pytest.fixture
def queue():
    return RunQueue(RunStore())


def add(queue, name, data=DATA, **settings):
    run_id = queue.store.mint_id(name)
    queue.add(run_id, pretrain_config(**settings), data)
    return run_id


def began(queue, run_id):
    return queue.store.open(run_id).metrics().arrays("train", "t")[1][0]


def test_waiting_runs_start_one_after_another_in_an_order_that_can_be_changed(queue):
    first, second, third = (add(queue, name) for name in ("first", "second", "third"))
    assert queue.waiting() == [first, second, third]
    info = queue.store.info(third)
    assert info.state == "queued" and info.waiting and info.is_live
    queue.move(third, 0)
    assert work_off(queue) == [third, first, second]
    assert all(queue.store.info(run_id).state == "done" for run_id in (first, second, third))
    assert began(queue, third) < began(queue, first) < began(queue, second)
    assert queue.waiting() == []


def test_a_run_that_fails_does_not_stop_the_next(queue):
    fails, works = add(queue, "fails", sentences(2).encode()), add(queue, "works")
    work_off(queue)
    assert queue.store.info(fails).state == "failed"
    assert queue.store.info(works).state == "done"


def test_a_waiting_run_does_not_start_beside_one_that_trains(queue, wait_until):
    from llmcore.execution import launch

    live = queue.store.mint_id("live")
    launch.start(live, pretrain_config(steps=100_000), queue.store, DATA)
    wait_until(lambda: queue.store.info(live).step > 2, 60)
    waits = add(queue, "waits")
    assert queue.start_next() is None and queue.waiting() == [waits]
    launch.stop(live, queue.store)
    wait_until(lambda: not queue.store.info(live).is_live, 30)
    assert queue.start_next() == waits


def test_a_run_is_taken_out_and_can_be_resumed_in_its_turn(queue):
    run_id = add(queue, "out")
    queue.remove(run_id)
    info = queue.store.info(run_id)
    assert (info.state, info.reason) == ("stopped", "taken out of the queue") and info.can_resume
    with pytest.raises(StateError, match="does not wait"):
        queue.move(run_id, 0)
    queue.add_resumed(run_id)
    assert work_off(queue) == [run_id] and queue.store.info(run_id).state == "done"


def test_adding_twice_waits_once_and_a_deleted_run_is_passed_over(queue):
    run_id = queue.store.mint_id("twice")
    for _ in range(2):
        queue.add(run_id, pretrain_config(), DATA)
    assert queue.waiting() == [run_id]
    (queue.store.directory(run_id) / "status.json").unlink()
    assert queue.waiting() == [] and queue.start_next() is None


def test_two_processes_on_one_home_never_start_a_run_twice_nor_two_at_once(queue):
    ids = [add(queue, f"run {n}", steps=6) for n in range(6)]
    code = (
        "import json, sys; sys.path[:0] = ['.', 'tests']\n"
        "from llmcore.execution.queue import RunQueue, work_off\n"
        "print(json.dumps(work_off(RunQueue())))"
    )
    workers = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(2)
    ]
    taken = [json.loads(worker.communicate(timeout=180)[0]) for worker in workers]
    assert sorted(taken[0] + taken[1]) == sorted(ids)
    spans = []
    for run_id in ids:
        run = queue.store.open(run_id)
        assert run.info().state == "done" and run.status()["attempt"] == 1
        times = run.metrics().arrays("train", "t")[1]
        spans.append((times[0], times[-1]))
    spans.sort()
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
    assert time.time() > spans[-1][1]


def test_a_run_that_is_slow_to_begin_is_not_overtaken(queue, monkeypatch, wait_until):
    """On a busy machine the heartbeat of a run that begins is late; the next one still waits."""
    go_on = threading.Event()
    monkeypatch.setattr(launch, "_execute", lambda *_: go_on.wait(60))
    slow, waits = add(queue, "slow"), add(queue, "waits")
    assert queue.start_next() == slow
    monkeypatch.setattr(state, "STALE_SECONDS", 0.0)
    try:
        assert queue.store.info(slow).is_live
        assert queue.start_next() is None and queue.waiting() == [waits]
    finally:
        go_on.set()
        wait_until(lambda: not launch.live_runs(), 30)
