"""What a measurement says: against the lab's own scores, and what it does when it is stopped."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from llmcore import models
from llmcore.applications import JOBS, Figure, measuring
from llmcore.applications.background import measurement, start_measuring
from llmcore.applications.figures import (
    bundled_figures,
    figure_of,
    keep_bundled,
    keep_own,
    own_path,
    weights_hash,
)
from llmcore.applications.measuring import Stopped, distinct_trigrams, measure
from llmcore.classical.ngram import bits_per_byte, fit_on
from llmcore.data.instructions import Instruction, single
from llmcore.errors import LabError
from llmcore.evaluation import text_loss, wilson_interval

pytestmark = pytest.mark.usefixtures("bundle")


def few(monkeypatch: pytest.MonkeyPatch, rows: list[Instruction]) -> None:
    """The rows of a job, and the training rows that trivial methods know."""
    monkeypatch.setattr(measuring, "held_out", lambda job: rows)


def answering(monkeypatch: pytest.MonkeyPatch, answer) -> None:
    """A model that answers as the function `answer(row)` does."""
    monkeypatch.setattr(
        measuring, "_answers", lambda loaded, rows, watch: [answer(row) for row in rows]
    )


def test_answers_are_scored_and_compared_row_by_row(monkeypatch) -> None:
    job = JOBS["question-answering"]
    rows = [single("Who?", f"Name {n}.", f"Name {n} slept. It rained.") for n in range(40)]
    few(monkeypatch, rows)
    answering(monkeypatch, lambda row: row.last.output if row != rows[0] else "nobody")
    figure = measure(job, "translation")
    assert figure.metric == "exact_match" and figure.score == 39 / 40 and figure.n == 40
    assert figure.low < figure.score <= figure.high <= 1
    assert set(figure.baselines) >= {"nearest neighbour", "copy of the text", "first sentence"}
    assert figure.baselines[figure.baseline] == max(figure.baselines.values()) == 0
    assert figure.beats and figure.useful and figure.works
    assert figure.in_own_wording
    assert [(sample["question"], sample["answer"]) for sample in figure.own_words] == [
        ("What did she forget?", "Her umbrella."),
        ("Why was the shop closed?", "The baker was ill."),
    ]  # fmt: skip
    answering(monkeypatch, lambda row: row.last.output if row in rows[:8] else "nobody")
    weak = measure(job, "translation")
    assert weak.beats and not weak.useful and not weak.works  # 20% is of no use
    answering(monkeypatch, lambda row: "nobody")
    none = measure(job, "translation")
    assert none.gain == none.gain_low == 0 and not none.beats


def test_rows_that_do_not_fit_are_no_part_of_the_figure(monkeypatch) -> None:
    job = JOBS["question-answering"]
    rows = [single("Who?", f"Name {n}.", f"Name {n} slept. It rained.") for n in range(20)]
    long = [single("Who?", f"Name {n}.", "It rained. " * 900) for n in range(10)]
    few(monkeypatch, [*rows, *long])
    answering(monkeypatch, lambda row: row.last.output if row in rows else "cut")
    figure = measure(job, "translation")
    assert (figure.score, figure.n, figure.n_all) == (1.0, 20, 30)
    assert [figure.low, figure.high] == wilson_interval(20, 20)  # drawn again: 1.0 to 1.0
    assert "10 of 30 test rows do not fit" in figure.notices[0] and "--n" not in figure.command
    few(monkeypatch, [*rows[:1], *long])
    with pytest.raises(LabError, match="1 of 11 rows fit"):
        measure(job, "translation")


def test_a_trivial_method_that_is_as_good_is_not_beaten(monkeypatch) -> None:
    rows = [single("Mood?", "Positive.", f"What a day, number {n}.") for n in range(30)]
    few(monkeypatch, rows)
    answering(monkeypatch, lambda row: "Positive.")
    figure = measure(JOBS["sentiment"], "translation")
    assert figure.baseline in {"most frequent answer", "nearest neighbour"}
    assert figure.baselines["most frequent answer"] == figure.score == 1.0
    assert not figure.beats and not figure.works


def test_without_sacrebleu_exact_match_decides_and_that_is_said(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    monkeypatch.setitem(sys.modules, "sacrebleu.metrics", None)
    figure = measure(JOBS["translation"], "translation", 6)
    assert (figure.metric, figure.n, figure.n_all) == ("exact_match", 6, 1280)
    assert "sacrebleu is not installed" in figure.notices[0] and not figure.works
    assert figure.command.endswith("--job translation --model translation --n 6")


def test_chrf_decides_for_translations_and_copying_is_no_translation(monkeypatch) -> None:
    pytest.importorskip("sacrebleu")
    answering(monkeypatch, lambda row: row.last.output)
    figure = measure(JOBS["translation"], "translation", 40)
    assert figure.metric == "chrf" and figure.score == pytest.approx(100)
    assert 5 < figure.baselines["copy of the text"] < 60 and figure.works
    assert figure.others["exact_match"]["model"] == 1.0


def test_the_model_s_answers_come_in_the_order_of_the_rows() -> None:
    from llmcore.applications.jobs import held_out
    from llmcore.tasks.instruction_scores import answers
    from llmcore.tasks.templates import template_named

    loaded = models.load("translation")
    rows = held_out(JOBS["translation"])[:70:7]
    found = measuring._answers(loaded, rows, measuring._Watch())
    alone = [answers(loaded.trunk, loaded.tokenizer, template_named(loaded.card["template"]),
                     [row])[0] for row in rows]  # fmt: skip
    # Each call goes on for twice its longest expected answer, so the shorter is a beginning.
    assert all(
        item.startswith(two) or two.startswith(item) for item, two in zip(found, alone, strict=True)
    )


def test_text_is_measured_as_evaluate_does_and_beside_the_ngram(monkeypatch) -> None:
    train, documents = ["the cat sees the moon. " * 9] * 3, ["a dog sees the moon. " * 120, "the"]
    monkeypatch.setattr(measuring, "documents_of", lambda job: (train, documents))
    figure = measure(JOBS["novel-text"], "base")
    loaded = models.load("base")
    expected = text_loss(loaded.model, loaded.tokenizer, documents)["bits_per_byte"]
    counted = bits_per_byte(fit_on(loaded.tokenizer, train), loaded.tokenizer, documents)
    assert figure.score == pytest.approx(expected, rel=1e-6)
    assert figure.baselines["Kneser-Ney 5-gram"] == pytest.approx(counted, rel=1e-6)
    assert figure.gain == pytest.approx(counted - expected, rel=1e-6)
    assert figure.low < figure.score < figure.high
    assert set(figure.others) == {"real_words", "distinct_trigrams"} and not figure.works
    words = {"real_words": {"model": 0.95, "held-out text": 0.97}}
    assert replace(figure, gain_low=0.1, others=words).works
    words["real_words"]["model"] = 0.9
    assert not replace(figure, gain_low=0.1, others=words).works
    assert [sample["prompt"] for sample in figure.samples] == list(JOBS["novel-text"].prompts)
    part = measure(JOBS["novel-text"], "base", 2)
    assert part.n == 2 < part.n_all == figure.n


def test_repetition_is_counted() -> None:
    assert distinct_trigrams(["a b c a b c a b c"]) == pytest.approx(3 / 7)
    assert distinct_trigrams(["one two three", "four five six"]) == 1.0
    assert distinct_trigrams(["too short"]) == 0.0


def test_a_stop_leaves_nothing_and_too_few_rows_are_refused() -> None:
    with pytest.raises(Stopped):
        measure(JOBS["translation"], "translation", 40, should_stop=lambda: True)
    with pytest.raises(LabError, match="measure 2 at least"):
        measure(JOBS["translation"], "translation", 1)


def test_a_sentiment_classifier_is_measured_on_tweets(monkeypatch) -> None:
    from types import SimpleNamespace

    from llmcore.data import chosen

    test = SimpleNamespace(
        texts=[f"good {i}" for i in range(9)], labels=["positive"] * 6 + ["negative"] * 3
    )
    train = SimpleNamespace(texts=["a", "b", "c"], labels=["negative", "negative", "positive"])
    monkeypatch.setattr(chosen, "read_splits", lambda *_: SimpleNamespace(train=train, test=test))
    monkeypatch.setattr(
        models, "classify_texts", lambda loaded, texts: [{"label": "positive"} for _ in texts]
    )
    rows = measuring._classified(None, None, measuring._Watch())
    assert rows.metric == "accuracy" and rows.model.mean() == pytest.approx(6 / 9)
    assert rows.baselines["always negative"].mean() == pytest.approx(3 / 9)
    assert rows.n_all == 9


# ---- figures on disk


def figure(job: str = "translation", weights: str = "w", **more: object) -> Figure:
    values = dict(
        job=job, model="translation", weights=weights, step=1, data="d", unit="rows", n=2, n_all=2,
        metric="exact_match", score=0.9, low=0.8, high=1.0, baseline="b", baselines={"b": 0.1},
        gain=0.8, gain_low=0.7, gain_high=0.9, seconds=1.0, date="2026-01-01", command="c",
    )  # fmt: skip
    return Figure(**{**values, **more})


def test_figures_are_kept_by_weights_and_the_repository_s_come_first() -> None:
    job = JOBS["translation"]
    assert figure_of(job, "w") is None
    keep_own(figure(score=0.5))
    assert figure_of(job, "w").score == 0.5 and figure_of(job, "other") is None
    keep_bundled(figure(score=0.7))
    assert figure_of(job, "w").score == 0.7 and set(bundled_figures()) == {"translation"}
    keep_own(figure("sentiment", "v"))
    assert figure_of(JOBS["sentiment"], "v") == figure("sentiment", "v")


@pytest.mark.parametrize("text", ["{", '{"figures": {"a b": {"job": 3}}}', '{"figures": [1]}'])
def test_a_damaged_file_of_figures_is_as_none(text: str) -> None:
    own_path().parent.mkdir(parents=True, exist_ok=True)
    own_path().write_text(text)
    assert figure_of(JOBS["translation"], "w") is None
    keep_own(figure())
    assert figure_of(JOBS["translation"], "w") == figure()


def test_the_hash_tells_weights_apart_and_covers_the_base(bundle: Path) -> None:
    import shutil

    assert weights_hash("base") != weights_hash("translation")
    assert weights_hash("translation") == weights_hash("translation@3")
    other = bundle / "moved"
    shutil.copytree(bundle / "translation", other)
    try:
        assert weights_hash("moved") == weights_hash("translation")
        (state,) = other.glob("checkpoints/step_00000003/state.json")
        state.write_text(
            state.read_text().replace('"base_fingerprint": "', '"base_fingerprint": "0')
        )
        assert weights_hash("moved") != weights_hash("translation")
    finally:
        shutil.rmtree(other)


# ---- in the background


def test_a_measurement_runs_once_is_kept_and_can_be_stopped(wait_until) -> None:
    job = JOBS["translation"]
    going = start_measuring(job, "translation", 6)
    assert start_measuring(job, "translation", 6) is going or not going.is_live
    wait_until(lambda: not going.is_live)
    assert going.state == "done", going.error
    assert figure_of(job, weights_hash("translation")) == going.result
    assert measurement(job, "translation") is going
    again = start_measuring(job, "translation", 1280)
    again.stop()
    wait_until(lambda: not again.is_live)
    assert again.state == "stopped" and again.result is None and again.error is None
    failed = start_measuring(job, "nothing-here", 6)
    wait_until(lambda: not failed.is_live)
    assert failed.state == "failed" and "no model 'nothing-here'" in failed.error


def test_the_bootstrap_of_a_ratio_is_that_of_its_rows() -> None:
    from llmcore.evaluation import bootstrap_ratio

    rng = np.random.default_rng(1)
    values, weights = rng.normal(5, 2, 200), rng.uniform(1, 3, 200)
    found = bootstrap_ratio(values, weights)
    assert found.mean == pytest.approx(values.sum() / weights.sum())
    drawn = rng.integers(200, size=(4000, 200))
    plain = values[drawn].sum(1) / weights[drawn].sum(1)
    assert [found.low, found.high] == pytest.approx(np.percentile(plain, [2.5, 97.5]), rel=0.02)
    assert bootstrap_ratio([1.0, 1.0]).low == 1.0
    with pytest.raises(LabError, match="no rows to measure"):
        bootstrap_ratio([])
