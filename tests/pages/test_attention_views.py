"""Every view of the Attention page on every kind of model; linked choices; what is switched off."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from looked_into import STORED, stored
from page_driver import button, component, only_error, shown, unpacked
from streamlit.testing.v1 import AppTest

from llmcore import models
from llmcore.interpret.ablation import Part, outcome
from llmcore.interpret.attention import AttentionRecord, attend
from llmcore.interpret.lens import logit_lens
from llmcore.paths import PROJECT_ROOT
from llmcore.tasks.head_types import HeadScores
from ui.attention import VIEWS, effects, types
from ui.attention.choice import strongest_head

SENTENCE = "the cat sees the moon. the cat sees"
JUNK = '</script><img src=x onerror=alert(1)> \u202e`**_\0" é漢😀'
EXPECTED = {
    "look": "head_maps", "types": "part_grid", "off": "part_grid", "layers": "lens_table",
    "compare": None,
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("looked-into")


def view(name: str, ref: str, text: str = SENTENCE, **address: str) -> AppTest:
    page = AppTest.from_file(str(PROJECT_ROOT / "pages" / "attention.py"), default_timeout=120)
    for key, value in {"model": ref, "view": name, **address}.items():
        page.query_params[key] = value
    page.session_state["lab_text"] = text
    return page.run()


def address(page: AppTest, name: str) -> str | None:
    """A parameter of the page's address; AppTest gives it as it was set, or as a list."""
    value = page.query_params.get(name)
    return value[0] if isinstance(value, list) else value


def grid(page: AppTest) -> dict:
    return json.loads(component(page, "part_grid"))


def test_the_strongest_head_is_the_one_that_looks_at_one_token_that_is_not_the_first() -> None:
    weights = np.zeros((2, 2, 4, 4), dtype=np.float32)
    weights[..., 0] = 1.0  # all rest on the first token
    weights[0, 1] = np.tri(4) / np.arange(1, 5)[:, None]  # looks at all alike
    weights[1, 0, 2:] = np.eye(4)[1:3]  # the token before
    record = AttentionRecord([1, 2, 3, 4], list("abcd"), weights, [], None)
    assert strongest_head(record) == (1, 0)
    assert strongest_head(replace(record, ids=[1, 2])) == (0, 0)


def test_the_page_opens_on_the_strongest_head_and_keeps_one_that_is_chosen() -> None:
    loaded = models.load("starter")
    layer, head = strongest_head(attend(loaded.trunk, loaded.tokenizer, SENTENCE))
    page = view("types", "starter")
    assert grid(page)["chosen"] == f"L{layer}H{head}" != "L0H0" and address(page, "head") is None
    page = view("types", "starter", head="L0H0")
    assert grid(page)["chosen"] == "L0H0" == address(page, "head")


def test_a_best_head_at_chance_is_none() -> None:
    kinds = ("previous", "duplicate", "induction", "first")
    table = np.full((4, 2, 2), 0.03)
    table[0, 1, 0] = 0.9
    scores = HeadScores(
        table, None, np.array([0.02, 0.02, 0.02, math.nan]), None, 5.0, 5.0, 0.0, 8, 96, 0, kinds
    )
    page = AppTest.from_string(
        "import streamlit as st\nfrom ui.attention.types import _best\n"
        "scores = st.session_state['scores']\n"
        "for at, kind in enumerate(scores.kinds):\n"
        "    _best(scores, kind, 'repeats', float(scores.chance[at]), (0, 0))"
    )
    page.session_state["scores"] = scores
    page.run()
    assert not page.exception
    labels = [button.label for button in page.button]
    assert labels[0] == "L1H0 · 90.0%" and len(labels) == 1 + 4  # chance unknown: all are shown
    assert shown(page).count("None found: the highest") == 2


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("model", STORED)
def test_every_view_on_every_model(name: str, model: str, folder: Path) -> None:
    page = view(name, stored(model, folder))
    assert not page.exception and not page.error, [error.value for error in page.error]
    assert "does not prove" in shown(page)
    assert len(page.code) == 2
    if EXPECTED.get(name):
        assert component(page, EXPECTED[name])


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("text", ["", "a", JUNK, "the cat sees the moon. " * 200],
                         ids=["empty", "one token", "junk", "long"])  # fmt: skip
def test_every_view_takes_any_text(name: str, text: str) -> None:
    page = view(name, "starter", text)
    assert not page.exception and not page.error, [error.value for error in page.error]
    notices = [info.value for info in page.info]
    if not text:
        assert VIEWS[name].needs_text == ("which of its tokens" in notices[0])
        assert ("Type a sentence above" in notices[0]) == (name != "induction")
    if len(text) > 1000 and name not in {"over_time", "induction"}:
        assert any("last 256" in notice for notice in notices)


