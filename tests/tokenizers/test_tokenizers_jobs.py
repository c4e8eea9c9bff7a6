"""Training in a thread: started once, watched, stopped with what it has, failures said."""

import threading

import pytest
from tiny import TEXT

from llmcore.background import stop_all
from llmcore.errors import LabError
from llmcore.tokenizers import Recipe, jobs
from llmcore.tokenizers.store import find_saved, saved_tokenizers

PATIENCE = 60


def start(job_id: str, recipe: Recipe, read=lambda: [TEXT], name: str = "mine"):
    made = jobs.start(job_id, recipe, name, "tiny.txt", read)
    return made


def test_a_training_ends_saved_under_its_name() -> None:
    job = start("a1", Recipe(300))
    job.wait(PATIENCE)
    assert (job.state, job.error, job.result) == ("done", None, "mine")
    saved = find_saved("mine")
    assert saved.card.vocab_size == 300 and saved.card.corpus == "tiny.txt"
    assert saved.merges() == job.training.merges
    assert jobs.job("a1") is job and "a1" not in jobs.live_jobs()


def test_an_id_starts_once_and_a_taken_name_gets_a_number() -> None:
    first = start("b1", Recipe(280))
    assert start("b1", Recipe(290)) is first
    first.wait(PATIENCE)
    again = start("b2", Recipe(280))
    again.wait(PATIENCE)
    assert [saved_tokenizer.slug for saved_tokenizer in saved_tokenizers()] == ["mine-2", "mine"]


def test_progress_is_seen_and_stopping_keeps_what_was_learned() -> None:
    gate = threading.Event()

    def read() -> list[str]:
        gate.wait(PATIENCE)
        return [TEXT]

    job = start("c1", Recipe(400), read)
    assert (job.is_live, job.state, job.share) == (True, "reading", 0.0)
    assert "c1" in jobs.live_jobs()
    job.stop()
    assert job.stopping
    gate.set()
    job.wait(PATIENCE)
    assert job.state == "done" and len(job.training.merges) == 1
    assert find_saved("mine").card.vocab_size == 258


def test_an_unfinished_tokenizer_is_gone_with_the_lab() -> None:
    gate = threading.Event()
    job = start("f1", Recipe(400), lambda: [TEXT] if gate.wait(PATIENCE) else [])
    threading.Timer(0.1, gate.set).start()
    stop_all()
    assert job.wait(PATIENCE) and (job.state, job.error) == ("stopped", None)
    assert saved_tokenizers() == [] and jobs.job("f1") is None


def test_a_failure_is_one_sentence() -> None:
    def nothing() -> list[str]:
        raise LabError("There is no such text: choose another.")

    job = start("d1", Recipe(300), nothing)
    job.wait(PATIENCE)
    assert (job.state, job.error) == ("failed", "There is no such text: choose another.")

    def fault() -> list[str]:
        raise RuntimeError("secret detail")

    job = start("d2", Recipe(300), fault)
    job.wait(PATIENCE)
    assert job.state == "failed" and "fault of the lab" in job.error
    assert saved_tokenizers() == []


def test_a_bad_name_starts_nothing() -> None:
    with pytest.raises(LabError, match="of the lab itself"):
        start("e1", Recipe(300), name="gpt2")
    assert jobs.job("e1") is None
