"""The Tokenizer page: the texts that people really paste, and the tokenizers of their runs."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from foreign_tokenizers import unigram, word_piece
from page_driver import component, only_error, shown, unpacked
from streamlit.testing.v1 import AppTest
from written_runs import write_run

from llmcore.convert.hf_tokenizer import tokenizer_file
from llmcore.models import default_model, tokenizer_for
from llmcore.paths import PROJECT_ROOT
from llmcore.tokenizers import builtin_tokenizer
from ui import progress
from ui.state import DEFAULT_TEXT, MAX_URL_BYTES
from ui.tokenizer.encodings import encoded_in
from ui.tokenizer.picture import DRAWN_BYTES

PAGE = str(PROJECT_ROOT / "pages" / "tokenizer.py")


def page(text: str | None = None, address_text: str | None = None, **address: str) -> AppTest:
    """The page run once; `text` stands in the session, `address_text` and the rest in the URL."""
    app = AppTest.from_file(PAGE, default_timeout=60)
    if text is not None:
        app.session_state["lab_text"] = text
    if address_text is not None:
        address["text"] = address_text
    for name, value in address.items():
        app.query_params[name] = value
    return app.run()


@dataclass
class Column:
    """What the browser is given of one encoding."""

    label: str
    n_tokens: int
    ids: list[int]
    tokens: list[bytes]


def columns(app: AppTest) -> list[Column]:
    data = component(app, "token_view")
    assert data is not None, "no tokens are drawn"
    header, (text, *arrays) = unpacked(data)
    found = []
    for number, column in enumerate(header["columns"]):
        ids, ends = (np.frombuffer(arrays[2 * number + k], np.uint32).tolist() for k in (0, 1))
        tokens = [text[a:b] for a, b in zip([0, *ends], ends, strict=False)]
        found.append(Column(column["label"], column["n_tokens"], ids, tokens))
    return found


def flags(app: AppTest) -> dict[str, Any]:
    return unpacked(component(app, "token_view"))[0]["show"]


def own_ids(text: str) -> list[int]:
    """Ids of `text` in the bundled model's own encoding, which stands on the right."""
    return tokenizer_for(default_model()).encode(text)


def test_default_text_in_two_encodings() -> None:
    app = page()
    assert not app.exception and not app.error
    assert app.title[0].value == "Tokenizer"
    assert app.text_area[0].value == DEFAULT_TEXT
    gpt2, own = columns(app)
    assert (gpt2.n_tokens, gpt2.label) == (13, "GPT-2")
    assert gpt2.ids == builtin_tokenizer("gpt2").encode(DEFAULT_TEXT)
    assert own.ids == own_ids(DEFAULT_TEXT)
    assert b"".join(gpt2.tokens) == b"".join(own.tokens) == DEFAULT_TEXT.encode()
    assert "text" not in app.query_params


def test_empty_text_is_one_sentence() -> None:
    app = page("")
    assert component(app, "token_view") is None
    assert [info.value for info in app.info] == [
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
        ("\ufeffBOM", None),
    ],
)
def test_odd_texts(text: str, notice: str | None) -> None:
    app = page(text, encodings="gpt2,cl100k_base,bytes")
    assert not app.exception and not app.error
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
    assert [b"".join(column.tokens) for column in columns(app)] == [whole] * 3
    assert (notice is None) == (not app.info)
    assert notice is None or notice in app.info[0].value


def test_long_text_is_counted_whole_drawn_in_part_and_stays_out_of_the_url() -> None:
    text = "To be, or not to be: that is the question.\n" * 25_000
    app = page(text)
    assert not app.exception and not app.error
    for column, ids in zip(columns(app), ([], own_ids(text)), strict=True):
        assert not ids or column.n_tokens == len(ids)
        assert DRAWN_BYTES - 200 < len(b"".join(column.tokens)) <= DRAWN_BYTES
    assert "All 1,075,000 bytes are counted; the first 200,000 are drawn" in shown(app)
    assert "text" not in app.query_params


