"""Text classifiers of the years before neural networks, with one small interface."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from typing import Any, Protocol, Self

import numpy as np

from llmcore.errors import LabError
from llmcore.texts import several

WORDS_AND_MARKS = r"\w+|[^\w\s]"  # "!" and "£" tell more of spam than most words do


class Baseline(Protocol):
    """Learns from texts (N,) and labels (N,). `classes` are sorted once `fit` is done."""

    classes: list[str]

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> Self: ...

    def predict(self, texts: Sequence[str]) -> list[str]: ...

    def predict_proba(self, texts: Sequence[str]) -> np.ndarray:
        """(N, K): a row sums to 1, columns in the order of `classes`."""
        ...


class MajorityClass:
    """Always answers the most frequent label of its training texts: 'always ham'."""

    classes: list[str]

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> Self:
        check_pairs(texts, labels)
        counts = Counter(labels)
        self.classes = sorted(counts)
        self._shares = np.array([counts[label] for label in self.classes]) / len(labels)
        return self

    def predict(self, texts: Sequence[str]) -> list[str]:
        return [self.classes[int(self._shares.argmax())]] * len(several(texts))

    def predict_proba(self, texts: Sequence[str]) -> np.ndarray:
        return np.tile(self._shares, (len(several(texts)), 1))


class _Pipeline(ABC):
    """A scikit-learn vectorizer and classifier behind the small interface."""

    classes: list[str]

    @abstractmethod
    def _steps(self) -> tuple[Any, Any]:
        """A new vectorizer and a new classifier; scikit-learn is imported here."""

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> Self:
        from sklearn.pipeline import make_pipeline

        check_pairs(texts, labels)
        self._pipeline: Any = make_pipeline(*self._steps())
        try:
            self._pipeline.fit(list(texts), list(labels))
        except ValueError as error:
            if "empty vocabulary" not in str(error):
                raise
            raise LabError("The texts hold no words: give texts with something in them.") from error
        self.classes = [str(label) for label in self._pipeline.classes_]
        return self

    def parts(self) -> tuple[Any, Any]:
        """The fitted vectorizer and classifier."""
        return self._pipeline[0], self._pipeline[-1]

    @property
    def n_parameters(self) -> int:
        """How many numbers were learned: one for each class and word, and one for each class."""
        model = self._pipeline[-1]
        names = ("feature_log_prob_", "class_log_prior_", "coef_", "intercept_")
        return sum(getattr(model, name).size for name in names if hasattr(model, name))

    def predict(self, texts: Sequence[str]) -> list[str]:
        best = self.predict_proba(texts).argmax(axis=1)
        return [self.classes[int(i)] for i in best]

    def predict_proba(self, texts: Sequence[str]) -> np.ndarray:
        if not len(several(texts)):
            return np.zeros((0, len(self.classes)))
        return self._pipeline.predict_proba(list(texts))


class NaiveBayes(_Pipeline):
    """Counts of words and marks, taken as independent given the class (Jurafsky and Martin, ch. 4).

    p(c | text) ∝ p(c) · ∏ p(word | c), with one added to each count.
    """

    def _steps(self) -> tuple[Any, Any]:
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.naive_bayes import MultinomialNB

        return CountVectorizer(token_pattern=WORDS_AND_MARKS), MultinomialNB()


class WordRegression(_Pipeline):
    """Logistic regression on TF-IDF of words and marks (Jurafsky and Martin, ch. 5 and 6)."""

    def _steps(self) -> tuple[Any, Any]:
        from sklearn.feature_extraction.text import TfidfVectorizer

        return TfidfVectorizer(token_pattern=WORDS_AND_MARKS, sublinear_tf=True), _regression()


class CharacterRegression(_Pipeline):
    """Logistic regression on TF-IDF of all pieces of one to four characters.

    Pieces of words survive odd spelling, so this is strong on short messages.
    """

    def _steps(self) -> tuple[Any, Any]:
        from sklearn.feature_extraction.text import TfidfVectorizer

        pieces = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), sublinear_tf=True)
        return pieces, _regression()


def _regression() -> Any:
    from sklearn.linear_model import LogisticRegression

    # Rows of TF-IDF have length one: the default C = 1 holds the weights too small.
    return LogisticRegression(C=10.0, max_iter=1000)


def check_pairs(texts: Sequence[str], labels: Sequence[str]) -> None:
    """Raises LabError if they are not lists of texts of the same length, at least one."""
    several(texts)
    several(labels, "label")
    if not len(texts) or len(texts) != len(labels):
        raise LabError(
            f"There are {len(texts)} texts and {len(labels)} labels: give as many of one as of "
            f"the other, and at least one."
        )
