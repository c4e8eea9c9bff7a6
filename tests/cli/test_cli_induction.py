"""`induction` and the two flags of `pretrain` that it is made of."""

import pytest

from llmcore.experiments.induction import plan as induction
from llmcore.runs.store import open_run


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    small = induction.TRAIN.with_(batch_size=4, eval_batches=1, eval_every=5, snapshot_every=5)
    monkeypatch.setattr(induction, "TRAIN", small.with_(warmup_steps=1, checkpoint_every=10))


def test_it_tells_the_moment_of_both_runs(lab) -> None:
    done = lab("induction", "--steps", 10, "--control", "--threads", 1, "--seed", 3, "--json")
    assert done.status == 0, done.err
    answer = done.json
    assert answer["state"] == "done" and answer["step"] == 10 and answer["layers"] == 2
    assert answer["appears_step"] is None and 0 < answer["highest"] < 0.5
    assert answer["control"]["layers"] == 1 and answer["control"]["run"] != answer["run"]
    assert open_run(answer["run"]).config.train.seed == 3
    assert answer["trained_seconds"] > 0


def test_lines_for_a_person(lab) -> None:
    done = lab("induction", "--steps", 2, "--threads", 1)
    assert done.status == 0 and "no induction head; the best score is 0." in done.out


def test_a_folder_of_its_own_holds_one_run(lab, tmp_path) -> None:
    refused = lab("induction", "--steps", 2, "--control", "--run-dir", tmp_path / "run")
    assert refused.status == 2 and "leave --run-dir out" in refused.error


def test_pretrain_measures_heads_and_keeps_snapshots_where_it_is_asked(lab) -> None:
    done = lab("pretrain", "--corpus", "repeats", "--tokenizer", "bytes", "--steps", 8,
               "--context-length", 16, "--d-model", 16, "--n-layers", 1, "--batch-size", 2,
               "--snapshot-every", 4, "--head-scores", "--threads", 1, "--json")  # fmt: skip
    assert done.status == 0, done.err
    run = open_run(done.json["run"])
    assert {1, 2, 4, 5, 8} <= {checkpoint.step for checkpoint in run.checkpoints()}
    assert len(run.metrics().arrays("val", "head_previous")[0]) >= 2
