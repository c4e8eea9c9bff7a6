"""`compare-nlp` and `diverse-data`: the JSON, the table for a person, and what is refused."""

import pytest
from comparison_data import SMALL, SMALL_DIVERSE, pretrained, use_small_data

from llmcore.config import CompareConfig
from llmcore.runs import plan_tables


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    use_small_data(monkeypatch)
    monkeypatch.setattr(plan_tables, "QUICK", CompareConfig(**SMALL))
    monkeypatch.setattr(plan_tables, "QUICK_DIVERSE", SMALL_DIVERSE)
    monkeypatch.setattr(plan_tables, "DIVERSE_VOCABULARY", 300)


def test_compare_nlp_prints_every_cell_and_its_answer(lab) -> None:
    done = lab("compare-nlp", "--model", pretrained(), "--quick", "--threads", 1, "--json")
    assert done.status == 0, done.err
    answer = done.json
    assert answer["state"] == "done" and answer["step"] == 19 and len(answer["cells"]) == 25
    assert {one["able"] for one in answer["cells"]} == {True, False}
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


def test_what_does_not_exist_is_one_line(lab) -> None:
    assert "no model" in lab("compare-nlp", "--model", "nothing").error
    assert "no corpus 'x'" in lab("diverse-data", "--corpora", "shakespeare,x").error
    assert "at least two" in lab("diverse-data", "--corpora", "shakespeare").error
