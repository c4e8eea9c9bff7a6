"""The lines of this project that compute a step: read from the running code, never a copy."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from llmcore.paths import CODE_ROOT

_MOST_LINES = 14  # of an excerpt: longer ones are shown as the first of their statements alone


@dataclass(slots=True, frozen=True)
class Source:
    """path: relative to the project if it is in it. first_line: of `text`, counted from 1.
    marked: (first, last) line of the statements that do the step; the whole if none was named.
    """

    name: str
    path: str
    first_line: int
    text: str
    marked: tuple[int, int]

    @property
    def excerpt(self) -> str:
        """The marked lines, without the indentation that they share."""
        first, last = self.marked
        lines = self.text.splitlines()[first - self.first_line : last - self.first_line + 1]
        return textwrap.dedent("\n".join(lines))

    @property
    def where(self) -> str:
        first, last = self.marked
        return f"{self.path}:{first}" if first == last else f"{self.path}:{first}-{last}"


@lru_cache(maxsize=256)  # a walk asks for the same twenty at every step
def source_of(function: Callable[..., Any] | type, *needles: str) -> Source:
    """The source of a function or class; `needles` are pieces of code, such as a hook point's call
    `self.scores(`, and the statements that hold one of them are marked.

    A needle that is not there marks nothing: then the whole function is.
    """
    function = inspect.unwrap(function)
    lines, first = inspect.getsourcelines(function)
    text = textwrap.dedent("".join(lines)).rstrip()
    last = first + len(text.splitlines()) - 1
    marked = [
        (first + start - 1, first + end - 1)
        for start, end in _statements(text)
        if any(needle in _between(text, start, end) for needle in needles)
    ]
    span = (first, last)
    if marked:
        span = (marked[0][0], marked[-1][1])
        if span[1] - span[0] >= _MOST_LINES:
            span = marked[0]
    path = Path(inspect.getsourcefile(function) or "")
    if path.is_relative_to(CODE_ROOT / "llmcore"):
        shown = path.relative_to(CODE_ROOT).as_posix()
    else:
        shown = "/".join(path.parts[-4:])
    return Source(function.__qualname__, shown, first, text, span)


def _statements(text: str) -> Sequence[tuple[int, int]]:
    """First and last line of each simple statement, in order, counted from 1 within `text`."""
    compound = (ast.FunctionDef, ast.ClassDef, ast.If, ast.For, ast.With, ast.While, ast.Try)
    return sorted(
        (node.lineno, node.end_lineno or node.lineno)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.stmt) and not isinstance(node, compound)
    )


def _between(text: str, start: int, end: int) -> str:
    return "\n".join(text.splitlines()[start - 1 : end])
