"""A decoder with a classification head on the last token's state (Raschka, chapter 6)."""

from typing import Self

import torch
from torch import Tensor, nn

from llmcore.errors import LabError
from llmcore.nn.model import GPT, INIT_STD

TRAINABLE = ("head", "last-block", "all")


class SequenceClassifier(nn.Module):
    """Only the last token has seen the whole text, so the head reads its state alone.

    Padding stands on the right: attention looks left only, so it never reaches a true token.
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
        hidden = self.trunk.hidden(ids)  # (B, T, C)
        rows = torch.arange(len(ids), device=ids.device)
        return self.classifier_head(hidden[rows, lengths - 1])  # (B, C) -> (B, K)

    def set_trainable(self, mode: str) -> None:
        """`head`: the new layer alone; `last-block`: also the last block and the final norm;
        `all`: everything. Raises LabError for another word."""
        if mode not in TRAINABLE:
            raise LabError(f"{mode!r} is not trainable: choose one of {', '.join(TRAINABLE)}.")
        self._mode = mode
        self.trunk.requires_grad_(mode == "all")
        if mode == "all" and not self.trunk.config.tied_head:
            self.trunk.head.requires_grad_(False)
        for module in self._learning_parts():
            module.requires_grad_(True)
        self.train(self.training)

    def _learning_parts(self) -> list[nn.Module]:
        parts: list[nn.Module] = [self.classifier_head]
        if self._mode == "last-block":
            parts += [self.trunk.blocks[-1], self.trunk.final_norm]
        return parts

    def train(self, mode: bool = True) -> Self:
        """What is frozen stays in eval mode: no dropout below the layers that learn."""
        super().train(mode)
        if mode and self._mode != "all":
            self.trunk.eval()
            for module in self._learning_parts():
                module.train()
        return self
