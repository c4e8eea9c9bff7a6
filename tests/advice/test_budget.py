"""The arithmetic of sizes against published counts, built models and written-out sums."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from llmcore.advice import budget
from llmcore.advice.budget import SHAPES
from llmcore.config import ModelConfig
from llmcore.nn.attention import KVCache
from llmcore.nn.model import GPT
from llmcore.recipes.pretraining import plan_pretrain

SMALL = ModelConfig(vocab_size=300, context_length=32, n_layers=2, n_heads=3, d_model=24)
NEWER = SMALL.with_(position="rope", norm="rms", feed_forward="swiglu", n_heads=6, n_kv_heads=2)
GPT3 = SHAPES["gpt3"].config


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("gpt2", 124_439_808),
        ("gpt2-medium", 354_823_168),
        ("gpt2-large", 774_030_080),
        ("gpt2-xl", 1_557_611_200),
        ("gpt3", 174_604_259_328),  # 174,600 million in Brown et al. 2020, table D.1
    ],
)
def test_published_parameter_counts(name: str, count: int) -> None:
    assert SHAPES[name].config.n_parameters() == count


def test_a_preset_has_the_parameters_that_a_run_of_it_will_have() -> None:
    """One count for `tiny` on every page: that with the tokenizer which training takes."""
    for name in ("tiny", "small", "base"):
        planned = plan_pretrain("shakespeare", preset=name).model
        assert SHAPES[name].config.n_parameters() == planned.n_parameters(), name
        assert GPT(planned.with_(dropout=0.0)).n_parameters() == planned.n_parameters()


def test_like_llama_is_near_its_published_count() -> None:
    assert SHAPES["like-llama-2-7b"].config.n_parameters() == pytest.approx(6_738_415_616, rel=0.01)


def test_training_compute_of_gpt3_is_the_published_one() -> None:
    """Brown et al. 2020, table D.1: 300 billion tokens, 3.14e23 FLOPs."""
    assert budget.training_flops(GPT3, 300e9) == pytest.approx(3.14e23, rel=0.005)


@pytest.mark.parametrize("config", [SMALL, NEWER], ids=["gpt2", "newer parts"])
def test_multiplying_weights_are_the_models_matrices(config: ModelConfig) -> None:
    model = GPT(config)
    matrices = sum(
        module.weight.numel() for module in model.modules() if isinstance(module, torch.nn.Linear)
    )
    assert sum(budget.multiplying_weights(config).values()) == matrices


@pytest.mark.parametrize("config", [SMALL, NEWER], ids=["gpt2", "newer parts"])
def test_flops_are_those_that_torch_counts(config: ModelConfig) -> None:
    """Torch's counter takes attention's whole square, ours the half that is not masked."""
    T = 8
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        GPT(config).eval()(torch.zeros(1, T, dtype=torch.long))
    ours = budget.text_flops(config, T)
    square = 4 * config.n_layers * config.d_model * T * T
    looking = ours.pop("scores and mixing (T²)")
    assert looking == square * (T + 1) / (2 * T)
    attention = {sum(ours.values()), sum(ours.values()) + square}  # a fused kernel may go uncounted
    assert counter.get_total_flops() in attention


def test_a_text_costs_what_its_tokens_cost_one_by_one() -> None:
    total = sum(budget.next_token_flops(SMALL, seen) for seen in range(20))
    assert total == sum(budget.text_flops(SMALL, 20).values())


def test_flops_agree_with_the_config_s_own_estimate() -> None:
    """`flops_per_token` counts biases and T / 2 keys: three forward passes within a few percent."""
    for config in (SHAPES["gpt2"].config, GPT3):
        T = config.context_length
        per_token = sum(budget.text_flops(config, T).values()) / T
        assert 3 * per_token == pytest.approx(config.flops_per_token(), rel=0.01)


def test_at_the_crossing_the_squared_term_is_half() -> None:
    config = SHAPES["gpt2"].config
    T = budget.crossing(config)
    assert budget.squared_share(config, round(T)) == pytest.approx(0.5, abs=1e-4)
    assert pytest.approx(12 * 768 + 50_257 / 12 - 1) == T
    assert budget.squared_share(config, 1024) < 0.1 < budget.squared_share(config, 8192)


@pytest.mark.parametrize("config", [SMALL, NEWER], ids=["gpt2", "newer parts"])
def test_the_cache_is_that_of_the_model(config: ModelConfig) -> None:
    cache = KVCache(config, batch_size=3)
    assert budget.cache_bytes(config, config.context_length, 3, "fp32") == cache.n_bytes
    assert budget.cache_bytes(NEWER, 10) * 3 == budget.cache_bytes(NEWER.with_(n_kv_heads=6), 10)


def test_inference_and_training_memory() -> None:
    parts = budget.inference_bytes(GPT3, 2048, 2, "int4")
    assert parts["weights"] == GPT3.n_parameters() / 2
    assert parts["KV cache"] == 2 * 2048 * (2 * 96 * 12_288) * 2  # two texts, 16 bits
    training = budget.training_bytes(SHAPES["gpt2"].config, 1, "fp32")
    assert training["optimizer"] == 2 * training["weights"] == 2 * training["gradients"]
    assert training["activations"] > training["weights"]
    twice = budget.training_bytes(SHAPES["gpt2"].config, 2, "fp32")
    assert twice["activations"] > 1.5 * training["activations"]


def test_days_speed_and_devices() -> None:
    one = budget.HARDWARE["NVIDIA A100"]
    assert budget.days(312e12 * 86_400, one, 1, 1.0) == pytest.approx(1.0)
    assert budget.days(312e12 * 86_400, one, 4, 0.5) == pytest.approx(0.5)
    assert budget.n_devices_to_hold(350e9, one) == 5
    slow = budget.tokens_per_s_bound(GPT3, 2048, "bf16", one)
    assert slow == pytest.approx(5.7, rel=0.05)  # 2,039 GB/s over 349 GB and 10 GB of cache
    assert budget.tokens_per_s_bound(GPT3, 2048, "int8", one) > 1.9 * slow


def test_chinchilla() -> None:
    assert budget.compute_optimal_tokens(GPT3) == 20 * GPT3.n_parameters()
