"""app → pages → ui → llmcore, no Streamlit in llmcore, no torch where a page only lists things."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from llmcore.paths import PROJECT_ROOT

RANK = {"llmcore": 0, "ui": 1, "pages": 2, "app": 3}
# The floors of llmcore, the ground first: a package imports from floors below its own only.
FLOORS = (
    ("cache", "colours", "errors", "kinds", "version"),
    ("schema", "texts", "paths", "device", "zips"),
    ("settings", "files", "background"),
    ("choices", "config", "packaged"),
    ("presets", "nn", "tokenizers"),
    ("data", "classical", "train"),
    ("evaluation", "runs"),
    ("generation",),
    ("tasks", "convert"),
    ("models",),
    ("recipes", "exchange", "assistants", "classifiers"),
    ("experiments", "advice"),
    ("plots", "execution"),
    ("interpret", "applications"),
    ("cli",),
)
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
FACE = {"llmcore", "llmcore.__main__"}  # hands `load_classifier` and the command line on, lazily
FOLDERS = ("llmcore", "ui", "pages")
SOURCES = sorted(path for folder in FOLDERS for path in (PROJECT_ROOT / folder).rglob("*.py"))
SOURCES.append(PROJECT_ROOT / "app.py")
LIGHT = (
    "tokenizers", "data", "runs", "exchange", "models", "plots", "convert.locate",
    "convert.hub", "assistants", "tasks.templates", "applications", "applications.background",
)  # fmt: skip
TORCH_FREE_FOLDERS = ("tokenizers", "data", "classical", "plots")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> Iterator[str]:
    """The absolute names of all modules that a file imports, inside functions as well."""
    for node in ast.walk(parsed(path)):
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


def module_of(path: Path) -> str:
    """
    >>> module_of(PROJECT_ROOT / "llmcore" / "runs" / "__init__.py")
    'llmcore.runs'
    """
    parts = path.relative_to(PROJECT_ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in SOURCES}


def arrows(tree: ast.AST) -> Iterator[str]:
    """The modules of ours that a file imports, inside of functions as well; those for types only
    do not count."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in MODULES else node.module for name in inside)
        else:
            yield from arrows(node)


GRAPH = {
    name: set(arrows(parsed(path))) & set(MODULES) - {name}
    for name, path in MODULES.items()
}  # fmt: skip


def package_of(module: str) -> str:
    return module.split(".")[1]


