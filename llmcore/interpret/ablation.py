"""Parts of a model switched off: what a prediction loses without them.

A part's output is replaced, either by zero or by its mean over a test text (mean ablation, Wang
et al. 2022, section 3.1), and the model runs on. This measures what the rest of the model does
without the part. It is not what the attention weights show: a head may look hard at a token and
change nothing, or be made up for by a later one (self-repair, McGrath et al. 2023).
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from llmcore.config import ModelConfig
from llmcore.errors import LabError
from llmcore.nn.hooks import Change, change, watch
from llmcore.nn.model import GPT

if TYPE_CHECKING:
    from llmcore.models import Loaded

HEAD, MLP, LAYER = "head", "mlp", "layer"
_NAME = re.compile(r"L(\d{1,3})(?:H(\d{1,3})| ?(MLP))?", re.ASCII)
_PASS_BYTES = 96 << 20  # of the layers' outputs that are held at once when parts are ranked


@dataclass(slots=True, frozen=True, order=True)
class Part:
    """What can be switched off: one head, the MLP of a layer, or all that a layer adds."""

    layer: int
    what: str
    head: int = -1

    @property
    def name(self) -> str:
        """`L2H1`, `L2MLP` or `L2`."""
        return f"L{self.layer}" + {HEAD: f"H{self.head}", MLP: "MLP", LAYER: ""}[self.what]

    @classmethod
    def parse(cls, name: str, config: ModelConfig) -> "Part":
        """The part of a name. Raises LabError if the model has none of that name.

        >>> Part.parse("L2H1", ModelConfig()).head
        1
        """
        found = _NAME.fullmatch(name.strip())
        if found is None:
            raise LabError(f"{name[:20]!r} names no part: write L2H1, L2MLP or L2.")
        layer, head = int(found[1]), int(found[2] or 0)
        if layer >= config.n_layers or head >= config.n_heads:
            raise LabError(
                f"There is no {found[0]}: the model has layers 0 to {config.n_layers - 1} and "
                f"heads 0 to {config.n_heads - 1}."
            )
        if found[2]:
            return cls(layer, HEAD, head)
        return cls(layer, MLP if found[3] else LAYER)


@dataclass(slots=True, frozen=True)
class Means:
    """Mean outputs over a test text: heads (L, H, D), attention and mlp (L, C)."""

    heads: Tensor
    attention: Tensor
    mlp: Tensor


def mean_outputs(model: GPT, ids: Tensor) -> Means:
    """What each part gives on average over texts and positions of ids (B, T)."""
    points = {"heads": "attention.head_outputs", "attention": "attention_out",
              "mlp": "feed_forward_out"}  # fmt: skip
    layers = range(model.config.n_layers)
    with watch(model, [f"blocks.{i}.{point}" for i in layers for point in points.values()]) as seen:
        model.hidden(ids)
    means = {}
    for kind, point in points.items():
        axes = (0, 2) if kind == "heads" else (0, 1)  # (B, H, T, D) or (B, T, C)
        means[kind] = torch.stack([seen[f"blocks.{i}.{point}"].float().mean(axes) for i in layers])
    return Means(**means)


@contextmanager
def switched_off(model: GPT, parts: Collection[Part], means: Means | None = None) -> Iterator[None]:
    """Without these parts in forward passes of this thread inside the block: zero in their place,
    or their mean. Without any, nothing is touched and every number stays the same bit for bit."""
    with change(model, _changes(parts, means)) if parts else nullcontext():
        yield


def _changes(parts: Collection[Part], means: Means | None) -> dict[str, Change]:
    changes: dict[str, Change] = {}
    for layer in sorted({part.layer for part in parts}):
        own = [part for part in parts if part.layer == layer]
        whole = any(part.what == LAYER for part in own)
        heads = sorted(part.head for part in own if part.what == HEAD)
        prefix = f"blocks.{layer}"
        if whole:
            fill = None if means is None else means.attention[layer]
            changes[f"{prefix}.attention_out"] = _filled(fill)
        elif heads:
            fill = None if means is None else means.heads[layer]
            changes[f"{prefix}.attention.head_outputs"] = _heads_filled(heads, fill)
        if whole or any(part.what == MLP for part in own):
            fill = None if means is None else means.mlp[layer]
            changes[f"{prefix}.feed_forward_out"] = _filled(fill)
    return changes


def _filled(fill: Tensor | None) -> Change:
    def replace(value: Tensor) -> Tensor:  # (B, T, C)
        if fill is None:
            return torch.zeros_like(value)
        return fill.to(value).expand_as(value)

    return replace


def _heads_filled(heads: Sequence[int], fill: Tensor | None) -> Change:
    def replace(value: Tensor) -> Tensor:  # (B, H, T, D)
        value = value.clone()
        value[:, heads] = 0.0 if fill is None else fill[heads][None, :, None, :].to(value)
        return value

    return replace


# ---- what a prediction becomes


@dataclass(slots=True, frozen=True)
class Prediction:
    """What a model says of a text: probabilities (V,) of the next token and losses (T-1,) of the
    text's own tokens in nats; of a classifier its class probabilities (K,), and no losses."""

    probabilities: np.ndarray
    losses: np.ndarray

    @property
    def loss(self) -> float | None:
        """Mean nats a token; None for a single token."""
        return float(self.losses.mean()) if len(self.losses) else None


