"""The attention page without a text, with a model, with bad input, and on a classifier."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from tiny import spam_table

from llmcore.execution import launch
from llmcore.recipes.classification import plan_classify
from llmcore.runs import RunStore

PAGE = str(Path(__file__).parents[2] / "pages" / "attention.py")


def opened(ref: str, text: str, picture: str | None = "heatmap") -> AppTest:
    page = AppTest.from_file(PAGE, default_timeout=60)
    page.query_params["model"] = ref
    page.session_state["lab_text"] = text
    page.session_state["attention_picture"] = picture
    return page.run()


def frames(page: AppTest) -> int:
    return len(page.get("iframe"))


def charts(page: AppTest) -> int:
    return len(page.get("plotly_chart"))


def sentences_shown(page: AppTest) -> str:
    return " ".join(
        element.value for kind in (page.info, page.error, page.caption) for element in kind
    )


def test_empty_text_gets_one_sentence_and_loads_nothing(trained: str) -> None:
    page = opened(trained, "")
    assert not page.exception and not page.error
    assert [info.value for info in page.info] == [
        "Type a sentence above to see which of its tokens look at which."
    ]
    assert frames(page) == charts(page) == 0
    assert len(page.code) == 2


@pytest.mark.parametrize(
    ("picture", "drawn"), [("heatmap", (0, 2)), ("head", (1, 1)), ("model", (1, 1))]
)
def test_a_text_shows_its_heads_and_what_comes_next(
    trained: str, picture: str, drawn: tuple[int, int]
) -> None:
    page = opened(trained, "the cat sees", picture)
    assert not page.exception and not page.error and not page.info
    assert page.title[0].value == "Attention"
    assert (frames(page), charts(page)) == drawn
    assert "does not prove" in sentences_shown(page)
    assert trained in page.code[0].value and "'--prompt=the cat sees'" in page.code[1].value


def test_a_browser_that_brings_no_picture_gets_the_heatmap(trained: str) -> None:
    """As one does that comes back to a new session."""
    page = opened(trained, "the cat sees", None)
    assert not page.exception and not page.error
    assert (frames(page), charts(page)) == (0, 2)


ODD_TEXTS = (
    "</script><script>alert(1)</script>",
    "\u05e9\u05dc\u05d5\u05dd \u202e \u0645\u0631\u062d\u0628\u0627",  # Hebrew, Arabic
    "\U0001f600 \U0001f469\u200d\U0001f467",
    "a\x00b",
    " ",
    "a",
)


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_odd_text_is_shown_in_every_view(trained: str, text: str) -> None:
    page = opened(trained, text)
    assert not page.exception and not page.error
    assert (frames(page), charts(page)) == (0, 2)
    page.session_state["attention_picture"] = "head"
    page.run()
    assert not page.exception and not page.error
    assert (frames(page), charts(page)) == (1, 1)


def test_text_too_long_for_a_view_is_cut_with_a_notice(trained: str) -> None:
    page = opened(trained, "the cat sees the moon. " * 5000)
    assert not page.exception and not page.error
    assert len(page.info) == 1 and charts(page) == 2
    assert "last" in page.info[0].value


def test_a_classifier_shows_its_transformer(trained: str) -> None:
    store = RunStore()
    config = plan_classify("t.csv", trained, table=spam_table(), epochs=1)
    info = launch.run_foreground(store.directory(store.mint_id("spam")), config, spam_table())
    page = opened(info.id, "WIN a prize")
    assert not page.exception and not page.error
    assert (frames(page), charts(page)) == (0, 2)
    assert "finetuned to classify" in sentences_shown(page)
    assert "llmcore classify" in page.code[1].value


def test_a_model_that_is_gone_is_said_and_the_page_stays(trained: str) -> None:
    page = opened("20200101-000000-gone-abcdef", "the cat")
    assert not page.exception and not page.error
    assert "gone" in page.warning[0].value
    assert charts(page) == 2


def test_a_damaged_model_is_one_sentence(trained: str) -> None:
    RunStore().open(trained).checkpoint("best").weights.write_bytes(b"nonsense")
    page = opened(trained, "the cat")
    assert not page.exception and len(page.error) == 1
    assert len(page.code) == 2
