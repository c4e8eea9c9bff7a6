import itertools
from collections import Counter

import numpy as np

from llmcore.data import load_corpus
from llmcore.data.repeats import FEWEST, FOLLOWS, LENGTH, LETTERS, MOST, repeats


def followers(document: str) -> dict[str, Counter]:
    found: dict[str, Counter] = {}
    for letter, after in itertools.pairwise(document):
        found.setdefault(letter, Counter())[after] += 1
    return found


def test_a_document_has_few_letters_and_mostly_keeps_to_its_rule():
    kept = []
    for document in repeats(300, seed=3):
        assert len(document) == LENGTH and set(document) <= set(LETTERS)
        assert len(set(document)) <= MOST
        for after in followers(document).values():
            if after.total() >= 8:
                kept.append(after.most_common(1)[0][1] / after.total())
    # Where it does not follow the rule, a letter may come by chance that follows it as well.
    assert FOLLOWS - 0.05 < np.mean(kept) < FOLLOWS + 0.15


def test_documents_have_rules_of_their_own():
    usual = Counter()
    for document in repeats(2000, seed=1):
        for letter, after in followers(document).items():
            usual[letter, after.most_common(1)[0][0]] += 1
    most = usual.most_common(1)[0][1]
    assert most < 0.02 * 2000  # no pair is usual in more than a few of them


def test_the_seed_makes_the_text():
    assert repeats(20, seed=1) == repeats(20, seed=1) != repeats(20, seed=2)


def test_all_letters_come_alike():
    counts = Counter("".join("".join(set(repeat)) for repeat in repeats(5000)))
    assert len(counts) == len(LETTERS) == 94 and LETTERS.isascii()
    assert min(counts.values()) > 0.7 * counts.total() / 94
    assert FEWEST < np.mean([len(set(repeat)) for repeat in repeats(500)]) < MOST


def test_it_is_a_corpus_that_splits():
    train, held_out = load_corpus("repeats").split(0.02, 0)
    assert not set(train) & set(held_out) and len(held_out) > 100
