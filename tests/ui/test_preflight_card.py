"""The speed of a configuration is measured once, in the background, and not beside a training."""

import pytest
from tiny import TEXT, pretrain_config

from llmcore.advice.preflight import preflight
from llmcore.execution import launch
from llmcore.runs import RunStore
from llmcore.runs.writer import RunWriter
from ui.pretrain import preflight as card


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setenv("LLMLAB_WARM", "1")
    monkeypatch.setattr(card, "PAINT_SECONDS", 0.01)
    card._measured.stop_all()


def test_a_configuration_is_measured_once_and_the_newest_request_counts(monkeypatch, wait_until):
    tried = []
    monkeypatch.setattr(card, "_speed", lambda config: tried.append(config) or 1234.0)
    first, second = pretrain_config(batch_size=4), pretrain_config(batch_size=8)
    assert card._wants_measuring(first)
    card._ask_for(first)
    card._ask_for(second)
    wait_until(lambda: card.measured_speed_of(second))
    wait_until(lambda: not card._measured.live())
    assert tried == [second] and card.measured_speed_of(second) == 1234.0
    assert not card._wants_measuring(second) and card._wants_measuring(first)
    # Steps and seed change no speed.
    assert card.measured_speed_of(pretrain_config(steps=99, batch_size=8, seed=3)) == 1234.0


def test_real_steps_give_the_speed(wait_until):
    config = pretrain_config()
    card._ask_for(config)
    assert wait_until(lambda: card.measured_speed_of(config), 60) > 50


def test_a_failure_is_not_tried_again(monkeypatch, wait_until):
    def fail(config):
        raise RuntimeError("no memory")

    monkeypatch.setattr("ui.pretrain.preflight.measured_speed", fail)
    config = pretrain_config()
    card._ask_for(config)
    wait_until(lambda: not card._measured.live())
    assert card.measured_speed_of(config) is None and not card._wants_measuring(config)


def test_nothing_is_measured_beside_a_training_nor_what_does_not_fit(monkeypatch):
    config = pretrain_config()
    monkeypatch.setattr("llmcore.advice.preflight.available_memory_bytes", lambda: 1000)
    assert not card._wants_measuring(config)
    monkeypatch.undo()
    monkeypatch.setenv("LLMLAB_WARM", "1")
    huge = pretrain_config()
    monkeypatch.setattr(card, "MOST_FLOPS", 1)
    assert not card._wants_measuring(huge)


def test_a_live_run_keeps_the_machine_to_itself():
    store = RunStore()
    run_id = store.mint_id("live")
    launch.create(store.directory(run_id), pretrain_config(), TEXT.encode())
    with RunWriter(store.directory(run_id), "thread") as writer:
        assert not card._wants_measuring(pretrain_config())
        writer.finish("done", 8)
    assert card._wants_measuring(pretrain_config())


def test_the_parts_of_memory_sum_to_the_peak():
    found = preflight(pretrain_config(), measure=False)
    assert sum(found.memory_parts().values()) == found.memory.peak
    assert min(found.memory_parts().values()) > 0
