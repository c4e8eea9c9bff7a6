"""Frames of snapshots, and the thread that makes them, on a run that really trained."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from random_models import loaded
from tiny import TEXT, pretrain_config, spam_table

from llmcore import models
from llmcore.errors import LabError
from llmcore.execution import launch
from llmcore.generation import SamplingConfig, generate, next_tokens
from llmcore.interpret import over_time
from llmcore.interpret.attention import attend
from llmcore.interpret.frames import MAX_TOKENS, frame_of, n_tokens_shown
from llmcore.interpret.over_time import FrameJob, frame_at, job_for, timelines
from llmcore.models import reference
from llmcore.recipes.classification import plan_classify
from llmcore.runs import RunStore
from llmcore.runs.run import Run
from llmcore.tasks.head_types import head_scores

SENTENCE = "the cat sees the moon"


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("runs") / RunStore.mint_id("tiny")
    launch.run_foreground(directory, pretrain_config(), TEXT.encode())
    return directory


def finished(job: FrameJob, wait_until) -> dict:
    def all_made():
        steps, frames = job.look()
        return frames if len(frames) == len(steps) or job.error else None

    return wait_until(all_made)


def test_a_frame_says_what_the_other_parts_of_the_lab_say():
    one = loaded()
    frame = frame_of(one, SENTENCE, val_loss=2.5)
    record = attend(one.trunk, one.tokenizer, SENTENCE)
    np.testing.assert_allclose(frame.weights / 255, record.weights, atol=0.5 / 255 + 1e-6)
    assert frame.labels == record.labels and (frame.step, frame.val_loss) == (7, 2.5)
    expected = next_tokens(one.trunk, one.tokenizer, SENTENCE, 8)
    assert [label for label, _ in frame.answers] == [each.label for each in expected]
    assert frame.answers[0][1] == pytest.approx(expected[0].probability, rel=1e-4)
    greedy = SamplingConfig(temperature=0.0, max_new_tokens=24)
    assert frame.sample == generate(one.trunk, one.tokenizer, SENTENCE, greedy).text
    np.testing.assert_array_equal(
        frame.scores.on_repeats, head_scores(one.trunk, one.tokenizer).on_repeats
    )


def test_the_lens_ends_with_the_answer_and_begins_with_the_embedding():
    one = loaded()
    frame = frame_of(one, SENTENCE)
    assert [each.part for each in frame.lens] == ["embedding", "layer 0", "layer 1"]
    assert (frame.lens[-1].label, frame.lens[-1].probability) == frame.answers[0]
    ids = one.tokenizer.encode(SENTENCE)
    with torch.no_grad():
        embedded = one.trunk.embed(torch.tensor([ids]))[:, -1]
        first = one.trunk.unembed(one.trunk.finish(embedded)).softmax(-1)
    assert frame.lens[0].probability == pytest.approx(float(first.max()), rel=1e-5)


def test_a_classifiers_frame_holds_its_labels():
    one = loaded(labels=["ham", "spam"])
    frame = frame_of(one, SENTENCE)
    assert {label for label, _ in frame.answers} == {"ham", "spam"} and frame.sample == ""
    assert sum(share for _, share in frame.answers) == pytest.approx(1.0, abs=1e-5)
    assert frame.answers[0][1] >= frame.answers[1][1]


def test_long_texts_are_cut_to_their_end_and_empty_ones_refused():
    one = loaded()
    frame = frame_of(one, " ".join([SENTENCE] * 20))
    assert len(frame.labels) == one.trunk.config.context_length
    with pytest.raises(LabError, match="type at least one word"):
        frame_of(one, "")


def test_frames_of_large_models_carry_fewer_tokens():
    assert n_tokens_shown(2, 3, 1024) == MAX_TOKENS
    assert n_tokens_shown(2, 3, 16) == 16
    large = n_tokens_shown(48, 25, 1024)
    assert 2 <= large < 12 and n_tokens_shown(12, 12, 1024) > large


def test_a_context_too_short_for_a_test_leaves_the_scores_out():
    assert frame_of(loaded(context_length=3), "the").scores is None


def test_a_job_makes_all_frames_the_last_one_first(trained, wait_until, monkeypatch):
    made = []
    monkeypatch.setattr(
        over_time,
        "frame_at",
        lambda run, one, text: made.append(one.step) or frame_at(run, one, text),
    )
    job = job_for(trained, SENTENCE)
    frames = finished(job, wait_until)
    steps = [checkpoint.step for checkpoint in Run(trained).checkpoints()]
    assert sorted(frames) == steps and len(steps) >= 4
    assert made == [steps[-1], *steps[:-1]]
    assert job.wait(10)
    assert (frames[steps[0]].weights != frames[steps[-1]].weights).any()
    assert job_for(trained, SENTENCE) is job


def test_a_job_sees_what_a_live_run_saves_and_drops_what_it_prunes(trained, tmp_path, wait_until):
    copy = tmp_path / trained.name
    shutil.copytree(trained, copy)
    checkpoints = copy / "checkpoints"
    newest = sorted(checkpoints.iterdir())[-1]
    aside = tmp_path / newest.name
    newest.rename(aside)
    job = FrameJob(copy, SENTENCE)
    before = finished(job, wait_until)
    aside.rename(newest)
    oldest = sorted(checkpoints.iterdir())[0]
    shutil.rmtree(oldest)
    after = finished(job, wait_until)
    new, gone = int(newest.name[5:]), int(oldest.name[5:])
    assert new in after and new not in before and gone in before and gone not in after
    job.stop()


def test_frames_are_made_once(trained, monkeypatch):
    run = Run(trained)
    checkpoint = run.checkpoints()[0]
    first = frame_at(run, checkpoint, SENTENCE)
    monkeypatch.setattr(reference, "read_checkpoint", lambda *_: pytest.fail("read again"))
    assert frame_at(run, checkpoint, SENTENCE) is first


def test_another_text_measures_no_heads_again(trained, monkeypatch):
    run = Run(trained)
    checkpoint = run.checkpoints()[0]
    first = frame_at(run, checkpoint, SENTENCE)
    monkeypatch.setattr(
        "llmcore.interpret.frames.head_scores", lambda *_: pytest.fail("measured again")
    )
    assert frame_at(run, checkpoint, "a dog").scores is first.scores


def test_memory_of_frames_is_bounded(trained, monkeypatch):
    run = Run(trained)
    monkeypatch.setattr(over_time._frames, "limit", 1)
    for checkpoint in run.checkpoints():
        frame_at(run, checkpoint, SENTENCE)
    assert len(over_time._frames) == 1


def test_walking_over_snapshots_leaves_the_cache_of_models_alone(trained):
    models.clear_cache()
    run = Run(trained)
    frame_at(run, run.checkpoints()[0], SENTENCE)
    assert reference._cache.size == 0


def test_a_damaged_snapshot_is_one_sentence(trained, tmp_path, wait_until):
    copy = tmp_path / trained.name
    shutil.copytree(trained, copy)
    for weights in copy.glob("checkpoints/*/model.safetensors"):
        weights.write_bytes(b"broken")
    job = FrameJob(copy, SENTENCE)
    wait_until(lambda: job.look() and job.error)
    assert "Traceback" not in job.error and job.look()[1] == {}


def test_a_job_that_nobody_looks_at_ends(trained, monkeypatch):
    monkeypatch.setattr(over_time, "UNSEEN_SECONDS", -1.0)
    job = FrameJob(trained, SENTENCE)
    assert job.look()[1] == {}
    assert job.wait(30) and job.error is None and not job._made


def test_old_jobs_give_way(trained, monkeypatch):
    monkeypatch.setattr(over_time._jobs, "limit", 2)
    jobs = [job_for(trained, text) for text in ("a", "b", "c")]
    assert jobs[0].stopping and not jobs[1].stopping
    assert job_for(trained, "c") is jobs[2]


def test_timelines_name_every_run_with_snapshots(trained, home):
    shutil.copytree(trained, home / "runs" / trained.name)
    found = {timeline.info.id: timeline for timeline in timelines()}
    assert found[trained.name].steps == [
        checkpoint.step for checkpoint in Run(trained).checkpoints()
    ]
    assert "starter" in found and next(iter(found)) == trained.name


def test_a_classifiers_snapshots_are_read(trained, home, wait_until):
    shutil.copytree(trained, home / "runs" / trained.name)
    config = plan_classify(
        "table.csv", trained.name, table=spam_table(), train_changes={"steps": 3, "eval_every": 3}
    )
    directory = home / "runs" / RunStore.mint_id("spam")
    launch.run_foreground(directory, config, spam_table())
    frames = finished(job_for(directory, "win a prize"), wait_until)
    assert all(
        {label for label, _ in frame.answers} == {"ham", "spam"} for frame in frames.values()
    )
