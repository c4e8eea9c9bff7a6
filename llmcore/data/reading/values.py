"""From the values of JSON, Parquet and workbooks to the texts of cells."""

import datetime as dt
import math
from decimal import Decimal
from typing import Any

# Written by programs for "nothing there", and now and then a real class: who reads a column
# counts them first (`is_missing_word`).
MISSING_WORDS = frozenset({
    "", "nan", "null", "none", "n/a", "#n/a", "na", "nat", "<na>", r"\n",  # MySQL
})  # fmt: skip
_NESTED = (list, tuple, dict)
# Objects that mean one value, as tools for labelling and trackers write labels: the key that
# holds it, and the keys that may be beside it.
_VALUE_KEYS = frozenset({"value", "name", "label", "text", "title"})
_BESIDE = frozenset({
    "id", "_id", "user_id", "node_id", "index", "status", "score", "confidence", "probability",
    "color", "description", "url", "default", "type", "slug", "agent", "created_at", "updated_at",
})  # fmt: skip
_MOST_EXACT = 2**53  # whole numbers up to here are exact as floats


class NotText(ValueError):
    """A value that is no text, number or truth value. The message says what it is: "a list of 3
    values", "an object with the keys a and b"."""


def is_missing(value: Any) -> bool:
    """None, NaN, NaT and lists without anything in them."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    if isinstance(value, list):
        return all(part is None or part != part for part in value)
    return value != value  # NaT and Decimal("NaN") differ from themselves


def is_missing_word(text: str) -> bool:
    """Whether a text is one of the words for a missing value.

    >>> is_missing_word(" NaN "), is_missing_word("none of it")
    (True, False)
    """
    return text.strip().casefold() in MISSING_WORDS


def cell_text(value: Any) -> str | None:
    """The text of a cell, None if it is missing. A list of one value is that value, an object
    with one name or value that; numbers without a fraction are written without one. Raises NotText
    for what has no text.

    >>> cell_text(["billing"]), cell_text(1.0), cell_text(True), cell_text([])
    ('billing', '1', 'true', None)
    >>> cell_text([{"value": "billing", "user_id": "a"}]), cell_text({"name": "ham", "id": 3})
    ('billing', 'ham')
    """
    if isinstance(value, str):
        return value
    if is_missing(value):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) <= _MOST_EXACT
        return str(int(value)) if whole else repr(value)
    if isinstance(value, (int, Decimal)):
        return str(value)
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return str(value)
    if isinstance(value, bytes):
        return _of_bytes(value)
    if isinstance(value, (list, tuple)) and len(value) == 1 and not isinstance(value[0], _NESTED):
        return cell_text(value[0])
    if isinstance(value, dict) and "answer_start" in value and _is_texts(value.get("text")):
        return value["text"][0] if value["text"] else None  # an answer of SQuAD
    inner = _one_value(value)
    if inner is None:
        raise NotText(_what(value))
    return cell_text(inner)


def _one_value(value: Any) -> Any:
    """What an object means, or objects that all mean the same; None if there is no
    such thing."""
    if isinstance(value, (list, tuple)):
        if not value or not all(isinstance(part, dict) for part in value):
            return None
        found = [_one_value(part) for part in value]
        return found[0] if all(item == found[0] for item in found) else None
    if not isinstance(value, dict):
        return None
    keys = value.keys() & _VALUE_KEYS
    if len(keys) != 1 or not value.keys() - keys <= _BESIDE:
        return None
    inner = value[next(iter(keys))]
    return inner if isinstance(inner, (str, int, float)) and not is_missing(inner) else None


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _of_bytes(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise NotText(f"{len(value):,} bytes that are no text") from error


def _what(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        kind = "objects" if any(isinstance(part, dict) for part in value) else "values"
        return f"a list of {len(value):,} {kind}" if len(value) > 1 else "a list of one object"
    if isinstance(value, dict):
        keys = ", ".join(str(key)[:40] for key in list(value)[:5])
        return f"an object with the keys {keys}" if keys else "an empty object"
    return f"a value of the type {type(value).__name__}"
