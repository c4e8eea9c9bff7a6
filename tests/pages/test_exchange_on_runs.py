"""The Runs page: a run as a zip from another lab, and models for other tools."""

import zipfile
from pathlib import Path

import pytest
from page_driver import button, only_error, open_page, shown
from tiny import TEXT, pretrain_config

from llmcore.exchange import export_run
from llmcore.execution import launch
from llmcore.paths import exports_dir
from llmcore.runs import RunStore


@pytest.fixture
def own_run(home: Path) -> str:
    store = RunStore()
    run_id = store.mint_id("mine")
    launch.run_foreground(store.directory(run_id), pretrain_config(), TEXT.encode())
    store.rename(run_id, "my first model")
    return run_id


def test_a_zip_becomes_a_run_once(own_run: str, tmp_path: Path) -> None:
    data = export_run(RunStore().open(own_run), tmp_path / "run.zip").read_bytes()
    RunStore().delete(own_run)
    page = open_page("runs")
    page.file_uploader(key="import_zip").upload("from-teacher.zip", data, "application/zip")
    page.run()
    page.run()
    assert not page.exception and not page.error
    (info,) = [info for info in RunStore().list() if not info.example]
    assert info.name == "my first model" and info.id != own_run and info.state == "done"
    assert "is in the list above" in shown(page)


def test_a_prepared_zip_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../outside.json", "{}")
    page = open_page("runs")
    page.file_uploader(key="import_zip").upload("bad.zip", path.read_bytes(), "application/zip")
    page.run()
    assert "was not imported" in only_error(page)
    assert not (tmp_path / "outside.json").exists()


@pytest.mark.parametrize(("label", "file"), [("For transformers", "model.safetensors"),
                                             ("For llama.cpp", "my-first-model.gguf")])  # fmt: skip
def test_a_model_is_written_read_back_and_shown(own_run: str, label: str, file: str) -> None:
    page = open_page("runs", own_run)
    button(page, label).click().run()
    assert not page.exception and not page.error
    assert "read back with a largest difference of" in shown(page)
    (folder,) = exports_dir().iterdir()
    assert (folder / file).is_file()
    button(page, label).click().run()
    assert not page.error and len(list(exports_dir().iterdir())) == 2
