"""Importing a model in the background, and what the Runs page shows of it."""

import time
from pathlib import Path

import pytest
from convert.gguf_vocabulary import write_whole_gguf
from page_driver import button, open_page, shown

from llmcore.paths import cache_dir
from llmcore.runs import RunStore
from ui.runs import importing


@pytest.fixture(autouse=True)
def no_earlier_import() -> None:
    importing._imports.stop_all()


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A small GPT-2 as transformers saves it."""
    from transformers import GPT2Config, GPT2LMHeadModel

    folder = tmp_path / "small-gpt2"
    config = GPT2Config(vocab_size=257, n_positions=16, n_embd=8, n_layer=1, n_head=2)
    GPT2LMHeadModel(config).save_pretrained(folder)
    return folder


def test_a_folder_becomes_a_run_that_the_list_shows(foreign: Path, wait_until) -> None:
    page = open_page("runs")
    page.text_input(key="import_gpt2_source").set_value(str(foreign))
    button(page, "Import").click().run()
    assert not page.exception and not page.error
    job = wait_until(lambda: not importing.newest_import().is_live and importing.newest_import())
    assert job.error is None and job.difference < 1e-4
    (own,) = [info for info in RunStore().list() if not info.example]
    assert (own.id, own.name, own.state) == (job.result, "small-gpt2", "done")
    page.run()
    assert "is in the list above, logits within" in shown(page)
    table = page.dataframe[0].value
    (at,) = [i for i, name in enumerate(table["Name"]) if name == "small-gpt2"]
    assert (table["Came from"][at], table["Step"][at]) == ("small-gpt2", "–")
    assert table["Kind"][at].endswith(", imported")
    page = open_page("runs", job.result)
    assert not page.exception
    assert "pretrained elsewhere" in shown(page) and "public test sets" in shown(page)


def test_a_source_that_is_nothing_is_one_sentence(tmp_path: Path, wait_until) -> None:
    page = open_page("runs")
    page.text_input(key="import_gpt2_source").set_value(str(tmp_path))
    button(page, "Import").click().run()
    wait_until(lambda: not importing.newest_import().is_live)
    page.run()
    assert not page.exception
    assert len(page.error) == 1 and "holds no model" in page.error[0].value


def test_a_second_import_waits_for_the_first(monkeypatch, wait_until) -> None:
    def arriving(source, progress):
        while True:  # until the clean-up of the test stops it
            progress("model.safetensors", 137, 548)
            time.sleep(0.01)

    monkeypatch.setattr("llmcore.convert.import_model.locate", arriving)
    importing.begin_import("gpt2")
    first = importing.newest_import()
    wait_until(lambda: first.done)
    importing.begin_import("gpt2-medium")
    assert importing.newest_import() is first and first.share == 0.25
    page = open_page("runs")
    assert button(page, "Import").disabled and not page.exception
    first.leave()
    assert first.wait(10) and (first.state, first.error) == ("stopped", None)


def test_a_gguf_file_that_is_dropped_becomes_a_run(tmp_path: Path, wait_until) -> None:
    transformers = pytest.importorskip("transformers")
    file = tmp_path / "Tiny Llama.Q8.gguf"
    write_whole_gguf(transformers, file)
    page = open_page("runs")
    page.file_uploader(key="import_gguf").upload(file.name, file.read_bytes()).run()
    assert not page.exception
    job = wait_until(lambda: not importing.newest_import().is_live and importing.newest_import())
    assert job.error is None, job.error
    page.run()
    assert importing.newest_import() is job  # the same file is not imported again
    assert RunStore().info(job.result).name == "tiny-llama-q8"
    assert "tiny\\-llama\\-q8\\.gguf is in the list above, logits within" in shown(page)
    assert not list(cache_dir().glob("import-*"))


def test_a_dropped_file_that_is_no_gguf_is_one_sentence(wait_until) -> None:
    page = open_page("runs")
    page.file_uploader(key="import_gguf").upload("bad.gguf", b"no model at all").run()
    job = wait_until(lambda: not importing.newest_import().is_live and importing.newest_import())
    page.run()
    assert not page.exception and [error.value for error in page.error]
    assert job.error and "import-" not in page.error[0].value
    assert not list(cache_dir().glob("import-*"))
