"""Finds what reaches Streamlit's Markdown in ui/ and pages/ and is neither our own words nor
escaped: a small reading of the source, by names and annotations, that rather asks too much.

Safe are: texts that stand in the source, module constants in capitals, numbers, `plain(...)` and
`code(...)`, what is annotated as `Markdown` (its makers are read as well), and all that is put
together of these.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from llmcore.paths import PROJECT_ROOT

# Calls that draw Markdown: which positional arguments, and which by name.
FIRST, FIRST_TWO = (0,), (0, 1)
DRAWN: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    **dict.fromkeys(
        ("markdown", "caption", "info", "warning", "error", "success", "toast", "title", "header",
         "subheader", "badge", "expander", "popover", "status", "spinner", "tabs", "dialog"),
        (FIRST, ("body", "label", "text", "help", "tabs", "title")),
    ),
    **dict.fromkeys(
        ("button", "form_submit_button", "download_button", "link_button", "checkbox", "toggle",
         "text_input", "text_area", "number_input", "slider", "selectbox", "multiselect",
         "file_uploader"),
        (FIRST, ("label", "help")),
    ),
    **dict.fromkeys(
        ("radio", "pills", "segmented_control", "select_slider"),
        (FIRST, ("label", "help", "captions", "format_func")),
    ),
    "metric": ((0, 1, 2), ("label", "value", "delta", "help")),
    "page_link": ((1,), ("label", "help")),
    "progress": ((1,), ("text",)),
    "write": (FIRST, ()),
    "table": (FIRST, ("data",)),
}  # fmt: skip
ESCAPE = {"plain", "code", "lines"}
NUMBERS = {"len", "format", "ord", "round", "int", "float", "sum", "abs", "ceil", "floor", "log2"}
NUMBER_FORMAT = re.compile(r"[+-]?\d*[,_]?(\.(\d+|\{.*\}))?[dfge%,]")
NUMERIC = re.compile(r"(int|float|bool|None|tuple|list|Sequence|[\[\], .|])+")
TEXT_METHODS = {"join", "strip", "capitalize", "removesuffix", "removeprefix", "lower", "rstrip"}


@dataclass
class Scope:
    """What is known of names inside one function: values given to them, parameters, loops."""

    values: dict[str, list[ast.expr]] = field(default_factory=dict)
    iterated: dict[str, list[ast.expr]] = field(default_factory=dict)
    annotations: dict[str, ast.expr] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)


class Element(ast.expr):
    """What stands at a place of each value; at every place for None. Not of Python's grammar."""

    def __init__(self, value: ast.expr, place: int | None) -> None:
        super().__init__()
        self.value, self.place = value, place


@cache
def classes_of_llmcore() -> list[tuple[Path, ast.ClassDef]]:
    return [
        (path, node)
        for path in (PROJECT_ROOT / "llmcore").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    ]


