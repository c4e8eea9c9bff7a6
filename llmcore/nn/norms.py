"""What each part of a block reads: a copy of the residual stream at one and the same size."""

import torch
from torch import Tensor, nn

from llmcore.config import NORM_EPS, ModelConfig


class RMSNorm(nn.Module):
    """Divides by the root of the mean square and scales each channel (Zhang & Sennrich 2019).

    A LayerNorm that neither subtracts the mean nor adds a bias: half the parameters, less to do.
    """

    def __init__(self, d_model: int, eps: float = NORM_EPS) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d_model))  # (C,)

    def forward(self, x: Tensor) -> Tensor:
        """(…, C) -> (…, C), computed in fp32."""
        exact = x.float()
        mean_square = exact.square().mean(dim=-1, keepdim=True)
        return (exact * torch.rsqrt(mean_square + self.eps)).type_as(x) * self.weight


Norm = nn.LayerNorm | RMSNorm


def norm_of(config: ModelConfig) -> Norm:
    """The norm that a configuration asks for."""
    if config.norm == "rms":
        return RMSNorm(config.d_model, config.norm_eps)
    return nn.LayerNorm(config.d_model, eps=config.norm_eps)
