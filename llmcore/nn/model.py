"""A GPT-2-shaped decoder, written to be read (Radford et al. 2019; Raschka, chapter 4).

Four parts can be exchanged for what models of today have, each by a field of ModelConfig:
positions (`llmcore.nn.positions`), norms (`norms`), feed-forward (`feed_forward`) and the number of
heads that keys and values have (`attention`). Without them it is GPT-2.

Shapes: B batch, T time, C channels (d_model), H heads, D head size, V vocabulary (see nn).
Parameters are named after what they are: `token_embedding`, `position_embedding`,
`blocks.3.attention.qkv`, `blocks.3.feed_forward.up`, `final_norm`, `head`.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from llmcore.config import ModelConfig
from llmcore.errors import LabError
from llmcore.nn.attention import CausalSelfAttention, KVCache
from llmcore.nn.dropout import KeyedDropout
from llmcore.nn.feed_forward import feed_forward_of
from llmcore.nn.hooks import HookPoint
from llmcore.nn.loss import cross_entropy
from llmcore.nn.norms import norm_of

INIT_STD = 0.02  # GPT-2's


class Block(nn.Module):
    """Pre-norm: each part reads a normalised copy of the residual stream and adds to it."""

    def __init__(self, config: ModelConfig, layer: int) -> None:
        super().__init__()
        self.attention_norm = norm_of(config)
        self.attention = CausalSelfAttention(config, layer)
        self.feed_forward_norm = norm_of(config)
        self.feed_forward = feed_forward_of(config)
        # All (B, T, C): what each part reads (normalised), what it adds, the stream after it.
        self.attention_in, self.attention_out = HookPoint(), HookPoint()
        self.residual_middle = HookPoint()
        self.feed_forward_in, self.feed_forward_out = HookPoint(), HookPoint()
        self.residual_out = HookPoint()

    def forward(
        self,
        x: Tensor,
        cache: KVCache | None = None,
        visible: Tensor | None = None,
        positions: Tensor | None = None,
    ) -> Tensor:
        normalised = self.attention_in(self.attention_norm(x))
        x = x + self.attention_out(self.attention(normalised, cache, visible, positions))
        x = self.residual_middle(x)
        normalised = self.feed_forward_in(self.feed_forward_norm(x))
        x = x + self.feed_forward_out(self.feed_forward(normalised))
        return self.residual_out(x)


class GPT(nn.Module):
    """Token ids in, a score for every possible next token out, at each position."""

    def __init__(
        self,
        config: ModelConfig,
        generator: torch.Generator | None = None,
        initialise: bool = True,
    ) -> None:
        """Weights are drawn from `generator` (by default one with seed 0), never from torch's
        global stream, so that building a model beside a training thread changes nothing.

        With `initialise=False` they are left as the memory was found, for a file to fill."""
        super().__init__()
        self.config = config
        C = config.d_model
        with torch.device("meta"):  # shapes without numbers: torch's own initialisation is skipped
            self.token_embedding = _embedding(config.vocab_size, C)
            if config.position == "learned":
                self.position_embedding = _embedding(config.context_length, C)
                self.position_part = HookPoint()  # (…, T, C)
            self.dropout = KeyedDropout(config.dropout)
            self.token_part = HookPoint()  # (B, T, C)
            self.embedding = HookPoint()  # (B, T, C), their sum: what enters the first block
            # A ModuleList; for the type checker what is in it.
            self.blocks: Sequence[Block] = nn.ModuleList(  # type: ignore[assignment]
                Block(config, layer) for layer in range(config.n_layers)
            )
            self.final_norm = norm_of(config)
            self.final_out = HookPoint()  # (B, T, C), what the head reads
            self.head = nn.Linear(C, config.vocab_size, bias=False)
        self.to_empty(device="cpu")
        if config.tied_head:
            self.head.weight = self.token_embedding.weight
        if initialise:
            self._initialise(generator or torch.Generator().manual_seed(0))

    @torch.no_grad()
    def _initialise(self, generator: torch.Generator) -> None:
        """Normal with std 0.02; what is added to the residual stream is scaled by 1 / √(2 L),
        since 2 L of them add up (Radford et al. 2019, section 2.3)."""
        for name, parameter in self.named_parameters():
            if parameter.dim() == 1:
                parameter.fill_(1.0 if name.endswith("norm.weight") else 0.0)
                continue
            adds_to_residual = name.endswith(("attention.output.weight", "down.weight"))
            scale = 1 / math.sqrt(2 * self.config.n_layers) if adds_to_residual else 1.0
            parameter.normal_(0.0, INIT_STD * scale, generator=generator)

    def hidden(
        self,
        ids: Tensor,
        cache: KVCache | None = None,
        positions: Tensor | None = None,
        visible: Tensor | None = None,
    ) -> Tensor:
        """The residual stream after the last norm: ids (B, T) -> (B, T, C).

        With a cache, `ids` follow the tokens that it holds. If several texts share a row, or
        rows begin with padding, `positions` (B, T) count again in each text, and `visible`
        (B, 1, T, S) says which keys each token sees. Raises LabError if the sequence is longer
        than the context, and for a cache if the model is not causal.
        """
        if cache is not None and not self.config.causal:
            raise LabError(
                "The model reads a text to both sides, so it cannot continue one: choose a model "
                "that was not finetuned into a classifier."
            )
        x = self.embed(ids, cache.length if cache is not None else 0, positions)
        x = self.through_blocks(x, cache=cache, visible=visible, positions=positions)
        if cache is not None:
            cache.advance(ids.size(1))
        return self.finish(x)

    def embed(self, ids: Tensor, start: int = 0, positions: Tensor | None = None) -> Tensor:
        """What enters the first block: ids (B, T), the first at position `start` -> (B, T, C).

        positions (B, T) places each token by itself instead. With rotary positions the tokens
        enter alone, and attention places them.

        Raises LabError if the sequence is longer than the context.
        """
        T = ids.size(1)
        end = start + T if positions is None else int(positions.max()) + 1
        if end > self.config.context_length:
            raise LabError(
                f"The text has {end} tokens but the model sees at most "
                f"{self.config.context_length}: shorten it or choose a model with a longer context."
            )
        x = self.token_part(self.token_embedding(ids))  # (B, T, C)
        if self.config.position == "learned":
            if positions is None:
                positions = torch.arange(start, start + T, device=ids.device)  # (T,)
            x = x + self.position_part(self.position_embedding(positions))
        return self.embedding(self.dropout(x))

    def through_blocks(
        self,
        x: Tensor,
        first: int = 0,
        end: int | None = None,
        cache: KVCache | None = None,
        visible: Tensor | None = None,
        positions: Tensor | None = None,
    ) -> Tensor:
        """The residual stream (B, T, C) after the blocks `first` up to, not including, `end`.

        Both count like slices, so `through_blocks(through_blocks(x, end=-1), first=-1)` is
        `through_blocks(x)`. positions (B, T) matter to rotary positions alone; without them the
        tokens follow those of the cache.
        """
        for block in list(self.blocks)[first:end]:
            x = block(x, cache, visible, positions)
        return x

    def finish(self, x: Tensor) -> Tensor:
        """What the head reads: the residual stream after the last norm, (B, T, C) -> (B, T, C)."""
        return self.final_out(self.final_norm(x))

    def unembed(self, hidden: Tensor) -> Tensor:
        """(…, C) -> logits (…, V)."""
        return self.head(hidden)

    def forward(self, ids: Tensor, cache: KVCache | None = None) -> Tensor:
        """ids (B, T) -> logits (B, T, V): row t scores what follows token t."""
        return self.unembed(self.hidden(ids, cache))

    def copy_weights_of(self, other: "GPT") -> None:
        """Takes over the weights of a model of the same shape, or of a longer context, whose
        first positions are taken. What a token sees may differ: no weight depends on it. Raises
        LabError if anything else differs."""
        T, own = self.config.context_length, self.config
        cut = other.config.with_(context_length=T, dropout=own.dropout, causal=own.causal)
        if cut != self.config or other.config.context_length < T:
            raise LabError(
                f"The weights are those of a model of another shape ({other.config}, not "
                f"{self.config})."
            )
        self.load_state_dict(
            {
                name: value[:T] if name.startswith("position_embedding") else value
                for name, value in other.state_dict().items()
            }
        )

    def n_parameters(self) -> int:
        """Distinct numbers that are learned; a tied head counts once."""
        return sum(parameter.numel() for parameter in self.parameters())


def _embedding(n_rows: int, C: int) -> nn.Embedding:
    """With its own weight: the initialisation that it would get otherwise costs a second on the
    meta device, where torch loads its compiler for it."""
    return nn.Embedding(n_rows, C, _weight=torch.empty(n_rows, C))


def next_token_loss(model: GPT, ids: Tensor, targets: Tensor) -> Tensor:
    """Mean cross-entropy in nats of `targets` (B, T), which are `ids` (B, T) one token later.

    The logits are never held all at once (`llmcore.nn.loss`)."""
    hidden = model.hidden(ids)  # (B, T, C)
    return cross_entropy(hidden.flatten(0, 1), model.head.weight, targets.flatten())


def check_ids(model: GPT, ids: list[int]) -> None:
    """Raises LabError if the text has tokens that the model does not know."""
    if ids and max(ids) >= model.config.vocab_size:
        raise LabError(
            f"The text has token id {max(ids)} but the model knows {model.config.vocab_size} "
            f"tokens: use the tokenizer that the model was trained with."
        )
