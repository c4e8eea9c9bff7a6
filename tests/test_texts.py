"""One text is not a list of its letters: every public call that takes several texts."""

from dataclasses import replace

import numpy as np
import pytest
from random_models import TOKENIZER, loaded
from tiny import TEXT

from llmcore import evaluation
from llmcore.applications.measuring import distinct_trigrams
from llmcore.assistants import Assistant
from llmcore.classical import MajorityClass, NaiveBayes, NearestAnswer, WordRegression, WordVote
from llmcore.classical.ngram import bits_per_byte, fit_on
from llmcore.classical.ngram_classifier import NgramClassifier
from llmcore.errors import LabError
from llmcore.experiments.sample_measures import known_words, real_word_share
from llmcore.texts import one_or_several
from llmcore.tokenizers import train_bpe

NO_TEXTS = [b"a text", None, 3, 2.5]
TEXTS, LABELS = ["win a prize", "see you at home", "free money"], ["spam", "ham", "spam"]


def assistant() -> Assistant:
    return Assistant(replace(loaded(), card={"template": None}))


def test_an_assistant_gives_one_text_one_answer():
    asked = assistant()
    one = asked.answer("the cat sees", max_new_tokens=5)
    assert isinstance(one, str) and asked.answer(["the cat sees"], max_new_tokens=5) == [one]
    assert len(asked.answer(("a dog", "the cat"), max_new_tokens=2)) == 2
    assert asked.answer([]) == []


@pytest.mark.parametrize("given", [*NO_TEXTS, ["a dog", None], [b"a dog"], [3]])
def test_an_assistant_refuses_what_is_no_text(given):
    with pytest.raises(LabError, match=r"^An? instruction .*given\."):
        assistant().answer(given)
    with pytest.raises(LabError, match=r"A system text must be a str"):
        assistant().prompt("hello", system=None)


ONE_DOCUMENT = {
    "encode_documents": lambda given: TOKENIZER.encode_documents(given).tolist(),
    "train_bpe": lambda given: train_bpe(given, 280).fingerprint,
    "text_loss": lambda given: evaluation.text_loss(loaded().model, TOKENIZER, given),
    "ngram": lambda given: bits_per_byte(fit_on(TOKENIZER, given), TOKENIZER, given),
    "known_words": known_words,
    "real_word_share": lambda given: real_word_share(given, frozenset({"cat", "the"})),
    "distinct_trigrams": distinct_trigrams,
}


@pytest.mark.parametrize("name", ONE_DOCUMENT)
def test_a_text_is_one_document_where_all_of_them_make_one_result(name):
    call, text = ONE_DOCUMENT[name], TEXT[:400]
    assert call(text) == call([text]) != call(list(text))
    for given in NO_TEXTS:
        with pytest.raises(LabError, match=r"given\."):
            call(given)


def _fitted(kind):
    return kind().fit(TEXTS, LABELS)


SEVERAL = {
    "scores": lambda given: evaluation.classification_scores(given, given, ["a"]),
    "classes": lambda given: evaluation.classification_scores(["a"], ["a"], given),
    "balanced_accuracy": lambda given: evaluation.balanced_accuracy(given, given),
    "paired_macro_f1": lambda given: evaluation.paired_macro_f1(given, given, given),
    "answer_scores": lambda given: evaluation.answer_scores(given, given),
    "chrf": lambda given: evaluation.chrf(given, given),
    "chrf_by_row": lambda given: evaluation.chrf_by_row(given, given),
    "lookup": lambda given: NearestAnswer().fit(TEXTS, TEXTS).predict(given),
    "lookup fit": lambda given: NearestAnswer().fit(given, given),
    "words": lambda given: WordVote.fit(TEXTS, LABELS, ["ham", "spam"]).probabilities(given),
    **{
        f"{kind.__name__} {method}": lambda given, kind=kind, method=method: getattr(
            _fitted(kind), method
        )(given)
        for kind in (MajorityClass, NaiveBayes, WordRegression, NgramClassifier)
        for method in ("predict", "predict_proba")
    },
    **{
        f"{kind.__name__} fit": lambda given, kind=kind: kind().fit(given, given)
        for kind in (MajorityClass, NaiveBayes, WordRegression, NgramClassifier)
    },
}


@pytest.mark.parametrize("name", SEVERAL)
def test_a_text_where_a_list_is_needed_is_refused(name):
    with pytest.raises(LabError, match=r"A single \w+ was given .* put it in a list\."):
        SEVERAL[name]("aaa")
    for given in NO_TEXTS:
        with pytest.raises(LabError, match=r"given\."):
            SEVERAL[name](given)


@pytest.mark.parametrize("given", [*NO_TEXTS, ["a", "list"]])
def test_a_tokenizer_encodes_a_text_and_nothing_else(given):
    with pytest.raises(LabError, match=r"A text must be a str, but .* given\."):
        TOKENIZER.encode(given)


def test_bytes_are_told_how_to_become_a_text_and_arrays_of_texts_are_lists():
    with pytest.raises(LabError, match="decode"):
        TOKENIZER.encode(b"a text")
    assert list(one_or_several(np.array(["a", "b"]))) == ["a", "b"]
    assert _fitted(NaiveBayes).predict(np.array(TEXTS)) == LABELS
