"""The classifier page: empty, with a finished run, with a live one, one click to a verdict, and
tables that cannot be learned from."""

import csv
import io
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
import torch
from page_driver import button, component, only_error, open_page, shown
from streamlit.testing.v1 import AppTest
from tiny import TEXT, pretrain_config, spam_table

from llmcore import models, paths
from llmcore.config import LoraConfig
from llmcore.execution import launch
from llmcore.experiments.learning_curve.settings import LEARNERS
from llmcore.interpret import attribution, before_training
from llmcore.plots.classification import percent
from llmcore.recipes.classification import plan_classify
from llmcore.runs import RunStore
from llmcore.runs.writer import RunWriter
from ui.classifier.examples import examples_of, held_out
from ui.classifier.why import contradiction
from ui.state import DEFAULT_TEXT

pytestmark = pytest.mark.usefixtures("without_examples")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A tiny language model and a classifier made from it; both are made once."""
    root = tmp_path_factory.mktemp("runs")
    language = root / RunStore.mint_id("tiny")
    launch.run_foreground(language, pretrain_config(), TEXT.encode())
    classifier = root / RunStore.mint_id("spam")
    config = plan_classify(
        "t.csv", str(language), table=spam_table(), train_changes={"learning_rate": 1e-2}
    )
    launch.run_foreground(classifier, config, spam_table())
    return language, classifier


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
    config = plan_classify("t.csv", language, table=spam_table())
    launch.create(store.directory(run_id), config, spam_table())
    with RunWriter(store.directory(run_id), "thread") as writer:
        yield writer
        writer.finish("stopped", 3)


def opened(run_id: str | None = None, view: str | None = None) -> AppTest:
    """The page as an address with these parameters opens it."""
    if view is None:
        return open_page("classifier", run_id)
    page = AppTest.from_file(str(paths.PROJECT_ROOT / "pages/classifier.py"), default_timeout=90)
    page.query_params["view"] = view
    if run_id is not None:
        page.query_params["run"] = run_id
    return page.run()


def file_named(page: AppTest, key: str, data: bytes, name: str) -> AppTest:
    return page.file_uploader(key=key).set_value((name, data, "application/octet-stream")).run()


def upload(data: bytes, name: str = "mine.csv") -> AppTest:
    page = opened()
    page.button_group(key="classify_data").set_value("own").run()
    return file_named(page, "classify_upload", data, name)


def expanders(page: AppTest) -> str:
    return "\n".join(expander.label for expander in page.get("expander"))


def test_page_without_any_model_says_what_to_do() -> None:
    page = opened()
    assert "pretrain one first" in only_error(page)
    assert button(page, "Train the spam classifier").disabled
    assert "Once a classifier has its first checkpoint" in shown(opened(view="try_it"))


def test_page_before_the_first_classifier(language: str) -> None:
    page = opened()
    assert not page.exception and not page.error
    assert not button(page, "Train the spam classifier").disabled
    assert "4,862 real text messages" in shown(page)
    assert "No classifier was trained here yet" in shown(page)
    assert "4,862 texts of 2 classes, the largest" in expanders(page)
    assert "The classes are uneven" in shown(page)


def test_a_finished_run_shows_scores_beside_baselines_and_mistakes(classifier: str) -> None:
    page = opened(classifier)
    assert not page.exception and not page.error
    metrics = {metric.label: metric.value for metric in page.metric}
    verdict = RunStore().open(classifier).result()
    assert {"Model and words", "Model alone", "Naive Bayes"} <= metrics.keys()
    assert any(name.startswith("Always ") for name in metrics)
    assert f"{verdict['test']['n']} held-out texts" in shown(page)
    assert "macro F1" in shown(page) and "The mistakes:" in shown(page)
    # The bars of the classes in the data, and the confusion matrix.
    assert len(page.get("plotly_chart")) == 2


def test_the_bundled_example_can_be_tried_at_once(trained: tuple[Path, Path]) -> None:
    for directory, name in zip(trained, ("starter", "starter-spam"), strict=True):
        shutil.copytree(directory, paths.BUNDLED_RUNS / name)
    page = opened()
    assert not page.exception and not page.error
    assert "Example that comes with the lab" in shown(page)
    assert "On texts that it never saw" in shown(page)
    assert not button(page, "Train the spam classifier").disabled
    page.button_group(key="classifier_view").set_value("try_it").run()
    page.text_area(key="classify_text").set_value("WIN a prize now").run()
    assert "## " in shown(page)


def test_a_message_is_classified_and_lines_make_a_table(classifier: str) -> None:
    page = opened(classifier, "try_it")
    page.text_area(key="classify_text").set_value("WIN a prize now call 12345 free").run()
    assert not page.exception and not page.error
    assert "## spam" in shown(page) or "## ham" in shown(page)
    page.text_area(key="classify_text").set_value("one\n\n two <b> \nthree \x00").run()
    button(page, "Classify").click().run()
    assert not page.exception and not page.error
    table = page.dataframe[0].value
    assert list(table["Text"])[:2] == ["one", "two <b>"] and len(table) == 3
    page.text_area(key="classify_text").set_value(" \n").run()
    assert "Type a message" in shown(page)


def test_the_box_begins_with_a_text_that_this_model_gets_right(classifier: str) -> None:
    rows = RunStore().open(classifier).predictions()
    right = [row["text"] for row in rows if row["label"] == row["predicted"]]
    page = opened(classifier, "try_it")
    assert not page.exception and not page.error
    begun = page.text_area(key="classify_text").value
    assert begun in right and "Right: a held-out text of the data" in shown(page)
    # What a person wrote stays, also an example that is lost, and the page says that it is.
    lost = next(
        example for example in examples_of(RunStore().open(classifier)) if example.text != begun
    )
    answer = {"label": "neither", "probabilities": {lost.label: 0.25, "neither": 0.75}}
    words = AppTest.from_function(_say_verdict, args=(classifier, lost.text, answer)).run()
    assert f"Wrong: a held-out text of the data, whose class is **{lost.label}**" in shown(words)
    assert "that class 25" in shown(words) and "test texts" in shown(words)
    page.text_area(key="classify_text").set_value("something of my own").run()
    assert "Right: " not in shown(page) and "Wrong: " not in shown(page)
    again = open_with_text(classifier, "something of my own")
    assert again.text_area(key="classify_text").value == "something of my own"


def open_with_text(run_id: str, text: str) -> AppTest:
    page = AppTest.from_file(str(paths.PROJECT_ROOT / "pages/classifier.py"), default_timeout=90)
    page.session_state["lab_text"] = text
    page.query_params["view"], page.query_params["run"] = "try_it", run_id
    return page.run()


def _say_verdict(run_id: str, text: str, answer: dict) -> None:
    from llmcore.runs import RunStore
    from ui.classifier.examples import examples_of, verdict

    run = RunStore().open(run_id)
    verdict(run, examples_of(run), text, answer)


@pytest.mark.parametrize(
    ("rows", "texts"),
    [
        ([("long " * 60, "a", "a"), ("two\nlines", "a", "a"), ("wrong", "b", "a")], ["wrong"]),
        ([("lost", "b", "a"), ("won", "a", "a"), ("later", "b", "b")], ["later", "won"]),
        ([("lost", "b", "a"), ("won", "a", "a")], ["won", "lost"]),
        ([], []),
    ],
)
def test_held_out_examples_are_short_and_right_where_any_is(rows, texts) -> None:
    keys = ("text", "label", "predicted")
    found = held_out([dict(zip(keys, row, strict=True)) for row in rows])
    assert [item.text for item in found] == texts


def test_a_very_long_message_is_read_from_its_beginning(classifier: str) -> None:
    page = opened(classifier, "try_it")
    page.text_area(key="classify_text").set_value("very long " * 5000).run()
    assert not page.exception and not page.error
    assert "its beginning was read" in shown(page)


def test_each_token_carries_what_the_model_was_measured_to_do(classifier: str) -> None:
    page = opened(classifier, "try_it")
    text = "WIN a <b>prize</b> now"
    page.text_area(key="classify_text").set_value(text).run()
    loaded = models.load(classifier)
    for method in attribution.METHODS:
        page.button_group(key="classify_why").set_value(method).run()
        assert not page.exception and not page.error
        drawn = json.loads(component(page, "moved_tokens"))
        measured = attribution.attribute(loaded, text, method)
        assert drawn["label"] == measured.label
        assert [token[1] for token in drawn["tokens"]] == pytest.approx(measured.values.tolist())
        signs = "".join(part[1] for parts, _ in drawn["tokens"] for part in parts)
        assert signs == text.replace(" ", "·")[: len(signs)] and len(signs) > 5
    assert "Neither proves why" in shown(page) and "add up to" in shown(page)
    other = next(label for label in loaded.labels if label != drawn["label"])
    next(
        selectbox for selectbox in page.selectbox if selectbox.label == "For or against"
    ).set_value(other).run()
    assert json.loads(component(page, "moved_tokens"))["label"] == other


def test_colours_that_speak_against_the_verdict_are_told(
    classifier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, text = models.load(classifier), "WIN a prize now call 12345 free"
    real = attribution.attribute(loaded, text, "integrated gradients")
    owed = real.log_odds - real.reference
    assert real.contradicts == (owed * real.log_odds < 0) or abs(owed) < 0.05
    away = replace(real, method="occlusion", values=-abs(real.values), log_odds=5.0)
    assert away.contradicts and not replace(away, values=abs(real.values)).contradicts
    assert replace(away, values=abs(real.values), log_odds=-5.0).contradicts
    monkeypatch.setattr(attribution, "attribute", lambda *asked: away)
    page = opened(classifier, "try_it")
    page.text_area(key="classify_text").set_value(text).run()
    assert not page.exception and not page.error
    assert "The colours do not add up to the verdict" in shown(page)
    assert f"{away.values.sum():+.2f}" in shown(page).replace("\\", "")
    assert "already" in contradiction(replace(away, method="integrated gradients"))


def test_a_probe_shows_no_before_since_every_class_was_as_likely(language: str) -> None:
    directory = RunStore().directory(RunStore.mint_id("probe"))
    config = plan_classify("t.csv", language, "probe", table=spam_table())
    launch.run_foreground(directory, config, spam_table())
    page = opened(directory.name, "try_it")
    assert not page.exception and not page.error
    assert "Before and after the finetune" not in shown(page)
    page = opened(directory.name)
    assert "best head was found" in shown(page) and "no better than chance" not in shown(page)
    assert "24 held-out texts" in shown(page) and "95%: between" in shown(page)
    said = RunStore().open(directory.name).result()["words"]
    assert f"{said['n']} validation texts" in shown(page)


def test_a_classifier_at_chance_is_no_success(language: str) -> None:
    rows = [
        f"{'abc'[i % 3]},red blue old {'new' if i % 2 else 'sea'} {i % 7} {i}" for i in range(60)
    ]
    table = "\n".join(["label,text", *rows]).encode()
    directory = RunStore().directory(RunStore.mint_id("chance"))
    launch.run_foreground(directory, plan_classify("t.csv", language, "probe", table=table), table)
    assert RunStore().open(directory.name).result()["test"]["better_than_chance"] is False
    page = opened(directory.name)
    assert not page.exception and not page.error
    warned = " ".join(warning.value for warning in page.warning)
    assert "no better than chance: see its scores below" in warned
    assert "always naming the largest class is right for" in warned
    assert not any("Finished early" in info.value for info in page.info)


def test_before_is_the_very_start_of_the_run(classifier: str, language: str) -> None:
    page = opened(classifier, "try_it")
    assert not page.exception and not page.error
    seed = RunStore().open(classifier).config.train.seed
    assert f"the head was drawn at random (seed {seed})" in shown(page)
    before = before_training.before_finetune(RunStore().open(classifier))
    (answer,) = models.classify_texts(before, [DEFAULT_TEXT])
    trunk = models.load(language).trunk
    assert all(map(torch.equal, before.trunk.parameters(), trunk.parameters()))
    assert answer != models.classify_texts(models.load(classifier), [DEFAULT_TEXT])[0]
    config = RunStore().directory(classifier) / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"parent": "gone"}))
    st.cache_resource.clear()
    page = opened(classifier, "try_it")
    assert not page.exception and not page.error
    assert "cannot be loaded" in shown(page) and "After: the finetuned" not in shown(page)


def test_a_file_comes_back_with_labels(classifier: str) -> None:
    page = opened(classifier, "try_it")
    rows = b'id,text\n1,WIN a prize now call 12345 free\n2,"=1+1, are you home"\n3,\n'
    file_named(page, "classify_file", rows, "../mine.csv")
    button(page, "Label the file").click().run()
    assert not page.exception and not page.error
    (_, data, counts, cut) = page.session_state["lab_labelled_file"]
    read = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert [row["text"] for row in read] == [
        "WIN a prize now call 12345 free", "'=1+1, are you home", "",
    ]  # fmt: skip
    expected = models.classify_texts(models.load(classifier), ["WIN a prize now call 12345 free"])
    assert read[0]["label"] == expected[0]["label"] and not read[2]["label"]
    assert float(read[0]["probability"]) == pytest.approx(expected[0]["probability"], abs=1e-4)
    assert sum(counts.values()) == 3 and not cut
    page.text_input(key="classify_file_column").set_value("nothing").run()
    button(page, "Label the file").click().run()
    assert "nothing" in only_error(page)


def test_code_of_this_very_run(classifier: str) -> None:
    page = opened(classifier)
    code = "\n".join(code.value for code in page.code)
    assert f"load_classifier({classifier!r})" in code
    assert f"classify --model {classifier} --file" in code


def test_a_live_run_shows_curves_and_no_verdict_yet(live_run: RunWriter) -> None:
    for step in (1, 2, 3):
        live_run.metrics(step, "train", loss=0.7, accuracy=0.5, lr=1e-3, tokens_per_s=100.0)
    live_run.metrics(3, "val", loss=0.69, accuracy=0.625, macro_f1=0.4)
    page = opened()
    assert not page.exception and not page.error
    assert {metric.label: metric.value for metric in page.metric}["Validation accuracy"] == "62.5%"
    assert button(page, "Stop and save")
    assert "On texts that it never saw" not in shown(page)


@pytest.mark.parametrize("trainable", ["probe", "all"])
def test_one_click_trains_an_uploaded_table_to_a_verdict(
    trainable: str, language: str, wait_until: Callable[..., Any]
) -> None:
    page = upload(spam_table())
    assert not page.exception and not page.error
    assert "120 texts of 2 classes" in expanders(page)
    assert "A probe of every layer" in shown(
        page
    ) and "combined with a bag-of-words model" in shown(page)
    assert page.number_input(key="classify_epochs_auto").disabled
    if trainable == "all":
        page.selectbox(key="classify_trainable").set_value("all").run()
        page.number_input(key="classify_epochs_all").set_value(1).run()
        page.toggle(key="classify_words").set_value(False).run()
        assert "combined with a bag-of-words model" not in shown(page)
    button(page, "Train the classifier").click().run()
    assert not page.exception and not page.error
    store = RunStore()
    (info,) = [info for info in store.list() if info.kind == "classify"]
    wait_until(lambda: store.info(info.id).state == "done", 60)
    page.run()
    assert "On texts that it never saw" in shown(page)
    assert info.parent == language
    config = store.open(info.id).config
    assert (config.trainable, config.words) == (trainable, trainable == "probe")
    names = {metric.label for metric in page.metric}
    assert ("Model alone" in names) == config.words


BAD_TABLES = {
    "empty": (b"", "empty"),
    "one row": (b"label,text\nham,hello there\n", "one row only"),
    "one class": (b"label,text\n" + b"ham,hello there\n" * 20, "two classes"),
    "one column": (b"text\nhello there\nyou\n", "one column only|column"),
    "no text": (bytes(range(256)) * 9, "not a text file"),
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
    assert not page.exception and [error.value for error in page.error] == []
    chosen = {selectbox.label: selectbox.value for selectbox in page.selectbox}
    assert (chosen["Text column"], chosen["Label column"]) == ("body", "mood")
    text_column = next(
        selectbox for selectbox in page.selectbox if selectbox.label == "Text column"
    )
    text_column.set_value("mood").run()
    assert "two different columns" in only_error(page)


def test_a_link_to_a_run_holds_whatever_view_was_open_before(classifier: str) -> None:
    other = RunStore().directory(RunStore.mint_id("newer"))
    shutil.copytree(RunStore().directory(classifier), other)
    page = AppTest.from_file(str(paths.PROJECT_ROOT / "pages/classifier.py"), default_timeout=90)
    page.session_state["lab_classifier_view_before"] = "curves"  # as another page left it
    page.query_params["run"] = classifier
    page.run()
    assert not page.exception and not page.error
    assert page.selectbox(key="run_of_classify").value == classifier
    assert page.query_params["run"] == classifier


def test_a_run_deleted_meanwhile_is_said(classifier: str) -> None:
    page = opened("20200101-000000-gone-abcdef")
    assert not page.exception and "may have been deleted" in page.warning[0].value


def test_the_report_and_the_parameters_before_training(language: str) -> None:
    rows = [f"ham,are you home tonight {i}" for i in range(40)] + ["spam,WIN a prize"] * 3
    rows += ["spam,call 123 now", "ham,Call 123, now!", "spam,free money", "spam,win win win"]
    table = "\n".join(["label,text", *(row.replace(",", ',"', 1) + '"' for row in rows)])
    page = upload(table.encode())
    assert not page.exception and not page.error
    assert "47 texts of 2 classes, the largest 6.8 times" in expanders(page)
    assert "1 texts stand there with different labels" in shown(page).replace("\\", "")
    assert "rows repeat another text" in shown(page)
    page.selectbox(key="classify_trainable").set_value("lora").run()
    page.number_input(key="classify_lora_rank").set_value(4).run()
    model = models.load(language).trunk.config
    learned = LoraConfig(4).n_parameters(model) + 2 * (model.d_model + 1)
    assert f"{learned:,} of" in shown(page)
    page.multiselect(key="classify_lora_targets").set_value([]).run()
    assert "No layer is chosen for LoRA" in only_error(page)
    assert button(page, "Train the classifier").disabled


def test_a_zip_of_mails_is_trained_with_lora(language: str, wait_until: Callable[..., Any]) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as zipped:
        for i in range(40):
            spam = i % 2
            body = f"WIN a prize now call {i}" if spam else f"are you home at {i}"
            mail = f"From: a@b.c\nSubject: hello {i}\n\n{body}\n"
            zipped.writestr(f"mails/{'junk' if spam else 'good'}/{i}.eml", mail)
    page = upload(packed.getvalue(), "mails.zip")
    assert not page.exception and not page.error
    assert "40 texts of 2 classes" in expanders(page)
    assert list(page.dataframe[0].value.columns) == ["text", "label"]
    page.selectbox(key="classify_trainable").set_value("lora").run()
    page.number_input(key="classify_epochs_lora").set_value(1).run()
    button(page, "Train the classifier").click().run()
    assert not page.exception and not page.error
    store = RunStore()
    (info,) = [info for info in store.list() if info.kind == "classify"]
    wait_until(lambda: store.info(info.id).state == "done", 60)
    assert store.open(info.id).config.lora is not None
    page.run()
    assert "On texts that it never saw" in shown(page)
    # The upload outlives the other view, where its widget is not drawn.
    page.button_group(key="classifier_view").set_value("try_it").run()
    page.button_group(key="classifier_view").set_value("train").run()
    assert "40 texts of 2 classes" in expanders(page)


def test_the_threshold_moves_precision_and_recall(classifier: str) -> None:
    page = opened(classifier)
    rows = RunStore().open(classifier).predictions()
    for threshold in (0.0, 0.5, 0.97):
        page.slider(key=f"pr_threshold_{classifier}").set_value(threshold).run()
        label = page.selectbox(key=f"pr_class_{classifier}").value
        called = [row for row in rows if row["probabilities"][label] >= threshold]
        found = sum(row["label"] == label for row in called)
        n = sum(row["label"] == label for row in rows)
        assert f"{found} of {n} texts of **{label}** found" in shown(page)
        precision = next(metric.value for metric in page.metric if metric.label == "Precision")
        assert precision == (percent(found / len(called)) if called else "–")


def test_tweets_to_airlines_are_scored_apart() -> None:
    def script() -> None:
        from ui.classifier.results import _airlines

        rows = [("@united late again", "bad"), ("@JetBlue thanks", "good"), ("so happy", "good")]
        _airlines(
            [{"text": t, "label": label, "predicted": "good"} for t, label in rows], ["bad", "good"]
        )

    page = AppTest.from_function(script).run()
    assert not page.exception
    assert "**Tweets to an airline** (2): accuracy 50.0%" in page.markdown[0].value
    assert "**All other tweets** (1): accuracy 100.0%" in page.markdown[0].value


def test_emails_that_are_not_there_can_be_dropped_in(language: str) -> None:
    page = opened()
    page.button_group(key="classify_data").set_value("email-spam").run()
    assert not page.exception and not page.error
    assert "make email-data" in shown(page).replace("\\", "")
    assert button(page, "Train the classifier").disabled
    file = ("wrong.tgz", b"no archive", "application/gzip")
    page.file_uploader(key="classify_email_files").set_value([file]).run()
    assert "is not" in only_error(page)


def test_one_click_draws_a_learning_curve(language: str, wait_until: Callable[..., Any]) -> None:
    page = upload(spam_table(60))
    page.button_group(key="classifier_view").set_value("curves").run()
    assert "No learning curve was drawn here yet" in shown(page)
    page.number_input(key="curve_seeds").set_value(1).run()
    button(page, "Draw the learning curve").click().run()
    assert not page.exception and not page.error
    store = RunStore()
    (info,) = [info for info in store.list() if info.kind == "learning-curve"]
    wait_until(lambda: store.info(info.id).state == "done", 90)
    page = opened(info.id)  # the run says which view is meant
    assert not page.exception and not page.error and not page.warning
    assert "tested on the same 12 texts" in shown(page)
    table = page.dataframe[-1].value
    assert set(table["Learner"]) == set(LEARNERS) and set(table["Texts"]) == {10, 30, 48}
    assert "the pretrained model reaches" in shown(page)
    page.button_group(key="classifier_view").set_value("train").run()
    assert not page.exception and not page.error and not page.warning


def test_what_the_file_does_not_tell_is_asked_and_the_start_waits(language: str) -> None:
    rows = [f"{i},you are number {i} of all,{i % 2},{i % 3 // 2}" for i in range(30)]
    page = upload("\n".join(["id,comment_text,toxic,insult", *rows]).encode())
    assert (
        page.selectbox(
            key=next(
                selectbox.key for selectbox in page.selectbox if selectbox.label == "Label column"
            )
        ).value
        is None
    )
    assert any("one is learned at a time" in markdown.value for markdown in page.markdown)
    assert button(page, "Train the classifier").disabled
    box = next(selectbox for selectbox in page.selectbox if selectbox.label == "Label column")
    box.set_value("toxic").run()
    assert not page.exception and not button(page, "Train the classifier").disabled


def test_the_reading_is_shown_before_the_start(language: str) -> None:
    rows = [f"{('ham', 'Ham', 'spam')[i % 3]},see you at nine {i} caf\xe9,," for i in range(30)]
    page = upload(("v1,v2,,\n" + "\n".join(rows)).encode("cp1252"), "spam.csv")
    shown = "\n".join(element.value for element in [*page.markdown, *page.caption])
    for words in ("**CSV**, windows", "30 rows read, 30 taken", "`v2`", "another spelling"):
        assert words in shown, words
    assert not button(page, "Train the classifier").disabled
