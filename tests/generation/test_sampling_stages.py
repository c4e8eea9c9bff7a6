"""Each stage against a plain implementation and against transformers; draws keyed by position."""

import math
from collections import Counter

import pytest
import torch

from llmcore.errors import LabError
from llmcore.generation import SamplingConfig, sampling_probabilities, sampling_stages
from llmcore.generation.sampling import draw, uniform_at
from llmcore.settings import help_for

ONE = SamplingConfig(temperature=1.0)


def random_logits(seed: int, n: int = 2000) -> torch.Tensor:
    return 3 * torch.randn(n, generator=torch.Generator().manual_seed(seed))


def plain(logits, sampling, seen=()):
    """The same distribution in Python, one token after the other."""
    scores = logits.tolist()
    for token_id in set(seen):
        penalty = sampling.repetition_penalty
        scores[token_id] = (
            scores[token_id] / penalty if scores[token_id] > 0 else scores[token_id] * penalty
        )
    scores = [score / sampling.temperature for score in scores]
    kept = sorted(range(len(scores)), key=lambda i: -scores[i])[: sampling.top_k]
    share = shares(scores, kept)
    if sampling.top_p is not None:
        total, nucleus = 0.0, []
        for token_id in kept:
            if total >= sampling.top_p:
                break
            nucleus.append(token_id)
            total += share[token_id]
        kept = nucleus
    if sampling.min_p is not None:
        share = shares(scores, kept)
        kept = [
            token_id for token_id in kept if share[token_id] >= sampling.min_p * max(share.values())
        ]
    share = shares(scores, kept)
    return torch.tensor([share.get(i, 0.0) for i in range(len(scores))])


def shares(scores, kept):
    top = max(scores[i] for i in kept)
    weights = {i: math.exp(scores[i] - top) for i in kept}
    total = sum(weights.values())
    return {i: weight / total for i, weight in weights.items()}


FILTERS = [
    {},
    {"temperature": 0.3},
    {"top_k": 1},
    {"top_k": 40},
    {"top_k": 5000},
    {"top_p": 0.5},
    {"top_p": 0.999999, "temperature": 3.0},
    {"top_p": 1e-9},
    {"min_p": 0.05},
    {"min_p": 1.0},
    {"repetition_penalty": 1.7},
    {"repetition_penalty": 0.5},
    {"temperature": 1.4, "top_k": 300, "top_p": 0.9, "min_p": 0.02, "repetition_penalty": 1.2},
]


@pytest.mark.parametrize("settings", FILTERS)
def test_every_filter_agrees_with_the_plain_implementation(settings):
    sampling = ONE.with_(**settings)
    for seed in range(5):
        logits, seen = random_logits(seed), [3, 3, 500, 1999]
        made = sampling_probabilities(logits, sampling, seen)
        torch.testing.assert_close(made, plain(logits, sampling, seen), rtol=1e-4, atol=1e-8)
        assert float(made.sum()) == pytest.approx(1.0, abs=1e-5) and int((made > 0).sum()) >= 1


@pytest.mark.parametrize("settings", FILTERS)
def test_every_filter_agrees_with_transformers(settings):
    process = pytest.importorskip("transformers.generation.logits_process")
    makers = {  # in the order in which transformers' `generate` applies them
        "repetition_penalty": process.RepetitionPenaltyLogitsProcessor,
        "temperature": process.TemperatureLogitsWarper,
        "top_k": process.TopKLogitsWarper,
        "top_p": process.TopPLogitsWarper,
        "min_p": process.MinPLogitsWarper,
    }
    for seed in range(5):
        logits, seen = random_logits(seed), [3, 3, 500, 1999]
        scores = logits[None].clone()
        for name, maker in makers.items():
            if name in settings:
                scores = maker(settings[name])(torch.tensor([seen]), scores)
        theirs = scores[0].softmax(-1)
        ours = sampling_probabilities(logits, ONE.with_(**settings), seen)
        if settings.get("top_p", 0.0) > 0.99:  # float32 cannot tell what stands at the very edge
            torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-5)
        else:
            torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-8)


def test_the_stages_show_what_each_one_did():
    logits = torch.tensor([2.0, -1.0, 1.0, 0.0])
    sampling = SamplingConfig(temperature=0.5, top_k=2, repetition_penalty=2.0)
    made = sampling_stages(logits, sampling, seen_ids=[0, 1, 99])
    assert made.logits.tolist() == [2.0, -1.0, 1.0, 0.0]
    assert made.penalised.tolist() == [1.0, -2.0, 1.0, 0.0]
    assert made.scaled.tolist() == [2.0, -4.0, 2.0, 0.0]
    assert made.kept.tolist() == [True, False, True, False]
    assert made.probabilities.tolist() == [0.5, 0.0, 0.5, 0.0]


