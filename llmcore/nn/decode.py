"""One token at a time, as fast as memory hands over the weights.

A new token multiplies one row by every matrix, so each weight is read once and used once: the
bytes of the weights bound the speed, not the arithmetic. `FastPass` is `GPT.forward` for that one
row: no module calls, no dropout, no points to look at, and a kernel that reads at full width.
Fewer bytes a weight (bf16, int8) give more tokens a second. If the machine has a C compiler,
`llmcore.nn.kernels` does the same in one call, faster still.

What a user watches, trains with dropout or holds on a GPU goes through the model itself; both
ways share one KVCache, so a reader may change between them at any token.
"""

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from llmcore.errors import LabError
from llmcore.nn.attention import CausalSelfAttention, KVCache
from llmcore.nn.dropout import KeyedDropout
from llmcore.nn.feed_forward import FeedForward, SwiGLU
from llmcore.nn.hooks import HookPoint, any_watched, hook_points
from llmcore.nn.kernels import (
    BLOCK,
    CompiledPass,
    exact_best,
    fits,
    from_int4_blocks,
    int4_blocks,
    library,
)
from llmcore.nn.model import GPT, Block
from llmcore.nn.norms import RMSNorm
from llmcore.nn.positions import RotaryPositions, rotary_angles, turned

DECODE_PRECISIONS = ("fp32", "bf16", "int8", "int4")

# What FastPass knows how to replace: anything else may compute something else.
_KNOWN = {
    GPT, Block, CausalSelfAttention, FeedForward, SwiGLU, RMSNorm, RotaryPositions, KeyedDropout,
    HookPoint, nn.ModuleList, nn.Linear, nn.LayerNorm, nn.Embedding,
}  # fmt: skip

# One row times a matrix: (1, n_in) -> (1, n_out), fp32 on both sides.
Product = Callable[[Tensor], Tensor]


class NextLogits:
    """What a model says comes next. Keeps nothing of the text, so threads may share it.

    precision "fp32" reads the model's own weights: a training step between two tokens is seen
    (keys and values of earlier tokens stay as they were). The others multiply by copies of the
    matrices, made here: after a training step make a new one. What is read by the row or is
    no matrix (embeddings, norms, biases) stays the model's own. Several tokens at once, such as a
    prompt, go through the model itself; all do if `fast` is None, for a model that
    `can_be_fast` refuses. If a part of the model is swapped for another, make a new one too.
    """

    def __init__(self, model: GPT, precision: str = "fp32") -> None:
        if precision not in DECODE_PRECISIONS:
            raise LabError(
                f"The precision is {precision!r} but must be one of {', '.join(DECODE_PRECISIONS)}."
            )
        self.model = model
        self.fast = fastest(model, precision)
        self._device = next(model.parameters()).device
        self._points = list(hook_points(model).values())

    def __call__(self, new: list[int], cache: KVCache | None = None) -> Tensor:
        """(V,) fp32 scores of what follows `new` (at least one), which follow what the cache
        holds and go into it. Raises LabError if that is longer than the context."""
        fits = cache is not None and len(new) == 1 and cache.length < cache.capacity
        with torch.inference_mode():
            if fits and cache is not None and self.fast is not None and not self._must_be_plain():
                logits = self.fast(new[0], cache)
            else:
                ids = torch.tensor([new], device=self._device)  # (1, T)
                logits = self.model.unembed(self.model.hidden(ids, cache)[0, -1])
        return logits.float().clone()  # outside of inference mode: an ordinary tensor

    def _must_be_plain(self) -> bool:
        model = self.model
        return any_watched(self._points) or (model.training and model.config.dropout > 0.0)


def can_be_fast(model: GPT) -> bool:
    """Whether FastPass computes what the model does: fp32 on the CPU, and every part as written
    in this package, with no forward hook of torch's on it."""
    return all(
        type(module) in _KNOWN and not module._forward_hooks and not module._forward_pre_hooks
        for module in model.modules()
    ) and all(
        parameter.device.type == "cpu" and parameter.dtype == torch.float32
        for parameter in model.parameters()
    )


