"""The window and the cache: what is read, and that going back or aside changes no number."""

import pytest
import torch
from generating import CONFIG, sharp_model

from llmcore.generation.reader import Reader, ReaderPool, common_prefix, window_start
from llmcore.nn.decode import NextLogits


@pytest.fixture(scope="module")
def model():
    return sharp_model()


def fresh(model, ids):
    """The last row of one plain forward pass over the window."""
    start = window_start(len(ids), CONFIG.context_length)
    with torch.no_grad():
        return model(torch.tensor([ids[start:]]))[0, -1]


@pytest.mark.parametrize("context_length", [2, 3, 16, 17])
def test_the_window_holds_between_half_a_context_and_a_whole_one(context_length):
    starts = [window_start(n, context_length) for n in range(1, 200)]
    assert starts == sorted(starts)
    for n, start in enumerate(starts, 1):
        assert n - start <= context_length
        assert start == 0 if n <= context_length else n - start >= max(1, context_length // 2)
    slides = len(set(starts)) - 1
    assert slides <= 200 / max(1, context_length / 2) + 1  # a cache lives for half a context


@pytest.mark.parametrize("use_cache", [True, False])
def test_a_reader_gives_the_numbers_of_a_fresh_pass_wherever_it_goes(model, use_cache):
    reader = Reader(model, use_cache)
    generator = torch.Generator().manual_seed(1)
    ids = [5, 6, 7]
    for _ in range(60):
        choice = int(torch.randint(4, (1,), generator=generator))
        new = torch.randint(300, (1 + choice,), generator=generator).tolist()
        if choice == 3:  # back to an earlier place and on from there, or to another text
            back = int(torch.randint(1, len(ids) + 1, (1,), generator=generator))
            ids = ids[:back]
        ids = ids + new
        torch.testing.assert_close(reader.next_logits(ids), fresh(model, ids), rtol=1e-4, atol=1e-4)


def test_the_cache_reads_only_what_is_new(model):
    read, passes = [], NextLogits(model)

    def counting(new, cache):
        read.append(len(new))
        return passes(new, cache)

    reader = Reader(model, passes=counting)
    for ids in ([1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4, 5], [1, 2, 3, 9], [1, 2, 3, 9], [7]):
        reader.next_logits(ids)
    assert read == [3, 1, 1, 1, 1, 1]


def test_a_failure_in_the_middle_leaves_no_wrong_cache(model, monkeypatch):
    reader = Reader(model)
    reader.next_logits([1, 2, 3])
    with monkeypatch.context() as patch:
        patch.setattr(type(model.blocks[1]), "forward", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            reader.next_logits([1, 2, 8, 9])
    ids = [1, 2, 3, 4]
    torch.testing.assert_close(reader.next_logits(ids), fresh(model, ids))


def test_the_pool_hands_out_the_reader_that_knows_most_and_keeps_few(model):
    pool = ReaderPool(max_readers=2)
    first, second = pool.take(model, [1]), pool.take(model, [1])
    assert first is not second
    first.next_logits([1, 2, 3])
    second.next_logits([4, 5])
    pool.give_back(first)
    pool.give_back(second)
    assert pool.take(model, [1, 2, 9]) is first
    pool.give_back(first)
    other = pool.take(sharp_model(), [1, 2, 3])  # another model gets a reader of its own
    assert other not in (first, second)
    pool.give_back(other)
    taken = {pool.take(model, [4, 5]), pool.take(model, [4, 5])}
    assert first in taken and second not in taken  # the longest unused one went


def test_the_pool_is_bounded_by_bytes_too(model):
    reader = Reader(model)
    reader.next_logits([1])
    pool = ReaderPool(max_bytes=reader.n_bytes - 1)
    pool.give_back(reader)
    assert pool.take(model, [1]) is not reader


def test_common_prefix():
    assert [common_prefix(a, b) for a, b in (([], [1]), ([1, 2], [1, 2, 3]), ([1, 2], [1, 3]))] == [
        0,
        2,
        1,
    ]
