"""Rotary positions, RMSNorm, SwiGLU and grouped-query attention: each alone and all together."""

import math

import pytest
import torch
from tiny import TINY_MODEL
from variant_shapes import FOREIGN, VARIANTS

from llmcore.config import LORA_TARGETS, LoraConfig, ModelConfig
from llmcore.errors import LabError
from llmcore.generation.reader import Reader
from llmcore.nn.attention import CausalSelfAttention, KVCache
from llmcore.nn.classifier import SequenceClassifier
from llmcore.nn.decode import DECODE_PRECISIONS, NextLogits, can_be_fast
from llmcore.nn.feed_forward import SwiGLU
from llmcore.nn.hooks import change, hook_points, watch
from llmcore.nn.lora import adapter_config, add_lora, attach_lora, lora_state, merge_lora
from llmcore.nn.model import GPT, next_token_loss
from llmcore.nn.norms import RMSNorm
from llmcore.nn.positions import RotaryPositions, rotary_angles, turned
from llmcore.nn.weights import load_weights, save_tensors, save_weights

CONFIG = ModelConfig(vocab_size=97, context_length=24, n_layers=3, n_heads=4, d_model=32)
IDS = torch.randint(0, 97, (2, 20), generator=torch.Generator().manual_seed(1))
SHAPES = VARIANTS | FOREIGN
every_variant = pytest.mark.parametrize("name", SHAPES)


def make(name: str, seed: int = 0, **changes: object) -> GPT:
    """A random model whose numbers lie far from their fresh values."""
    generator = torch.Generator().manual_seed(seed)
    model = GPT(CONFIG.with_(**SHAPES[name]).with_(**changes), generator)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return model.eval()


# Each part against its formula ------------------------------------------------------------------


def test_rope_scores_depend_on_the_distance_alone():
    generator = torch.Generator().manual_seed(0)
    q, k = torch.randn(2, 1, 1, 1, 16, generator=generator)
    rotary = RotaryPositions(ModelConfig(d_model=16, n_heads=1))

    def score(i: int, j: int) -> float:
        turned_q, turned_k = rotary(q, torch.tensor([i])), rotary(k, torch.tensor([j]))
        return float(turned_q.flatten() @ turned_k.flatten())

    assert score(7, 3) == pytest.approx(score(107, 103), abs=1e-4)
    assert score(7, 3) == pytest.approx(score(4, 0), abs=1e-4)
    assert abs(score(7, 3) - score(3, 7)) > 0.01  # before is not behind
    assert abs(score(7, 3) - score(7, 5)) > 0.01


def test_rope_is_the_paper_s_rotation_of_each_pair():
    x = torch.randn(1, 1, 3, 6, generator=torch.Generator().manual_seed(0))
    y = turned(x, rotary_angles(torch.tensor([0, 1, 5]), ModelConfig(d_model=6, n_heads=1)))
    torch.testing.assert_close(y[0, 0, 0], x[0, 0, 0])  # position 0 stays
    for row, position in enumerate((0, 1, 5)):
        for i in range(3):
            angle = position * 10_000 ** (-2 * i / 6)
            a, b = float(x[0, 0, row, i]), float(x[0, 0, row, i + 3])
            expected = a * math.cos(angle) - b * math.sin(angle)
            assert float(y[0, 0, row, i]) == pytest.approx(expected, abs=1e-5)
    torch.testing.assert_close(y.norm(dim=-1), x.norm(dim=-1))  # only turned


def test_rope_reads_the_positions_of_packed_rows():
    model, positions = make("rope"), torch.arange(20) % 10
    apart = torch.zeros(20, 20, dtype=torch.bool)
    apart[:10, :10] = apart[10:, 10:] = torch.ones(10, 10).tril().bool()
    with torch.no_grad():
        both = model.hidden(IDS, None, positions.expand(2, 20), apart.expand(2, 1, 20, 20))
        second = model.hidden(IDS[:, 10:])
        behind = model.hidden(IDS, None, None, apart.expand(2, 1, 20, 20))[:, 10:]
    torch.testing.assert_close(both[:, 10:], second, atol=1e-5, rtol=1e-4)
    # Only distances matter: told the row's own places the second text reads the same.
    torch.testing.assert_close(behind, second, atol=1e-4, rtol=1e-4)


