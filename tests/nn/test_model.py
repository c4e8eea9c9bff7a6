import math
import threading

import pytest
import torch

from llmcore.config import ModelConfig
from llmcore.errors import LabError
from llmcore.nn.attention import (
    KVCache,
    fast_attention,
    plain_attention,
    plain_attention_weights,
)
from llmcore.nn.hooks import change, hook_points, watch
from llmcore.nn.model import GPT, next_token_loss

CONFIG = ModelConfig(vocab_size=97, context_length=24, n_layers=3, n_heads=4, d_model=32)


def make(config=CONFIG, seed=0):
    return GPT(config, torch.Generator().manual_seed(seed))


def random_ids(batch=2, length=20, seed=1):
    return torch.randint(0, 97, (batch, length), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("T", "S"), [(1, 1), (7, 7), (1, 9), (4, 9)])
def test_plain_and_fast_attention_agree_in_values_and_gradients(T, S):
    generator = torch.Generator().manual_seed(0)
    q = torch.randn(2, 3, T, 8, generator=generator).requires_grad_()
    k = torch.randn(2, 3, S, 8, generator=generator).requires_grad_()
    v = torch.randn(2, 3, S, 8, generator=generator).requires_grad_()
    plain, fast = plain_attention(q, k, v), fast_attention(q, k, v)
    torch.testing.assert_close(plain, fast, rtol=1e-5, atol=1e-6)
    target = torch.randn(plain.shape, generator=generator)
    for a, b in zip(
        torch.autograd.grad((plain * target).sum(), (q, k, v)),
        torch.autograd.grad((fast * target).sum(), (q, k, v)),
        strict=True,
    ):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


def test_attention_weights_are_causal_and_sum_to_one():
    q, k = torch.randn(1, 2, 5, 4), torch.randn(1, 2, 5, 4)
    weights = plain_attention_weights(q, k)
    torch.testing.assert_close(weights.sum(-1), torch.ones(1, 2, 5))
    assert torch.equal(weights, weights.tril())


def test_a_later_token_never_changes_an_earlier_score():
    model, ids = make().eval(), random_ids(1)
    changed = ids.clone()
    changed[0, 12] = (changed[0, 12] + 1) % 97
    with torch.no_grad():
        before, after = model(ids), model(changed)
    torch.testing.assert_close(before[:, :12], after[:, :12])
    assert not torch.allclose(before[:, 12:], after[:, 12:])


@pytest.mark.parametrize("chunks", [[20], [12, 3, 5], [1] * 20])
def test_cache_gives_the_logits_of_the_whole_sequence(chunks):
    model, ids = make().eval(), random_ids()
    cache = KVCache(CONFIG, batch_size=2)
    with torch.no_grad():
        parts = [model(part, cache) for part in ids.split(chunks, dim=1)]
        torch.testing.assert_close(torch.cat(parts, 1), model(ids), rtol=1e-4, atol=1e-5)
    assert cache.length == 20


def test_initial_loss_is_that_of_uniform_guessing():
    model, ids = make(), random_ids(8)
    loss = next_token_loss(model, ids[:, :-1], ids[:, 1:]).item()
    assert loss == pytest.approx(math.log(97), abs=0.15)


