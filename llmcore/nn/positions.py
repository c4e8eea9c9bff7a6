"""Where a token stands: by an embedding that is added (GPT-2), or by turning queries and keys.

Rotary positions (RoPE; Su et al. 2021, "RoFormer: Enhanced Transformer with Rotary Position
Embedding") take each pair of channels of a query or key as a point in a plane and turn it by an
angle that grows with the token's position. The score of two tokens is the product of their
turned vectors, so it depends on how far apart they stand and not on where.
"""

import torch
from torch import Tensor, nn

ROTARY_BASE = 10_000.0  # the paper's


class RotaryPositions(nn.Module):
    """Turns queries and keys by their positions. It learns nothing and holds no numbers."""

    def __init__(self, d_head: int) -> None:
        super().__init__()
        self.d_head = d_head

    def forward(self, x: Tensor, positions: Tensor) -> Tensor:
        """x (B, H, T, D), positions (T,) or (B, T) -> x turned, (B, H, T, D)."""
        return turned(x, rotary_angles(positions, self.d_head))


def rotary_angles(positions: Tensor, d_head: int) -> Tensor:
    """positions (T,) or (B, T) -> angles (T, D / 2) or (B, 1, T, D / 2), in fp32.

    The first pair turns by one radian a token, the last by about 1 / 10,000 of it: quick hands of
    the clock tell neighbours apart, slow ones tell far from near.
    """
    channel = torch.arange(0, d_head, 2, device=positions.device)  # (D / 2,)
    frequencies = ROTARY_BASE ** (-channel / d_head)
    angles = positions.float()[..., None] * frequencies
    return angles if positions.dim() == 1 else angles[:, None]  # the same for all heads


def turned(x: Tensor, angles: Tensor) -> Tensor:
    """Each pair of channels (i, i + D / 2) of x (…, T, D) turned by its angle (…, T, D / 2).

    The paper pairs neighbours (2i, 2i + 1); which channels are a pair is a matter of naming, and
    this is the order of Llama's weights on Hugging Face.
    """
    cos, sin = angles.cos(), angles.sin()
    first, second = x.chunk(2, dim=-1)
    pairs = (first * cos - second * sin, second * cos + first * sin)
    return torch.cat(pairs, dim=-1).type_as(x)
