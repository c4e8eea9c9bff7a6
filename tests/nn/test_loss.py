"""The chunked cross-entropy is the plain one: value, gradients, in fp32 and under autocast."""

import pytest
import torch

from llmcore.config import ModelConfig
from llmcore.nn import loss as module
from llmcore.nn.loss import cross_entropy, plain_cross_entropy
from llmcore.nn.model import GPT, next_token_loss


def value_and_gradients(function, hidden, weight, targets, dtype=None):
    hidden, weight = hidden.clone().requires_grad_(), weight.clone().requires_grad_()
    with torch.autocast("cpu", dtype or torch.bfloat16, enabled=dtype is not None):
        value = function(hidden, weight, targets)
    (3 * value).backward()  # a factor, as a micro-batch has one
    return value.detach(), hidden.grad, weight.grad


@pytest.mark.parametrize(("N", "V"), [(1, 2), (7, 50), (300, 1000), (513, 40)])
def test_value_and_gradients_are_those_of_the_plain_version(N, V, monkeypatch):
    monkeypatch.setattr(module, "MIN_ROWS", 64)
    monkeypatch.setattr(module, "CHUNK_BYTES", 1 << 10)  # several chunks, the last one shorter
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(N, 24, generator=generator)
    weight = torch.randn(V, 24, generator=generator)
    targets = torch.randint(0, V, (N,), generator=generator)
    expected = value_and_gradients(plain_cross_entropy, hidden, weight, targets)
    found = value_and_gradients(cross_entropy, hidden, weight, targets)
    for item, other in zip(found, expected, strict=True):
        torch.testing.assert_close(item, other, rtol=1e-5, atol=1e-6)


def test_logits_of_any_size_stay_finite():
    hidden = torch.tensor([[1e4], [-1e4]])
    weight = torch.tensor([[1.0], [-1.0], [0.0]])
    targets = torch.tensor([0, 0])
    expected = value_and_gradients(plain_cross_entropy, hidden, weight, targets)
    found = value_and_gradients(cross_entropy, hidden, weight, targets)
    assert torch.isfinite(found[1]).all()
    for item, other in zip(found, expected, strict=True):
        torch.testing.assert_close(item, other)


def test_under_autocast_it_agrees_to_the_precision_of_bf16():
    generator = torch.Generator().manual_seed(1)
    hidden, weight = (torch.randn(n, 64, generator=generator) for n in (200, 500))
    targets = torch.randint(0, 500, (200,), generator=generator)
    exact = value_and_gradients(plain_cross_entropy, hidden, weight, targets)
    found = value_and_gradients(cross_entropy, hidden, weight, targets, torch.bfloat16)
    assert found[0].dtype == torch.float32 and found[1].dtype == torch.float32
    for item, other in zip(found, exact, strict=True):
        assert (item - other).norm() <= 0.02 * other.norm()


@pytest.mark.parametrize("tied", [True, False])
def test_the_loss_of_a_model_and_its_gradients_are_those_of_its_logits(tied):
    shape = ModelConfig(vocab_size=60, context_length=8, n_layers=2, n_heads=2, d_model=16,
                        tied_head=tied)  # fmt: skip
    models = [GPT(shape, torch.Generator().manual_seed(4)) for _ in range(2)]
    ids = torch.arange(48).view(6, 8)
    chunked = next_token_loss(models[0], ids, ids + 1)
    plain = torch.nn.functional.cross_entropy(models[1](ids).flatten(0, 1), (ids + 1).flatten())
    chunked.backward()
    plain.backward()
    torch.testing.assert_close(chunked, plain)
    for (name, parameter), other in zip(
        models[0].named_parameters(), models[1].parameters(), strict=True
    ):
        torch.testing.assert_close(parameter.grad, other.grad, rtol=1e-4, atol=1e-6, msg=name)


def test_without_gradients_only_the_value_is_computed():
    hidden, weight, targets = torch.randn(9, 4), torch.randn(5, 4), torch.zeros(9, dtype=torch.long)
    with torch.no_grad():
        assert not cross_entropy(hidden, weight, targets).requires_grad