def test_training_reduces_the_loss_and_reaches_every_parameter():
    model, ids = make(), random_ids(4, 24)  # the whole context: every position learns
    loss = next_token_loss(model, ids, ids.roll(-1, 1))
    loss.backward()
    assert all(
        parameter.grad is not None and parameter.grad.abs().sum() > 0
        for parameter in model.parameters()
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(20):
        optimizer.zero_grad()
        later = next_token_loss(model, ids, ids.roll(-1, 1))
        later.backward()
        optimizer.step()
    assert later.item() < loss.item() - 1.0


def test_building_a_model_leaves_torch_s_global_stream_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first = make(seed=3)
    assert torch.equal(torch.rand(3), expected)
    assert all(
        torch.equal(a, b)
        for a, b in zip(first.parameters(), make(seed=3).parameters(), strict=True)
    )
    assert not torch.equal(first.head.weight, make(seed=4).head.weight)


def test_head_is_tied_or_not():
    model = make()
    assert model.head.weight is model.token_embedding.weight
    untied = make(CONFIG.with_(tied_head=False))
    assert untied.head.weight is not untied.token_embedding.weight
    assert untied.n_parameters() == CONFIG.n_parameters() + 97 * 32


def test_too_long_a_text_is_refused_with_both_numbers():
    with pytest.raises(LabError, match="25 tokens but the model sees at most 24"):
        make()(random_ids(1, 25))
    cache = KVCache(CONFIG)
    model = make().eval()
    with torch.no_grad():
        model(random_ids(1, 20), cache)
        with pytest.raises(LabError, match="25 tokens"):
            model(random_ids(1, 5), cache)


def test_watching_changes_nothing_and_yields_every_named_tensor():
    model, ids = make().eval(), random_ids()
    names = [name for name in hook_points(model) if name.endswith(("weights", "residual_out"))]
    assert len(names) == 2 * CONFIG.n_layers
    with torch.no_grad():
        plain = model(ids)
    with watch(model, names) as seen:
        watched = model(ids)
    torch.testing.assert_close(plain, watched, rtol=1e-4, atol=1e-5)
    assert seen["blocks.1.attention.weights"].shape == (2, 4, 20, 20)
    assert seen["blocks.2.residual_out"].shape == (2, 20, 32)
    torch.testing.assert_close(
        model.unembed(model.final_norm(seen["blocks.2.residual_out"])), watched
    )
    with pytest.raises(KeyError), watch(model, ["blocks.9.attention.weights"]):
        pass


def test_residual_stream_is_the_sum_of_what_the_parts_add():
    model, ids = make().eval(), random_ids()
    with watch(model, lambda name: True) as seen:
        model(ids)
    total = seen["embedding"]
    for layer in range(CONFIG.n_layers):
        total = total + seen[f"blocks.{layer}.attention_out"]
        total = total + seen[f"blocks.{layer}.feed_forward_out"]
    torch.testing.assert_close(total, seen["blocks.2.residual_out"])


def test_one_thread_s_watching_is_not_seen_by_another():
    model, ids = make().eval(), random_ids()
    other: dict[str, bool] = {}

    def look():
        other["watched"] = model.blocks[0].attention.weights.is_watched

    with watch(model, ["blocks.0.attention.weights"]) as seen:
        assert model.blocks[0].attention.weights.is_watched
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        thread = threading.Thread(target=lambda: model(ids[:, :5]))
        thread.start()
        thread.join()
        assert "blocks.0.attention.weights" not in seen
        model(ids)
    assert other == {"watched": False}
    assert seen["blocks.0.attention.weights"].shape[-1] == 20
    assert not model.blocks[0].attention.weights.is_watched


def silent(value):
    return torch.zeros_like(value)


def test_a_changed_point_changes_what_follows_and_nothing_else_does():
    model, ids = make().eval(), random_ids()
    plain = model(ids)
    parts = ["blocks.1.attention_out", "blocks.1.residual_middle", "blocks.0.residual_out"]
    with change(model, {"blocks.1.attention_out": silent}), watch(model, parts) as seen:
        changed = model(ids)
    assert not torch.allclose(changed, plain)
    assert not seen["blocks.1.attention_out"].any()
    torch.testing.assert_close(seen["blocks.1.residual_middle"], seen["blocks.0.residual_out"])
    torch.testing.assert_close(model(ids), plain, rtol=0, atol=0)


def test_changing_every_point_by_nothing_changes_nothing():
    model, ids = make().eval(), random_ids()
    with change(model, dict.fromkeys(hook_points(model), lambda value: value)):
        same = model(ids)
    torch.testing.assert_close(same, model(ids), rtol=1e-5, atol=1e-5)


def test_changes_nest_and_the_outer_comes_first():
    model, ids = make().eval(), random_ids()
    with (
        change(model, {"embedding": lambda x: x * 0 + 1.0}),
        change(model, {"embedding": lambda x: x * 3}),
        watch(model, ["embedding"]) as seen,
    ):
        model(ids)
    assert (seen["embedding"] == 3.0).all()
    with pytest.raises(KeyError), change(model, {"blocks.9.attention_out": silent}):
        pass


def test_one_thread_s_changes_are_not_seen_by_another():
    model, ids = make().eval(), random_ids()
    plain, other = model(ids), {}
    with change(model, {"blocks.0.attention_out": silent}):
        thread = threading.Thread(target=lambda: other.update(logits=model(ids)))
        thread.start()
        thread.join()
    torch.testing.assert_close(other["logits"], plain, rtol=0, atol=0)
