"""The classifier page: empty, with a finished run, with a live one, one click to a verdict, and
tables that cannot be learned from."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from page_driver import button, only_error, open_page, shown
from streamlit.testing.v1 import AppTest
from tiny import TEXT, pretrain_config, spam_table

from llmcore import models, paths
from llmcore.runs import RunStore, launch, plan, run
from llmcore.runs.writer import RunWriter


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A tiny language model and a classifier made from it; both are made once."""
    root = tmp_path_factory.mktemp("runs")
    language = root / RunStore.mint_id("tiny")
    launch.run_foreground(language, pretrain_config(), TEXT.encode())
    classifier = root / RunStore.mint_id("spam")
    config = launch.plan_classify(
        "t.csv", str(language), table=spam_table(), train_changes={"learning_rate": 1e-2}
    )
    launch.run_foreground(classifier, config, spam_table())
    return language, classifier


@pytest.fixture(autouse=True)
def without_examples(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is bundled must not decide what these tests see."""
    for module in (paths, run, models, plan):
        monkeypatch.setattr(module, "BUNDLED_RUNS", tmp_path / "bundled")
    monkeypatch.setenv("LLMLAB_WARM", "0")
    models.clear_cache()


@pytest.fixture
def language(trained: tuple[Path, Path], home: Path) -> str:
    shutil.copytree(trained[0], home / "runs" / trained[0].name)
    return trained[0].name


@pytest.fixture
def classifier(trained: tuple[Path, Path], language: str, home: Path) -> str:
    shutil.copytree(trained[1], home / "runs" / trained[1].name)
    return trained[1].name


@pytest.fixture
def live_run(language: str) -> Iterator[RunWriter]:
    store = RunStore()
    run_id = store.mint_id("live")
    config = launch.plan_classify("t.csv", language, table=spam_table())
    launch.create(store.directory(run_id), config, spam_table())
    with RunWriter(store.directory(run_id), "thread") as writer:
        yield writer
        writer.finish("stopped", 3)


def opened(run_id: str | None = None) -> AppTest:
    return open_page("classifier", run_id)


def upload(data: bytes, name: str = "mine.csv") -> AppTest:
    page = opened()
    page.button_group(key="classify_data").set_value("own").run()
    return page.file_uploader(key="classify_upload").set_value((name, data, "text/csv")).run()


def test_page_without_any_model_says_what_to_do() -> None:
    page = opened()
    assert "pretrain one first" in only_error(page)
    assert button(page, "Train the spam classifier").disabled
    assert "Once a classifier has its first checkpoint" in shown(page)


def test_page_before_the_first_classifier(language: str) -> None:
    page = opened()
    assert not page.exception and not page.error
    assert not button(page, "Train the spam classifier").disabled
    assert "4,862 real text messages" in shown(page)
    assert "No classifier was trained here yet" in shown(page)


def test_a_finished_run_shows_scores_beside_baselines_and_mistakes(classifier: str) -> None:
    page = opened(classifier)
    assert not page.exception and not page.error
    metrics = {one.label: one.value for one in page.metric}
    verdict = RunStore().open(classifier).result()
    assert {"This model", "Naive Bayes"} <= metrics.keys()
    assert any(name.startswith("Always ") for name in metrics)
    assert f"{verdict['test']['n']} held-out texts" in shown(page)
    assert "macro F1" in shown(page) and "The mistakes:" in shown(page)
    # The confusion matrix and the bars of the text that is in the box.
    assert len(page.get("plotly_chart")) == 2


def test_the_bundled_example_can_be_tried_at_once(trained: tuple[Path, Path]) -> None:
    for directory, name in zip(trained, ("starter", "starter-spam"), strict=True):
        shutil.copytree(directory, paths.BUNDLED_RUNS / name)
    page = opened()
    assert not page.exception and not page.error
    assert "Example that comes with the lab" in shown(page)
    assert "On texts that it never saw" in shown(page)
    assert not button(page, "Train the spam classifier").disabled
    page.text_area(key="classify_text").set_value("WIN a prize now").run()
    assert "### " in shown(page)


def test_a_message_is_classified_and_lines_make_a_table(classifier: str) -> None:
    page = opened(classifier)
    page.text_area(key="classify_text").set_value("WIN a prize now call 12345 free").run()
    assert not page.exception and not page.error
    assert "### spam" in shown(page) or "### ham" in shown(page)
    page.text_area(key="classify_text").set_value("one\n\n two <b> \nthree \x00").run()
    button(page, "Classify").click().run()
    assert not page.exception and not page.error
    table = page.dataframe[-1].value
    assert list(table["Text"])[:2] == ["one", "two <b>"] and len(table) == 3
    page.text_area(key="classify_text").set_value(" \n").run()
    assert "Type a message" in shown(page)


def test_a_very_long_message_is_read_from_its_beginning(classifier: str) -> None:
    page = opened(classifier)
    page.text_area(key="classify_text").set_value("very long " * 5000).run()
    assert not page.exception and not page.error
    assert "its beginning was read" in shown(page)


def test_a_live_run_shows_curves_and_no_verdict_yet(live_run: RunWriter) -> None:
    for step in (1, 2, 3):
        live_run.metrics(step, "train", loss=0.7, accuracy=0.5, lr=1e-3, tokens_per_s=100.0)
    live_run.metrics(3, "val", loss=0.69, accuracy=0.625, macro_f1=0.4)
    page = opened()
    assert not page.exception and not page.error
    assert {one.label: one.value for one in page.metric}["Validation accuracy"] == "62.5%"
    assert button(page, "Stop and save")
    assert "On texts that it never saw" not in shown(page)


def test_one_click_trains_an_uploaded_table_to_a_verdict(
    language: str, wait_until: Callable[..., Any]
) -> None:
    page = upload(spam_table())
    assert not page.exception and not page.error
    assert "120 texts: ham 60 · spam 60" in shown(page)
    page.number_input(key="classify_epochs_all").set_value(1).run()
    button(page, "Train the classifier").click().run()
    assert not page.exception and not page.error
    store = RunStore()
    (info,) = [one for one in store.list() if one.kind == "classify"]
    wait_until(lambda: store.info(info.id).state == "done", 60)
    page.run()
    assert "On texts that it never saw" in shown(page)
    assert info.parent == language


BAD_TABLES = {
    "empty": (b"", "empty"),
    "one row": (b"label,text\nham,hello there\n", "one row only"),
    "one class": (b"label,text\n" + b"ham,hello there\n" * 20, "two classes"),
    "one column": (b"text\nhello there\nyou\n", "one column only|column"),
    "not UTF-8": (b"label,text\nham,caf\xe9\nspam,x\n", "is not UTF"),
    "all different labels": (
        b"label,text\n" + b"".join(b"l%d,t%d\n" % (i, i) for i in range(300)),
        "different labels",
    ),
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_tables_that_cannot_be_learned_from(name: str, language: str) -> None:
    data, sentence = BAD_TABLES[name]
    page = upload(data)
    message = only_error(page).replace("\\", "")
    assert any(part in message for part in sentence.split("|")), message
    assert button(page, "Train the classifier").disabled
    assert len(page.title) == 1 and len(page.code) == 2


def test_columns_are_chosen_when_they_have_other_names(language: str) -> None:
    rows = b"id,body,mood\n" + b"".join(
        b"%d,the %d th long message of a user,%s\n" % (i, i, b"happy" if i % 2 else b"sad")
        for i in range(60)
    )
    page = upload(rows)
    assert not page.exception and [one.value for one in page.error] == []
    chosen = {one.label: one.value for one in page.selectbox}
    assert (chosen["Text column"], chosen["Label column"]) == ("body", "mood")
    text_column = next(one for one in page.selectbox if one.label == "Text column")
    text_column.set_value("mood").run()
    assert "two different columns" in only_error(page)


def test_a_run_deleted_meanwhile_is_said(classifier: str) -> None:
    page = opened("20200101-000000-gone-abcdef")
    assert not page.exception and "may have been deleted" in page.warning[0].value
