"""Causal self-attention (Vaswani et al. 2017, section 3.2; Raschka, chapter 3)."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from llmcore.config import ModelConfig
from llmcore.nn.dropout import KeyedDropout
from llmcore.nn.hooks import HookPoint


def plain_attention_weights(q: Tensor, k: Tensor) -> Tensor:
    """softmax(q kᵀ / √D) with each token blind to later ones.

    q (B, H, T, D), k (B, H, S, D) -> (B, H, T, S), S >= T: the last T keys are the queries' own.
    Rows sum to one.
    """
    T, S = q.size(-2), k.size(-2)
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))  # (B, H, T, S)
    visible = torch.ones(T, S, dtype=torch.bool, device=q.device).tril(diagonal=S - T)
    return scores.masked_fill(~visible, -math.inf).softmax(dim=-1)


def plain_attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The formula as it stands in the paper: weights times values, (B, H, T, D)."""
    return plain_attention_weights(q, k) @ v


def fast_attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The same numbers from torch's fused kernel, which never holds all weights."""
    T, S = q.size(-2), k.size(-2)
    if S == T or T == 1:  # one query sees every key: no mask at all
        return F.scaled_dot_product_attention(q, k, v, is_causal=T > 1)
    visible = torch.ones(T, S, dtype=torch.bool, device=q.device).tril(diagonal=S - T)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=visible)


class CausalSelfAttention(nn.Module):
    """Several heads side by side, each of which mixes earlier values into the present token."""

    def __init__(self, config: ModelConfig, layer: int) -> None:
        super().__init__()
        self.n_heads, self.d_head = config.n_heads, config.d_head
        self.layer = layer
        self.qkv = nn.Linear(config.d_model, 3 * config.d_model)
        self.output = nn.Linear(config.d_model, config.d_model)
        self.dropout = KeyedDropout(config.dropout)
        self.weights = HookPoint()  # (B, H, T, S)
        self.head_outputs = HookPoint()  # (B, H, T, D)

    def forward(self, x: Tensor, cache: "KVCache | None" = None) -> Tensor:
        """(B, T, C) -> (B, T, C); with a cache, x are the newest T tokens."""
        B, T, C = x.shape
        qkv = self.qkv(x).view(B, T, 3, self.n_heads, self.d_head)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (B, H, T, D)
        if cache is not None:
            k, v = cache.extend(self.layer, k, v)  # (B, H, S, D)
        if self.weights.is_watched:
            y = self.weights(plain_attention_weights(q, k)) @ v
        else:
            y = fast_attention(q, k, v)
        y = self.head_outputs(y)
        y = y.transpose(1, 2).reshape(B, T, C)  # heads side by side again
        return self.dropout(self.output(y))


class KVCache:
    """Keys and values of the tokens seen so far, so that a new token costs one row.

    Holds at most context_length tokens; `length` are filled.
    """

    def __init__(
        self,
        config: ModelConfig,
        batch_size: int = 1,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        shape = (config.n_layers, 2, batch_size, config.n_heads, config.context_length)
        self._store = torch.empty(*shape, config.d_head, device=device, dtype=dtype)
        self.capacity = config.context_length
        self.length = 0

    def extend(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Adds a layer's new keys and values (B, H, T, D) and returns all of them (B, H, S, D).

        `length` moves once a whole forward pass is over (`advance`)."""
        end = self.length + k.size(-2)
        assert end <= self.capacity, "the model checks the length before it attends"
        keys, values = self._store[layer]
        keys[..., self.length : end, :] = k
        values[..., self.length : end, :] = v
        return keys[..., :end, :], values[..., :end, :]

    def advance(self, n_tokens: int) -> None:
        self.length += n_tokens

    @property
    def n_bytes(self) -> int:
        """Memory that is set aside for a full context."""
        return self._store.numel() * self._store.element_size()

    @property
    def filled_bytes(self) -> int:
        """Memory of the tokens that are in it now."""
        return self.n_bytes // self.capacity * self.length
