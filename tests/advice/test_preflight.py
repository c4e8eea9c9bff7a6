import pytest
from tiny import pretrain_config

from llmcore.advice import preflight as module
from llmcore.advice.preflight import measured_speed, preflight


def test_a_small_run_fits_and_its_speed_comes_from_real_steps():
    config = pretrain_config(steps=100)
    found = preflight(config)
    assert found.fits and found.problems == []
    assert found.parameters == config.model.n_parameters()
    assert found.tokens == 100 * 4 * 16 and found.tokens_per_s > 100
    assert found.seconds == pytest.approx(1.1 * found.tokens / found.tokens_per_s)
    assert found.chinchilla_ratio == pytest.approx(found.tokens / found.parameters / 20)


def test_too_little_memory_names_both_numbers_and_the_split_that_fits(monkeypatch):
    config = pretrain_config(batch_size=64)
    whole = preflight(config, measure=False)
    monkeypatch.setattr(module, "available_memory_bytes", lambda: whole.memory.peak - 1)
    found = preflight(config)
    assert not found.fits and found.tokens_per_s is None  # nothing was tried
    (problem,) = found.problems
    assert problem.change == {"accumulation": 2} and "in 2 parts" in problem.text
    again = pretrain_config(batch_size=64, **problem.change)
    assert preflight(again, measure=False).fits


def test_where_no_split_helps_a_smaller_model_is_advised(monkeypatch):
    monkeypatch.setattr(module, "available_memory_bytes", lambda: 10_000)
    (problem,) = preflight(pretrain_config()).problems
    assert "choose a smaller model" in problem.text and problem.change == {}


def test_a_full_disk_is_a_problem(monkeypatch):
    monkeypatch.setattr(module, "_free_disk", lambda folder: module.FREE_DISK)
    (problem,) = preflight(pretrain_config()).problems
    assert "are free on the disk" in problem.text


def test_speed_of_a_large_batch_is_measured_on_a_part_of_it():
    config = pretrain_config(batch_size=4096)
    assert measured_speed(config) > 100