def test_short_text_stands_in_the_url_and_returns_from_it() -> None:
    app = page()
    app.text_area[0].set_value("naïve & bold").run()
    assert app.query_params["text"] == "naïve & bold"
    assert page(address_text="naïve & bold").text_area[0].value == "naïve & bold"
    app.text_area[0].set_value("x" * (MAX_URL_BYTES + 1)).run()
    assert "text" not in app.query_params
    assert "too long for a link" in link(app)["note"] and link(app)["text"] is None


def test_encodings_and_options_stand_in_the_url_and_return_from_it() -> None:
    app = page()
    app.multiselect[0].set_value(["bytes", "cl100k_base", "gpt2"]).run()
    app.button_group[1].set_value(["ids", "whitespace"]).run()
    assert app.query_params["encodings"] == "bytes,cl100k_base,gpt2"
    assert app.query_params["show"] == "whitespace,ids"
    fresh = page(**{name: app.query_params[name] for name in ("encodings", "show")})
    assert [column.label for column in columns(fresh)] == ["Bytes", "cl100k, GPT-4", "GPT-2"]
    assert flags(fresh) == {"whitespace": True, "ids": True, "short": False}
    assert component(fresh, "token_view") == component(app, "token_view")  # to the last byte
    fresh.button_group[1].set_value([]).run()
    assert "show" not in fresh.query_params


def test_columns_come_and_go() -> None:
    app = page()
    app.multiselect[0].set_value(["gpt2"]).run()
    assert len(columns(app)) == 1
    app.multiselect[0].set_value([]).run()
    assert component(app, "token_view") is None
    assert "No tokenizer is chosen" in app.info[0].value
    app.multiselect[0].set_value(["gpt2", "bytes", "cl100k_base", default_model()]).run()
    assert [column.n_tokens for column in columns(app)][:2] == [13, len(DEFAULT_TEXT)]


@pytest.mark.parametrize(
    ("address", "labels", "warned"),
    [
        ("bytes,nothing-like-it,../../etc", ["Bytes"], True),
        ("<b>,", ["GPT-2", "Base model"], True),
        ("gpt2,gpt2,bytes", ["GPT-2", "Bytes"], False),
    ],
)
def test_an_address_that_names_no_tokenizer(address: str, labels: list[str], warned: bool) -> None:
    app = page(encodings=address, show="everything")
    assert not app.exception and not app.error
    assert len(columns(app)) == len(labels)
    assert [column.label for column in columns(app)][:1] == labels[:1]
    assert bool(app.warning) == warned


def test_own_text_finishes_the_first_step() -> None:
    app = page()
    assert "tokens" not in progress.done_steps()
    app.text_area[0].set_value("my own words").run()
    assert "tokens" in progress.done_steps()


def test_sample_replaces_the_text() -> None:
    app = page(encodings="gpt2,bytes")
    next(button for button in app.button if button.label == "Chinese").click().run()
    assert app.text_area[0].value == "语言模型预测下一个词。"
    assert columns(app)[1].n_tokens == len("语言模型预测下一个词。".encode())


def test_tokenizer_of_a_run_can_be_chosen() -> None:
    run_id = write_run("hamlet")
    app = page()
    app.multiselect[0].set_value([run_id]).run()
    assert not app.exception and not app.error
    assert columns(app)[0].n_tokens == len(DEFAULT_TEXT)


def test_damaged_tokenizer_is_one_sentence_and_leaves_the_others() -> None:
    from llmcore.runs import RunStore

    run_id = write_run("hamlet")
    (RunStore().directory(run_id) / "tokenizer" / "tokenizer.json").write_text("{")
    app = page(encodings=f"{run_id},gpt2")
    assert "cannot be read" in only_error(app)
    assert [column.label for column in columns(app)] == ["GPT-2"]