@pytest.mark.parametrize(
    "module", sorted(module for module in MODULES if module.startswith("llmcore."))
)
def test_packages_of_llmcore_import_from_floors_below(module: str) -> None:
    if module in FACE:
        return
    own = package_of(module)
    for other in GRAPH[module] - {"llmcore"}:
        if other.startswith("llmcore.") and package_of(other) != own:
            assert FLOOR[package_of(other)] < FLOOR[own], f"{module} imports {other}"


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The groups of files that import each other in a round (Tarjan 1972, by repeated peeling)."""
    left = {name: set(others) for name, others in graph.items()}
    while True:
        ends = {name for name, others in left.items() if not others}
        targets = set().union(*left.values()) if left else set()
        ends |= {name for name in left if name not in targets}
        if not ends:
            return [sorted(left)] if left else []
        left = {name: others - ends for name, others in left.items() if name not in ends}


def test_circles_are_seen() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == [["b", "c"]]
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []


def test_no_files_import_each_other_in_a_round() -> None:
    assert circles({name: others for name, others in GRAPH.items() if name not in FACE}) == []


PAGES = {path.stem.replace("-", "_"): path for path in (PROJECT_ROOT / "pages").glob("*.py")}
MOST_LINES = 40
# What several pages draw; every other folder of ui belongs to the page of its name.
SHARED = {"components", "run_panel", "tours"}


@pytest.mark.parametrize("page", sorted(PAGES))
def test_a_page_is_short_and_its_parts_lie_under_its_name(page: str) -> None:
    assert f"ui.{page}" in MODULES
    assert len(PAGES[page].read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_folders_of_ui_are_pages_or_shared() -> None:
    folders = {module.split(".")[1] for module in MODULES if module.startswith("ui.")}
    folders = {folder for folder in folders if (PROJECT_ROOT / "ui" / folder).is_dir()}
    assert folders == set(PAGES) | SHARED


def owner_of(module: str) -> str:
    """The page that a module of pages or ui belongs to; a shared one owns itself.

    >>> owner_of("pages.earlier-nlp"), owner_of("ui.earlier_nlp.measured"), owner_of("ui.picker")
    ('earlier_nlp', 'earlier_nlp', 'ui.picker')
    """
    first, _, rest = module.partition(".")
    name = rest.partition(".")[0].replace("-", "_")
    return name if name in PAGES and first in {"pages", "ui"} else module


@pytest.mark.parametrize("path", sorted((PROJECT_ROOT / "ui").glob("*.py")), ids=lambda p: p.stem)
def test_only_what_several_pages_use_lies_loose_in_ui(path: Path) -> None:
    module = module_of(path)
    owners = {owner_of(other) for other, named in GRAPH.items() if module in named}
    assert module == "ui" or owners - set(PAGES) or len(owners) > 1, f"only {owners} use {module}"


def session_keys(tree: ast.AST) -> Iterator[str]:
    """Literal keys of `st.session_state` and of widgets."""
    for node in ast.walk(tree):
        key: ast.expr | None = None
        if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("session_state"):
            key = node.slice
        elif isinstance(node, ast.Call):
            of = node.func.value if isinstance(node.func, ast.Attribute) else None
            if of is not None and ast.unparse(of).endswith("session_state") and node.args:
                key = node.args[0]
            else:
                key = next(
                    (keyword.value for keyword in node.keywords if keyword.arg == "key"), None
                )
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value


def literals(tree: ast.AST) -> set[str]:
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def shared_keys(sources: dict[str, str]) -> dict[str, list[str]]:
    """Session key -> the files that write it out, for those written out in two or more. What
    begins with `lab_` is one wherever it stands; a component may have its own name as its key."""
    trees = {name: ast.parse(text) for name, text in sources.items()}
    words = {name: literals(tree) for name, tree in trees.items()}
    keys = {key for tree in trees.values() for key in session_keys(tree)}
    keys |= {
        item for found in words.values() for item in found if re.fullmatch("lab_[a-z_]+", item)
    }
    keys -= {path.stem for path in (PROJECT_ROOT / "ui" / "components").glob("*.js")}
    found = {key: sorted(name for name in words if key in words[name]) for key in keys}
    return {key: files for key, files in found.items() if len(files) > 1}


def test_shared_session_keys_are_seen() -> None:
    sources = {
        "a": 'st.session_state["x_y"] = 1\nst.button("Go", key="go_on")\nKEPT = "lab_kept"',
        "b": 'seed = {"x_y": 1}\nst.session_state.get("go_on")\nstate.get("lab_kept")',
        "c": 'other = "x_z"',
    }
    assert shared_keys(sources) == {"x_y": ["a", "b"], "go_on": ["a", "b"], "lab_kept": ["a", "b"]}


def test_a_session_key_is_written_out_in_one_file() -> None:
    """ui/session.py has those that several files use."""
    drawing = [path for path in SOURCES if part_of(path) != "llmcore"]
    sources = {module_of(path): path.read_text(encoding="utf-8") for path in drawing}
    assert shared_keys(sources) == {}


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


def test_the_command_line_answers_help_without_what_computes() -> None:
    heavy = ("numpy", "pandas", "torch", "psutil", "llmcore.data", "llmcore.models")
    assert loaded_after("import llmcore.cli.app, llmcore.runs", *heavy) == set()


def test_the_first_page_imports_nothing_heavy() -> None:
    statement = (
        "import os, logging; logging.disable(logging.CRITICAL); os.environ['LLMLAB_WARM'] = '0'\n"
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('app.py', default_timeout=60).run()\n"
        "assert not app.exception"
    )
    heavy = ("torch", "transformers", "bertviz", "sklearn", "pandas")
    assert loaded_after(statement, *heavy) == set()


CUTTERS = {"llmcore/runs/reference.py"}
OTHER_SIGNS = {  # addresses of mails, formulas, the key of files
    "llmcore/data/reading/line_forms.py", "llmcore/data/answers.py", "llmcore/convert/locate.py",
}  # fmt: skip


def test_a_model_reference_is_taken_apart_in_one_place() -> None:
    """`RUN@STEP`: a string that is the sign alone stands in one file, however it is used."""
    found = {
        str(path.relative_to(PROJECT_ROOT))
        for path in SOURCES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant) and node.value == "@"
    }
    assert found == CUTTERS | OTHER_SIGNS
