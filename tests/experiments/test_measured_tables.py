"""The tables that come with the lab: what a real measurement writes, and what a page can read."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from comparison_data import SMALL, SMALL_DIVERSE, pretrained, use_small_data

from assets.make_measured import COMMANDS, table_of, written
from llmcore.errors import DamagedError
from llmcore.execution import launch
from llmcore.experiments import measured_tables
from llmcore.experiments.diverse_data.cells import DiverseMatrix, n_cells
from llmcore.experiments.diverse_data.plan import plan_diverse
from llmcore.experiments.earlier_nlp.cells import ROWS, Comparison, work_of
from llmcore.experiments.earlier_nlp.plan import plan_comparison
from llmcore.experiments.earlier_nlp.words import answer_sentences
from llmcore.experiments.measured_tables import MEASURED, MeasuredTable, measured_table
from llmcore.runs import RunStore

TABLE_KINDS = sorted(COMMANDS)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], dict]:
    """The table of a real, tiny run of a kind, written where `measured_table` looks for it."""
    use_small_data(monkeypatch)
    monkeypatch.setattr("llmcore.experiments.diverse_data.plan.DIVERSE_VOCABULARY", 300)
    monkeypatch.setattr(measured_tables, "MEASURED", tmp_path)
    plans = {
        "compare-nlp": lambda item: plan_comparison(
            pretrained(), changes=SMALL, train_changes=item
        ),
        "diverse-data": lambda changes: plan_diverse(changes=SMALL_DIVERSE, train_changes=changes),
    }  # fmt: skip

    def measure(kind: str) -> dict:
        store = RunStore()
        directory = store.directory(store.mint_id(kind))
        info = launch.run_foreground(directory, plans[kind]({"threads": 1}))
        assert info.state == "done"
        table = table_of(store.open(info.id), COMMANDS[kind], 1.5)
        (tmp_path / f"{kind}.json").write_text(written(table), encoding="utf-8")
        return table

    return measure


def shipped(kind: str) -> MeasuredTable:
    table = measured_table(kind)
    assert table is not None, f"assets/measured/{kind}.json: run assets/make_measured.py {kind}"
    return table


def keys_by_event(records: list[dict]) -> set[tuple[str, ...]]:
    return {(record["type"], *sorted(record)) for record in records}


@pytest.mark.parametrize("kind", TABLE_KINDS)
def test_the_shipped_table_has_the_keys_of_a_real_measurement(
    kind: str, tiny: Callable[[str], dict]
) -> None:
    ours = json.loads((MEASURED / f"{kind}.json").read_text(encoding="utf-8"))
    theirs = tiny(kind)
    assert list(ours) == list(theirs)
    for part in ("machine", "versions", "settings"):
        assert ours[part].keys() == theirs[part].keys()
    assert keys_by_event(ours["records"]) == keys_by_event(theirs["records"])


@pytest.mark.parametrize("kind", TABLE_KINDS)
def test_a_written_table_reads_like_its_run(kind: str, tiny: Callable[[str], dict]) -> None:
    tiny(kind)
    run = next(RunStore().open(info.id) for info in RunStore().list() if info.kind == kind)
    table = shipped(kind)
    reader = {"compare-nlp": Comparison, "diverse-data": DiverseMatrix}[kind]
    assert reader(table).to_dict() == reader(run).to_dict()
    assert table.config == run.config and table.seconds == 1.5


@pytest.mark.parametrize("kind", TABLE_KINDS)
def test_the_shipped_table_says_where_when_and_how(kind: str) -> None:
    table = shipped(kind)
    assert table.kind == table.config.kind == kind
    assert date(2026, 11, 1) <= date.fromisoformat(table.day) <= date.today()
    assert table.machine.cpu and table.machine.cpus >= 1 and table.seconds > 10
    assert {"python", "torch", "numpy"} <= set(table.versions)
    assert int(table.commit, 16), "measured with committed code"
    assert table.command == f"python -m llmcore {COMMANDS[kind]}"
    text = (MEASURED / f"{kind}.json").read_text(encoding="utf-8")
    assert "/home/" not in text and "/tmp/" not in text and len(text) < 100_000


def test_the_shipped_comparison_is_whole() -> None:
    found = Comparison(shipped("compare-nlp"))
    assert set(found.cells) == set(work_of(found.models)) and set(found.prompts) <= set(ROWS)
    assert all(len(task.truth) == task.n_test >= 400 for task in found.labelled.values())
    sentences = answer_sentences(found)
    assert len(sentences) == 4 and "95% interval" in sentences[0]


def test_the_shipped_matrix_is_whole() -> None:
    found = DiverseMatrix(shipped("diverse-data"))
    assert len(found.scores) == n_cells(found.corpora) and set(found.trained) == set(found.models)


def test_what_is_no_table_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    good = json.loads((MEASURED / "compare-nlp.json").read_text(encoding="utf-8"))
    monkeypatch.setattr(measured_tables, "MEASURED", tmp_path)
    assert measured_table("compare-nlp") is None
    for change, says in (({"day": "soon"}, "no date"), ({"records": {}}, "no list"),
                         ({"machine": {"cpu": "x", "cpus": 0}}, "cpus")):  # fmt: skip
        (tmp_path / "compare-nlp.json").write_text(json.dumps(good | change), encoding="utf-8")
        with pytest.raises(DamagedError, match=says):
            measured_table("compare-nlp")
