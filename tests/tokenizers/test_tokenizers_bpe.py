"""Training byte-pair encodings: tiktoken's encoding is the Rust tokenizer's, and nothing hangs."""

import itertools
import json
import random
import time

import pytest
from tokenizers import Regex, models, pre_tokenizers, trainers
from tokenizers import Tokenizer as RustTokenizer

from llmcore.data import load_corpus
from llmcore.errors import LabError
from llmcore.tokenizers import (
    BPE_PATTERN,
    MIN_VOCAB_SIZE,
    RULES,
    Recipe,
    Tokenizer,
    Training,
    builtin_tokenizer,
    train_bpe,
)
from llmcore.tokenizers.segments import MAX_SEGMENT, segments
from llmcore.tokenizers.signs import byte_characters

ALPHABET = "aAbeEhst  \n\n\t'.,!?-_0123456789éßдЖع漢字😀\u200d\u0301\u00a0\r\0"
WORDS = ["the", " the", "and", "'s", "\n\n", "KING", ":\n", "thou", "  ", "'ll", "1604", "o'er"]


@pytest.fixture(scope="module")
def corpus() -> list[str]:
    return [document[:60_000] for document in load_corpus("shakespeare").documents[:6]]


@pytest.fixture(scope="module")
def trained(corpus: list[str]) -> Tokenizer:
    return train_bpe([*corpus, *(_noise(i, 300) for i in range(40))], 1024)


def _noise(seed: int, length: int) -> str:
    draw = random.Random(seed)
    return "".join(
        draw.choice(WORDS) if draw.random() < 0.6 else draw.choice(ALPHABET)
        for _ in range(draw.randrange(length))
    )


def byte_level_bpe(pattern: str = BPE_PATTERN) -> RustTokenizer:
    """The `tokenizers` library's own byte-level BPE, with nothing learned yet."""
    rust = RustTokenizer(models.BPE(vocab={}, merges=[]))
    split = pre_tokenizers.Split(Regex(pattern), behavior="isolated")
    to_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    rust.pre_tokenizer = pre_tokenizers.Sequence([split, to_bytes])
    return rust


def _rust_twin(tokenizer: Tokenizer):
    """A Rust tokenizer with the same tokens, its merges replayed from the ranks alone."""
    characters = byte_characters()
    ranks = {tokenizer.token_bytes(i): i for i in range(tokenizer.vocab_size - 1)}

    def text(data: bytes) -> str:
        return "".join(characters[byte] for byte in data)

    merges = []
    for data, rank in ranks.items():
        if len(data) > 1:
            parts = [bytes([byte]) for byte in data]
            while len(parts) > 2:
                pairs = [ranks.get(a + b, rank) for a, b in itertools.pairwise(parts)]
                at = min(range(len(pairs)), key=pairs.__getitem__)
                assert pairs[at] < rank
                parts[at : at + 2] = [parts[at] + parts[at + 1]]
            merges.append((text(parts[0]), text(parts[1])))
    rust = byte_level_bpe()
    rust.model = models.BPE(vocab={text(data): rank for data, rank in ranks.items()}, merges=merges)
    return rust


def test_tiktoken_encodes_like_the_rust_tokenizer(trained: Tokenizer, corpus: list[str]) -> None:
    rust = _rust_twin(trained)
    texts = [_noise(seed, 120) for seed in range(1000, 1600)] + [text[:3000] for text in corpus]
    for text in texts:
        assert trained.encode(text) == rust.encode(text).ids, repr(text)
        assert trained.decode(trained.encode(text)) == text


@pytest.mark.parametrize("rule", ["lab", "words"])
def test_merges_are_those_of_the_rust_trainer(rule: str, corpus: list[str]) -> None:
    """Another implementation, to the last merge and in the same order."""
    texts = [*corpus, *(_noise(i, 300) for i in range(40))]
    rust = byte_level_bpe(RULES[rule].pattern)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=256 + 700, min_frequency=2, initial_alphabet=alphabet, show_progress=False
    )
    rust.train_from_iterator(texts, trainer)
    theirs = [tuple(pair) for pair in json.loads(rust.to_str())["model"]["merges"]]
    training = Training(Recipe(MIN_VOCAB_SIZE + 700, rule=rule))
    training.run(texts)
    signs = byte_characters()
    ours = [
        tuple("".join(signs[byte] for byte in part) for part in (merge.left, merge.right))
        for merge in training.merges
    ]
    assert ours == theirs and len(ours) == 700


def test_size_name_and_end_of_text(trained: Tokenizer) -> None:
    assert trained.vocab_size == 1024
    assert trained.name == "bpe-1024"
    assert trained.eot_id == 1023
    assert trained.token_bytes(1023) == b"<|endoftext|>"
    assert [trained.token_bytes(i) for i in range(256)] == [bytes([i]) for i in range(256)]


