"""Causal self-attention (Vaswani et al. 2017, section 3.2; Raschka, chapter 3).

Keys and values may have fewer heads than queries: in grouped-query attention (Ainslie et al. 2023,
"GQA: Training Generalized Multi-Query Transformer Models") every group of query heads shares one
head of keys and values, and the cache holds only those, H_kv instead of H.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from llmcore.config import ModelConfig
from llmcore.nn.dropout import KeyedDropout
from llmcore.nn.hooks import HookPoint
from llmcore.nn.norms import RMSNorm
from llmcore.nn.positions import RotaryPositions, is_turned


def causal_mask(n_queries: int, n_keys: int, device: torch.device | str = "cpu") -> Tensor:
    """(T, S), True if a query may look: the last T of S keys are the queries' own tokens."""
    visible = torch.ones(n_queries, n_keys, dtype=torch.bool, device=device)
    return visible.tril(diagonal=n_keys - n_queries)


def plain_attention_weights(q: Tensor, k: Tensor, visible: Tensor | None = None) -> Tensor:
    """softmax(q kᵀ / √D) with each token blind to later ones.

    q (B, H, T, D), k (B, H, S, D) -> (B, H, T, S), S >= T: the last T keys are the queries' own.
    Rows sum to one. visible (B, 1, T, S) says instead which keys each query sees; at least one.
    """
    return masked_softmax(attention_scores(q, k), visible)


def attention_scores(q: Tensor, k: Tensor) -> Tensor:
    """q kᵀ / √D, before any mask: (B, H, T, D), (B, H, S, D) -> (B, H, T, S)."""
    return q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))


def masked_softmax(scores: Tensor, visible: Tensor | None = None) -> Tensor:
    """Scores (B, H, T, S) to weights that sum to one over the keys that a query sees."""
    if visible is None:
        visible = causal_mask(scores.size(-2), scores.size(-1), scores.device)
    return scores.masked_fill(~visible, -math.inf).softmax(dim=-1)


def plain_attention(q: Tensor, k: Tensor, v: Tensor, visible: Tensor | None = None) -> Tensor:
    """The formula as in the paper: weights times values, (B, H, T, D)."""
    return plain_attention_weights(q, k, visible) @ v


def fast_attention(q: Tensor, k: Tensor, v: Tensor, visible: Tensor | None = None) -> Tensor:
    """The same numbers from torch's fused kernel, which never holds all weights."""
    T, S = q.size(-2), k.size(-2)
    if visible is not None:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=visible)
    if S == T or T == 1:  # one query sees every key: no mask at all
        return F.scaled_dot_product_attention(q, k, v, is_causal=T > 1)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=causal_mask(T, S, q.device))


