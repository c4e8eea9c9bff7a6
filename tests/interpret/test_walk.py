"""The walk through a forward pass: the fast path's numbers, and each step from those before it."""

import math

import numpy as np
import pytest
import random_models
import torch
import torch.nn.functional as F
from numpy.testing import assert_allclose

from llmcore.config import ModelConfig, RopeScaling
from llmcore.errors import LabError
from llmcore.interpret.walk import open_block, walk
from llmcore.interpret.walk_block import joined_heads, split_heads
from llmcore.interpret.walk_cells import Cell, cell_arithmetic, number, shared_head
from llmcore.interpret.walk_parts import WalkStep
from llmcore.interpret.walk_source import source_of
from llmcore.interpret.walk_steps import steps
from llmcore.models import Loaded, load
from llmcore.nn.attention import CausalSelfAttention, masked_softmax
from llmcore.nn.positions import rotary_angles

TEXT = "the old king sees the moon"
CLOSE = {"rtol": 1e-4, "atol": 1e-5}
# One of each kind: bundled, GPT-2's shape with an odd number of heads, all newer parts, and the
# trunk of a classifier.
MAKERS = {
    "starter": lambda: load("starter"),
    "odd heads": lambda: random_models.loaded(n_heads=3, tied_head=False),
    "rope": lambda: random_models.loaded(position="rope", n_heads=2),
    "switches": lambda: random_models.loaded(
        position="rope", norm="rms", feed_forward="swiglu", n_heads=6, n_kv_heads=2
    ),
    "Llama": lambda: random_models.loaded(
        position="rope",
        norm="rms",
        feed_forward="swiglu",
        n_heads=6,
        n_kv_heads=2,
        d_inner=40,
        attention_bias="none",
        norm_eps=1e-2,
        rope_base=50.0,
        rope_skip=3,
        rope_scaling=RopeScaling("llama3", 4.0, 0.2, 2.0, 16),
    ),
    "Qwen": lambda: random_models.loaded(
        position="rope",
        norm="rms",
        feed_forward="swiglu",
        n_kv_heads=1,
        head_size=10,
        attention_bias="qkv",
        qk_norm=True,
    ),
    "classifier": lambda: random_models.loaded(labels=["ham", "spam"]),
    "both sides": lambda: random_models.loaded(labels=["ham", "spam"], causal=False, n_heads=2),
}


@pytest.fixture(params=list(MAKERS))
def one(request: pytest.FixtureRequest) -> Loaded:
    return MAKERS[request.param]()


def walked(loaded: Loaded, layer: int = 1, text: str = TEXT):
    passed = walk(loaded.model, loaded.tokenizer, text, loaded.labels)
    tape = open_block(loaded.trunk, passed.streams[layer], layer)
    return passed, tape, steps(loaded.model, passed, tape, layer)


def panels(found: list[WalkStep], name: str) -> list[np.ndarray]:
    return [panel.values for step in found if step.name == name for panel in step.panels]


def weights(module) -> tuple[np.ndarray, np.ndarray | float]:
    """(in, out) and the bias, for numpy."""
    bias = 0.0 if module.bias is None else module.bias.detach().numpy()
    return module.weight.detach().numpy().T, bias


def normed(module, x: np.ndarray) -> np.ndarray:
    """LayerNorm or RMSNorm as their papers write them."""
    x = x.astype(np.float64)
    gain = module.weight.detach().numpy()
    if not isinstance(module, torch.nn.LayerNorm):
        return x / np.sqrt((x**2).mean(-1, keepdims=True) + module.eps) * gain
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + module.eps) * gain + module.bias.detach().numpy()


