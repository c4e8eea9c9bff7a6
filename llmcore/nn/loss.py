"""Cross-entropy over a large vocabulary without ever holding all logits.

The logits of N tokens are an (N, V) matrix, by far the largest tensor of a training step, and
log-softmax and its gradient each make another of that size. Here a few rows at a time go from
states to logits to loss to gradient while they are still in the processor's cache; only the
gradients of the states (N, C) and of the head's weight (V, C) stay. Both orders of work are
old ideas of the field (chunked or "linear" cross-entropy; Wijmans et al. 2024 for GPUs); the plain
version below is what a test compares them with.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

CHUNK_BYTES = 4 << 20  # of logits in fp32: about what the cache next to two cores holds
MIN_ROWS = 256  # fewer, and reading the weight again for each chunk costs more than it saves


def plain_cross_entropy(hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    """Mean of -log softmax(hidden weightᵀ)[target]: hidden (N, C), weight (V, C), targets (N,)."""
    return F.cross_entropy(hidden @ weight.T, targets)


def cross_entropy(hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    """The same number with the same gradients, in chunks of rows.

    Under autocast the matrix products run in its type; softmax and loss stay in fp32.
    """
    device = hidden.device.type
    if torch.is_autocast_enabled(device):
        dtype = torch.get_autocast_dtype(device)
        hidden, weight = hidden.to(dtype), weight.to(dtype)
    return _ChunkedCrossEntropy.apply(hidden, weight, targets)


class _ChunkedCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
        N, V = len(hidden), len(weight)
        rows = max(MIN_ROWS, CHUNK_BYTES // (4 * V))
        wants_hidden, wants_weight, _ = ctx.needs_input_grad
        grad_hidden = torch.empty_like(hidden) if wants_hidden else None
        grad_weight = torch.zeros_like(weight) if wants_weight else None
        products = hidden.new_empty(min(rows, N), V)  # one chunk's logits, used again and again
        total = torch.zeros((), dtype=torch.float32, device=hidden.device)
        for first in range(0, N, rows):
            h, wanted = hidden[first : first + rows], targets[first : first + rows]
            at_target = (torch.arange(len(h), device=h.device), wanted)
            logits = torch.mm(h, weight.T, out=products[: len(h)]).float()  # (n, V)
            logits -= logits.amax(dim=1, keepdim=True)
            total -= logits[at_target].sum()
            sums = logits.exp_().sum(dim=1, keepdim=True)  # (n, 1)
            total += sums.log().sum()
            if grad_hidden is None and not wants_weight:
                continue
            logits.div_(sums * N)  # softmax / N
            logits[at_target] -= 1.0 / N  # now the gradient of the mean loss
            gradient = logits.to(weight.dtype)
            if grad_hidden is not None:
                torch.mm(gradient, weight, out=grad_hidden[first : first + rows])
            if grad_weight is not None:
                grad_weight.addmm_(gradient.T, h)
        ctx.gradients = (grad_hidden, grad_weight)
        return total / N

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        """The gradients were made on the way; all that is left is the chain rule's factor.

        It is multiplied in place, so a graph can be gone through once only."""
        gradients, ctx.gradients = ctx.gradients, None
        if gradients is None:
            raise RuntimeError("This cross-entropy's graph has already been gone through.")
        grad_hidden, grad_weight = (
            gradient if gradient is None else gradient.mul_(grad) for gradient in gradients
        )
        return grad_hidden, grad_weight, None