@pytest.mark.parametrize("name", VIEWS)
def test_every_code_sample_runs(name: str) -> None:
    page = view(name, "starter", "the cat's moon")
    exec(page.code[0].value.replace('open("heads.html", "w").write', "len"), {})


def test_the_chosen_head_and_token_are_the_same_in_every_view() -> None:
    page = view("look", "starter", head="L2H1", token="3")
    for name in VIEWS:
        page.session_state["attention_view"] = name
        page.run()
        assert not page.exception and not page.error
        assert address(page, "head") == "L2H1"
        if name == "look":
            header, (_, matrix) = unpacked(component(page, "head_maps"))
            assert (header["chosen"], header["token"]) == ([2, 1], 3)
            assert len(matrix) == len(header["tokens"]) ** 2
        elif name in ("types",):
            assert grid(page)["chosen"] == "L2H1"
        elif name == "layers":
            assert unpacked(component(page, "lens_table"))[0]["chosen"][1] == 3


@pytest.mark.parametrize("head", ["L9H0", "L0H9", "nonsense", "L1MLP", "L1", "<b>"])
def test_a_head_that_is_not_there_is_another_one(head: str) -> None:
    page = view("look", "starter", head=head, token="-4")
    assert not page.exception and not page.error
    header, _ = unpacked(component(page, "head_maps"))
    assert header["chosen"] in ([0, 0], [1, 0])
    assert header["token"] == len(header["tokens"]) - 1


def test_the_maps_are_the_attention_of_the_model() -> None:
    from llmcore.interpret.attention import attend

    page = view("look", "starter", head="L1H2")
    header, (maps, matrix) = unpacked(component(page, "head_maps"))
    loaded = models.load("starter")
    record = attend(loaded.trunk, loaded.tokenizer, SENTENCE)
    T = len(record.ids)
    found = np.frombuffer(matrix, np.uint8).reshape(T, T) / 255
    np.testing.assert_allclose(found, record.weights[1, 2], atol=0.003)
    small = np.frombuffer(maps, np.uint8).reshape(4, 4, T, T) / 255
    np.testing.assert_allclose(small, record.weights, atol=0.003)
    assert header["side"] == T


def test_what_is_off_stands_in_the_address_and_changes_the_numbers() -> None:
    whole = view("off", "starter")
    before = {metric.label: metric for metric in whole.metric}
    assert before["Loss on your text"].delta == ""
    page = view("off", "starter", off="L1H2,L0MLP,L99,<b>")
    after = {metric.label: metric for metric in page.metric}
    loaded = models.load("starter")
    parts = [Part.parse(name, loaded.trunk.config) for name in ("L1H2", "L0MLP")]
    expected = outcome(loaded, loaded.tokenizer.encode(SENTENCE), parts).loss
    assert after["Loss on your text"].value == f"{expected:.3f}"
    assert after["Loss on your text"].value != before["Loss on your text"].value
    assert after["Loss on held-out text"].delta.startswith("+")
    assert grid(page)["off"] == ["L0MLP", "L1H2"]
    assert address(page, "off") == "L0MLP,L1H2"
    button(page, "All on").click().run()
    assert {metric.label: metric.value for metric in page.metric} == {
        label: metric.value for label, metric in before.items()
    }
    assert address(page, "off") is None


def test_a_mean_in_its_place_is_not_zero() -> None:
    page = view("off", "starter", off="L0")
    zero = page.metric[0].value
    page.segmented_control(key="attention_fill").set_value("mean").run()
    assert not page.exception and not page.error
    assert page.metric[0].value != zero


def test_a_classifier_says_its_decision_with_and_without() -> None:
    page = view("off", "starter-spam", off="L0,L1,L2,L3")
    assert [metric.label for metric in page.metric] == ["Decision", "Decision with these off"]
    loaded = models.load("starter-spam")
    parts = [Part.parse(f"L{layer}", loaded.trunk.config) for layer in range(4)]
    ids = loaded.tokenizer.encode(SENTENCE)
    for metric, off in zip(page.metric, ([], parts), strict=True):
        assert metric.value == loaded.labels[outcome(loaded, ids, off).probabilities.argmax()]


@pytest.mark.parametrize("model", ["starter", "starter-spam"])
def test_every_part_in_turn(model: str) -> None:
    page = view("off", model)
    button(page, "Switch each off in turn").click().run()
    assert not page.exception and not page.error
    values = np.array(grid(page)["values"])
    assert values.shape == (4, 5) and np.abs(values).max() > 0.001
    best = [button for button in page.button if (button.key or "").startswith("attention_effect_")]
    assert len(best) == 8
    best[1].click().run()
    assert address(page, "head") == best[1].label.split(" ")[0]


