"""docs/figures.md names a test for each figure, and each of those tests is there."""

import re

import pytest

from llmcore.paths import PROJECT_ROOT

TEXT = (PROJECT_ROOT / "docs" / "figures.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)))


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_named_test_is_there(path: str, name: str) -> None:
    assert f"def {name}(" in (PROJECT_ROOT / path).read_text(encoding="utf-8")


def test_every_row_names_a_test_or_the_one_above_it() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| ") and "---" not in line]
    rows = [line for line in rows if not line.startswith("| figure |")]
    assert len(rows) > 40 and len(NAMED) > 40
    for line in rows:
        cells = line.strip("| ").split(" | ")
        assert len(cells) == 4, line
        assert "::" in cells[3] or "those" in cells[3], line
