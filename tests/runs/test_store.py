import json
import re

import pytest
from tiny import pretrain_config

from llmcore.errors import LabError, NotFoundError, StateError
from llmcore.execution import launch
from llmcore.files import write_json_atomic
from llmcore.runs import RunStore, open_run
from llmcore.runs.state import writer_identity
from llmcore.runs.store import RUN_ID


@pytest.fixture
def store(tmp_path):
    return RunStore()


def finished(store, name="first"):
    run = launch.create(store.directory(store.mint_id(name)), pretrain_config())
    write_json_atomic(run.directory / "status.json", {"state": "done", "step": 8, "val_loss": 2.5})
    return run


def test_minted_ids_are_slugs_and_never_meet(store):
    ids = {store.mint_id("Émile's 1st run! ../../etc") for _ in range(50)}
    assert len(ids) == 50
    assert all(RUN_ID.fullmatch(token_id) for token_id in ids)
    assert all(re.search(r"-emile-s-1st-run-etc-[0-9a-f]{6}$", token_id) for token_id in ids)


def test_list_shows_newest_first_with_what_it_was(store):
    older, newer = finished(store, "older"), finished(store, "newer")
    own = [info for info in store.list() if not info.example]
    assert [info.id for info in own] == [newer.id, older.id]
    info = own[0]
    assert (info.kind, info.state, info.step, info.steps, info.val_loss) == (
        "pretrain", "done", 8, 8, 2.5,
    )  # fmt: skip
    assert info.n_bytes > 0


def test_rename_keeps_the_id_and_config(store):
    run = finished(store)
    before = (run.directory / "config.json").read_bytes()
    store.rename(run.id, "  my   <b>best</b> run ")
    assert store.info(run.id).name == "my <b>best</b> run"
    assert (run.directory / "config.json").read_bytes() == before
    for bad in ("", "   ", "x" * 81):
        with pytest.raises(LabError):
            store.rename(run.id, bad)


def test_delete_removes_one_and_a_second_delete_says_it_is_gone(store):
    run = finished(store)
    store.delete(run.id)
    assert not run.directory.exists()
    with pytest.raises(NotFoundError, match="deleted or renamed"):
        store.delete(run.id)


def test_a_live_run_is_not_deleted(store):
    run = launch.create(store.directory(store.mint_id("live")), pretrain_config())
    write_json_atomic(
        run.directory / "status.json",
        {"state": "running", "heartbeat": 9e9, "step": 1, **writer_identity()},
    )
    with pytest.raises(StateError, match="stop it first"):
        store.delete(run.id)
    assert run.directory.exists()


@pytest.mark.parametrize("name", ["..", ".", "", "../x", "a/b", "/etc", "a\\b", "x\0y"])
def test_ids_never_lead_out_of_the_store(store, name):
    with pytest.raises(LabError):
        store.open(name)
    with pytest.raises(LabError):
        store.directory(name)


def test_a_damaged_run_is_listed_with_its_reason_and_can_be_deleted(store):
    run = finished(store)
    (run.directory / "config.json").write_text("{half")
    info = store.info(run.id)
    assert info.state == "damaged" and "config.json" in info.error
    store.delete(run.id)
    assert not run.directory.exists()


@pytest.mark.parametrize("content", ["[]", '{"llmlab_schema": 1}', '{"a": 1}',
                                     '{"llmlab_schema": 1, "kind": "pretrain", "name": "x",'
                                     ' "model": 3, "train": {}, "data": {}}'])  # fmt: skip
def test_any_nonsense_in_config_reads_as_damaged(store, content):
    run = finished(store)
    (run.directory / "config.json").write_text(content)
    assert store.info(run.id).state == "damaged"


def test_a_folder_of_somebody_else_is_not_deleted(store, tmp_path):
    foreign = tmp_path / "thesis"
    foreign.mkdir()
    (foreign / "config.json").write_text(json.dumps({"model_type": "gpt2"}))
    from llmcore.runs.store import delete_run

    with pytest.raises(LabError, match="not a run of this lab"):
        delete_run(open_run(str(foreign)))
    assert foreign.exists()


def test_stop_of_an_ended_run_is_refused(store):
    run = finished(store)
    with pytest.raises(StateError, match="nothing to stop"):
        store.request_stop(run.id)
    with pytest.raises(StateError, match="nothing to save"):
        store.request_save(run.id)