def test_of_a_large_model_it_is_said_before_how_long_it_takes(monkeypatch) -> None:
    monkeypatch.setattr(effects, "LARGE", 1)
    page = view("off", "starter")
    said = [caption.value for caption in page.caption if "20 parts of" in caption.value]
    assert len(said) == 1 and "about" in said[0] and "**Stop** ends it" in said[0]
    page.segmented_control(key="attention_rank_on").set_value("Held-out text").run()
    assert any("20 parts of" in caption.value for caption in page.caption)
    button(page, "Switch each off in turn").click().run()
    assert not page.exception and not page.error
    assert not any("20 parts of" in caption.value for caption in page.caption)  # it is known now


def test_scoring_the_heads_of_a_large_model_says_how_long_it_takes(monkeypatch) -> None:
    loaded = models.load("starter")
    assert types._waiting("starter", loaded) == "Scoring every head"
    monkeypatch.setattr(types, "LARGE", 1)
    monkeypatch.setattr(types, "seconds_of_a_token", lambda key, loaded: 0.01)
    expected = "Scoring 16 heads: about 15 s here, once for this visit"
    assert types._waiting("starter", loaded) == expected  # 2 tests of 8 rows of 96 tokens


def test_one_token_has_nothing_to_rank() -> None:
    page = view("off", "starter", "a")
    button(page, "Switch each off in turn").click().run()
    assert "at least two" in only_error(page)


def test_the_lens_shows_what_the_model_says_last() -> None:
    page = view("layers", "starter", token="2", row="1")
    header, (tops, truths, chances, _, ranks) = unpacked(component(page, "lens_table"))
    loaded = models.load("starter")
    ids = loaded.tokenizer.encode(SENTENCE)
    lens = logit_lens(loaded.trunk, ids)
    R, T = lens.ids.shape[:2]
    assert header["rows"][0] == "embedding" and len(header["rows"]) == R == 5
    assert header["chosen"] == [1, 2]
    top = [header["labels"][token_id] for token_id in np.frombuffer(tops, "<u4")[-T:]]
    expected = [
        loaded.tokenizer.token_label(int(token_id)).replace(" ", "·")
        for token_id in lens.ids[-1, :, 0]
    ]
    assert top == expected
    assert (np.frombuffer(ranks, "<u4").reshape(R, T) == lens.truth_rank).all()
    truth = np.frombuffer(truths, "<u4")
    assert [header["labels"][token_id] for token_id in truth[:-1]] == header["tokens"][1:]
    assert np.frombuffer(chances, np.uint8).size == R * T


def test_the_shares_of_a_typed_token() -> None:
    page = view("layers", "starter")
    page.selectbox(key="attention_share_token").set_value("another").run()
    field = page.text_input(key="attention_share_token_typed")
    field.set_value("zebra crossings").run()
    assert "not one" in only_error(page)
    page.text_input(key="attention_share_token_typed").set_value("a").run()
    assert not page.error
    sums = next(caption.value for caption in page.caption if "add up to" in caption.value)
    assert sums.split("add up to ")[1].split(";")[0] in sums.split("; ")[1]


def test_two_texts() -> None:
    page = view("compare", "starter")
    page.segmented_control(key="attention_compare").set_value("Two texts").run()
    assert "Change a word" in page.info[0].value
    page.text_area(key="attention_other").set_value("the dog sees the moon. the dog sees").run()
    assert not page.exception and not page.error
    assert np.array(grid(page)["values"]).max() > 0.01
    page.text_area(key="attention_other").set_value("zzz").run()
    assert not page.exception
    page.text_area(key="attention_other").set_value("").run()
    assert not page.exception and not page.error


def test_a_model_beside_its_finetune() -> None:
    page = view("compare", "starter-spam")
    assert page.selectbox(key="attention_with").value == "starter"
    assert np.array(grid(page)["values"]).shape == (4, 4)
    assert address(page, "with") == "starter"


def test_head_types_are_sorted_and_a_click_chooses() -> None:
    page = view("types", "starter")
    best = [
        button for button in page.button if (button.key or "").startswith("attention_previous_")
    ]
    scores = [float(element.label.split("· ")[1].rstrip("%")) for element in best]
    assert len(best) == 5 and scores == sorted(scores, reverse=True)
    best[2].click().run()
    assert address(page, "head") == best[2].label.split(" ")[0]
    assert grid(page)["chosen"] == best[2].label.split(" ")[0]
    page.segmented_control(key="attention_test").set_value("text").run()
    assert not page.exception and not page.error
