"""How one number of a step arises from the numbers before it, as arithmetic with real numbers.

Everything is worked out here again, in float64, from the step's inputs and the model's weights, so
that a cell of a heatmap can be checked by hand. `tests/interpret/test_walk.py` compares all steps.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from llmcore.interpret.walk import BlockTape, Walk
from llmcore.interpret.walk_block import joined_heads, normed_heads, split_heads
from llmcore.interpret.walk_parts import is_layer_norm
from llmcore.nn.classifier import is_classifier, trunk_of

if TYPE_CHECKING:
    from torch import nn

    from llmcore.nn.classifier import SequenceClassifier
    from llmcore.nn.model import GPT
    from llmcore.nn.norms import Norm

N_PRODUCTS = 3  # of a long sum, the largest that are written out


@dataclass(slots=True, frozen=True)
class Arithmetic:
    """value: the number, worked out again. latex: the sum that gives it."""

    value: float
    latex: str


@dataclass(slots=True, frozen=True)
class Cell:
    """A cell: row (a token), column (a channel, key token, token of the vocabulary or class)."""

    row: int
    column: int
    head: int = 0
    panel: int = 0


def cell_arithmetic(
    model: "GPT | SequenceClassifier",
    passed: Walk,
    tape: BlockTape,
    layer: int,
    step: str,
    place: Cell,
) -> Arithmetic | None:
    """The arithmetic of one cell; None for a step that is no sum of others, such as the ids."""
    makers: dict[str, Callable[[_Scene, Cell], Arithmetic | None]] = {
        "token_part": _looked_up,
        "position_part": _looked_up_position,
        "embedding": lambda s, p: _sum(s.passed.token_part, s.passed.position_part, p),
        "attention_in": lambda s, p: _norm(s.block.attention_norm, s.enters, p),
        "qkv": lambda s, p: _linear(s.block.attention.qkv, s.tape["attention_in"], p),
        "heads": _cut,
        "qk_norm": _normed,
        "rotation": _turned,
        "scores": _score,
        "mask": _masked,
        "weights": lambda s, p: _softmax(s.tape["scores"][p.head, p.row, : s.seen(p)], p.column),
        "head_outputs": _mixed,
        "joined": _joined,
        "attention_out": lambda s, p: _linear(
            s.block.attention.output, joined_heads(s.tape["head_outputs"]), p
        ),
        "residual_middle": lambda s, p: _sum(s.enters, s.tape["attention_out"], p),
        "feed_forward_in": lambda s, p: _norm(
            s.block.feed_forward_norm, s.tape["residual_middle"], p
        ),
        "before": _widened,
        "after": _activated,
        "feed_forward_out": lambda s, p: _linear(s.block.feed_forward.down, s.tape["after"], p),
        "residual_out": lambda s, p: _sum(s.tape["residual_middle"], s.tape["feed_forward_out"], p),
        "final_out": lambda s, p: _norm(s.trunk.final_norm, s.passed.streams[-1], p),
        "logits": _logit,
        "probabilities": lambda s, p: _softmax(s.passed.logits[p.row], p.column),
    }
    maker = makers.get(step)
    return None if maker is None else maker(_Scene(model, passed, tape, layer), place)


class _Scene:
    """What all the sums are made from."""

    def __init__(
        self, model: "GPT | SequenceClassifier", passed: Walk, tape: BlockTape, layer: int
    ) -> None:
        self.model, self.passed, self.tape = model, passed, tape
        self.trunk = trunk_of(model)
        self.block = self.trunk.blocks[layer]
        self.enters = passed.streams[layer]

    def seen(self, place: Cell) -> int:
        """How many tokens the one in this row sees."""
        return place.row + 1 if self.trunk.config.causal else self.passed.n_tokens


def number(value: float) -> str:
    """LaTeX of a number with three decimals, or with an exponent if those would be zeros.

    >>> number(-1.5), number(0.000012)
    ('-1.500', '1.20 \\\\cdot 10^{-5}')
    """
    if value != value or math.isinf(value):
        return r"-\infty" if value < 0 else r"\infty"
    if value == 0.0 or 0.001 <= abs(value) < 1e5:
        return f"{value:.3f}"
    mantissa, exponent = f"{value:.2e}".split("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}"


def _in_brackets(value: float) -> str:
    return number(value) if value >= 0 else f"({number(value)})"


def _looked_up(scene: _Scene, place: Cell) -> Arithmetic:
    id = scene.passed.ids[place.row]
    value = float(scene.trunk.token_embedding.weight[id, place.column])
    return Arithmetic(value, rf"E_{{{id},\,{place.column}}} = {number(value)}")


def _looked_up_position(scene: _Scene, place: Cell) -> Arithmetic:
    value = float(scene.trunk.position_embedding.weight[place.row, place.column])
    return Arithmetic(value, rf"P_{{{place.row},\,{place.column}}} = {number(value)}")


def _sum(a: np.ndarray, b: np.ndarray | None, place: Cell) -> Arithmetic:
    first = float(a[place.row, place.column])
    if b is None:
        return Arithmetic(first, number(first))
    second = float(b[place.row, place.column])
    value = first + second
    return Arithmetic(value, rf"{number(first)} + {_in_brackets(second)} = {number(value)}")


def _norm(norm: "Norm", reads: np.ndarray, place: Cell) -> Arithmetic:
    x = reads[place.row].astype(np.float64)  # (C,)
    gain = float(norm.weight[place.column])
    own = x[place.column]
    eps = norm.eps
    if not is_layer_norm(norm):
        size = math.sqrt(float((x**2).mean()) + eps)
        value = own / size * gain
        latex = rf"\frac{{{number(own)}}}{{{number(size)}}} \cdot {_in_brackets(gain)}"
        return Arithmetic(value, rf"{latex} = {number(value)}")
    mean, spread = float(x.mean()), math.sqrt(float(x.var()) + eps)
    shift = float(norm.bias[place.column]) if norm.bias is not None else 0.0
    value = (own - mean) / spread * gain + shift
    latex = (
        rf"\frac{{{number(own)} - {_in_brackets(mean)}}}{{{number(spread)}}} \cdot "
        rf"{_in_brackets(gain)} + {_in_brackets(shift)} = {number(value)}"
    )
    return Arithmetic(value, latex)


def _linear(linear: "nn.Linear", reads: np.ndarray, place: Cell) -> Arithmetic:
    weight = linear.weight[place.column].detach().double().cpu().numpy()  # (in,)
    bias = None if linear.bias is None else float(linear.bias[place.column])
    return _dot(reads[place.row].astype(np.float64), weight, bias)


def _dot(x: np.ndarray, weight: np.ndarray, bias: float | None) -> Arithmetic:
    """A sum of products, the largest of them written out."""
    products = x * weight
    value = float(products.sum()) + (bias or 0.0)
    largest = np.argsort(-np.abs(products), kind="stable")[:N_PRODUCTS]
    first = " + ".join(rf"{_in_brackets(x[c])} \cdot {_in_brackets(weight[c])}" for c in largest)
    second = ""
    if rest := len(x) - len(largest):
        others = float(products.sum() - products[largest].sum())
        second += rf" + \underbrace{{{_in_brackets(others)}}}_{{{rest}\text{{ more products}}}}"
    if bias is not None:
        second += rf" + \underbrace{{{_in_brackets(bias)}}}_{{b}}"
    # Two lines: one is wider than a column of the page.
    latex = rf"\begin{{aligned}} & {first} \\ & {second} = {number(value)} \end{{aligned}}"
    return Arithmetic(value, latex)


def _cut(scene: _Scene, place: Cell) -> Arithmetic:
    """Which column of q | k | v it was."""
    H, H_kv, D = len(scene.tape["q"]), len(scene.tape["k"]), scene.tape["q"].shape[2]
    before = (0, H, H + H_kv)[place.panel]
    own = place.head * (H if place.panel == 0 else H_kv) // H
    column = (before + own) * D + place.column
    value = float(scene.tape["qkv"][place.row, column])
    return Arithmetic(
        value, rf"\text{{column }} {column} \text{{ of }} q\,|\,k\,|\,v: \quad {number(value)}"
    )


def shared_head(tape: BlockTape, head: int) -> int:
    """Which head of keys and values a query head uses."""
    return head * len(tape["k"]) // len(tape["q"])


def _score(scene: _Scene, place: Cell) -> Arithmetic:
    q = scene.tape["q"][place.head, place.row].astype(np.float64)  # (D,)
    k = scene.tape["k"][shared_head(scene.tape, place.head), place.column].astype(np.float64)
    total, root = float((q * k).sum()), math.sqrt(len(q))
    value = total / root
    return Arithmetic(
        value, rf"\frac{{q \cdot k}}{{\sqrt{{{len(q)}}}}} = "
        rf"\frac{{{number(total)}}}{{{number(root)}}} = {number(value)}",
    )  # fmt: skip


def _masked(scene: _Scene, place: Cell) -> Arithmetic:
    causal = scene.trunk.config.causal
    if causal and place.column > place.row:
        return Arithmetic(-math.inf, r"j > i \;\Rightarrow\; -\infty")
    value = float(scene.tape["scores"][place.head, place.row, place.column])
    because = r"j \le i \;\Rightarrow\; " if causal else ""
    return Arithmetic(value, f"{because}{number(value)}")


def _softmax(scores: np.ndarray, column: int) -> Arithmetic:
    """Share of one of the scores (n,); a column beyond them is masked."""
    exact = scores.astype(np.float64)
    total = np.exp(exact - exact.max()).sum()
    if column >= len(exact):
        return Arithmetic(0.0, r"e^{-\infty} = 0")
    top = math.exp(exact[column] - exact.max())
    value = float(top / total)
    # Both sides are divided by e to the largest score: the share is the same and nothing overflows.
    latex = (
        rf"\frac{{e^{{{number(exact[column])} - {_in_brackets(exact.max())}}}}}"
        rf"{{\sum_j e^{{z_j - {_in_brackets(exact.max())}}}}} = "
        rf"\frac{{{number(top)}}}{{{number(total)}}} = {number(value)}"
    )
    return Arithmetic(value, latex)


def _mixed(scene: _Scene, place: Cell) -> Arithmetic:
    seen = scene.seen(place)
    weights = scene.tape["weights"][place.head, place.row, :seen].astype(np.float64)
    values = scene.tape["v"][shared_head(scene.tape, place.head), :seen, place.column]
    return _dot(weights, values.astype(np.float64), None)


def _joined(scene: _Scene, place: Cell) -> Arithmetic:
    outputs = scene.tape["head_outputs"]
    head, channel = divmod(place.column, outputs.shape[2])
    value = float(outputs[head, place.row, channel])
    return Arithmetic(
        value, rf"\text{{head }} {head} \text{{, channel }} {channel}: \quad {number(value)}"
    )


def _widened(scene: _Scene, place: Cell) -> Arithmetic:
    """The second panel of a SwiGLU is the other half of the matrix's columns."""
    column = place.column + place.panel * scene.tape["before"].shape[1]
    return _linear(
        scene.block.feed_forward.up, scene.tape["feed_forward_in"], Cell(place.row, column)
    )


