import threading

import pytest
import torch
from torch import nn

from llmcore.config import ModelConfig
from llmcore.errors import LabError
from llmcore.generation.reader import Reader
from llmcore.nn import decode, kernels
from llmcore.nn.attention import KVCache
from llmcore.nn.decode import (
    DECODE_PRECISIONS,
    FastPass,
    NextLogits,
    bf16_product,
    can_be_fast,
    fp32_product,
    int4_product,
    int8_product,
    quantized_rows,
)
from llmcore.nn.hooks import watch
from llmcore.nn.kernels import CompiledPass
from llmcore.nn.model import GPT

SMALL = ModelConfig(vocab_size=97, context_length=16, n_layers=2, n_heads=3, d_model=24)
SHAPES = {
    "small": SMALL,
    "own head, odd width": SMALL.with_(vocab_size=131, n_heads=11, d_model=33, tied_head=False),
    "one head of two": SMALL.with_(n_layers=1, n_heads=1, d_model=2, context_length=8),
    # every matrix is large enough for oneDNN
    "wide": ModelConfig(vocab_size=1001, context_length=12, n_layers=2, n_heads=8, d_model=576),
}


def make(config=SMALL, seed=0):
    """A random model whose scores lie far apart, in eval mode."""
    generator = torch.Generator().manual_seed(seed)
    model = GPT(config, generator)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    return model.eval()


def plain_logits(model, ids, start=0):
    """What follows ids[start:], by the whole model without a cache."""
    with torch.no_grad():
        return model(torch.tensor([ids[start:]]))[0, -1]


def reader(model, precision="fp32", passes=None):
    """Reads a growing text with a cache, one token after another by the fast pass."""
    return Reader(model, passes=passes or NextLogits(model, precision))


def plain(model):
    """A reader that never leaves the model's own forward pass."""
    passes = NextLogits(model)
    passes.fast = None
    return reader(model, passes=passes)


def greedy(decoder, n, prompt=(1, 2, 3)):
    """n greedy tokens and the scores that chose them, (n, V)."""
    ids, scores = list(prompt), []
    for _ in range(n):
        scores.append(decoder.next_logits(ids))
        ids.append(int(scores[-1].argmax()))
    return ids[len(prompt) :], torch.stack(scores)


@pytest.fixture(autouse=True, params=["compiled", "torch"])
def engine(request, monkeypatch):
    """Everything here holds with a C compiler and without one."""
    if request.param == "torch":
        monkeypatch.setattr(decode, "library", lambda: None)
    elif kernels.library() is None:
        pytest.skip("there is no C compiler")
    return request.param


@pytest.fixture
def fast_calls(monkeypatch):
    """How often a fast pass ran."""
    calls = []
    for kind in (FastPass, CompiledPass):

        def counted(self, token, cache, original=kind.__call__):
            calls.append(token)
            return original(self, token, cache)

        monkeypatch.setattr(kind, "__call__", counted)
    return calls


@pytest.mark.parametrize("shape", SHAPES)
def test_fp32_is_the_plain_path_also_after_the_window_slid(shape, fast_calls):
    model = make(SHAPES[shape])
    n = 3 * model.config.context_length
    ids, scores = greedy(reader(model), n)
    assert len(fast_calls) > 0.7 * n
    plain_ids, plain_scores = greedy(plain(model), n)
    assert ids == plain_ids
    assert (scores - plain_scores).abs().max() < 1e-4
    assert scores.abs().max() > 0.1 and scores.dtype == torch.float32
    assert not scores.is_inference() and not scores.requires_grad


def test_the_window_slides_to_its_newer_half():
    model = make()
    decoder, ids = reader(model), list(range(1, 17))  # the context is full
    torch.testing.assert_close(decoder.next_logits(ids), plain_logits(model, ids))
    ids.append(50)
    torch.testing.assert_close(decoder.next_logits(ids), plain_logits(model, ids, start=9))
    ids.append(51)
    torch.testing.assert_close(
        decoder.next_logits(ids), plain_logits(model, ids, start=9), atol=1e-5, rtol=1e-5
    )


def test_several_new_tokens_at_once_are_read_together():
    model = make()
    decoder = reader(model)
    decoder.next_logits([1, 2])
    decoder.next_logits([1, 2, 3])
    ids = [1, 2, 3, 4, 5, 6]
    torch.testing.assert_close(
        decoder.next_logits(ids), plain_logits(model, ids), atol=1e-5, rtol=1e-5
    )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("precision", "share"), [("bf16", 0.02), ("int8", 0.06), ("int4", 0.3)])
