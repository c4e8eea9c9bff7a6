"""The Tokenizer page's view of merges: any word, in any tokenizer, from the address or the text."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from page_driver import component, only_error
from streamlit.testing.v1 import AppTest

from llmcore.models import default_model
from llmcore.paths import PROJECT_ROOT
from llmcore.tokenizers import builtin_tokenizer
from ui.tokenizer import merges

PAGE = str(PROJECT_ROOT / "pages" / "tokenizer.py")


def page(text: str | None = None, **address: str) -> AppTest:
    app = AppTest.from_file(PAGE, default_timeout=60)
    if text is not None:
        app.session_state["lab_text"] = text
    for name, value in {"view": "merges", **address}.items():
        app.query_params[name] = value
    return app.run()


def pieces(app: AppTest) -> list[dict[str, Any]]:
    data = component(app, "merge_tree")
    assert data is not None, "no tree is drawn"
    return json.loads(data)["pieces"]


def ids(app: AppTest) -> list[int]:
    return [id for piece in pieces(app) for id in piece["ids"]]


@pytest.mark.parametrize("ref", ["gpt2", "cl100k_base", default_model()])
def test_the_address_gives_word_and_tokenizer_back(ref: str) -> None:
    app = page(word=" unbelievably, café", encoding=ref)
    assert not app.exception and not app.error
    assert app.text_input[0].value == " unbelievably, café"
    assert app.selectbox[0].value == ref
    assert bytes.fromhex(pieces(app)[0]["bytes"]) == b" unbelievably"
    assert len(pieces(app)) == 3
    assert app.query_params["word"] == " unbelievably, café"
    assert app.query_params["encoding"] == ref


def test_steps_carry_ranks_and_rivals() -> None:
    (piece,) = pieces(page(word=" the", encoding="gpt2"))
    ranks = builtin_tokenizer("gpt2").ranks
    assert [step["rank"] for step in piece["steps"]] == [ranks[b" t"], ranks[b"he"], ranks[b" the"]]
    first = piece["steps"][0]
    pairs = [b" t", b"th", b"he"]
    assert first["candidates"] == [[at, ranks[pair]] for at, pair in enumerate(pairs)]
    assert first["at"] == 0 and piece["ids"] == [ranks[b" the"]]


@pytest.mark.parametrize(
    "word", ["a\0b", "half \ud83c of it", "</script><b>", "اللغة", "🎉👩🏽‍🚀", "\u202e\u2028", " "]
)
def test_odd_words(word: str) -> None:
    app = AppTest.from_file(PAGE, default_timeout=60)
    app.session_state["tokenizer_view"] = "merges"
    app.session_state["lab_merges_word"] = word  # as `open_merges` leaves it
    app.run()
    assert not app.exception and not app.error
    assert ids(app) == builtin_tokenizer("gpt2").encode(word)


def test_without_a_word_the_longest_of_the_text_is_taken() -> None:
    app = page("so it is unbelievable, is it not", encoding="gpt2")
    assert app.text_input[0].value == " unbelievable"
    app.text_input[0].set_value("").run()
    assert component(app, "merge_tree") is None
    assert "There is no word" in app.info[0].value
    assert "word" not in app.query_params


def test_a_tokenizer_without_merges_says_so_in_one_sentence() -> None:
    app = page(word="word", encoding="bytes")
    assert not app.exception and not app.error
    assert component(app, "merge_tree") is None
    assert len(app.info) == 1 and "has no merges" in app.info[0].value


def test_what_is_too_long_or_unknown() -> None:
    app = page(word="x" * 5_000, encoding="../../etc")
    assert not app.exception and not app.error
    assert app.text_input[0].value == "x" * merges.MAX_CHARACTERS
    assert app.selectbox[0].value == "gpt2"
    assert "word" in app.query_params  # 100 bytes are short enough
    assert "shorten it to at most 200" in only_error(page(word="语" * 100, encoding="gpt2"))


def test_the_address_keeps_only_what_the_view_uses() -> None:
    app = page(word="word", encodings="gpt2,bytes", show="ids")
    assert not {"encodings", "show"} & set(app.query_params)
    app.button_group[0].set_value("compare").run()
    assert not {"word", "encoding", "view"} & set(app.query_params)
    assert "encodings" in app.query_params
    app.button_group[0].set_value("merges").run()
    assert app.text_input[0].value == "word"


def test_a_click_on_a_token_takes_its_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """The callback alone: AppTest cannot click into a component, tests/browser does."""
    text = "Nobody expects unbelievably long words"
    tokens = builtin_tokenizer("bytes").encode(text)
    state = {"merges_encoding": "bytes", "lab_text": text}
    state["merges_tokens"] = {"token": {"column": 0, "index": 18, "id": tokens[18]}}
    for module in (
        "ui.tokenizer.merges",
        "ui.components",
        "ui.tokenizer.encodings",
        "ui.state",
    ):
        monkeypatch.setattr(f"{module}.st", SimpleNamespace(session_state=state, query_params={}))
    monkeypatch.setattr("ui.tokenizer.encodings.tokenizer_of", builtin_tokenizer)
    merges.take_word()
    assert state["merges_word"] == text  # bytes know no words: the piece is all of it
    state["merges_encoding"] = "gpt2"
    state["merges_tokens"] = {"token": {"column": 0, "index": 2, "id": 0}}
    before = state["merges_word"]
    merges.take_word()
    assert state["merges_word"] == before  # the id does not fit: the text has changed
