"""Jinja templates of strangers: rendered in jinja2's sandbox, within bounds of time and memory.

jinja2's own sandbox keeps a template from Python's insides, but lets it loop without end and grow
a text without bound. Here every loop, call and filter counts as steps, a text is measured before an
operation makes it, and a list or dictionary when it is made, with all that it holds. Free of torch.
"""

import datetime
import json
import re
import threading
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NoReturn, cast

from jinja2 import TemplateError, TemplateSyntaxError, nodes
from jinja2.environment import Template
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer

from llmcore.errors import LabError

MAX_TEMPLATE = 200_000  # characters of a template
MAX_TEXT = 4_000_000  # characters of a text, or of all texts in a list
MAX_STEPS = 1_000_000  # rounds of loops, entries of lists, calls and filters of one rendering
MAX_SECONDS = 2.0  # of the thread's own time
MAX_BITS = 4_096  # of a whole number


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_METHODS: dict[type, frozenset[str]] = {
    str: _names(
        "capitalize casefold count endswith find index isalnum isalpha isascii isdecimal isdigit "
        "islower isnumeric isspace istitle isupper join lower lstrip partition removeprefix "
        "removesuffix replace rfind rindex rpartition rsplit rstrip split splitlines startswith "
        "strip swapcase title upper"
    ),
    dict: _names("get items keys values copy"),
    list: _names("count index copy"),
    tuple: _names("count index"),
}
_FILTERS = _names(
    "abs capitalize count d default dictsort e escape first float int items join last "
    "length list lower map max min reject rejectattr replace reverse round safe select selectattr "
    "sort title trim unique upper wordcount"
)
_WIDE = re.compile(r"\*|\d{4}")  # a width in a format that could ask for a lot of memory


class _TooMuch(Exception):
    """A bound was met."""


class _Refused(Exception):
    """What the template itself raised with `raise_exception`."""


class _Budget(threading.local):
    """What the rendering in this thread may still take."""

    steps = 0
    ends = 0.0

    def begin(self) -> None:
        self.steps, self.ends = MAX_STEPS, time.thread_time() + MAX_SECONDS

    def take(self, n: int = 1) -> None:
        self.steps -= n
        late = self.steps % 32 == 0 and time.thread_time() > self.ends
        if self.steps < 0 or late:
            raise _TooMuch("it takes too many steps: a loop may have no end")


_budget = _Budget()


def rendered(text: str, values: dict[str, Any]) -> str:
    """The template's text filled with `values`. Raises LabError with one sentence."""
    template = compiled(text)
    _budget.begin()
    try:
        return template.render(**values)
    except _Refused as refused:
        raise LabError(f"The chat template refuses this conversation: {refused}") from refused
    except RecursionError as error:
        raise _unusable("it calls itself without end") from error
    except Exception as error:  # a template can raise whatever Python's operators raise
        raise _unusable(_one_line(error)) from error


@lru_cache(maxsize=16)
def compiled(text: str) -> Template:
    """Raises LabError for what is no template."""
    if len(text) > MAX_TEMPLATE:
        raise LabError(
            f"The chat template has {len(text):,} characters but at most {MAX_TEMPLATE:,} are "
            f"allowed: shorten it."
        )
    try:
        return _environment().from_string(text)
    except TemplateSyntaxError as error:
        raise LabError(
            f"The chat template is no Jinja template: line {error.lineno}: {_one_line(error)}"
        ) from error
    except (TemplateError, RecursionError, ValueError, SyntaxError, MemoryError) as error:
        raise _unusable(_one_line(error)) from error


def _unusable(why: str) -> LabError:
    return LabError(f"The chat template cannot be used: {why}.")


def _one_line(error: Exception) -> str:
    said = " ".join(str(error).split()) or type(error).__name__
    return (said if len(said) <= 200 else said[:199] + "…").rstrip(".")


# ---- the environment


