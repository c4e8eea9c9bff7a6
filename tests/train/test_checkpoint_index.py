import json

from llmcore.train import checkpoint_index
from llmcore.train.checkpoint_index import directory_for, is_snapshot_step, list_checkpoints


def make(root, step, val_loss=None, full=True):
    directory = directory_for(root, step)
    directory.mkdir(parents=True)
    (directory / "model.safetensors").write_bytes(b"w")
    if full:
        (directory / "optim.safetensors").write_bytes(b"o")
    (directory / "state.json").write_text(json.dumps({"step": step, "val_loss": val_loss}))


def test_snapshot_steps_are_spread_on_a_log_axis():
    chosen = [step for step in range(1, 2001) if is_snapshot_step(step)]
    assert chosen == [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000]
    more = [step for step in range(1, 31) if is_snapshot_step(step, every=7)]
    assert more == [1, 2, 5, 7, 10, 14, 20, 21, 28]


def test_prune_keeps_the_snapshots_that_were_asked_for(tmp_path):
    for step in (30, 40, 60, 70):
        make(tmp_path, step, 1.0 + step)
    checkpoint_index.prune(tmp_path, every=20)
    left = {checkpoint.step: checkpoint.full for checkpoint in list_checkpoints(tmp_path)}
    assert left == {30: True, 40: False, 60: False, 70: True}


def test_prune_keeps_latest_and_best_whole_and_snapshots_as_weights(tmp_path):
    for step, loss in ((10, 3.0), (20, 1.0), (30, 2.0), (50, 2.5), (60, 2.6), (70, 2.7)):
        make(tmp_path, step, loss)
    checkpoint_index.prune(tmp_path)
    left = {checkpoint.step: checkpoint.full for checkpoint in list_checkpoints(tmp_path)}
    assert left == {10: False, 20: True, 50: False, 70: True}
    assert checkpoint_index.best(list_checkpoints(tmp_path)).step == 20
    assert checkpoint_index.latest(list_checkpoints(tmp_path)).step == 70


def test_prune_never_removes_the_last_state_to_resume_from(tmp_path):
    make(tmp_path, 30, 2.0)
    make(tmp_path, 40, None, full=False)
    checkpoint_index.prune(tmp_path)
    full = checkpoint_index.latest(list_checkpoints(tmp_path), full=True)
    assert full is not None and full.step == 30


def test_incomplete_and_foreign_folders_are_passed_over(tmp_path):
    make(tmp_path, 5, 1.0)
    (tmp_path / "step_00000009").mkdir()
    (tmp_path / "step_what").mkdir()
    (tmp_path / "step_00000007").mkdir()
    (tmp_path / "step_00000007" / "state.json").write_text("{half")
    assert [checkpoint.step for checkpoint in list_checkpoints(tmp_path)] == [5]


def test_best_without_any_score_is_the_latest(tmp_path):
    make(tmp_path, 1)
    make(tmp_path, 2)
    assert checkpoint_index.best(list_checkpoints(tmp_path)).step == 2
    assert checkpoint_index.best([]) is None
