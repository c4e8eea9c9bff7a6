"""app → pages → ui → llmcore, no Streamlit in llmcore, no torch where a page only lists things."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from llmcore.paths import PROJECT_ROOT

RANK = {"llmcore": 0, "ui": 1, "pages": 2, "app": 3}
FOLDERS = ("llmcore", "ui", "pages")
SOURCES = sorted(path for folder in FOLDERS for path in (PROJECT_ROOT / folder).rglob("*.py"))
SOURCES.append(PROJECT_ROOT / "app.py")
LIGHT = (
    "tokenizers", "data", "runs", "runs.exchange", "models", "plots", "convert.locate",
    "convert.hub", "assistants", "tasks.templates", "applications", "applications.background",
)  # fmt: skip
TORCH_FREE_FOLDERS = ("tokenizers", "data", "classical", "plots")


def imported(path: Path) -> Iterator[str]:
    """The absolute names of all modules that a file imports, inside functions as well."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute in this project"
            yield node.module or ""


def part_of(path: Path) -> str:
    first = path.relative_to(PROJECT_ROOT).parts[0]
    return first.removesuffix(".py")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PROJECT_ROOT)))
def test_imports_point_downwards(path: Path) -> None:
    own = RANK[part_of(path)]
    for name in imported(path):
        part = name.split(".")[0]
        if part in RANK:
            assert RANK[part] <= own, f"{path} imports {name}"
            assert part not in {"pages", "app"}, f"{path} imports {name}: pages are scripts"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PROJECT_ROOT)))
def test_llmcore_knows_no_streamlit(path: Path) -> None:
    if part_of(path) == "llmcore":
        assert not any(name.split(".")[0] == "streamlit" for name in imported(path))


@pytest.mark.parametrize("folder", TORCH_FREE_FOLDERS)
def test_torch_free_folders_name_no_torch(folder: str) -> None:
    for path in (PROJECT_ROOT / "llmcore" / folder).rglob("*.py"):
        assert not any(name.split(".")[0] == "torch" for name in imported(path)), path


def loaded_after(statement: str, *names: str) -> set[str]:
    """Which of `names` are imported in a fresh interpreter after `statement`."""
    code = f"{statement}\nimport sys\nprint(*[n for n in {names!r} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("module", LIGHT)
def test_light_modules_import_no_torch(module: str) -> None:
    assert loaded_after(f"import llmcore.{module}", "torch", "transformers") == set()


def test_the_first_page_imports_nothing_heavy() -> None:
    statement = (
        "import os, logging; logging.disable(logging.CRITICAL); os.environ['LLMLAB_WARM'] = '0'\n"
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('app.py', default_timeout=60).run()\n"
        "assert not app.exception"
    )
    heavy = ("torch", "transformers", "bertviz", "sklearn", "pandas")
    assert loaded_after(statement, *heavy) == set()
