"""Corpora: the built-in ones are clean, users' text is taken or refused with one sentence."""

import re
import subprocess
import sys

import pytest

from llmcore.data import (
    CORPORA,
    INSTRUCTIONS,
    LABELLED,
    Corpus,
    corpora,
    corpus_from_bytes,
    corpus_from_text,
    dataset_sources,
    dataset_table,
    fold,
    load_corpus,
    load_labelled,
    split_labelled,
)
from llmcore.data.cleaning import clean_tweet
from llmcore.data.plays import plain_play
from llmcore.errors import LabError, NotFoundError


def test_import_is_light() -> None:
    code = (
        "import sys, llmcore.data, llmcore.tokenizers, llmcore.classical;"
        "heavy = {'torch', 'streamlit', 'pandas', 'sklearn', 'tokenizers', 'yaml', 'transformers'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ---- built-in corpora


def test_shakespeare_is_plain_text() -> None:
    corpus = load_corpus("shakespeare")
    assert len(corpus.documents) == 38
    assert 4_900_000 < corpus.n_bytes < 5_100_000
    assert not any(re.search(r"[*_#\\]|[ \t]\n|\n{3}", text) for text in corpus.documents)
    hamlet = next(text for text in corpus.documents if text.startswith("HAMLET\n"))
    assert "\nHAMLET:\nTo be, or not to be: that is the question:\n" in hamlet
    assert "\n[Exeunt]\n" in hamlet
    assert "\nACT III\n" in hamlet


def test_play_marks() -> None:
    markdown = (
        "# A Play\n\n### SCENE I. A wood.\n\n_Enter A and\nB_\n\n**Second Lord**  \n"
        "__\\[Aside]_  \nSay 'no,'\\--or  \nyes.\n\n**A**  \n[Within]_  \nHo!\n\n*Exit B.*\n"
    )
    assert plain_play(markdown) == (
        "A PLAY\n\nSCENE I. A WOOD.\n\n[Enter A and B]\n\nSECOND LORD:\n[Aside]\n"
        "Say 'no,'--or\nyes.\n\nA:\n[Within]\nHo!\n\n[Exit B.]\n"
    )


def test_conversations_alternate() -> None:
    documents = load_corpus("conversations").documents
    assert len(documents) > 800
    assert all(document.startswith("Q: ") and "\nA: " in document for document in documents)
    assert any(document.count("\nQ: ") > 1 for document in documents)


def test_tweets_are_readable_and_hold_no_test_text() -> None:
    tweets = load_corpus("tweets").documents
    assert len(tweets) > 29_000
    strange = sum(not text.isascii() for text in tweets)
    assert strange < 0.01 * len(tweets)
    assert not any(re.search(r"[\x00-\x1f\x7f-\xa0]|&amp;|  ", text) for text in tweets)
    held = split_labelled(load_labelled("tweet-sentiment"), 0.1, 0.2, seed=5).test
    assert not {fold(text) for text in held.texts} & {fold(text) for text in tweets}


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (b"don\xd5\xa2_\x8a\xce_\x86\xa2t want", "don't want"),
        (b"I\x8a\x97\xc8m &amp; you", "I'm & you"),
        (b"\xe4\xf3\xec@a: b\xe4\xf3\x9d\r\rc", '"@a: b" c'),
        (b"a waiting room fo\xe4\xf3_", "a waiting room fo..."),
        (b"line up _\xf4\xd6\x89_\xf4\xd6\x89 yes", "line up yes"),
        (b"not_hurt snake_case", "not_hurt snake_case"),
        (b"asking \x8c\xa3500", "asking £500"),
        (b"we\x8a\x9d_\xb4\xd9\x8fyou", "we you"),
    ],
)
def test_broken_quotes_of_tweets_are_repaired(raw: bytes, clean: str) -> None:
    assert clean_tweet(raw.decode("latin-1")) == clean


def test_messages_hold_sms_and_say_so() -> None:
    corpus = load_corpus("messages")
    assert any("FA Cup final" in text for text in corpus.documents)
    assert len(corpus.documents) > 34_000
    assert "sms-spam" in corpus.notices[0]
    tweets = set(load_corpus("tweets").documents)
    assert not any("FA Cup final tkts" in text for text in tweets)


def test_mixes_join_their_parts() -> None:
    mix = load_corpus("conversations + tweets+conversations")
    parts = [load_corpus(name) for name in ("conversations", "tweets")]
    assert mix.name == "conversations+tweets"
    assert mix.documents == parts[0].documents + parts[1].documents
    assert mix.fingerprint != parts[0].fingerprint


def test_loaded_corpora_do_not_share_lists() -> None:
    load_corpus("conversations").documents.clear()
    assert load_corpus("conversations").documents


def test_unknown_sources_name_the_known() -> None:
    for source in ("no-such-corpus", "shakespeare+nothing", "", "a\0b"):
        with pytest.raises(NotFoundError, match="shakespeare"):
            load_corpus(source)


def test_dataset_table_is_whole() -> None:
    table = {row["name"]: row for row in dataset_table()}
    assert table.keys() == CORPORA.keys() | LABELLED.keys() | INSTRUCTIONS.keys()
    assert all(row["licence"] and row["origin"] and row["source"] for row in table.values())
    assert table["shakespeare"]["available"] and table["sms-spam"]["available"]
    kinds = [row["kind"] for row in dataset_sources("sms-spam")]
    assert kinds == ["cache", "package", "download"]
    with pytest.raises(NotFoundError, match="tweets"):
        dataset_sources("nothing")


# ---- users' text


