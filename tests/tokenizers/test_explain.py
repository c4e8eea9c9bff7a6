"""The merges explained step by step are those of tiktoken: the same ids on fuzzed words."""

import random

import pytest

from llmcore.errors import LabError
from llmcore.models import default_model, tokenizer_for
from llmcore.tokenizers import END_OF_TEXT, Tokenizer, builtin_tokenizer
from llmcore.tokenizers.explain import (
    MAX_PIECE_BYTES,
    MAX_WORD_CHARACTERS,
    explain,
    explain_piece,
    has_merges,
    piece_at,
    pre_tokenize,
)

N_WORDS = 1_500
_SIGNS = [*"etaoinshrdluTHE", " ", " ", "\n", "\t", "\r", "'", "s", "1", "42", ".", "-", "_", "é",
          "ß", "ﬁ", "语", "言", "ع", "ر", "ि", "न", "🎉", "👩🏽‍🚀", "\u00a0", "\u200d", "\x00",
          "\x1c", "\x85", "\u2028", "\u3000", "\ufeff", "'LL", "ing", "tion", " the"]  # fmt: skip


def words(seed: int) -> list[str]:
    """Words of likely and unlikely signs, and of any character that UTF-8 can hold."""
    draw = random.Random(seed)
    made = []
    for _ in range(N_WORDS):
        signs = [draw.choice(_SIGNS) for _ in range(draw.randint(1, 14))]
        if draw.random() < 0.1:
            code = draw.randrange(0x110000)
            signs.append(chr(code) if not 0xD800 <= code < 0xE000 else "\ufffd")
        made.append("".join(signs))
    return made


def named(name: str) -> Tokenizer:
    return tokenizer_for(default_model()) if name == "own" else builtin_tokenizer(name)


@pytest.mark.parametrize("name", ["gpt2", "cl100k_base", "bytes", "own"])
def test_ids_are_tiktokens_own(name: str) -> None:
    tokenizer = named(name)
    for word in words(seed=7):
        explained = explain(tokenizer, word)
        assert [id for step in explained for id in step.ids] == tokenizer.encode(word), repr(word)


@pytest.mark.parametrize("name", ["gpt2", "cl100k_base", "own"])
def test_each_step_merges_the_lowest_rank_and_leads_to_the_next(name: str) -> None:
    tokenizer = named(name)
    for word in [" unbelievably", "naïveté", "🎉🎉", "aaaaaaaaaaaaaaaa", "𝔘nicode"]:
        for explained in explain(tokenizer, word):
            afterwards = [*(step.parts for step in explained.steps[1:]), explained.tokens]
            for step, parts_after in zip(explained.steps, afterwards, strict=False):
                assert b"".join(step.parts) == explained.piece
                rank = min(candidate.rank for candidate in step.candidates)
                assert step.chosen.rank == rank == tokenizer.ranks[step.merged]
                first = next(candidate for candidate in step.candidates if candidate.rank == rank)
                assert step.chosen == first
                at = step.chosen.index
                assert (*step.parts[:at], step.merged, *step.parts[at + 2 :]) == parts_after
            assert len(explained.steps) + len(explained.tokens) == len(explained.piece)


def test_equal_ranks_go_from_left_to_right() -> None:
    ranks = {b"a": 0, b"aa": 1}
    explained = explain_piece(ranks, b"aaa")
    assert explained.tokens == (b"aa", b"a")
    assert [candidate.index for candidate in explained.steps[0].candidates] == [0, 1]


def test_a_piece_that_no_merge_reaches_is_taken_whole_as_tiktoken_does() -> None:
    ranks = {bytes([i]): i for i in range(256)} | {b"abcd": 256}
    tokenizer = Tokenizer("made", ranks, r"\w+|\W", {END_OF_TEXT: 257})
    (explained,) = explain(tokenizer, "abcd")
    assert explained.taken_whole and explained.steps == ()
    assert list(explained.ids) == tokenizer.encode("abcd") == [256]


def test_pieces_join_to_the_text_and_a_dollar_means_the_very_end() -> None:
    assert pre_tokenize(r"a$|a|\n", "a\n") == ["a", "\n"]
    gpt2 = builtin_tokenizer("gpt2")
    assert pre_tokenize(gpt2.pattern, "it's 42 \n") == ["it", "'s", " 42", " \n"]
    text = "".join(words(seed=3)[:300])
    assert "".join(pre_tokenize(gpt2.pattern, text)) == text


def test_the_piece_around_a_byte_is_that_of_the_whole_text() -> None:
    pattern = builtin_tokenizer("gpt2").pattern
    text = "naïve words, 🎉 twice\n" * 400  # several windows long
    data, start = text.encode(), 0
    for number, piece in enumerate(pre_tokenize(pattern, text)):
        size = len(piece.encode())
        if number % 7 == 0:
            assert piece_at(pattern, data, start) == piece
            assert piece_at(pattern, data, start + size - 1) == piece
        start += size
    assert piece_at(pattern, b"", 0) == ""


def test_what_is_not_explained() -> None:
    gpt2 = builtin_tokenizer("gpt2")
    assert explain(gpt2, "") == []
    with pytest.raises(LabError, match=r"201 characters: shorten"):
        explain(gpt2, "a" * (MAX_WORD_CHARACTERS + 1))
    with pytest.raises(LabError, match="A piece of this word has"):
        explain(gpt2, "语" * (MAX_PIECE_BYTES // 3 + 1))
    assert [step.ids for step in explain(gpt2, "\ud800")] == [tuple(gpt2.encode("\ufffd"))]


def test_tokenizers_without_merges() -> None:
    assert not has_merges(builtin_tokenizer("bytes"))
    assert has_merges(builtin_tokenizer("gpt2"))
    ranks = {bytes([i]): i for i in range(256)} | {"é".encode(): 256, "语".encode(): 257}
    characters = Tokenizer("characters", ranks, r"[\s\S]", {END_OF_TEXT: 258})
    assert not has_merges(characters)
    assert [step.tokens for step in explain(characters, "é语")] == [
        ("é".encode(),),
        ("语".encode(),),
    ]