def _activated(scene: _Scene, place: Cell) -> Arithmetic:
    g = float(scene.tape["before"][place.row, place.column])
    if "value" in scene.tape:
        u = float(scene.tape["value"][place.row, place.column])
        silu = g / (1 + math.exp(-g)) if g > -700 else 0.0
        value = silu * u
        return Arithmetic(
            value, rf"\mathrm{{SiLU}}({number(g)}) \cdot {_in_brackets(u)} = "
            rf"{number(silu)} \cdot {_in_brackets(u)} = {number(value)}",
        )  # fmt: skip
    value = 0.5 * g * (1 + math.tanh(math.sqrt(2 / math.pi) * (g + 0.044715 * g**3)))
    return Arithmetic(value, rf"\mathrm{{GELU}}({number(g)}) = {number(value)}")


def _own_head(scene: _Scene, place: Cell) -> int:
    """Of queries (the first panel) the head itself, of keys the one that it shares."""
    return place.head if place.panel == 0 else shared_head(scene.tape, place.head)


def _normed(scene: _Scene, place: Cell) -> Arithmetic:
    """A query's or a key's own norm over the channels of its head."""
    parts = split_heads(scene.tape["qkv"], len(scene.tape["q"]), len(scene.tape["k"]))
    attention = scene.block.attention
    norm = attention.q_norm if place.panel == 0 else attention.k_norm
    return _norm(norm, parts[place.panel][_own_head(scene, place)], place)