def softmaxed(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def test_the_logits_are_those_of_the_fast_path(one: Loaded) -> None:
    passed, _, found = walked(one)
    ids = torch.tensor([passed.ids])
    with torch.no_grad():
        if one.kind == "classifier":
            expected = one.model(ids, torch.tensor([len(passed.ids)]))
        else:
            expected = one.model(ids)[0]
    assert np.array_equal(passed.logits, expected.numpy())
    assert_allclose(panels(found, "probabilities")[0].sum(-1), 1.0, rtol=1e-5)


def test_every_block_ends_where_the_fast_pass_went_on(one: Loaded) -> None:
    passed = walk(one.model, one.tokenizer, TEXT, one.labels)
    for layer in range(one.trunk.config.n_layers):
        tape = open_block(one.trunk, passed.streams[layer], layer)
        assert_allclose(tape["residual_out"], passed.streams[layer + 1], **CLOSE)


def test_input_steps_follow_from_the_ids(one: Loaded) -> None:
    passed, _, found = walked(one)
    table = one.trunk.token_embedding.weight.numpy()
    assert np.array_equal(panels(found, "token_part")[0], table[passed.ids])
    rope = one.trunk.config.position == "rope"
    assert ("position_part" in [step.name for step in found]) is not rope
    assert ("rotation" in [step.name for step in found]) is rope
    if not rope:
        places = one.trunk.position_embedding.weight.numpy()[: passed.n_tokens]
        assert np.array_equal(panels(found, "position_part")[0], places)
        expected = table[passed.ids] + places
    else:
        expected = table[passed.ids]
    assert_allclose(panels(found, "embedding")[0], expected, **CLOSE)


def turned(x: np.ndarray, config: ModelConfig) -> np.ndarray:
    """RoPE by complex numbers: a pair of channels is one, and turning is a product."""
    D = x.shape[-1]
    angles = rotary_angles(torch.arange(x.shape[1]), config).numpy().astype(np.float64)
    pair = (x[..., : D // 2] + 1j * x[..., D // 2 :]) * np.exp(1j * angles)
    return np.concatenate([pair.real, pair.imag], axis=-1)


def test_attention_steps_follow_from_each_other(one: Loaded) -> None:
    passed, tape, found = walked(one)
    block, config = one.trunk.blocks[1], one.trunk.config
    n = panels(found, "attention_in")[0]
    assert_allclose(n, normed(block.attention_norm, passed.streams[1]), **CLOSE)
    W, b = weights(block.attention.qkv)
    assert_allclose(panels(found, "qkv")[0], n @ W + b, **CLOSE)
    q, k, v = panels(found, "heads")
    assert q.shape == (config.n_heads, passed.n_tokens, config.d_head)
    assert k.shape == v.shape == (config.kv_heads, passed.n_tokens, config.d_head)
    if config.qk_norm:
        raw, (q, k) = (q, k), panels(found, "qk_norm")
        assert_allclose(q, normed(block.attention.q_norm, raw[0]), **CLOSE)
        assert_allclose(k, normed(block.attention.k_norm, raw[1]), **CLOSE)
    if config.position == "rope":
        assert_allclose(panels(found, "rotation")[0], turned(q, config), **CLOSE)
        q, k = panels(found, "rotation")
    assert np.array_equal(q, tape["q"]) and np.array_equal(v, tape["v"])
    group = config.n_heads // config.kv_heads
    k, v = k.repeat(group, axis=0), v.repeat(group, axis=0)
    scores = panels(found, "scores")[0]
    assert_allclose(scores, q @ k.transpose(0, 2, 1) / math.sqrt(config.d_head), **CLOSE)
    masked = panels(found, "mask")[0]
    later = np.triu(np.ones(scores.shape[1:], dtype=bool), 1) & config.causal
    assert np.isneginf(masked[:, later]).all() and (masked == scores)[:, ~later].all()
    shares = panels(found, "weights")[0]
    assert_allclose(shares, softmaxed(masked), **CLOSE)
    outputs = panels(found, "head_outputs")[0]
    assert_allclose(outputs, shares @ v, **CLOSE)
    joined = panels(found, "joined")[0]
    D = config.d_head
    assert np.array_equal(joined[:, D : 2 * D], outputs[1])
    W, b = weights(block.attention.output)
    assert_allclose(panels(found, "attention_out")[0], joined @ W + b, **CLOSE)
    assert_allclose(
        panels(found, "residual_middle")[0],
        passed.streams[1] + panels(found, "attention_out")[0], **CLOSE,
    )  # fmt: skip


def test_feed_forward_steps_follow_from_each_other(one: Loaded) -> None:
    _, _, found = walked(one)
    block = one.trunk.blocks[1]
    x = panels(found, "residual_middle")[0]
    n = panels(found, "feed_forward_in")[0]
    assert_allclose(n, normed(block.feed_forward_norm, x), **CLOSE)
    W, b = weights(block.feed_forward.up)
    assert_allclose(np.concatenate(panels(found, "before"), axis=1), n @ W + b, **CLOSE)
    before = [torch.from_numpy(panel.copy()) for panel in panels(found, "before")]
    if one.trunk.config.feed_forward == "swiglu":
        expected = (F.silu(before[0]) * before[1]).numpy()
    else:
        expected = F.gelu(before[0], approximate="tanh").numpy()
    assert_allclose(panels(found, "after")[0], expected, **CLOSE)
    W, b = weights(block.feed_forward.down)
    assert_allclose(panels(found, "feed_forward_out")[0], expected @ W + b, **CLOSE)
    assert_allclose(
        panels(found, "residual_out")[0], x + panels(found, "feed_forward_out")[0], **CLOSE
    )


def test_output_steps_follow_from_the_last_stream(one: Loaded) -> None:
    passed, _, found = walked(one)
    h = panels(found, "final_out")[0]
    assert_allclose(h, normed(one.trunk.final_norm, passed.streams[-1]), **CLOSE)
    if one.kind == "classifier":
        W, b = weights(one.model.classifier_head)
        read = h[-1:] if one.trunk.config.causal else h.mean(0, keepdims=True)
        assert_allclose(panels(found, "logits")[0], read @ W + b, **CLOSE)
    else:
        W, _ = weights(one.trunk.head)
        assert_allclose(panels(found, "logits")[0], h @ W, **CLOSE)
    assert_allclose(
        panels(found, "probabilities")[0], softmaxed(panels(found, "logits")[0]), **CLOSE
    )


def test_any_cell_can_be_worked_out(one: Loaded) -> None:
    passed, tape, found = walked(one)
    rng, checked = np.random.default_rng(0), 0
    for step in found:
        for place, panel in enumerate(step.panels):
            for _ in range(4):
                head = int(rng.integers(one.trunk.config.n_heads))
                values = panel.of_head(head, one.trunk.config.n_heads)
                row, column = (int(rng.integers(size)) for size in values.shape)
                found_sum = cell_arithmetic(
                    one.model, passed, tape, 1, step.name, Cell(row, column, head, place)
                )
                if step.name == "tokens":
                    assert found_sum is None
                    continue
                assert_allclose(found_sum.value, values[row, column], **CLOSE, err_msg=step.name)
                assert found_sum.latex.count("{") == found_sum.latex.count("}")
                checked += 1
    assert checked >= 80


def test_shapes_chain(one: Loaded) -> None:
    _, _, found = walked(one)
    shape = found[1].reads[0][1]
    known = {("positions", shape), ("ids", shape)}
    for step in found:
        for symbol, shape in step.reads:
            last = symbol.startswith(("h of token", "mean of h"))
            last = last or (symbol == "z" and one.kind == "classifier")
            turned_name = f"{symbol} turned"
            fits = {(symbol, shape), (turned_name, shape)} & known
            assert fits or last, f"{step.name} reads {symbol} {shape}, which no step gave"
        known |= {(panel.symbol, panel.shape) for panel in step.panels}


def test_keys_are_those_of_the_group() -> None:
    loaded = MAKERS["switches"]()
    _, tape, _ = walked(loaded)
    assert [shared_head(tape, head) for head in range(6)] == [0, 0, 0, 1, 1, 1]
    assert joined_heads(tape["head_outputs"]).shape == (tape["q"].shape[1], 24)
    assert [len(part) for part in split_heads(tape["qkv"], 6, 2)] == [6, 2, 2]


def test_every_step_shows_lines_of_the_project(one: Loaded) -> None:
    _, _, found = walked(one)
    for step in found:
        source = step.source
        assert source.path.startswith("llmcore/"), step.name
        with open(source.path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        first, last = source.marked
        assert first >= source.first_line
        shown = [line.strip() for line in source.excerpt.splitlines()]
        assert shown == [line.strip() for line in lines[first - 1 : last]], step.name


def test_a_source_without_the_needle_is_shown_whole() -> None:
    whole = source_of(masked_softmax, "not there")
    assert whole.excerpt == whole.text and whole.text.startswith("def masked_softmax(")
    marked = source_of(CausalSelfAttention.forward, "self.output(")
    assert marked.excerpt.startswith("return self.dropout(self.output(")
    assert marked.where.startswith("llmcore/nn/attention.py:")


def test_long_text_is_cut_and_one_token_is_enough() -> None:
    loaded = MAKERS["odd heads"]()
    passed, _, found = walked(loaded, text=TEXT * 20)
    assert passed.n_tokens == loaded.trunk.config.context_length == 32
    assert "takes its last 32" in passed.notice
    passed, _, found = walked(loaded, text="t")
    assert passed.n_tokens == 1 and panels(found, "weights")[0].ravel().tolist() == [1.0] * 3


def test_no_text_is_one_sentence() -> None:
    loaded = MAKERS["odd heads"]()
    with pytest.raises(LabError, match="type at least one word"):
        walk(loaded.model, loaded.tokenizer, "")


def test_the_shared_arrays_cannot_be_written_to() -> None:
    passed, tape, _ = walked(MAKERS["odd heads"]())
    for array in (passed.streams, passed.logits, tape["weights"]):
        with pytest.raises(ValueError):
            array[0] = 0.0


def test_numbers_read_well() -> None:
    assert number(-1.5) == "-1.500" and number(-math.inf) == r"-\infty"
    assert number(1.2e-5) == r"1.20 \cdot 10^{-5}"


def test_every_formula_has_its_own_plain_sentence(one: Loaded) -> None:
    _, _, found = walked(one)
    causal = one.trunk.config.causal
    for step in found:
        words = step.in_words
        assert words.endswith(".") and len(words.split()) >= 5, step.name
        assert not set("\\{}$") & set(words) and words != step.meaning, step.name
    said = {step.name: step for step in found}
    # The sentence names what the formula of this very model has, and nothing that it lacks.
    for name in ("attention_in", "feed_forward_in", "final_out"):
        assert ("mean μ" in said[name].in_words) == (r"\mu" in said[name].formula)
    for name in ("before", "feed_forward_out"):
        assert ("bias" in said[name].in_words) == ("+ b_" in said[name].formula)
    assert ("minus infinity" in said["mask"].in_words) == causal
    assert (r"j \le i" in said["head_outputs"].formula) == causal