def test_equals_are_kept_in_the_order_of_their_ids_and_never_more_than_k():
    logits = torch.tensor([0.0, 1.0, 1.0, 1.0, 5.0])
    assert sampling_stages(logits, ONE.with_(top_k=3)).kept.tolist() == [0, 1, 1, 0, 1]
    flat = torch.zeros(1000)
    kept = sampling_stages(flat, ONE.with_(top_p=0.5005)).kept
    assert int(kept.sum()) == 501 and kept[:501].all()
    four = sampling_stages(torch.zeros(4), ONE.with_(top_p=0.5))
    assert four.kept.tolist() == [1, 1, 0, 0]  # two reach one half
    assert sampling_stages(flat, SamplingConfig(temperature=0.0)).kept.nonzero().tolist() == [[0]]


@pytest.mark.parametrize("settings", [{"top_p": 1e-9}, {"min_p": 1.0}, {"top_k": 1},
                                      {"top_p": 1e-9, "min_p": 1.0, "top_k": 1}])  # fmt: skip
def test_the_strictest_filters_keep_the_likeliest_token(settings):
    for seed in range(20):
        logits = random_logits(seed, 50)
        kept = sampling_stages(logits, ONE.with_(**settings)).kept
        assert kept.nonzero().tolist() == [[int(logits.argmax())]]


def test_a_temperature_near_zero_is_greedy_and_gives_numbers():
    logits = random_logits(0)
    for temperature in (0.0, 1e-30, 1e-4):
        made = sampling_probabilities(logits, ONE.with_(temperature=temperature))
        assert int(made.argmax()) == int(logits.argmax()) and float(made.max()) == 1.0


def test_scores_that_are_no_numbers_are_told():
    for bad in (math.nan, math.inf):
        logits = torch.tensor([0.0, bad, 1.0])
        for temperature in (0.0, 1.0):
            with pytest.raises(LabError, match="not numbers"):
                sampling_stages(logits, SamplingConfig(temperature=temperature))


def test_the_uniform_number_depends_on_seed_and_position_alone():
    first = uniform_at(7, 12)
    uniform_at(1, 1)
    assert uniform_at(7, 12) == first
    numbers = {uniform_at(seed, position) for seed in range(30) for position in range(30)}
    assert len(numbers) == 900 and min(numbers) >= 0 and max(numbers) < 1
    assert sum(numbers) / 900 == pytest.approx(0.5, abs=0.03)
    assert uniform_at(2**63 - 1, 2**40) < 1


def test_draws_follow_the_probabilities_and_never_take_what_was_filtered():
    probabilities = torch.tensor([0.0, 0.2, 0.0, 0.5, 0.3, 0.0])
    counts = Counter(draw(probabilities, 5, position) for position in range(4000))
    assert set(counts) == {1, 3, 4}
    for token, expected in ((1, 0.2), (3, 0.5), (4, 0.3)):
        assert counts[token] / 4000 == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("extreme", [0.0, 1 - 2**-53])
def test_the_edges_of_the_uniform_number_draw_a_kept_token(monkeypatch, extreme):
    monkeypatch.setattr("llmcore.generation.sampling.uniform_at", lambda *_: extreme)
    for seed in range(50):
        made = sampling_probabilities(random_logits(seed), ONE.with_(top_k=7))
        assert made[draw(made, 0, 0)] > 0


@pytest.mark.parametrize("bad", [{"min_p": 1.1}, {"min_p": -0.1}, {"repetition_penalty": 0.05},
                                 {"repetition_penalty": -1.0},
                                 {"repetition_penalty": math.nan}])  # fmt: skip
def test_numbers_out_of_bounds_are_refused(bad):
    with pytest.raises(LabError, match="must be at"):
        SamplingConfig(**bad)


OFF = ("top_k", "top_p", "min_p", "repetition_penalty")


@pytest.mark.parametrize("name", OFF)
def test_0_is_off_for_every_filter_and_the_penalty(name):
    chosen = {"top_k": 3, "top_p": 0.5, "min_p": 0.3, "repetition_penalty": 2.0}[name]
    logits = random_logits(3)
    seen = [int(logits.argmax())]
    without = sampling_probabilities(logits, ONE, seen)
    assert not torch.equal(
        sampling_probabilities(logits, ONE.with_(**{name: chosen}), seen), without
    )
    off = ONE.with_(**{name: chosen}).with_(**{name: 0})
    assert off == ONE and torch.equal(sampling_probabilities(logits, off, seen), without)
    assert SamplingConfig.from_dict({name: 0}) == SamplingConfig()


@pytest.mark.parametrize("name", OFF)
def test_what_off_is_stands_in_the_help(name):
    assert "off" in help_for(SamplingConfig, name)


def test_stop_strings_are_checked_and_brought_into_one_form():
    assert SamplingConfig(stop="end").stop == ("end",)
    assert SamplingConfig(stop=["a", "b", "a"]).stop == ("a", "b")
    assert SamplingConfig(stop=("\ud83d\ude00",)).stop == ("😀",)
    for bad in ([""], ["x" * 101], [str(i) for i in range(9)]):
        with pytest.raises(LabError, match="stop string"):
            SamplingConfig(stop=bad)
