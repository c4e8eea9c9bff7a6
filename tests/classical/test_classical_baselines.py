"""The earlier classifiers: against counts by hand, on odd input, and on real messages."""

import numpy as np
import pytest

from llmcore.classical import (
    Baseline,
    CharacterRegression,
    MajorityClass,
    NaiveBayes,
    WordRegression,
)
from llmcore.data import load_labelled, split_labelled
from llmcore.errors import LabError

TEXTS = ["win win cash", "win now", "see you", "see you now"]
LABELS = ["spam", "spam", "ham", "ham"]


def test_naive_bayes_by_hand() -> None:
    """Vocabulary win cash now see you; p(win|spam) = (3+1)/(5+5), p(win|ham) = (0+1)/(5+5)."""
    model = NaiveBayes().fit(TEXTS, LABELS)
    assert model.classes == ["ham", "spam"]
    assert model.predict_proba(["win"]) == pytest.approx(np.array([[1 / 5, 4 / 5]]))
    assert model.predict_proba(["unknown"]) == pytest.approx(np.array([[0.5, 0.5]]))
    assert model.predict(["win!", "see"]) == ["spam", "ham"]


def test_the_majority_is_always_answered() -> None:
    model = MajorityClass().fit([*TEXTS, "x"], [*LABELS, "spam"])
    assert model.predict(["see you", ""]) == ["spam", "spam"]
    assert model.predict_proba(["a", "b"]) == pytest.approx(np.array([[0.4, 0.6]] * 2))
    assert model.classes == ["ham", "spam"]


@pytest.mark.parametrize("kind", [NaiveBayes, MajorityClass, WordRegression, CharacterRegression])
def test_odd_input(kind: type[Baseline]) -> None:
    model = kind().fit(["a", "😀 !", "\u05e9"], ["x", "y", "z"])
    assert model.predict([]) == []
    assert model.predict_proba([]).shape == (0, 3)
    probabilities = model.predict_proba(["", "\0", "😀", "word " * 5000])
    assert probabilities.shape == (4, 3)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(4))
    for texts, labels in (([], []), (["a"], ["x", "y"])):
        with pytest.raises(LabError):
            kind().fit(texts, labels)


@pytest.mark.parametrize("kind", [NaiveBayes, WordRegression])
def test_texts_without_words_are_refused(kind: type[Baseline]) -> None:
    with pytest.raises(LabError, match="no words"):
        kind().fit([" ", "\n"], ["x", "y"])


def test_characters_see_through_odd_spelling_and_words_do_not() -> None:
    spelled = ["w1nner", "unknown"]
    words = WordRegression().fit(["winner", "dinner time"], ["spam", "ham"])
    assert len({tuple(row) for row in words.predict_proba(spelled)}) == 1  # both words are new
    characters = CharacterRegression().fit(["winner", "see you"], ["spam", "ham"])
    assert characters.predict(["w1nner", "c u"]) == ["spam", "ham"]


def test_spam_is_told_from_ham() -> None:
    splits = split_labelled(load_labelled("sms-spam"), 0.1, 0.2, 42)
    scores = {}
    for kind in (NaiveBayes, MajorityClass, WordRegression, CharacterRegression):
        model = kind().fit(splits.train.texts, splits.train.labels)
        predicted = model.predict(splits.test.texts)
        hits = sum(a == b for a, b in zip(predicted, splits.test.labels, strict=True))
        scores[kind] = hits / len(predicted)
    assert scores[MajorityClass] == pytest.approx(792 / 902)
    assert min(scores[NaiveBayes], scores[WordRegression], scores[CharacterRegression]) > 0.97
