"""Commands that fill a table: the JSON, the table for a person, and what is refused."""

import pytest
from comparison_data import SMALL, SMALL_DIVERSE, pretrained, small_corpus, use_small_data

from llmcore.experiments.diverse_data import plan as diverse_plan
from llmcore.experiments.earlier_nlp import plan as comparison_plan
from llmcore.experiments.earlier_nlp.settings import CompareConfig
from llmcore.experiments.variants import plan as variants_plan
from llmcore.experiments.variants import run as variants


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    use_small_data(monkeypatch)
    monkeypatch.setattr(comparison_plan, "QUICK", CompareConfig(**SMALL))
    monkeypatch.setattr(diverse_plan, "QUICK_DIVERSE", SMALL_DIVERSE)
    monkeypatch.setattr(diverse_plan, "DIVERSE_VOCABULARY", 300)
    monkeypatch.setattr(variants, "load_corpus", small_corpus)
    monkeypatch.setattr(variants_plan, "QUICK_VARIANTS", {"part_steps": 12, "held_out_bytes": 600})
    monkeypatch.setattr(variants_plan, "VARIANTS_VOCABULARY", 300)


def test_compare_nlp_prints_every_cell_and_its_answer(lab) -> None:
    done = lab("compare-nlp", "--model", pretrained(), "--quick", "--threads", 1, "--json")
    assert done.status == 0, done.err
    answer = done.json
    assert answer["state"] == "done" and answer["step"] == 19 and len(answer["cells"]) == 25
    assert {cell["able"] for cell in answer["cells"]} == {True, False}
    assert len(answer["answer"]) == 4 and answer["splits"]["spam"]["n_test"] == 20
    assert "19/19" in done.err
    shown = lab("runs", "show", answer["run"], "--json")
    assert shown.status == 0 and shown.json["kind"] == "compare-nlp"


def test_diverse_data_prints_the_matrix(lab) -> None:
    done = lab("diverse-data", "--corpora", "shakespeare,messages", "--quick", "--threads", 1)
    assert done.status == 0, done.err
    lines = done.out.splitlines()
    assert lines[1].split() == ["trained", "on", "shakespeare", "messages", "mean"]
    assert [line.split()[0] for line in lines[2:]] == ["shakespeare", "messages", "mix"]
    assert "tested on messages" in done.err


def test_compare_variants_prints_each_with_its_curves(lab) -> None:
    done = lab("compare-variants", "--variants", "rope,gqa", "--quick", "--threads", 1, "--json")
    assert done.status == 0, done.err
    answer = done.json
    assert (answer["state"], answer["step"]) == ("done", 5)
    assert [variant["variant"] for variant in answer["variants"]] == ["gpt2", "rope", "gqa"]
    gpt2, _, gqa = answer["variants"]
    assert gqa["cache_bytes"] * 2 == gpt2["cache_bytes"] and gqa["parameters"] < gpt2["parameters"]
    assert [len(variant["curves"]) for variant in answer["variants"]] == [3, 1, 1]
    assert gpt2["curves"][0][-1] == [12 * 4 * 16, pytest.approx(gpt2["curves"][0][-1][1])]
    assert answer["luck"] > 0 and answer["answer"][-1].startswith("Luck alone")
    assert "gqa, seed 1, 768 tokens:" in done.err
    assert lab("runs", "show", answer["run"], "--json").json["kind"] == "variants"
    printed = lab("compare-variants", "--variants", "gqa", "--quick", "--threads", 1)
    lines = printed.out.splitlines()
    assert lines[0].endswith("done at step 4 of 4") and "luck" in lines[1]
    assert [line.split()[0] for line in lines[-3:]] == ["variant", "GPT-2", "GQA"]


def test_what_does_not_exist_is_one_line(lab) -> None:
    assert "no model" in lab("compare-nlp", "--model", "nothing").error
    assert "no corpus 'x'" in lab("diverse-data", "--corpora", "shakespeare,x").error
    assert "at least two" in lab("diverse-data", "--corpora", "shakespeare").error
    assert "no variant 'alibi'" in lab("compare-variants", "--variants", "rope,alibi").error
    assert "no corpus 'x'" in lab("compare-variants", "--corpus", "x").error
    assert lab("compare-variants", "--seeds", 4).status == 2
