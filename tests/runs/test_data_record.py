"""Between a stop and a resume the data may have changed or moved: that is noticed, said and, where
it is asked for, accepted. Nothing of the run is lost by it."""

import json
import os
import signal
from dataclasses import replace

import pytest
from tiny import TEXT, pretrain_config, sentences, spam_table

from llmcore import models
from llmcore.config import DataConfig
from llmcore.errors import LabError
from llmcore.exchange import export_run, import_run
from llmcore.execution import launch, pretraining_data, process
from llmcore.execution.queue import RunQueue
from llmcore.files import read_json
from llmcore.recipes.classification import plan_classify
from llmcore.runs import Run, RunStore, data_record
from llmcore.runs.data_record import ChangedDataError


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_text(TEXT)
    return path


def stopped(store, config, data=None, at=5):
    """A run that was stopped by its user after some steps."""
    directory = store.directory(store.mint_id("one"))

    def stop(record):
        if record.get("split") == "train" and record["step"] == at:
            store.request_stop(directory.name)

    launch.run_foreground(directory, config, data, stop)
    assert store.info(directory.name).state == "stopped"
    return store.open(directory.name)


def on(path, **data):
    return replace(pretrain_config(steps=12), data=DataConfig(source=str(path), **data))


def refused(run, match):
    """Every way to resume refuses, and the run stays what it was."""
    before = (run.directory / "status.json").read_text()
    for way in (
        lambda: launch.resume(run.id),
        lambda: launch.run_foreground(run.directory),
        lambda: process.resume_process(run.id),
        lambda: RunQueue().add_resumed(run.id),
    ):
        with pytest.raises(ChangedDataError, match=match):
            way()
    assert (run.directory / "status.json").read_text() == before
    assert run.info().state == "stopped" and run.info().can_resume


def test_an_unchanged_corpus_goes_on_also_where_it_was_only_touched(store, corpus):
    run = stopped(store, on(corpus))
    stamp = read_json(run.directory / "data.json")["sources"][str(corpus)]
    assert stamp["n_bytes"] == len(TEXT) and stamp["path"] == str(corpus)
    os.utime(corpus, (1, 1))
    assert launch.run_foreground(run.directory).state == "done"
    texts = " ".join(event["text"] for event in run.events("notice"))
    assert "changed" not in texts and "cannot be checked" not in texts


@pytest.mark.parametrize("change, what", [
    (lambda text: text + sentences(50, seed=9), "bytes and has"),
    (lambda text: text.replace("the moon", "the noon"), "not the same ones"),
])  # fmt: skip
def test_a_corpus_that_changed_is_refused_and_named(store, corpus, change, what):
    run = stopped(store, on(corpus))
    corpus.write_text(change(TEXT))
    refused(run, f"corpus.txt has changed since run .*{what}.*--accept-changed-data")


def test_what_is_accepted_is_said_and_the_best_is_chosen_again(store, corpus):
    run = stopped(store, on(corpus), at=9)
    assert run.info().val_loss is not None and run.checkpoint("best").val_loss is not None
    corpus.write_text(TEXT + sentences(50, seed=9))
    seen = []

    def look(record):
        seen.append(record)

    info = launch.run_foreground(run.directory, on_record=look, accept_changed=True)
    said = [record["text"] for record in seen if record.get("type") == "notice"]
    assert any("has changed" in sentence and "what is there now" in sentence for sentence in said)
    new = [record["loss"] for record in seen if record.get("split") == "val"]
    assert info.state == "done" and info.val_loss == min(new) and info.best_step == 12
    before = run.checkpoints()[0].state
    assert before["val_loss"] is None and before["val_loss_before"] > 0
    # Once accepted it is the run's own, and is not said again.
    assert "accepted" not in read_json(run.directory / "data.json")
    data_record.check_data(run)


def test_a_corpus_that_moved_is_looked_for_where_it_was(store, corpus):
    run = stopped(store, on(corpus))
    corpus.rename(corpus.with_name("elsewhere.txt"))
    refused(run, f"no longer at {corpus}: put it .* back there")
    with pytest.raises(ChangedDataError, match="no longer at"):
        launch.run_foreground(run.directory, accept_changed=True)
    assert run.info().state == "stopped"
    corpus.with_name("elsewhere.txt").rename(corpus)
    assert launch.run_foreground(run.directory).state == "done"


def test_a_small_text_to_validate_on_is_copied_into_the_run(store, tmp_path):
    held_out = tmp_path / "held out.txt"
    held_out.write_text(sentences(80, seed=3))
    config = replace(
        pretrain_config(steps=12),
        data=DataConfig(source="tiny.txt", validation_source=str(held_out)),
    )
    run = stopped(store, config, TEXT.encode())
    assert run.stored_validation().read_text() == sentences(80, seed=3)
    assert run.stored_data().read_text() == TEXT
    held_out.write_text("something else")
    assert launch.run_foreground(run.directory).state == "done"
    counts = {event["validation_tokens"] for event in run.events("data")}
    assert len(counts) == 1
    path = export_run(run, tmp_path / "run.zip", data=True)
    models.clear_cache()
    again = import_run(path)
    assert again.stored_validation().read_text() == sentences(80, seed=3)
    assert again.config.data.validation_source == "held out.txt"  # no path of this machine


