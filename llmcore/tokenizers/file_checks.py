"""Is a stranger's tokenizer.json safe to run on text of any length?

Its regular expressions go to an engine that goes back and tries again. The engine gives up one
match after ten million steps (0.2 s), but a text has many places where one may begin. So an
expression that the lab does not know may not repeat what repeats or branches, which is where such
engines lose themselves; and before a file is imported or opened on a page, a process of its own
reads long runs of every sort of character with it, within a time limit (`check_in_child`).
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from llmcore.errors import DamagedError, LabError
from llmcore.paths import CODE_ROOT
from llmcore.schema import parse_object
from llmcore.tokenizers.known_expressions import KNOWN_EXPRESSIONS

MAX_EXPRESSION = 4_000  # characters
MAX_EXPRESSIONS = 64
MAX_TIMES = 64  # of a group that repeats, if it has an end
SECONDS = 10  # of the processor, so that a busy machine refuses nothing
PATIENCE = 120.0  # seconds by the clock
PROBE_CHARACTERS = 100_000  # as long as the parts in which a text is read


def expressions_in(content: object) -> Iterator[str]:
    """Every `{"Regex": …}` of a tokenizer.json, however deep."""
    if isinstance(content, dict):
        for key, value in content.items():
            if key == "Regex" and isinstance(value, str):
                yield value
            elif key != "vocab":
                yield from expressions_in(value)
    elif isinstance(content, list) and content and not isinstance(content[0], str):
        for item in content:
            yield from expressions_in(item)


def unknown_expressions(content: dict[str, Any]) -> list[str]:
    """Those of a tokenizer.json that the lab does not know to be safe."""
    parts = [content.get(key) for key in ("normalizer", "pre_tokenizer", "decoder")]
    found = dict.fromkeys(expressions_in(parts))
    return [expression for expression in found if expression not in KNOWN_EXPRESSIONS]


def check_expressions(content: dict[str, Any]) -> None:
    """Raises DamagedError for an expression that may run for ever."""
    found = unknown_expressions(content)
    if len(found) > MAX_EXPRESSIONS:
        raise DamagedError(f"The tokenizer has {len(found)} regular expressions: too many.")
    for expression in found:
        if len(expression) > MAX_EXPRESSION:
            raise DamagedError(
                f"The tokenizer splits text by an expression of {len(expression):,} signs: take "
                f"one from another source."
            )
        if repeats_what_repeats(expression):
            raise DamagedError(
                f"The tokenizer splits text by an expression that can run for ever on some texts "
                f"({expression[:60]!r}): take one from another source."
            )


def repeats_what_repeats(expression: str) -> bool:
    """Whether a group that holds a repetition or a choice is itself repeated without an end, or
    a group is meant again by its number.

    >>> repeats_what_repeats(r"(a+)+$"), repeats_what_repeats(r"(?i:'s|'t)?\\s+(?!\\S)")
    (True, False)
    """
    groups: list[bool] = [False]  # of each open group: whether it holds a repetition or a choice
    closed: tuple[int, bool] = (-2, False)  # where the last group ended, and what it held
    at, in_class = 0, 0
    while at < len(expression):
        sign = expression[at]
        if sign == "\\":
            if expression[at + 1 : at + 2] in {*"123456789gk"}:
                return True
            at += 1
        elif in_class:
            in_class += (sign == "[") - (sign == "]")
        elif sign == "[":
            in_class = 1
        elif sign == "(":
            groups.append(False)
        elif sign == ")" and len(groups) > 1:
            closed = (at, groups.pop())
            groups[-1] |= closed[1]
        elif sign == "|":
            groups[-1] = True
        elif _repeats_without_end(expression, at):
            if closed == (at - 1, True):
                return True
            groups[-1] = True
        at += 1
    return False


def _repeats_without_end(expression: str, at: int) -> bool:
    """Whether `*`, `+`, `{n,}` or a large `{n,m}` is there; a plus behind another quantifier
    makes that one possessive."""
    sign = expression[at]
    if sign == "{":
        low, comma, high = expression[at + 1 :].partition("}")[0].partition(",")
        if not low.isdigit() or not (high.isdigit() or not high):
            return False
        return bool(comma and not high) or int(high or low) > MAX_TIMES
    return sign == "*" or (sign == "+" and expression[at - 1 : at] not in ("*", "+", "?", "}"))


def check_file(original: str) -> None:
    """Before a tokenizer.json of a stranger is used: tries what the lab does not know, as
    `check_in_child` does. Raises LabError."""
    content = parse_object(original, "tokenizer.json")
    if unknown_expressions(content):
        check_in_child(content)


def check_in_child(content: Mapping[str, Any]) -> None:
    """Reads long odd texts with a tokenizer.json's way of splitting, in its own process.
    Raises LabError if that takes longer than `SECONDS` of work, or the process dies."""
    splits = {key: content.get(key) for key in ("normalizer", "pre_tokenizer")}
    command = [sys.executable, "-m", "llmcore.tokenizers.probe", str(SECONDS)]
    slow = LabError(
        f"The tokenizer needs longer than {SECONDS} seconds for texts of {PROBE_CHARACTERS:,} "
        f"characters: take one from another source."
    )
    try:
        done = subprocess.run(
            command, input=json.dumps(splits).encode(), capture_output=True, timeout=PATIENCE,
            cwd=CODE_ROOT,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise slow from error
    if done.returncode < 0:
        raise slow
    if done.returncode:
        said = done.stdout.decode("utf-8", "replace").strip().splitlines()
        reason = said[-1] if said else f"it ended with status {done.returncode}"
        raise LabError(f"The tokenizer cannot read some texts ({reason[:200]}).")