def test_training_twice_gives_the_same(corpus: list[str]) -> None:
    once, twice = train_bpe(corpus[:2], 700), train_bpe(iter(corpus[:2]), 700)
    assert once.fingerprint == twice.fingerprint
    assert once.fingerprint != train_bpe(corpus[:2], 701).fingerprint


def test_merges_are_those_of_a_plain_count() -> None:
    """The most frequent pair first: in `ab ab ab cd` that is a+b, then c+d has too few."""
    tokenizer = train_bpe(["ab,ab,ab,cd,cd"], 300)
    learned = [tokenizer.token_bytes(i) for i in range(256, tokenizer.vocab_size - 1)]
    assert learned[:2] == [b"ab", b"cd"]


def test_digits_stay_single_and_lines_join(trained: Tokenizer) -> None:
    assert [trained.token_label(i) for i in trained.encode("1604")] == ["1", "6", "0", "4"]
    many = train_bpe(["2024 2024 2024\n\nA:\n\nB:\n\n" * 50], 400)
    tokens = {many.token_bytes(i) for i in range(many.vocab_size)}
    assert b"\n\n" in tokens and b":\n\n" in tokens
    assert not any(sum(48 <= byte < 58 for byte in token) > 1 for token in tokens)


def test_a_short_text_gives_fewer_tokens() -> None:
    tokenizer = train_bpe(["ab"], 1024)
    assert tokenizer.vocab_size == MIN_VOCAB_SIZE
    assert tokenizer.decode(tokenizer.encode("anything ✓")) == "anything ✓"


@pytest.mark.parametrize("size", [0, 256, 10_000_000])
def test_impossible_sizes_are_refused(size: int) -> None:
    with pytest.raises(LabError, match=str(MIN_VOCAB_SIZE)):
        train_bpe(["text"], size)


@pytest.mark.parametrize("documents", [[], [""], ["", ""]])
def test_no_text_is_refused(documents: list[str]) -> None:
    with pytest.raises(LabError, match="no text"):
        train_bpe(documents, 300)


# ---- segments: whatever comes, in seconds


@pytest.mark.parametrize("name", ["gpt2", "cl100k_base", "trained"])
def test_cuts_do_not_change_ids(name: str, trained: Tokenizer) -> None:
    tokenizer = trained if name == "trained" else builtin_tokenizer(name)
    draw = random.Random(3)
    soft = 0
    for seed in range(150):
        text = " and so ".join(_noise(seed * 10 + i, 60) for i in range(draw.randrange(1, 8)))
        whole = tokenizer.engine.encoding.encode_ordinary(text)
        limit = draw.randrange(60, 200)
        parts = list(segments(text, limit))
        assert "".join(parts) == text
        joined = [id for part in parts for id in tokenizer.engine.encoding.encode_ordinary(part)]
        if all(len(part) < limit for part in parts):  # no cut at any price
            soft += len(parts) > 1
            assert joined == whole, repr(text)
        assert tokenizer.decode(joined) == text
    assert soft > 30


def test_segments_bound_any_text() -> None:
    for text in ("", "a", " " * 1000, "x" * 1000, "a b\n" * 300):
        parts = list(segments(text, 64))
        assert "".join(parts) == text
        assert all(len(part) <= 64 for part in parts)


@pytest.mark.parametrize("name", ["gpt2", "cl100k_base", "bytes", "trained"])
@pytest.mark.parametrize(
    "unit", ["a", " ", "\n", " \n", "!", "1", "\0", "😀", "é'", "\u3000"], ids=ascii
)
def test_a_million_of_anything(name: str, unit: str, trained: Tokenizer) -> None:
    tokenizer = trained if name == "trained" else builtin_tokenizer(name)
    text = unit * (1_200_000 // len(unit)) + "x"
    assert len(text) > 10 * MAX_SEGMENT
    started = time.monotonic()
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("unit", ["a", " ", "1", "漢", "ab😀"], ids=ascii)
def test_training_on_a_million_of_anything(unit: str) -> None:
    started = time.monotonic()
    tokenizer = train_bpe([unit * (1_000_000 // len(unit))], 512)
    assert time.monotonic() - started < 20
    assert tokenizer.decode(tokenizer.encode(unit * 9)) == unit * 9


@pytest.mark.slow
def test_training_on_random_letters_ends() -> None:
    draw = random.Random(0)
    text = "".join(draw.choices("abcdefghijklmnop", k=2_000_000))
    started = time.monotonic()
    assert train_bpe([text], 512).vocab_size == 512
    assert time.monotonic() - started < 30