@torch.no_grad()
def outcome(
    loaded: "Loaded", ids: Sequence[int], parts: Collection[Part] = (), means: Means | None = None
) -> Prediction:
    """What the model says of one text without `parts`."""
    trunk = loaded.trunk
    row = torch.tensor([list(ids)], device=next(trunk.parameters()).device)
    with switched_off(trunk, parts, means):
        read = _read(loaded, trunk.embed(row))  # (1, T, C) or (1, K)
    if loaded.labels is not None:
        return Prediction(read[0].float().softmax(-1).cpu().numpy(), np.zeros(0))
    hidden = read
    losses = token_losses(trunk, hidden, row)[0]
    last = trunk.unembed(hidden[0, -1]).float()[: loaded.tokenizer.vocab_size]
    return Prediction(last.softmax(-1).cpu().numpy(), losses.cpu().numpy())


def token_losses(model: GPT, hidden: Tensor, ids: Tensor) -> Tensor:
    """Nats of each token behind the first: hidden (B, T, C), ids (B, T) -> (B, T-1)."""
    losses = []
    for states, row in zip(hidden, ids, strict=True):  # a row at a time: logits are (T, V)
        logits = model.unembed(states[:-1]).float()
        losses.append(F.cross_entropy(logits, row[1:], reduction="none"))
    return torch.stack(losses)


@torch.no_grad()
def mean_loss(
    model: GPT, ids: Tensor, parts: Collection[Part] = (), means: Means | None = None
) -> float:
    """Mean nats a token over texts (B, T) without `parts`."""
    with switched_off(model, parts, means):
        hidden = model.hidden(ids)
    return float(token_losses(model, hidden, ids).mean())


# ---- all parts, one after the other


@dataclass(slots=True, frozen=True)
class Ranking:
    """What each part alone is worth: how much the loss rises (nats) when it is switched off.

    heads (L, H), mlp (L,); baseline: the loss with all of them. For a classifier the loss is
    -log p of the class that the whole model chose.
    """

    heads: np.ndarray
    mlp: np.ndarray
    baseline: float

    def best(self) -> list[tuple[Part, float]]:
        """All parts, the one that matters most first."""
        found = [
            (Part(layer, HEAD, head), float(value))
            for (layer, head), value in np.ndenumerate(self.heads)
        ]
        found += [(Part(layer, MLP), float(value)) for layer, value in enumerate(self.mlp)]
        return sorted(found, key=lambda pair: -pair[1])


