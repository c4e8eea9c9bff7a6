"""Every example that a docstring shows (`>>> …`) says what really comes out."""

import doctest
import importlib
from pathlib import Path

import pytest

from llmcore.paths import PROJECT_ROOT

MODULES = [
    ".".join(path.relative_to(PROJECT_ROOT).with_suffix("").parts).removesuffix(".__init__")
    for package in ("llmcore", "ui")
    for path in sorted((PROJECT_ROOT / package).rglob("*.py"))
    if "    >>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_hold(name: str) -> None:
    results = doctest.testmod(importlib.import_module(name))
    assert results.attempted and not results.failed


def test_examples_are_found() -> None:
    assert "llmcore.nn.hooks" in MODULES and len(MODULES) > 40


def test_a_wrong_example_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wrong_example.py").write_text('"""\n>>> 1 + 1\n3\n"""\n', encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert doctest.testmod(importlib.import_module("wrong_example")).failed == 1
