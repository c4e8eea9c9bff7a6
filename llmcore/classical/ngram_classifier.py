"""Language models that decide: one n-gram model a class, and Bayes' rule between them."""

from collections.abc import Sequence
from typing import Self

import numpy as np

from llmcore.classical.baselines import check_pairs
from llmcore.classical.ngram import NgramModel
from llmcore.texts import several
from llmcore.tokenizers import Tokenizer, builtin_tokenizer

ORDER = 3  # bytes; best mean macro F1 on the validation splits of sms-spam and tweet-sentiment


class NgramClassifier:
    """p(c | text) ∝ p(c) · p(text | c), with p(text | c) from an n-gram model of the bytes of
    class c (Peng & Schuurmans 2003). Naive Bayes is the same with word counts for the model.

    An n-gram model makes no decision by itself: this one was given a model for each class.
    """

    classes: list[str]

    def __init__(self, order: int = ORDER, tokenizer: Tokenizer | None = None) -> None:
        self.order = order
        self.tokenizer = tokenizer or builtin_tokenizer("bytes")
        self.models: list[NgramModel] = []

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> Self:
        check_pairs(texts, labels)
        self.classes = sorted(set(labels))
        of_class = {
            name: [text for text, label in zip(texts, labels, strict=True) if label == name]
            for name in self.classes
        }
        self._log_prior = np.log([len(of_class[name]) / len(texts) for name in self.classes])
        encoding = self.tokenizer
        self.models = [
            NgramModel(self.order, encoding.vocab_size, encoding.eot_id).fit(
                encoding.encode_documents(of_class[name])
            )
            for name in self.classes
        ]
        return self

    def predict(self, texts: Sequence[str]) -> list[str]:
        return [self.classes[int(i)] for i in self._scores(texts).argmax(axis=1)]

    def predict_proba(self, texts: Sequence[str]) -> np.ndarray:
        """(N, K). Neighbouring n-grams are not independent, so these are too sure of themselves."""
        scores = self._scores(texts)
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        return shares / shares.sum(axis=1, keepdims=True)

    def _scores(self, texts: Sequence[str]) -> np.ndarray:
        """(N, K) log p(c) + log p(text | c), all texts of a class in one pass."""
        if not len(several(texts)):
            return np.zeros((0, len(self.classes)))
        ids = self.tokenizer.encode_documents(texts)
        ends = np.flatnonzero(ids == self.tokenizer.eot_id)
        starts = np.concatenate([[0], ends[:-1] + 1])
        by_class = [np.add.reduceat(model.log_probabilities(ids), starts) for model in self.models]
        return np.stack(by_class, axis=1) + self._log_prior

    @property
    def n_bytes(self) -> int:
        return sum(model.n_bytes for model in self.models)
