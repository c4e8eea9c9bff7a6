"""A LoRA run from plan to use: small checkpoints, its parent found again, resumed and exported."""

import shutil

import pytest
from tiny import TEXT, pretrain_config, spam_table

from llmcore import models
from llmcore.config import LoraConfig
from llmcore.errors import LabError, NotFoundError
from llmcore.exchange import export_run, import_run
from llmcore.execution import launch
from llmcore.recipes.classification import n_trainable, plan_classify
from llmcore.train.control import write_control

TRAIN = {"batch_size": 8, "learning_rate": 1e-2, "checkpoint_every": 5, "eval_every": 5}
TEXTS = ["WIN a prize now call 12345 free", "are you home for dinner"]


def plan(parent, **settings):
    lora = LoraConfig(2, 4.0, ("qkv", "down"))
    return plan_classify(
        "t.csv", parent.id, trainable="lora", table=spam_table(), lora=lora, train_changes=TRAIN,
        **settings,
    )  # fmt: skip


@pytest.fixture
def tuned(store, parent):
    directory = store.directory(store.mint_id("lora"))
    launch.run_foreground(directory, plan(parent, epochs=3), spam_table())
    return store.open(directory.name)


def test_it_learns_keeps_little_and_is_used_like_any_other(tuned, parent):
    assert tuned.result()["test"]["accuracy"] >= 0.9
    counted = tuned.events("parameters")[-1]
    assert counted["trainable"] == n_trainable(tuned.config, 2) < counted["total"] / 5
    small, whole = tuned.checkpoint("latest").weights, parent.checkpoint("latest").weights
    assert small.stat().st_size < whole.stat().st_size / 2
    loaded = models.load(tuned.id)
    assert loaded.labels == ["ham", "spam"]
    rows = models.classify_texts(loaded, TEXTS)
    assert [row["label"] for row in rows] == ["spam", "ham"]
    assert all(row["label"] == prediction["predicted"] for row, prediction in zip(
        models.classify_texts(loaded, [prediction["text"] for prediction in tuned.predictions()]),
        tuned.predictions(), strict=True,
    ))  # fmt: skip


@pytest.mark.parametrize("trainable", ["head", "last-block", "all", "lora"])
def test_the_number_that_learns_is_known_before_the_start(parent, store, trainable):
    config = plan_classify("t.csv", parent.id, trainable, table=spam_table(), epochs=1)
    directory = store.directory(store.mint_id("counted"))
    launch.run_foreground(directory, config.with_(train=config.train.with_(steps=1)), spam_table())
    assert store.open(directory.name).events("parameters")[-1]["trainable"] == n_trainable(
        config, 2
    )


def test_a_missing_or_changed_parent_is_one_sentence(tuned, parent, store, tmp_path):
    kept = tmp_path / "kept"
    shutil.copytree(parent.directory, kept)
    other = store.directory(store.mint_id("other"))
    launch.run_foreground(other, pretrain_config(seed=7), TEXT.encode())
    shutil.rmtree(parent.directory)
    models.clear_cache()
    with pytest.raises(NotFoundError, match=f"LoRA adapter only, and {parent.id}@") as e:
        models.load(tuned.id)
    assert "\n" not in str(e.value)
    shutil.copytree(other, parent.directory)
    with pytest.raises(LabError, match="has changed since"):
        models.load(tuned.id)
    shutil.rmtree(parent.directory)
    shutil.copytree(kept, parent.directory)
    models.clear_cache()
    assert models.load(tuned.id).labels == ["ham", "spam"]


def test_a_stopped_run_goes_on_to_the_very_same_weights(store, parent):
    def run(stop: bool) -> bytes:
        directory = store.directory(store.mint_id("lora"))

        def listener(record):
            if stop and record["step"] == 5:
                write_control(directory, "stop")

        launch.run_foreground(directory, plan(parent, epochs=1), spam_table(), listener)
        if stop:
            assert store.info(directory.name).state == "stopped"
            launch.run_foreground(directory)
        return store.open(directory.name).checkpoint("latest").weights.read_bytes()

    assert run(stop=True) == run(stop=False)


def test_it_travels_merged_and_needs_no_parent_there(store, tuned, parent, tmp_path):
    path = export_run(tuned, tmp_path / "lora.zip")
    here = models.classify_texts(models.load(tuned.id), TEXTS)
    again = import_run(path, store)
    shutil.rmtree(parent.directory)
    models.clear_cache()
    there = models.classify_texts(models.load(again.id), TEXTS)
    for result, other in zip(here, there, strict=True):
        assert result["probability"] == pytest.approx(other["probability"], abs=1e-6)
    with pytest.raises(LabError, match="travels merged"):
        export_run(tuned, tmp_path / "again.zip", optimizer=True)


def test_an_imported_one_that_was_stopped_says_why_it_cannot_go_on(store, parent, tmp_path):
    directory = store.directory(store.mint_id("lora"))
    stop = lambda record: write_control(directory, "stop") if record["step"] == 5 else None  # noqa: E731
    launch.run_foreground(directory, plan(parent, epochs=1), spam_table(), stop)
    run = store.open(directory.name)
    again = import_run(export_run(run, tmp_path / "lora.zip", data=True), store)
    with pytest.raises(LabError, match="merged, so it can be used but not resumed"):
        launch.run_foreground(again.directory)
    assert models.load(again.id).labels == ["ham", "spam"]


def test_a_classifier_can_be_the_parent_and_a_lora_run_too(store, tuned):
    directory = store.directory(store.mint_id("second"))
    launch.run_foreground(directory, plan(tuned, epochs=1), spam_table())
    assert models.load(directory.name).card["parent"] == tuned.id
