"""What each token does by itself: up to a wider layer, a bend, and down again."""

import torch.nn.functional as F
from torch import Tensor, nn

from llmcore.config import ModelConfig
from llmcore.nn.dropout import KeyedDropout
from llmcore.nn.hooks import HookPoint


class FeedForward(nn.Module):
    """Two layers with GELU between, mostly four times as wide inside (Vaswani et al. 2017, 3.3)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.up = nn.Linear(config.d_model, config.d_feed_forward)
        self.down = nn.Linear(config.d_feed_forward, config.d_model)
        self.dropout = KeyedDropout(config.dropout)
        self.before = HookPoint()  # (B, T, F), before GELU
        self.after = HookPoint()  # (B, T, F), after GELU

    def forward(self, x: Tensor) -> Tensor:
        x = F.gelu(self.before(self.up(x)), approximate="tanh")  # GPT-2's approximation
        x = self.after(x)  # (B, T, F)
        return self.dropout(self.down(x))  # (B, T, C)


class SwiGLU(nn.Module):
    """A gate opens and shuts each inner channel (Shazeer 2020, "GLU Variants Improve Transformer").

    `down(silu(gate) · value)`, without biases as in the paper. `up` makes gate and value, F
    channels each, in one product. Three matrices instead of two, so F is 8/3 C and not 4 C
    (`ModelConfig.d_feed_forward`): about as many parameters as with GELU.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.up = nn.Linear(config.d_model, 2 * config.d_feed_forward, bias=False)
        self.down = nn.Linear(config.d_feed_forward, config.d_model, bias=False)
        self.dropout = KeyedDropout(config.dropout)
        self.before = HookPoint()  # (B, T, F), the gate before SiLU
        self.after = HookPoint()  # (B, T, F), gated: what goes down

    def forward(self, x: Tensor) -> Tensor:
        gate, value = self.up(x).chunk(2, dim=-1)  # each (B, T, F)
        x = self.after(F.silu(self.before(gate)) * value)
        return self.dropout(self.down(x))  # (B, T, C)


def feed_forward_of(config: ModelConfig) -> FeedForward | SwiGLU:
    """The feed-forward layers that a configuration asks for."""
    return SwiGLU(config) if config.feed_forward == "swiglu" else FeedForward(config)
