"""Instructions as tokens: which of them the loss sees, and an audit of a whole set. No torch."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from llmcore.data.instructions import Instruction, folded_question
from llmcore.tasks.chat_template import ChatTemplate
from llmcore.tasks.templates import Template
from llmcore.tokenizers import Tokenizer

PROMPT, ANSWER, END, PADDING, CUT = "prompt", "answer", "end", "padding", "cut"


@dataclass(slots=True, frozen=True)
class Example:
    """A conversation as ids (N,), at most context_length + 1; `learned` (N,) marks the answers
    that are to be learned and their end tokens, which are the targets of the loss."""

    ids: np.ndarray
    learned: np.ndarray
    n_cut: int  # tokens beyond the context

    @property
    def n_targets(self) -> int:
        """Tokens that the loss is taken over; the first token has nothing before it."""
        return int(self.learned[1:].sum())


def encode_row(
    tokenizer: Tokenizer, template: Template | ChatTemplate, row: Instruction, context_length: int
) -> Example:
    """Prompt and answer are encoded one by one, so that their border is one between tokens, in
    training as in use. Beyond context_length + 1 (inputs and targets overlap) tokens are cut.

    A chat template may write an earlier answer otherwise than the model gave it, so there the last
    answer alone is learned."""
    ids: list[int] = []
    learned: list[bool] = []
    if isinstance(template, ChatTemplate):
        asked, answered = prompt_ids(tokenizer, template, row), tokenizer.encode(row.last.output)
        ids = [*asked, *answered, tokenizer.special_tokens[template.end]]
        learned = [False] * len(asked) + [row.last.learned] * (len(answered) + 1)
        return _cut(ids, learned, context_length)
    for turn, (prompt, answer) in zip(row.turns, template.turns(row), strict=True):
        asked, answered = tokenizer.encode(prompt), tokenizer.encode(answer)
        ids += [*asked, *answered, tokenizer.eot_id]
        learned += [False] * len(asked) + [turn.learned] * (len(answered) + 1)
    return _cut(ids, learned, context_length)


def _cut(ids: list[int], learned: list[bool], context_length: int) -> Example:
    limit = context_length + 1
    return Example(
        np.array(ids[:limit], dtype=np.int64),
        np.array(learned[:limit], dtype=bool),
        max(0, len(ids) - limit),
    )


def fits(
    tokenizer: Tokenizer,
    template: Template | ChatTemplate,
    row: Instruction,
    context_length: int,
) -> bool:
    """Whether a model of that context can read the whole row and give its last answer.

    The last end token needs no place: it is never read. A token is at least a byte, so a short row
    need not be encoded to know."""
    if isinstance(template, ChatTemplate):
        n_read = len(prompt_ids(tokenizer, template, row))
        return n_read + len(tokenizer.encode(row.last.output)) <= context_length
    turns = template.turns(row)
    texts = [text for turn in turns for text in turn]
    limit = context_length + 1 - len(turns)  # end tokens aside
    if sum(len(text.encode("utf-8", "replace")) for text in texts) <= limit:
        return True
    return sum(len(tokenizer.encode(text)) for text in texts) <= limit


def do_not_fit(n: int, of: int, what: str, context_length: int) -> str:
    """`4 of 4 test rows do not fit: …`, the sentence for rows that are left out of scores."""
    verb = "does" if n == 1 else "do"
    return (
        f"{n:,} of {of:,} {what} rows {verb} not fit: with the answer they are longer than the "
        f"{context_length:,} tokens that the model reads, so no score counts them."
    )


def nothing_fits(context_length: int, longest: int | None = None) -> str:
    """The sentence for a set from which nothing can be learned. longest: the context that the model
    could have, if it is longer."""
    remedy = "take a model with a longer context"
    if longest is not None and longest > context_length:
        remedy = f"choose a context length of up to {longest:,}, or {remedy}"
    return (
        f"No training row has an answer within {context_length:,} tokens, which is all that the "
        f"model reads: shorten the rows, or {remedy}."
    )


def prompt_ids(
    tokenizer: Tokenizer, template: Template | ChatTemplate, row: Instruction
) -> list[int]:
    """All up to the last answer: what the model reads before it gives that answer."""
    if isinstance(template, ChatTemplate):
        return tokenizer.encode_parts(template.row_parts(row))
    ids: list[int] = []
    turns = template.turns(row)
    for i, (prompt, answer) in enumerate(turns):
        ids += tokenizer.encode(prompt)
        if i < len(turns) - 1:
            ids += [*tokenizer.encode(answer), tokenizer.eot_id]
    return ids


def answer_text(tokenizer: Tokenizer, ids: Sequence[int]) -> str:
    """What was generated, without the space that begins an answer within a line."""
    return tokenizer.decode(ids).strip()


def mask_view(
    tokenizer: Tokenizer,
    template: Template,
    row: Instruction,
    context_length: int,
    padded_to: int | None = None,
) -> list[dict[str, Any]]:
    """Each token of a row with its role: `prompt` (masked), `answer` and `end` (learned), `cut`
    (beyond the context), and `padding` up to `padded_to` tokens.

    A row: `id`, `label` (the token's text), `role`, `learned`.
    """
    whole = encode_row(tokenizer, template, row, 1 << 40)
    view = []
    for place, (id, learned) in enumerate(zip(whole.ids.tolist(), whole.learned, strict=True)):
        if place > context_length:
            role = CUT
        elif not learned:
            role = PROMPT
        else:
            role = END if id in tokenizer.ends else ANSWER
        view.append(_token(tokenizer, id, role))
    missing = max(0, (padded_to or 0) - len(view))
    return view + [_token(tokenizer, tokenizer.eot_id, PADDING)] * missing


def _token(tokenizer: Tokenizer, id: int, role: str) -> dict[str, Any]:
    label = tokenizer.token_label(id)
    return {"id": id, "label": label, "role": role, "learned": role in (ANSWER, END)}


def audit(
    tokenizer: Tokenizer,
    template: Template,
    rows: Sequence[Instruction],
    context_length: int,
) -> dict[str, Any]:
    """What the loss would see of a whole set. Counts, and the first row numbers (from 0) of each
    finding:

    - `fully_masked`: the prompt alone fills the context, so nothing is learned;
    - `missing_end`: an answer is cut, so the model does not learn to stop there;
    - `too_long`: any token cut; `doubles`: a question that came before (`contradictions` of them
      with another answer).

    Beside them `n`, `prompt_tokens`, `answer_tokens` and `total_tokens` (median, most, sum) and
    `learned_share`, the share of all tokens that the loss is taken over.
    """
    found: dict[str, list[int]] = {
        name: [] for name in ("fully_masked", "missing_end", "too_long", "doubles",
                              "contradictions")
    }  # fmt: skip
    prompts, answers = [], []
    seen: dict[str, str] = {}
    for number, row in enumerate(rows):
        one = encode_row(tokenizer, template, row, context_length)
        prompts.append(int((~one.learned).sum()))
        answers.append(int(one.learned.sum()))
        if one.n_targets == 0:
            found["fully_masked"].append(number)
        if one.n_cut:
            found["too_long"].append(number)
        if one.n_cut and one.learned[-1] and one.ids[-1] != tokenizer.eot_id:
            found["missing_end"].append(number)
        key = folded_question(row)
        if key in seen:
            found["doubles"].append(number)
            if seen[key] != row.last.output:
                found["contradictions"].append(number)
        seen.setdefault(key, row.last.output)
    totals = [p + a for p, a in zip(prompts, answers, strict=True)]
    return {
        "n": len(rows),
        "context_length": context_length,
        "prompt_tokens": _spread(prompts),
        "answer_tokens": _spread(answers),
        "total_tokens": _spread(totals),
        "learned_share": sum(answers) / max(1, sum(totals)),
        **{name: _finding(numbers, len(rows)) for name, numbers in found.items()},
        "groups": dict(Counter(row.group for row in rows if row.group).most_common()),
    }


def _spread(counts: list[int]) -> dict[str, float]:
    if not counts:
        return {"median": 0.0, "most": 0, "sum": 0}
    return {"median": float(np.median(counts)), "most": max(counts), "sum": sum(counts)}


def _finding(numbers: list[int], n: int) -> dict[str, Any]:
    return {"n": len(numbers), "share": len(numbers) / max(1, n), "rows": numbers[:100]}
