"""A probe's run from plan to use, and the words that vote beside any classifier."""

import json
import random
import zipfile
from dataclasses import replace
from math import log

import pytest
from tiny import spam_table

from llmcore import models
from llmcore.advice.doctor import curves_of, examine, examine_run
from llmcore.classical import WordsSay
from llmcore.config import AUTO
from llmcore.convert.export import export_model
from llmcore.errors import DamagedError, LabError, StateError
from llmcore.exchange import export_run, import_run
from llmcore.execution import launch
from llmcore.interpret.attribution import attribute
from llmcore.interpret.walk import open_block, walk
from llmcore.interpret.walk_steps import steps
from llmcore.recipes.classification import PROBE_AT_MOST, n_trainable, plan_classify
from llmcore.recipes.instructions import plan_instruct
from llmcore.runs.reader import LineTail
from llmcore.runs.run import METRICS, WORDS
from llmcore.runs.writer import RunWriter

TEXTS = ["WIN a prize now call 12345 free", "are you home for dinner"]


def trained(store, parent, trainable=AUTO, **settings):
    config = plan_classify("t.csv", parent.id, trainable, table=spam_table(), **settings)
    directory = store.directory(store.mint_id("probe"))
    launch.run_foreground(directory, config, spam_table())
    return store.open(directory.name)


def test_a_small_set_becomes_a_probe_that_is_used_like_any_classifier(store, parent, tmp_path):
    run = trained(store, parent)
    assert run.config.trainable == "probe" and run.config.words
    counted, result = run.events("parameters")[-1], run.result()
    assert counted["trainable"] == n_trainable(run.config, 2)
    assert result["test"]["accuracy"] >= 0.9 and result["model_alone"]["n"] == result["test"]["n"]
    loaded = models.load(run.id)
    rows = models.classify_texts(loaded, TEXTS)
    assert [row["label"] for row in rows] == ["spam", "ham"]
    kept = run.predictions()
    again = models.classify_texts(loaded, [row["text"] for row in kept])
    for result, other in zip(kept, again, strict=True):
        assert result["probability"] == pytest.approx(other["probability"], abs=1e-4)

    imported = import_run(export_run(run, tmp_path / "run.zip"))
    there = models.classify_texts(models.load(imported.id), TEXTS)
    assert [row["probabilities"] for row in there] == [row["probabilities"] for row in rows]

    found = attribute(loaded, TEXTS[0])
    together = rows[0]["probabilities"]["spam"]
    assert found.label == "spam" and found.probability == pytest.approx(together, abs=1e-5)
    gradients = attribute(loaded, TEXTS[0], "integrated gradients", "spam")
    model, words = models.classify_alone(loaded, TEXTS[0])
    assert gradients.probability == pytest.approx(model["spam"], abs=1e-5)
    assert sum(words.values()) == pytest.approx(1.0)
    with pytest.raises(LabError, match="reads every layer"):
        export_model(loaded, "hf", tmp_path / "hf")
    passed = walk(loaded.model, loaded.tokenizer, TEXTS[0], loaded.labels)
    below = walk(models.load(parent.id).model, loaded.tokenizer, TEXTS[0])
    assert passed.classes is None and "that one is walked through" in passed.notice
    assert (passed.probabilities == below.probabilities).all()
    tape = open_block(loaded.trunk, passed.streams[0], 0)
    assert steps(loaded.model, passed, tape, 0)[-1].panels[0].shape == passed.logits.shape


def test_without_words_the_model_decides_alone(store, parent):
    run = trained(store, parent, "head", words=False, epochs=2)
    assert not (run.directory / WORDS).exists() and "model_alone" not in run.result()
    loaded = models.load(run.id)
    assert loaded.vote is None
    with pytest.raises(LabError, match="no bag-of-words model"):
        models.classify_alone(loaded, "a")