@torch.no_grad()
def rank_parts(
    loaded: "Loaded",
    ids: Tensor,
    means: Means | None = None,
    reported: Callable[[int, int], object] = lambda done, of: None,
    max_bytes: int = _PASS_BYTES,
) -> Ranking:
    """Each head and each MLP off in turn, on texts (B, T).

    All variants of a layer run side by side as one batch, and only from that layer on: what is
    below is the same for all of them. `reported(done, of)` is called with the number of parts, as
    they are done.
    """
    trunk = loaded.trunk
    n_layers, n_heads = trunk.config.n_layers, trunk.config.n_heads
    position_bytes = 4 * sum(width for _, width in trunk.config.linear_shapes().values())
    stream = trunk.embed(ids)  # (B, T, C), what enters the layer
    measure = _measure(loaded, ids)
    below: list[Tensor] = []  # what a head that reads every layer took of those below
    baseline = float(measure(_read(loaded, stream), 1)[0])
    heads, mlp = np.zeros((n_layers, n_heads)), np.zeros(n_layers)
    for layer in range(n_layers):
        parts = [Part(layer, HEAD, head) for head in range(n_heads)] + [Part(layer, MLP)]
        side_by_side = max(1, max_bytes // (ids.numel() * position_bytes))
        for first in range(0, len(parts), side_by_side):
            some = parts[first : first + side_by_side]
            losses = _losses(loaded, stream, below, some, means, measure)
            for part, loss in zip(some, losses, strict=True):
                if part.what == HEAD:
                    heads[layer, part.head] = loss - baseline
                else:
                    mlp[layer] = loss - baseline
            reported(layer * len(parts) + first + len(some), n_layers * len(parts))
        if loaded.labels is not None and loaded.classifier.reads_layers:
            below.append(loaded.classifier.read(stream))
        stream = trunk.through_blocks(stream, first=layer, end=layer + 1)
    return Ranking(heads, mlp, baseline)


def _read(loaded: "Loaded", stream: Tensor, first: int = 0, below: Sequence[Tensor] = ()) -> Tensor:
    """What enters block `first` (B, T, C) -> the last states of a language model (B, T, C), or
    the logits of a classifier (B, K)."""
    if loaded.labels is not None:
        return loaded.classifier.from_block(stream, first=first, below=below)
    return loaded.trunk.finish(loaded.trunk.through_blocks(stream, first=first))


def _losses(
    loaded: "Loaded",
    stream: Tensor,
    below: Sequence[Tensor],
    parts: Sequence[Part],
    means: Means | None,
    measure: Callable[[Tensor, int], Tensor],
) -> list[float]:
    """The loss without each of `parts`, all of one layer; stream (B, T, C) is what enters it."""
    layer, n = parts[0].layer, len(parts)
    points = {point for part in parts for point in _changes([part], means)}
    copied = [ids.repeat(n, 1) for ids in below]
    with change(loaded.trunk, {point: _each_its_own(parts, means, point) for point in points}):
        read = _read(loaded, stream.repeat(n, 1, 1), layer, copied)  # (n·B, …)
    return measure(read, n).tolist()


def _each_its_own(parts: Sequence[Part], means: Means | None, point: str) -> Change:
    """Each copy of the texts gets the change of its own part, or none at this point."""
    functions = [_changes([part], means).get(point) for part in parts]

    def replace(value: Tensor) -> Tensor:  # (n·B, …)
        copies = value.chunk(len(parts))
        return torch.cat(
            [copy if f is None else f(copy) for f, copy in zip(functions, copies, strict=True)]
        )

    return replace


def _measure(loaded: "Loaded", ids: Tensor) -> Callable[[Tensor, int], Tensor]:
    """What `_read` gives of n variants, (n·B, …) -> their losses (n,)."""
    trunk = loaded.trunk
    if loaded.labels is None:
        return lambda hidden, n: torch.stack(
            [token_losses(trunk, states, ids).mean() for states in hidden.chunk(n)]
        )
    decided = _read(loaded, trunk.embed(ids)).argmax(-1)  # (B,)

    def measure(logits: Tensor, n: int) -> Tensor:
        losses = F.cross_entropy(logits.float(), decided.repeat(n), reduction="none")
        return losses.view(n, -1).mean(-1)

    return measure
