"""A large file in shards: the same ids as in memory, resumable, bounded, damaged files noticed."""

import json
import mmap

import numpy as np
import pytest
from tiny import sentences

from llmcore.data import shards as module
from llmcore.data.reading.documents import CorpusOptions
from llmcore.data.shards import ShardedIds, prepare_shards
from llmcore.errors import DamagedError, LabError
from llmcore.tokenizers import builtin_tokenizer
from llmcore.tokenizers.roles import END_OF_TEXT

TOKENIZER = builtin_tokenizer("gpt2")
TEXT = sentences(400) + "\n\n  indented é 🎉\n" + sentences(300, seed=1)


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "large.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def all_ids(found, folder):
    """Training and validation ids put together again in the order of the file."""
    rows = {False: found.train, True: found.validation}
    places = {False: 0, True: 0}
    parts = []
    index = module.read_json(folder / module.INDEX)
    for block in index["blocks"]:
        held = bool(block["held_out"])
        n = (folder / block["file"]).stat().st_size // 2
        parts.append(rows[held][places[held] : places[held] + n])
        places[held] += n
    return np.concatenate(parts).tolist()


@pytest.mark.parametrize("block_bytes", [700, 4_000, 1 << 20])
@pytest.mark.parametrize("n_processes", [1, 2])
def test_ids_are_those_of_the_whole_text(text, tmp_path, block_bytes, n_processes):
    seen = []
    folder = tmp_path / "shards"
    found = prepare_shards(
        text, TOKENIZER, folder, 0.1, n_processes, lambda done, all: seen.append((done, all)),
        block_bytes,
    )  # fmt: skip
    assert all_ids(found, folder) == TOKENIZER.encode_documents([TEXT]).tolist()
    blocks = module.read_json(folder / module.INDEX)["blocks"]
    assert seen[-1] == (len(blocks), len(blocks)) and len(blocks) >= 2
    held = sum(block["n_bytes"] for block in blocks if block["held_out"])
    assert found.validation_bytes == held > 0 and len(found.train) > 0 < len(found.validation)
    assert sum(block["n_bytes"] for block in blocks) == len(TEXT.encode())


@pytest.mark.parametrize("keep_marks", [False, True])
@pytest.mark.parametrize("block_bytes", [20, 700, 1 << 20])
def test_marks_part_documents_or_stay(tmp_path, keep_marks, block_bytes):
    text = f"first line\nsecond{END_OF_TEXT}third\nfourth line\n" * 40
    path = tmp_path / "two.txt"
    path.write_text(text)
    options = CorpusOptions(keep_marks=keep_marks)
    folder = tmp_path / "out"
    found = prepare_shards(path, TOKENIZER, folder, 0.5, 1, None, block_bytes, options)
    documents = [text] if keep_marks else text.split(END_OF_TEXT)
    assert all_ids(found, folder) == TOKENIZER.encode_documents(documents).tolist()


@pytest.mark.parametrize("block_bytes", [100, 3_000])
def test_rows_and_files_are_whole_documents_in_a_block(tmp_path, block_bytes):
    documents = [sentences(3, seed=n) for n in range(200)]
    rows = tmp_path / "a.jsonl"
    rows.write_text(
        "".join(json.dumps({"text": document, "url": "x"}) + "\n" for document in documents)
    )
    many = tmp_path / "folder"
    many.mkdir()
    for number, document in enumerate(documents):
        (many / f"{number:03}.txt").write_text(document)
    for path in (rows, many):
        folder = tmp_path / f"out-{path.name}"
        found = prepare_shards(path, TOKENIZER, folder, 0.1, 1, None, block_bytes)
        assert all_ids(found, folder) == TOKENIZER.encode_documents(documents).tolist()
        for ids in (found.train, found.validation):  # nothing is cut between the two
            assert ids[len(ids) - 1] == TOKENIZER.eot_id


def test_an_interrupted_preparation_goes_on_and_a_finished_one_is_only_read(
    text, tmp_path, monkeypatch
):
    folder = tmp_path / "shards"
    plain, made = module._encode_block, []

    def breaks(job):
        if len(made) == 4:
            raise KeyboardInterrupt
        made.append(job)
        plain(job)

    monkeypatch.setattr(module, "_encode_block", breaks)
    with pytest.raises(KeyboardInterrupt):
        prepare_shards(text, TOKENIZER, folder, 0.1, 1, block_bytes=700)
    made.clear()
    monkeypatch.setattr(module, "_encode_block", lambda job: (made.append(job), plain(job)))
    prepare_shards(text, TOKENIZER, folder, 0.1, 1, block_bytes=700)
    n_blocks = len(module.read_json(folder / module.INDEX)["blocks"])
    assert len(made) == n_blocks - 4
    made.clear()
    prepare_shards(text, TOKENIZER, folder, 0.1, 1, block_bytes=700)
    assert made == []
    text.write_text(TEXT + "\nmore", encoding="utf-8")  # another file under the same name
    prepare_shards(text, TOKENIZER, folder, 0.1, 1, block_bytes=700)
    assert made != []


