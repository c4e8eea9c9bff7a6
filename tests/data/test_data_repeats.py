from llmcore.data import load_corpus
from llmcore.data.repeats import COPIES, LETTERS, LONGEST, SHORTEST, repeats


def shortest_period(text: str) -> int:
    return next(n for n in range(1, len(text) + 1) if text == (text[:n] * len(text))[: len(text)])


def test_each_document_is_one_piece_several_times():
    seen = set()
    for document in repeats(500, seed=3):
        piece = shortest_period(document)
        times = len(document) / piece
        assert SHORTEST <= piece <= LONGEST and times in range(COPIES[0], COPIES[1] + 1)
        assert set(document) <= set(LETTERS)
        seen.add((piece, times))
    assert len({piece for piece, _ in seen}) == LONGEST - SHORTEST + 1
    assert len({times for _, times in seen}) == COPIES[1] - COPIES[0] + 1


def test_the_seed_makes_the_text():
    assert repeats(20, seed=1) == repeats(20, seed=1) != repeats(20, seed=2)


def test_letters_are_alike():
    text = "".join(document[:SHORTEST] for document in repeats(5000))
    counts = [text.count(letter) for letter in LETTERS]
    assert min(counts) > 0.7 * len(text) / len(LETTERS)
    assert len(set(LETTERS)) == 94 and LETTERS.isascii()


def test_it_is_a_corpus_that_splits():
    corpus = load_corpus("repeats")
    train, held_out = corpus.split(0.02, 0)
    assert not set(train) & set(held_out) and len(held_out) > 100
