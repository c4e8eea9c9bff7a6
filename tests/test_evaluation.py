import math
import sys

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from llmcore import evaluation
from llmcore.config import ModelConfig
from llmcore.errors import LabError
from llmcore.evaluation import (
    answer_scores,
    balanced_accuracy,
    chrf,
    chrf_by_row,
    classification_scores,
    paired_bootstrap,
    paired_macro_f1,
    recall_at_precision,
    text_loss,
    wilson_interval,
    window_losses,
)
from llmcore.generation import scoring_windows
from llmcore.nn.model import GPT
from llmcore.tokenizers import builtin_tokenizer

TOKENIZER = builtin_tokenizer("bytes")
CONFIG = ModelConfig(vocab_size=257, context_length=16, n_layers=2, n_heads=2, d_model=16)


def test_a_text_within_the_context_is_scored_token_by_token():
    model = GPT(CONFIG).eval()
    text = "hello there"
    scores = text_loss(model, TOKENIZER, text)
    ids = torch.tensor([[256, *text.encode(), 256]])
    with torch.no_grad():
        expected = F.cross_entropy(model(ids[:, :-1])[0], ids[0, 1:])
    assert scores["n"] == len(text) + 1
    assert scores["loss"] == pytest.approx(expected.item(), rel=1e-5)
    assert scores["perplexity"] == pytest.approx(math.exp(scores["loss"]))
    bits = scores["loss"] * scores["n"] / math.log(2) / len(text)
    assert scores["bits_per_byte"] == pytest.approx(bits)


@pytest.mark.parametrize("length", [15, 16, 17, 40, 100])
def test_every_token_of_a_long_text_is_scored_once_with_half_a_context_before_it(length):
    model = GPT(CONFIG).eval()
    text = "".join(chr(97 + i * 7 % 26) for i in range(length))
    ids = np.array([256, *text.encode(), 256])
    total = 0.0
    with torch.no_grad():
        scored, T = 0, 16
        while scored < len(ids) - 1:
            end = min(len(ids) - 1, scored + (T if scored == 0 else T // 2))
            start = max(0, end - T)
            window = torch.tensor(ids[start:end])[None]
            losses = F.cross_entropy(
                model(window)[0], torch.tensor(ids[start + 1 : end + 1]), reduction="none"
            )
            total += losses[scored - start :].sum().item()
            assert scored == 0 or scored - start >= T // 2
            scored = end
    scores = text_loss(model, TOKENIZER, text, batch_size=3)
    assert scores["n"] == length + 1
    assert scores["loss"] == pytest.approx(total / (length + 1), rel=1e-5)


def test_a_small_budget_of_bytes_gives_the_same_losses(monkeypatch):
    model, rows, positions = GPT(CONFIG).eval(), [], []
    ids = np.array([256, *(97 + i * 7 % 26 for i in range(99))])
    windows = list(scoring_windows(len(ids) - 1, 16))
    whole = list(window_losses(model, ids, windows))
    unembed, hidden = model.unembed, model.hidden
    monkeypatch.setattr(model, "unembed", lambda x: rows.append(len(x)) or unembed(x))
    monkeypatch.setattr(model, "hidden", lambda x: positions.append(x.numel()) or hidden(x))
    small = list(window_losses(model, ids, windows, max_bytes=4 * 3 * 257 * 5))
    assert max(rows) == 5 and max(positions) == 16  # one window at a time, 5 of its positions
    assert [len(losses) for losses in small] == [end - first for _, first, end in windows]
    np.testing.assert_allclose(np.concatenate(small), np.concatenate(whole), rtol=1e-5)
    positions.clear()
    widths = sum(width for _, width in CONFIG.linear_shapes().values())
    assert len(list(window_losses(model, ids, windows, max_bytes=4 * widths * 33))) == len(windows)
    assert positions[0] == 32 and sum(positions) == 16 * len(windows)


def test_an_untrained_model_needs_about_eight_bits_per_byte():
    scores = text_loss(GPT(CONFIG).eval(), TOKENIZER, ["some words " * 20, "and more"])
    assert scores["bits_per_byte"] == pytest.approx(8.0, abs=0.3)


def test_an_empty_text_is_refused():
    with pytest.raises(LabError, match="empty"):
        text_loss(GPT(CONFIG).eval(), TOKENIZER, ["", ""])


def test_scores_of_a_worked_example():
    truth = ["ham", "ham", "ham", "spam", "spam"]
    guess = ["ham", "ham", "spam", "spam", "ham"]
    scores = classification_scores(truth, guess, ["ham", "spam"])
    assert scores["confusion"] == [[2, 1], [1, 1]]
    assert scores["accuracy"] == 0.6 and scores["n"] == 5
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 1 / 2) / 2)


