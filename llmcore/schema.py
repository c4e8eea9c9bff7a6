"""What a file of the lab may hold, checked where it is read: one way for every reader.

A dataclass says which values a JSON object has, of which type and between which bounds; `build`
makes one of it, or raises DamagedError with one sentence. So a single bad file is one damaged
thing in a list, and whoever uses the values needs no second look at them.
"""

import json
import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from llmcore.errors import DamagedError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")
MAX_DEPTH = 64  # of lists and objects in each other: far above any file of the lab
MAX_INTEGER = 2**63 - 1  # what an array of numbers can hold
_SHOWN_CHARACTERS = 60
_WORDS: dict[type, str] = {
    int: "no whole number", float: "no number", bool: "neither true nor false", str: "no text",
    list: "no list", tuple: "no list", dict: "no object",
}  # fmt: skip


def parse_json(text: str | bytes, where: str) -> Any:
    """The value of a JSON text, with lone surrogates in its strings replaced by U+FFFD.

    Raises DamagedError for whatever is no JSON, is nested too deeply, or holds a number of more
    digits than Python reads.
    """
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        value = json.loads(decoded)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else error
        raise DamagedError(f"{where} cannot be read as JSON ({reason}).") from error
    if _is_deep(value):
        raise DamagedError(f"{where} cannot be read as JSON (nested too deeply).")
    return _without_surrogates(value) if "\\u" in decoded else value


def parse_object(text: str | bytes, where: str) -> dict[str, Any]:
    """`parse_json` of a JSON object. Raises DamagedError for another value."""
    value = parse_json(text, where)
    if not isinstance(value, dict):
        raise DamagedError(f"{where} should hold a JSON object but holds {_shown(value)}.")
    return value


def replace_surrogates(text: str) -> str:
    """Text that UTF-8 can hold: surrogate pairs joined, lone halves replaced by U+FFFD."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def build(cls: type[T], values: object, where: str, bounds: bool = True) -> T:
    """A dataclass from a JSON object: keys that it does not know are dropped, missing ones take
    their defaults, and every value has its field's type and is between its bounds.

    Bounds are those of the field's metadata (`low`, `high`; see llmcore.settings). Numbers are
    finite. where: names the file in the sentence. bounds: whether these are checked here, for a
    class that does not do so itself. Raises DamagedError.

    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Order:
    ...     order: list[str]
    >>> build(Order, {"order": ["a", "b"], "v": 1}, "queue.json")
    Order(order=['a', 'b'])
    """
    if not isinstance(values, Mapping):
        raise DamagedError(f"{where} is {_shown(values)}, which is no object.")
    made = {}
    for name, (field, kind) in _fields_of(cls).items():
        if name in values:
            made[name] = _checked(values[name], kind, name, where, bounds)
            if bounds:
                _check_bounds(made[name], field, where)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise DamagedError(f"{where} lacks {name!r}.")
    return cls(**made)


def whole_number(
    value: object, name: str, where: str, low: int = -MAX_INTEGER, high: int = MAX_INTEGER
) -> int:
    """A single value that must be a whole number from `low` to `high`. Raises DamagedError."""
    number = _checked(value, int, name, where)
    if not low <= number <= high:
        raise DamagedError(f"{where}: {name} is {_shown(value)} but must be {low} to {high}.")
    return number


def is_number(value: object) -> bool:
    """Whether a value of a JSON file is a finite number that a float can hold."""
    if type(value) is int:
        return abs(value) <= MAX_INTEGER
    return isinstance(value, float) and math.isfinite(value)


@lru_cache(maxsize=64)
def _fields_of(cls: "type[DataclassInstance]") -> dict[str, tuple[Field[Any], Any]]:
    kinds = get_type_hints(cls)
    return {field.name: (field, kinds[field.name]) for field in fields(cls) if field.init}


def _checked(value: Any, kind: Any, name: str, where: str, bounds: bool = True) -> Any:
    """`value` as a `kind`: lists become tuples if that is asked for."""
    if kind is Any:
        return value
    origin, inner = get_origin(kind) or kind, get_args(kind)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in inner:
            return None
        kinds = [kind for kind in inner if kind is not type(None)]
        assert len(kinds) == 1, f"{kind}: a field has one type, or none"
        return _checked(value, kinds[0], name, where, bounds)
    if isinstance(origin, type) and is_dataclass(origin):
        return build(origin, value, f"{where}: {name}", bounds)
    if not _is_a(value, origin):
        raise DamagedError(f"{where}: {name} is {_shown(value)}, which is {_WORDS[origin]}.")
    if origin is dict:
        return {key: _checked(item, inner[1], name, where, bounds) for key, item in value.items()}
    if origin in (list, tuple):
        part = f"a part of {name}"
        return origin(_checked(item, inner[0], part, where, bounds) for item in value)
    return value


def _is_a(value: object, kind: type) -> bool:
    if kind is int:
        return type(value) is int and abs(value) <= MAX_INTEGER
    if kind is float:
        return is_number(value)
    if kind in (list, tuple):
        return isinstance(value, (list, tuple))
    return isinstance(value, kind)


def _check_bounds(value: object, one: Field[Any], where: str) -> None:
    low, high = one.metadata.get("low"), one.metadata.get("high")
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return
    if low is not None and value < low:
        raise DamagedError(f"{where}: {one.name} is {value} but must be at least {low}.")
    if high is not None and value > high:
        raise DamagedError(f"{where}: {one.name} is {value} but must be at most {high}.")


def _shown(value: object) -> str:
    """A value for a sentence: short, whatever it is."""
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    if isinstance(value, str):
        return repr(value[:_SHOWN_CHARACTERS])
    if type(value) is int and abs(value) > MAX_INTEGER:
        return "a number too large"
    shown = repr(value)
    return shown if len(shown) <= _SHOWN_CHARACTERS else f"{shown[:_SHOWN_CHARACTERS]}…"


def _is_deep(value: object) -> bool:
    """Level by level, since a recursion would be what it guards against."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(MAX_DEPTH):
        if not level:
            return False
        level = [
            part
            for container in level
            for part in (container.values() if isinstance(container, dict) else container)
            if isinstance(part, (dict, list))
        ]
    return True


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return replace_surrogates(value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {replace_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value
