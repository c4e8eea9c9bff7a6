"""Which learns faster: the same data and tokens for all, luck measured, stopped and resumed."""

import math
from types import SimpleNamespace

import pytest
from comparison_data import small_corpus, use_small_data

from llmcore.config import ModelConfig, RunConfig
from llmcore.errors import LabError
from llmcore.execution import launch
from llmcore.experiments.variants import run as variants
from llmcore.experiments.variants.cells import (
    VARIANTS,
    VariantCurves,
    answer_sentences,
    shape_of,
    trainings,
)
from llmcore.experiments.variants.plan import plan_variants
from llmcore.experiments.variants.settings import ARCHITECTURES, VariantsConfig
from llmcore.nn.model import GPT
from llmcore.runs import RunStore
from llmcore.train.control import write_control

SMALL = {"part_steps": 12, "held_out_bytes": 600}


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> RunStore:
    use_small_data(monkeypatch)
    monkeypatch.setattr(variants, "load_corpus", small_corpus)
    monkeypatch.setattr("llmcore.experiments.variants.plan.VARIANTS_VOCABULARY", 300)
    return RunStore()


def plan(**changes: object) -> RunConfig:
    return plan_variants(changes={**SMALL, **changes}, train_changes={"threads": 1})


def test_every_variant_reads_the_same_tokens(store: RunStore) -> None:
    directory = store.directory(store.mint_id("variants"))
    info = launch.run_foreground(directory, plan())
    assert (info.kind, info.state, info.step, info.steps) == ("variants", "done", 8, 8)
    found = VariantCurves(store.open(info.id))
    assert found.is_whole and not (directory / "parts").exists()
    results = found.results()
    assert [result.variant for result in results] == list(ARCHITECTURES)
    assert {result.tokens for result in results} == {12 * 4 * 16}
    assert [result.n_seeds for result in results] == [3, 1, 1, 1, 1, 1]
    for result in results:
        shape = shape_of(found.base, result.variant)
        assert result.parameters == GPT(shape).n_parameters()
        assert len(found.curve(result.variant)) == 12 and 0 < result.bits_per_byte < 9
        assert result.tokens_per_s > 0 and result.seconds == result.tokens / result.tokens_per_s
    sizes = {result.variant: result.cache_bytes for result in results}
    assert sizes["gpt2"] == sizes["rope"] == 2 * sizes["gqa"] == 2 * sizes["all"]
    assert sizes["gpt2"] == 16 * 2 * 2 * 16 * 4  # T, k and v, L, C, fp32
    # The same seed means the same numbers: each variant is another function of the same data.
    assert len({round(result.bits_per_byte, 6) for result in results}) == 6
    values = found.to_dict()
    assert values["luck"] > 0 and len(values["variants"][0]["curves"]) == 3
    assert values["variants"][0]["difference"] == 0.0 and values["answer"]


def test_a_stopped_comparison_goes_on_where_it_was(store: RunStore) -> None:
    directory = store.directory(store.mint_id("variants"))
    once = plan(variants=("rope",))

    def stop_in_the_second(record: dict) -> None:
        if record.get("type") == "look" and record["variant"] == "rope" and record["tokens"] > 300:
            write_control(directory, "stop")

    assert launch.run_foreground(directory, once, None, stop_in_the_second).state == "stopped"
    before = VariantCurves(store.open(directory.name))
    assert before.done == {("gpt2", 0)} and before.luck is None and answer_sentences(before) == []
    begun = before.curve("rope")
    assert 0 < len(begun) < 12
    assert launch.run_foreground(directory).state == "done"
    after = VariantCurves(store.open(directory.name))
    assert after.done == set(trainings(after.settings)) and len(after.done) == 4
    assert after.curve("gpt2") == before.curve("gpt2")
    # It went on from its checkpoint and ends as one that was never stopped.
    assert after.curve("rope")[: len(begun)] == begun
    other = store.directory(store.mint_id("variants"))
    launch.run_foreground(other, once)
    whole = VariantCurves(store.open(other.name)).curve("rope")
    assert [point.bits_per_byte for point in after.curve("rope")] == pytest.approx(
        [point.bits_per_byte for point in whole]
    )


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(LabError, match="no corpus 'nothing'"):
        plan_variants("shakespeare+nothing")
    with pytest.raises(LabError, match="no variant 'alibi': choose of rope, rms, swiglu, gqa, all"):
        plan_variants(changes={"variants": ("alibi",)})
    with pytest.raises(LabError, match="choose at least one variant"):
        plan_variants(changes={"variants": ("gpt2",)})
    with pytest.raises(LabError, match="n_seeds is 4 but must be at most 3"):
        plan_variants(changes={"n_seeds": 4})