def test_any_stretch_reads_like_an_array(tmp_path):
    row = np.arange(1000, dtype=np.uint16)
    paths = []
    for number, part in enumerate(np.split(row, [10, 10, 700])):
        paths.append(tmp_path / f"{number}.bin")
        part.tofile(paths[-1])
    ids = ShardedIds(paths[:1] + paths[2:], np.uint16)  # an empty file cannot be mapped
    assert len(ids) == 1000 and ids[0] == 0 and ids[-1] == 999
    rng = np.random.default_rng(0)
    for start, stop in rng.integers(0, 1000, (200, 2)):
        np.testing.assert_array_equal(ids[start:stop], row[start:stop])
    with pytest.raises(IndexError):
        ids[1000]
    with pytest.raises(ValueError, match="one direction"):
        ids[::2]


def test_reading_ahead_asks_for_the_pages_of_each_window_and_no_more(tmp_path, monkeypatch):
    paths = []
    for number, part in enumerate(np.split(np.arange(60_000, dtype=np.uint16), [9_000])):
        paths.append(tmp_path / f"{number}.bin")
        part.tofile(paths[-1])
    ids = ShardedIds(paths, np.uint16)
    asked = []

    class Mapped:
        def __init__(self, shard):
            self.shard, self.real = shard, plain(shard)[0]

        def madvise(self, option, start, length):
            self.real.madvise(option, start, length)  # refuses a start inside of a page
            asked.append((self.shard, start, start + length))

    plain = ids._map
    monkeypatch.setattr(ids, "_map", lambda shard: (Mapped(shard), plain(shard)[1]))
    ids.will_need([0, 8_990, 59_990], 100)
    page = mmap.PAGESIZE
    assert asked == [
        (0, 0, 200),
        (0, 17_980 // page * page, 18_000),  # the window that lies in both files
        (1, 0, 180),
        (1, 101_980 // page * page, 102_000),  # the last ids
    ]


def test_a_torn_or_lost_shard_is_noticed(text, tmp_path):
    folder = tmp_path / "shards"
    found = prepare_shards(text, TOKENIZER, folder, 0.1, 1, block_bytes=700)
    torn = next(folder.glob("*.bin"))
    torn.write_bytes(torn.read_bytes()[:-1])
    with pytest.raises(DamagedError, match="half a token"):
        ShardedIds([torn], np.uint16)
    torn.unlink()
    again = prepare_shards(text, TOKENIZER, folder, 0.1, 1, block_bytes=700)
    assert len(again.train) == len(found.train)


def test_broken_bytes_are_repaired_and_not_refused(tmp_path):
    path = tmp_path / "bad.txt"
    lines = "gute Zeile, schön\n" * 50
    path.write_bytes(lines.encode() + b"\xff\xfe bad\n" + lines.encode())
    folder = tmp_path / "out"
    found = prepare_shards(path, TOKENIZER, folder, 0.1, 1, block_bytes=200)
    text = TOKENIZER.decode(all_ids(found, folder))
    assert text.count("schön") == 100 and "\ufffd\ufffd bad" in text


def test_what_is_no_text_is_refused(tmp_path):
    path = tmp_path / "bad.txt"
    path.write_bytes(bytes(range(256)) * 100)
    with pytest.raises(LabError, match="not a text file"):
        prepare_shards(path, TOKENIZER, tmp_path / "out", 0.1, 1, block_bytes=200)
    path.write_text("a")
    with pytest.raises(LabError, match="too few lines"):
        prepare_shards(path, TOKENIZER, tmp_path / "out", 0.1, 1, block_bytes=200)


def test_memory_holds_a_few_blocks_at_a_time(tmp_path, monkeypatch):
    """Blocks are made no faster than they are encoded."""
    path = tmp_path / "large.txt"
    path.write_text(sentences(4_000))
    made, most = [], [0]
    plain = module.blocks_of

    def counted(pieces, size):
        for block in plain(pieces, size):
            made.append(block)
            yield block

    monkeypatch.setattr(module, "blocks_of", counted)

    def look(done, all):
        most[0] = max(most[0], len(made) - done)

    prepare_shards(path, TOKENIZER, tmp_path / "out", 0.1, 2, look, 2_000)
    assert len(made) > 50 and most[0] <= 3
