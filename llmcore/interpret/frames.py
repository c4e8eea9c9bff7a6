"""One snapshot of a model looked at with one text: a frame of the time slider."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from llmcore.errors import LabError
from llmcore.generation import Candidate, SamplingConfig, candidates, generate
from llmcore.interpret.attention import text_ids
from llmcore.models import Loaded, classify_texts
from llmcore.nn.hooks import watch
from llmcore.nn.model import GPT
from llmcore.tasks.head_types import HeadScores, head_scores

MAX_TOKENS = 48
MAX_CELLS = 60_000  # of all heads of a frame, so that a hundred frames fit into a browser
N_NEXT = 8
SAMPLE_TOKENS = 24


@dataclass(slots=True, frozen=True)
class LensStep:
    """The likeliest next token if the model ended after this part, and its probability."""

    part: str  # "embedding" or "layer 3"
    label: str
    probability: float


@dataclass(slots=True, frozen=True)
class Frame:
    """What the time slider shows of one step.

    labels: the T tokens. weights (L, H, T, T) uint8, 255 is all of a token's attention. lens: the
    logit lens at the last token, from the embedding to the last block (nostalgebraist 2020).
    answers: the likeliest next tokens, or a classifier's labels, with probabilities, best first.
    sample: the greedy continuation ("" of a classifier). scores: None if the context is too
    short for a test. notice: if the text was cut to its last tokens.
    """

    step: int
    val_loss: float | None
    labels: list[str]
    weights: np.ndarray
    lens: list[LensStep]
    answers: list[tuple[str, float]]
    sample: str
    scores: HeadScores | None
    notice: str | None = None

    @property
    def n_bytes(self) -> int:
        return self.weights.nbytes


def n_tokens_shown(n_layers: int, n_heads: int, context_length: int) -> int:
    """How many tokens of a text a frame carries, its heads' cells being bounded."""
    by_cells = int((MAX_CELLS / (n_layers * n_heads)) ** 0.5)
    return max(2, min(MAX_TOKENS, context_length, by_cells))


def frame_of(
    loaded: Loaded, text: str, val_loss: float | None = None, scores: HeadScores | None = None
) -> Frame:
    """Looks at one model with the last tokens of `text`.

    scores: if they are known already; the text does not change them. Raises LabError for an
    empty text, or one with tokens that the model does not know.
    """
    model, tokenizer = loaded.trunk, loaded.tokenizer
    config = model.config
    limit = n_tokens_shown(config.n_layers, config.n_heads, config.context_length)
    ids, notice = text_ids(model, tokenizer, text, limit)
    weights, lens = _look(loaded, ids)
    if loaded.labels is None:
        answers = [(token.label, token.probability) for token in lens[-1][:N_NEXT]]
        sampling = SamplingConfig(temperature=0.0, max_new_tokens=SAMPLE_TOKENS)
        sample = generate(model, tokenizer, text, sampling).text
    else:
        found = classify_texts(loaded, [text])[0]["probabilities"]
        answers = sorted(found.items(), key=lambda pair: -pair[1])[:N_NEXT]
        sample = ""
    names = ["embedding", *(f"layer {layer}" for layer in range(config.n_layers))]
    return Frame(
        step=loaded.step,
        val_loss=val_loss,
        labels=[tokenizer.token_label(token_id) for token_id in ids],
        weights=weights,
        lens=[
            LensStep(name, row[0].label, row[0].probability)
            for name, row in zip(names, lens, strict=True)
        ],
        answers=answers,
        sample=sample,
        scores=scores if scores is not None else scores_of(loaded),
        notice=notice,
    )


def scores_of(loaded: Loaded) -> HeadScores | None:
    """The head types of a model; None if its context is too short for the test."""
    try:
        return head_scores(loaded.trunk, loaded.tokenizer)
    except LabError:
        return None


def _look(loaded: Loaded, ids: Sequence[int]) -> tuple[np.ndarray, list[list[Candidate]]]:
    """Weights (L, H, T, T) uint8 and, after the embedding and each block, what comes next."""
    model: GPT = loaded.trunk
    layers = range(model.config.n_layers)
    weights = [f"blocks.{layer}.attention.weights" for layer in layers]
    streams = ["embedding", *(f"blocks.{layer}.residual_out" for layer in layers)]
    device = next(model.parameters()).device
    with watch(model, [*weights, *streams]) as seen:
        model.hidden(torch.tensor([ids], device=device))
        after = torch.stack([seen[name][0, -1] for name in streams])  # (L + 1, C)
        logits = model.unembed(model.finish(after)).float()  # (L + 1, V)
    stacked = torch.stack([seen[name][0] for name in weights]).float()  # (L, H, T, T)
    shades = (255 * stacked).round().to(torch.uint8).cpu().numpy()
    return shades, [candidates(row, loaded.tokenizer, N_NEXT) for row in logits]