def test_every_variant_has_its_words_and_its_shape() -> None:
    assert tuple(VARIANTS) == ARCHITECTURES
    base = ModelConfig()
    shapes = {name: shape_of(base, name) for name in VARIANTS}
    assert shapes["gpt2"] == base and len(set(map(str, shapes.values()))) == 6
    assert (
        shapes["gqa"].kv_heads == 2 and not shape_of(base.with_(n_heads=1), "gqa").exchanged_parts()
    )
    all_on = shapes["all"]
    assert (all_on.position, all_on.norm, all_on.feed_forward, all_on.kv_heads) == (
        "rope", "rms", "swiglu", 2
    )  # fmt: skip
    config = plan()
    assert RunConfig.from_dict(config.to_dict()) == config


# What the table says, with looks written by hand ------------------------------------------------


def written(ends: dict[str, list[float]], n_seeds: int = 1) -> VariantCurves:
    """Curves of two looks: at 1,000 tokens 4.0, at 2,000 what `ends` says, a number a seed."""
    events = []
    for name, bits in ends.items():
        for seed, end in enumerate(bits):
            key = {"variant": name, "seed": seed}
            for tokens, value in ((1000, 4.0), (2000, end)):
                events.append({"type": "look", **key, "tokens": tokens, "bits_per_byte": value,
                               "tokens_per_s": 500.0})  # fmt: skip
            events.append({"type": "variant", **key})
    settings = VariantsConfig(variants=tuple(ends), n_seeds=n_seeds)
    config = SimpleNamespace(model=ModelConfig(), experiment=settings)
    return VariantCurves(SimpleNamespace(config=config, events=lambda: events))  # type: ignore[arg-type]


def test_luck_is_the_interval_of_the_difference() -> None:
    found = written({"gpt2": [3.0, 3.01, 3.02], "rope": [2.5]})
    # t(2) = 4.303 times the standard deviation 0.01 times the root of 1/1 + 1/3.
    assert found.luck == pytest.approx(4.303 * 0.01 * math.sqrt(4 / 3), rel=1e-3)
    three = written({"gpt2": [3.0, 3.01, 3.02], "rope": [2.5, 2.51, 2.52]}, n_seeds=3)
    assert three.luck == pytest.approx(2.776 * 0.01 * math.sqrt(2 / 3), rel=1e-3)
    assert written({"gpt2": [3.0], "rope": [2.5]}).luck is None


def test_a_difference_within_luck_is_called_so() -> None:
    found = written({
        "gpt2": [3.0, 3.01, 3.02], "rope": [2.5], "rms": [2.98], "swiglu": [3.2], "all": [2.8],
    })  # fmt: skip
    text = " ".join(answer_sentences(found))
    assert "ahead of GPT-2 (3.010 bits per byte) by more than luck: RoPE 2.500 (-0.510)," in text
    assert "All together 2.800" in text
    assert "Behind GPT-2 by more than luck: SwiGLU 3.200 (+0.190)." in text
    assert "Too near to tell from luck: RMSNorm." in text and "by up to 0.050" in text
    # GPT-2's first seed ends at 3.0, two thirds of the way from 4.0 to 2.5.
    assert "RoPE was as good as GPT-2 at its end after 1,667 tokens, 83% of them." in text
    none = written({"gpt2": [3.0, 3.2, 3.1], "rope": [2.9]})
    assert answer_sentences(none)[0].endswith("no variant is ahead of GPT-2 (3.100 bits per byte) "
                                              "by more than luck.")  # fmt: skip


def test_events_of_another_version_are_passed_over() -> None:
    found = written({"gpt2": [3.0, 3.0, 3.0], "rope": [2.5]})
    events = [
        {"type": "look", "variant": "rope"},
        {"type": "look", "variant": "rope", "seed": 0, "tokens": 5, "bits_per_byte": None,
         "tokens_per_s": 1.0},
        {"type": "notice", "text": "hello"},
    ]  # fmt: skip
    run = SimpleNamespace(
        config=SimpleNamespace(model=found.base, experiment=found.settings), events=lambda: events
    )
    assert VariantCurves(run).curve("rope") == []  # type: ignore[arg-type]
