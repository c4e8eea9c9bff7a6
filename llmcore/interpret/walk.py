"""One forward pass, kept so that each of its steps can be looked at.

The pass itself is the fast one, unwatched but for the residual stream: its logits are those that
any other page shows. A block is opened afterwards (`open_block`) by running it once more on the
very stream that entered it, with attention written out; so a model of many blocks costs no more
memory than one of few, and the opened block ends at the stream that the fast pass went on with.

Legend: T tokens, C channels, H heads, H_kv heads of keys and values, D head size, F inner width of
the feed-forward part, L blocks, V vocabulary, K classes. There is one text, so no B.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from llmcore.interpret.attention import text_ids
from llmcore.nn.classifier import is_classifier, trunk_of
from llmcore.nn.hooks import watch

if TYPE_CHECKING:
    from llmcore.nn.classifier import SequenceClassifier
    from llmcore.nn.model import GPT
    from llmcore.tokenizers import Tokenizer

MAX_TOKENS = 64
PROBE = (
    "The head of this classifier reads every layer at once, and the language model beneath it "
    "stands as it was: that one is walked through here."
)
BlockTape = dict[str, np.ndarray]


@dataclass(slots=True, frozen=True)
class Walk:
    """What a forward pass over one text left behind, all float32.

    streams (L + 1, T, C): what enters each block, and what leaves the last one.
    token_part, position_part (T, C): the two embeddings; positions are None if the model has
    no table of them (RoPE turns queries and keys instead).
    final (T, C): the stream after the last norm, which the head reads.
    logits, probabilities: (T, V) of a language model, (1, K) of a classifier, which asks the last
    token alone.
    """

    ids: list[int]
    labels: list[str]
    notice: str | None
    token_part: np.ndarray
    position_part: np.ndarray | None
    streams: np.ndarray
    final: np.ndarray
    logits: np.ndarray
    probabilities: np.ndarray
    classes: list[str] | None

    @property
    def n_tokens(self) -> int:
        return len(self.ids)


def walk(
    model: "GPT | SequenceClassifier",
    tokenizer: "Tokenizer",
    text: str,
    classes: list[str] | None = None,
    max_tokens: int = MAX_TOKENS,
) -> Walk:
    """One forward pass over the last `max_tokens` tokens of `text` (at most the context).

    classes: the labels of a classifier, whose head then takes the place of the language head.
    Of a probe the walk shows the language model. `notice` says so, and if the
    text was cut. Raises LabError for an empty text.
    """
    trunk = trunk_of(model)
    ids, notice = text_ids(trunk, tokenizer, text, max_tokens, taker="the walk takes")
    if is_classifier(model) and model.reads_layers:
        classes, notice = None, f"{notice} {PROBE}" if notice else PROBE
    batch = torch.tensor([ids], device=_device(trunk))
    with watch(trunk, _is_on_the_way) as seen:
        hidden = trunk.hidden(batch)  # (1, T, C)
        if classes is None:
            logits = trunk.unembed(hidden)[0]  # (T, V)
        else:
            assert is_classifier(model), "classes are those of a classifier"
            logits = model.decided(hidden)  # (1, K)
    probabilities = logits.float().softmax(dim=-1)
    blocks = [seen[f"blocks.{layer}.residual_out"] for layer in range(trunk.config.n_layers)]
    return Walk(
        ids=ids,
        labels=[tokenizer.token_label(token_id) for token_id in ids],
        notice=notice,
        token_part=_array(seen["token_part"][0]),
        position_part=_rows(seen.get("position_part"), len(ids)),
        streams=_array(torch.cat([seen["embedding"], *blocks])),
        final=_array(seen["final_out"][0]),
        logits=_array(logits),
        probabilities=_array(probabilities),
        classes=classes,
    )


def open_block(trunk: "GPT", stream: np.ndarray, layer: int) -> BlockTape:
    """All that block `layer` computes of the stream (T, C) that enters it, by short names.

    `attention_in`, `attention_out`, `residual_middle`, `feed_forward_in`, `feed_forward_out`,
    `residual_out` (T, C); `qkv` (T, (H + 2 H_kv) D), what the one matrix gives before it is cut
    into heads; `q` (H, T, D), `k`, `v` (H_kv, T, D), as the scores use them; `scores` (before the
    mask) and `weights` (H, T, T); `head_outputs` (H, T, D); `before` and `after` (T, F).
    """
    block = trunk.blocks[layer]
    x = torch.from_numpy(stream.copy()).to(_device(trunk))[None]  # (1, T, C)
    prefix = f"blocks.{layer}."
    with watch(trunk, lambda name: name.startswith(prefix)) as seen:
        trunk.through_blocks(x, first=layer, end=layer + 1)
        qkv = block.attention.qkv(seen[f"{prefix}attention_in"])
        wide = block.feed_forward.up(seen[f"{prefix}feed_forward_in"])  # (1, T, F or 2 F)
    tape = {name.rpartition(".")[2]: _array(value[0]) for name, value in seen.items()}
    tape["qkv"] = _array(qkv[0])
    if (F := tape["before"].shape[1]) < wide.size(2):
        tape["value"] = _array(wide[0, :, F:])
    return tape


def _is_on_the_way(name: str) -> bool:
    ends = ("token_part", "position_part", "embedding", "final_out")
    return name in ends or name.endswith(".residual_out")


def _device(trunk: "GPT") -> torch.device:
    return next(trunk.parameters()).device


def _array(value: Tensor) -> np.ndarray:
    """Its own float32 copy that nobody can write to: pages share it."""
    array = value.detach().float().cpu().numpy().copy()
    array.setflags(write=False)
    return array


def _rows(value: Tensor | None, n_tokens: int) -> np.ndarray | None:
    """(T, C) of positions, which the model keeps as (T, C) or (1, T, C); None for none."""
    return None if value is None else _array(value.reshape(n_tokens, -1))
