import numpy as np
import pytest
from tiny import TINY_MODEL

from llmcore.config import TrainConfig
from llmcore.errors import LabError
from llmcore.nn.classifier import SequenceClassifier
from llmcore.nn.model import GPT
from llmcore.tasks.classification import (
    ClassificationTask,
    Example,
    encode_texts,
    predict,
    predict_probabilities,
)
from llmcore.tokenizers import builtin_tokenizer
from llmcore.train.sinks import NullSink

TOKENIZER = builtin_tokenizer("bytes")


def make_task(n=23, batch_size=4, accumulation=1, test=0):
    rng = np.random.default_rng(0)
    examples = [Example(rng.integers(0, 256, size=1 + i % 9), i % 2) for i in range(n)]
    model = SequenceClassifier(GPT(TINY_MODEL), 2)
    config = TrainConfig(batch_size=batch_size, accumulation=accumulation, seed=5)
    splits = {"train": examples, "validation": examples[:6], "test": examples[:test]}
    texts = ["text"] * test
    return ClassificationTask(model, TOKENIZER, splits, texts, ["a", "b"], config, "cpu")


def test_an_epoch_sees_every_example_once_and_the_next_in_another_order():
    task = make_task()
    first, other = task._epoch_batches(0), task._epoch_batches(1)
    assert sorted(np.concatenate(first)) == list(range(23))
    assert any((a.tolist() != b.tolist()) for a, b in zip(first, other, strict=True))
    assert all((a == b).all() for a, b in zip(first, make_task()._epoch_batches(0), strict=True))


def test_micro_batches_make_up_the_same_batch():
    whole = make_task().micro_batches(3)[0]
    parts = make_task().micro_batches(3, parts=2)
    assert len(parts) == 2
    joined = np.concatenate([part.indices for part in parts])
    assert sorted(whole.indices.tolist()) == sorted(joined.tolist())


def test_the_tokens_of_a_step_are_those_of_its_texts():
    task = make_task()
    for step in range(1, 9):
        (batch,) = task.micro_batches(step)
        expected = sum(len(task.splits["train"][i].ids) for i in batch.indices)
        assert task.n_tokens(step) == expected
    assert len({task.n_tokens(step) for step in range(1, 9)}) > 2  # batches differ


def test_probabilities_that_are_no_numbers_give_no_label():
    task = make_task()
    task.model.eval()
    task.model.classifier_head.bias.data[0] = float("nan")
    with pytest.raises(LabError, match="gives no label"):
        list(predict(task.model, TOKENIZER, ["a", "b"], ["text"]))
    task = make_task(test=3)
    task.model.eval()
    task.model.classifier_head.bias.data[0] = float("nan")
    with pytest.raises(LabError, match="gives no label"):
        task.finish(NullSink(), 1)
    assert not task.test_rows


def test_long_texts_are_cut_and_counted_and_empty_ones_get_one_token():
    ids, n_cut = encode_texts(TOKENIZER, ["abc", "x" * 40, ""], 16)
    assert [len(token_id) for token_id in ids] == [3, 16, 1] and n_cut == 1
    assert ids[2].tolist() == [TOKENIZER.eot_id]


def test_order_and_batching_do_not_change_a_text_s_probabilities():
    model = SequenceClassifier(GPT(TINY_MODEL), 3).eval()
    texts = ["a", "a much longer te", "mid size", "b"] * 5
    ids, _ = encode_texts(TOKENIZER, texts, 16)
    together = predict_probabilities(model, ids, TOKENIZER.eot_id, batch_size=7)
    alone = np.concatenate(
        [predict_probabilities(model, [token_id], TOKENIZER.eot_id) for token_id in ids]
    )
    np.testing.assert_allclose(together, alone, atol=1e-6)
    assert together.sum(1) == pytest.approx(np.ones(20))


def test_predict_says_label_probability_and_whether_it_was_cut():
    model = SequenceClassifier(GPT(TINY_MODEL), 2).eval()
    short, long = predict(model, TOKENIZER, ["ham", "spam"], ["hi", "y" * 17])
    assert short["probability"] == max(short["probabilities"].values())
    assert short["probabilities"][short["label"]] == short["probability"]
    assert (short["cut"], long["cut"]) == (False, True)