def test_words_vote_beside_every_kind_and_what_they_add_is_told(store, parent, tmp_path):
    run = trained(store, parent, "last-block", epochs=2)
    loaded = models.load(run.id)
    share = loaded.vote[1]
    assert share > 0
    (both,) = models.classify_texts(loaded, TEXTS[:1])
    model, said = models.classify_alone(loaded, TEXTS[0])
    odds = share * _odds(model) + _odds(said)
    assert _odds(both["probabilities"]) == pytest.approx(odds, abs=1e-3)
    exported = export_model(loaded, "hf", tmp_path / "hf")
    assert "the model alone" in exported.notices[0]
    assert models.classify_texts(models.load(str(tmp_path / "hf")), TEXTS[:1])[0][
        "probabilities"
    ] == pytest.approx(model, abs=1e-4)


def random_table(n=60):
    """Three topics whose texts tell nothing of them."""
    rng = random.Random(1)
    words = ["red", "blue", "old", "new", "cat", "dog", "sun", "sea"]
    rows = [f"{'abc'[i % 3]},{' '.join(rng.choices(words, k=5))} {i}" for i in range(n)]
    return "\n".join(["label,text", *rows]).encode()


def test_words_that_do_not_help_are_silent_and_the_run_says_so(store, parent, monkeypatch):
    """The measure says no: what is kept, reported, scored and loaded is the model alone."""
    monkeypatch.setattr(WordsSay, "helps", property(lambda say: False))
    run = trained(store, parent)
    result = run.result()
    assert result["words"]["vote"] is False and "model_alone" not in result
    assert any("bag-of-words model is not used" in event["text"] for event in run.events("notice"))
    assert run.checkpoint().state["vote"] is None
    loaded = models.load(run.id)
    assert loaded.vote is None
    kept = run.predictions()
    again = models.classify_texts(loaded, [row["text"] for row in kept])
    for result, other in zip(kept, again, strict=True):
        assert result["probability"] == pytest.approx(other["probability"], abs=1e-4)


