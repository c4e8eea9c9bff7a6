"""A finished classifier in three lines of Python, and any number of texts through it."""

import subprocess
import sys

import pytest
from tiny import TEXT, pretrain_config, spam_table

import llmcore
from llmcore import classifiers, models
from llmcore.classifiers import load_classifier, usage_lines
from llmcore.errors import LabError
from llmcore.paths import PROJECT_ROOT
from llmcore.runs import RunStore, launch


@pytest.fixture
def run_id() -> str:
    models.clear_cache()
    store = RunStore()
    parent = store.directory(store.mint_id("parent"))
    launch.run_foreground(parent, pretrain_config(), TEXT.encode())
    config = launch.plan_classify(
        "t.csv", parent.name, table=spam_table(), epochs=6,
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


def test_other_names_of_the_package_are_refused_as_usual():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        llmcore.nothing  # noqa: B018
