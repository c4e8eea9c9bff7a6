"""What came before language models, to measure them against. scikit-learn loads on first use."""

from llmcore.classical.baselines import (
    Baseline,
    CharacterRegression,
    MajorityClass,
    NaiveBayes,
    WordRegression,
)
from llmcore.classical.lookup import NearestAnswer
from llmcore.classical.ngram import NgramModel
from llmcore.classical.ngram_classifier import NgramClassifier
from llmcore.classical.word_vote import WordsSay, WordVote, silent_words, words_say

__all__ = [
    "Baseline",
    "CharacterRegression",
    "MajorityClass",
    "NaiveBayes",
    "NearestAnswer",
    "NgramClassifier",
    "NgramModel",
    "WordRegression",
    "WordVote",
    "WordsSay",
    "silent_words",
    "words_say",
]
