"""The disk cache of ids and tokenizers: same answer, made once, damage made good."""

import numpy as np
import pytest

from llmcore.data import encoded, encoded_corpus, trained_bpe_for
from llmcore.tokenizers import Tokenizer, builtin_tokenizer

DOCUMENTS = ["To be, or not to be.", "", "that is — the question 😀"]


def _forbid(*args: object, **kwargs: object) -> None:
    raise AssertionError("made a second time")


def test_ids_are_made_once(tmp_path, monkeypatch) -> None:
    tokenizer = builtin_tokenizer("gpt2")
    ids = encoded_corpus(tokenizer, DOCUMENTS, tmp_path)
    assert ids.tolist() == tokenizer.encode_documents(DOCUMENTS).tolist()
    monkeypatch.setattr(Tokenizer, "encode_documents", _forbid)
    again = encoded_corpus(tokenizer, DOCUMENTS, tmp_path)
    assert np.array_equal(again, ids) and again.dtype == ids.dtype == np.uint16


def test_other_text_and_other_tokenizers_have_their_own(tmp_path) -> None:
    for name in ("gpt2", "bytes", "cl100k_base"):
        for documents in (DOCUMENTS, ["".join(DOCUMENTS)], DOCUMENTS[::-1]):
            tokenizer = builtin_tokenizer(name)
            for _ in range(2):
                ids = encoded_corpus(tokenizer, documents, tmp_path)
                assert np.array_equal(ids, tokenizer.encode_documents(documents))
    assert len(list((tmp_path / "encoded").iterdir())) == 9


@pytest.mark.parametrize("damage", [b"", b"no array", None])
def test_a_damaged_file_is_made_again(tmp_path, damage: bytes | None) -> None:
    tokenizer = builtin_tokenizer("bytes")
    good = encoded_corpus(tokenizer, DOCUMENTS, tmp_path)
    (path,) = (tmp_path / "encoded").iterdir()
    if damage is None:
        np.save(path, np.array([{"a": "pickle"}], dtype=object), allow_pickle=True)
    else:
        path.write_bytes(damage)
    assert np.array_equal(encoded_corpus(tokenizer, DOCUMENTS, tmp_path), good)
    assert np.array_equal(np.load(path), good)


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(tmp_path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    tokenizer = builtin_tokenizer("bytes")
    assert len(encoded_corpus(tokenizer, ["ab"], blocked)) == 3
    assert trained_bpe_for(["abab"], 258, blocked).vocab_size == 258


def test_tokenizers_are_trained_once(tmp_path, monkeypatch) -> None:
    documents = ["the cat and the hat " * 9]
    first = trained_bpe_for(documents, 262, tmp_path)
    other = trained_bpe_for(documents, 263, tmp_path)
    assert first.fingerprint != other.fingerprint
    monkeypatch.setattr(encoded, "train_bpe", _forbid)
    again = trained_bpe_for(documents, 262, tmp_path)
    assert (again.name, again.fingerprint) == (first.name, first.fingerprint)


def test_a_damaged_tokenizer_is_trained_again(tmp_path) -> None:
    documents = ["the cat and the hat " * 9]
    first = trained_bpe_for(documents, 280, tmp_path)
    (path,) = (tmp_path / "tokenizers").glob("*/tokenizer.json")
    path.write_text("{")
    assert trained_bpe_for(documents, 280, tmp_path).fingerprint == first.fingerprint
    assert Tokenizer.load(path.parent).fingerprint == first.fingerprint
