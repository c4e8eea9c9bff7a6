"""tokenize, train-tokenizer, datasets, and the rules that all commands follow."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from llmcore import tokenizers
from llmcore.choices import RULE_NAMES
from llmcore.paths import PROJECT_ROOT

POEM = "The quick brown fox jumps over the lazy dog. The dog sleeps; the fox runs on.\n" * 40


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT_ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_tokenize_gives_ids_and_each_token_as_text(lab):
    answer = lab("tokenize", "Héllo 😀", "--json").json
    assert answer["encoding"] == "gpt2"
    assert answer["ids"][:3] == [39, 2634, 18798]
    assert answer["tokens"] == ["H", "é", "llo", " \\xf0\\x9f\\x98", "\\x80"]


@pytest.mark.parametrize("encoding", ["gpt2", "cl100k_base", "bytes"])
@pytest.mark.parametrize(
    "text", ["שלום עולם", "مرحبا", "a\0b\r\n", "😀👩‍👩‍👧", "<|endoftext|>", " \t\n"]
)
def test_tokenize_takes_any_text_and_loses_nothing(lab, encoding, text):
    answer = lab("tokenize", "-", "--encoding", encoding, "--json", stdin=text.encode()).json
    tokenizer = tokenizers.builtin_tokenizer(encoding)
    assert tokenizer.decode(answer["ids"]) == text
    assert len(answer["tokens"]) == len(answer["ids"])


def test_tokenize_takes_five_megabytes(lab):
    text = POEM * (5_000_000 // len(POEM))
    answer = lab("tokenize", "-", "--json", stdin=text.encode()).json
    assert len(answer["ids"]) > 1_000_000


def test_tokenize_for_a_person_prints_a_token_a_line(lab):
    outcome = lab("tokenize", "one two")
    assert outcome.out.splitlines() == ["    505  one", "    734   two"]
    assert outcome.err == "2 tokens\n"


def test_a_line_break_in_a_token_does_not_break_the_table(lab):
    assert lab("tokenize", "a\nb").out.splitlines() == ["     64  a", "    198  \\n", "     65  b"]


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (("tokenize", ""), b"", "no text"),
        (("tokenize", "-"), b"", "standard input is empty"),
        (("tokenize", "-"), bytes(range(256)), "not a text file"),
        (("tokenize", "x", "--encoding", "nosuch"), b"", "nosuch"),
        (("train-tokenizer", "--corpus", "missing.txt", "--vocab-size", 300, "--out", "t"), b"",
         "missing.txt"),
        (("runs", "show", "20200101-000000-gone-abcdef"), b"", "20200101-000000-gone-abcdef"),
        (("runs", "delete", "/"), b"", "'/'"),
        (("runs", "stop", "../../etc"), b"", "../../etc"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_one_line_and_status_1(lab, tmp_path, arguments, stdin, words):
    outcome = lab(*arguments, "--json", stdin=stdin)
    assert words in outcome.error
    assert outcome.status == 1


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonsense",),
        ("tokenize",),
        ("tokenize", "x", "--nonsense"),
        ("runs",),
        ("train-tokenizer", "--corpus", "x", "--vocab-size", "many", "--out", "y"),
        ("train-tokenizer", "--corpus", "x", "--vocab-size", "100", "--out", "y"),
        ("pretrain",),
        ("pretrain", "--corpus", "shakespeare", "--preset", "huge"),
        ("pretrain", "--corpus", "shakespeare", "--steps", "0"),
        ("pretrain", "--corpus", "shakespeare", "--device", "abacus"),
        ("pretrain", "--corpus", "shakespeare", "--dropout", "1.5"),
        ("finetune", "--data", "sms-spam"),
        ("finetune", "--task", "poetry", "--data", "sms-spam"),
        ("finetune", "--task", "classify", "--data", "sms-spam", "--train", "some"),
        ("finetune", "--task", "classify", "--data", "sms-spam", "--balance", "half"),
        ("classify", "text"),
        ("generate", "--model", "starter"),
        ("generate", "--model", "starter", "--prompt", "x", "--top-p", "2"),
        ("generate", "--model", "starter", "--prompt", "x", "--temperature", "-1"),
        ("evaluate", "--model", "starter"),
    ],
)
def test_bad_arguments_are_one_line_and_status_2(lab, arguments):
    outcome = lab(*arguments)
    assert outcome.error
    assert outcome.status == 2


def test_train_tokenizer_saves_one_that_tokenize_can_use(lab, tmp_path):
    corpus, out = tmp_path / "corpus.txt", tmp_path / "made" / "here"
    corpus.write_text(POEM)
    made = lab("train-tokenizer", "--corpus", corpus, "--vocab-size", 280, "--out", out, "--json")
    assert made.json["path"] == str(out)
    assert made.json["vocab_size"] == 280
    assert made.json["bytes_per_token"] > 1.2
    used = lab("tokenize", "the fox", "--encoding", out, "--json").json
    assert "".join(used["tokens"]) == "the fox"
    assert len(used["ids"]) < len("the fox")


def test_train_tokenizer_says_when_the_text_is_too_short_for_the_size(lab, tmp_path):
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("abc abc")
    made = lab(
        "train-tokenizer", "--corpus", corpus, "--vocab-size", 400, "--out", tmp_path, "--json"
    )
    assert made.json["vocab_size"] < 400
    assert "short" in made.err


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "empty"), (b"\0\0\0", "not a text file"), (b"%PDF-1.7", "a PDF")]
)
def test_train_tokenizer_refuses_a_corpus_that_is_no_text(lab, tmp_path, content, words):
    corpus = tmp_path / "corpus.txt"
    corpus.write_bytes(content)
    outcome = lab("train-tokenizer", "--corpus", corpus, "--vocab-size", 300, "--out", tmp_path)
    assert words in outcome.error


def test_train_tokenizer_refuses_a_file_as_folder(lab, tmp_path):
    corpus = tmp_path / "corpus.txt"
    corpus.write_text(POEM)
    outcome = lab("train-tokenizer", "--corpus", corpus, "--vocab-size", 300, "--out", corpus)
    assert "is a file" in outcome.error


def test_the_names_of_rules_are_those_of_the_tokenizers():
    assert tuple(tokenizers.RULES) == RULE_NAMES


def test_a_tokenizer_saved_by_name_is_used_renamed_exported_and_deleted(lab, tmp_path):
    corpus, file = tmp_path / "corpus.txt", tmp_path / "mine.tiktoken"
    corpus.write_text(POEM)
    made = lab("train-tokenizer", "--corpus", corpus, "--vocab-size", 270, "--pattern", "words",
               "--name", "My own", "--json").json  # fmt: skip
    assert made["reference"] == "my-own" and made["pattern"] == "words"
    listed = lab("tokenizers", "list", "--json").json["tokenizers"]
    assert [(saved["name"], saved["vocab_size"]) for saved in listed] == [("my-own", 270)]
    ids = lab("tokenize", "the fox", "--encoding", "my-own", "--json").json["ids"]
    assert lab("tokenizers", "rename", "my-own", "other", "--json").json["name"] == "other"
    assert lab("tokenize", "the fox", "--encoding", "other", "--json").json["ids"] == ids
    exported = lab("tokenizers", "export", "other", "--out", file, "--json").json
    assert exported["vocab_size"] == 270
    assert len(file.read_text().splitlines()) == 269  # all but <|endoftext|>
    assert "already exists" in lab("tokenizers", "export", "other", "--out", file).error
    lab("tokenizers", "delete", "other")
    assert lab("tokenizers", "list", "--json").json["tokenizers"] == []
    assert "no saved tokenizer" in lab("tokenizers", "delete", "other").error


def test_characters_need_no_size_and_a_bpe_does(lab, tmp_path):
    corpus, out = tmp_path / "corpus.txt", tmp_path / "out"
    corpus.write_text("naïve 漢字 naïve")
    given = ("train-tokenizer", "--corpus", corpus, "--out", out)
    made = lab(*given, "--kind", "characters", "--json").json
    assert made["kind"] == "characters" and made["vocab_size"] < 270
    tokens = lab("tokenize", "漢 naïve", "--encoding", out, "--json").json["tokens"]
    assert tokens == list("漢 naïve")
    assert "--vocab-size" in lab(*given).error
    assert "--name" in lab("train-tokenizer", "--corpus", corpus, "--vocab-size", 300).error


def test_datasets_names_each_set_with_its_origin_and_licence(lab):
    rows = lab("datasets", "--json").json["datasets"]
    names = {row["name"] for row in rows}
    assert {"shakespeare", "messages", "conversations", "sms-spam", "tweet-sentiment"} <= names
    assert all(row["origin"] and row["licence"] for row in rows)
    assert "sms-spam" in lab("datasets").out


def test_help_is_plain_and_ends_with_0(lab):
    outcome = lab("pretrain", "--help")
    assert outcome.status == 0
    assert "tiny (default)" in outcome.out
    assert "number of optimizer steps" in outcome.out


def test_an_unexpected_error_is_one_line_too(lab, monkeypatch):
    def broken(text: str) -> None:
        raise ZeroDivisionError("a defect\nof ours")

    monkeypatch.setattr("llmcore.models.tokenizer_for", broken)
    outcome = lab("tokenize", "x")
    assert outcome.status == 1
    assert outcome.err.splitlines() == [
        "error: Unexpected ZeroDivisionError: a defect of ours (LLMLAB_DEBUG=1 shows the traceback)"
    ]
    monkeypatch.setenv("LLMLAB_DEBUG", "1")
    assert "Traceback" in lab("tokenize", "x").err


def test_quick_commands_import_no_torch():
    code = (
        "import sys; from llmcore.cli import main\n"
        "assert main(['tokenize', 'x']) == 0 and main(['runs', 'list']) == 0\n"
        "assert main(['datasets']) == 0\n"
        "print([name for name in ('torch', 'streamlit', 'transformers') if name in sys.modules])"
    )
    done = python("-c", code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_program_prints_json_alone_whatever_the_locale(home: Path):
    began = time.monotonic()
    done = python("-m", "llmcore", "tokenize", "Zoë 😀", "--json", LC_ALL="C", PYTHONUTF8="0")
    assert json.loads(done.stdout)["encoding"] == "gpt2"
    assert time.monotonic() - began < 10
    plain = python("-m", "llmcore", "tokenize", "Zoë 😀", PYTHONIOENCODING="ascii")
    assert plain.returncode == 0
