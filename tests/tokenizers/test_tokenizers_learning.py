"""Learning merges: the fast version against the plainest one that there is, merge by merge."""

import itertools
import random
from collections import Counter

import pytest

from llmcore.errors import LabError
from llmcore.tokenizers import BPE_PATTERN, MIN_VOCAB_SIZE, RULES, Recipe, Training, learning
from llmcore.tokenizers.learning import Merge, count_pieces, learn_merges
from llmcore.tokenizers.signs import byte_characters

SIGNS = byte_characters()


def plain_merges(counts: dict[bytes, int], n_merges: int, min_count: int = 2) -> list[Merge]:
    """Counts all pairs of the whole text again for every merge."""
    tokens = [bytes([byte]) for byte in sorted(range(256), key=SIGNS.__getitem__)]
    symbol = {token: number for number, token in enumerate(tokens)}
    words = [([symbol[bytes([byte])] for byte in piece], n) for piece, n in counts.items()]
    merges = []
    for _ in range(n_merges):
        pairs: Counter[tuple[int, int]] = Counter()
        for word, n in words:
            for pair in itertools.pairwise(word):
                pairs[pair] += n
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        if pairs[best] < min_count:
            break
        for word, _ in words:
            i = 0
            while i < len(word) - 1:
                if (word[i], word[i + 1]) == best:
                    word[i : i + 2] = [len(tokens)]
                i += 1
        left, right = tokens[best[0]], tokens[best[1]]
        tokens.append(left + right)
        n_tokens = sum(len(word) * n for word, n in words)
        merges.append(Merge(left, right, pairs[best], n_tokens))
    return merges


def random_pieces(seed: int, alphabet: bytes, n: int, longest: int) -> dict[bytes, int]:
    draw = random.Random(seed)
    made = (bytes(draw.choices(alphabet, k=draw.randint(1, longest))) for _ in range(n))
    return {piece: draw.randint(1, 20) for piece in made}


@pytest.mark.parametrize("seed", range(40))
def test_every_merge_is_that_of_the_plain_version(seed: int) -> None:
    # Few letters and long pieces give runs (aaaa), overlaps (abab) and many equal counts.
    alphabet = [b"a", b"ab", b"abc", bytes(range(256))][seed % 4]
    counts = random_pieces(seed, alphabet, n=40, longest=30 if seed % 3 else 3)
    assert list(learn_merges(counts, 60)) == plain_merges(counts, 60)


def test_on_shakespeare_too(shakespeare: list[str]) -> None:
    counts = count_pieces([shakespeare[0][:20_000]], BPE_PATTERN)
    made = list(learn_merges(counts, 40))
    assert made == plain_merges(counts, 40)
    assert made[-1].n_tokens < sum(len(piece) * n for piece, n in counts.items())


@pytest.fixture(scope="module")
def shakespeare() -> list[str]:
    from llmcore.data import load_corpus

    return load_corpus("shakespeare").documents[:2]


def test_a_worked_example() -> None:
    merges = list(learn_merges({b"low": 5, b"lower": 2, b"newest": 6}, 3))
    assert [merge.token for merge in merges] == [b"we", b"lo", b"ewe"]
    assert [merge.count for merge in merges] == [8, 7, 6]
    assert [merge.n_tokens for merge in merges] == [53, 46, 40]


def test_rare_pairs_are_left_and_runs_merge_from_the_left() -> None:
    assert list(learn_merges({b"ab": 1}, 5)) == []
    assert [merge.token for merge in learn_merges({b"ab": 1}, 5, min_count=1)] == [b"ab"]
    assert [merge.n_tokens for merge in learn_merges({b"aaaaa": 2}, 2)] == [6, 4]
    assert list(learn_merges({}, 5)) == []


