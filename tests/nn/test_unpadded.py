"""Texts of any lengths in one row of tokens: the same as each text alone through the model."""

import numpy as np
import pytest
import torch
from random_models import loaded
from variant_shapes import VARIANTS

from llmcore.models import classify_texts
from llmcore.nn import unpadded
from llmcore.nn.hooks import watch
from llmcore.nn.unpadded import UnpaddedClassifier, can_be_unpadded
from llmcore.tasks.texts import unpadded_probabilities

LABELS = ["a", "b", "c"]
SHAPES = {"gpt2": {}, **VARIANTS}
LENGTHS = [1, 5, 32, 5, 2, 1, 17, 5, 32, 3]


def some_ids() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 300, size=n) for n in LENGTHS]


def alone(model, ids) -> np.ndarray:
    """(N, K): each text by itself through the model's own forward."""
    with torch.no_grad():
        rows = [
            model(torch.from_numpy(token_id)[None], torch.tensor([len(token_id)]))
            for token_id in ids
        ]
    return torch.cat(rows).softmax(-1).numpy()


@pytest.mark.parametrize("batch_tokens", [1, 40, 10_000])
@pytest.mark.parametrize("reads_layers", [False, True])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_as_one_by_one(shape, causal, reads_layers, batch_tokens):
    changes = SHAPES[shape]
    if "n_kv_heads" in changes:
        changes = {**changes, "n_heads": 2}
    model = loaded(LABELS, reads_layers, causal=causal, **changes).model
    assert can_be_unpadded(model)
    ids = some_ids()
    found = unpadded_probabilities(model, ids, batch_tokens)
    np.testing.assert_allclose(found, alone(model, ids), atol=1e-5)
    assert np.ptp(found, axis=0).min() > 1e-3  # they are not all alike


def test_the_same_without_one_dnn_and_where_the_copies_would_be_too_large(monkeypatch):
    model, ids = loaded(LABELS).model, some_ids()
    expected = unpadded_probabilities(model, ids)
    for name, value in (("one_dnn", None), ("MAX_COPIED", 0)):
        with monkeypatch.context() as patch:
            patch.setattr(unpadded, name, value)
            found = unpadded_probabilities(model, ids)
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_model_in_training_watched_or_of_other_numbers_goes_its_own_way():
    model = loaded(LABELS).model
    with watch(model, ["trunk.blocks.0.residual_out"]):
        assert not can_be_unpadded(model)
    assert can_be_unpadded(model)
    assert not can_be_unpadded(model.train())
    assert not can_be_unpadded(model.eval().double())


def test_only_what_is_read_of_the_last_block_is_computed(monkeypatch):
    model, rows = loaded(LABELS).model, []
    reader = UnpaddedClassifier(model)
    last = reader._blocks[-1]
    monkeypatch.setattr(last, "feed_forward", lambda x: rows.append(len(x)) or torch.zeros_like(x))
    reader.logits([np.arange(7), np.arange(7), np.arange(3)])
    assert rows == [3]


def test_texts_come_back_in_their_order_and_doubles_are_read_once(monkeypatch):
    model = loaded(LABELS)
    texts = ["the cat sees", "a dog", "the cat sees", "her sister finds the river " * 9, "a dog"]
    seen = []
    plain = UnpaddedClassifier.logits
    monkeypatch.setattr(
        UnpaddedClassifier, "logits", lambda self, ids: seen.extend(ids) or plain(self, ids)
    )
    rows = classify_texts(model, texts)
    assert len(seen) == 3 and rows[0] == rows[2] and rows[1] == rows[4]
    assert [row["cut"] for row in rows] == [False, False, False, True, False]
    for text, row in zip(texts, rows, strict=True):
        (one,) = classify_texts(model, [text])
        assert one["label"] == row["label"]
        assert one["probabilities"] == pytest.approx(row["probabilities"], abs=1e-5)
