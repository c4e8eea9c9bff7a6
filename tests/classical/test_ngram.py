"""Kneser-Ney: by hand, against a plain reading of the formulas, and as a distribution."""

import math
import random
from collections import Counter

import numpy as np
import pytest
from tiny import sentences

from llmcore.classical.ngram import (
    NgramModel,
    bits_per_byte,
    continuation,
    fit_on,
    modified_discounts,
)
from llmcore.errors import LabError
from llmcore.tokenizers import builtin_tokenizer

A, B, END = 0, 1, 2


class Plain:
    """The same model as the papers write it: dictionaries, one n-gram at a time."""

    def __init__(self, order: int, vocab_size: int, boundary: int, ids: list[int]) -> None:
        self.order, self.V, self.boundary = order, vocab_size, boundary
        raw = [Counter() for _ in range(order + 1)]
        for document in documents(ids, boundary):
            for k in range(1, order + 1):
                for start in range(len(document) - k + 1):
                    if k > 1 or start > 0:
                        raw[k][tuple(document[start : start + k])] += 1
        self.counts = [Counter() for _ in range(order + 1)]
        self.counts[order] = raw[order]
        for k in range(1, order):
            before = Counter(gram[1:] for gram in raw[k + 1])
            for gram, count in raw[k].items():
                begins = k > 1 and gram[0] == boundary
                self.counts[k][gram] = count if begins else before[gram]
        self.discounts = [
            modified_discounts(np.array([*count.values(), 0])) if count else None
            for count in self.counts
        ]

    def p(self, word: int, history: tuple[int, ...]) -> float:
        return self._p(word, history[max(0, len(history) - self.order + 1) :])

    def _p(self, word: int, history: tuple[int, ...]) -> float:
        k = len(history) + 1
        shorter = self._p(word, history[1:]) if history else 1 / self.V
        followers = {g[-1]: c for g, c in self.counts[k].items() if g[:-1] == history}
        total = sum(followers.values())
        if not total:
            return shorter
        discount = [float(self.discounts[k][min(c, 3)]) for c in followers.values()]
        count = followers.get(word, 0)
        kept = count - float(self.discounts[k][min(count, 3)])
        return kept / total + sum(discount) / total * shorter


def documents(ids: list[int], boundary: int) -> list[list[int]]:
    """Each with the boundary in front and, where it has ended, behind."""
    parts, current = [], [boundary]
    for token_id in ids:
        current.append(token_id)
        if token_id == boundary:
            parts.append(current)
            current = [boundary]
    return [*parts, current] if len(current) > 1 else parts


def drawn(n: int, seed: int = 0) -> list[int]:
    """Ids 0 to 7, the 7 as boundary, with habits that an n-gram model can learn."""
    rng = random.Random(seed)
    ids = [0]
    for _ in range(n - 1):
        ids.append((ids[-1] * 3 + 1) % 8 if rng.random() < 0.6 else rng.randrange(8))
    return [*ids, 7]


def test_a_bigram_model_worked_out_by_hand() -> None:
    # `a b a` in one document. Bigrams once each: ^a, ab, ba, a$. Before a stand 2 different words,
    # before b one, before $ one: 4 in all. So few counts take the discounts 0.5 and 1.
    model = NgramModel(2, 3, END).fit([A, B, A, END])
    uniform = (1.0 + 0.5 + 0.5) / 4 / 3
    unigram = {A: 1 / 4 + uniform, B: 0.5 / 4 + uniform, END: 0.5 / 4 + uniform}
    after_a = model.distribution([A])
    assert after_a[B] == pytest.approx(0.5 / 2 + 0.5 * unigram[B])
    assert after_a[A] == pytest.approx(0.5 * unigram[A])
    assert model.distribution([B])[A] == pytest.approx(0.5 / 1 + 0.5 * unigram[A])
    first = 0.5 / 1 + 0.5 * unigram[A]  # at the beginning only `a` was seen
    assert np.exp(model.log_probabilities([A]))[0] == pytest.approx(first)


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_it_equals_the_plain_reading_of_the_formulas(order: int) -> None:
    ids, test = drawn(400), drawn(60, seed=1)
    fast, plain = NgramModel(order, 8, 7).fit(ids), Plain(order, 8, 7, ids)
    expected = []
    for document in documents(test, 7):
        for i in range(1, len(document)):
            expected.append(plain.p(document[i], tuple(document[:i])))
    assert np.exp(fast.log_probabilities(test)) == pytest.approx(np.array(expected), abs=1e-12)