def test_pieces_are_counted_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    counts = count_pieces(["the cat, the dog", "the cat"], BPE_PATTERN, read.append)
    assert counts == {b"the": 2, b" cat": 2, b",": 1, b" the": 1, b" dog": 1}
    assert read == [16, 23]
    assert max(map(len, count_pieces(["-" * 1000], BPE_PATTERN))) == 256
    monkeypatch.setattr(learning, "MAX_PIECE_BYTES", 8)
    kept = count_pieces(["the cat, the dog", "the cat"], BPE_PATTERN)
    assert kept == {b"the": 2, b" cat": 2, b",": 1}  # a known piece still counts


@pytest.mark.parametrize("rule", RULES)
def test_no_token_reads_like_the_end_of_a_text(rule: str) -> None:
    training = Training(Recipe(400, rule=rule))
    training.run(["one<|endoftext|>two <|endoftext|> " * 30])
    assert training.merges and not any(b"<|" in merge.token for merge in training.merges)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_s_pieces_are_what_its_tokenizer_merges_within(rule: str) -> None:
    """The engine that trains cuts as the engine that encodes does."""
    from llmcore.tokenizers import END_OF_TEXT, Tokenizer
    from llmcore.tokenizers.patterns import pieces

    alphabet = [*"aAbs  \n\n\t'.,!?-_019éßЖع漢字😀\u0301\u00a0\r\0\u2028", "'LL", "  ", "don't"]
    # A vocabulary in which everything short is a token would hide no cut; bytes alone show all.
    tokenizer = Tokenizer(
        "x", {bytes([i]): i for i in range(256)}, RULES[rule].pattern, {END_OF_TEXT: 256}
    )
    draw = random.Random(rule)
    for _ in range(300):
        text = "".join(draw.choices(alphabet, k=draw.randrange(60)))
        parts = list(pieces(text, RULES[rule].pattern))
        assert "".join(parts) == text
        theirs = tokenizer.engine.encoding._core_bpe.encode_ordinary(text)
        assert bytes(theirs) == text.encode()
        ranks = {bytes([i]): i for i in range(256)}
        ranks |= {piece.encode(): 256 + i for i, piece in enumerate(dict.fromkeys(parts))
                  if len(piece.encode()) > 1}  # fmt: skip
        whole = Tokenizer("y", ranks, RULES[rule].pattern, {END_OF_TEXT: 256 + len(parts)})
        assert [whole.token_bytes(token_id).decode() for token_id in whole.encode(text)] == parts, (
            repr(text)
        )


def test_training_can_be_watched_and_stopped(shakespeare: list[str]) -> None:
    training = Training(Recipe(1024))
    training.run(shakespeare, stop=lambda: len(training.merges) >= 100)
    assert training.vocab_size == MIN_VOCAB_SIZE + 100
    assert training.n_read == sum(map(len, shakespeare))
    tokenizer = training.tokenizer("mine")
    assert tokenizer.vocab_size == 357 and tokenizer.name == "mine"
    # The number that is watched is the one that encoding the same text gives.
    n_tokens = sum(len(tokenizer.encode(text)) for text in shakespeare)
    assert training.merges[-1].n_tokens == n_tokens
    n_bytes = sum(len(text.encode()) for text in shakespeare)
    assert training.bytes_per_token == pytest.approx(n_bytes / n_tokens)


def test_characters_are_tokens_of_their_own() -> None:
    training = Training(Recipe(kind="characters"))
    training.run(["naïve 漢字漢字 😀"])
    tokenizer = training.tokenizer()
    text = "字漢 naïve 😀"
    assert [tokenizer.token_label(token_id) for token_id in tokenizer.encode(text)] == list(text)
    assert len(tokenizer.encode("語")) == 3 and tokenizer.decode(tokenizer.encode("語")) == "語"
    small = Training(Recipe(MIN_VOCAB_SIZE + 2, kind="characters"))
    small.run(["漢" * 9 + "é"])
    assert [merge.token.decode() for merge in small.merges[1:]] == ["漢"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"kind": "wordpiece"}, "bpe, characters"),
        ({"rule": "x"}, "gpt2"),
        ({"vocab_size": 1}, "257"),
    ],
)
def test_what_cannot_be_is_refused(settings: dict, words: str) -> None:
    with pytest.raises(LabError, match=words):
        Recipe(**settings)
