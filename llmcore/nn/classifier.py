"""A decoder with a classification head (Raschka, chapter 6)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from llmcore.config import TRAINABLE
from llmcore.errors import LabError
from llmcore.nn.lora import adapter_parameters, has_lora
from llmcore.nn.model import GPT, INIT_STD

if TYPE_CHECKING:
    from typing_extensions import TypeIs

FROZEN_BELOW = ("head", "last-block", "probe")  # nothing learns below these parts


class SequenceClassifier(nn.Module):
    """In a causal trunk only the last token has seen the whole text, so the head reads its state
    alone. If the trunk sees to both sides (`ModelConfig.causal` is off), every token has, and
    the head reads the mean of all states, as LLM2Vec does (BehnamGhader et al. 2024).

    With `reads_layers` it reads every layer instead, from the embedding to the last block: the
    mean, maximum and minimum over the tokens of each channel (a linear probe: Alain and Bengio
    2016; of all layers, as ELMo's readers have it: Peters et al. 2018).

    Padding is on the right, and no true token ever sees it.
    """

    def __init__(
        self,
        trunk: GPT,
        n_classes: int,
        generator: torch.Generator | None = None,
        reads_layers: bool = False,
    ) -> None:
        super().__init__()
        self.trunk, self.reads_layers = trunk, reads_layers
        width = trunk.config.n_read(reads_layers)
        self.classifier_head = nn.utils.skip_init(nn.Linear, width, n_classes)
        self._mode = "all"
        with torch.no_grad():
            generator = generator or torch.Generator().manual_seed(0)
            # A probe is solved from zero, and has no random beginning that matters.
            spread = 0.0 if reads_layers else INIT_STD
            self.classifier_head.weight.normal_(0.0, spread, generator=generator)
            self.classifier_head.bias.zero_()
        # The language head stays unused, so it must not ask for gradients when untied.
        if not trunk.config.tied_head:
            trunk.head.requires_grad_(False)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """ids (B, T) padded on the right, lengths (B,) >= 1 -> logits (B, K)."""
        return self.from_block(self.trunk.embed(ids), lengths)

    def from_block(
        self, x: Tensor, lengths: Tensor | None = None, first: int = 0, below: Sequence[Tensor] = ()
    ) -> Tensor:
        """What enters block `first` (B, T, C) -> logits (B, K). No lengths: no padding. below:
        what a head that reads every layer has `read` of those below it, (B, 3 C) each."""
        if self.reads_layers:
            return self.classifier_head(self._layers(x, lengths, first, below))
        visible = None if lengths is None else self._visible(x.size(1), lengths)
        hidden = self.trunk.through_blocks(x, first=first, visible=visible)
        return self.decided(self.trunk.finish(hidden), lengths)

    def read(self, x: Tensor) -> Tensor:
        """What a head that reads every layer takes of one, without padding: (B, T, C) ->
        (B, 3 C)."""
        return _pooled(x, None)

    def _layers(
        self, x: Tensor, lengths: Tensor | None, first: int = 0, below: Sequence[Tensor] = ()
    ) -> Tensor:
        """What enters block `first` (B, T, C) -> mean, maximum and minimum over the tokens of
        the residual stream before the first block and after each one: (B, 3 (L + 1) C).

        Each state is normalised first, since the stream grows from block to block."""
        visible = None if lengths is None else self._visible(x.size(1), lengths)
        read = [*below, _pooled(x, lengths)]
        for layer in range(first, self.trunk.config.n_layers):
            x = self.trunk.through_blocks(x, first=layer, end=layer + 1, visible=visible)
            read.append(_pooled(x, lengths))
        return torch.cat(read, dim=-1)

    def decided(self, hidden: Tensor, lengths: Tensor | None = None) -> Tensor:
        """The trunk's last states (B, T, C) -> logits (B, K). No lengths: no padding."""
        return self.classifier_head(self.summary(hidden, lengths))

    def summary(self, hidden: Tensor, lengths: Tensor | None = None) -> Tensor:
        """What the head reads of each text: (B, T, C) -> (B, C). No lengths: no padding."""
        if lengths is None:
            return hidden[:, -1] if self.trunk.config.causal else hidden.mean(1)
        if self.trunk.config.causal:
            return _last(hidden, lengths)
        true = _true_tokens(hidden.size(1), lengths).unsqueeze(-1)  # (B, T, 1)
        return (hidden * true).sum(1) / lengths.unsqueeze(-1)

    def _visible(self, length: int, lengths: Tensor) -> Tensor | None:
        """(B, 1, 1, T): the true tokens, where attention would reach the padding."""
        if self.trunk.config.causal:
            return None
        return _true_tokens(length, lengths)[:, None, None, :]

    # The same in two parts, cut where learning begins. What is below the cut is in eval mode
    # and never changes, so its outcome can be kept from one epoch to the next:
    # learning_part(frozen_part(ids, lengths), lengths) == forward(ids, lengths).

    @property
    def has_frozen_part(self) -> bool:
        """Whether any layer below those that learn is frozen. With LoRA, all of them learn."""
        return self._mode in FROZEN_BELOW

    def frozen_part(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """ids (B, T) padded on the right -> what the learning part reads.

        `head`, `probe`: what the head reads (B, C) or (B, 3 (L + 1) C). `last-block`: the
        residual stream that enters the last block (B, T, C). Needs `has_frozen_part`.
        """
        assert self.has_frozen_part, "set_trainable('head') or ('last-block') comes first"
        x, visible = self.trunk.embed(ids), self._visible(ids.size(1), lengths)
        if self.reads_layers:
            return self._layers(x, lengths)
        if self._mode == "last-block":
            return self.trunk.through_blocks(x, end=-1, visible=visible)
        hidden = self.trunk.finish(self.trunk.through_blocks(x, visible=visible))
        return self.summary(hidden, lengths)

    def learning_part(self, features: Tensor, lengths: Tensor) -> Tensor:
        """What `frozen_part` gave, and lengths (B,) -> logits (B, K)."""
        if self._mode == "last-block":
            visible = self._visible(features.size(1), lengths)
            hidden = self.trunk.through_blocks(features, first=-1, visible=visible)
            features = self.summary(self.trunk.finish(hidden), lengths)
        return self.classifier_head(features)  # (B, C) -> (B, K)

    def feature_shape(self, length: int) -> tuple[int, ...]:
        """What the learning part reads of one text of `length` tokens: (C,), (T, C) or, of a
        probe, (3 (L + 1) C,)."""
        C = self.trunk.config.d_model
        return (length, C) if self._mode == "last-block" else (self.classifier_head.in_features,)

    def set_trainable(self, mode: str) -> None:
        """`head`: the new layer alone; `probe`: the same, but it reads every layer;
        `last-block`: also the last block and the final norm; `lora`: the new layer and what
        `add_lora` put into the trunk; `all`: everything.

        Raises LabError for another word, for `lora` if no LoRA was added, and if `probe`
        and a head that `reads_layers` do not come together."""
        if mode not in TRAINABLE:
            raise LabError(f"{mode!r} is not trainable: choose one of {', '.join(TRAINABLE)}.")
        if (mode == "probe") != self.reads_layers:
            raise LabError("A probe is what reads every layer, and nothing else learns under it.")
        if mode == "lora" and not has_lora(self.trunk):
            raise LabError("The model has no LoRA to train: add_lora(model.trunk) comes first.")
        self._mode = mode
        self.trunk.requires_grad_(mode == "all")
        if mode == "all" and not self.trunk.config.tied_head:
            self.trunk.head.requires_grad_(False)
        for module in self._learning_parts():
            module.requires_grad_(True)
        if mode == "lora":
            for parameter in adapter_parameters(self.trunk):
                parameter.requires_grad_(True)
        self.train(self.training)

    def _learning_parts(self) -> list[nn.Module]:
        parts: list[nn.Module] = [self.classifier_head]
        if self._mode == "last-block":
            parts += [self.trunk.blocks[-1], self.trunk.final_norm]
        return parts

    def train(self, mode: bool = True) -> Self:
        """What is frozen stays in eval mode: no dropout below the layers that learn."""
        super().train(mode)
        if mode and self.has_frozen_part:
            self.trunk.eval()
            for module in self._learning_parts():
                module.train()
        return self


def _pooled(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Mean, maximum and minimum over the true tokens, normalised: (B, T, C) -> (B, 3 C)."""
    x = F.layer_norm(x, x.shape[-1:])
    if lengths is None:
        return torch.cat([x.mean(1), x.amax(1), x.amin(1)], dim=-1)
    true = _true_tokens(x.size(1), lengths).unsqueeze(-1)  # (B, T, 1)
    mean = (x * true).sum(1) / lengths.unsqueeze(-1)
    highest, lowest = x.masked_fill(~true, -torch.inf), x.masked_fill(~true, torch.inf)
    return torch.cat([mean, highest.amax(1), lowest.amin(1)], dim=-1)


def _true_tokens(length: int, lengths: Tensor) -> Tensor:
    """(B, T), False at padding: lengths (B,) of texts in rows of `length` tokens."""
    return torch.arange(length, device=lengths.device) < lengths[:, None]


def _last(hidden: Tensor, lengths: Tensor) -> Tensor:
    """The state of each text's last true token: (B, T, C), lengths (B,) -> (B, C)."""
    return hidden[torch.arange(len(hidden), device=hidden.device), lengths - 1]


def trunk_of(model: GPT | SequenceClassifier) -> GPT:
    """The transformer without a classifier's head."""
    return model.trunk if is_classifier(model) else model


def is_classifier(model: GPT | SequenceClassifier) -> "TypeIs[SequenceClassifier]":
    # By what it has: a cached model outlives the class of a module that was imported again.
    return hasattr(model, "classifier_head")