def test_word_order_matters_without_an_embedding_of_positions():
    model = make("rope")
    assert not any("position" in name for name in model.state_dict())
    assert "position_part" not in hook_points(model)
    swapped = IDS.clone()
    swapped[:, [3, 7]] = IDS[:, [7, 3]]
    with torch.no_grad():
        assert (model(IDS)[:, -1] - model(swapped)[:, -1]).abs().max() > 1e-3


def test_rms_norm_is_the_formula():
    norm = RMSNorm(8, eps=1e-3)
    x = 5 * torch.randn(2, 3, 8, generator=torch.Generator().manual_seed(0)) + 2
    with torch.no_grad():
        norm.weight.uniform_(0.5, 2.0)
        expected = x / (x.pow(2).sum(-1, keepdim=True) / 8 + 1e-3).sqrt() * norm.weight
        torch.testing.assert_close(norm(x), expected)
        assert norm(x.bfloat16()).dtype == torch.float32  # times fp32 weights, as LayerNorm's
    assert [name for name, _ in norm.named_parameters()] == ["weight"]


def test_swiglu_is_the_formula():
    layer = SwiGLU(CONFIG.with_(feed_forward="swiglu"))
    x = torch.randn(2, 5, 32, generator=torch.Generator().manual_seed(0))
    gate, value = layer.up.weight.chunk(2)
    opened = x @ gate.T
    expected = (opened * opened.sigmoid() * (x @ value.T)) @ layer.down.weight.T
    torch.testing.assert_close(layer(x), expected, atol=1e-6, rtol=1e-4)


def test_grouped_heads_are_heads_with_repeated_keys_and_values():
    shared = CausalSelfAttention(CONFIG.with_(n_kv_heads=2), 0)
    every = CausalSelfAttention(CONFIG, 0)
    with torch.no_grad():
        q, k, v = shared.qkv.weight.view(8, 8, 32).split([4, 2, 2])
        qb, kb, vb = shared.qkv.bias.view(8, 8).split([4, 2, 2])
        group = [0, 0, 1, 1]  # of each query head
        every.qkv.weight.copy_(torch.cat([q, k[group], v[group]]).flatten(0, 1))
        every.qkv.bias.copy_(torch.cat([qb, kb[group], vb[group]]).flatten())
        every.output.load_state_dict(shared.output.state_dict())
        x = torch.randn(2, 9, 32)
        torch.testing.assert_close(shared(x), every(x))


# The whole model --------------------------------------------------------------------------------


@every_variant
def test_counts_are_those_of_the_built_model(name):
    model = make(name)
    parts = model.config.parameters_by_part()
    assert model.n_parameters() == model.config.n_parameters()

    def held(*words: str) -> int:
        return sum(
            parameter.numel()
            for key, parameter in model.named_parameters()
            if any(word in key for word in words)
        )

    assert parts["attention"] == held(".qkv.", ".output.")
    assert parts["feed-forward"] == held(".up.", ".down.")
    assert parts["layer norms"] == held("norm")
    assert parts["position embedding"] == held("position_embedding")
    block = sum(parameter.numel() for parameter in model.blocks[0].parameters())
    assert sum(model.config.parameters_of_a_block().values()) == block


@pytest.mark.parametrize("width", [64, 256, 384, 768, 1600])
def test_swiglu_has_about_as_many_parameters_as_gelu(width):
    gelu = ModelConfig(d_model=width)
    swiglu = gelu.with_(feed_forward="swiglu")
    assert swiglu.d_feed_forward % 8 == 0
    one, other = (c.parameters_by_part()["feed-forward"] for c in (gelu, swiglu))
    assert other == pytest.approx(one, rel=0.03)
    assert swiglu.flops_per_token() == pytest.approx(gelu.flops_per_token(), rel=0.03)


@every_variant
def test_a_later_token_never_changes_an_earlier_score(name):
    model, changed = make(name), IDS.clone()
    changed[0, 12] = (changed[0, 12] + 1) % 97
    with torch.no_grad():
        before, after = model(IDS), model(changed)
    torch.testing.assert_close(before[:, :12], after[:, :12])
    assert not torch.allclose(before[0, 12:], after[0, 12:])


