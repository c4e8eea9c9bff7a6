"""Splits: no common text, every class in training, seeded, and one fixed test for tweets."""

import hashlib
import random
import re
from collections import Counter

import pytest

from llmcore.data import LabelledSet, fold, load_labelled, split_labelled
from llmcore.data.folding import FIXED_TEST_SHARE, in_fixed_test
from llmcore.errors import LabError

PARTS = ("train", "validation", "test")


def _parts(splits) -> list[LabelledSet]:
    return [getattr(splits, part) for part in PARTS]


def _random_set(seed: int) -> LabelledSet:
    draw = random.Random(seed)
    words = ["win", "now", "hello", "you", "me", "Café", "ok", "later", "2", "😀"]
    texts, labels = [], []
    for _ in range(draw.randrange(30, 200)):
        text = " ".join(draw.choices(words, k=draw.randrange(1, 5)))
        text = draw.choice([str, str.upper, lambda t: t + "!", lambda t: f" {t.title()} "])(text)
        texts.append(text)
        labels.append(draw.choices(["a", "b", "rare"], weights=[10, 5, 0.3])[0])
    return LabelledSet("random", [*texts, "unique one", "unique two"], [*labels, "a", "b"])


@pytest.mark.parametrize("seed", range(25))
def test_what_holds_for_every_split(seed: int) -> None:
    data = _random_set(seed)
    splits = split_labelled(data, 0.15, 0.2, seed)
    folds = [{fold(text) for text in part.texts} for part in _parts(splits)]
    # each text once, in one part only, and none is lost
    assert sum(map(len, folds)) == len(folds[0] | folds[1] | folds[2])
    assert sum(map(len, folds)) == sum(len(part) for part in _parts(splits))
    assert folds[0] | folds[1] | folds[2] == {fold(text) for text in data.texts}
    # texts stay as they were
    assert all(set(part.texts) <= set(data.texts) for part in _parts(splits))
    # stratified: within one row of the share, where the class is not tiny
    whole = Counter(label for part in _parts(splits) for label in part.labels)
    assert set(splits.train.labels) == set(whole)
    for label, n in whole.items():
        if n < 3:
            assert splits.test.labels.count(label) == splits.validation.labels.count(label) == 0
        else:
            assert abs(splits.test.labels.count(label) - 0.2 * n) <= 1
            assert abs(splits.validation.labels.count(label) - 0.15 * n) <= 1


def test_the_seed_decides() -> None:
    data = load_labelled("sms-spam")
    once, again, other = (split_labelled(data, 0.1, 0.2, seed) for seed in (1, 1, 2))
    assert [p.texts for p in _parts(once)] == [p.texts for p in _parts(again)]
    assert once.test.texts != other.test.texts
    assert len(once.test) == len(other.test)


def test_rows_in_another_order_give_the_same_test_texts() -> None:
    data = load_labelled("sms-spam")
    order = list(range(len(data)))
    random.Random(0).shuffle(order)
    before, after = (split_labelled(d, 0.1, 0.2, 7).test.texts for d in (data, data.take(order)))
    assert {fold(text) for text in before} == {fold(text) for text in after}


@pytest.mark.parametrize("name", ["sms-spam", "tweet-sentiment"])
def test_built_in_sets_share_no_text_even_by_other_folds(name: str) -> None:
    parts = _parts(split_labelled(load_labelled(name), 0.1, 0.2, 42))
    for plain in (
        lambda t: re.sub(r"[\W_]+", " ", t.lower()).strip(),
        lambda t: re.sub(r"[\W_]+", "", t.casefold()),
        lambda t: " ".join(t.split()),
    ):
        a, b, c = ({plain(text) for text in part.texts} for part in parts)
        assert not (a & b or a & c or b & c)


def test_sms_counts_are_reported() -> None:
    splits = split_labelled(load_labelled("sms-spam"), 0.1, 0.2, 42)
    assert "356 doubles" in splits.notices[0] and "4,506 texts" in splits.notices[0]
    assert [len(part) for part in _parts(splits)] == [3153, 451, 902]


def test_tweets_have_one_test_split() -> None:
    data = load_labelled("tweet-sentiment")
    tests = [
        split_labelled(data, *shares, seed).test.texts
        for shares, seed in (((0.1, 0.2), 1), ((0.3, 0.2), 2), ((0.0, 0.5), 3))
    ]
    assert tests[0] == tests[1] == tests[2]
    assert all(in_fixed_test(fold(text)) for text in tests[0])
    assert len(tests[0]) / 37_074 == pytest.approx(FIXED_TEST_SHARE, abs=0.005)
    a, b = (split_labelled(data, 0.1, 0.2, seed).validation.texts for seed in (1, 2))
    assert a != b
    # The bundled model's text hangs on this split: it must never move.
    assert len(tests[0]) == 7432
    folds = "\n".join(sorted(fold(text) for text in tests[0]))
    assert hashlib.sha256(folds.encode()).hexdigest().startswith("24592dfb8ed1231c")


def test_doubles_and_contradictions_are_reported() -> None:
    texts = ["Win NOW!", "win now", "WIN  now?!", *(f"text {i}" for i in range(20))]
    labels = ["ham", "spam", "spam", *("ham" if i % 2 else "spam" for i in range(20))]
    splits = split_labelled(LabelledSet("x", texts, labels, ["from reading"]), 0.2, 0.2, 0)
    found = {
        text: label
        for part in _parts(splits)
        for text, label in zip(part.texts, part.labels, strict=True)
    }
    assert found["Win NOW!"] == "spam"
    assert "win now" not in found
    assert splits.notices[0] == "from reading"
    assert "2 doubles" in splits.notices[1]
    assert "1 texts" in splits.notices[2]