def test_overlapping_tokens_share_a_byte() -> None:
    found = encoded_in(["gpt2", "bytes"], "Hello world")
    gpt2, each = found["gpt2"], found["bytes"]
    assert gpt2.span(1) == (5, 11)
    assert list(each.overlapping(5, 11)) == [5, 6, 7, 8, 9, 10]
    assert list(gpt2.overlapping(4, 6)) == [0, 1]
    assert list(gpt2.overlapping(5, 6)) == [1]
    assert list(gpt2.overlapping(10, 99)) == [1]


def link(app: AppTest) -> dict[str, Any]:
    """What the button *Copy link* was given."""
    return json.loads(component(app, "copy_link"))


@pytest.mark.parametrize("view", ["vocabulary", "pairs"])
def test_a_link_brings_back_the_tokenizer_of_a_view(view: str) -> None:
    app = page(view=view)
    (box,) = (selectbox for selectbox in app.selectbox if selectbox.label == "Tokenizer")
    box.set_value("cl100k_base").run()
    assert app.query_params["tokenizer"] == "cl100k_base"
    again = page(view=view, tokenizer="cl100k_base")
    assert (
        next(selectbox for selectbox in again.selectbox if selectbox.label == "Tokenizer").value
        == "cl100k_base"
    )
    again.button_group[0].set_value("compare").run()
    assert "tokenizer" not in again.query_params


def test_a_link_brings_back_the_tokenizers_of_compression() -> None:
    app = page(view="compression")
    app.multiselect[0].set_value(["bytes", "gpt2"]).run()
    assert app.query_params["tokenizers"] == "bytes,gpt2"
    assert page(view="compression", tokenizers="bytes,gpt2,none").multiselect[0].value == [
        "bytes", "gpt2",
    ]  # fmt: skip


def test_a_link_has_the_text_unless_it_is_too_long() -> None:
    assert link(page()) == {"text": DEFAULT_TEXT, "note": "", "without": ["tour"]}


def opened(tmp_path, make, text="The Unbelievable [UNK] dogs"):
    """The page after a file made by `make` was opened by its path."""
    path = tmp_path / "theirs.json"
    path.write_text(make().to_str())
    app = page(text)
    app.text_input(key="opened_path").set_value(str(path)).run()
    return app


def said(app: AppTest) -> str:
    return " ".join(element.value for element in app.markdown)


def test_any_tokenizer_json_is_opened_and_its_kind_is_said(tmp_path) -> None:
    app = opened(tmp_path, word_piece)
    assert not app.exception and not app.error
    first, second = columns(app)
    assert first.label == "theirs" and second.label == "GPT-2"
    assert "**WordPiece**" in said(app) and "writes capitals small" in said(app)
    assert "cannot always be written back" in said(app)
    header, (_, *arrays) = unpacked(component(app, "token_view"))
    assert header["gaps"] and len(arrays) == 6
    starts = np.frombuffer(arrays[4], np.uint32).tolist()
    text = b"The Unbelievable [UNK] dogs"
    assert text[starts[1] - 1 : starts[1]] == b" ", "a space that no token keeps"
    (tmp_path / "gpt2.json").write_bytes(tokenizer_file(builtin_tokenizer("bytes"), "hf"))
    app.text_input(key="opened_path").set_value(str(tmp_path / "gpt2.json")).run()
    about = next(part.value for part in app.markdown if part.value.startswith("gpt2: "))
    assert "level BPE**, 257 tokens" in about and "written back" not in about
    app = opened(tmp_path, unigram)
    assert "**Unigram**" in said(app) and not app.exception


@pytest.mark.parametrize("content", ["{}", "no JSON", '{"model": {"type": "BPE"}}'])
def test_what_is_no_tokenizer_is_a_sentence(tmp_path, content) -> None:
    (tmp_path / "theirs.json").write_text(content)
    app = page("text")
    app.text_input(key="opened_path").set_value(str(tmp_path / "theirs.json")).run()
    assert not app.exception and only_error(app)
