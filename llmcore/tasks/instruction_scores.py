"""How well a model answers: loss on the expected answers, and its own answers beside them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from llmcore.data.instructions import Instruction
from llmcore.evaluation import answer_scores, chrf
from llmcore.nn.model import GPT
from llmcore.tasks.answering import greedy_answers
from llmcore.tasks.chat_template import ChatTemplate
from llmcore.tasks.instruction_tokens import (
    Example,
    answer_text,
    encode_row,
    fits,
    prompt_ids,
)
from llmcore.tasks.packing import Rows, padded
from llmcore.tasks.templates import Template
from llmcore.tokenizers import Tokenizer

MAX_NEW_TOKENS = 128  # unless a longer answer is expected
EVALUATION_ROWS = 64


def learned_logits(model: GPT, batch: Rows) -> Tensor:
    """(M, V) for the learned places alone: the head is a third of a small model's work."""
    hidden = model.hidden(batch.ids, None, batch.positions, batch.visible)  # (B, T, C)
    return model.unembed(hidden[batch.learned])


def answers(
    model: GPT,
    tokenizer: Tokenizer,
    template: Template | ChatTemplate,
    rows: Sequence[Instruction],
) -> list[str]:
    """The model's likeliest answer to each row's last question.

    Generation goes on for twice the longest expected answer, at most MAX_NEW_TOKENS; but never so
    short that the longest expected answer could not be given."""
    if not rows:
        return []
    prompts = [prompt_ids(tokenizer, template, row) for row in rows]
    longest = max(len(tokenizer.encode(row.last.output)) for row in rows)
    limit = max(longest + 16, min(MAX_NEW_TOKENS, 2 * longest + 16))
    made = greedy_answers(model, tokenizer, prompts, limit)
    return [answer_text(tokenizer, ids) for ids in made]


def row_losses(
    model: GPT, examples: Sequence[Example], fill: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each example's summed loss, its learned tokens, and how many of them are the likeliest
    token where they stand; all (N,). The model must be in eval mode."""
    device = str(next(model.parameters()).device)
    sums = np.zeros((3, len(examples)))
    order = np.argsort([len(example.ids) for example in examples], kind="stable")
    for first in range(0, len(order), EVALUATION_ROWS):
        part = order[first : first + EVALUATION_ROWS]
        batch = padded([examples[i] for i in part], fill, device)
        with torch.no_grad():
            logits = learned_logits(model, batch).float()  # (M, V)
            losses = F.cross_entropy(logits, batch.targets, reduction="none")
        right = logits.argmax(-1) == batch.targets
        row = part[batch.learned.nonzero()[:, 0].cpu().numpy()]  # (M,) which example
        numbers = (losses.cpu().numpy(), np.ones(len(row)), right.cpu().numpy())
        for total, values in zip(sums, numbers, strict=True):
            np.add.at(total, row, values)
    return sums[0], sums[1], sums[2]


def scored_answers(
    model: GPT,
    tokenizer: Tokenizer,
    template: Template | ChatTemplate,
    rows: Sequence[Instruction],
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Scores (`n`, `left_out`, `exact_match`, `by_holdout`, `loss`, `chrf`) of the rows that fit
    in the context, and each of those with its answer, worst first: wrong ones before right ones,
    then by the loss of the expected answer.

    `left_out` rows do not fit (see `fits`): no answer to them could be right, so `n` and the
    scores are of the others; without any other, each score is None."""
    length = model.config.context_length
    n_given, kinds = len(rows), [row.holdout for row in rows]
    rows = [row for row in rows if fits(tokenizer, template, row, length)]
    made = answers(model, tokenizer, template, rows)
    expected = [row.last.output for row in rows]
    examples = [encode_row(tokenizer, template, row, length) for row in rows]
    losses, counts, _ = row_losses(model, examples, tokenizer.eot_id)
    scores = answer_scores(expected, made, [row.holdout for row in rows], kinds)
    scores["left_out"] = n_given - len(rows)
    scores["loss"] = float(losses.sum() / counts.sum()) if rows else None
    scores["chrf"] = chrf(expected, made)
    means = losses / counts  # a whole row has its end token at least
    kept = [
        {
            "prompt": row.question,
            "expected": row.last.output,
            "answer": answer,
            "right": answer.strip() == row.last.output.strip(),
            "loss": float(mean),
            "holdout": row.holdout,
            "group": row.group,
        }
        for row, answer, mean in zip(rows, made, means, strict=True)
    ]
    return scores, sorted(kept, key=lambda answer: (answer["right"], -answer["loss"]))
