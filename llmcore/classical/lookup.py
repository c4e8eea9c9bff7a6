"""The answer of the most similar question: what a search in the training set would reply."""

from collections.abc import Sequence
from typing import Any, Self

from llmcore.errors import LabError
from llmcore.texts import several

_ROWS = 256  # questions compared with the whole training set at once


class NearestAnswer:
    """Nearest neighbour by the cosine of TF-IDF vectors over words and pairs of words.

    It invents nothing and copies nothing: a question about a value that no training row names
    gets the answer to another value. What a finetuned model adds is seen beside it.
    """

    def fit(self, questions: Sequence[str], answers: Sequence[str]) -> Self:
        """Raises LabError if there is nothing to look up."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        several(questions, "question")
        several(answers, "answer")
        if not questions:
            raise LabError("There are no training rows to look answers up in: give at least one.")
        self._vectorizer: Any = TfidfVectorizer(
            token_pattern=r"\w+|[^\w\s]", ngram_range=(1, 2), sublinear_tf=True
        )
        try:
            self._known = self._vectorizer.fit_transform(questions)  # (N, F), rows of length 1
        except ValueError as error:
            raise LabError(
                "No question has a word or a mark, so none can be looked up: give questions."
            ) from error
        self._answers = list(answers)
        return self

    def predict(self, questions: Sequence[str]) -> list[str]:
        """For each question the answer of the training question nearest to it."""
        several(questions, "question")
        found: list[str] = []
        for first in range(0, len(questions), _ROWS):
            asked = self._vectorizer.transform(questions[first : first + _ROWS])  # (B, F)
            nearest = (asked @ self._known.T).toarray().argmax(axis=1)  # cosines are dot products
            found += [self._answers[i] for i in nearest]
        return found
