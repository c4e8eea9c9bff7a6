"""Runs that earlier builds made, one of each kind, still load and say what they said.

`tests/old_runs/DATE.zip` holds the runs as their build left them (of the induction run the last
weights only), and `DATE.json` what that build answered. New runs join as a new pair of files.
"""

import json
import zipfile
from typing import Any

import pytest

from llmcore import models
from llmcore.cli.run_answer import answer_run
from llmcore.paths import PROJECT_ROOT
from llmcore.runs import Run

OLD = PROJECT_ROOT / "tests" / "old_runs"
DATES = sorted(path.stem for path in OLD.glob("*.zip"))
TEXT = "the old king finds a red apple."
TABLES = ("learning-curve", "compare-nlp", "diverse-data", "variants")


@pytest.fixture(params=DATES)
def expected(request, store) -> dict[str, Any]:
    """What the build of a day answered, by the ids of its runs, which are in the store now."""
    with zipfile.ZipFile(OLD / f"{request.param}.zip") as packed:
        packed.extractall(store.root)
    return json.loads((OLD / f"{request.param}.json").read_text(encoding="utf-8"))


def said(run: Run, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """All that a build says of a run: its settings, its state, its answer, what its model gives."""
    info = run.info()
    capsys.readouterr()
    answer_run(run, as_json=True)
    answer = json.loads(capsys.readouterr().out)
    answer.pop("run")  # the folder differs
    found = {"config": run.config.to_dict(), "state": info.state, "step": info.step,
             "steps": info.steps, "kind": info.kind, "answer": answer}  # fmt: skip
    if info.kind not in TABLES:
        loaded = models.load(str(run.directory))
        if loaded.labels:
            (row,) = models.classify_texts(loaded, [TEXT])
            found["probabilities"] = row["probabilities"]
        else:
            from llmcore.evaluation import text_loss

            found["loss"] = text_loss(loaded.trunk, loaded.tokenizer, [TEXT])["loss"]
    return json.loads(json.dumps(found))


def near(one: Any, other: Any) -> bool:
    """Equal, numbers up to rounding; a later build may say more."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() <= other.keys() and all(near(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(near, one, other))
    if isinstance(one, float) and isinstance(other, (int, float)):
        return bool(other == pytest.approx(one, rel=1e-4, abs=1e-6))
    return bool(one == other)


def test_runs_of_earlier_builds_say_what_they_said(expected, store, capsys) -> None:
    assert {info.id for info in store.list()} == set(expected)
    for run_id, before in expected.items():
        found = said(store.open(run_id), capsys)
        for key, value in before.items():
            assert near(value, found[key]), f"{run_id}: {key} was {value}, is {found[key]}"


def test_there_is_one_of_each_kind(expected) -> None:
    from llmcore.config import KINDS

    assert {record["kind"] for record in expected.values()} == set(KINDS)