def test_fewer_bits_stay_near(shape, precision, share, fast_calls):
    """Compared on the same texts; the bounds are shares of how far the scores spread."""
    model = make(SHAPES[shape])
    ids, exact = greedy(plain(model), 2 * model.config.context_length)
    decoder = reader(model, precision)
    text, scores = [1, 2, 3], []
    for token in ids:
        scores.append(decoder.next_logits(text))
        text.append(token)
    assert len(fast_calls) > 0.7 * len(ids)
    error = (torch.stack(scores) - exact).abs().max()
    assert 0 < error < share * (exact.max() - exact.min())


@pytest.mark.parametrize("n_in", [2, 24, 33, 63, 64, 65, 576, 1024])
@pytest.mark.parametrize("product", [fp32_product, bf16_product, int8_product, int4_product])
def test_a_product_is_the_linear_layer(product, n_in):
    """Also where rows end between two steps of the int8 kernel; 1e9 marks what lies behind."""
    generator = torch.Generator().manual_seed(n_in)
    linear = nn.Linear(n_in, 513)
    behind = torch.full((2, n_in + 64), 1e9)
    x = behind[:1, :n_in].normal_(generator=generator)
    with torch.inference_mode():
        exact = linear(x)
        error = (product(linear)(x) - exact).abs().max()
    bounds = {fp32_product: 1e-5, bf16_product: 0.03, int8_product: 0.05, int4_product: 0.3}
    bound = bounds[product]
    assert error < bound and exact.abs().max() > 0.5


def test_where_onednn_is_missing_the_products_are_the_same(monkeypatch):
    linear, x = nn.Linear(576, 577), torch.randn(1, 576)
    with torch.inference_mode():
        expected = [fp32_product(linear)(x), bf16_product(linear)(x)]
        monkeypatch.setattr(decode, "one_dnn", None)
        torch.testing.assert_close(fp32_product(linear)(x), expected[0], atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(bf16_product(linear)(x), expected[1], atol=0.02, rtol=0.02)


def test_quantized_rows_are_off_by_half_a_scale_at_most():
    weight = torch.randn(50, 40) * torch.logspace(-3, 3, 50)[:, None]
    weight[7] = 0.0
    whole, scale = quantized_rows(weight)
    back = whole.float() * scale.float()[:, None]
    largest = weight.abs().amax(1, keepdim=True)
    assert whole.dtype == torch.int8 and whole.abs().max() == 127
    assert torch.equal(back[7], torch.zeros(40))
    assert ((back - weight).abs() <= largest / 127 * 0.77 + 1e-20).all()  # the scale rounds too
    assert (back - weight).abs().mean() < 0.3 * scale.float().mean()


def test_the_best_tokens_scores_are_exact_in_every_precision():
    model = make(SHAPES["wide"])
    for precision in ("bf16", "int8", "int4"):
        fast, cache = FastPass(model, precision), KVCache(model.config)
        seen = {}

        def kept(x, head=fast.head, seen=seen):
            seen["x"] = x
            return head(x)

        fast.head = kept
        with torch.inference_mode():
            logits = fast(5, cache)
            exact = model.unembed(seen["x"])[0]
        best = logits.topk(32).indices
        torch.testing.assert_close(logits[best], exact[best], atol=1e-5, rtol=1e-5)
        assert (logits - exact).abs().max() > 1e-4  # the others are rounded


def test_fp32_reads_the_weights_as_they_are_now_and_the_others_their_copy():
    model = make(SHAPES["wide"])
    decoders = {precision: reader(model, precision) for precision in DECODE_PRECISIONS}
    ids = [1, 2]
    for decoder in decoders.values():
        decoder.next_logits([1])
    before = {name: decoder.next_logits(ids) for name, decoder in decoders.items()}
    with torch.no_grad():
        model.blocks[-1].feed_forward.down.weight.mul_(-1)  # nothing in the cache depends on it
    after = plain_logits(model, ids)
    assert (after - before["fp32"]).abs().max() > 0.1

    for name, decoder in decoders.items():
        decoder.cache.length = 1  # the second token once more
        again = decoder.next_logits(ids)
        now = before[name] if name != "fp32" else after
        torch.testing.assert_close(again, now, atol=1e-4, rtol=1e-4)
        fresh = reader(model, name)
        fresh.next_logits([1])
        error = (fresh.next_logits(ids) - after).abs()
        assert error.max() < (1.5 if name == "int4" else 0.1)
        assert error.mean() < 0.4 * (before[name] - after).abs().mean()


def test_an_optimizer_step_between_two_tokens_is_seen():
    model = make()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, fused=True)
    decoder, by_model = reader(model), plain(model)
    for ids in ([1, 2], [1, 2, 3], [1, 2, 3, 4]):
        torch.testing.assert_close(
            decoder.next_logits(ids), by_model.next_logits(ids), atol=1e-4, rtol=1e-4
        )
        model(torch.tensor([[1, 2, 3]])).square().mean().backward()
        optimizer.step()


