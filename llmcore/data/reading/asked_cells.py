"""What a cell of a question, an answer or an input says: a text, messages, or nothing."""

import re
from collections.abc import Collection
from operator import itemgetter
from typing import Any

from llmcore.data.reading.conversation import (
    ASSISTANT,
    USER,
    LeftOut,
    Message,
    Seen,
    is_message,
    looks_like_messages,
    messages_of,
    opened_text,
)
from llmcore.data.reading.values import NotText, cell_text

# Always missing; and words that an answer may well be, among few others.
NO_VALUE = frozenset({"nan", "nat", "#n/a", "<na>", "-nan"})
NO_WORDS = frozenset({"null", "none", "n/a", "na"})
_NO_INPUT = re.compile(
    r"[<(\[]?\s*no[ _-]?input(?: (?:is )?(?:required|needed|provided|given|necessary|available))?"
    r"\s*[>)\]]?\.?",
    re.IGNORECASE,
)
_ACCEPTED = ("selected", "is_selected", "accepted", "is_accepted", "isaccepted", "best")
_RATED = ("pm_score", "score", "rating", "votes", "upvotes", "likes", "rank")
_SOURCE = re.compile(r"\s*(?:\[\s*)?\{\s*['\"](?:role|from|content|value|text|answer_start)['\"]")


def missing_word(text: str, kept: Collection[str] = ()) -> bool:
    """Whether a bare cell is a program's word for no value. kept: folded words that are not."""
    if len(text) > 9:
        return False
    folded = text.strip().casefold()
    return folded in NO_VALUE or (folded in NO_WORDS and folded not in kept)


def says_no_input(text: str) -> bool:
    """Whether an input says that there is none, as in many Alpaca files.

    >>> says_no_input("<noinput>"), says_no_input("No input."), says_no_input("No input pins")
    (True, True, False)
    """
    return len(text) < 40 and (missing_word(text) or bool(_NO_INPUT.fullmatch(text.strip())))


def asked_cell(
    value: Any, role: str, seen: Seen, kept: Collection[str] = ()
) -> str | list[Message]:
    """The text of a cell without spaces around it ("" if it is missing), or its messages.

    role: "instruction", "answer" or another one. Raises LeftOut for an object that is neither.
    """
    if isinstance(value, str):
        text = value.strip()
        if missing_word(text, kept):
            seen["missing"] += 1
            return ""
        opened = opened_text(text) if _SOURCE.match(text) else text
        return text if isinstance(opened, str) else asked_cell(opened, role, seen, kept)
    if isinstance(value, (list, tuple)):
        return _of_list(value, role, seen, kept)
    if isinstance(value, dict):
        return _of_object(value, role, seen, kept)
    return scalar_text(value)


def scalar_text(value: Any) -> str:
    """The text of a value that is no list or object; "" for None, NaN and NaT. Raises LeftOut for
    what has no text."""
    try:
        return (cell_text(value) or "").strip()
    except NotText as error:
        raise LeftOut("objects") from error


def _of_list(values: Any, role: str, seen: Seen, kept: Collection[str]) -> str | list[Message]:
    if not values:
        return ""
    if len(values) == 1 and not isinstance(values[0], (dict, list)):
        return asked_cell(values[0], role, seen, kept)
    if looks_like_messages(values):
        return _as_said(messages_of(values, seen), role)
    if all(isinstance(value, str) for value in values):
        if role == "instruction":
            return messages_of(values, seen)
        if role == "answer":
            texts = [value.strip() for value in values if value.strip()]
            seen["several_answers"] += len(set(texts)) > 1
            return texts[0] if texts else ""
    if all(isinstance(value, dict) for value in values) and (len(values) == 1 or role == "answer"):
        best = _best_of(values, seen) if len(values) > 1 else values[0]
        return _of_object(best, role, seen, kept)
    raise LeftOut("objects")


def _best_of(answers: Any, seen: Seen) -> dict[str, Any]:
    """Of several answers the one that was accepted, else the best rated, else the first."""
    for key in _ACCEPTED:
        if chosen := [answer for answer in answers if answer.get(key) is True]:
            seen["rated_answers"] += 1
            return chosen[0]
    for key in _RATED:
        if all(isinstance(answer.get(key), (int, float)) for answer in answers):
            seen["rated_answers"] += 1
            return min(answers, key=itemgetter(key)) if key == "rank" else max(
                answers, key=itemgetter(key)
            )  # fmt: skip
    seen["several_answers"] += 1
    return answers[0]


def _as_said(messages: list[Message], role: str) -> str | list[Message]:
    """A single message is the text of its cell if its role is the one of the cell."""
    wanted = {"instruction": USER, "answer": ASSISTANT}.get(role)
    if len(messages) == 1 and messages[0].role == wanted and messages[0].learned:
        return messages[0].text
    return messages


def _of_object(value: Any, role: str, seen: Seen, kept: Collection[str]) -> str | list[Message]:
    """A message, a tree of them, or the object around one text (SQuAD's answers)."""
    if not value:
        return ""
    if looks_like_messages(value) or is_message(value):
        return _as_said(messages_of(value if "replies" in value else [value], seen), role)
    if isinstance(value.get("parts"), list):  # Gemini's system instruction
        return "\n".join(message.text for message in messages_of([{"role": role, **value}], seen))
    for key in ("text", "value", "body", "answer"):
        inner = value.get(key)
        if isinstance(inner, (str, list)) and not (isinstance(inner, list) and key == "value"):
            return asked_cell(inner, role, seen, kept)
    raise LeftOut("objects")
