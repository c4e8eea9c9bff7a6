"""The steps of one transformer block: what it reads of the residual stream and adds to it."""

from typing import TYPE_CHECKING

import numpy as np
import torch

from llmcore.interpret.walk import BlockTape, Walk
from llmcore.interpret.walk_parts import (
    TOKENS_BY_CHANNELS,
    Panel,
    WalkStep,
    norm_formula,
    norm_in_words,
    norm_meaning,
    norm_name,
    sized,
)
from llmcore.interpret.walk_source import source_of
from llmcore.nn.attention import attention_scores, masked_softmax
from llmcore.nn.positions import is_turned

if TYPE_CHECKING:
    from llmcore.nn.model import GPT, Block
    from llmcore.nn.norms import Norm

HEADS = ("head", "token", "channel")
LOOKS = ("head", "token", "key token")
MASK = (
    "A token must not see what comes after it, or predicting the next token would be copying. "
    "Scores above the diagonal become minus infinity."
)
NO_MASK = (
    "This model was finetuned to sort texts and predicts no next token, so every token may see the "
    "whole text, what comes after it too: the scores stay as they are."
)


def block_steps(trunk: "GPT", passed: Walk, tape: BlockTape, layer: int) -> list[WalkStep]:
    """Of block `layer`, from what it reads of the stream to the stream that it leaves."""
    block = trunk.blocks[layer]
    enters = passed.streams[layer]
    return [
        _norm(block, block.attention_norm, "attention_in", enters, tape),
        _projection(block, tape),
        *_heads(trunk, block, tape, layer),
        *_looking(tape, trunk.config.causal),
        *_mixing(block, tape, trunk.config.causal),
        _added(block, "residual_middle", enters, tape["attention_out"], tape),
        _norm(block, block.feed_forward_norm, "feed_forward_in", tape["residual_middle"], tape),
        *_feed_forward(block, tape),
        _added(block, "residual_out", tape["residual_middle"], tape["feed_forward_out"], tape),
    ]


def _norm(block: "Block", norm: "Norm", name: str, reads: np.ndarray, tape: BlockTape) -> WalkStep:
    group = name.removesuffix("_in")
    reader = "attention" if group == "attention" else "the feed-forward part"
    return WalkStep(
        name, group, norm_name(norm), norm_meaning(norm, reader), norm_in_words(norm, "n"),
        norm_formula(norm, "x", "n"), (("x", reads.shape),),
        (Panel("n", tape[name], TOKENS_BY_CHANNELS),),
        source_of(type(block).forward, f"self.{name}("),
    )  # fmt: skip


def _projection(block: "Block", tape: BlockTape) -> WalkStep:
    n, width = tape["attention_in"], tape["qkv"].shape[1]
    biased = block.attention.qkv.bias is not None
    return WalkStep(
        "qkv", "attention", "Queries, keys and values",
        "One matrix makes three vectors of each token: a **query** (what it looks for), a **key** "
        "(what it offers to be found by) and a **value** (what it hands over).",
        f"Multiply what the norm gave by one wide matrix{', add a bias' if biased else ''}, and "
        f"cut the result into three parts: q, k and v.",
        rf"[\,q \;|\; k \;|\; v\,] = n\, W_{{qkv}}{' + b' if biased else ''}, \qquad "
        + sized("W_{qkv}", n.shape[1], width),
        (("n", n.shape),), (Panel("q | k | v", tape["qkv"], TOKENS_BY_CHANNELS),),
        source_of(type(block.attention).forward, "self.qkv("),
    )  # fmt: skip


def split_heads(qkv: np.ndarray, n_heads: int, n_kv_heads: int) -> tuple[np.ndarray, ...]:
    """(T, (H + 2 H_kv) D) -> q (H, T, D), k and v (H_kv, T, D): the columns, cut and regrouped."""
    T, width = qkv.shape
    D = width // (n_heads + 2 * n_kv_heads)
    ends = [n_heads * D, (n_heads + n_kv_heads) * D]
    return tuple(part.reshape(T, -1, D).transpose(1, 0, 2) for part in np.split(qkv, ends, axis=1))


