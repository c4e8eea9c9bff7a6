"""Two readings compared: the same one has no difference, another one the difference by hand."""

import numpy as np
import pytest
import torch
from random_models import loaded

from llmcore.errors import LabError
from llmcore.interpret.attention import attend
from llmcore.interpret.lens import logit_lens
from llmcore.interpret.side_by_side import aligned, difference, js_distance
from llmcore.nn.hooks import watch

IDS = [5, 9, 17, 9, 5, 40, 41, 9]
OTHER = [5, 9, 18, 9, 5, 40, 41, 9]


def other_model():
    model = loaded().trunk
    generator = torch.Generator().manual_seed(9)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    return model


def test_one_model_on_one_text_has_no_difference():
    model = loaded().trunk
    found = difference(model, IDS, model, IDS)
    assert found.pairs.tolist() == [[i, i] for i in range(8)]
    assert np.abs(found.attention).max() < 1e-3 and np.abs(found.divergence).max() < 1e-6


def test_two_models_on_one_text():
    first, second = loaded().trunk, other_model()
    found = difference(first, IDS, second, IDS)
    weights = []
    for model in (first, second):
        with watch(model, ["blocks.1.attention.weights"]) as seen:
            model(torch.tensor([IDS]))
        weights.append(seen["blocks.1.attention.weights"][0, 2].numpy())
    np.testing.assert_allclose(
        found.attention[1, 2], js_distance(*weights).mean(), rtol=1e-3, atol=1e-4
    )
    with torch.no_grad():
        p, q = (model(torch.tensor([IDS]))[0].log_softmax(-1) for model in (first, second))
    np.testing.assert_allclose(found.last, (p.exp() * (p - q)).sum(-1), rtol=1e-3, atol=1e-5)
    assert found.divergence.shape == (3, 8)
    np.testing.assert_allclose(found.divergence[-1], found.last)


def test_two_texts_differ_from_the_changed_token_on():
    model = loaded().trunk
    found = difference(model, IDS, model, OTHER)
    assert np.abs(found.last[:2]).max() < 1e-6 < found.last[3:].min()
    assert np.abs(found.attention_at[:2]).max() < 1e-3 < found.attention_at[3:].max()


def test_texts_of_other_lengths_are_paired_by_their_common_tokens():
    model = loaded().trunk
    found = difference(model, IDS, model, [1, 2, *IDS[2:6]])
    assert found.pairs.tolist() == [[i, i] for i in range(6)]
    assert aligned([1, 2, 3], [4, 1, 2, 3]).tolist() == [[0, 1], [1, 2], [2, 3]]
    assert aligned([1], [1, 2]).tolist() == [[0, 0]]


def test_models_of_other_shapes_are_compared_at_the_output_alone():
    first, second = loaded().trunk, loaded(n_layers=3).trunk
    found = difference(first, IDS, second, IDS)
    assert found.attention is None and found.divergence is None
    with torch.no_grad():
        p, q = (model(torch.tensor([IDS]))[0].log_softmax(-1) for model in (first, second))
    np.testing.assert_allclose(found.last, (p.exp() * (p - q)).sum(-1), rtol=1e-3, atol=1e-5)


def test_what_cannot_be_compared_is_one_sentence():
    first = loaded().trunk
    with pytest.raises(LabError, match="same tokenizer"):
        difference(first, IDS, loaded(vocab_size=301).trunk, IDS)
    with pytest.raises(LabError, match="no token in the same place"):
        difference(first, [1, 2], first, [3])


def test_distances_know_their_ends():
    same = np.array([[0.5, 0.5], [1.0, 0.0]])
    assert js_distance(same, same).tolist() == [0.0, 0.0]
    half = js_distance(np.array([1.0, 0.0]), np.array([0.5, 0.5]))
    assert half == pytest.approx(np.sqrt(0.311278), abs=1e-4)


def test_a_long_text_keeps_its_rows_in_half_precision(monkeypatch):
    from llmcore.interpret import attention

    one = loaded()
    whole = attend(one.trunk, one.tokenizer, "the cat sees the moon")
    monkeypatch.setattr(attention, "_HALF_ABOVE", 100)
    half = attend(one.trunk, one.tokenizer, "the cat sees the moon")
    assert half.weights.dtype == np.float16 and half.head(1, 2).dtype == np.float32
    np.testing.assert_allclose(half.head(1, 2), whole.head(1, 2), atol=1e-3)
    first = attend(one.trunk, one.tokenizer, "the cat sees the moon", 3, end=False)
    assert first.ids == whole.ids[:3] and "first 3" in first.notice
    assert logit_lens(one.trunk, first.ids).ids.shape[1] == 3
