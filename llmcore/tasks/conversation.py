"""A conversation as the tokens that a model reads before it answers, cut to its context.

What does not fit falls out by whole exchanges, oldest first, so that the model never reads half a
question; only a last question that is too long by itself loses its beginning. What a chat template
writes around it stays whole. Free of torch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from llmcore.data.instructions import Turn
from llmcore.errors import LabError
from llmcore.tasks.chat_template import ChatTemplate
from llmcore.tasks.templates import Template
from llmcore.tokenizers import Tokenizer
from llmcore.tokenizers.parts import Part

MIN_ROOM = 8  # tokens that an answer may always have


@dataclass(slots=True, frozen=True)
class Window:
    """What the model reads.

    ids: at most context_length - room. parts: the same for a person; special tokens are the fixed
    ones. left_out: how many of the oldest turns are not read. n_cut: tokens that the last question
    lost at its beginning.
    """

    ids: list[int]
    parts: list[Part]
    left_out: int
    n_cut: int

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)


def conversation_window(
    tokenizer: Tokenizer,
    template: Template | ChatTemplate | None,
    turns: Sequence[Turn],
    system: str,
    context_length: int,
    room: int,
    ended: bool = True,
) -> Window:
    """The newest turns that leave `room` tokens for the answer to the last one.

    template: None joins questions and answers as lines of one text, for a model that continues
    text.
    ended: whether an end of text closes each answer, as in an instruction finetune; a chat
    template says so itself. The system text is before the first turn that is read.

    Raises LabError if a chat template is wrong, or leaves no room for a question.
    """
    room = max(1, min(room, context_length - MIN_ROOM, context_length - 1))
    limit = context_length - room
    if isinstance(template, ChatTemplate):
        return _chat_window(tokenizer, template, turns, system, limit)
    rest: list[int] = []  # the tokens behind the turn in question
    best: tuple[int, list[int]] | None = None
    for start in range(len(turns) - 1, -1, -1):
        turn, is_last = turns[start], start == len(turns) - 1
        first = _turn_ids(tokenizer, template, turn, system, False, is_last, ended)
        if best is not None and len(first) + len(rest) > limit:
            break
        best = (start, [*first, *rest])
        rest = _turn_ids(tokenizer, template, turn, "", True, is_last, ended) + rest
        if len(rest) > limit:
            break
    start, ids = best or (0, [])
    n_cut = max(0, len(ids) - limit)
    ids = ids[n_cut:] or [tokenizer.start_id]
    return Window(ids, readable_parts(tokenizer, ids), start, n_cut)


def _chat_window(
    tokenizer: Tokenizer,
    template: ChatTemplate,
    turns: Sequence[Turn],
    system: str,
    limit: int,
) -> Window:
    """The most of the newest turns that take at most `limit` tokens."""

    def ids_of(read: Sequence[Turn]) -> list[int]:
        return tokenizer.encode_parts(template.parts(read, system))

    start, last = 0, len(turns) - 1
    while start < last:
        middle = (start + last) // 2
        if len(ids_of(turns[middle:])) <= limit:
            last = middle
        else:
            start = middle + 1
    ids, n_cut = ids_of(turns[start:]), 0
    if len(ids) > limit:  # the last question alone
        turn = turns[-1]
        asked = tokenizer.encode("\n\n".join(filter(None, (turn.instruction, turn.input))))
        while len(ids) > limit:
            n_cut += len(ids) - limit
            if n_cut > len(asked):
                raise LabError(
                    f"The template and the system text leave no room for a question: the model "
                    f"reads {limit:,} tokens beside its answer. Shorten the system text, or the "
                    f"longest answer."
                )
            ids = ids_of([Turn(tokenizer.decode(asked[n_cut:]).lstrip("\ufffd"), "")])
    return Window(ids, readable_parts(tokenizer, ids), start, n_cut)


def _turn_ids(
    tokenizer: Tokenizer,
    template: Template | None,
    turn: Turn,
    system: str,
    follows: bool,
    is_last: bool,
    ended: bool,
) -> list[int]:
    """One turn, without its answer if that is still to come. Prompt and answer are encoded one
    by one, as in training (`encode_row`)."""
    if template is None:
        before = f"{system}\n\n" if system else "\n" if follows else ""
        return tokenizer.encode(before + turn.instruction + ("" if is_last else turn.output))
    ids = tokenizer.encode(template.turn(turn, system, follows))
    if is_last:
        return ids
    ids += tokenizer.encode(template.answer(turn.output))
    return [*ids, tokenizer.eot_id] if ended else ids


def readable_parts(tokenizer: Tokenizer, ids: Sequence[int]) -> list[Part]:
    """The text of ids, in which each special token is its own fixed part."""
    special = set(tokenizer.special_tokens.values())
    parts: list[Part] = []
    run: list[int] = []
    for id in [*ids, None]:
        if id is not None and id not in special:
            run.append(id)
            continue
        if run:
            parts.append(Part(tokenizer.decode(run)))
            run = []
        if id is not None:
            parts.append(Part(tokenizer.token_label(id), fixed=True))
    return parts


def next_question(template: Template) -> str | None:
    """How the next question would begin: when a base model writes that, its answer is over.

    >>> next_question(Template("Q: {instruction}\\nA:"))
    '\\nQ:'
    """
    before = template.text.partition("{instruction}")[0].rpartition("]]")[2].rstrip()
    line = before.rpartition("\n")[2].strip()
    return f"\n{line}" if line else None
