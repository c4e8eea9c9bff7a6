"""A large file in shards: the same ids as in memory, resumable, bounded, damaged files noticed."""

import mmap

import numpy as np
import pytest
from tiny import sentences

from llmcore.data import shards as module
from llmcore.data.shards import ShardedIds, plan_blocks, prepare_shards, sample_text
from llmcore.errors import DamagedError, LabError
from llmcore.tokenizers import builtin_tokenizer

TOKENIZER = builtin_tokenizer("gpt2")
TEXT = sentences(400) + "\n\n  indented é 🎉\n" + sentences(300, seed=1)


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "large.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def all_ids(found, folder, text, block_bytes):
    """Training and validation ids put together again in the order of the file."""
    rows = {False: found.train, True: found.validation}
    places = {False: 0, True: 0}
    parts = []
    index = module.read_json(folder / module.INDEX)
    for one in index["blocks"]:
        held = bool(one["held_out"])
        n = (folder / one["file"]).stat().st_size // 2
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
    assert all_ids(found, folder, text, block_bytes) == TOKENIZER.encode(TEXT)
    assert seen[-1][0] == seen[-1][1] == len(plan_blocks(text, 0.1, block_bytes))
    held = sum(b.end - b.start for b in plan_blocks(text, 0.1, block_bytes) if b.held_out)
    assert found.validation_bytes == held > 0 and len(found.train) > 0 < len(found.validation)


def test_a_document_mark_becomes_the_end_of_text_token(tmp_path):
    path = tmp_path / "two.txt"
    path.write_text(f"first line\nsecond{module.END_OF_TEXT}third\nfourth line\n")
    found = prepare_shards(path, TOKENIZER, tmp_path / "out", 0.5, 1, block_bytes=20)
    ids = found.train[:].tolist() + found.validation[:].tolist()
    assert ids.count(TOKENIZER.eot_id) == 1


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
    assert len(made) == len(plan_blocks(text, 0.1, 700)) - 4
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


def test_what_is_no_text_is_refused_with_the_place(tmp_path):
    path = tmp_path / "bad.txt"
    path.write_bytes(b"good line\n" * 50 + b"\xff\xfe bad\n" + b"good line\n" * 50)
    with pytest.raises(LabError, match=r"no UTF-8 text: byte 500 "):
        prepare_shards(path, TOKENIZER, tmp_path / "out", 0.1, 1, block_bytes=200)


def test_a_sample_comes_from_all_over_the_file(text):
    sample = sample_text(text, n_bytes=2000, pieces=4)
    assert len(sample) == 4 and TEXT.startswith(sample[0][:100])
    assert TEXT.endswith(sample[-1][-100:])
