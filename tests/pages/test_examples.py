"""The pages as a new user meets them: no run of their own, the bundled examples everywhere."""

import re

import pytest
from page_driver import open_page, shown

from llmcore.paths import PROJECT_ROOT
from llmcore.runs import RunStore


@pytest.mark.parametrize(
    "name", sorted(path.stem for path in (PROJECT_ROOT / "pages").glob("*.py"))
)
def test_every_page_opens_without_a_word_of_error(name: str) -> None:
    page = open_page(name)
    assert not page.exception and not page.error and not page.warning
    assert len(page.title) == 1


def test_the_classifier_page_lists_the_example_s_mistakes() -> None:
    test = RunStore().open("starter-spam").result()["test"]
    wrong = test["n"] - sum(row[i] for i, row in enumerate(test["confusion"]))
    page = open_page("classifier")
    stated = re.search(r"The mistakes: (\d+) of (\d+)", shown(page))
    assert stated is not None
    # Shipped weights are in half precision: a text on the very edge may fall to the other side.
    assert abs(int(stated[1]) - wrong) <= 2 and int(stated[2]) == test["n"]
    texts = [frame.value for frame in page.dataframe if "text" in frame.value.columns]
    assert len(texts[0]) == int(stated[1])


def test_the_pretrain_page_shows_an_example_s_curve_and_samples() -> None:
    page = open_page("pretrain")
    base = RunStore().open("base")
    assert "Base model" in shown(page)
    newest = base.events("sample")[-1]
    assert page.code[0].value == newest["prompt"] + newest["text"]
