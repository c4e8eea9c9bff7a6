"""Inside the model: every step of the walk on four kinds of models, and the view Billions."""

import json

import numpy as np
import pytest
import random_models
from page_driver import button, component, only_error, shown, unpacked
from streamlit.testing.v1 import AppTest

from llmcore import models
from llmcore.config import ModelConfig
from llmcore.interpret.walk import walk
from llmcore.models import Loaded
from llmcore.paths import PROJECT_ROOT
from ui.model import VIEWS
from ui.model.tensors import in_words

JUNK = '</script><img src=x onerror=alert(1)> \u202e`**_\0" é漢😀'
TEXT = "the old king sees"
BLOCK = (
    "attention_in", "qkv", "heads", "scores", "mask", "weights", "head_outputs", "joined",
    "attention_out", "residual_middle", "feed_forward_in", "before", "after", "feed_forward_out",
    "residual_out",
)  # fmt: skip
STEPS = (
    "tokens", "token_part", "position_part", "embedding", *BLOCK, "final_out", "logits",
    "probabilities",
)  # fmt: skip


def opened(text: str = TEXT, **address: str) -> AppTest:
    page = AppTest.from_file(str(PROJECT_ROOT / "pages" / "model.py"), default_timeout=60)
    page.session_state["lab_text"] = text
    for name, value in {"model": "starter", **address}.items():
        page.query_params[name] = value
    return page.run()


def model_map(page: AppTest) -> dict:
    return json.loads(component(page, "model_map"))


def drawn(page: AppTest) -> tuple[dict, list[np.ndarray]]:
    header, buffers = unpacked(component(page, "tensor_view"))
    return header, [np.frombuffer(buffer, "<f4") for buffer in buffers]


@pytest.fixture
def variant(monkeypatch: pytest.MonkeyPatch):
    """Puts a random model where the page loads `starter`."""

    def put(**shape) -> Loaded:
        made = random_models.loaded(**shape)
        monkeypatch.setattr(models, "load", lambda ref: made)
        return made

    return put


@pytest.mark.parametrize("step", STEPS)
def test_every_step_of_the_starter(step: str) -> None:
    page = opened(step=step, layer="1")
    assert not page.exception and not page.error
    given = model_map(page)
    assert [step[0] for step in given["steps"]] == list(STEPS)
    assert (given["step"], given["layers"]) == (step, 4)
    assert page.latex and page.code[0].value
    assert f"Step {STEPS.index(step) + 1} of {len(STEPS)}" in shown(page)
    assert ("in layer 1 (of 0 to 3)" in shown(page)) == (step in BLOCK)
    if step != "tokens":
        header, buffers = drawn(page)
        for panel, buffer in zip(header["panels"], buffers, strict=True):
            assert len(buffer) == panel["rows"] * panel["columns"]


SWITCHES = {
    "position": "rope", "norm": "rms", "feed_forward": "swiglu", "n_heads": 6, "n_kv_heads": 2,
}  # fmt: skip


@pytest.mark.parametrize(
    "shape", [{"n_heads": 3, "tied_head": False}, SWITCHES, {"labels": ["ham", "spam"]}],
    ids=["odd heads", "newer parts", "classifier"],
)  # fmt: skip
def test_every_step_of_other_models(shape: dict, variant) -> None:
    variant(**shape)
    page = opened()
    names = [step[0] for step in model_map(page)["steps"]]
    assert ("rotation" in names) == ("position" in shape)
    assert model_map(page)["step"] == names[0] == "tokens"
    for name in names[1:]:
        button(page, "Next").click().run()
        assert not page.exception and not page.error, name
        assert model_map(page)["step"] == name
        assert drawn(page)[1]
    assert button(page, "Next").disabled


def test_what_is_drawn_are_the_model_s_numbers() -> None:
    page = opened(step="embedding")
    loaded = models.load("starter")
    passed = walk(loaded.model, loaded.tokenizer, TEXT, None)
    header, (values,) = drawn(page)
    assert np.array_equal(values.reshape(passed.streams[0].shape), passed.streams[0])
    assert len(header["labels"]) == passed.n_tokens
    assert in_words(passed.streams[0]) == header["panels"][0]["note"]


