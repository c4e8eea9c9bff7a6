"""What the steps of a forward pass are made of: panels of numbers, formulas, names of norms."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from torch import nn

from llmcore.interpret.walk_source import Source
from llmcore.nn.norms import Norm

if TYPE_CHECKING:
    from typing_extensions import TypeIs


@dataclass(slots=True, frozen=True)
class Panel:
    """One tensor. axes: a name for each of its axes, such as `("head", "token", "channel")`.

    shares: whether its numbers are shares from 0 to 1; others have a sign.
    """

    symbol: str
    values: np.ndarray
    axes: tuple[str, ...]
    shares: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape

    def of_head(self, head: int, n_heads: int) -> np.ndarray:
        """(T, D) or (T, T) of a query head; with grouped queries several share keys and values
        (Ainslie et al. 2023), and the whole if the tensor has no heads."""
        if self.axes[0] != "head":
            return self.values
        return self.values[head * len(self.values) // n_heads]


@dataclass(slots=True, frozen=True)
class WalkStep:
    """One step. name: used in the address. group: `input`, `attention`, `feed_forward` (both
    within a block) or `output`. reads: symbol and shape of what goes in. formula: LaTeX. in_words:
    the formula in a plain sentence.
    """

    name: str
    group: str
    title: str
    meaning: str
    in_words: str
    formula: str
    reads: tuple[tuple[str, tuple[int, ...]], ...]
    panels: tuple[Panel, ...]
    source: Source

    @property
    def label(self) -> str:
        """The title in two or three words, for a map."""
        return _LABELS.get(self.name, self.title)

    @property
    def has_heads(self) -> bool:
        return any(panel.axes[0] == "head" for panel in self.panels)


_LABELS = {
    "position_part": "Position emb.", "token_part": "Token emb.", "embedding": "Residual stream",
    "qkv": "Q, K, V", "heads": "Heads", "qk_norm": "Norm Q, K",
    "rotation": "Rotate Q, K", "scores": "Scores",
    "mask": "Mask", "weights": "Softmax", "head_outputs": "Mix values", "joined": "Join heads",
    "attention_out": "Project", "residual_middle": "Add", "residual_out": "Add",
    "before": "Widen", "feed_forward_out": "Narrow", "final_out": "Last norm",
}  # fmt: skip


TOKENS_BY_CHANNELS = ("token", "channel")


def sized(symbol: str, *sizes: int) -> str:
    """LaTeX: a symbol and the space that it is in, `E \\in \\mathbb{R}^{50257 \\times 768}`."""
    space = r" \times ".join(map(str, sizes))
    return rf"{symbol} \in \mathbb{{R}}^{{{space}}}"


def norm_formula(norm: Norm, reads: str, gives: str) -> str:
    """LaTeX of LayerNorm (Ba et al. 2016) or RMSNorm (Zhang & Sennrich 2019), asked of the module.

    Statistics are over the C channels of each token by itself.
    """
    weight, C = r"\gamma", norm.weight.numel()
    if is_layer_norm(norm):
        return (
            rf"{gives} = \frac{{{reads} - \mu}}{{\sqrt{{\sigma^2 + \epsilon}}}} \odot {weight}"
            r" + \beta, \qquad "
            rf"\mu = \tfrac{{1}}{{{C}}}\sum_c {reads}_c, \quad "
            rf"\sigma^2 = \tfrac{{1}}{{{C}}}\sum_c ({reads}_c - \mu)^2"
        )
    return (
        rf"{gives} = \frac{{{reads}}}{{\sqrt{{\tfrac{{1}}{{{C}}}\sum_c {reads}_c^2 + \epsilon}}}}"
        rf" \odot {weight}"
    )


def norm_in_words(norm: Norm, gives: str) -> str:
    """The sentence to `norm_formula`."""
    if is_layer_norm(norm):
        return (
            f"To get {gives}: subtract the mean μ of the token's numbers, divide by their spread "
            "(the root of the variance σ²; the tiny ε keeps it from being 0), multiply each "
            "channel by its learned gain γ and add its learned β."
        )
    return (
        f"To get {gives}: divide the token's numbers by the root of the mean of their squares (the "
        "tiny ε keeps it from being 0) and multiply each channel by its learned gain γ."
    )


def is_layer_norm(norm: Norm) -> "TypeIs[nn.LayerNorm]":
    """Whether a norm subtracts the mean (LayerNorm), else it is an RMSNorm."""
    return isinstance(norm, nn.LayerNorm)


def norm_name(norm: Norm) -> str:
    return "LayerNorm" if is_layer_norm(norm) else "RMSNorm"


def norm_meaning(norm: Norm, reader: str) -> str:
    scale = (
        "Each token's numbers are shifted to mean 0 and scaled to spread 1"
        if is_layer_norm(norm)
        else "Each token's numbers are scaled to a root mean square of 1"
    )
    return f"{scale}, then each channel has a learned gain, so that {reader} reads a steady size."