class Reading:
    """All files read together, so that functions annotated `-> Markdown` are known."""

    def __init__(self, paths: list[Path], own_words: set[str]) -> None:
        self.trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}
        self.own_words = own_words
        self.path = Path()  # of the file that is read now
        self.defined: set[tuple[Path, str]] = set()
        self.makers: set[tuple[Path, str]] = set()
        self.numbers: set[tuple[Path, str]] = set()
        self.takers: dict[tuple[Path, str], list[tuple[int, str]]] = {}
        fields: dict[str, set[str]] = {}
        for path, tree in self.trees.items():
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef):
                    self._know(node, path)
                elif isinstance(node, ast.ClassDef):
                    self._know_fields(node, fields, path)
        for path, node in classes_of_llmcore():
            self._know_fields(node, fields, path)
        self.safe_fields = {
            name
            for name, written in fields.items()
            if all(is_number(part) or is_markdown(part) for part in written)
        }

    def _know(self, node: ast.FunctionDef, path: Path) -> None:
        returns = ast.unparse(node.returns) if node.returns else ""
        self.defined.add((path, node.name))
        if is_markdown(returns):
            self.makers.add((path, node.name))
        if is_number(returns):
            self.numbers.add((path, node.name))
        taken = [
            (place, argument.arg)
            for place, argument in enumerate([*node.args.posonlyargs, *node.args.args])
            if argument.annotation and is_markdown(ast.unparse(argument.annotation))
        ]
        taken += [
            (-1, kwonlyarg.arg)
            for kwonlyarg in node.args.kwonlyargs
            if kwonlyarg.annotation and is_markdown(ast.unparse(kwonlyarg.annotation))
        ]
        if taken:
            self.takers[path, node.name] = taken

    def _know_fields(self, node: ast.ClassDef, fields: dict[str, set[str]], path: Path) -> None:
        """Fields and properties by name, over all classes; a page's dataclass takes Markdown."""
        declared = [statement for statement in node.body if isinstance(statement, ast.AnnAssign)]
        for attribute in declared:
            if isinstance(attribute.target, ast.Name):
                fields.setdefault(attribute.target.id, set()).add(ast.unparse(attribute.annotation))
        for statement in node.body:
            if (
                isinstance(statement, ast.FunctionDef)
                and statement.decorator_list
                and statement.returns
            ):
                fields.setdefault(statement.name, set()).add(ast.unparse(statement.returns))
        taken = [
            (place, ast.unparse(attribute.target))
            for place, attribute in enumerate(declared)
            if is_markdown(ast.unparse(attribute.annotation))
        ]
        self.defined.add((path, node.name))
        if taken and path in self.trees:
            self.takers[path, node.name] = taken

    def _owners(self, name: str) -> list[tuple[Path, str]]:
        """Where a name that is used in this file may be defined: here, else anywhere."""
        here = (self.path, name)
        if here in self.defined or name.startswith("_"):
            return [here]
        return [known for known in self.defined if known[1] == name]

    def _makes(self, name: str) -> bool:
        """Whether a function gives Markdown or a number, wherever there is one of this name."""
        owners = self._owners(name)
        return bool(owners) and all(owner in self.makers | self.numbers for owner in owners)

    def faults(self) -> Iterator[str]:
        """`path:line: expression` of each value that is not known to be safe."""
        for path, tree in self.trees.items():
            self.path = path
            module = scope_of(tree)
            yield from (f"{path}:{fault}" for fault in self._in(tree, module, tree))

    def _in(self, node: ast.AST, scope: Scope, owner: ast.AST) -> Iterator[str]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.Lambda):
                inner = scope_of(child)
                inner.values = {**scope.values, **inner.values}
                inner.iterated = {**scope.iterated, **inner.iterated}
                inner.annotations = {**scope.annotations, **inner.annotations}
                yield from self._in(child, inner, child)
                continue
            if isinstance(child, ast.Return) and child.value and returns_markdown(owner):
                yield from self._unsafe(child.value, scope)
            if isinstance(child, ast.Call):
                yield from self._call(child, scope)
            yield from self._in(child, scope, owner)

    def _call(self, call: ast.Call, scope: Scope) -> Iterator[str]:
        name = call_name(call)
        places: list[tuple[int, str]] = []
        if draws(call):
            positional, named = DRAWN[name]
            places = [(value, "") for value in positional] + [(-1, value) for value in named]
        else:
            places = [place for owner in self._owners(name) for place in self.takers.get(owner, [])]
        for place, word in places:
            given = [keyword.value for keyword in call.keywords if word and keyword.arg == word]
            if 0 <= place < len(call.args):
                given.append(call.args[place])
            for value in given:
                yield from self._unsafe(value, scope)

    def _unsafe(self, value: ast.expr, scope: Scope) -> Iterator[str]:
        for bad in self.bad_parts(value, scope):
            yield f"{bad.lineno}: {ast.unparse(bad)}"

    def bad_parts(self, node: ast.expr, scope: Scope) -> list[ast.expr]:
        """The parts of an expression that are neither ours nor escaped."""
        every = lambda parts: [bad for part in parts for bad in self.bad_parts(part, scope)]  # noqa
        match node:
            case ast.Constant():
                return []
            case ast.JoinedStr(values=values):
                return every(values) + in_code_span(values)
            case ast.FormattedValue(value=value, format_spec=spec):
                if spec and NUMBER_FORMAT.fullmatch(ast.unparse(spec)[2:-1]):
                    return []
                return self.bad_parts(value, scope)
            case ast.IfExp(body=body, orelse=orelse):
                return every([body, orelse])
            case ast.BoolOp(values=values):
                return every(values)
            case ast.Compare() | ast.UnaryOp():
                return []
            case ast.BinOp(left=left, op=ast.Add() | ast.Mult() | ast.Mod(), right=right):
                return every([left, right])
            case ast.BinOp():
                return []
            case ast.List(elts=elts) | ast.Tuple(elts=elts) | ast.Set(elts=elts):
                return every(elts)
            case ast.Starred(value=value) | ast.NamedExpr(value=value):
                return self.bad_parts(value, scope)
            case ast.Dict(values=values):
                return every(values)
            case ast.ListComp(elt=elt) | ast.GeneratorExp(elt=elt) | ast.SetComp(elt=elt):
                return self.bad_parts(elt, with_loops(scope, node.generators))
            case Element():
                return every(self._elements(node, scope))
            case ast.Lambda(body=body):
                return self.bad_parts(body, scope)
            case ast.Subscript(value=value):
                return [] if not self.bad_parts(value, scope) else [node]
            case ast.Attribute(value=value, attr=attr):
                if ast.unparse(node) in self.own_words or attr.isupper():
                    return []
                if attr in self.safe_fields or not self.bad_parts(value, scope):
                    return []
                return [node]
            case ast.Call():
                return self._bad_call(node, scope)
            case ast.Name():
                return self._bad_name(node, scope)
        return [node]

    def _elements(self, node: Element, scope: Scope) -> list[ast.expr]:
        """The expressions that may stand there; the whole where its parts are not written out."""
        value, place = node.value, node.place
        found: list[ast.expr] = []
        for whole in self._elements(value, scope) if isinstance(value, Element) else [value]:
            if isinstance(whole, ast.List | ast.Tuple | ast.Set):
                starred = any(isinstance(elts, ast.Starred) for elts in whole.elts)
                if place is None:
                    for elts in whole.elts:
                        within = isinstance(elts, ast.Starred)
                        found += (
                            self._elements(Element(elts.value, None), scope) if within else [elts]
                        )
                elif not starred and place < len(whole.elts):
                    found.append(whole.elts[place])
                else:
                    found.append(whole)
            elif (
                isinstance(whole, ast.Name)
                and not is_constant(whole.id)
                and (whole.id not in scope.busy)
            ):
                given = scope.values.get(whole.id, [])
                if not given or whole.id in scope.annotations or whole.id in scope.iterated:
                    found.append(whole)
                    continue
                scope.busy.add(whole.id)
                for expression in given:
                    found += self._elements(Element(expression, place), scope)
                scope.busy.discard(whole.id)
            else:
                found.append(whole)
        return found

    def _bad_call(self, node: ast.Call, scope: Scope) -> list[ast.expr]:
        name = call_name(node)
        if name in ESCAPE | NUMBERS or self._makes(name):
            return []
        if name in self.own_words or ast.unparse(node) in self.own_words:
            return []
        if name in {"min", "max", "str", "format", "list", "sorted", "tuple"}:
            return [bad for argument in node.args for bad in self.bad_parts(argument, scope)]
        if isinstance(node.func, ast.Attribute):
            if name == "join":
                parts = [node.func.value, *node.args]
                return [bad for part in parts for bad in self.bad_parts(part, scope)]
            if name in {
                "strip",
                "capitalize",
                "removesuffix",
                "lower",
                "rstrip",
                "get",
                "upper",
                "items",
                "values",
                "keys",
                "format",
                "replace",
                "pop",
                "strftime",
            }:
                parts = [node.func.value, *(node.args[1:] if name == "get" else [])]
                return [bad for part in parts for bad in self.bad_parts(part, scope)]
        return [node]

    def _bad_name(self, node: ast.Name, scope: Scope) -> list[ast.expr]:
        name = node.id
        if is_constant(name):
            return []
        if name in scope.busy:
            return []
        if annotation := scope.annotations.get(name):
            written = ast.unparse(annotation)
            return [] if is_markdown(written) or is_number(written) else [node]
        given = scope.values.get(name, []) + scope.iterated.get(name, [])
        if not given:  # a function that is handed over
            return [] if name in ESCAPE or (self.path, name) in self.makers else [node]
        scope.busy.add(name)
        bad = any(self.bad_parts(value, scope) for value in given)
        scope.busy.discard(name)
        return [node] if bad else []