def test_documents_shorter_than_the_order_give_a_model_of_what_they_hold() -> None:
    ids = [A, END, B, END, A, END]  # no document has two words
    fast, plain = NgramModel(5, 3, END).fit(np.array(ids)), Plain(5, 3, END, ids)
    test = [A, B, A, END]
    expected = [plain.p(word, (END, *test[:i])) for i, word in enumerate(test)]
    assert np.exp(fast.log_probabilities(np.array(test))) == pytest.approx(np.array(expected))
    assert fast.distribution([A, B, A, B, A]).sum() == pytest.approx(1.0)


@pytest.mark.parametrize("order", [1, 2, 4])
def test_after_any_history_all_words_together_have_probability_one(order: int) -> None:
    model = NgramModel(order, 9, 7).fit(drawn(300))  # id 8 never occurs
    for history in ([], [1], [1, 4, 5], [8], [8, 8, 8], [0, 7], [2, 7, 3], [5, 0, 1, 4, 5, 0]):
        p = model.distribution(history)
        assert p.sum() == pytest.approx(1.0) and p.min() > 0.0
        scored = [model.log_probabilities([*history, word])[-1] for word in range(9)]
        assert np.exp(scored) == pytest.approx(p)


def test_a_frequent_word_with_one_neighbour_is_no_guess_elsewhere() -> None:
    # 1 is as frequent as 2, but stands after 0 only: the example of San Francisco.
    ids = []
    for other in (3, 4, 5, 6):
        ids += [0, 1, other, 2, 7]
    assert ids.count(1) == ids.count(2)
    unknown = NgramModel(2, 9, 7).fit(ids).distribution([8])  # 8 was never seen before a word
    assert unknown[2] > 2 * unknown[1]


def test_discounts_follow_the_counts_of_counts_where_these_are_usual() -> None:
    counts = np.repeat([1, 2, 3, 4], [40, 12, 6, 3])
    y = 40 / (40 + 24)
    assert modified_discounts(counts) == pytest.approx(
        [0, 1 - 2 * y * 12 / 40, 2 - 3 * y * 6 / 12, 3 - 4 * y * 3 / 6]
    )
    for odd in ([5, 40, 1, 90], [90, 1, 90, 1], [3, 2, 1, 0]):
        assert modified_discounts(np.repeat([1, 2, 3, 4], odd)).tolist() == [0, 0.5, 1.0, 1.5]


def test_what_is_unseen_keeps_a_probability_where_the_text_repeats_itself() -> None:
    for times in range(1, 8):
        model = NgramModel(3, 9, 7).fit([*([0, 1, 2, 3, 7] * times), 4, 4, 4, 4, 7, 5, 7])
        assert np.isfinite(model.log_probabilities([8, 6, 0, 8, 1, 2, 8, 7])).all()


def test_text_is_scored_in_bits_per_byte_and_longer_histories_help() -> None:
    tokenizer = builtin_tokenizer("bytes")
    train, test = [sentences(300)], [sentences(20, seed=9)]
    bits = [bits_per_byte(fit_on(tokenizer, train, order), tokenizer, test) for order in (1, 2, 5)]
    assert 8 > bits[0] > bits[1] > bits[2] > 0
    model = fit_on(tokenizer, train, 5)
    nats = -model.log_probabilities(tokenizer.encode_documents(test)).sum()
    assert bits[2] == pytest.approx(nats / math.log(2) / len(test[0].encode()))


def test_the_same_seed_writes_the_same_text() -> None:
    tokenizer = builtin_tokenizer("bytes")
    model = fit_on(tokenizer, [sentences(300)], 5)
    first = continuation(model, tokenizer, "the cat", 60, seed=1)
    assert first == continuation(model, tokenizer, "the cat", 60, seed=1)
    assert first != continuation(model, tokenizer, "the cat", 60, seed=2)
    assert any(f" {verb} " in first for verb in ("sees", "likes", "follows", "finds", "hears"))
    greedy = model.sample(tokenizer.encode("the c"), 2, temperature=0.0)
    assert tokenizer.decode(greedy) == "at"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: NgramModel(0, 3, 2), "from 1 to"),
        (lambda: NgramModel(2, 3, 2).fit([]), "empty"),
        (lambda: NgramModel(2, 3, 2).fit([0, 3]), "knows 3"),
        (lambda: NgramModel(2, 3, 2).distribution([0]), "fit it first"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(make, words: str) -> None:
    with pytest.raises(LabError, match=words):
        make()


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llmcore.classical.ngram.MAX_TOKENS", 10)
    with pytest.raises(LabError, match="at most 10"):
        NgramModel(2, 3, 2).fit([0] * 10)
