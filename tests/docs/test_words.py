"""Old words stay out of code, pages and docs. CONTRIBUTING lists them, with what to say instead."""

import re
from pathlib import Path

import pytest

from llmcore.paths import PROJECT_ROOT
from ui.navigation import CARDS

FOLDERS = ("llmcore", "ui", "pages", "tests", "docs", "benchmarks", "assets")
ENDINGS = {".py", ".js", ".css", ".md"}
# Texts of data sets, and this list itself.
APART = re.compile(r"^(assets/instructions|tests/old_runs|tests/docs/test_words\.py)")
LISTED = re.compile(r"^\| ([^|]+?) \| ([^|]+?) \|$", re.MULTILINE)
# In a name a word may be joined by underscores, and a class begins with a capital letter.
REFUSED = {
    "anew": r"\banew\b|_anew|anew_",
    "mend": r"(?<![a-z])mend(s|ed|ing)?(?![a-z])",
    "the very same": r"\bthe very same\b",
    "by lot": r"\bby lot\b",
    "grave": r"(?<![a-z])grave(st)?(?![a-z])",
    "seldom": r"(?<![a-z])seldom(?![a-z])",
    "nought": r"\bnoughts?\b",
    "wish": r"(?<![a-z])wish(es|ed)?(?![a-z])",
    "for one in": r"\bfor (\w+, )*\(?one(, \w+)*\)? in\b",
}


def found(text: str) -> list[str]:
    """The words to avoid that a text holds."""
    return [
        word
        for word, pattern in REFUSED.items()
        if re.search(pattern, text, 0 if word == "for one in" else re.IGNORECASE)
    ]


def files() -> list[Path]:
    pages = [*PROJECT_ROOT.glob("*.md"), PROJECT_ROOT / "Makefile"]
    inside = [
        path
        for folder in FOLDERS
        for path in sorted((PROJECT_ROOT / folder).rglob("*"))
        if path.suffix in ENDINGS and "__pycache__" not in path.parts
    ]
    return [path for path in [*pages, *inside] if not APART.match(name_of(path))]


def name_of(path: Path) -> str:
    return path.relative_to(PROJECT_ROOT).as_posix()


def test_code_pages_and_docs_hold_none_of_the_words_to_avoid() -> None:
    seen = files()
    assert len(seen) > 400 and len(CARDS) > 5
    faults = []
    for path in seen:
        text = path.read_text(encoding="utf-8")
        if path.name == "CONTRIBUTING.md":  # lists them
            text = text.partition("## Words to avoid")[0]
        for number, line in enumerate(text.splitlines(), start=1):
            faults += [f"{name_of(path)}:{number}: {word}" for word in found(line)]
    allowed = {"benchmarks/inspect_file.py"}
    faults = [fault for fault in faults if fault.partition(":")[0] not in allowed]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("# made anew each second", "anew"),
        ("def take_wish(self):", "wish"),
        ("class Wish:", "wish"),
        ("[x for one in rows]", "for one in"),
        ("for at, one in enumerate(rows):", "for one in"),
        ("the very same rows", "the very same"),
        ("what mends it", "mend"),
    ],
)
def test_each_is_found(line: str, word: str) -> None:
    assert found(line) == [word]


@pytest.mark.parametrize(
    "line", ["swish is a name of SiLU", "recommended", "engraved", "one by one"]
)
def test_other_words_are_not(line: str) -> None:
    assert not found(line)


def test_contributing_lists_each_with_what_to_say_instead() -> None:
    page = (PROJECT_ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    listed = dict(LISTED.findall(page.partition("## Words to avoid")[2]))
    assert REFUSED.keys() <= listed.keys() and all(listed.values())
