"""Weights of Llama-shaped models between their layouts and ours, by name, every shape checked.

Theirs keep queries, keys and values apart, and the gate apart from the value that it lets through;
ours are rows of one matrix. llama.cpp turns neighbouring channels (2i, 2i + 1) by RoPE where
Hugging Face's Llama and the lab turn (i, i + D / 2), so that a GGUF file of the architectures
`llama` and `smollm3` has the rows of q and k in another order.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from llmcore.config import ModelConfig
from llmcore.errors import DamagedError
from llmcore.nn.model import GPT
from llmcore.nn.weights import check_fit


class Source(Protocol):
    """Tensors by their names in a file: all shapes at once, numbers one by one."""

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]: ...

    def read(self, name: str) -> Tensor: ...


@dataclass(slots=True, frozen=True)
class Layout:
    """What a format calls the parts. block: our name in a block -> theirs, one behind the other."""

    block_prefix: str
    around: Mapping[str, str]
    block: Mapping[str, tuple[str, ...]]
    neighbours_turn: bool = False


HUGGING_FACE = Layout(
    "model.layers.",
    {"token_embedding": "model.embed_tokens", "final_norm": "model.norm", "head": "lm_head"},
    {
        "attention_norm": ("input_layernorm",),
        "attention.qkv": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
        "attention.q_norm": ("self_attn.q_norm",),
        "attention.k_norm": ("self_attn.k_norm",),
        "attention.output": ("self_attn.o_proj",),
        "feed_forward_norm": ("post_attention_layernorm",),
        "feed_forward.up": ("mlp.gate_proj", "mlp.up_proj"),
        "feed_forward.down": ("mlp.down_proj",),
    },
)
GGUF = Layout(
    "blk.",
    {"token_embedding": "token_embd", "final_norm": "output_norm", "head": "output"},
    {
        "attention_norm": ("attn_norm",),
        "attention.qkv": ("attn_q", "attn_k", "attn_v"),
        "attention.q_norm": ("attn_q_norm",),
        "attention.k_norm": ("attn_k_norm",),
        "attention.output": ("attn_output",),
        "feed_forward_norm": ("ffn_norm",),
        "feed_forward.up": ("ffn_gate", "ffn_up"),
        "feed_forward.down": ("ffn_down",),
    },
)


@dataclass(slots=True, frozen=True)
class Part:
    """One of their tensors: the rows of one of ours that it holds, and its heads if those rows
    are queries or keys."""

    theirs: str
    ours: str
    rows: slice
    shape: tuple[int, ...]
    heads: int | None = None


def parts(model: GPT, layout: Layout) -> Iterator[Part]:
    """All of their tensors for a model of ours; a tied head has none of its own."""
    config = model.config
    D, F = config.d_head, config.d_feed_forward
    cuts = {
        "attention.qkv": [config.n_heads * D, config.kv_heads * D, config.kv_heads * D],
        "feed_forward.up": [F, F],
    }
    for ours, parameter in model.named_parameters():
        path, _, kind = ours.rpartition(".")
        if not path.startswith("blocks."):
            theirs = f"{layout.around[path]}.{kind}"
            yield Part(theirs, ours, slice(None), tuple(parameter.shape))
            continue
        _, layer, inner = path.split(".", 2)
        names, start = layout.block[inner], 0
        for name, n_rows in zip(names, cuts.get(inner, [parameter.size(0)]), strict=True):
            heads = {"attn_q": config.n_heads, "attn_k": config.kv_heads}.get(name)
            yield Part(
                f"{layout.block_prefix}{layer}.{name}.{kind}", ours, slice(start, start + n_rows),
                (n_rows, *parameter.shape[1:]), heads if layout.neighbours_turn else None,
            )  # fmt: skip
            start += n_rows


def read_weights(
    config: ModelConfig, source: Source, layout: Layout, where: Path,
    ignored: Callable[[str], bool] = lambda name: False,
) -> GPT:  # fmt: skip
    """The model in fp32 and eval mode. Each tensor is copied into its place as it is read, so that
    no more than one is held twice.

    Raises DamagedError for the first tensor that is missing, unknown or misshapen, before memory
    is taken for more numbers than the file holds.
    """
    shapes = {name: shape for name, shape in source.shapes.items() if not ignored(name)}
    _check_size(config, shapes, where)
    model = GPT(config, initialise=False)
    table = list(parts(model, layout))
    if config.tied_head and (own := f"{layout.around['head']}.weight") in shapes:
        _check_alias(source, own, f"{layout.around['token_embedding']}.weight", where)
        del shapes[own]
    check_fit({part.theirs: part.shape for part in table}, shapes, where)
    parameters = dict(model.named_parameters())
    with torch.no_grad():
        for part in table:
            value = source.read(part.theirs)
            value = value if part.heads is None else halves_turn(value, part.heads)
            parameters[part.ours][part.rows].copy_(value)
    return model.eval().requires_grad_(False)


def halves_turn(rows: Tensor, n_heads: int) -> Tensor:
    """Rows of q or k (H D, …) in the order in which channels i and i + D / 2 are a pair."""
    pairs = rows.unflatten(0, (n_heads, -1, 2))  # (H, D / 2, 2, …)
    return pairs.transpose(1, 2).reshape(rows.shape)


def _check_size(config: ModelConfig, shapes: Mapping[str, tuple[int, ...]], where: Path) -> None:
    found = sum(torch.Size(shape).numel() for shape in shapes.values())
    if found < config.n_parameters():
        raise DamagedError(
            f"The weights in {where} are {found:,} numbers, but its settings describe a model of "
            f"{config.n_parameters():,}."
        )


def _check_alias(source: Source, head: str, embedding: str, where: Path) -> None:
    """A head that is called tied may still be in the file, if it is equal."""
    if embedding in source.shapes and not torch.equal(source.read(head), source.read(embedding)):
        raise DamagedError(
            f"{head!r} in {where} is not the token embedding, though its settings say that they "
            f"are tied: set tie_word_embeddings to false in its config.json."
        )