def test_a_file_is_a_corpus(tmp_path) -> None:
    path = tmp_path / "my text.txt"
    path.write_bytes("\ufeffOne\r\ntwo 😀<|endoftext|>three\n".encode())
    corpus = load_corpus(str(path))
    assert (corpus.name, corpus.documents) == ("my text", ["One\ntwo 😀", "three\n"])


def test_the_files_of_a_folder_are_its_documents(tmp_path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.txt").write_text(f"text {name}")
    corpus = load_corpus(str(tmp_path))
    assert corpus.documents == ["text a", "text b"] and corpus.report.format == "folders"


def test_rows_are_documents_and_that_is_said(tmp_path) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_text('{"text": "Mara has the rake.", "url": "https://example.org/0"}\n' * 300)
    corpus = load_corpus(str(path))
    assert corpus.documents == ["Mara has the rake."] * 300 and corpus.name == "notes"
    assert any("read from the column 'text'" in notice for notice in corpus.notices)


@pytest.mark.parametrize("n_bytes", [9_999, 10_000, 10_001, 30_000])
def test_of_a_large_file_a_sample_is_read_and_that_is_said(tmp_path, monkeypatch, n_bytes) -> None:
    monkeypatch.setattr(corpora, "LARGE_BYTES", 10_000)
    path = tmp_path / "a.txt"
    path.write_bytes((b"a line of words\n" * 3_000)[:n_bytes])
    corpus = load_corpus(str(path))
    assert ("from all over it" in " ".join(corpus.notices)) == (n_bytes > 10_000)


def test_marks_in_pasted_text_are_counted_or_kept() -> None:
    text = "one<|endoftext|>two"
    corpus = corpus_from_text(text, "pasted")
    assert corpus.documents == ["one", "two"] and "1 time" in corpus.notices[0]
    assert corpus_from_text(text, "pasted", keep_marks=True).documents == [text]


def test_an_upload_is_known_by_its_content() -> None:
    corpus = corpus_from_bytes(b'{"body": "one"}\n{"body": "two"}\n', "upload.jsonl")
    assert corpus.documents == ["one", "two"]
    assert corpus_from_bytes("Café".encode("cp1252"), "a.txt").documents == ["Café"]


@pytest.mark.parametrize("text", ["", "  \n\t", "<|endoftext|>", "\0\0"])
def test_empty_text_is_refused(text: str) -> None:
    with pytest.raises(LabError, match="empty"):
        corpus_from_text(text, "pasted text")


def test_nul_and_surrogates_are_cleaned_with_a_notice() -> None:
    corpus = corpus_from_text("a\0b\ud800c עברית", "x")
    assert corpus.documents == ["ab\ufffdc עברית"]
    assert len(corpus.notices) == 2 and "1 NUL" in corpus.notices[0]


# ---- splitting


def test_whole_documents_are_held_out() -> None:
    documents = [f"document {i} " * 30 for i in range(200)]
    corpus = Corpus("c", [*documents, documents[3]])
    train, held = corpus.split(0.1, seed=1)
    assert sorted(train + held) == sorted(corpus.documents)
    assert not set(train) & set(held)
    assert 15 <= len(held) <= 25
    assert (train, held) == corpus.split(0.1, seed=1)
    assert held != corpus.split(0.1, seed=2)[1]
    assert train == [d for d in corpus.documents if d not in held]


def test_doubles_alone_are_held_out_with_a_notice() -> None:
    corpus = Corpus("c", ["Mara has the rake."] * 300)
    train, held = corpus.split(0.1, seed=0)
    assert (len(train), len(held)) == (270, 30)
    corpus.split(0.1, seed=0)
    (notice,) = corpus.notices
    assert "also learned" in notice
    assert Corpus("c", ["abc " * 50, "x"]).split(0.1, 0) and not Corpus("c", []).notices


@pytest.mark.parametrize("seed", range(5))
def test_shakespeare_holds_out_whole_plays(seed: int) -> None:
    corpus = load_corpus("shakespeare")
    train, held = corpus.split(0.1, seed)
    assert set(train) | set(held) == set(corpus.documents)
    assert 0.05 < sum(map(len, held)) / len(corpus.text) < 0.125


@pytest.mark.parametrize("seed", range(20))
def test_long_documents_do_not_swell_the_validation(seed: int) -> None:
    documents = [f"{i:04}" * 250 for i in range(30)] + ["x" * 20_000, "y" * 20_000]
    _, held = Corpus("c", documents).split(0.1, seed)
    assert 3500 <= sum(map(len, held)) <= 8750


def test_a_single_document_gives_its_tail() -> None:
    text = "".join(f"line {i} of the text\n" for i in range(100))
    (head,), (tail,) = Corpus("c", [text]).split(0.2, seed=0)
    assert head + tail == text
    assert head.endswith("\n")
    assert 0.15 < len(tail) / len(text) < 0.25


def test_few_uneven_documents_give_the_longest_ones_tail() -> None:
    train, held = Corpus("c", ["short", "long words here " * 200]).split(0.1, seed=0)
    assert train[0] == "short"
    assert "".join([train[1], *held]) == "long words here " * 200


def test_no_validation_keeps_everything() -> None:
    assert Corpus("c", ["a", "b"]).split(0.0, 0) == (["a", "b"], [])


@pytest.mark.parametrize("text", ["a", " a", "a "])
def test_too_little_text_to_hold_out(text: str) -> None:
    with pytest.raises(LabError, match="more text"):
        Corpus("c", [text]).split(0.1, 0)


def test_impossible_shares_are_refused() -> None:
    with pytest.raises(LabError, match="validation"):
        Corpus("c", ["a b c"]).split(1.0, 0)
