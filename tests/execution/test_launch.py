import subprocess
import sys
import time

import pytest
from tiny import TEXT, pretrain_config, sentences, spam_table

from llmcore.errors import LabError, StateError
from llmcore.execution import launch
from llmcore.files import read_json
from llmcore.paths import PROJECT_ROOT
from llmcore.recipes.classification import plan_classify
from llmcore.recipes.pretraining import plan_pretrain
from llmcore.runs import RunStore

DATA = TEXT.encode()


@pytest.fixture
def store():
    return RunStore()


def ended(store, run_id):
    return lambda: not store.info(run_id).is_live


def test_a_thread_run_trains_saves_and_ends_as_done(store, wait_until):
    run_id = store.mint_id("first")
    began = time.monotonic()
    launch.start(run_id, pretrain_config(), store, DATA)
    assert time.monotonic() - began < 1.0  # the page is not held up
    wait_until(ended(store, run_id), 60)
    run, info = store.open(run_id), store.info(run_id)
    assert (info.state, info.step, info.error) == ("done", 8, None)
    steps, losses = run.metrics().series("train", "loss")
    assert steps == list(range(1, 9)) and losses[-1] < losses[0]
    assert run.metrics().series("val", "bits_per_byte")[0] == [1, 4, 8]
    samples = run.events("sample")
    assert [sample["step"] for sample in samples] == [1, 4, 8] and samples[-1]["prompt"] == "the "
    assert run.checkpoint("latest").step == 8 and run.checkpoint("latest").full
    wait_until(lambda: launch.live_runs() == [], 10)  # the thread ends just after the run


def test_starting_twice_by_the_same_id_starts_once(store, wait_until):
    run_id = store.mint_id("twice")
    for _ in range(3):
        launch.start(run_id, pretrain_config(), store, DATA)
    wait_until(ended(store, run_id), 60)
    assert store.info(run_id).state == "done"
    assert read_json(store.open(run_id).directory / "status.json")["attempt"] == 1


def test_stop_saves_and_resume_goes_on_to_the_end(store, wait_until):
    run_id = store.mint_id("stopped")
    launch.start(run_id, pretrain_config(steps=100_000), store, DATA)
    wait_until(lambda: store.info(run_id).step >= 3 or store.info(run_id).error, 60)
    launch.stop(run_id, store)
    wait_until(ended(store, run_id), 30)
    info = store.info(run_id)
    assert (info.state, info.reason) == ("stopped", "stopped by you")
    assert store.open(run_id).checkpoint("latest").step == info.step
    with pytest.raises(StateError, match="nothing to stop"):
        launch.stop(run_id, store)
    launch.resume(run_id, store)
    wait_until(lambda: store.info(run_id).step > info.step, 30)
    with pytest.raises(StateError, match="already running"):
        launch.resume(run_id, store)
    assert any("Resumed" in event["text"] for event in store.open(run_id).events("notice"))


def test_leaving_the_process_saves_and_the_run_is_not_lost(store, wait_until):
    run_id = store.mint_id("leaving")
    launch.start(run_id, pretrain_config(steps=100_000), store, DATA)
    wait_until(lambda: store.info(run_id).step >= 3 or store.info(run_id).error, 60)
    launch.stop_all()
    info = store.info(run_id)
    assert info.state == "stopped" and store.open(run_id).checkpoint("latest").step == info.step