def test_scores_agree_with_scikit_learn_on_random_labels():
    from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

    rng = np.random.default_rng(0)
    names = ["a", "b", "c", "d"]
    truth = [names[i] for i in rng.integers(0, 4, 200)]
    guess = [names[i] for i in rng.integers(0, 3, 200)]
    scores = classification_scores(truth, guess, names)
    assert scores["accuracy"] == pytest.approx(accuracy_score(truth, guess))
    assert scores["macro_f1"] == pytest.approx(f1_score(truth, guess, average="macro"))
    assert scores["confusion"] == confusion_matrix(truth, guess, labels=names).tolist()


def test_a_label_that_was_never_trained_on_counts_as_wrong():
    scores = classification_scores(["ham", "phish"], ["ham", "ham"], ["ham", "spam"])
    assert scores["classes"] == ["ham", "spam", "phish"]
    assert scores["accuracy"] == 0.5
    assert scores["confusion"][2] == [1, 0, 0]
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 0) / 2)  # spam does not occur


def test_balanced_accuracy_of_a_constant_answer_is_one_half():
    truth = ["ham"] * 9 + ["spam"]
    assert balanced_accuracy(truth, ["ham"] * 10) == 0.5
    assert balanced_accuracy(truth, ["ham"] * 8 + ["spam", "spam"]) == pytest.approx(
        (8 / 9 + 1) / 2
    )
    assert balanced_accuracy([], []) == 0.0


def test_recall_at_precision_agrees_with_scikit_learn_also_for_equal_scores():
    from sklearn.metrics import precision_recall_curve

    rng = np.random.default_rng(0)
    for wanted in (0.6, 0.8, 1.0):
        truth = rng.random(300) < 0.3
        scores = np.round(truth * 0.4 + rng.random(300), 1)  # many equal ones
        precisions, recalls, _ = precision_recall_curve(truth, scores)
        expected = recalls[precisions >= wanted].max()
        assert recall_at_precision(truth, scores, wanted) == pytest.approx(expected)


def test_the_precision_recall_curve_agrees_with_scikit_learn_also_for_equal_scores():
    from sklearn.metrics import precision_recall_curve

    rng = np.random.default_rng(3)
    truth = rng.random(200) < 0.3
    scores = np.round(rng.random(200), 1)
    ours = evaluation.precision_recall(truth, scores)
    precision, recall, thresholds = precision_recall_curve(truth, scores)
    assert ours.thresholds == pytest.approx(thresholds[::-1])
    assert ours.precision == pytest.approx(precision[:-1][::-1])
    assert ours.recall == pytest.approx(recall[:-1][::-1])
    for place in (0, 4, len(ours.thresholds) - 1):
        now = evaluation.verdicts(truth, scores, ours.thresholds[place])
        assert now.precision == pytest.approx(ours.precision[place])
        assert now.recall == pytest.approx(ours.recall[place])
    assert evaluation.verdicts(truth, scores, 2.0).precision is None
    with pytest.raises(LabError):
        evaluation.precision_recall([False], [0.5])


def test_recall_at_a_precision_that_no_threshold_reaches_is_zero():
    assert recall_at_precision([False, True], [0.9, 0.1], 0.9) == 0.0
    assert recall_at_precision([True, False], [0.5, 0.5], 0.9) == 0.0
    assert recall_at_precision([False], [0.5], 0.9) == 0.0
    one_wrong_in_200 = [False] + [True] * 199
    assert recall_at_precision(one_wrong_in_200, np.linspace(1, 0, 200), 0.995) == 1.0


def test_the_paired_bootstrap_has_the_width_that_theory_gives():
    """Differences of 400 independent messages with standard deviation s: ± 1.96 s / √400."""
    rng = np.random.default_rng(1)
    ours, theirs = (rng.random(400) < 0.97).astype(float), (rng.random(400) < 0.9).astype(float)
    found = paired_bootstrap(ours, theirs, range(400))
    gains = ours - theirs
    assert found.mean == pytest.approx(gains.mean())
    half = 1.96 * gains.std() / math.sqrt(400)
    assert found.high - found.mean == pytest.approx(half, rel=0.15)
    assert found.mean - found.low == pytest.approx(half, rel=0.15)
    assert paired_bootstrap(ours, theirs, range(400)) == found


def test_four_predictions_of_one_message_are_no_more_evidence_than_one():
    rng = np.random.default_rng(2)
    ours, theirs = rng.random(100), rng.random(100)
    once = paired_bootstrap(ours, theirs, range(100))
    four = paired_bootstrap(np.tile(ours, 4), np.tile(theirs, 4), [*range(100)] * 4)
    assert four.mean == pytest.approx(once.mean)
    assert (four.low, four.high) == pytest.approx((once.low, once.high))
    with pytest.raises(LabError, match="no predictions"):
        paired_bootstrap([], [], [])


