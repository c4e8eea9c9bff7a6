"""From the messages of a conversation to turns to learn from: what cannot be learned is cut."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from llmcore.data.reading.conversation import (
    ASSISTANT,
    CALL,
    SYSTEM,
    TOOL,
    USER,
    LeftOut,
    Message,
    Seen,
)
from llmcore.data.turns import Turn


def turns_of(messages: Sequence[Message], seen: Seen) -> tuple[list[Turn], str]:
    """The turns to learn from, and the system text before them. What is cut is counted in `seen`.

    Questions in a row are joined by a line end, and so are answers. The turns end with one that
    is learned. Raises LeftOut if there is none.
    """
    turns, system = _paired(_with_answers(messages, seen), seen)
    while turns and not turns[-1].learned:
        turns.pop()
        seen["weight_0_end"] += 1
    if not turns:
        raise LeftOut(_why_none(messages, seen))
    if n := sum(not turn.learned for turn in turns):
        seen["weight_0"] += n
    return turns, "\n".join(system)


def _with_answers(messages: Sequence[Message], seen: Seen) -> Sequence[Message]:
    """Talks with a machine that is called the system, as in sets of booked tables and trains."""
    roles = [message.role for message in messages]
    if ASSISTANT in roles or (USER, SYSTEM) not in pairwise(roles):
        return messages
    first = roles.index(USER)
    seen["system_answers"] += 1
    return [
        replace(message, role=ASSISTANT) if message.role == SYSTEM and place > first else message
        for place, message in enumerate(messages)
    ]


def _paired(messages: Sequence[Message], seen: Seen) -> tuple[list[Turn], list[str]]:
    turns: list[Turn] = []
    system: list[str] = []
    asked: list[str] = []
    refused = blank = False  # an answer, or a question, without a word
    for message in messages:
        if message.role in (CALL, TOOL):
            seen["tools"] += 1
            return turns, system
        if message.role == SYSTEM:
            if message.text and turns:
                seen["system_inside"] += 1
                return turns, system
            system += [message.text] if message.text else []
        elif message.role == USER:
            if refused and asked:
                seen["empty_answers"] += 1
                asked = []
            refused, blank = False, not message.text
            asked += [message.text] if message.text else []
        elif not message.text:
            refused = True
        elif asked:
            seen["joined"] += len(asked) - 1
            turns.append(Turn("\n".join(asked), message.text, learned=message.learned))
            asked, refused = [], False
        elif blank:
            seen["blank_questions"] += 1
            return turns, system
        elif not turns:
            seen["leading_answers"] += 1
        elif turns[-1].learned == message.learned:
            seen["joined"] += 1
            turns[-1] = replace(turns[-1], output=f"{turns[-1].output}\n{message.text}")
        else:
            seen["two_weights"] += 1
            turns.pop()
            return turns, system
    if asked:
        seen["open_questions"] += 1
    return turns, system


def _why_none(messages: Sequence[Message], seen: Seen) -> str:
    if seen["weight_0_end"]:
        return "only_weight_0"
    if seen["tools"]:
        return "only_tools"
    if not any(message.role == USER and message.text for message in messages):
        return "no_question"
    if not any(message.role == ASSISTANT and message.text for message in messages):
        return "no_answer"
    return "no_pair"
