"""Where a token is: by an embedding that is added (GPT-2), or by turning queries and keys.

Rotary positions (RoPE; Su et al. 2021, "RoFormer: Enhanced Transformer with Rotary Position
Embedding") take each pair of channels of a query or key as a point in a plane and turn it by an
angle that grows with the token's position. The score of two tokens is the product of their
turned vectors, so it depends on how far apart they are and not on where.
"""

import math

import torch
from torch import Tensor, nn

from llmcore.config import ModelConfig, RopeScaling


class RotaryPositions(nn.Module):
    """Turns queries and keys by their positions. It learns nothing and holds no numbers."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config

    def forward(self, x: Tensor, positions: Tensor) -> Tensor:
        """x (B, H, T, D), positions (T,) or (B, T) -> x turned, (B, H, T, D)."""
        return turned(x, rotary_angles(positions, self.config))


def is_turned(config: ModelConfig, layer: int) -> bool:
    """Whether a layer turns its queries and keys. With `rope_skip` N every Nth one does not, so
    that it can find a token at any distance (NoPE; SmolLM3)."""
    skipped = config.rope_skip > 0 and (layer + 1) % config.rope_skip == 0
    return config.position == "rope" and not skipped


def rotary_angles(positions: Tensor, config: ModelConfig) -> Tensor:
    """positions (T,) or (B, T) -> angles (T, D / 2) or (B, 1, T, D / 2), in fp32."""
    angles = positions.float()[..., None] * rotary_frequencies(config).to(positions.device)
    return angles if positions.dim() == 1 else angles[:, None]  # the same for all heads


def rotary_frequencies(config: ModelConfig) -> Tensor:
    """By how many radians a token each pair of channels turns: (D / 2,), in fp32.

    The first pair turns by one radian a token, the last by about 1 / 10,000 of it (`rope_base`):
    quick hands of the clock tell neighbours apart, slow ones tell far from near.
    """
    channel = torch.arange(0, config.d_head, 2)  # (D / 2,)
    frequencies = config.rope_base ** (-channel / config.d_head)
    scaling = config.rope_scaling
    return frequencies if scaling is None else _scaled(frequencies, scaling)


def _scaled(frequencies: Tensor, scaling: RopeScaling) -> Tensor:
    """Slower hands for a longer context (`RopeScaling` says which)."""
    slow = frequencies / scaling.factor
    if scaling.kind == "linear":
        return slow
    turns = scaling.first_context * frequencies / (2 * math.pi)  # of each pair in that context
    low, high = scaling.low_frequency, scaling.high_frequency
    quick = ((turns - low) / (high - low)).clamp(0.0, 1.0)  # 0: slow, 1: unchanged
    return quick * frequencies + (1 - quick) * slow


def turned(x: Tensor, angles: Tensor) -> Tensor:
    """Each pair of channels (i, i + D / 2) of x (…, T, D) turned by its angle (…, T, D / 2).

    The paper pairs neighbours (2i, 2i + 1); which channels are a pair is a matter of naming, and
    this is the order of Llama's weights on Hugging Face.
    """
    cos, sin = angles.cos(), angles.sin()
    first, second = x.chunk(2, dim=-1)
    pairs = (first * cos - second * sin, second * cos + first * sin)
    return torch.cat(pairs, dim=-1).type_as(x)
