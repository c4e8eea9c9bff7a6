"""Diverse data as a run: the matrix cell by cell, stopped and resumed."""

import numpy as np
import pytest
from comparison_data import SMALL_DIVERSE, use_small_data

from llmcore.errors import LabError
from llmcore.execution import launch
from llmcore.experiments.diverse_data.cells import MIX, DiverseMatrix
from llmcore.experiments.diverse_data.plan import plan_diverse
from llmcore.experiments.diverse_data.run import even_mix
from llmcore.runs import RunStore
from llmcore.train.control import write_control


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> RunStore:
    use_small_data(monkeypatch)
    monkeypatch.setattr("llmcore.experiments.diverse_data.plan.DIVERSE_VOCABULARY", 300)
    return RunStore()


def plan():
    return plan_diverse(("shakespeare", "messages"), changes=SMALL_DIVERSE,
                        train_changes={"threads": 1})  # fmt: skip


def test_each_model_is_tested_on_every_corpus(store: RunStore) -> None:
    directory = store.directory(store.mint_id("diverse"))
    info = launch.run_foreground(directory, plan())
    assert (info.kind, info.state, info.step, info.steps) == ("diverse-data", "done", 6, 6)
    found = DiverseMatrix(store.open(info.id))
    assert found.models == ("shakespeare", "messages", MIX)
    assert all(0 < score < 9 for row in found.rows() for score in row)
    mix, parts = found.trained[MIX], [found.trained[corpus] for corpus in found.corpora]
    assert mix.words == sum(part.words for part in parts) == found.words
    assert mix.tokens_read == parts[0].tokens_read > 0
    assert found.mean(MIX) == pytest.approx(np.mean(found.rows()[2]))
    assert found.to_dict()["matrix"]["mix"]["messages"] == found.scores[MIX, "messages"]
    assert not (directory / "parts").exists()


def test_a_stopped_matrix_goes_on_where_it_was(store: RunStore) -> None:
    directory = store.directory(store.mint_id("diverse"))

    def stop_at_3(record: dict) -> None:
        if record.get("type") == "score" and record["step"] == 3:
            write_control(directory, "stop")

    assert launch.run_foreground(directory, plan(), None, stop_at_3).state == "stopped"
    before = DiverseMatrix(store.open(directory.name))
    assert len(before.scores) == 3 and before.mean(MIX) is None
    assert launch.run_foreground(directory).state == "done"
    run = store.open(directory.name)
    after = DiverseMatrix(run)
    assert len(run.events("score")) == 6 and len(run.events("trained")) == 3
    assert all(after.scores[key] == value for key, value in before.scores.items())


def test_in_the_mix_every_corpus_has_the_same_share() -> None:
    mixed = even_mix([np.full(90, 1), np.full(30, 2), np.full(44, 3)])
    assert [int((mixed == value).sum()) for value in (1, 2, 3)] == [90, 90, 88]


def test_what_cannot_be_mixed_is_refused() -> None:
    with pytest.raises(LabError, match="no corpus 'nothing'"):
        plan_diverse(("shakespeare", "nothing"))
    with pytest.raises(LabError, match="at least two"):
        plan_diverse(("shakespeare", "shakespeare"))