def _turned(scene: _Scene, place: Cell) -> Arithmetic:
    """RoPE: the pair (c, c + D/2) of channels as a point in a plane, turned about the origin."""
    from llmcore.nn.positions import rotary_angles

    D = scene.tape["q"].shape[2]
    H, H_kv = len(scene.tape["q"]), len(scene.tape["k"])
    q, k, _ = split_heads(scene.tape["qkv"], H, H_kv)
    rows = normed_heads(scene.block, q, k)[place.panel]
    x = rows[_own_head(scene, place), place.row].astype(np.float64)  # (D,)
    c = place.column % (D // 2)
    angle = float(rotary_angles(torch.tensor([place.row]), scene.trunk.config)[0, c])
    first, second = float(x[c]), float(x[c + D // 2])
    is_first = place.column < D // 2
    a, b, sign = (first, second, "-") if is_first else (second, first, "+")
    value = a * math.cos(angle) + (-b if is_first else b) * math.sin(angle)
    latex = rf"{number(a)} \cdot \cos({angle:.3f}) {sign} {_in_brackets(b)} \cdot \sin({angle:.3f})"
    return Arithmetic(value, rf"{latex} = {number(value)}")


def _logit(scene: _Scene, place: Cell) -> Arithmetic:
    if scene.passed.classes is not None:
        model = scene.model
        assert is_classifier(model), "classes are those of a classifier"
        read = model.summary(torch.tensor(scene.passed.final)[None]).numpy()  # (1, C)
        return _linear(model.classifier_head, read, Cell(0, place.column))
    return _linear(scene.trunk.head, scene.passed.final, place)
