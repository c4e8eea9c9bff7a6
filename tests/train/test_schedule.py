import pytest

from llmcore.config import TrainConfig
from llmcore.train.schedule import learning_rate


def test_peak_is_at_the_end_of_warmup_and_floor_at_the_last_step():
    config = TrainConfig(steps=100, warmup_steps=10, learning_rate=2e-3, min_learning_rate=0.1)
    rates = [learning_rate(config, step) for step in range(1, 101)]
    assert max(rates) == rates[9] == pytest.approx(2e-3)
    assert rates[-1] == pytest.approx(2e-4)
    assert rates[9:] == sorted(rates[9:], reverse=True)


@pytest.mark.parametrize("warmup", [0, 1, 5, 500])
def test_every_step_has_a_positive_rate_even_when_warmup_is_longer_than_the_run(warmup):
    config = TrainConfig(steps=5, warmup_steps=warmup, learning_rate=1.0)
    assert all(0 < learning_rate(config, step) <= 1.0 for step in range(1, 6))
