"""`walk` and `budget`: what the page Inside the model shows, as one JSON object."""

import pytest

from llmcore.models import model_config


def test_walk_names_every_step_with_its_shape(lab):
    found = lab("walk", "the king", "--model", "starter", "--block", "2", "--json").json
    T = len(found["ids"])
    shapes = {row["step"]: row["shape"] for row in found["steps"]}
    assert shapes["qkv"] == [T, 3 * 128] and shapes["weights"] == [4, T, T]
    assert found["block"] == 2 and found["steps"][0]["step"] == "tokens"
    sources = {row["step"]: row["source"] for row in found["steps"]}
    assert sources["scores"].startswith("llmcore/nn/attention.py:")
    weights = next(row for row in found["steps"] if row["step"] == "weights")
    assert weights["mean"] == pytest.approx(1 / T, rel=1e-4)  # rows sum to one
    assert "Attention scores" in lab("walk", "the king", "--model", "starter").out


def test_a_layer_is_counted_from_0_and_a_block_from_1(lab):
    by_layer = lab("walk", "the king", "--model", "starter", "--layer", "1", "--json").json
    by_block = lab("walk", "the king", "--model", "starter", "--block", "2", "--json").json
    assert by_layer == by_block and (by_layer["layer"], by_layer["block"]) == (1, 2)
    both = lab("walk", "the king", "--model", "starter", "--layer", "1", "--block", "1")
    assert both.status == 1 and "two layers" in both.error
    high = lab("walk", "the king", "--model", "starter", "--layer", "4")
    assert high.error == "error: layer is 4 but the model has 4: choose 0 to 3."


def test_walk_refuses_a_block_that_is_not_there(lab):
    done = lab("walk", "the king", "--model", "starter", "--block", "9")
    assert done.status == 1 and done.error.startswith("error: block is 9 but the model has 4")


def test_budget_of_known_shapes_and_models(lab):
    found = lab("budget", "gpt3", "--json").json
    assert found["parameters"] == 174_604_259_328
    assert sum(found["parameters_by_part"].values()) == found["parameters"]
    assert found["context"] == 2048
    longer = lab("budget", "gpt3", "--context", "4096", "--texts", "2", "--json").json
    assert longer["inference_bytes"]["KV cache"] == 4 * found["inference_bytes"]["KV cache"]
    own = lab("budget", "starter", "--json").json["parameters"]
    assert (
        own == model_config("starter").n_parameters() and f"{own:,}" in lab("budget", "starter").out
    )


def test_budget_of_nothing_known_is_one_line(lab):
    done = lab("budget", "nothing-like-it")
    assert done.status == 1 and done.error.startswith("error: There is no model")