def fastest(model: GPT, precision: str) -> "CompiledPass | FastPass | None":
    """The quickest pass that computes what the model does; None for a model that `can_be_fast`
    refuses."""
    if not can_be_fast(model):
        return None
    if fits(model, precision) and (step := library()) is not None:
        return CompiledPass(model, precision, step)
    return FastPass(model, precision)


class FastPass:
    """The model for one more token of one text; nothing of the text stays here."""

    def __init__(self, model: GPT, precision: str) -> None:
        product = PRODUCTS[precision]
        self.token_embedding = model.token_embedding.weight
        rotary = model.config.position == "rope"
        self.position_embedding = None if rotary else model.position_embedding.weight
        places = torch.arange(model.config.context_length)
        self.angles = rotary_angles(places, model.config) if rotary else None  # (T, D / 2)
        self.blocks = [FastBlock(block, product) for block in model.blocks]
        self.final_norm = norm_product(model.final_norm)
        self.head = product(model.head)
        self.exact_head = model.head.weight if precision != "fp32" else None

    def __call__(self, token: int, cache: KVCache) -> Tensor:
        """(V,) scores of what follows `token`, which follows what the cache holds."""
        x = self.token_embedding[token]  # (C,)
        if self.position_embedding is not None:
            x = x + self.position_embedding[cache.length]
        x = x.unsqueeze(0)  # (1, C)
        angles = None if self.angles is None else self.angles[cache.length : cache.length + 1]
        for layer, block in enumerate(self.blocks):
            x = block(x, cache, layer, angles)
        cache.advance(1)
        x = self.final_norm(x)
        logits = self.head(x)[0]  # (V,)
        return logits if self.exact_head is None else exact_best(logits, x[0], self.exact_head)


class FastBlock:
    """A Block for one row, with its parameters at hand."""

    def __init__(self, block: Block, product: Callable[[nn.Linear], Product]) -> None:
        attention = block.attention
        self.heads = (attention.n_heads, attention.kv_heads, attention.kv_heads)
        self.d_head = attention.d_head
        self.attention_norm = norm_product(block.attention_norm)
        self.qkv, self.output = product(attention.qkv), product(attention.output)
        self.q_norm = norm_product(attention.q_norm) if attention.qk_norm else None
        self.k_norm = norm_product(attention.k_norm) if attention.qk_norm else None
        self.is_turned = attention.rotary is not None
        self.feed_forward_norm = norm_product(block.feed_forward_norm)
        self.feed_forward = _feed_forward(block.feed_forward, product)

    def __call__(self, x: Tensor, cache: KVCache, layer: int, angles: Tensor | None) -> Tensor:
        """(1, C) -> (1, C); angles (1, D / 2) of rotary positions."""
        qkv = self.qkv(self.attention_norm(x)).view(1, -1, 1, self.d_head)
        q, k, v = qkv.split(self.heads, dim=1)  # (1, H, 1, D), twice (1, H_kv, 1, D)
        if self.q_norm is not None and self.k_norm is not None:
            q, k = self.q_norm(q), self.k_norm(k)
        if self.is_turned and angles is not None:
            q, k = turned(q, angles), turned(k, angles)
        k, v = cache.extend(layer, k, v)  # (1, H_kv, S, D)
        # Query heads that share keys are treated as queries of one head: nothing is copied.
        q = q.reshape(1, k.size(1), -1, self.d_head)
        y = F.scaled_dot_product_attention(q, k, v)  # each query sees every key: no mask
        x = x + self.output(y.reshape(1, -1))  # heads side by side again
        return x + self.feed_forward(self.feed_forward_norm(x))


def _feed_forward(module: FeedForward | SwiGLU, product: Callable[[nn.Linear], Product]) -> Product:
    up, down = product(module.up), product(module.down)
    if isinstance(module, FeedForward):
        return lambda x: down(F.gelu(up(x), approximate="tanh"))

    def gated(x: Tensor) -> Tensor:
        gate, value = up(x).chunk(2, dim=-1)  # each (1, F)
        return down(F.silu(gate) * value)

    return gated


