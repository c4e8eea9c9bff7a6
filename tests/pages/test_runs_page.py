"""The Runs page: empty, with runs of every state, choosing, renaming, deleting, damaged ones."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from page_driver import button, open_page
from streamlit.testing.v1 import AppTest
from tiny import TEXT, pretrain_config
from written_runs import write_run

from llmcore import paths
from llmcore.execution import launch
from llmcore.runs import RunStore
from llmcore.runs.writer import RunWriter


@pytest.fixture(autouse=True)
def bundled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder of examples, which a test may fill."""
    monkeypatch.setattr(paths, "BUNDLED_RUNS", tmp_path / "bundled")
    return tmp_path / "bundled"


@pytest.fixture
def live_run() -> Iterator[str]:
    store = RunStore()
    run_id = store.mint_id("live")
    launch.create(store.directory(run_id), pretrain_config(), TEXT.encode())
    with RunWriter(store.directory(run_id), "thread") as writer:
        yield run_id
        writer.finish("stopped", 3)


def opened(run_id: str | None = None) -> AppTest:
    return open_page("runs", run_id)


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def test_no_run_at_all() -> None:
    page = opened()
    assert not page.exception and not page.error
    assert page.title[0].value == "Runs" and "Nothing was trained" in page.info[0].value
    assert len(page.code) == 2


def test_all_runs_are_listed_with_state_size_and_lineage(live_run: str) -> None:
    parent = write_run("first model")
    child = write_run("spam", kind="classify", state="stopped", step=20)
    config = RunStore().open(child).directory / "config.json"
    config.write_text(config.read_text().replace('"parent": null', f'"parent": "{parent}"'))
    page = opened()
    assert not page.exception and not page.error
    table = page.dataframe[0].value.set_index("Name")
    assert table.loc["spam", "Came from"] == "first model"
    assert table.loc["first model", "Came from"] == "scratch"
    assert table.loc["spam", "State"] == "Stopped" and table.loc["tiny text", "State"] == "Training"
    assert table.loc["spam", "Step"] == "20 of 40" and table.loc["spam", "Size"].endswith(" kB")
    assert "Delete" not in labels(page)


def test_the_run_in_the_address_is_chosen_and_renamed() -> None:
    run_id = write_run("before")
    page = opened(run_id)
    assert not page.exception and "before" in page.markdown[1].value
    button(page, "Rename").click().run()
    page.text_input(key="rename_to").set_value("after *this*")
    next(
        button for button in page.button if button.label == "Rename" and button.form_id
    ).click().run()
    assert not page.exception
    assert RunStore().info(run_id).name == "after *this*"


def test_deleting_asks_first() -> None:
    run_id, other = write_run("old"), write_run("kept")
    page = opened(run_id)
    button(page, "Delete").click().run()
    assert RunStore().info(run_id).name == "old"
    page.button(key="delete_run_now").click().run()
    assert not page.exception and not page.error
    assert [info.id for info in RunStore().list()] == [other]


def test_deleting_says_whose_adapters_go_with_it() -> None:
    run_id = write_run("parent")
    for name, kept in (("thin", {"adapter": {"parent": f"{run_id}@40"}}), ("whole", {})):
        (path,) = RunStore().open(write_run(name)).directory.glob("checkpoints/*/state.json")
        path.write_text(json.dumps(json.loads(path.read_text()) | kept))
    page = opened(run_id)
    button(page, "Delete").click().run()
    assert not page.exception
    (warning,) = page.warning
    assert "thin" in warning.value and "whole" not in warning.value


def test_deleting_a_running_one_is_refused(live_run: str) -> None:
    page = opened(live_run)
    button(page, "Delete").click().run()
    assert not page.exception and len(page.error) == 1
    assert "stop it first" in page.error[0].value.replace("\\", "")
    assert RunStore().info(live_run).is_live and "delete_run_now" not in str(page.button)


def test_a_damaged_run_is_listed_and_deletable() -> None:
    run_id = write_run("broken")
    directory = RunStore().open(run_id).directory
    (directory / "config.json").write_bytes(b"\xff{")
    page = opened(run_id)
    assert not page.exception
    assert page.dataframe[0].value.iloc[0]["State"] == "Damaged"
    assert len(page.error) == 1
    button(page, "Delete").click().run()
    page.button(key="delete_run_now").click().run()
    assert not directory.exists() and not page.exception


def test_a_run_deleted_in_another_tab_meanwhile_is_said() -> None:
    write_run("kept")
    page = opened("20200101-000000-gone-abcdef")
    assert not page.exception and "may have been deleted" in page.warning[0].value


def test_examples_are_marked_and_stay(bundled: Path) -> None:
    run_id = write_run("starter")
    bundled.parent.mkdir(exist_ok=True)
    RunStore().open(run_id).directory.parent.rename(bundled)
    page = opened(run_id)
    assert not page.exception and not page.error
    assert "example" in page.dataframe[0].value.iloc[0]["Kind"]
    assert not {"Delete", "Rename", "Resume"} & set(labels(page))


def test_a_stopped_run_can_be_resumed_from_here() -> None:
    page = opened(write_run("paused", state="stopped", step=20))
    assert "Resume" in labels(page)


def test_resume_of_a_run_that_cannot_go_on_is_one_sentence() -> None:
    run_id = write_run("paused", state="stopped", step=20)
    page = opened(run_id)
    status = RunStore().open(run_id).directory / "status.json"
    status.write_text(status.read_text().replace('"stopped"', '"done"'))
    button(page, "Resume").click().run()
    assert not page.exception
    assert "start a new run" in page.error[0].value
