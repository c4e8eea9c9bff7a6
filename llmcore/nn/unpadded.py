"""Many texts through a classifier without padding, as fast as a processor multiplies.

The tokens of a batch are in one row, texts of the same length side by side. What a token does
by itself (norms, products, feed-forward) sees the row unchanged; attention and what the head reads
see each length as a block (n, T, C) of that row. So nothing is padded, masked or copied.

It stands in for `SequenceClassifier.forward` if `can_be_unpadded` says so: fp32 on the CPU and
no point that is watched. Both give the same logits up to rounding.
"""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from llmcore.nn.classifier import SequenceClassifier
from llmcore.nn.decode import Product, can_be_fast, norm_product, one_dnn
from llmcore.nn.feed_forward import FeedForward, SwiGLU
from llmcore.nn.hooks import any_watched, hook_points
from llmcore.nn.model import Block

MAX_COPIED = 1 << 28  # bytes of weights that are copied into the order in which oneDNN reads them
TYPICAL_TOKENS = 2048  # of a batch; a hint for the order of the copy


class Run(NamedTuple):
    """Texts of one length, one behind the other: where they begin, how many, of how many tokens."""

    first: int
    n: int
    length: int

    def of(self, x: Tensor) -> Tensor:
        """Their part of a row of tokens: (N, C) -> (n, T, C)."""
        return x[self.first : self.first + self.n * self.length].view(self.n, self.length, -1)


def can_be_unpadded(model: SequenceClassifier) -> bool:
    """Whether `UnpaddedClassifier` computes what the model does."""
    return (
        can_be_fast(model.trunk)
        and not model.training
        and not any_watched(hook_points(model).values())
    )


class UnpaddedClassifier:
    """Logits of texts of any lengths at once. It holds copies of the trunk's matrices, so make a
    new one after a training step."""

    def __init__(self, model: SequenceClassifier) -> None:
        """model: one that `can_be_unpadded`."""
        self.model = model
        blocks = model.trunk.blocks
        parameters = [parameter for block in blocks for parameter in block.parameters()]
        n_bytes = sum(parameter.numel() * parameter.element_size() for parameter in parameters)
        product = _copied if one_dnn is not None and n_bytes <= MAX_COPIED else _own
        self._blocks = [_TokenBlock(block, product) for block in blocks]

    @torch.inference_mode()
    def logits(self, ids: Sequence[np.ndarray]) -> Tensor:
        """ids: of each text, at least one and at most context_length, texts of the same length
        side by side -> (B, K)."""
        runs, first = [], 0
        for length, texts in groupby(map(len, ids)):
            runs.append(Run(first, sum(1 for _ in texts), length))
            first += runs[-1].n * length
        row = torch.from_numpy(np.concatenate(ids).astype(np.int64))  # (N,)
        positions = torch.cat([torch.arange(run.length).repeat(run.n) for run in runs])  # (N,)
        x = self.model.trunk.embed(row[None], positions=positions[None])[0]  # (N, C)
        if self.model.reads_layers:
            return self.model.classifier_head(self._layers(x, runs))
        return self._from_end(x, runs)

    def _layers(self, x: Tensor, runs: list[Run]) -> Tensor:
        """(N, C) -> what a head that reads every layer takes of each text, (B, 3 (L + 1) C)."""
        read = [torch.cat([self.model.read(run.of(x)) for run in runs])]
        for block in self._blocks:
            x = block(x, runs)
            read.append(torch.cat([self.model.read(run.of(x)) for run in runs]))
        return torch.cat(read, dim=-1)

    def _from_end(self, x: Tensor, runs: list[Run]) -> Tensor:
        """(N, C) -> (B, K). If the head reads the last token alone, nothing else is computed
        in the last block: the other tokens only give it keys and values."""
        trunk = self.model.trunk
        for block in self._blocks[:-1]:
            x = block(x, runs)
        if trunk.config.causal:
            x = self._blocks[-1](x, runs, last_only=True)  # (B, C)
            return self.model.classifier_head(trunk.finish(x))
        x = trunk.finish(self._blocks[-1](x, runs))
        return torch.cat([self.model.decided(run.of(x)) for run in runs])


class _TokenBlock:
    """A Block for a row of tokens that belong to many texts."""

    def __init__(self, block: Block, product: Callable[[nn.Linear, bool], Product]) -> None:
        self.attention = block.attention
        self.attention_norm = norm_product(block.attention_norm)
        self.qkv = product(block.attention.qkv, False)
        self.output = product(block.attention.output, False)
        self.feed_forward_norm = norm_product(block.feed_forward_norm)
        self.feed_forward = _feed_forward(block.feed_forward, product)

    def __call__(self, x: Tensor, runs: list[Run], last_only: bool = False) -> Tensor:
        """(N, C) -> (N, C), or of the last token of each text alone, (B, C)."""
        qkv = self.qkv(self.attention_norm(x))  # (N, (H + 2 H_kv) D)
        mixed = [self.attention.mixed(run.of(qkv), last_only=last_only) for run in runs]
        if last_only:
            x = torch.cat([run.of(x)[:, -1] for run in runs])  # (B, C)
        x = x + self.output(torch.cat([tensor.flatten(0, 1) for tensor in mixed]))
        return x + self.feed_forward(self.feed_forward_norm(x))


def _feed_forward(
    module: FeedForward | SwiGLU, product: Callable[[nn.Linear, bool], Product]
) -> Product:
    if isinstance(module, FeedForward):
        bent, down = product(module.up, True), product(module.down, False)
        return lambda x: down(bent(x))
    up, down = product(module.up, False), product(module.down, False)

    def gated(x: Tensor) -> Tensor:
        gate, value = up(x).chunk(2, dim=-1)  # each (N, F)
        return down(F.silu(gate) * value)

    return gated


def _own(linear: nn.Linear, gelu: bool) -> Product:
    """By the module's own weights; GELU may follow."""
    if gelu:
        return lambda x: F.gelu(linear(x), approximate="tanh")
    return linear


def _copied(linear: nn.Linear, gelu: bool) -> Product:
    """The same by oneDNN, from a copy in its own order. It bends each part of a product while that
    is still in the processor's cache, four times as fast as F.gelu's tanh."""
    weight = torch.ops.mkldnn._reorder_linear_weight(linear.weight.detach(), TYPICAL_TOKENS)
    bias = linear.bias
    after: tuple[str, list[float], str] = ("gelu", [], "tanh") if gelu else ("none", [], "")
    assert one_dnn is not None
    multiply = one_dnn
    return lambda x: multiply(x, weight, bias, *after)