def test_exact_answers_are_counted_by_holdout():
    scores = answer_scores(["a", "b", "c", "d"], ["a ", "x", "c", "D"], ["s", "s", "f", ""])
    assert (scores["n"], scores["exact_match"]) == (4, 0.5)
    assert scores["by_holdout"] == {
        "s": {"n": 2, "exact_match": 0.5, "exact_match_interval": wilson_interval(1, 2)},
        "f": {"n": 1, "exact_match": 1.0, "exact_match_interval": wilson_interval(1, 1)},
    }
    assert scores["exact_match_interval"] == wilson_interval(2, 4)


def test_no_rows_have_no_score():
    assert answer_scores([], []) == {
        "n": 0, "exact_match": None, "exact_match_interval": None, "by_holdout": {}
    }  # fmt: skip
    nothing = classification_scores([], [], ["ham", "spam"])
    assert nothing["n"] == 0 and nothing["confusion"] == [[0, 0], [0, 0]]
    for name in ("accuracy", "macro_f1", "accuracy_interval", "chance", "better_than_chance"):
        assert nothing[name] is None, name


@pytest.mark.parametrize("right, n", [(0, 1), (0, 12), (5, 12), (12, 12), (41, 99), (970, 1000)])
def test_the_interval_of_a_share_is_scipy_s(right, n):
    from scipy.stats import binomtest

    theirs = binomtest(right, n).proportion_ci(method="wilson")
    assert wilson_interval(right, n) == pytest.approx([theirs.low, theirs.high], abs=1e-12)


def test_a_score_is_better_than_chance_where_its_whole_interval_is():
    """12 texts of 3 topics, 5 right: the interval of 42% holds the 50% of the largest topic."""
    truth = ["a"] * 6 + ["b"] * 3 + ["c"] * 3
    guess = ["a"] * 5 + ["b"] + ["a"] * 6
    small = classification_scores(truth, guess, ["a", "b", "c"])
    assert small["accuracy_interval"] == wilson_interval(5, 12)
    assert small["chance"] == 0.5 and small["better_than_chance"] is False
    assert classification_scores(truth, truth, ["a", "b", "c"])["better_than_chance"] is True
    below = classification_scores(["a"] * 60 + ["b"] * 40, ["b"] * 100, ["a", "b"])
    assert below["chance"] == 0.6 and below["better_than_chance"] is False
    alone = classification_scores(["a"] * 9, ["a"] * 9, ["a", "b"])  # nothing to tell apart
    assert alone["chance"] is None and alone["better_than_chance"] is None


def test_chrf_is_left_out_where_sacrebleu_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    monkeypatch.setitem(sys.modules, "sacrebleu.metrics", None)
    assert chrf(["a cat"], ["a cat"]) is None and chrf_by_row(["a cat"], ["a cat"]) is None


def test_chrf_is_a_hundred_for_the_same_and_less_for_others():
    pytest.importorskip("sacrebleu")
    assert chrf(["une voiture rouge"], ["une voiture rouge"]) == pytest.approx(100)
    close = chrf(["une voiture rouge"], ["une voiture rouges"])
    assert 50 < close < 100 and chrf(["une voiture rouge"], ["xyz"]) < 10 and chrf([], []) is None
    rows = chrf_by_row(["une voiture rouge", "un chat"], ["une voiture rouges", "un chat"])
    assert rows == [pytest.approx(close), pytest.approx(100)] and chrf_by_row([], []) == []


def test_the_paired_macro_f1_is_that_of_the_scores_and_of_a_plain_bootstrap():
    rng = np.random.default_rng(3)
    labels = rng.choice(["a", "b", "c"], size=300, p=[0.6, 0.3, 0.1])
    ours = np.where(rng.random(300) < 0.8, labels, "a")
    theirs = np.where(rng.random(300) < 0.7, labels, "b")

    def f1(rows, predicted):
        chosen = [list(column[rows]) for column in (labels, predicted)]
        return classification_scores(*chosen, ["a", "b", "c"])["macro_f1"]

    found = paired_macro_f1(list(labels), list(ours), list(theirs))
    everything = np.arange(300)
    assert found.mean == pytest.approx(f1(everything, ours) - f1(everything, theirs))
    plain = [f1(rows, ours) - f1(rows, theirs) for rows in rng.integers(300, size=(1500, 300))]
    low, high = np.percentile(plain, [2.5, 97.5])
    assert found.low == pytest.approx(low, abs=0.015)
    assert found.high == pytest.approx(high, abs=0.015)
    same = paired_macro_f1(list(labels), list(ours), list(ours))
    assert (same.mean, same.low, same.high) == (0, 0, 0)
    with pytest.raises(LabError, match="no predictions"):
        paired_macro_f1([], [], [])