class _Generation(Extension):
    """`{% generation %} … {% endgeneration %}`, which marks a model's words for training: here its
    body alone counts."""

    tags = frozenset(("generation",))  # type: ignore[assignment]

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class _Counted(NodeTransformer):
    """Sends loops, `~` and lists through filters that count and measure."""

    def visit_For(self, node: nodes.For) -> nodes.For:
        self.generic_visit(node)
        node.iter = _filtered("counted", node.iter)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:
        self.generic_visit(node)
        return _filtered("joined", nodes.List(node.nodes, lineno=node.lineno))

    def visit_List(self, node: nodes.List) -> nodes.Filter:
        self.generic_visit(node)
        return _filtered("measured", node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Filter:
        self.generic_visit(node)
        return _filtered("measured", node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Expr:
        self.generic_visit(node)
        return _filtered("measured", node) if node.ctx == "load" else node


def _filtered(name: str, node: nodes.Node) -> nodes.Filter:
    return nodes.Filter(cast(nodes.Expr, node), name, [], [], None, None, lineno=node.lineno)


class _Bounded(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset(("+", "-", "*", "/", "//", "%", "**"))

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = _Counted().visit(super()._parse(source, name, filename))
        return tree

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if not super().is_safe_attribute(obj, attr, value):
            return False
        known = next((names for kind, names in _METHODS.items() if isinstance(obj, kind)), None)
        return attr in known if known is not None and callable(value) else True

    def wrap_str_format(self, value: Any) -> None:
        """Nothing: jinja2 would let `format` through, and with it any width."""

    def call(self, context: Context, obj: Any, *args: Any, **kwargs: Any) -> Any:
        _budget.take()
        owner, name = getattr(obj, "__self__", None), getattr(obj, "__name__", "")
        if isinstance(owner, str) and name == "join" and args:
            return _bounded_join(args[0], owner)
        if isinstance(owner, str) and name == "replace":
            _check_replaced(owner, *args)
        return _measured(super().call(context, obj, *args, **kwargs))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        _check_operation(operator, left, right)
        return _measured(super().call_binop(context, operator, left, right))


def _check_operation(operator: str, left: Any, right: Any) -> None:
    _budget.take()
    if operator == "+" and _sized(left) and _sized(right):
        _check_size(len(left) + len(right))
    elif operator == "*":
        for text, times in ((left, right), (right, left)):
            if _sized(text) and isinstance(times, int):
                _check_size(len(text) * max(0, times))
        if isinstance(left, int) and isinstance(right, int):
            _check_bits(left.bit_length() + right.bit_length())
    elif operator == "**" and isinstance(left, int) and isinstance(right, int):
        _check_bits(left.bit_length() * max(0, right))
    elif operator == "%" and isinstance(left, str) and _WIDE.search(left):
        raise _TooMuch("it asks for a text of a great width")
    elif operator == "%" and isinstance(left, str):
        _check_size(len(left) + len(_text(right)) * left.count("%"))


def _sized(value: object) -> bool:
    return isinstance(value, (str, list, tuple))


def _check_size(size: int) -> None:
    if size > MAX_TEXT:
        raise _TooMuch(f"it makes a text of more than {MAX_TEXT:,} characters")


def _check_bits(bits: int) -> None:
    if bits > MAX_BITS:
        raise _TooMuch("it computes with numbers that are too large")


def _check_replaced(text: str, old: Any, new: Any, *rest: Any) -> None:
    times = text.count(str(old))
    _check_size(len(text) + times * max(0, len(str(new)) - len(str(old))))


def _text(value: Any) -> str:
    """What a value looks like in the rendered text."""
    if isinstance(value, Namespace):  # it may hold itself, twice in each of its parts
        raise _TooMuch("it writes a namespace as text")
    return str(value)


def _finalized(value: Any) -> Any:
    return _text(value)


def _joined(parts: Iterable[Any]) -> str:
    """Joins with a measure; stands for `~`, captured blocks, and a whole rendering."""
    found, size = [], 0
    for part in parts:
        text = _text(part)
        size += len(text)
        _budget.take()
        _check_size(size)
        found.append(text)
    return "".join(found)


def _measured(value: Any) -> Any:
    """The value itself. A list or dictionary is walked, each thing as often as it occurs:
    lists of the same lists would grow without taking memory, until one compares or writes them."""
    if not isinstance(value, (list, tuple, dict)):
        return value
    waiting: list[Any] = [value]
    size = 0
    while waiting:
        one = waiting.pop()
        _budget.take()
        if isinstance(one, str):
            size += len(one)
            _check_size(size)
        elif isinstance(one, (list, tuple)):
            waiting += one
        elif isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, Namespace):
            raise _TooMuch("it puts a namespace into a list")
    return value


def _counted(value: Any) -> list[Any]:
    """The entries of a loop; each counts as a step before the first is used."""
    entries = list(value)
    _budget.take(len(entries))
    return entries


def _taken(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter of jinja2 that counts as one step; its marks of how it is called stay."""

    def called(*args: Any, **kwargs: Any) -> Any:
        _budget.take()
        if any(isinstance(value, Namespace) for value in args):
            raise _TooMuch("it filters a namespace")
        return _measured(function(*args, **kwargs))

    called.__dict__.update(getattr(function, "__dict__", {}))
    return called


def _bounded_join(value: Iterable[Any], d: str = "", attribute: str | int | None = None) -> str:
    entries = list(value)
    if attribute is not None:
        entries = [entry.get(attribute, "") if isinstance(entry, dict) else "" for entry in entries]
    return _joined([text for entry in entries for text in (d, entry)][1:])


def _bounded_replace(text: Any, old: str, new: str, count: int | None = None) -> str:
    _check_replaced(str(text), old, new)
    return str(text).replace(str(old), str(new), -1 if count is None else count)


def _indent(text: Any, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    pad = width if isinstance(width, str) else " " * min(max(0, int(width)), 1_000)
    lines = str(text).split("\n")
    _check_size(len(str(text)) + len(pad) * len(lines))
    made = [
        pad + line if (at or first) and (line or blank) else line for at, line in enumerate(lines)
    ]
    return "\n".join(made)


def _as_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """As transformers writes it: signs of HTML stay unchanged."""
    _budget.take()
    spaces = None if indent is None else min(max(0, int(indent)), 16)
    pieces = json.JSONEncoder(
        ensure_ascii=ensure_ascii, indent=spaces, separators=separators, sort_keys=sort_keys
    ).iterencode(value)
    return _joined(pieces)


def _raise_exception(message: object) -> NoReturn:
    raise _Refused(" ".join(str(message).split())[:300])


def _strftime_now(form: str) -> str:
    if len(form) > 200 or _WIDE.search(form):
        raise _TooMuch("it asks for a date of a great width")
    return datetime.datetime.now().strftime(form)


@lru_cache(maxsize=1)
def _environment() -> _Bounded:
    # optimized: else jinja2 would compute constant expressions while it compiles, unmeasured.
    environment = _Bounded(
        trim_blocks=True, lstrip_blocks=True, optimized=False,
        finalize=_finalized, extensions=[_Generation, loopcontrols],
    )  # fmt: skip
    environment.concat = _joined  # type: ignore[method-assign]
    environment.filters = {name: _taken(environment.filters[name]) for name in _FILTERS}
    environment.filters |= {
        "counted": _counted, "joined": _joined, "measured": _measured, "join": _bounded_join,
        "tojson": _as_json, "replace": _bounded_replace, "indent": _indent, "string": _text,
    }  # fmt: skip
    kept = {name: environment.globals[name] for name in ("range", "dict", "namespace")}
    environment.globals.clear()
    environment.globals.update(kept, raise_exception=_raise_exception, strftime_now=_strftime_now)
    return environment


def is_jinja(text: str) -> bool:
    """Whether a text is a Jinja template by its looks.

    >>> is_jinja("{{ messages[0].content }}"), is_jinja("Q: {instruction}")
    (True, False)
    """
    return "{%" in text or "{{" in text
