"""The words that vote: the same as scikit-learn says, from plain files, sized by what is unseen."""

import json
from dataclasses import replace

import numpy as np
import pytest

from llmcore.classical import WordRegression, WordVote, silent_words, words_say
from llmcore.errors import DamagedError, LabError

TEXTS = ["win a prize now!", "free prize, call now", "win win win", "see you at home",
         "dinner at home?", "call me at six", "late again, sorry", "WIN £5 free!!"]  # fmt: skip
TWO = ["spam", "spam", "spam", "ham", "ham", "ham", "ham", "spam"]
THREE = ["b", "c", "b", "a", "a", "c", "a", "b"]
NEW = ["win a free dinner", "nothing known", "", "£5 £5 call"]


@pytest.mark.parametrize(("labels", "classes"), [
    (TWO, ["ham", "spam"]), (TWO, ["spam", "ham"]), (THREE, ["c", "a", "b"]),
])  # fmt: skip
def test_it_says_what_scikit_learn_says_in_the_order_of_the_classes(labels, classes, tmp_path):
    reference = WordRegression().fit(TEXTS, labels)
    columns = [reference.classes.index(label) for label in classes]
    expected = reference.predict_proba(NEW)[:, columns]
    vote = WordVote.fit(TEXTS, labels, classes)
    np.testing.assert_allclose(vote.probabilities(NEW), expected, atol=1e-9)
    vote.save(tmp_path / "words.json")
    again = WordVote.load(tmp_path / "words.json", len(classes))
    np.testing.assert_allclose(again.probabilities(NEW), expected, atol=1e-4)


def test_both_together_say_the_sum_of_their_log_odds():
    vote = WordVote.fit(TEXTS, TWO, ["ham", "spam"])
    model = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5], [1.0, 0.0]])
    both = vote.together(model, NEW, share=0.5)
    np.testing.assert_allclose(both.sum(1), 1.0)
    np.testing.assert_allclose(both[2], vote.probabilities(NEW)[2])  # the model knows nothing
    logits = vote.logits(NEW)
    odds = 0.5 * np.log(9) + logits[0, 0] - logits[0, 1]
    assert both[0, 0] == pytest.approx(1 / (1 + np.exp(-odds)))
    assert vote.together(np.zeros((0, 2)), [], 1.0).shape == (0, 2)


def test_the_surer_of_the_two_does_not_decide_alone():
    vote = WordVote.fit(TEXTS, TWO, ["ham", "spam"])
    sure = np.array([[0.999999, 0.000001], [0.00001, 0.99999]])
    share = vote.share_of(sure, NEW[:2])
    margins = np.abs(np.diff(share * np.log(sure), axis=1)).mean()
    assert margins == pytest.approx(np.abs(np.diff(vote.logits(NEW[:2]), axis=1)).mean())
    assert share < 0.2
    assert vote.share_of(np.zeros((0, 2)), []) == 1.0


def test_texts_without_words_are_refused():
    with pytest.raises(LabError, match="no words"):
        WordVote.fit(["", "  "], ["ham", "spam"], ["ham", "spam"])


@pytest.mark.parametrize("change", [
    {"words": None}, {"words": ["a", 1]}, {"rarity": ["x"]}, {"weights": [[1.0]]}, {"bias": [0.0]},
    {"bias": [0.0, float("nan")]}, {"rarity": None},
])  # fmt: skip
def test_a_damaged_file_is_told_in_a_sentence(change, tmp_path):
    path = tmp_path / "words.json"
    WordVote.fit(TEXTS, TWO, ["ham", "spam"]).save(path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(DamagedError, match="words.json"):
        WordVote.load(path, 2)


def test_words_vote_only_where_they_help_on_validation_texts():
    """The measure against plain counts; of a tie the loss decides, where the words know as much
    as the model."""
    texts = ["win now", "see you", "win you", "see now", "win a prize", "see you soon"]
    labels = ["spam", "ham"] * 3
    words = WordVote.fit(texts, labels, ["ham", "spam"])
    truth = np.array([1, 0, 1, 0])
    asked = ["win", "see", "prize", "soon"]
    wrong = np.array([[0.6, 0.4], [0.6, 0.4], [0.6, 0.4], [0.6, 0.4]])  # always ham
    say = words_say(words, wrong, asked, truth)
    both = words.together(wrong, asked, say.share)
    n_right = int((both.argmax(1) == truth).sum())
    assert (say.n, say.right_alone, say.right_together) == (4, 2, n_right)
    assert say.loss_together == pytest.approx(-np.log(both[np.arange(4), truth]).mean())
    assert say.helps and n_right == 3 and say.to_dict()["vote"] is True
    sure = np.eye(2)[truth] * 0.8 + 0.1  # always right
    against = words_say(words, sure, ["see", "win", "see you", "win"], truth)
    assert against.right_alone == 4 > against.right_together and not against.helps
    assert "4 validation texts" in silent_words(against)
    assert "no validation text" in silent_words(None)
    sure = replace(say, right_alone=5, right_together=5, loss_alone=0.4, loss_together=0.3)
    tie = replace(sure, words_as_good=True)
    assert tie.helps and not replace(tie, loss_together=0.5).helps
    assert not replace(tie, words_as_good=False).helps
    assert replace(tie, words_as_good=False, right_together=6, loss_together=0.9).helps
    assert say.words_as_good  # three of four: half of the hams and all spam, or better
    rare = words_say(words, wrong[:2], ["see", "see"], np.array([0, 0]))
    assert not rare.words_as_good  # no spam to be found


def test_a_model_in_doubt_is_not_scaled_up_until_its_rounding_decides():
    vote = WordVote.fit(TEXTS, TWO, ["ham", "spam"])
    doubt = np.array([[0.5, 0.5], [0.5 + 1e-7, 0.5 - 1e-7]])
    for seen in (doubt, doubt[:1]):
        share = vote.share_of(seen, NEW[: len(seen)])
        both = vote.together(doubt, NEW[:2], share)
        np.testing.assert_allclose(both, vote.probabilities(NEW[:2]), atol=1e-3)


def test_words_without_a_weight_of_their_own_leave_a_number():
    vote = WordVote({"win": 0}, np.zeros(1), np.ones((2, 1)), np.array([0.0, 1.0]))
    np.testing.assert_allclose(vote.logits(["win"]), [[0.0, 1.0]])