def normed_heads(block: "Block", q: np.ndarray, k: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """q (H, T, D) and k (H_kv, T, D) through the norms that the block may have for them."""
    attention = block.attention
    if not attention.qk_norm:
        return q, k
    norms = (attention.q_norm, attention.k_norm)
    with torch.no_grad():
        first, second = (
            norm(torch.tensor(projected)).numpy()
            for norm, projected in zip(norms, (q, k), strict=True)
        )
    return first, second


def _heads(trunk: "GPT", block: "Block", tape: BlockTape, layer: int) -> list[WalkStep]:
    H, H_kv, D = len(tape["q"]), len(tape["k"]), tape["q"].shape[2]
    q, k, v = split_heads(tape["qkv"], H, H_kv)
    shared = (
        ""
        if H_kv == H
        else f" Here {H // H_kv} query heads share each head of keys and values (grouped-query "
        f"attention, Ainslie et al. 2023), so the KV cache is {H // H_kv} times smaller."
    )
    forward = type(block.attention).forward
    cut = WalkStep(
        "heads", "attention", "Cut into heads",
        f"The same numbers, regrouped: {D} columns of each part are one **head**. Heads work side "
        f"by side, each with its own small queries, keys and values.{shared}",
        f"Head h takes the {D} columns of q from {D} times h on; keys and values are cut alike.",
        rf"q^{{(h)}} = q_{{[{D}h \,:\, {D}(h+1)]}}, \qquad "
        + (rf"D = {D}" if trunk.config.head_size else rf"D = C / H = {H * D} / {H} = {D}"),
        (("q | k | v", tape["qkv"].shape),),
        (Panel("q", q, HEADS), Panel("k", k, HEADS), Panel("v", v, HEADS)),
        source_of(forward, "self.q(", "permute(", "split("),
    )  # fmt: skip
    found = [cut]
    if block.attention.qk_norm:
        raw = (("q", q.shape), ("k", k.shape))
        q, k = normed_heads(block, q, k)
        found.append(_normed_heads(block, raw, q, k))
    if is_turned(trunk.config, layer):
        found.append(_turned(block, q, k, tape))
    return found


def _normed_heads(
    block: "Block", reads: tuple[tuple[str, tuple[int, ...]], ...], q: np.ndarray, k: np.ndarray
) -> WalkStep:
    norm = block.attention.q_norm
    return WalkStep(
        "qk_norm", "attention", "Norms of queries and keys",
        "Each query and each key is scaled to a root mean square of 1, and each channel has a "
        "learned gain, so that no head's scores grow without bound.",
        norm_in_words(norm, "q̂") + " Keys have a gain of their own.",
        norm_formula(norm, "q", r"\hat q"), reads,
        (Panel("q normed", q, HEADS), Panel("k normed", k, HEADS)),
        source_of(type(block.attention).mixed, "self.q_norm("),
    )  # fmt: skip


def _turned(block: "Block", q: np.ndarray, k: np.ndarray, tape: BlockTape) -> WalkStep:
    return WalkStep(
        "rotation", "attention", "Positions: turn queries and keys",
        "Each pair of channels is turned by an angle that grows with the token's place. The dot "
        "product of two turned vectors depends on their distance only (RoPE).",
        "Turn the query of place t by t's angles and the key of place s by s's angles: in their "
        "dot product only the distance between s and t is left.",
        r"\tilde q_t = R(t)\, q_t, \quad \tilde k_s = R(s)\, k_s \;\Rightarrow\; "
        r"\tilde q_t \cdot \tilde k_s = q_t \cdot R(s - t)\, k_s",
        (("q", q.shape), ("k", k.shape)),
        (Panel("q turned", tape["q"], HEADS), Panel("k turned", tape["k"], HEADS)),
        source_of(type(block.attention).forward, "self.q("),
    )  # fmt: skip


def _looking(tape: BlockTape, causal: bool) -> list[WalkStep]:
    q, k, scores = tape["q"], tape["k"], tape["scores"]
    D, T = q.shape[2], q.shape[1]
    later = np.triu(np.ones((T, T), dtype=bool), k=1) & causal
    return [
        WalkStep(
            "scores", "attention", "Attention scores",
            "How well does the query of one token (row) fit the key of another (column)? The "
            "better they fit, the higher the score.",
            f"The score of tokens i and j: multiply the {D} pairs of numbers of query i and key j, "
            f"add up, and divide by the root of {D}, so that wide heads do not give larger scores.",
            rf"s_{{ij}} = \frac{{q_i \cdot k_j}}{{\sqrt{{D}}}} = \frac{{1}}{{\sqrt{{{D}}}}}"
            rf"\sum_{{c=0}}^{{{D - 1}}} q_{{ic}}\, k_{{jc}}",
            (("q", q.shape), ("k", k.shape)), (Panel("s", scores, LOOKS),),
            source_of(attention_scores),
        ),
        WalkStep(
            "mask", "attention", "Causal mask" if causal else "No mask",
            MASK if causal else NO_MASK,
            "The score stays where token j is i itself or stands before it; else it is minus "
            "infinity."
            if causal
            else "Every score stays as it is.",
            r"m_{ij} = \begin{cases} s_{ij} & j \le i \\ -\infty & j > i \end{cases}"
            if causal
            else r"m_{ij} = s_{ij}",
            (("s", scores.shape),),
            (Panel("m", np.where(later, -np.inf, scores).astype(np.float32), LOOKS),),
            source_of(masked_softmax, "causal_mask(", "masked_fill("),
        ),
        WalkStep(
            "weights", "attention", "Softmax: attention weights",
            "Each row of scores becomes shares that sum to one: how much of each token that it "
            "sees this token takes. Minus infinity becomes exactly 0.",
            "The weight that token i gives to token j: e to the power of their score, divided by "
            "the sum of the same over the whole row.",
            r"a_{ij} = \frac{e^{m_{ij}}}{\sum_{j'} e^{m_{ij'}}}",
            (("m", scores.shape),), (Panel("a", tape["weights"], LOOKS, shares=True),),
            source_of(masked_softmax, ".softmax("),
        ),
    ]  # fmt: skip


def _mixing(block: "Block", tape: BlockTape, causal: bool) -> list[WalkStep]:
    a, v, o = tape["weights"], tape["v"], tape["head_outputs"]
    joined = joined_heads(o)
    forward, C = type(block.attention).forward, tape["attention_out"].shape[1]
    biased = block.attention.output.bias is not None
    return [
        WalkStep(
            "head_outputs", "attention", "Weighted sum of values",
            "Each head gives each token a mixture of the values of the tokens it looks at, in the "
            "proportions of the weights.",
            "Multiply the value of each token that token i sees by its weight, and add them up.",
            (r"o_i = \sum_{j \le i} a_{ij}\, v_j" if causal else r"o_i = \sum_j a_{ij}\, v_j"),
            (("a", a.shape), ("v", v.shape)), (Panel("o", o, HEADS),),
            source_of(forward, "self.weights(", "fast_attention("),
        ),
        WalkStep(
            "joined", "attention", "Heads joined",
            "What the heads found is laid side by side again, one head after the other.",
            f"The row of token t: what its {len(o)} heads gave, from head 0 to head {len(o) - 1}, "
            f"one behind the other.",
            rf"c_t = [\,o_t^{{(0)}} \;|\; \dots \;|\; o_t^{{({len(o) - 1})}}\,]",
            (("o", o.shape),), (Panel("c", joined, TOKENS_BY_CHANNELS),),
            source_of(forward, "reshape(B, T", "transpose(1, 2)"),
        ),
        WalkStep(
            "attention_out", "attention", "Output projection",
            "A matrix mixes what the heads found and writes it in the channels of the residual "
            "stream.",
            "Multiply the joined row of each token by the matrix of the output"
            + (" and add a bias." if biased else "."),
            rf"u_t = c_t W_o{' + b_o' if biased else ''}, \qquad "
            + sized("W_o", joined.shape[1], C),
            (("c", joined.shape),), (Panel("u", tape["attention_out"], TOKENS_BY_CHANNELS),),
            source_of(forward, "self.output("),
        ),
    ]  # fmt: skip


def joined_heads(head_outputs: np.ndarray) -> np.ndarray:
    """(H, T, D) -> (T, H D), head after head."""
    H, T, D = head_outputs.shape
    return head_outputs.transpose(1, 0, 2).reshape(T, H * D)


def _added(
    block: "Block", name: str, stream: np.ndarray, part: np.ndarray, tape: BlockTape
) -> WalkStep:
    attention = name == "residual_middle"
    symbol, who = ("u", "attention") if attention else ("w", "the feed-forward part")
    return WalkStep(
        name, "attention" if attention else "feed_forward", "Added to the residual stream",
        f"What {who} found is added to the stream, not put in its place: the token keeps what it "
        f"knew, and all later layers can still read it.",
        f"The new x is the old x plus {symbol}, channel by channel.",
        rf"x \leftarrow x + {symbol}", (("x", stream.shape), (symbol, part.shape)),
        (Panel("x", tape[name], TOKENS_BY_CHANNELS),),
        source_of(type(block).forward, "self.attention_out(" if attention
                  else "self.feed_forward_out("),
    )  # fmt: skip


def _feed_forward(block: "Block", tape: BlockTape) -> list[WalkStep]:
    n, before, after = tape["feed_forward_in"], tape["before"], tape["after"]
    layers = block.feed_forward
    forward = type(layers).forward
    inner = ("token", "hidden channel")
    C, F = n.shape[1], after.shape[1]
    widen, bend = _gelu(C, F), _GELU
    reads: tuple[tuple[str, tuple[int, ...]], ...] = (("g", before.shape),)
    panels: list[Panel] = []
    if "value" in tape:
        widen, bend = _gated(C, F), _SWIGLU
        reads = (*reads, ("u", tape["value"].shape))
        panels = [Panel("u", tape["value"], inner)]
    return [
        WalkStep(
            "before", "feed_forward", *widen, (("n", n.shape),),
            (Panel("g", before, inner), *panels),
            source_of(forward, "self.up("),
        ),
        WalkStep(
            "after", "feed_forward", *bend, reads, (Panel("f", after, inner),),
            source_of(forward, "F.gelu(", "F.silu(", "self.after("),
        ),
        WalkStep(
            "feed_forward_out", "feed_forward", "Feed-forward: narrow",
            "A second matrix writes the answers back in the channels of the residual stream.",
            f"Multiply the {F:,} numbers of each token by a matrix that gives {C:,}"
            + ("." if layers.down.bias is None else ", and add a bias."),
            r"w = f\, W_{down}" + ("" if layers.down.bias is None else " + b_{down}")
            + rf", \qquad {sized('W_{down}', F, C)}",
            (("f", after.shape),),
            (Panel("w", tape["feed_forward_out"], TOKENS_BY_CHANNELS),),
            source_of(forward, "self.down("),
        ),
    ]  # fmt: skip


# Title, meaning, sentence and formula of the two steps that differ. GELU: Hendrycks & Gimpel 2016,
# by tanh as in GPT-2; SwiGLU: Shazeer 2020.
_GELU = (
    "GELU",
    "Negative answers are nearly switched off, positive ones pass. Without this bend, two "
    "matrices in a row would be no more than one.",
    "Multiply each number g by a share between 0 and 1 that grows with g itself (the tanh makes "
    "it): about 0 where g is far below 0, about 1 where it is far above.",
    r"f = \mathrm{GELU}(g) = \tfrac{g}{2}\left(1 + \tanh\left[\sqrt{2/\pi}\,"
    r"(g + 0.044715\, g^3)\right]\right)",
)
_SWIGLU = (
    "SwiGLU",
    "The gate, bent by SiLU, says channel by channel how much of the other half goes on. Without "
    "a bend, two matrices in a row would be no more than one.",
    "Bend each number of the gate g (SiLU: g times a share between 0 and 1 that grows with g) and "
    "multiply it by the number of u in the same channel.",
    r"f = \mathrm{SiLU}(g) \odot u, \qquad \mathrm{SiLU}(g) = \frac{g}{1 + e^{-g}}",
)


def _gelu(C: int, F: int) -> tuple[str, str, str, str]:
    return (
        "Feed-forward: widen",
        f"Each token by itself, without looking at the others, is written in {F:,} channels, "
        f"{F / C:.3g} times as many. Each one asks a question about the token.",
        f"Multiply the {C:,} numbers of each token by a matrix that gives {F:,}, and add a bias.",
        rf"g = n W_{{up}} + b_{{up}}, \qquad {sized('W_{up}', C, F)}",
    )


def _gated(C: int, F: int) -> tuple[str, str, str, str]:
    return (
        "Feed-forward: gate and value",
        f"Each token by itself, without looking at the others, is written twice in {F:,} "
        f"channels: as a gate and as a value that the gate lets through.",
        f"Multiply the {C:,} numbers of each token by a matrix that gives {2 * F:,}; the first "
        f"half is the gate g, the second the value u.",
        rf"[\,g \;|\; u\,] = n W_{{up}}, \qquad {sized('W_{up}', C, 2 * F)}",
    )
