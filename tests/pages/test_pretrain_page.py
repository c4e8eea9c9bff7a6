"""The Pretrain page: empty, with finished runs, with a live one, from Start to an answer, and
with input that cannot work."""

import io
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from page_driver import button, only_error, open_page, shown
from streamlit.testing.v1 import AppTest
from tiny import TEXT, pretrain_config, sentences

from llmcore import models, paths
from llmcore.execution import launch
from llmcore.recipes import pretraining
from llmcore.runs import RunStore
from llmcore.runs.writer import RunWriter


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("runs") / RunStore.mint_id("tiny")
    launch.run_foreground(directory, pretrain_config(), TEXT.encode())
    return directory


@pytest.fixture(autouse=True)
def without_examples(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is bundled must not decide what these tests see."""
    monkeypatch.setattr(paths, "BUNDLED_RUNS", tmp_path / "bundled")
    monkeypatch.setenv("LLMLAB_WARM", "0")
    models.clear_cache()


@pytest.fixture
def finished_run(finished: Path, home: Path) -> str:
    shutil.copytree(finished, home / "runs" / finished.name)
    return finished.name


@pytest.fixture
def live_run() -> Iterator[tuple[str, RunWriter]]:
    """A run that this test itself writes, so that it stands still where the test needs it."""
    store = RunStore()
    run_id = store.mint_id("live")
    launch.create(store.directory(run_id), pretrain_config(steps=100), TEXT.encode())
    with RunWriter(store.directory(run_id), "thread") as writer:
        yield run_id, writer
        writer.finish("done", 40)


def opened(run_id: str | None = None) -> AppTest:
    return open_page("pretrain", run_id)


def paste(page: AppTest, text: str) -> AppTest:
    page.button_group(key="pretrain_text_kind").set_value("Paste").run()
    return page.text_area(key="pretrain_pasted").set_value(text).run()


def test_empty_page_offers_one_good_default() -> None:
    page = opened()
    assert not page.exception and not page.error
    assert page.title[0].value == "Pretrain"
    assert not button(page, "Start training").disabled
    text = shown(page)
    assert "**tiny** model on **shakespeare**" in text and "parameters" in text
    assert "rough guess" in text and "of memory" in text
    assert "Nothing was trained here yet" in text


def test_a_finished_run_shows_numbers_samples_and_answers(finished_run: str) -> None:
    page = opened(finished_run)
    assert not page.exception and not page.error
    metrics = {metric.label: metric.value for metric in page.metric}
    assert all(metrics[name] != "–" for name in ("Train loss", "Validation loss", "Bits per byte"))
    assert any(code.value.startswith("the ") for code in page.code), "no sample"
    page.text_input(key=f"prompt_{finished_run}").set_value("the cat")
    page.slider(key=f"tokens_{finished_run}").set_value(10)
    button(page, "Ask").click().run()
    assert not page.exception and not page.error
    assert "step 8 answered" in shown(page)
    assert any(code.value.startswith("the cat") for code in page.code)


def test_the_bundled_example_fills_the_page_before_the_first_own_run(
    finished: Path, home: Path
) -> None:
    shutil.copytree(finished, paths.BUNDLED_RUNS / "starter")
    page = opened()
    assert not page.exception and not page.error
    assert "Example that comes with the lab" in shown(page)
    assert {metric.label: metric.value for metric in page.metric}["Validation loss"] != "–"
    assert "Resume" not in [button.label for button in page.button]
    button(page, "Ask").click().run()
    assert not page.exception and not page.error and "step 8 answered" in shown(page)


def test_an_own_run_comes_before_the_example(finished: Path, finished_run: str) -> None:
    shutil.copytree(finished, paths.BUNDLED_RUNS / "starter")
    page = opened()
    assert page.selectbox(key="run_of_pretrain").value == finished_run
    assert "Example that comes with the lab" not in shown(page)


def test_prompt_that_looks_like_markup_stays_text(finished_run: str) -> None:
    page = opened(finished_run)
    page.text_input(key=f"prompt_{finished_run}").set_value("<b>[x](http://a)</b> \x00 مرحبا")
    page.slider(key=f"tokens_{finished_run}").set_value(10)
    button(page, "Ask").click().run()
    assert not page.exception and not page.error
    assert not any("[x](http" in caption.value for caption in page.caption)


def test_a_live_run_can_be_watched_asked_and_stopped(
    live_run: tuple[str, RunWriter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "ui.pretrain.ask.PATIENCE_SECONDS", 0.5
    )  # this run never writes a checkpoint
    run_id, writer = live_run
    page = opened()
    assert button(page, "Stop and save") and "Training" in shown(page)
    assert {metric.label: metric.value for metric in page.metric}["Train loss"] == "–"
    for step in range(1, 8):
        writer.metrics(step, "train", loss=3.0 - step / 10, lr=1e-3, tokens_per_s=1000.0)
    writer.metrics(7, "val", loss=2.4, perplexity=11.0, bits_per_byte=1.9)
    writer.event("sample", 7, prompt="the ", text="<script>alert(1)</script>")
    page.run()
    metrics = {metric.label: metric.value for metric in page.metric}
    assert metrics["Train loss"] == "2.300" and metrics["Validation loss"] == "2.400"
    assert any("<script>" in code.value for code in page.code)
    button(page, "Ask").click().run()
    assert "no checkpoint yet" in only_error(page)
    button(page, "Stop and save").click().run()
    assert RunStore().info(run_id).is_live and button(page, "Stop and save").disabled


def test_start_trains_pasted_text_once_and_stores_it(wait_until: Callable[..., Any]) -> None:
    page = paste(opened(), TEXT)
    page.selectbox(key="pretrain_preset").set_value("tiny").run()
    page.selectbox(key="pretrain_tokenizer").set_value("bytes").run()
    assert not page.exception and not page.error
    # A field that is left by the click on the button: both arrive at once, and both count.
    page.number_input(key="pretrain_steps_tiny").set_value(3)
    button(page, "Start training").click().run()
    assert not page.exception and not page.error
    store = RunStore()
    (info,) = store.list()
    assert page.query_params["run"] in (info.id, [info.id])
    wait_until(lambda: store.info(info.id).state == "done", 60)
    assert info.steps == 3
    assert store.open(info.id).stored_data().read_text() == TEXT
    page.run()
    assert "Finished" in shown(page) and len(store.list()) == 1


def test_a_failed_run_says_why_in_one_sentence(home: Path) -> None:
    store = RunStore()
    run_id = store.mint_id("broken")
    config = pretrain_config()
    with pytest.raises(ValueError):
        launch.run_foreground(store.directory(run_id), config, b"too short")
    page = opened(run_id)
    assert "token" in only_error(page)
    labels = [button.label for button in page.button]
    assert "Resume" not in labels and "Ask" not in labels  # neither could work
    assert not page.metric and "first point" not in shown(page)


def test_an_interrupted_run_can_be_resumed(finished_run: str) -> None:
    directory = RunStore().open(finished_run).directory
    status = directory / "status.json"
    status.write_text(status.read_text().replace('"done"', '"stopped"'))
    assert button(opened(finished_run), "Resume")


def test_earlier_runs_can_be_laid_over(finished_run: str, live_run: tuple[str, RunWriter]) -> None:
    page = opened(live_run[0])
    page.multiselect(key=f"pretrain_overlays_{live_run[0]}").set_value([finished_run]).run()
    assert not page.exception and not page.error


def test_a_run_that_is_gone_is_said(finished_run: str) -> None:
    page = opened("20200101-000000-gone-abcdef")
    assert not page.exception and "may have been deleted" in page.warning[0].value


def test_a_damaged_run_neither_breaks_nor_hides_the_page(finished_run: str) -> None:
    (RunStore().open(finished_run).directory / "config.json").write_text("{")
    page = opened(finished_run)
    assert not page.exception and "damaged" in page.warning[0].value
    assert button(page, "Start training")


def test_nothing_pasted_yet_is_no_error_but_cannot_start() -> None:
    page = paste(opened(), "")
    assert not page.exception and not page.error
    assert "Give a text" in shown(page) and button(page, "Start training").disabled


@pytest.mark.parametrize("text", [" \n ", "\x00"])
def test_empty_paste(text: str) -> None:
    page = paste(opened(), text)
    assert "empty" in only_error(page) and button(page, "Start training").disabled


PARAGRAPH = (
    "A vocabulary is learned once and then kept. The merges that a tokenizer makes depend on the "
    "text that it was shown, so a word that never came is spelled out in small parts. "
) * 7


def test_a_pasted_paragraph_is_counted_and_a_context_that_fits_is_one_click_away() -> None:
    page = paste(opened(), PARAGRAPH)
    page.selectbox(key="pretrain_tokenizer").set_value("bytes").run()
    # 1,211 bytes: nine tenths to train on, a tenth held out, each with its end-of-text token.
    assert len(PARAGRAPH) == 1211
    sentence = only_error(page).replace("\\", "")
    assert "needs 129 of each" in sentence and "128 tokens" not in sentence
    length = int(sentence.split("at most ")[1].split(",")[0])
    assert 100 < length < 128 and button(page, "Start training").disabled
    button(page, f"Set the context length to {length}").click().run()
    assert not page.exception and not page.error
    assert page.number_input(key="pretrain_context_tiny").value == length
    assert not button(page, "Start training").disabled
    page.number_input(key="pretrain_context_tiny").set_value(length + 1).run()
    assert f"at most {length}," in only_error(page)  # one more does not fit


def test_what_the_page_proposes_trains(wait_until: Callable[..., Any]) -> None:
    page = paste(opened(), PARAGRAPH)
    page.selectbox(key="pretrain_tokenizer").set_value("bytes").run()
    next(button for button in page.button if button.key == "fit_context").click().run()
    page.number_input(key="pretrain_steps_tiny").set_value(1)
    button(page, "Start training").click().run()
    (info,) = RunStore().list()
    wait_until(lambda: RunStore().info(info.id).state == "done", 60)


def test_the_vocabulary_of_a_short_text_is_the_one_it_gives() -> None:
    page = paste(opened(), sentences(250))  # no base is bundled here: the preset's BPE of 1,024
    parameters = page_parameters(page)
    config = pretraining.plan_pretrain("pasted.txt", preset="tiny", text=sentences(250))
    assert config.model.vocab_size < 1024
    assert parameters == f"{config.model.n_parameters() / 1e6:.2f} M"


def page_parameters(page: AppTest) -> str:
    """The number of parameters on the start card."""
    assert not page.exception and not page.error
    (cell,) = (
        markdown.value for markdown in page.markdown if ":small[parameters]" in markdown.value
    )
    return cell.split("**")[1].replace("\\", "")


def test_text_too_short_for_any_context() -> None:
    page = paste(opened(), "ab")
    assert "too short" in only_error(page) and button(page, "Start training").disabled
    assert not [button for button in page.button if button.key == "fit_context"]


def upload(page: AppTest, name: str, data: bytes) -> AppTest:
    page.button_group(key="pretrain_text_kind").set_value("Upload").run()
    page.file_uploader(key="pretrain_upload").upload(name, data, "application/octet-stream")
    return page.run()


def test_an_upload_names_its_limit_first_and_the_command_for_more(monkeypatch: Any) -> None:
    page = opened()
    page.button_group(key="pretrain_text_kind").set_value("Upload").run()
    assert not page.error and button(page, "Start training").disabled
    said = next(caption.value for caption in page.caption if "At most 50 MB" in caption.value)
    assert "python -m llmcore pretrain --corpus FILE" in said
    monkeypatch.setattr("ui.text_source.MAX_UPLOAD_BYTES", 1000)
    page = upload(page, "large.txt", sentences(300).encode())
    assert "python -m llmcore pretrain --corpus large.txt" in only_error(page).replace("\\", "")


def test_uploads_in_other_encodings_and_what_is_no_text() -> None:
    page = upload(opened(), "latin.txt", sentences(300).replace("moon", "möön").encode("cp1252"))
    assert not page.error and not button(page, "Start training").disabled
    assert "Windows\\-1252" in shown(page) and "1 document" in shown(page)
    page = upload(opened(), "../odd+name.txt", sentences(300).encode())
    assert not page.error and not button(page, "Start training").disabled
    page = upload(opened(), "scan.pdf", b"%PDF-1.7 ")
    assert "is a PDF" in only_error(page) and button(page, "Start training").disabled


def test_rows_are_documents_and_where_the_column_is_open_the_page_asks() -> None:
    rows = "".join(
        json.dumps({"prose": sentences(2, seed=n), "note": f"Said {n} times by an old man"}) + "\n"
        for n in range(100)
    )
    page = upload(opened(), "rows.jsonl", rows.encode())
    assert not page.error and button(page, "Start training").disabled
    (column,) = (
        selectbox for selectbox in page.selectbox if selectbox.label == "Column of the text"
    )
    assert column.value is None and column.options == ["prose", "note"]
    column.set_value("prose").run()
    assert not page.error and not button(page, "Start training").disabled
    assert "100 documents" in shown(page) and "not read: note" in shown(page).replace("\\", "")
    (switch,) = (toggle for toggle in page.toggle if "as it stands" in toggle.label)
    switch.set_value(True).run()
    assert "1 document" in shown(page) and not button(page, "Start training").disabled
    assert page.toggle[0].value


def test_a_zip_of_texts_trains_with_its_files_as_documents(wait_until: Callable[..., Any]) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for n in range(40):
            archive.writestr(f"texts/{n}.txt", sentences(10, seed=n))
    page = upload(opened(), "texts.zip", packed.getvalue())
    page.selectbox(key="pretrain_tokenizer").set_value("bytes").run()
    assert not page.error and "40 documents" in shown(page)
    page.number_input(key="pretrain_steps_tiny").set_value(1)
    button(page, "Start training").click().run()
    (info,) = RunStore().list()
    wait_until(lambda: RunStore().info(info.id).state == "done", 60)
    (event,) = RunStore().open(info.id).events("data")
    n_bytes = sum(len(sentences(10, seed=n)) + 1 for n in range(40))
    assert event["train_tokens"] + event["validation_tokens"] == n_bytes


def test_marks_in_a_text_are_told_and_can_be_kept() -> None:
    page = paste(opened(), "The mark <|endoftext|> ends a text.\n" * 200)
    assert "200 times" in shown(page)
    (switch,) = (toggle for toggle in page.toggle if "Leave" in toggle.label)
    switch.set_value(True).run()
    assert "stays in the text" in shown(page) and not page.error


def test_no_corpus_chosen() -> None:
    page = opened()
    page.multiselect(key="pretrain_corpora").set_value([]).run()
    assert "No text is chosen" in only_error(page)
