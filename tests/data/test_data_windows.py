"""Windows: what training, validation and the picture of training pairs are all cut by."""

import numpy as np
import pytest
from random_models import TOKENIZER, loaded
from tiny import TEXT, pretrain_config

from llmcore.data.windows import sliding_starts, windows


def test_targets_are_the_inputs_one_place_later() -> None:
    ids = np.random.default_rng(0).integers(0, 500, 200).astype(np.uint16)
    starts = [0, 7, 199 - 16]
    inputs, targets = windows(ids, starts, 16)
    assert inputs.shape == targets.shape == (3, 16) and inputs.dtype == ids.dtype
    for row, start in enumerate(starts):
        for t in range(16):
            assert inputs[row, t] == ids[start + t] and targets[row, t] == ids[start + t + 1]


@pytest.mark.parametrize("n_tokens", [1, 4, 5, 6, 23])
@pytest.mark.parametrize("stride", [1, 3, 4, 7])
def test_sliding_windows_are_all_that_fit(n_tokens: int, stride: int) -> None:
    length = 4
    starts = sliding_starts(n_tokens, length, stride).tolist()
    fitting = [s for s in range(0, n_tokens, stride) if s + length + 1 <= n_tokens]
    assert starts == fitting
    if starts:
        windows(np.arange(n_tokens), starts, length)
        if stride == length:  # each token after the first is a target at most once
            _, targets = windows(np.arange(n_tokens), starts, length)
            assert len(set(targets.ravel().tolist())) == targets.size


def test_training_cuts_its_batches_with_them() -> None:
    from llmcore.tasks.pretraining import PretrainTask, TokenData
    from llmcore.tasks.sampling import window_starts

    ids = TOKENIZER.encode_documents([TEXT])
    config = pretrain_config().train
    data = TokenData(ids, ids, len(TEXT))
    task = PretrainTask(loaded().model, TOKENIZER, data, config, "cpu", "the ")
    ((inputs, targets),) = task.micro_batches(3)
    starts = window_starts(config.seed, 3, config.batch_size, len(ids), task.length)
    expected = windows(ids, starts, task.length)
    assert np.array_equal(inputs.numpy(), expected[0])
    assert np.array_equal(targets.numpy(), expected[1])
