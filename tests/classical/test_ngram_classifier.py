"""One n-gram model a class, and Bayes' rule."""

import numpy as np
import pytest

from llmcore.classical import NgramClassifier
from llmcore.errors import LabError

TEXTS = ["win a prize now", "free prize call now", "see you at home", "are you at home", "at six"]
LABELS = ["spam", "spam", "ham", "ham", "ham"]


def test_it_decides_by_the_likelier_model() -> None:
    model = NgramClassifier().fit(TEXTS, LABELS)
    assert model.classes == ["ham", "spam"] and model.n_bytes > 0
    assert model.predict(["a free prize", "are you home"]) == ["spam", "ham"]
    rows = model.predict_proba(["a free prize", "are you home", ""])
    assert rows.shape == (3, 2) and rows.sum(1) == pytest.approx(np.ones(3))
    assert rows[0, 1] > 0.5 > rows[1, 1]


def test_scores_are_bayes_rule_over_each_text_alone() -> None:
    model = NgramClassifier(order=2).fit(TEXTS, LABELS)
    tokenizer = model.tokenizer
    for text in ("home", "prize"):
        ids = tokenizer.encode_documents([text])
        logs = [ngram.log_probabilities(ids).sum() for ngram in model.models]
        logs += np.log([3 / 5, 2 / 5])
        together = model._scores(["x", text, "yy"])[1]
        assert together == pytest.approx(np.array(logs))


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(LabError, match="at least one"):
        NgramClassifier().fit([], [])
    assert NgramClassifier().fit(TEXTS, LABELS).predict([]) == []
