"""The steps of a forward pass: what each one means, its formula, its numbers and its code.

A list of steps is made by asking the model: what a variant lacks (a table of positions, a bias)
has no step, and formulas say LayerNorm or RMSNorm, GELU or SwiGLU, as the model has it. Symbols
as in `llmcore.interpret.walk`. Shapes chain: what a step reads, an earlier one gave.
"""

from typing import TYPE_CHECKING

import numpy as np

from llmcore.interpret.walk import BlockTape, Walk, walk
from llmcore.interpret.walk_block import block_steps
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
from llmcore.interpret.walk_source import Source, source_of
from llmcore.nn.classifier import is_classifier, trunk_of
from llmcore.tokenizers import Tokenizer

if TYPE_CHECKING:
    from llmcore.nn.classifier import SequenceClassifier
    from llmcore.nn.model import GPT


def steps(
    model: "GPT | SequenceClassifier", passed: Walk, tape: BlockTape, layer: int
) -> list[WalkStep]:
    """All steps in order: the input, the opened block `layer`, the output.

    tape: what `open_block(trunk, passed.streams[layer], layer)` gave.
    """
    trunk = trunk_of(model)
    return [
        *input_steps(trunk, passed),
        *block_steps(trunk, passed, tape, layer),
        *output_steps(model, trunk, passed),
    ]


def input_steps(trunk: "GPT", passed: Walk) -> list[WalkStep]:
    """From token ids to what enters the first block."""
    T, C, V = passed.n_tokens, trunk.config.d_model, trunk.config.vocab_size
    embed = type(trunk).embed
    ids = Panel("ids", np.asarray(passed.ids, dtype=np.float32)[:, None], ("token", "id"))
    found = [
        WalkStep(
            "tokens", "input", "Tokens",
            "The tokenizer cuts the text into tokens of its vocabulary. From here on the model "
            "knows only their numbers.",
            f"The text has become {T} whole numbers, each from 0 to {V - 1:,}.",
            rf"\text{{ids}} \in \{{0, \dots, {V - 1}\}}^{{{T}}}",
            (), (ids,), source_of(Tokenizer.encode),
        ),
        WalkStep(
            "token_part", "input", "Token embedding",
            "Each id takes its row of a learned table. The same token has the same numbers "
            "wherever it stands.",
            f"The vector of token t is the row of the table E whose number is the token's id; E "
            f"has {V:,} rows of {C:,} numbers.",
            rf"e_t = E[\text{{id}}_t], \qquad {sized('E', V, C)}",
            (("ids", (T,)),), (Panel("e", passed.token_part, TOKENS_BY_CHANNELS),),
            source_of(embed, "self.token_part("),
        ),
    ]  # fmt: skip
    total = Panel("x", passed.streams[0], TOKENS_BY_CHANNELS)
    if passed.position_part is None:
        found.append(
            WalkStep(
                "embedding", "input", "Into the residual stream",
                "The embeddings are the first state of the residual stream, which all layers read "
                "and add to. Positions come in later: each layer turns its queries and keys.",
                "The state of token t is its embedding, unchanged.",
                r"x_t = e_t", (("e", (T, C)),), (total,), source_of(embed, "self.embedding("),
            )
        )  # fmt: skip
        return found
    n_positions = trunk.config.context_length
    found += [
        WalkStep(
            "position_part", "input", "Position embedding",
            "Each place in the text has a learned row too. Without it the model could not tell "
            "the order of the tokens.",
            f"The vector of place t is row t of the table P, which has {n_positions:,} rows of "
            f"{C:,} numbers.",
            rf"p_t = P[t], \qquad {sized('P', n_positions, C)}",
            (("positions", (T,)),), (Panel("p", passed.position_part, TOKENS_BY_CHANNELS),),
            source_of(embed, "self.position_part("),
        ),
        WalkStep(
            "embedding", "input", "Into the residual stream",
            "Both are added. The sum is the first state of the residual stream, which all layers "
            "read and add to.",
            "The state of token t is its token's vector plus its place's, channel by channel.",
            r"x_t = e_t + p_t", (("e", (T, C)), ("p", (T, C))), (total,),
            source_of(embed, "self.position_part(", "self.embedding("),
        ),
    ]  # fmt: skip
    return found


