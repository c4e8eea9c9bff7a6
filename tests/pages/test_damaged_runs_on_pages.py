"""Damaged runs among good ones: every page is drawn, and the Runs page deletes them."""

import json

import pytest
from page_driver import button, open_page, shown
from written_runs import write_run

from llmcore.files import read_json
from llmcore.runs import RunStore

STATUS = {"error": 7}, {"step": 10**400}, {"val_loss": "x"}, {"state": ["done"]}
CONFIG = {"created": int("9" * 400)}, {"name": {"a": 1}}, {"model": {"n_layers": "two"}}


def damaged() -> list[str]:
    made = []
    changes = [("status.json", statu) for statu in STATUS] + [
        ("config.json", content) for content in CONFIG
    ]
    for name, change in changes:
        made.append(write_run("bad"))
        path = RunStore().directory(made[-1]) / name
        path.write_text(json.dumps(read_json(path) | change))
    return made


@pytest.mark.parametrize("name", ["overview", "runs", "pretrain", "playground", "attention"])
def test_a_page_stands_beside_damaged_runs(name: str) -> None:
    good, bad = write_run("good one"), damaged()
    page = open_page(name, good if name in {"runs", "pretrain"} else None)
    assert not page.exception
    assert not any("Something went wrong" in error.value for error in page.error)
    if name == "runs":
        (table,) = page.dataframe
        assert table.value["State"].tolist().count("Damaged") == len(bad)
        assert "good one" in table.value["Name"].tolist()


def test_each_of_them_is_explained_and_deleted() -> None:
    write_run("good one")
    for run_id in damaged():
        page = open_page("runs", run_id)
        assert not page.exception and any(error.value for error in page.error), shown(page)
        button(page, "Delete").click().run()
        page.button(key="delete_run_now").click().run()
        assert not page.exception
    assert [info.name for info in RunStore().list() if not info.example] == ["good one"]


def test_the_pretrain_page_shows_a_run_with_damaged_lines() -> None:
    run_id = write_run("odd", state="stopped")
    lines = [
        {"type": "setting", "step": 1, "name": "learning_rate", "value": "x"},
        {"type": "early_stop", "step": "x", "best_step": 3},
        {"type": "early_stop", "step": 3},
        {"type": "data", "step": 0, "train_tokens": "many"},
        {"type": "sample", "step": 4, "prompt": 7, "text": []},
    ]
    path = RunStore().directory(run_id)
    (path / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with (path / "metrics.jsonl").open("a") as file:
        file.write('{"split": "train", "step": 1' + "0" * 400 + ', "loss": 1}\n[[[\n')
    page = open_page("pretrain", run_id)
    assert not page.exception
    assert not any("Something went wrong" in error.value for error in page.error)
