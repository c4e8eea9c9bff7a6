"""What the cells of a column hold, from which its role is found."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from llmcore.data.reading import asked_names as names
from llmcore.data.reading.asked_cells import missing_word, scalar_text
from llmcore.data.reading.conversation import (
    USER,
    LeftOut,
    is_message,
    looks_like_messages,
    messages_of,
    opened_text,
)
from llmcore.data.reading.marked_chat import marked_parts

MOST_KEYS = 20  # of an object whose parts become columns
_ID = re.compile(r"[A-Z]+[A-Z0-9]*[0-9][A-Z0-9]*|[0-9a-f]{8}[0-9a-f-]*")
_NUMBERS = re.compile(r"[\d.,:/+\-%\sTZe]*")

Record = dict[str, Any]


def is_empty(value: Any) -> bool:
    """Nothing, or a word for it."""
    if value is None or value != value:
        return True
    if isinstance(value, str):
        return not value.strip() or missing_word(value)
    return isinstance(value, (list, tuple, dict)) and not value


def holds_text(value: Any, within: int = 0) -> bool:
    """A text that is no number; inside of lists and objects one of several words."""
    if isinstance(value, str):
        if within:
            return " " in value.strip()
        return not missing_word(value) and _NUMBERS.fullmatch(value.strip()) is None
    if within > 3 or not isinstance(value, (list, tuple, dict)):
        return False
    inner = list(value.values() if isinstance(value, dict) else value)[:20]
    if not within and inner and all(isinstance(part, str) for part in inner):
        return True
    return any(holds_text(part, within + 1) for part in inner)


def has_parts(sample: list[Record], column: str) -> bool:
    """Whether a column holds objects whose parts are as good as columns: the same few keys."""
    values = [one for row in sample if not is_empty(one := row.get(column))]
    objects = [value for value in values if isinstance(value, dict)]
    if not objects or 2 * len(objects) <= len(values):
        return False
    if any(looks_like_messages(entry) or is_message(entry) or "answer_start" in entry
           for entry in objects[:20]):  # fmt: skip
        return False
    if any("aliases" in entry for entry in objects[:20]):  # TriviaQA's answers
        return False
    if all(set(entry) <= {"text", "value"} or set(entry) == {"parts"} for entry in objects[:20]):
        return False
    keys = {str(key) for entry in objects for key in entry}
    return len(keys) <= MOST_KEYS


def with_parts(columns: list[str], opened: Sequence[str], sample: list[Record]) -> list[str]:
    """The columns, the parts of the `opened` ones as `column.part` in their place."""
    named: list[str] = []
    for column in columns:
        if column not in opened:
            named.append(column)
            continue
        objects = [one for row in sample if isinstance(one := row.get(column), dict)]
        named += dict.fromkeys(f"{column}.{key}" for entry in objects for key in entry)
    return list(dict.fromkeys(named))


def opened(value: Any) -> Any:
    """A cell, or the list or object whose source it is."""
    return opened_text(value) if isinstance(value, str) else value


def is_objects(value: Any) -> bool:
    """Whether a cell is a list of objects, or its source."""
    value = opened(value)
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def can_ask(values: list[Any]) -> bool:
    """Whether cells can be questions or inputs: no numbers that count the rows, no names of
    people or rows made by a program, no numbers of tokens."""
    ids = len(values) > 2 and all(
        isinstance(value, str) and _ID.fullmatch(value) for value in values
    )
    return not (ids or are_numbers(values) or _counts_up(values))


def are_numbers(values: list[Any]) -> bool:
    """Whether all cells are lists of numbers, as of tokens."""
    return len(values) > 2 and all(
        isinstance(value, (list, tuple)) and all(isinstance(n, (int, float)) for n in value)
        for value in values
    )


def _counts_up(values: list[Any]) -> bool:
    if len(values) < 3:
        return False
    try:
        numbers = [
            int(scalar_text(value)) for value in values if not isinstance(value, (list, dict))
        ]
    except (ValueError, LeftOut):
        return False
    steps = {b - a for a, b in pairwise(numbers)}
    return len(numbers) == len(values) and steps == {1}


def are_conversations(values: list[Any], strings: bool = True) -> bool:
    """Whether most cells are conversations. strings: lists of plain texts are as well."""
    first = values[:200]
    return bool(first) and 2 * sum(looks_like_messages(cell, strings) for cell in first) > len(
        first
    )


def are_surely_conversations(values: list[Any]) -> bool:
    """Whether most cells are messages that say who speaks, or texts with marks that do."""
    sure = 0
    for value in values[:200]:
        opened = opened_text(value) if isinstance(value, str) else value
        if isinstance(opened, str):
            sure += marked_parts(opened) is not None
        elif isinstance(opened, (list, tuple)) and opened and isinstance(opened[0], dict):
            sure += is_message(opened[0])
        elif isinstance(opened, (list, tuple)) and all(isinstance(cell, str) for cell in opened):
            parts = marked_parts("\n".join(opened))  # ["User: …", "Assistant: …"]
            sure += parts is not None and len(parts) == len(opened)
        else:
            sure += isinstance(opened, dict) and looks_like_messages(opened)
    return 2 * sure > min(200, len(values))


def end_with_questions(values: list[Any]) -> bool:
    """Whether most conversations end before an answer, which is then in another column."""
    n, open_ended = 0, 0
    for value in values[:200]:
        try:
            messages = messages_of(value, Counter())
        except LeftOut:
            continue
        n += 1
        open_ended += bool(messages) and messages[-1].role == USER
    return 2 * open_ended > n


def are_marked(values: list[Any]) -> bool:
    """Whether most cells are texts with marks of who speaks."""
    first = values[:200]
    texts = [cell for cell in first if isinstance(cell, str) and opened_text(cell) is cell]
    found = sum(marked_parts(text) is not None for text in texts)
    return 2 * found > len(first)


def truths_of(values: list[Any]) -> list[bool] | None:
    """Cells as true and false; None if one is neither, or all are words of another kind."""
    found = []
    for value in values:
        if isinstance(value, bool):
            found.append(value)
        elif isinstance(value, (int, float, str)) and str(value).strip().casefold() in names.TRUTHS:
            found.append(names.TRUTHS[str(value).strip().casefold()])
        else:
            return None
    return found or None