def test_a_classifier_ends_in_its_classes(variant) -> None:
    variant(labels=["ham", "spam"])
    page = opened(step="probabilities")
    header, (values,) = drawn(page)
    assert header["panels"][0]["names"] == ["ham", "spam"] and header["labels"] == ["the text"]
    assert values.sum() == pytest.approx(1.0, abs=1e-5)
    assert "What the classifier decides" in shown(page)


def test_head_and_tokens_are_chosen_and_stand_in_the_address() -> None:
    page = opened(step="scores")
    page.segmented_control(key="model_head").set_value(2).run()
    page.selectbox(key="model_token").set_value(3).run()
    page.selectbox(key="model_key").set_value(1).run()
    assert not page.exception and not page.error
    header, (values,) = drawn(page)
    assert header["chosen"] == {"panel": 0, "row": 3, "column": 1}
    assert (page.query_params["head"], page.query_params["token"]) == ("2", "3")
    T = header["panels"][0]["columns"]
    arithmetic = page.latex[-1].value
    assert f"= {values.reshape(T, T)[3, 1]:.3f}" in arithmetic
    page = opened(step="weights", layer="2", head="2", token="1")
    assert drawn(page)[0]["row"] == 1 and model_map(page)["layer"] == 2


@pytest.mark.parametrize(
    "address",
    [{"step": "nonsense"}, {"layer": "99"}, {"layer": "x"}, {"head": "-4", "token": "1000"}],
)
def test_an_address_that_means_nothing_is_brought_back(address: dict[str, str]) -> None:
    page = opened(**{"step": "weights", **address})
    assert not page.exception and not page.error
    # The first step draws the tokens of the text, all others a tensor.
    step = "tokens" if "step" in address else "weights"
    assert model_map(page)["step"] == step
    assert (component(page, "tensor_view") is None) == (step == "tokens")


@pytest.mark.parametrize(
    "text", [JUNK, " ", "a", "word " * 400], ids=["junk", "blank", "one", "long"]
)
@pytest.mark.parametrize("step", ["tokens", "scores", "probabilities"])
def test_any_text(text: str, step: str) -> None:
    page = opened(text, step=step)
    assert not page.exception and not page.error
    assert ("takes its last 64" in shown(page)) == (len(text) > 1000)


def test_the_code_behind_runs_and_names_what_is_chosen() -> None:
    page = opened("--help `x`", step="weights", layer="1")
    python, cli = page.code[-2].value, page.code[-1].value
    assert "load('starter')" in python and "layer=1" in python
    assert cli == "python -m llmcore walk --model starter --layer 1 -- '--help `x`'"
    exec(compile(python, "shown", "exec"), {})
    shown_budget = opened(view="billions", shape="gpt3")
    assert shown_budget.code[-1].value == "python -m llmcore budget gpt3"
    exec(compile(shown_budget.code[-2].value, "shown", "exec"), {})


def test_no_text_is_one_sentence_and_loads_nothing() -> None:
    page = opened("")
    assert [info.value for info in page.info] == [
        "There is no text: type some above to follow it through the model."
    ]
    assert component(page, "model_map") is None


def test_a_damaged_model_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    from llmcore.errors import DamagedError

    def broken(ref: str) -> Loaded:
        raise DamagedError("The weights cannot be read.")

    monkeypatch.setattr(models, "load", broken)
    page = opened()
    assert "cannot be read" in only_error(page)
    assert len(page.code) == 2


# ---- billions


def billions(**address: str) -> AppTest:
    return opened(view="billions", **address)