def output_steps(model: "GPT | SequenceClassifier", trunk: "GPT", passed: Walk) -> list[WalkStep]:
    """From the last state of the residual stream to probabilities."""
    norm = trunk.final_norm
    final = WalkStep(
        "final_out", "output", f"Last {norm_name(norm)}", norm_meaning(norm, "the head"),
        norm_in_words(norm, "h"), norm_formula(norm, "x", "h"),
        (("x", (passed.n_tokens, trunk.config.d_model)),),
        (Panel("h", passed.final, TOKENS_BY_CHANNELS),),
        source_of(type(trunk).finish, "self.final_out("),
    )  # fmt: skip
    if passed.classes is not None:
        assert is_classifier(model), "classes are those of a classifier"
        decided = source_of(type(model).decided)
        return [final, *_class_steps(passed, trunk, len(passed.classes), decided)]
    return [final, *_vocabulary_steps(passed, trunk)]


SOFTMAX = (
    "Raise e to the power of each score, then divide by the sum of all of these: a score that "
    "is larger by 1 gets 2.7 times the probability.",
    r"p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}",
)


def _class_steps(passed: Walk, trunk: "GPT", n_classes: int, decided: Source) -> list[WalkStep]:
    """The head of a classifier. decided: the lines of code that apply it."""
    T, C, K = passed.n_tokens, trunk.config.d_model, n_classes
    if trunk.config.causal:
        reads = "Its head reads the last token alone, since that one has seen the whole text"
        symbol, what = f"h_{{{T - 1}}}", f"h of token {T - 1}"
    else:
        reads = "Its head reads the mean over the tokens, each of which has seen the whole text"
        symbol, what = r"\bar{h}", "mean of h"
    return [
        WalkStep(
            "logits", "output", "Classifier head",
            f"This model was finetuned to sort texts. {reads}, and gives a score for each "
            f"class.",
            f"The score of a class is the dot product of its row of W with {what}, plus the "
            f"class's own number b.",
            rf"z = W {symbol} + b, \qquad {sized('W', K, C)}",
            ((what, (C,)),),
            (Panel("z", passed.logits, ("text", "class")),),
            decided,
        ),
        WalkStep(
            "probabilities", "output", "Probabilities",
            "Softmax makes the scores positive and lets them sum to one.",
            *SOFTMAX, (("z", (K,)),),
            (Panel("p", passed.probabilities, ("text", "class"), shares=True),),
            source_of(walk, ".softmax("),
        ),
    ]  # fmt: skip


def _vocabulary_steps(passed: Walk, trunk: "GPT") -> list[WalkStep]:
    """The head of a language model: a score for each token of the vocabulary."""
    T, C, V = passed.n_tokens, trunk.config.d_model, trunk.config.vocab_size
    tied = trunk.config.tied_head
    W = "E" if tied else "W"
    head = (
        "The head is the table of token embeddings again: a token's score says how far the state "
        "points along its embedding."
        if tied
        else "The head is one matrix: a row for each token of the vocabulary."
    )
    return [
        WalkStep(
            "logits", "output", "Logits",
            f"Every token of the vocabulary gets a score for coming next. {head}",
            f"The score of a token is the dot product of its row of {W} with h: "
            f"multiply the {C:,} pairs of numbers and add up.",
            rf"z_t = {W}\, h_t, \qquad {sized(W, V, C)}",
            (("h", (T, C)),), (Panel("z", passed.logits, ("token", "vocabulary")),),
            source_of(type(trunk).unembed, "self.head("),
        ),
        WalkStep(
            "probabilities", "output", "Probabilities",
            "Softmax makes the scores positive and lets them sum to one. Each token has its own "
            "guess at what follows it; the last one's guess is what a generator draws from.",
            *SOFTMAX, (("z", (T, V)),),
            (Panel("p", passed.probabilities, ("token", "vocabulary"), shares=True),),
            source_of(walk, ".softmax("),
        ),
    ]  # fmt: skip
