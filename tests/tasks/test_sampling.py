import numpy as np

from llmcore.tasks.sampling import keyed_rng, window_starts


def test_a_step_has_the_same_windows_whatever_came_before():
    first = window_starts(3, 17, 8, 1000, 32)
    np.random.default_rng().integers(0, 9, 100)
    assert (window_starts(3, 17, 8, 1000, 32) == first).all()
    assert (window_starts(3, 18, 8, 1000, 32) != first).any()
    assert (window_starts(4, 17, 8, 1000, 32) != first).any()


def test_sample_i_does_not_depend_on_how_many_samples_a_step_has():
    assert (window_starts(1, 5, 16, 1000, 8)[:4] == window_starts(1, 5, 4, 1000, 8)).all()


def test_windows_reach_the_first_and_the_last_token():
    starts = np.concatenate([window_starts(0, step, 64, 20, 16) for step in range(50)])
    assert starts.min() == 0 and starts.max() + 16 + 1 == 20


def test_streams_are_apart():
    one, two = keyed_rng(1, 0, 2).random(4), keyed_rng(1, 1, 2).random(4)
    assert (one != two).all()
