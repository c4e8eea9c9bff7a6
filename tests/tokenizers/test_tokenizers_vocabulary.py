"""Sorts, scripts, search and use of tokens."""

import time

import numpy as np
import pytest

from llmcore.errors import LabError
from llmcore.tokenizers import builtin_tokenizer
from llmcore.tokenizers.vocabulary import (
    SORTS,
    Token,
    encode_reading_special,
    never_used,
    search,
    times_used,
    vocabulary,
)


@pytest.fixture(scope="module")
def gpt2() -> list[Token]:
    return vocabulary(builtin_tokenizer("gpt2"))


def one(tokens: list[Token], text: str) -> Token:
    return next(token for token in tokens if token.text == text)


def test_every_token_is_there_once_and_sorted(gpt2: list[Token]) -> None:
    assert [token.id for token in gpt2] == list(range(50257))
    assert {token.sort for token in gpt2} == set(SORTS)
    assert sum(token.sort == "byte" for token in gpt2) == 256
    assert [token.text for token in gpt2 if token.sort == "special"] == ["<|endoftext|>"]
    # cl100k_base has ids that no token has.
    tokens = vocabulary(builtin_tokenizer("cl100k_base"))
    assert len(tokens) < builtin_tokenizer("cl100k_base").vocab_size
    assert sum(token.sort == "special" for token in tokens) == 5


@pytest.mark.parametrize(
    ("text", "sort", "script"),
    [
        (" the", "word", "Latin"),
        ("é", "word", "Latin"),
        (" 2010", "number", ""),
        ("\n\n", "whitespace", ""),
        ("!!!!", "sign", ""),
        ("в", "word", "Cyrillic"),
        ("の", "word", "Hiragana"),
        ("龍", "word", "CJK"),
        ("A", "byte", "Latin"),
        ("'s", "mixed", "Latin"),
        ("\\xe2\\x80", "partial", ""),
        ("<|endoftext|>", "special", ""),
    ],
)
def test_sorts_and_scripts(gpt2: list[Token], text: str, sort: str, script: str) -> None:
    token = one(gpt2, text)
    assert (token.sort, token.script) == (sort, script)


def test_search_by_text_id_and_regular_expression(gpt2: list[Token]) -> None:
    assert search(gpt2, "") == gpt2
    assert one(gpt2, " unbelievable") in search(gpt2, "believ")
    by_number = search(gpt2, "262")
    assert one(gpt2, " the") in by_number and all(
        token.id == 262 or "262" in token.text for token in by_number
    )
    assert (
        [token.text for token in search(gpt2, r"^ qu.+ly$", regular=True)]
        == [
            token.text
            for token in gpt2
            if token.text.startswith(" qu") and token.text.endswith("ly")
        ]
        != []
    )
    assert search(gpt2, "^ qu.+ly$") == []  # off by default: it is only text


@pytest.mark.parametrize(
    ("pattern", "words"), [("(", "no regular expression"), ("a" * 201, "200 characters")]
)
def test_bad_expressions_are_one_sentence(gpt2: list[Token], pattern: str, words: str) -> None:
    with pytest.raises(LabError, match=words):
        search(gpt2, pattern, regular=True)


def test_an_expression_that_never_ends_is_cut_off() -> None:
    slow = [Token(0, b"", "a" * 5000 + "!", "word", "Latin")]
    started = time.monotonic()
    with pytest.raises(LabError, match="takes longer"):
        search(slow, r"^(a|aa|aaa|b?a)+$", regular=True)
    assert time.monotonic() - started < 30


def test_use_of_tokens_in_a_text() -> None:
    tokenizer = builtin_tokenizer("bytes")
    tokens = vocabulary(tokenizer)
    counts = times_used(tokenizer, tokenizer.encode_documents(["abba"]))
    assert counts.shape == (257,) and counts[ord("b")] == 2 and counts[256] == 1
    unused = never_used(tokens, counts)
    assert len(unused) == 254 and not any(token.text in {"a", "b"} for token in unused)
    assert np.array_equal(counts, times_used(tokenizer, iter([*b"abba", 256])))


def test_what_looks_special_is_text_unless_asked_for() -> None:
    tokenizer = builtin_tokenizer("gpt2")
    text = "a<|endoftext|>b"
    assert tokenizer.eot_id not in tokenizer.encode(text)
    assert encode_reading_special(tokenizer, text) == [64, tokenizer.eot_id, 65]
