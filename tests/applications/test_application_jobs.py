"""The eight jobs: what they are measured on, and which model serves them."""

from pathlib import Path

import pytest
from tiny_bundle import use_bundle
from written_runs import write_run

from llmcore.applications import JOBS, held_out, job_named, serving_model
from llmcore.applications.jobs import documents_of, own_runs, spread
from llmcore.data import INSTRUCTIONS
from llmcore.data.instructions import load_builtin
from llmcore.errors import LabError, NotFoundError
from llmcore.files import read_json, write_json_atomic
from llmcore.models import load
from llmcore.runs import RunStore


def instruct_run(source: str, state: str = "done") -> str:
    run_id = write_run(source, kind="instruct", state=state)
    path = RunStore().open(run_id).directory / "config.json"
    config = read_json(path)
    config["data"]["source"] = source
    write_json_atomic(path, config)
    return run_id


def test_there_are_the_eight_uses_of_the_notes() -> None:
    titles = [job.title for job in JOBS.values()]
    assert titles == [
        "Content creation", "Chatbot and assistant", "Machine translation", "Novel text",
        "Sentiment", "Question answering", "Summaries", "E-mail writing",
    ]  # fmt: skip
    with pytest.raises(NotFoundError, match="choose one of content-creation"):
        job_named("cooking")


@pytest.mark.parametrize("job", [job for job in JOBS.values() if job.answers], ids=lambda j: j.name)
def test_rows_are_those_of_the_test_split_and_no_training_row(job) -> None:
    rows = held_out(job)
    splits = load_builtin(job.data)
    assert len(rows) >= 30 and set(rows) <= set(splits.test)
    assert not {row.question for row in rows} & {row.question for row in splits.train}
    if job.groups:
        assert {row.group for row in rows} == set(job.groups)


@pytest.mark.parametrize(
    "job", [job for job in JOBS.values() if not job.answers], ids=lambda j: j.name
)
def test_held_out_documents_are_not_counted_by_the_trivial_model(job) -> None:
    train, documents = documents_of(job)
    assert documents and len(job.prompts) >= 5
    assert not set(documents) & set(train)


def test_rows_are_taken_at_even_distances() -> None:
    assert spread(range(10), 3) == [0, 3, 6] and spread([1, 2], 5) == [1, 2]
    assert spread([1, 2], None) == [1, 2]


def test_the_bundled_model_serves_else_the_newest_that_learned_the_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "bundle"
    use_bundle(bundle, monkeypatch)
    job = JOBS["translation"]
    assert serving_model(job) is None
    instruct_run("general")
    own = instruct_run("translation")
    assert serving_model(job) == own
    assert [info.id for info in own_runs(job)] == [own]
    (RunStore().open(own).directory / "data").mkdir()
    (RunStore().open(own).directory / "data" / "translation").write_text("a user's own file")
    assert serving_model(job) is None
    (bundle / "translation").mkdir(parents=True)
    assert serving_model(job) == "translation"
    assert serving_model(JOBS["novel-text"]) == "starter"
    (bundle / "base").mkdir()
    assert serving_model(JOBS["novel-text"]) == "base"


def test_a_classifier_fits_the_sentiment_job_alone_and_only_one_of_tweets() -> None:
    spam = load("starter-spam")
    with pytest.raises(LabError, match="writes no text"):
        JOBS["summaries"].fits(spam)
    with pytest.raises(LabError, match="finetune a classifier on tweet-sentiment"):
        JOBS["sentiment"].fits(spam)
    for job in JOBS.values():
        job.fits(load("starter"))


def test_every_set_of_a_job_comes_with_the_lab() -> None:
    assert {job.data for job in JOBS.values() if job.answers} == set(INSTRUCTIONS)