def shared_by_groups(x: Tensor, n_heads: int) -> Tensor:
    """Keys or values (B, H_kv, S, D) as (B, H, S, D): head h of H reads head h // (H / H_kv)."""
    return x if x.size(1) == n_heads else x.repeat_interleave(n_heads // x.size(1), dim=1)


class CausalSelfAttention(nn.Module):
    """Several heads side by side, each of which mixes earlier values into the present token; those
    of the whole text if the config says `causal=False`."""

    def __init__(self, config: ModelConfig, layer: int) -> None:
        super().__init__()
        self.n_heads, self.kv_heads, self.d_head = config.n_heads, config.kv_heads, config.d_head
        self.layer, self.causal = layer, config.causal
        biases = config.attention_bias
        self.qkv = nn.Linear(config.d_model, config.d_qkv, bias=biases != "none")
        self.output = nn.Linear(config.d_heads, config.d_model, bias=biases == "all")
        if config.qk_norm:
            self.q_norm = RMSNorm(config.d_head, config.norm_eps)
            self.k_norm = RMSNorm(config.d_head, config.norm_eps)
        self.qk_norm = config.qk_norm
        self.dropout = KeyedDropout(config.dropout)
        self.rotary = RotaryPositions(config) if is_turned(config, layer) else None
        # (B, H, T, D) and twice (B, H_kv, T, D); q and k as they are scored, so after any turn
        self.q, self.k, self.v = HookPoint(), HookPoint(), HookPoint()
        self.scores = HookPoint()  # (B, H, T, S), before the mask
        self.weights = HookPoint()  # (B, H, T, S)
        self.head_outputs = HookPoint()  # (B, H, T, D)

    def forward(
        self,
        x: Tensor,
        cache: "KVCache | None" = None,
        visible: Tensor | None = None,
        positions: Tensor | None = None,
    ) -> Tensor:
        """(B, T, C) -> (B, T, C); with a cache, x are the newest T tokens.

        visible (B, 1, T, S): which keys each query sees, if not all the earlier ones; T
        may be 1 if all queries see the same.
        positions (T,) or (B, T): where rotary positions take the tokens to be, by default
        behind those of the cache."""
        return self.dropout(self.output(self.mixed(self.qkv(x), cache, visible, positions)))

    def mixed(
        self,
        qkv: Tensor,
        cache: "KVCache | None" = None,
        visible: Tensor | None = None,
        positions: Tensor | None = None,
        last_only: bool = False,
    ) -> Tensor:
        """What the heads read, side by side: queries, keys and values (B, T, (H + 2 H_kv) D) ->
        (B, T, H D), before `output`. last_only: for the last token alone, (B, 1, H D)."""
        B, T, _ = qkv.shape
        if visible is None and not self.causal:
            visible = torch.ones(1, 1, T, T, dtype=torch.bool, device=qkv.device)
        H, kv = self.n_heads, self.kv_heads
        qkv = qkv.view(B, T, H + 2 * kv, self.d_head).transpose(1, 2)
        q, k, v = qkv.split([H, kv, kv], dim=1)  # (B, H, T, D), twice (B, H_kv, T, D)
        if self.qk_norm:
            q, k = self.q_norm(q), self.k_norm(k)
        if self.rotary is not None:
            if positions is None:
                start = cache.length if cache is not None else 0
                positions = torch.arange(start, start + T, device=qkv.device)  # (T,)
            q, k = self.rotary(q, positions), self.rotary(k, positions)
        q, k, v = self.q(q), self.k(k), self.v(v)
        if cache is not None:
            k, v = cache.extend(self.layer, k, v)  # (B, H_kv, S, D), keys already turned
        k, v = shared_by_groups(k, H), shared_by_groups(v, H)  # (B, H, S, D)
        if last_only:
            q = q[:, :, -1:]  # sees every key
            visible = None
        if self.weights.is_watched or self.scores.is_watched:
            y = self.weights(masked_softmax(self.scores(attention_scores(q, k)), visible)) @ v
        else:
            y = fast_attention(q, k, v, visible)
        y = self.head_outputs(y)
        return y.transpose(1, 2).flatten(2)  # heads side by side again


class KVCache:
    """Keys and values of the tokens seen so far, so that a new token costs one row.

    Holds at most `capacity` tokens (context_length by default); `length` are filled. Memory is
    set aside as the text grows, twice as much each time: a context of 8,192 tokens costs nothing
    as long as nobody fills it.
    """

    FIRST = 256  # tokens that memory is set aside for at first

    def __init__(
        self,
        config: ModelConfig,
        batch_size: int = 1,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        capacity: int | None = None,
    ) -> None:
        self.capacity = capacity or config.context_length
        shape = (config.n_layers, 2, batch_size, config.kv_heads, min(self.FIRST, self.capacity))
        self._store = torch.empty(*shape, config.d_head, device=device, dtype=dtype)
        self.length = 0

    def extend(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Adds a layer's new keys and values (B, H_kv, T, D), returns all (B, H_kv, S, D).

        `length` moves once a whole forward pass is over (`advance`)."""
        keys, values = self.room_for(k.size(-2))[layer]
        end = self.length + k.size(-2)
        keys[..., self.length : end, :] = k
        values[..., self.length : end, :] = v
        return keys[..., :end, :], values[..., :end, :]

    def room_for(self, n_new: int) -> Tensor:
        """All keys and values, (L, 2, B, H_kv, room, D), with room for `n_new` more tokens."""
        end = self.length + n_new
        assert end <= self.capacity, "the model checks the length before it attends"
        if end > self._store.size(-2):
            self._grow(end)
        return self._store

    def _grow(self, n_tokens: int) -> None:
        """Room for at least `n_tokens`; what is filled is copied."""
        room = min(self.capacity, max(n_tokens, 2 * self._store.size(-2)))
        *outer, _, D = self._store.shape
        larger = self._store.new_empty(*outer, room, D)
        larger[..., : self.length, :] = self._store[..., : self.length, :]
        self._store = larger

    def advance(self, n_tokens: int) -> None:
        self.length += n_tokens

    @property
    def n_bytes(self) -> int:
        """Memory that is set aside now."""
        return self._store.numel() * self._store.element_size()

    @property
    def bytes_per_token(self) -> int:
        """Of a token of each row: a key and a value in every layer."""
        return self.n_bytes // self._store.size(-2)

    @property
    def full_bytes(self) -> int:
        """Memory of a cache that holds all the tokens it may."""
        return self.bytes_per_token * self.capacity

    @property
    def filled_bytes(self) -> int:
        """Memory of the tokens that are in it now."""
        return self.bytes_per_token * self.length

    def keep(self, rows: Tensor) -> None:
        """Goes on with some rows of the batch only: numbers (B',) of those to keep."""
        self._store = self._store[:, :, rows]