def test_watched_tokens_go_through_the_model_itself(fast_calls):
    model = make()
    decoder, ids = reader(model), [1, 2, 3]
    decoder.next_logits(ids)
    ids.append(4)
    with watch(model, ["blocks.1.attention.weights"]) as seen:
        decoder.next_logits(ids)
        assert seen["blocks.1.attention.weights"].shape == (1, 3, 1, 4)
        assert not fast_calls
        other = threading.Thread(target=lambda: _two(reader(model)))
        other.start()  # another thread does not watch
        other.join()
        assert fast_calls == [8]
    ids.append(5)
    torch.testing.assert_close(
        decoder.next_logits(ids), plain_logits(model, ids), atol=1e-5, rtol=1e-5
    )
    assert fast_calls == [8, 5]
    with watch(make(seed=1), lambda name: True):  # another model is watched
        ids.append(6)
        decoder.next_logits(ids)
    assert fast_calls == [8, 5, 6]


def _two(decoder):
    """A prompt, which the model reads itself, and one token more."""
    decoder.next_logits([6, 7])
    decoder.next_logits([6, 7, 8])


def test_a_model_that_trains_with_dropout_goes_its_own_way(fast_calls):
    model = make(SMALL.with_(dropout=0.5)).train()
    _two(reader(model))
    assert not fast_calls
    model.eval()
    _two(reader(model))
    assert fast_calls == [8]


def test_what_computes_something_else_is_left_to_the_model(fast_calls):
    class Louder(GPT):
        def unembed(self, hidden):
            return 2 * super().unembed(hidden)

    hooked = make()
    hooked.blocks[0].register_forward_hook(lambda module, args, output: output + 1)
    wrapped = make()
    wrapped.blocks[1].attention.output = nn.Sequential(wrapped.blocks[1].attention.output)
    for model in (Louder(SMALL).eval(), hooked, wrapped, make().double()):
        assert not can_be_fast(model)
        decoder = reader(model, "int8")
        decoder.next_logits([1])
        torch.testing.assert_close(
            decoder.next_logits([1, 2]), plain_logits(model, [1, 2]).float(), atol=1e-5, rtol=1e-5
        )
    assert not fast_calls and can_be_fast(make())


@pytest.mark.parametrize("precision", DECODE_PRECISIONS)
def test_threads_share_a_model_and_its_copies(precision):
    model = make(SMALL.with_(context_length=32))
    passes = NextLogits(model, precision)
    prompts = [(1, 2), (3,), (4, 5, 6), (7, 8)]
    alone = [greedy(reader(model, precision), 40, prompt)[0] for prompt in prompts]
    found: dict[int, list[int]] = {}

    def run(i):
        found[i] = greedy(reader(model, passes=passes), 40, prompts[i])[0]

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(prompts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[i] for i in range(len(prompts))] == alone
    assert len({tuple(logits) for logits in alone}) > 1


def test_without_a_cache_the_whole_text_is_read(fast_calls):
    model = make()
    torch.testing.assert_close(NextLogits(model)([3]), plain_logits(model, [3]))
    torch.testing.assert_close(NextLogits(model)([3, 4]), plain_logits(model, [3, 4]))
    assert not fast_calls


def test_a_full_cache_is_refused_as_the_model_refuses_it():
    passes, cache = NextLogits(make()), KVCache(SMALL)
    passes(list(range(15)), cache)
    passes([15], cache)
    with pytest.raises(LabError, match="17 tokens but the model sees at most 16"):
        passes([16], cache)


@pytest.mark.parametrize("precision", DECODE_PRECISIONS)
def test_a_cache_cut_short_goes_on_with_another_branch(precision):
    model = make()
    passes, cache = NextLogits(model, precision), KVCache(model.config)
    passes([1, 2], cache)
    first = passes([3], cache)
    passes([4], cache)
    cache.length = 2
    assert torch.equal(passes([3], cache), first)


def test_unknown_precision_is_refused():
    with pytest.raises(LabError, match="'int2' but must be one of fp32, bf16, int8, int4"):
        reader(make(), "int2")
