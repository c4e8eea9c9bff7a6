"""What README, CONTRIBUTING and docs/ say can be checked: links, paths, names, commands."""

import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import typer

from llmcore.cli.app import app
from llmcore.data import CORPORA, INSTRUCTIONS, LABELLED
from llmcore.paths import PROJECT_ROOT
from ui.navigation import CARDS, FIRST

PAGES = sorted([*PROJECT_ROOT.glob("*.md"), *(PROJECT_ROOT / "docs").glob("*.md")])
NAMES = [str(page.relative_to(PROJECT_ROOT)) for page in PAGES]
FOLDERS = "pages|ui|llmcore|assets|benchmarks|docs|tests|findings|examples"
PATH = re.compile(rf"(?<![\w/.-])(?:{FOLDERS})/[\w./<>*-]*|(?<![\w/.-])\.ci/run|\bapp\.py\b")
LINK = re.compile(r"\]\(([^)\s]+)\)")
COMMANDS = typer.main.get_command(app)


def text_of(name: str) -> str:
    return (PROJECT_ROOT / name).read_text(encoding="utf-8")


def code_of(text: str) -> str:
    """All that stands in code: blocks and spans."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    rest = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", rest)])


def slugs(text: str) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    rest = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.*)$", rest, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def is_there(path: str) -> bool:
    """Whether a path of the project exists; `<name>` stands for any name."""
    path = re.sub(r"<[\w ]*>?", "*", path.rstrip("."))
    return (
        any(PROJECT_ROOT.glob(path.rstrip("/"))) if "*" in path else (PROJECT_ROOT / path).exists()
    )


@pytest.mark.parametrize("name", NAMES)
def test_links_inside_the_project_lead_somewhere(name: str) -> None:
    for link in LINK.findall(text_of(name)):
        if "://" in link:
            continue
        target, _, anchor = link.partition("#")
        path = (PROJECT_ROOT / name).parent / target if target else PROJECT_ROOT / name
        assert path.exists(), f"{name}: {link}"
        if anchor:
            assert anchor in slugs(path.read_text(encoding="utf-8")), f"{name}: {link}"


@pytest.mark.parametrize("name", NAMES)
def test_a_link_that_shows_a_file_leads_to_it(name: str) -> None:
    for shown, target in re.findall(r"\[([\w/.-]+\.(?:md|ipynb))\]\(([^)#\s]+)", text_of(name)):
        assert Path(shown).name == Path(target).name, f"{name}: {shown} leads to {target}"


def test_every_page_of_docs_is_linked_from_readme() -> None:
    linked = set(LINK.findall(text_of("README.md")))
    assert {f"docs/{path.name}" for path in (PROJECT_ROOT / "docs").glob("*.md")} <= linked
    assert {"LICENSE", "CONTRIBUTING.md", "CHANGELOG.md"} <= linked


@pytest.mark.parametrize("name", NAMES)
def test_paths_that_are_named_exist(name: str) -> None:
    for path in PATH.findall(code_of(text_of(name))):
        assert is_there(path), f"{name} names {path}"


def test_a_path_that_is_not_there_is_seen() -> None:
    assert PATH.findall("python benchmarks/no.py x/tests/y tests/<name>.py::f") == [
        "benchmarks/no.py", "tests/<name>.py",
    ]  # fmt: skip
    assert not is_there("benchmarks/no.py") and not is_there("llmcore/<name>.md")
    assert is_there("llmcore/<name>.py")


@pytest.mark.parametrize("name", NAMES)
def test_names_of_llmcore_exist(name: str) -> None:
    for dotted in re.findall(r"\bllmcore(?:\.[A-Za-z_]\w*)+\b", code_of(text_of(name))):
        if dotted.removesuffix(".py") != dotted:
            continue
        parent, _, last = dotted.rpartition(".")
        is_package = find_spec(parent).submodule_search_locations is not None
        module = is_package and find_spec(dotted) is not None
        assert module or hasattr(import_module(parent), last), f"{name} names {dotted}"


def lines_with(start: str) -> Iterator[tuple[str, str]]:
    """(page, line of code) of each line or span in code that begins so."""
    for name in NAMES:
        for line in code_of(text_of(name)).replace("\\\n", " ").splitlines():
            at = line.find(start)
            if at >= 0 and not line.lstrip().startswith("#"):
                yield name, line[at:].split("  #")[0]


def test_commands_and_flags_that_are_shown_exist() -> None:
    shown = list(lines_with("-m llmcore "))
    assert len(shown) > 40
    for page, line in shown:
        words = shlex.split(re.sub(r"[][…]", " ", line))[2:]
        for name in words[0].split("|"):
            check_command(COMMANDS, [name, *words[1:]], f"{page}: {line}")


def check_command(group: Any, words: list[str], where: str) -> None:
    command = group.commands.get(words[0])
    assert command is not None, where
    if hasattr(command, "commands"):
        for name in words[1].split("|"):
            check_command(command, [name, *words[2:]], where)
        return
    known = {flag for param in command.params for flag in (*param.opts, *param.secondary_opts)}
    given = {word.partition("=")[0] for word in words[1:] if word.startswith("--")}
    assert given <= known | {"--help"}, f"{where}: {given - known}"


def test_a_flag_that_is_not_there_is_seen() -> None:
    with pytest.raises(AssertionError, match="--no-such-flag"):
        check_command(COMMANDS, ["runs", "list", "--no-such-flag"], "here")


def test_make_targets_that_are_named_exist() -> None:
    makefile = text_of("Makefile")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {
        word
        for page in NAMES
        for word in re.findall(r"(?m)(?:^|`)make ([a-z-]+)", text_of(page))
    }  # fmt: skip
    assert {"run", "test", "lint"} <= named <= targets, named - targets


def test_every_pinned_package_has_its_reason() -> None:
    page = text_of("docs/installed.md")
    for name in ("requirements.txt", "requirements-dev.txt"):
        for package in re.findall(r"^([\w-]+)==", text_of(name), re.MULTILINE):
            assert re.search(rf"\b{re.escape(package)}\b", page), f"{package} of {name}"


def test_every_built_in_set_stands_in_the_table() -> None:
    named = set(re.findall(r"^\| `([\w-]+)` \|", text_of("docs/data.md"), re.MULTILINE))
    assert {*CORPORA, *LABELLED, *INSTRUCTIONS} == named


def test_every_page_stands_in_the_table_with_its_address() -> None:
    rows = re.findall(r"^\| ([^|]+) \| `(/[\w-]*)` \|", text_of("docs/pages.md"), re.MULTILINE)
    assert dict(rows) == {
        card.title: "/" if card.name == FIRST else f"/{card.name}" for card in CARDS.values()
    }


ITEMS = re.findall(r"^\d\. (`[\w/.-]+\.py`.*)$", text_of("CONTRIBUTING.md"), re.MULTILINE)


@pytest.mark.parametrize("item", ITEMS)
def test_what_contributing_names_in_a_file_stands_in_it(item: str) -> None:
    spans = re.findall(r"`([^`]+)`", item)
    paths = [Path(span) for span in spans if span.endswith(".py") and "/" in span]
    code = "\n".join(text_of(str(path)) for path in paths)
    for name in spans:
        if re.fullmatch(r"[A-Za-z_]{4,}", name) and name not in {"Packaged", "Download"}:
            assert name in code or name in text_of("ui/views.py"), f"{name} in {paths}"


def test_contributing_has_items_to_check() -> None:
    assert len(ITEMS) > 8


def test_every_folder_of_tests_stands_in_the_map() -> None:
    _, _, rest = text_of("CONTRIBUTING.md").partition("## Which test guards what")
    told = set(re.findall(r"`tests/(\w+)[`/]", rest.partition("\n## ")[0]))
    tests = PROJECT_ROOT / "tests"
    own = {
        path.parent.name for form in ("test_*.py", "*.test.mjs") for path in tests.glob(f"*/{form}")
    }
    assert len(own) > 20 and not own - told


def test_what_contributing_points_at_stands_in_that_file() -> None:
    """`NAME` in `path/to/file.py`, as the tables of where to add what have it."""
    named = re.findall(r"`(\w+)`s? (?:in|of) `([\w/]+\.py)`", text_of("CONTRIBUTING.md"))
    assert len(named) >= 9
    assert not [(name, file) for name, file in named
                if not re.search(rf"\b{name}\b", text_of(file))]  # fmt: skip