def metrics(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def test_billions_begins_with_gpt2_and_loads_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "load", lambda ref: pytest.fail("a model was loaded"))
    page = billions()
    assert not page.exception and not page.error
    assert metrics(page)["Parameters"] == "124.4 million"
    assert len(page.get("plotly_chart")) == 6
    table = page.dataframe[0].value
    assert list(table["Model"][:2]) == ["This shape", "Yours: Starter model (bundled)"]
    assert table["Parameters"][list(table["Model"]).index("GPT-2 XL")] == 1_557_611_200


def test_billions_follows_a_preset_and_sliders() -> None:
    page = billions(shape="gpt3")
    assert metrics(page)["Parameters"] == "174.6 billion"
    assert page.slider(key="model_shape_n_heads").value == 96
    page.slider(key="model_shape_n_layers").set_value(48).run()
    assert metrics(page)["Parameters"] == "87.6 billion"
    assert page.query_params["shape"] == "gpt3"
    page.selectbox(key="model_shape").set_value("own-model").run()
    expected = models.model_config("starter")
    assert page.slider(key="model_shape_d_head").value == expected.d_head
    assert page.dataframe[0].value["Parameters"][0] == expected.n_parameters()
    assert not page.exception and not page.error


def test_billions_newer_parts_and_a_misfit() -> None:
    page = billions(shape="gpt2")
    before = metrics(page)["Parameters"]
    page.selectbox(key="model_shape_n_kv_heads").set_value(3).run()
    assert metrics(page)["Parameters"] != before
    page.slider(key="model_shape_n_heads").set_value(10).run()  # 3 no longer divides
    assert not page.exception and not page.error
    page.selectbox(key="model_shape_position").set_value("rope").run()
    page.slider(key="model_shape_d_head").set_value(63).run()
    assert "even" in only_error(page)
    page.slider(key="model_shape_d_head").set_value(64).run()
    assert not page.error and metrics(page)["Parameters"]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (ModelConfig(
            vocab_size=49_152, context_length=8192, n_layers=30, n_heads=9, d_model=576,
            n_kv_heads=3, position="rope", norm="rms", feed_forward="swiglu",
            attention_bias="none", rope_base=1e5,
        ), 134_515_008),  # SmolLM2-135M
        (ModelConfig(
            vocab_size=151_936, context_length=40_960, n_layers=28, n_heads=16, d_model=1024,
            n_kv_heads=8, head_size=128, d_inner=3072, position="rope", norm="rms",
            feed_forward="swiglu", attention_bias="none", qk_norm=True, rope_base=1e6,
        ), 596_049_920),  # Qwen3-0.6B
    ],
)  # fmt: skip
def test_billions_counts_a_shape_whose_parts_have_no_slider(
    monkeypatch: pytest.MonkeyPatch, config: ModelConfig, expected: int
) -> None:
    monkeypatch.setattr(models, "model_config", lambda ref: config)
    page = billions(shape="own-model")
    assert not page.exception and not page.error
    assert config.n_parameters() == expected
    assert page.metric[0].help == f"{expected:,}"
    page.slider(key="model_shape_n_heads").set_value(config.n_heads * 2).run()
    wider = page.dataframe[0].value["Parameters"][0]
    assert 2.5 * expected < wider + config.vocab_size * config.d_model < 4 * expected
    assert not page.exception and not page.error


def test_billions_memory_and_training_follow_their_settings() -> None:
    page = billions()
    page.segmented_control(key="model_use_precision").set_value("int4").run()
    page.slider(key="model_texts").set_value(8).run()
    page.segmented_control(key="model_train_precision").set_value("fp32").run()
    page.select_slider(key="model_devices").set_value(1).run()
    page.select_slider(key="model_ratio").set_value(100).run()
    page.selectbox(key="model_hardware").set_value("Laptop CPU").run()
    assert not page.exception and not page.error
    assert metrics(page)["Tokens to read"] == "12.4 billion"
    assert metrics(page)["Time"].endswith("years")


def test_the_address_keeps_only_the_view_s_own() -> None:
    page = billions(step="scores", head="1", shape="gpt3")
    assert {"step", "head"}.isdisjoint(page.query_params) and "shape" in page.query_params
    assert list(VIEWS) == ["walk", "billions"]
