"""The user's text on the command line: folders, tables, markup, sizes; refused before a run."""

import json
import zipfile

import pytest
from tiny import TEXT, sentences

from llmcore.data import corpora
from llmcore.execution import pretraining_data
from llmcore.runs import RunStore, data_record, open_run

TINY = (
    "--preset", "tiny", "--tokenizer", "bytes", "--context-length", 16, "--batch-size", 4,
    "--threads", 1, "--eval-every", 1000, "--steps", 2,
)  # fmt: skip
BYTES = ("--preset", "tiny", "--tokenizer", "bytes", "--no-measure")


def documents(n=60):
    return [sentences(2, seed=seed) for seed in range(n)]


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "texts"
    root.mkdir()
    for number, text in enumerate(documents()):
        (root / f"{number:02}.txt").write_text(text)
    return root


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(
        json.dumps({"prose": document, "note": f"Said {n} times by a man"}) + "\n"
        for n, document in enumerate(documents())
    ))  # fmt: skip
    return path


def tokens(run):
    (event,) = open_run(run).events("data")
    return event["train_tokens"] + event["validation_tokens"]


def expected(texts):
    return sum(len(text.encode()) + 1 for text in texts)  # bytes, and each one's end


def test_a_folder_trains_and_is_copied_into_the_run(lab, folder):
    made = lab("pretrain", "--corpus", folder, *TINY, "--json").json
    assert tokens(made["run"]) == expected(documents())
    run = open_run(made["run"])
    assert run.config.data.source == "texts.zip"
    with zipfile.ZipFile(run.stored_data()) as archive:
        assert len(archive.namelist()) == 60
    assert run.config.reading["rows"]["taken"] == 60
    assert run.config.reading["format"] == "folders"


def test_a_column_is_asked_for_before_a_run_is_made(lab, rows, home):
    for command in (("pretrain", *TINY), ("preflight", *BYTES),
                    ("train-tokenizer", "--vocab-size", 300, "--out", home / "t")):  # fmt: skip
        said = lab(*command, "--corpus", rows)
        assert said.status and "choose one of prose, note with --text-column" in said.err
        assert "Run " not in said.err
    assert RunStore().list()[0].example  # none of one's own
    made = lab("pretrain", "--corpus", rows, "--text-column", "prose", *TINY, "--json")
    assert "from the column 'prose'" in made.err and "not read: note" in made.err
    assert tokens(made.json["run"]) == expected(documents())
    again = lab("pretrain", "--corpus", rows, "--as-text", *TINY, "--json").json
    assert tokens(again["run"]) > expected(documents()) + 60 * len('{"prose": ')
    saved = lab("train-tokenizer", "--corpus", rows, "--text-column", 1, "--vocab-size", 300,
                "--out", home / "t", "--json")  # fmt: skip
    assert saved.json["vocab_size"] == 300 and "'prose'" in saved.err
    scores = lab("evaluate", "--model", made.json["run"], "--data", rows, "--text-column",
                 "prose", "--json").json  # fmt: skip
    assert scores["bits_per_byte"] > 0


@pytest.mark.parametrize("content, said", [
    (b"%PDF-1.4", "is a PDF"), (b"", "empty"), (b" \n", "empty"), (None, "no data set or readable"),
])  # fmt: skip
def test_what_cannot_be_read_is_refused_by_all_alike(lab, tmp_path, content, said):
    path = tmp_path / "thing.pdf"
    if content is not None:
        path.write_bytes(content)
    for command in (("pretrain", *TINY), ("preflight", *BYTES)):
        found = lab(*command, "--corpus", path)
        assert said in found.error and "Run " not in found.err
    assert said in lab("pretrain", "--corpus", "shakespeare", "--validation-corpus", path,
                       *TINY).error  # fmt: skip


def test_marks_are_told_and_can_be_kept(lab, tmp_path):
    path = tmp_path / "chapter.txt"
    path.write_text("The mark <|endoftext|> ends a text.\n" * 60)
    said = lab("preflight", "--corpus", path, *BYTES)
    assert "60 times" in said.err and "--keep-marks" in said.err
    made = lab("pretrain", "--corpus", path, "--keep-marks", *TINY, "--json")
    n_bytes = path.stat().st_size
    assert tokens(made.json["run"]) == n_bytes + 2  # the two ends of the split
    assert open_run(made.json["run"]).config.data.keep_marks
    plain = lab("pretrain", "--corpus", path, *TINY, "--json").json
    assert tokens(plain["run"]) == n_bytes - 60 * len("<|endoftext|>") + 61


@pytest.mark.parametrize("n_bytes", [2_999, 3_000, 3_001, 7_999, 8_000, 8_001, 20_000])
@pytest.mark.parametrize("where", ["corpus", "validation"])
def test_no_size_is_refused(lab, tmp_path, monkeypatch, n_bytes, where):
    """Around both limits: copied into the run or not, in memory or from shards."""
    monkeypatch.setattr(data_record, "COPIED_BYTES", 3_000)
    monkeypatch.setattr("llmcore.data.reading.text.MAX_UPLOAD_BYTES", 2_000)  # the page's own
    for module in (corpora, pretraining_data):
        monkeypatch.setattr(module, "LARGE_BYTES", 8_000)
    path = tmp_path / "large.txt"
    path.write_bytes(sentences(1_000).encode()[:n_bytes])
    flags = ("--corpus", path) if where == "corpus" else (
        "--corpus", "conversations", "--validation-corpus", path)  # fmt: skip
    made = lab("pretrain", *flags, *TINY, "--json").json
    assert made["state"] == "done"
    run = open_run(made["run"])
    copy = run.stored_data() if where == "corpus" else run.stored_validation()
    assert (copy is not None) == (n_bytes <= 3_000)
    if where == "corpus":
        assert bool(run.events("tokenizing")) == (n_bytes > 8_000)
        assert n_bytes <= tokens(made["run"]) <= n_bytes + 2


def test_a_folder_too_large_for_memory_goes_to_shards(lab, folder, monkeypatch):
    for module in (corpora, pretraining_data):
        monkeypatch.setattr(module, "LARGE_BYTES", 1_000)
    monkeypatch.setattr(data_record, "COPIED_BYTES", 1_000)
    made = lab("pretrain", "--corpus", folder, *TINY, "--json").json
    assert tokens(made["run"]) == expected(documents())
    assert open_run(made["run"]).config.data.source == str(folder)


def test_a_packed_text_and_another_encoding(lab, tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(TEXT.replace("moon", "Möön").encode("cp1252"))
    said = lab("preflight", "--corpus", path, *BYTES)
    assert "Windows-1252" in said.err and not said.status
    named = lab("preflight", "--corpus", path, "--encoding", "cp1251", *BYTES)
    assert "Windows-1252" not in named.err and not named.status
    assert "no encoding 'cp9999'" in lab("preflight", "--corpus", path, "--encoding", "cp9999",
                                         *BYTES).error  # fmt: skip
