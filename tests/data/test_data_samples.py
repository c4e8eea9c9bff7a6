"""Texts to measure on: real ones, of several scripts, and what is missing is left out."""

import pytest

from llmcore.data import samples
from llmcore.data.samples import MAX_CHARACTERS, SENTENCES, sample_texts
from llmcore.tokenizers import builtin_tokenizer
from llmcore.tokenizers.compression import compression
from llmcore.tokenizers.vocabulary import script_of


def scripts(text: str) -> set[str]:
    return {script for letter in text if (script := script_of(letter))}


def test_texts_are_in_the_script_that_they_claim() -> None:
    found = {sample_text.name: sample_text.text for sample_text in sample_texts()}
    assert all(500 < len(text) <= MAX_CHARACTERS for text in found.values())
    for name, script in {
        "English": "Latin", "Russian": "Cyrillic", "Hebrew": "Hebrew", "Hindi": "Devanagari",
        "Chinese": "CJK", "Japanese": "Hiragana", "Korean": "Hangul", "Persian": "Arabic",
    }.items():  # fmt: skip
        assert script in scripts(found[name]), name
    assert "def " in found["Python (code)"] and "function" in found["JavaScript (code)"]


def test_sentences_are_short_and_in_their_script() -> None:
    assert {"Greek"} == scripts(SENTENCES["Greek"]) and {"Arabic"} == scripts(SENTENCES["Arabic"])
    assert all(len(text) < 100 for text in SENTENCES.values())
    assert len(set(SENTENCES.values())) == len(SENTENCES)


def test_what_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "packaged_path", lambda *names: None)
    assert [sample.name for sample in sample_texts.__wrapped__()] == ["Python (code)"]


def test_compression_by_hand() -> None:
    made = compression(builtin_tokenizer("bytes"), "né\ud800")
    assert (made.n_bytes, made.n_characters, made.n_tokens) == (6, 3, 6)
    assert made.bytes_per_token == 1.0 and made.characters_per_token == 0.5
    gpt2 = compression(builtin_tokenizer("gpt2"), SENTENCES["English"])
    hindi = compression(builtin_tokenizer("gpt2"), SENTENCES["Hindi"])
    assert gpt2.bytes_per_token > 3 > hindi.bytes_per_token
    assert compression(builtin_tokenizer("gpt2"), "").bytes_per_token == 0.0
