"""Bounds and help of a setting stand in its dataclass alone: flags and pages take them from it."""

import ast
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from llmcore.choices import (
    SamplingConfig,
    TokenizerChoices,
)
from llmcore.config import DataConfig, FinetuneChoices, LoraConfig, ModelConfig, TrainConfig
from llmcore.kinds import experiments
from llmcore.paths import PROJECT_ROOT
from llmcore.settings import help_for

OWNERS: tuple[type, ...] = (
    ModelConfig, TrainConfig, DataConfig, LoraConfig, FinetuneChoices, SamplingConfig,
    TokenizerChoices, *(experiment.load("settings") for experiment in experiments()),
)  # fmt: skip
SETTINGS = {(owner, field.name) for owner in OWNERS for field in fields(owner)}
NAMES = {name for _, name in SETTINGS}
HELPS = {help_for(owner, name).lower().rstrip(".") for owner, name in SETTINGS} - {""}
WIDGETS = {"number_input", "slider", "select_slider"}
FIELDS = {"number", "slider"}  # of ui/fields.py
# Numbers that a page asks for and that no dataclass has, by file and label.
OF_A_PAGE = {
    ("ui/classifier/thresholds.py", "Threshold"),
    ("ui/instructions/mask.py", "Training example"),
    ("ui/model/billions.py", "How many"),
    ("ui/model/billions.py", "Share of the peak"),
    ("ui/model/billions.py", "Texts at once"),
    ("ui/model/billions.py", "Training tokens a parameter"),
    ("ui/model/shape.py", "Context length"),  # powers of two, on a logarithmic scale
    ("ui/model/shape.py", "Head size"),  # of which the width follows
    ("ui/run_panel/charts.py", "Smoothing"),
    ("ui/tokenizer/pairs.py", "Context length"),  # of a drawing
    ("ui/tokenizer/pairs.py", "Stride"),
    ("ui/tours/ask.py", "Your answer"),
}
PAGES = sorted(path for folder in ("ui", "pages") for path in (PROJECT_ROOT / folder).rglob("*.py"))
COMMANDS = sorted((PROJECT_ROOT / "llmcore" / "cli").glob("*.py"))
PATHS = [pytest.param(path, id=str(path.relative_to(PROJECT_ROOT))) for path in PAGES]
CLI_PATHS = [pytest.param(path, id=path.name) for path in COMMANDS]


def calls(tree: ast.AST) -> Iterator[tuple[str, bool, ast.Call]]:
    """Each call in a file: the name of what is called, whether it is an attribute, the call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield node.func.attr, True, node
            elif isinstance(node.func, ast.Name):
                yield node.func.id, False, node


def texts(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def own_widgets(tree: ast.AST) -> Iterator[str]:
    """Labels of the number fields of a page that no dataclass of settings stands behind."""
    for name, of_object, call in calls(tree):
        if of_object and name in WIDGETS:
            yield next(texts(call.args[0]), "")


def narrowed_by_hand(tree: ast.AST) -> Iterator[str]:
    """Bounds of a field that are not constants with a name."""
    for name, of_object, call in calls(tree):
        if not of_object and name in FIELDS:
            yield from (
                f"line {call.lineno}: {keyword.arg}={ast.unparse(keyword.value)}"
                for keyword in call.keywords
                if keyword.arg in ("low", "high") and not isinstance(keyword.value, ast.Name)
            )


def doubled_helps(tree: ast.AST) -> Iterator[str]:
    for text in texts(tree):
        said = text.lower().rstrip(".")
        if " " in said and said in HELPS:
            yield text


def bounded_by_hand(tree: ast.AST) -> Iterator[str]:
    """Flags with the name of a setting, or none of their own, whose bounds are typed."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation is not None:
            name, inside = node.arg, node.annotation
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, inside = node.targets[0].id, node.value
        else:
            continue
        for called, _, call in calls(inside):
            if (
                called in ("Option", "Argument")
                and any(keyword.arg in ("min", "max") for keyword in call.keywords)
                and (name in NAMES or isinstance(node, ast.Assign))
            ):
                yield f"line {call.lineno}: {name}"


@pytest.mark.parametrize("path", PATHS)
def test_a_page_types_no_bound_or_help_of_a_setting(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    where = path.relative_to(PROJECT_ROOT).as_posix()
    if where != "ui/fields.py":
        by_hand = {(where, label) for label in own_widgets(tree)} - OF_A_PAGE
        assert not by_hand, "use number or slider of ui/fields.py"
    assert not list(narrowed_by_hand(tree)), "name the bound, and say the reason beside it"
    assert not list(doubled_helps(tree)), "take the help from the field: ui.fields.help_of"


def test_what_pages_ask_for_themselves_is_asked_for() -> None:
    found = {
        (path.relative_to(PROJECT_ROOT).as_posix(), label)
        for path in PAGES
        for label in own_widgets(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found >= OF_A_PAGE


@pytest.mark.parametrize("path", CLI_PATHS)
def test_a_command_types_no_bound_or_help_of_a_setting(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not list(bounded_by_hand(tree)), "use Fields or within of llmcore/cli/options.py"
    assert not list(doubled_helps(tree)), "take the help from the field: help_for"