def test_a_server_that_ends_saves_the_last_checkpoint(store):
    run_id = store.mint_id("ending")
    code = (
        "import sys, time; sys.path.insert(0, 'tests')\n"
        "from tiny import TEXT, pretrain_config\n"
        "from llmcore.execution import launch\n"
        "from llmcore.runs import RunStore\n"
        "config = pretrain_config(steps=100_000, checkpoint_every=100_000)\n"
        f"launch.start({run_id!r}, config, RunStore(), TEXT.encode())\n"
        f"while RunStore().info({run_id!r}).step < 3: time.sleep(0.05)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, check=True, timeout=120)
    info = store.info(run_id)
    assert info.state == "stopped" and info.step >= 3
    assert store.open(run_id).checkpoint("latest").step == info.step


def test_a_killed_process_reads_as_interrupted_and_resumes(store, wait_until):
    run_id = store.mint_id("killed")
    code = (
        "import sys, time; sys.path[:0] = ['.', 'tests']\n"
        "from llmcore.execution import launch\n"
        "from tiny import TEXT, pretrain_config\n"
        f"launch.start({run_id!r}, pretrain_config(steps=100_000), None, TEXT.encode())\n"
        "time.sleep(120)"
    )
    child = subprocess.Popen([sys.executable, "-c", code])
    try:
        wait_until(lambda: _step_on_disk(store, run_id) >= 8, 60)
    finally:
        child.kill()
        child.wait()
    info = store.info(run_id)
    assert info.state == "interrupted" and info.can_resume
    launch.resume(run_id, store)
    at_once = store.info(run_id)  # a page that is drawn now must know that it should watch
    assert at_once.is_live and at_once.step >= info.step
    wait_until(lambda: store.info(run_id).step > 8 and store.info(run_id).state == "running", 60)
    steps, _ = store.open(run_id).metrics().series("train", "loss")
    assert steps == list(range(1, len(steps) + 1))


def _step_on_disk(store, run_id):
    try:
        return (store.open(run_id).metrics().last("train") or {}).get("step", 0)
    except LabError:
        return 0


def test_a_corpus_that_is_too_short_fails_with_its_sentence(store, wait_until):
    run_id = store.mint_id("short")
    launch.start(run_id, pretrain_config(), store, sentences(3).encode())
    wait_until(ended(store, run_id), 60)
    info = store.info(run_id)
    assert info.state == "failed" and "give more text" in info.error


def test_a_folder_that_holds_something_is_refused(tmp_path):
    directory = tmp_path / "mine"
    directory.mkdir()
    (directory / "notes.txt").write_text("keep me")
    with pytest.raises(StateError, match="is not empty"):
        launch.create(directory, pretrain_config())
    assert (directory / "notes.txt").read_text() == "keep me"


def test_classifier_learns_its_own_table_and_reports_beside_baselines(store):
    pretrained = store.directory(store.mint_id("parent"))
    launch.run_foreground(pretrained, pretrain_config(), DATA)
    config = plan_classify(
        "my table.csv", pretrained.name, table=spam_table(), epochs=6,
        train_changes={"batch_size": 8, "learning_rate": 3e-3},
    )  # fmt: skip
    info = launch.run_foreground(store.directory(store.mint_id("spam")), config, spam_table())
    run = store.open(info.id)
    result = run.result()
    assert info.state == "done" and info.parent == pretrained.name
    assert result["test"]["accuracy"] >= 0.9
    assert set(result["baselines"]) == {"always ham", "naive Bayes", "logistic regression"}
    assert result["baselines"]["always ham"]["n"] == result["test"]["n"] == len(run.predictions())
    row = run.predictions()[0]
    assert {"text", "label", "predicted", "probability"} <= set(row)
    assert row["probabilities"][row["predicted"]] == row["probability"]
    assert run.metrics().series("val", "accuracy")[1][-1] >= 0.9


def test_plans_refuse_what_cannot_work(store):
    with pytest.raises(LabError, match="no preset 'huge'"):
        plan_pretrain(preset="huge")
    with pytest.raises(LabError, match="needs 129 of each"):
        plan_pretrain("pasted", text="too short")
    with pytest.raises(LabError, match="no model 'nothing'"):
        plan_classify("t.csv", "nothing", table=spam_table())


def test_a_short_run_is_looked_at_about_ten_times_and_a_given_rhythm_is_kept():
    short = plan_pretrain(train_changes={"steps": 50}).train
    assert (short.eval_every, short.checkpoint_every, short.log_every) == (5, 5, 1)
    given = plan_pretrain(train_changes={"steps": 5000, "eval_every": 7}).train
    assert given.eval_every == 7 and given.log_every == 5