def is_constant(name: str) -> bool:
    return name.strip("_").isupper()


def is_markdown(annotation: str) -> bool:
    return bool(re.search(r"\bMarkdown\b", annotation))


def is_number(annotation: str) -> bool:
    bare = annotation.strip("'\"")
    return bool(NUMERIC.fullmatch(bare) and re.search("int|float|bool", bare))


def returns_markdown(owner: ast.AST) -> bool:
    return (
        isinstance(owner, ast.FunctionDef)
        and owner.returns is not None
        and is_markdown(ast.unparse(owner.returns))
    )


def in_code_span(values: list[ast.expr]) -> list[ast.expr]:
    """Escaped values between backticks of the text: the backslashes would be shown."""
    ticks, bad = 0, []
    for value in values:
        if isinstance(value, ast.Constant):
            ticks += str(value.value).count("`")
        elif ticks % 2 and any(
            isinstance(call, ast.Call) and call_name(call) in ESCAPE for call in ast.walk(value)
        ):
            bad.append(value)
    return bad


def draws(call: ast.Call) -> bool:
    """Whether a call draws Markdown: by its name, without the namesakes of other objects."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in DRAWN:
        return False
    owner = ast.unparse(call.func.value)
    if call.func.attr == "write":
        return owner == "st"
    return "store" not in owner and owner != "logger"


def call_name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def scope_of(owner: ast.AST) -> Scope:
    """Names of one function or module, without those of functions inside it."""
    scope = Scope()
    arguments = getattr(owner, "args", None)
    if isinstance(arguments, ast.arguments):
        for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
            scope.annotations[argument.arg] = argument.annotation or ast.Constant("unknown")
    stack = list(ast.iter_child_nodes(owner))
    while stack:
        node = stack.pop()
        if isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            continue
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    bind(scope.values, target, value)
            case ast.AnnAssign(target=target, value=value) if value:
                bind(scope.values, target, value)
            case ast.AugAssign(target=target, value=value):
                bind(scope.values, target, value)
            case ast.NamedExpr(target=target, value=value):
                bind(scope.values, target, value)
            case ast.For(target=target, iter=iterated):
                bind_loop(scope, target, iterated)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append" | "insert")):
                scope.values.setdefault(name, []).append(ast.List([node.args[-1]]))
        stack.extend(ast.iter_child_nodes(node))
    return scope


def bind(known: dict[str, list[ast.expr]], target: ast.expr, value: ast.expr) -> None:
    if isinstance(target, ast.Name):
        known.setdefault(target.id, []).append(value)
    elif isinstance(target, ast.Tuple | ast.List):
        for place, elt in enumerate(target.elts):
            bind(known, elt, Element(value, place))


def bind_loop(scope: Scope, target: ast.expr, iterated: ast.expr) -> None:
    if isinstance(iterated, ast.Call):
        name = call_name(iterated)
        if name == "enumerate" and isinstance(target, ast.Tuple):
            bind(scope.iterated, target.elts[0], ast.Constant(0))
            bind_loop(scope, target.elts[1], iterated.args[0])
            return
        if name == "range":
            bind(scope.iterated, target, ast.Constant(0))
            return
        if name == "zip" and isinstance(target, ast.Tuple):
            for elt, many in zip(target.elts, iterated.args, strict=False):
                bind_loop(scope, elt, many)
            return
        if name == "items" and isinstance(iterated.func, ast.Attribute):
            bind(scope.iterated, target, iterated.func.value)  # keys and values alike
            return
    bind(scope.iterated, target, Element(iterated, None))


def with_loops(scope: Scope, generators: list[ast.comprehension]) -> Scope:
    names = {
        node.id
        for loop in generators
        for node in ast.walk(loop.target)
        if isinstance(node, ast.Name)
    }
    inner = Scope(
        {name: list(value) for name, value in scope.values.items() if name not in names},
        {name: list(value) for name, value in scope.iterated.items() if name not in names},
        {name: value for name, value in scope.annotations.items() if name not in names},
        scope.busy,
    )
    for loop in generators:
        bind_loop(inner, loop.target, loop.iter)
    return inner
