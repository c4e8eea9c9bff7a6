"""Folds: every text is tested once, no text stands on two sides, classes keep their shares."""

import pytest

from llmcore.data import LabelledSet, fold, load_labelled
from llmcore.data.cross_validation import as_many_of_each, stratified_folds, unique_texts
from llmcore.errors import LabError


def some_texts(n_ham: int = 23, n_spam: int = 11) -> LabelledSet:
    texts = [f"message {i} of ham" for i in range(n_ham)] + [f"win {i}" for i in range(n_spam)]
    return LabelledSet("some", texts, ["ham"] * n_ham + ["spam"] * n_spam)


def test_doubles_leave_one_text_with_the_label_that_most_have() -> None:
    data = LabelledSet("d", ["Win!", "see you", "win", "WIN  "], ["ham", "ham", "spam", "spam"])
    unique = unique_texts(data)
    assert unique.texts == ["Win!", "see you"] and unique.labels == ["spam", "ham"]
    assert "2 doubles" in unique.notices[0]


def test_every_text_is_tested_once_and_never_learned_from_in_that_fold() -> None:
    data = some_texts()
    folds = stratified_folds(data, 5, 0.125, seed=3)
    assert sorted(text for fold in folds for text in fold.test.texts) == sorted(data.texts)
    for split in folds:
        parts = [set(part.texts) for part in (split.train, split.validation, split.test)]
        assert len(set.union(*parts)) == sum(map(len, parts)) == len(data)
        assert split.validation.counts().keys() == {"ham", "spam"}
        assert split.test.counts()["ham"] in (4, 5) and split.test.counts()["spam"] in (2, 3)
        labels = dict(zip(data.texts, data.labels, strict=True))
        assert [labels[text] for text in split.test.texts] == split.test.labels


def test_folds_and_draws_depend_on_the_seed_and_on_the_texts_alone() -> None:
    data = some_texts()
    backwards = data.take(list(range(len(data)))[::-1])
    for seed in (1, 2):
        a, b = (stratified_folds(rows, 4, 0.2, seed) for rows in (data, backwards))
        assert [set(fold.test.texts) for fold in a] == [set(fold.test.texts) for fold in b]
    draws = [set(as_many_of_each(rows, s).texts) for s in (1, 2) for rows in (data, backwards)]
    assert draws[0] == draws[1] and draws[2] == draws[3] and draws[0] != draws[2]


def test_the_balanced_set_holds_all_spam_and_as_much_ham() -> None:
    unique = unique_texts(load_labelled("sms-spam"))
    balanced = as_many_of_each(unique, seed=0)
    assert balanced.counts() == {"ham": 548, "spam": 548}
    assert len({fold(text) for text in balanced.texts}) == 2 * 548
    assert as_many_of_each(unique, seed=0, n=7).counts() == {"ham": 7, "spam": 7}


def test_what_cannot_be_cut_is_refused() -> None:
    with pytest.raises(LabError, match="12 folds .* 11 texts of 'spam'"):
        stratified_folds(some_texts(), 12, 0.1, 0)
    with pytest.raises(LabError, match="1 folds"):
        stratified_folds(some_texts(), 1, 0.1, 0)
    fixed = some_texts()
    fixed.fixed_test = True
    with pytest.raises(LabError, match="fixed test split"):
        stratified_folds(fixed, 5, 0.1, 0)
