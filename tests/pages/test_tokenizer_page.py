"""The Tokenizer page: the texts that people really paste, and the tokenizers of their runs."""

import pytest
from streamlit.testing.v1 import AppTest
from written_runs import write_run

from llmcore.models import default_model, tokenizer_for
from llmcore.paths import PROJECT_ROOT
from ui import progress
from ui.state import DEFAULT_TEXT, MAX_URL_BYTES

PAGE = str(PROJECT_ROOT / "pages" / "tokenizer.py")


def page(text: str | None = None) -> AppTest:
    app = AppTest.from_file(PAGE, default_timeout=60)
    if text is not None:
        app.session_state["lab_text"] = text
    return app.run()


def metric(app: AppTest, label: str, side: int = 0) -> str:
    return [one.value for one in app.metric if one.label == label][side]


def n_own_tokens(text: str) -> int:
    """Tokens of `text` in the bundled model's own encoding, which stands on the right."""
    return len(tokenizer_for(default_model()).encode(text))


def test_default_text_in_two_encodings() -> None:
    app = page()
    assert not app.exception and not app.error
    assert app.title[0].value == "Tokenizer"
    assert app.text_area[0].value == DEFAULT_TEXT
    assert metric(app, "Tokens", 0) == "13"
    assert metric(app, "Tokens", 1) == f"{n_own_tokens(DEFAULT_TEXT):,}"
    assert "text" not in app.query_params


def test_empty_text_is_one_sentence() -> None:
    app = page("")
    assert not app.metric
    assert [one.value for one in app.info] == [
        "There is no text: type or paste some above, or choose one of the examples."
    ]


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        ("a\0b", "NUL bytes"),
        ("half \ud83c of an emoji", "U+FFFD"),
        ("👩🏽‍🚀🎉", None),
        ("اللغة بحر", None),
        ("</script><img src=x onerror=alert(1)>", None),
        ("\u202e\u2028 \t\r\n", None),
        ("`` ` ``", None),
    ],
)
def test_odd_texts(text: str, notice: str | None) -> None:
    app = page(text)
    assert not app.exception and not app.error
    assert len(app.metric) == 8
    assert (notice is None) == (not app.info)
    assert notice is None or notice in app.info[0].value


def test_long_text_gives_totals_and_stays_out_of_the_url() -> None:
    text = "To be, or not to be: that is the question.\n" * 25_000
    app = page(text)
    assert not app.exception and not app.error
    assert metric(app, "Tokens", 1) == f"{n_own_tokens(text):,}"
    assert any("The first 1,500 of" in one.value for one in app.caption)
    assert "text" not in app.query_params


def test_short_text_stands_in_the_url_and_returns_from_it() -> None:
    app = page()
    app.text_area[0].set_value("naïve & bold").run()
    assert app.query_params["text"] == "naïve & bold"
    fresh = AppTest.from_file(PAGE, default_timeout=60)
    fresh.query_params["text"] = "naïve & bold"
    assert fresh.run().text_area[0].value == "naïve & bold"
    app.text_area[0].set_value("x" * (MAX_URL_BYTES + 1)).run()
    assert "text" not in app.query_params


def test_own_text_finishes_the_first_step() -> None:
    app = page()
    assert "tokens" not in progress.done_steps()
    app.text_area[0].set_value("my own words").run()
    assert "tokens" in progress.done_steps()


def test_sample_replaces_the_text() -> None:
    app = page()
    next(one for one in app.button if one.label == "Chinese").click().run()
    assert app.text_area[0].value == "语言模型预测下一个词。"
    assert metric(app, "Tokens", 1) == str(len("语言模型预测下一个词。".encode()))


def test_tokenizer_of_a_run_can_be_chosen() -> None:
    run_id = write_run("hamlet")
    app = page()
    app.selectbox[0].set_value(run_id).run()
    assert not app.exception and not app.error
    assert metric(app, "Tokens", 0) == str(len(DEFAULT_TEXT))


def test_damaged_tokenizer_is_one_sentence_and_leaves_the_other_side() -> None:
    from llmcore.runs import RunStore

    run_id = write_run("hamlet")
    (RunStore().directory(run_id) / "tokenizer" / "tokenizer.json").write_text("{")
    app = page()
    app.selectbox[0].set_value(run_id).run()
    assert not app.exception
    assert len(app.error) == 1 and "cannot be read" in app.error[0].value
    assert len(app.metric) == 4