def test_small_classes_stay_in_training() -> None:
    labels = ["a"] * 20 + ["b"] * 2 + ["c"]
    data = LabelledSet("x", [f"text number {i}" for i in range(23)], labels)
    splits = split_labelled(data, 0.2, 0.2, 0)
    assert splits.train.counts() == {"a": 12, "b": 2, "c": 1}
    assert set(splits.test.labels) == {"a"}
    assert "'b', 'c'" in splits.notices[0]


def test_three_rows_go_one_each() -> None:
    data = LabelledSet("x", [f"t{i}" for i in range(6)], ["a"] * 3 + ["b"] * 3)
    parts = _parts(split_labelled(data, 0.1, 0.1, 0))
    assert [part.counts() for part in parts] == [{"a": 1, "b": 1}] * 3


@pytest.mark.parametrize(("validation", "test"), [(0.85, 0.1), (0.1, 0.85), (0.45, 0.5)])
def test_large_shares_leave_something_to_train_on(validation: float, test: float) -> None:
    data = LabelledSet("x", [f"t{i}" for i in range(8)], ["a"] * 4 + ["b"] * 4)
    splits = split_labelled(data, validation, test, 0)
    assert splits.train.classes == ["a", "b"]
    assert len(splits.validation) and len(splits.test)


def test_balance_thins_the_training_split_alone() -> None:
    data = load_labelled("sms-spam")
    plain, equal = (split_labelled(data, 0.1, 0.2, 3, balance) for balance in ("none", "equal"))
    assert equal.test.texts == plain.test.texts
    assert equal.validation.texts == plain.validation.texts
    counts = equal.train.counts()
    assert counts["ham"] == counts["spam"] == plain.train.counts()["spam"]
    assert set(equal.train.texts) < set(plain.train.texts)
    assert "Balanced" in equal.notices[-1]
    assert split_labelled(data, 0.1, 0.2, 4, "equal").train.texts != equal.train.texts


@pytest.mark.parametrize(
    ("texts", "labels", "options", "words"),
    [
        (["a", "b"], ["x", "y"], {}, "too few"),
        (["a", "b"], ["x", "x"], {}, "two classes"),
        ([], [], {}, "no rows"),
        (["a", "b"], ["x", "y"], {"validation": 0.6, "test": 0.5}, "nothing to train"),
        (["a", "b"], ["x", "y"], {"validation": -0.1}, "at least 0"),
        (["a", "b"], ["x", "y"], {"balance": "some"}, "none, equal, weights"),
        (["same"] * 9, ["x", "y"] * 4 + ["x"], {}, "one class only"),
        (["a", "b", "c", "d", "d!", "d?"], [*"xxxx", "y", "x"], {}, "one class only"),
    ],
)
def test_what_cannot_be_split(texts, labels, options, words) -> None:
    arguments = {"validation": 0.1, "test": 0.2, "seed": 0, "balance": "none", **options}
    with pytest.raises(LabError, match=words):
        split_labelled(LabelledSet("x", texts, labels), **arguments)


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("Don't  STOP!", "dont stop", True),
        ("well,done", "well done", True),
        ("Straße", "STRASSE", True),
        ("ﬁne", "fine", True),
        (":)", ":(", False),
        ("ok 😀", "ok 😡", False),
        ("£100", "£1000", False),
        ("", " ", True),
    ],
)
def test_folding(a: str, b: str, same: bool) -> None:
    assert (fold(a) == fold(b)) is same


def _given(train: int, test: int, validation: int = 0, same: int = 0) -> LabelledSet:
    texts = [f"text number {i}" for i in range(train + validation + test - same)]
    texts += texts[:same]
    given = ["train"] * train + ["validation"] * validation + ["test"] * test
    return LabelledSet("x", texts, ["ab"[i % 2] for i in range(len(texts))], given=given)


def test_the_splits_that_a_file_brings_are_kept() -> None:
    for seed in range(3):
        splits = split_labelled(_given(60, 20, 10), 0.1, 0.2, seed)
        assert (len(splits.train), len(splits.validation), len(splits.test)) == (60, 10, 20)
        assert {int(text.split()[2]) for text in splits.test.texts} == set(range(70, 90))
        drawn = split_labelled(_given(60, 20), 0.1, 0.2, seed)  # no validation rows: drawn
        assert len(drawn.test) == 20 and 0 < len(drawn.validation) < 15
        assert not {text for text in drawn.train.texts} & {text for text in drawn.test.texts}


def test_test_rows_that_are_training_rows_as_well_are_no_test() -> None:
    splits = split_labelled(_given(60, 20, same=5), 0.1, 0.2, 0)
    assert len(splits.test) == 15
    assert any("5 of the 20 test rows" in notice for notice in splits.notices)
    with pytest.raises(LabError, match="Every test row"):
        split_labelled(_given(60, 20, same=20), 0.1, 0.2, 0)


def test_a_class_that_only_the_test_has_is_left_out_with_a_notice() -> None:
    data = _given(60, 20)
    data.labels[-3:] = ["c"] * 3
    splits = split_labelled(data, 0.1, 0.2, 0)
    assert len(splits.test) == 17 and "c" not in splits.test.labels
    assert any("'c'" in notice for notice in splits.notices)