def norm_product(module: nn.LayerNorm | RMSNorm) -> Product:
    if isinstance(module, RMSNorm):
        return partial(F.rms_norm, normalized_shape=module.weight.shape, weight=module.weight,
                       eps=module.eps)  # fmt: skip
    return partial(F.layer_norm, normalized_shape=module.normalized_shape, weight=module.weight,
                   bias=module.bias, eps=module.eps)  # fmt: skip


# oneDNN's product of one row reads a large fp32 matrix half as fast again as F.linear's, which
# calls another library; a call costs about 15 µs more, so small matrices stay with F.linear.
one_dnn = (
    torch.ops.mkldnn._linear_pointwise.default if torch.backends.mkldnn.is_available() else None
)
_MIN_ONE_DNN = 1 << 18  # weights
_INT8_STEP = 64  # torch's int8 kernel reads rows in whole steps, past their end if need be


def fp32_product(linear: nn.Linear) -> Product:
    """By the module's own weights, which stay where they are."""
    weight, bias = linear.weight, linear.bias
    if one_dnn is None or weight.numel() <= _MIN_ONE_DNN:
        return partial(F.linear, weight=weight, bias=bias)
    return lambda x: one_dnn(x, weight, bias, "none", [], "")


def bf16_product(linear: nn.Linear) -> Product:
    """By a copy in bf16, in the order in which oneDNN reads it if it knows this chip."""
    weight, bias = linear.weight.detach().bfloat16(), linear.bias
    if one_dnn is None or not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return lambda x: _plus(F.linear(x.bfloat16(), weight), bias)
    packed = torch.ops.mkldnn._reorder_linear_weight(weight, 1)
    return lambda x: _plus(one_dnn(x.bfloat16(), packed, None, "none", [], ""), bias)


def int8_product(linear: nn.Linear) -> Product:
    """By a copy in whole numbers from -127 to 127 with one scale for each row (Dettmers et al.
    2022, section 2.1, for weights alone); the row that comes in is rounded to bf16."""
    multiply = torch.ops.aten._weight_int8pack_mm.default
    missing = -linear.in_features % _INT8_STEP
    weight, scale = quantized_rows(F.pad(linear.weight.detach(), (0, missing)))
    bias = linear.bias
    if missing:
        return lambda x: _plus(multiply(F.pad(x, (0, missing)).bfloat16(), weight, scale), bias)
    return lambda x: _plus(multiply(x.bfloat16(), weight, scale), bias)


def int4_product(linear: nn.Linear) -> Product:
    """By the numbers that blocks of 4 bits keep. torch has no product of such blocks for every
    processor, so they are widened here: right, but no faster than fp32."""
    missing = -linear.in_features % BLOCK
    padded = F.pad(linear.weight.detach(), (0, missing))
    weight = from_int4_blocks(*int4_blocks(padded))[:, : linear.in_features].contiguous()
    return partial(F.linear, weight=weight, bias=linear.bias)


PRODUCTS: dict[str, Callable[[nn.Linear], Product]] = {
    "fp32": fp32_product, "bf16": bf16_product, "int8": int8_product, "int4": int4_product,
}  # fmt: skip


def quantized_rows(weight: Tensor) -> tuple[Tensor, Tensor]:
    """(n_out, n_in) -> int8 (n_out, n_in) and bf16 scales (n_out,): weight ≈ int8 · scale.

    Off by half a scale at most, but for a row's largest if its scale was rounded down.
    """
    scale = (weight.abs().amax(1) / 127).clamp_min(1e-30).bfloat16()  # rounded before it divides
    whole = (weight / scale.float()[:, None]).round_().clamp_(-127, 127)
    return whole.to(torch.int8), scale


def _plus(y: Tensor, bias: Tensor | None) -> Tensor:
    """bf16 + fp32 -> fp32."""
    return y.float() if bias is None else y + bias