def test_topics_that_cannot_be_told_apart_are_no_better_than_chance(store, parent):
    config = plan_classify("t.csv", parent.id, AUTO, table=random_table())
    directory = store.directory(store.mint_id("chance"))
    launch.run_foreground(directory, config, random_table())
    test = store.open(directory.name).result()["test"]
    assert test["n"] == 12 and test["better_than_chance"] is False
    assert test["accuracy_interval"][0] < test["chance"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("trainable", [AUTO, "head"])
def test_without_validation_texts_no_loss_is_measured_and_no_words_vote(store, parent, trainable):
    """Not on the training texts, whose accuracy would look like a result."""
    config = plan_classify("t.csv", parent.id, trainable, table=spam_table(), epochs=None)
    config = replace(config, data=replace(config.data, validation=0.0))
    directory = store.directory(store.mint_id("without"))
    launch.run_foreground(directory, config, spam_table())
    run = store.open(directory.name)
    assert run.info().val_loss is None and run.metrics().last("val") is None
    assert models.load(run.id).vote is None and run.result()["words"] is None
    assert any("no validation text" in event["text"] for event in run.events("notice"))
    assert models.load(run.id).step == run.info().step


def test_the_share_of_the_words_is_that_of_the_weights_that_are_kept(store, parent):
    """The test must score what a reader of the run gets: the best weights, not the last."""
    run = trained(store, parent, "all", epochs=6, train_changes={"learning_rate": 3e-2})
    loaded, kept = models.load(run.id), run.predictions()
    again = models.classify_texts(loaded, [row["text"] for row in kept])
    assert [row["probability"] for row in kept] == pytest.approx(
        [row["probability"] for row in again], abs=1e-4
    )


def films() -> bytes:
    """40 texts of one length, and one long text: the first batch of a probe is that text alone."""
    rows = [f"good,nice film number {i}" for i in range(20)]
    rows += [f"bad,dull film number {i}" for i in range(20)]
    rows.append("good,nice film that I saw with my whole family on a rainy day in the old town")
    return "\n".join(["label,text", *rows]).encode()


def test_a_small_set_with_one_long_text_is_learned(store):
    config = plan_classify("films.csv", "base", AUTO, table=films())
    assert config.trainable == "probe"
    directory = store.directory(store.mint_id("films"))
    launch.run_foreground(directory, config, films())
    run = store.open(directory.name)
    losses = [record["loss"] for record in LineTail(directory / METRICS).read_new()]
    assert losses and all(isinstance(loss, float) for loss in losses)
    test = run.result()["test"]
    assert (test["n"], test["accuracy"]) == (8, 1.0)
    (row,) = models.classify_texts(models.load(run.id), ["dull film number 3"])
    assert row["label"] == "bad" and 0.5 < row["probability"] <= 1.0


def _odds(probabilities):
    return log(probabilities["spam"]) - log(probabilities["ham"])


@pytest.mark.parametrize("damage", ["words", "share", "shape"])
def test_damaged_votes_are_told_and_no_zip_brings_them_in(store, parent, tmp_path, damage):
    run = trained(store, parent)
    whole = export_run(run, tmp_path / "whole.zip")
    if damage == "share":
        path = run.checkpoint().directory / "state.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "vote": "much"}))
    else:
        path = run.directory / WORDS
        values = json.loads(path.read_text())
        key = "words" if damage == "words" else "bias"
        path.write_text(json.dumps({**values, key: values[key][:1]}))
    models.clear_cache()
    with pytest.raises(DamagedError):
        models.load(run.id)
    with pytest.raises(DamagedError):
        export_run(store.open(run.id), tmp_path / "run.zip")
    archive = tmp_path / "damaged.zip"
    with zipfile.ZipFile(whole) as good, zipfile.ZipFile(archive, "w") as bad:
        for name in good.namelist():
            changed = name == path.relative_to(run.directory).as_posix()
            bad.writestr(name, path.read_bytes() if changed else good.read(name))
    with pytest.raises(LabError, match="not imported"):
        import_run(archive)


def test_a_live_probe_has_no_learning_rate_and_the_doctor_is_silent(store, parent):
    config = plan_classify("t.csv", parent.id, AUTO, table=spam_table())
    directory = store.directory(store.mint_id("live"))
    launch.create(directory, config, spam_table())
    with RunWriter(directory, "thread") as writer:
        for step in range(1, 401):  # it diverges
            writer.metrics(step, "train", loss=0.7 + step)
            writer.metrics(step, "val", loss=0.7 + step)
        with pytest.raises(StateError, match="no learning rate"):
            store.set_learning_rate(directory.name, 1e-3)
        writer.finish("stopped", 400)
    run = store.open(directory.name)
    assert examine_run(run) == []
    ordinary = replace(config, trainable="all")
    assert examine(replace(curves_of(run), config=ordinary))[0].kind


def test_what_learns_is_chosen_by_the_number_of_texts_and_by_what_was_asked(parent):
    def chosen(n_train=500, **settings):
        return plan_classify("t.csv", parent.id, AUTO, n_train=n_train, **settings).trainable

    assert chosen() == chosen(PROBE_AT_MOST) == "probe"
    assert chosen(PROBE_AT_MOST + 1) == "all"
    assert chosen(epochs=2) == "all"
    assert chosen(train_changes={"learning_rate": 1e-3}) == "all"
    assert chosen(train_changes={"seed": 3}) == "probe"
    assert chosen(model_changes={"causal": True}) == "all"
    with pytest.raises(LabError, match="takes no batch_size, learning_rate"):
        plan_classify("t.csv", parent.id, "probe", n_train=9,
                      train_changes={"learning_rate": 1e-3, "batch_size": 4})  # fmt: skip
    with pytest.raises(LabError, match="no new head"):
        plan_instruct("general", parent.id, "probe")