@every_variant
@pytest.mark.parametrize("chunks", [[12, 3, 5], [1] * 20])
def test_a_cache_gives_the_logits_of_the_whole_sequence(name, chunks):
    model = make(name)
    cache = KVCache(model.config, batch_size=2)
    with torch.no_grad():
        parts = [model(part, cache) for part in IDS.split(chunks, dim=1)]
        torch.testing.assert_close(torch.cat(parts, 1), model(IDS), rtol=1e-4, atol=1e-4)
    shared = SHAPES[name].get("n_kv_heads", 4)
    D = SHAPES[name].get("head_size", 8)
    assert cache.n_bytes == 2 * 24 * 2 * 3 * shared * D * 4  # rows, tokens, k and v, L, H_kv, D
    assert cache.n_bytes == 2 * 24 * model.config.cache_bytes_per_token()


def test_a_cache_sets_memory_aside_as_the_text_grows(monkeypatch):
    monkeypatch.setattr(KVCache, "FIRST", 3)
    model = make("all")
    cache, sizes = KVCache(model.config), []
    with torch.no_grad():
        for part in IDS[:1].split([2, 1, 1, 9, 7], dim=1):
            last = model(part, cache)
            sizes.append(cache.n_bytes // cache.bytes_per_token)
        torch.testing.assert_close(last, model(IDS[:1])[:, -7:], rtol=1e-4, atol=1e-4)
    assert sizes == [3, 3, 6, 13, 24]  # never more than the context
    assert cache.filled_bytes == 20 * model.config.cache_bytes_per_token()


@every_variant
@pytest.mark.parametrize("precision", DECODE_PRECISIONS)
def test_the_fast_pass_is_the_model_also_after_the_window_slid(name, precision):
    model = make(name)
    assert can_be_fast(model)
    fast, plain = Reader(model, passes=NextLogits(model, precision)), Reader(model)
    plain._read.fast = None
    ids, n = [1, 2, 3], 2 * CONFIG.context_length
    share = {"fp32": 1e-5, "bf16": 0.04, "int8": 0.08, "int4": 0.5}[precision]
    for _ in range(n):
        expected = plain.next_logits(ids)
        error = (fast.next_logits(ids) - expected).abs().max()
        assert error < share * (expected.max() - expected.min())
        ids.append(int(expected.argmax()))


@every_variant
def test_every_point_can_be_watched_and_changed(name):
    model = make(name)
    with torch.no_grad():
        plain = model(IDS)
    with watch(model, lambda _: True) as seen:
        watched = model(IDS)
    assert set(seen) == set(hook_points(model))
    torch.testing.assert_close(plain, watched, rtol=1e-4, atol=1e-4)
    shared = SHAPES[name].get("n_kv_heads", 4)
    q, k, v = (seen[f"blocks.1.attention.{letter}"] for letter in "qkv")
    D = model.config.d_head
    assert q.shape == (2, 4, 20, D) and k.shape == v.shape == (2, shared, 20, D)
    weights = seen["blocks.1.attention.weights"]
    assert weights.shape == (2, 4, 20, 20)
    # q and k are those that are scored, so after the rotation.
    group = k.repeat_interleave(4 // shared, dim=1)
    scores = q @ group.transpose(-2, -1) / math.sqrt(D)
    torch.testing.assert_close(seen["blocks.1.attention.scores"], scores, rtol=1e-4, atol=1e-4)
    F = model.config.d_feed_forward
    assert seen["blocks.0.feed_forward.before"].shape == (2, 20, F)
    assert seen["blocks.0.feed_forward.after"].shape == (2, 20, F)
    for point in ("blocks.1.attention.k", "blocks.1.feed_forward.after", "token_part"):
        with torch.no_grad(), change(model, {point: lambda x: x.roll(1, 0)}):
            assert not torch.allclose(model(IDS), plain, atol=1e-3), point


@every_variant
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_training_reduces_the_loss_and_reaches_every_parameter(name, precision):
    model = GPT(CONFIG.with_(**SHAPES[name]), torch.Generator().manual_seed(0))
    ids = torch.randint(0, 97, (4, 24), generator=torch.Generator().manual_seed(2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(21):
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            loss = next_token_loss(model, ids, ids.roll(-1, 1))
        optimizer.zero_grad()
        loss.backward()
        assert all(parameter.grad.abs().sum() > 0 for parameter in model.parameters())
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] == pytest.approx(math.log(97), abs=0.15)
    assert losses[-1] < losses[0] - 1.0


@every_variant
def test_weights_on_disk_come_back(name, tmp_path):
    model, other = make(name), make(name, seed=5)
    save_weights(model, tmp_path / "weights.safetensors")
    load_weights(other, tmp_path / "weights.safetensors")
    with torch.no_grad():
        assert torch.equal(model(IDS), other(IDS))
    shorter = GPT(model.config.with_(context_length=12)).eval()
    shorter.copy_weights_of(model)
    with torch.no_grad():
        torch.testing.assert_close(shorter(IDS[:, :12]), model(IDS[:, :12]))
    with pytest.raises(LabError, match="another shape"):
        GPT(CONFIG).copy_weights_of(model)


@every_variant
def test_lora_learns_beside_a_variant_and_merges(name, tmp_path):
    model, plain = make(name), make(name)
    add_lora(model, 3, 6.0, LORA_TARGETS)
    adapters = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    assert LoraConfig(3, 6.0, LORA_TARGETS).n_parameters(model.config) == adapters
    with torch.no_grad():
        torch.testing.assert_close(model(IDS), plain(IDS))
        for key, parameter in model.named_parameters():
            if key.endswith("lora_b"):
                parameter.normal_(0, 0.1, generator=torch.Generator().manual_seed(1))
        learned = model(IDS)
        assert not torch.allclose(learned, plain(IDS), atol=1e-2)
        save_tensors(lora_state(model), tmp_path / "adapter.safetensors")
        attach_lora(plain, adapter_config(model), tmp_path / "adapter.safetensors")
        torch.testing.assert_close(plain(IDS), learned)
        merge_lora(model)
        torch.testing.assert_close(model(IDS), learned, atol=1e-4, rtol=1e-4)
    assert can_be_fast(model)


def test_an_adapter_of_before_the_switches_still_fits(tmp_path):
    model, base = GPT(TINY_MODEL), GPT(TINY_MODEL)
    add_lora(model)
    old = adapter_config(model)
    for key in ("position", "norm", "feed_forward", "n_kv_heads"):
        del old["base"][key]
    save_tensors(lora_state(model), tmp_path / "adapter.safetensors")
    attach_lora(base, old, tmp_path / "adapter.safetensors")
    rotary = GPT(TINY_MODEL.with_(position="rope"))
    with pytest.raises(LabError, match="another shape .position learned, here rope"):
        attach_lora(rotary, old, tmp_path / "adapter.safetensors")


@every_variant
@pytest.mark.parametrize("mode", ["head", "last-block"])
def test_the_frozen_part_of_a_classifier_is_cut_without_loss(name, mode):
    model = SequenceClassifier(make(name), 3)
    model.set_trainable(mode)
    lengths = torch.tensor([20, 7])
    with torch.no_grad():
        whole = model(IDS, lengths)
        parts = model.learning_part(model.frozen_part(IDS, lengths), lengths)
        torch.testing.assert_close(parts, whole)
        padded = IDS.clone()
        padded[1, 7:] = 5
        torch.testing.assert_close(model(padded, lengths), whole)


def test_what_cannot_be_is_refused_with_the_remedy():
    with pytest.raises(LabError, match="position is 'alibi' but must be one of learned, rope"):
        ModelConfig(position="alibi")
    with pytest.raises(LabError, match="norm is 'batch' but must be one of layer, rms"):
        ModelConfig(norm="batch")
    with pytest.raises(LabError, match="feed_forward is 'relu'"):
        ModelConfig(feed_forward="relu")
    with pytest.raises(LabError, match="n_heads 4 is not divisible by n_kv_heads 3"):
        ModelConfig(n_kv_heads=3)
    with pytest.raises(LabError, match="n_heads 4 is not divisible by n_kv_heads 8"):
        ModelConfig(n_kv_heads=8)
    with pytest.raises(LabError, match="a head has 3: choose d_model and n_heads so that"):
        ModelConfig(d_model=12, n_heads=4, position="rope")
    with pytest.raises(LabError, match="25 tokens but the model sees at most 24"):
        make("rope")(torch.zeros(1, 25, dtype=torch.long))


def test_as_many_heads_for_keys_as_for_queries_is_gpt2():
    assert ModelConfig(n_kv_heads=4) == ModelConfig()
    assert ModelConfig().exchanged_parts() == []
    every = ModelConfig(**VARIANTS["all"])
    assert every.exchanged_parts() == ["RoPE", "RMSNorm", "SwiGLU", "GQA"]
    old = {key: value for key, value in CONFIG.to_dict().items() if key in {"d_model", "n_heads"}}
    assert ModelConfig.from_dict(old).exchanged_parts() == []