def test_a_large_text_to_validate_on_is_watched(store, tmp_path, monkeypatch):
    monkeypatch.setattr(data_record, "COPIED_BYTES", 1_000)
    held_out = tmp_path / "held.txt"
    held_out.write_text(sentences(80, seed=3))
    data = DataConfig(source="tiny.txt", validation_source=str(held_out))
    run = stopped(store, replace(pretrain_config(steps=12), data=data), TEXT.encode())
    assert run.stored_validation() is None
    held_out.write_text(sentences(81, seed=3))
    refused(run, "held.txt has changed")


def test_shards_of_a_file_that_grew_are_refused_like_the_file(store, corpus, monkeypatch):
    monkeypatch.setattr(pretraining_data, "LARGE_BYTES", 1_000)
    run = stopped(store, on(corpus))
    corpus.write_text(TEXT + sentences(50, seed=9))
    refused(run, "corpus.txt has changed")
    assert launch.run_foreground(run.directory, accept_changed=True).state == "done"


def test_a_table_that_is_not_copied_is_watched_as_well(store, parent, tmp_path):
    table = tmp_path / "messages.csv"
    table.write_bytes(spam_table())
    config = plan_classify(
        str(table), model_ref=parent.id, trainable="head", train_changes={"batch_size": 8}
    )
    run = stopped(store, config, at=2)
    table.write_bytes(spam_table(122))
    refused(run, "messages.csv has changed")


def test_a_built_in_set_that_a_download_made_larger_is_noticed(store, monkeypatch):
    small = data_record.load_corpus("conversations")
    monkeypatch.setattr(data_record, "load_corpus", lambda name: small)
    config = on("conversations")
    config = replace(config, model=config.model.with_(vocab_size=257), tokenizer="bytes")
    run = stopped(store, config)
    more = replace(small, documents=[*small.documents, "one more"])
    monkeypatch.setattr(data_record, "load_corpus", lambda name: more)
    refused(run, "conversations has changed since .* other texts")


def test_a_run_from_before_goes_on_and_says_that_it_cannot_tell(store, corpus):
    run = stopped(store, on(corpus))
    (run.directory / "data.json").unlink()
    corpus.write_text(TEXT + sentences(50, seed=9))
    assert launch.run_foreground(run.directory).state == "done"
    assert any("cannot be checked" in event["text"] for event in run.events("notice"))


def test_a_record_that_was_tampered_with_is_one_sentence(store, corpus):
    run = stopped(store, on(corpus))
    for content in ("{", "[]", '{"sources": 7}'):
        (run.directory / "data.json").write_text(content)
        with pytest.raises(ValueError, match="data.json"):
            launch.run_foreground(run.directory)
    record = {"sources": {str(corpus): {"path": 7, "n_bytes": "x"}}}
    (run.directory / "data.json").write_text(json.dumps(record))
    with pytest.raises(
        LabError, match="path is 7, .* cannot be checked: delete that file to go on"
    ):
        launch.run_foreground(run.directory)
    (run.directory / "data.json").unlink()
    assert launch.run_foreground(Run(run.directory).directory).state == "done"


def test_the_command_line_refuses_and_accepts(store, corpus, capsys):
    from llmcore.cli import main

    run = stopped(store, on(corpus))
    corpus.write_text(TEXT + sentences(50, seed=9))
    assert main(["runs", "resume", run.id]) == 1
    assert "--accept-changed-data" in capsys.readouterr().err
    assert RunStore().info(run.id).state == "stopped"
    assert main(["pretrain", "--resume", run.id, "--accept-changed-data"]) == 0
    assert "what is there now" in capsys.readouterr().err
    assert RunStore().info(run.id).state == "done"


def test_a_run_that_lies_elsewhere_is_named_so_that_the_advice_can_be_followed(
    store, corpus, tmp_path
):
    run = stopped(store, on(corpus))
    moved = run.directory.rename(tmp_path / "my run")
    corpus.write_text(TEXT + sentences(50, seed=9))
    with pytest.raises(ChangedDataError, match=rf"resume '{moved.resolve()}' --accept"):
        launch.run_foreground(moved)


@pytest.mark.parametrize(
    ("number", "reason"),
    [(signal.SIGTERM, "its process was ended from outside"), (signal.SIGINT, "stopped by you")],
)
def test_who_ended_a_run_of_the_command_line_is_said(store, number, reason):
    directory = store.directory(store.mint_id("ended"))

    def end(record):
        if record.get("split") == "train" and record["step"] == 5:
            os.kill(os.getpid(), number)

    info = launch.run_foreground(directory, pretrain_config(steps=12), TEXT.encode(), end)
    assert info.state == "stopped" and info.can_resume
    assert info.reason.startswith(reason)
