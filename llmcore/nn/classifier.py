"""A decoder with a classification head (Raschka, chapter 6)."""

from typing import Self

import torch
from torch import Tensor, nn

from llmcore.config import TRAINABLE
from llmcore.errors import LabError
from llmcore.nn.lora import adapter_parameters, has_lora
from llmcore.nn.model import GPT, INIT_STD

FROZEN_BELOW = ("head", "last-block")  # nothing learns below these parts


class SequenceClassifier(nn.Module):
    """In a causal trunk only the last token has seen the whole text, so the head reads its state
    alone. Where the trunk sees to both sides (`ModelConfig.causal` is off), every token has, and
    the head reads the mean of all states, as LLM2Vec does (BehnamGhader et al. 2024).

    Padding stands on the right, and no true token ever sees it.
    """

    def __init__(
        self, trunk: GPT, n_classes: int, generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        self.trunk = trunk
        self.classifier_head = nn.utils.skip_init(nn.Linear, trunk.config.d_model, n_classes)
        self._mode = "all"
        with torch.no_grad():
            generator = generator or torch.Generator().manual_seed(0)
            self.classifier_head.weight.normal_(0.0, INIT_STD, generator=generator)
            self.classifier_head.bias.zero_()
        # The language head stays unused, so it must not ask for gradients when untied.
        if not trunk.config.tied_head:
            trunk.head.requires_grad_(False)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """ids (B, T) padded on the right, lengths (B,) >= 1 -> logits (B, K)."""
        visible = self._visible(ids.size(1), lengths)
        return self.decided(self.trunk.hidden(ids, visible=visible), lengths)

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

    # The same in two parts, cut where learning begins. What lies below the cut is in eval mode
    # and never changes, so its outcome can be kept from one epoch to the next:
    # learning_part(frozen_part(ids, lengths), lengths) == forward(ids, lengths).

    @property
    def has_frozen_part(self) -> bool:
        """Whether any layer stands still below those that learn. With LoRA, all of them learn."""
        return self._mode in FROZEN_BELOW

    def frozen_part(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """ids (B, T) padded on the right -> what the learning part reads.

        `head`: what the head reads (B, C). `last-block`: the residual stream that enters the
        last block (B, T, C). Needs `has_frozen_part`.
        """
        assert self.has_frozen_part, "set_trainable('head') or ('last-block') comes first"
        x, visible = self.trunk.embed(ids), self._visible(ids.size(1), lengths)
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
        """What the learning part reads of one text of `length` tokens: (C,) or (T, C)."""
        C = self.trunk.config.d_model
        return (C,) if self._mode == "head" else (length, C)

    def set_trainable(self, mode: str) -> None:
        """`head`: the new layer alone; `last-block`: also the last block and the final norm;
        `lora`: the new layer and what `add_lora` put into the trunk; `all`: everything.

        Raises LabError for another word, and for `lora` where no LoRA was added."""
        if mode not in TRAINABLE:
            raise LabError(f"{mode!r} is not trainable: choose one of {', '.join(TRAINABLE)}.")
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


def _true_tokens(length: int, lengths: Tensor) -> Tensor:
    """(B, T), False at padding: lengths (B,) of texts that stand in rows of `length` tokens."""
    return torch.arange(length, device=lengths.device) < lengths[:, None]


def _last(hidden: Tensor, lengths: Tensor) -> Tensor:
    """The state of each text's last true token: (B, T, C), lengths (B,) -> (B, C)."""
    return hidden[torch.arange(len(hidden), device=hidden.device), lengths - 1]
