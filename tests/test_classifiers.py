"""A finished classifier in three lines of Python, and any number of texts through it."""

import subprocess
import sys
from pathlib import Path

import pytest
from small_store import tiny_language_model
from tiny import spam_table

import llmcore
from llmcore import classifiers, models
from llmcore.classifiers import load_classifier, usage_lines
from llmcore.errors import LabError
from llmcore.execution import launch
from llmcore.paths import PROJECT_ROOT
from llmcore.recipes.classification import plan_classify
from llmcore.runs import RunStore


@pytest.fixture
def run_id(tiny_run: Path) -> str:
    models.clear_cache()
    store = RunStore()
    parent = tiny_language_model(tiny_run)
    config = plan_classify(
        "t.csv", parent.id, table=spam_table(), epochs=6,
        train_changes={"batch_size": 8, "learning_rate": 3e-3},
    )  # fmt: skip
    return launch.run_foreground(store.directory(store.mint_id("spam")), config, spam_table()).id


def test_the_very_lines_that_the_page_shows_run(run_id):
    lines = usage_lines(run_id, "WIN a prize now call 12345 free")
    assert len(lines.splitlines()) == 3
    done = subprocess.run(
        [sys.executable, "-c", lines], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "['spam']\n"


def test_an_example_with_quotes_and_line_ends_stays_python():
    for example in ("it's", 'say "hi"', "two\nlines", "\\", "é😀"):
        compile(usage_lines("run", example), "lines", "exec")


def test_labels_probabilities_and_empty_texts(run_id):
    classifier = load_classifier(run_id)
    assert classifier.labels == ["ham", "spam"] and classifier.context_length == 16
    texts = ["WIN a prize now call 12345 free", "  ", "are you home for dinner"]
    assert classifier.predict(texts) == ["spam", None, "ham"]
    first, empty, _ = classifier.predict_proba(texts)
    assert set(first) == {"ham", "spam"} and empty == {}
    assert sum(first.values()) == pytest.approx(1.0)
    with pytest.raises(LabError, match="not a classifier"):
        load_classifier("starter")


def test_texts_are_taken_batch_by_batch_and_answers_come_before_the_end(run_id, monkeypatch):
    monkeypatch.setattr(classifiers, "BATCH_TEXTS", 8)
    taken = []

    def texts():
        for i in range(30):
            taken.append(i)
            yield f"are you home {i}" if i % 2 else f"WIN a prize {i} free"

    classifier = load_classifier(run_id)
    rows = classifier.rows(texts())
    next(rows)
    assert len(taken) == 8
    rest = [row["label"] for _, row in rows]
    assert len(rest) == 29 and len(taken) == 30
    monkeypatch.setattr(classifiers, "BATCH_TEXTS", 1024)
    assert [row["label"] for _, row in classifier.rows(texts())][1:] == rest


def test_texts_that_come_again_are_read_once_and_an_answer_may_be_changed(run_id, monkeypatch):
    monkeypatch.setattr(classifiers, "BATCH_TEXTS", 4)
    monkeypatch.setattr(classifiers, "KNOWN_TEXTS", 3)
    asked = []
    plain = models.classify_texts

    def counted(loaded, texts):
        asked.extend(texts)
        return plain(loaded, texts)

    monkeypatch.setattr(models, "classify_texts", counted)
    classifier = load_classifier(run_id)
    texts = ["WIN a prize", "are you home", "WIN a prize", " ", "are you home", "free", "b", "free",
             "WIN a prize", "c", "d", "e"]  # fmt: skip
    found = []
    for text, row in classifier.rows(texts):
        found.append((text, row["label"], dict(row["probabilities"])))
        row["probabilities"].clear()
    assert [text for text, _, _ in found] == texts
    expected = [
        ("" if not t.strip() else plain(classifier._loaded, [t])[0]["label"]) for t in texts
    ]
    assert [label or "" for _, label, _ in found] == expected
    assert all(sum(shares.values()) == pytest.approx(1.0) for t, _, shares in found if t.strip())
    assert asked.count("are you home") == asked.count("free") == 1
    assert 1 <= asked.count("WIN a prize") <= 2  # only so many are remembered


def test_a_single_text_gets_a_single_answer(run_id):
    classifier = load_classifier(run_id)
    text = "WIN a prize now call 12345 free"
    assert classifier.predict(text) == "spam" and classifier.predict(" ") is None
    assert classifier.predict([text]) == ["spam"] and classifier.predict([]) == []
    assert classifier.predict_proba(text) == classifier.predict_proba([text])[0]
    assert [row for row, _ in classifier.rows(text)] == [text]


def test_what_is_no_text_is_refused_in_a_sentence(run_id):
    classifier = load_classifier(run_id)
    for given in (b"WIN", None, 3, ["WIN", None], ["WIN", b"x"], [3.5]):
        for call in (classifier.predict, classifier.predict_proba):
            with pytest.raises(LabError, match=r"^A text .*given\."):
                call(given)


def test_labels_of_a_text_that_is_no_list_are_refused(run_id):
    with pytest.raises(LabError, match="put it in a list"):
        models.classify_texts(models.load(run_id), "WIN a prize")
    assert models.classify_texts(models.load(run_id), []) == []


def test_the_first_batch_is_small_and_each_is_twice_as_big_up_to_an_end(monkeypatch):
    monkeypatch.setattr(classifiers, "FIRST_TEXTS", 2)
    monkeypatch.setattr(classifiers, "BATCH_TEXTS", 7)
    assert [len(batch) for batch in classifiers._batches(map(str, range(30)))] == [2, 4, 7, 7, 7, 3]


def test_an_error_of_the_input_comes_after_the_answers_before_it(run_id):
    def texts():
        yield "are you home"
        raise LabError("Line 2 is no text.")

    batches = load_classifier(run_id).batches(texts(), waiting=True)
    assert [text for text, _ in next(batches)] == ["are you home"]
    with pytest.raises(LabError, match="Line 2"):
        next(batches)


def test_other_names_of_the_package_are_refused_as_usual():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        llmcore.nothing  # noqa: B018
