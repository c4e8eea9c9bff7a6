"""Train a byte-pair encoding (Sennrich et al. 2016) and hold it as a `tiktoken.Encoding`."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from llmcore.errors import LabError
from llmcore.tokenizers.builtin import byte_characters
from llmcore.tokenizers.segments import replace_surrogates, segments
from llmcore.tokenizers.tokenizer import END_OF_TEXT, Tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer as RustTokenizer

MIN_VOCAB_SIZE = 257  # every byte and <|endoftext|>
MAX_VOCAB_SIZE = 200_000

# GPT-2's pattern with two changes that suit small vocabularies: each digit is a piece of its
# own, and line ends join each other or the punctuation before them (as in cl100k_base). Written
# without possessive quantifiers, so that both regex engines read it alike.
BPE_PATTERN = (
    r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|"""
    r"""\s*[\r\n]+|\s+(?!\S)|\s+"""
)

# The trainer's work grows steeply with long words, and words that never repeat: runs without a
# space are cut for training, and only the first half million characters of such runs count.
_TOO_LONG = re.compile(r"\S{64}(?=\S)|\s{64}(?=\s)")
_PART = 50_000  # characters
_RUNS = 500_000  # characters


def train_bpe(documents: Iterable[str], vocab_size: int, name: str | None = None) -> Tokenizer:
    """A vocabulary of 256 bytes, learned merges and `<|endoftext|>` (the last id).

    Pairs seen once are not merged, so a short text may give fewer than `vocab_size` tokens. The
    same documents give the same tokenizer. Raises LabError for a size that cannot be, or no text.
    """
    if not MIN_VOCAB_SIZE <= vocab_size <= MAX_VOCAB_SIZE:
        raise LabError(
            f"The vocabulary size is {vocab_size} but must be from {MIN_VOCAB_SIZE} "
            f"(256 bytes and {END_OF_TEXT}) to {MAX_VOCAB_SIZE}."
        )
    merges = _learn_merges(documents, vocab_size - MIN_VOCAB_SIZE)
    byte_of = {character: byte for byte, character in byte_characters().items()}
    ranks = {bytes([byte]): byte for byte in range(256)}
    for left, right in merges:
        ranks.setdefault(bytes(byte_of[c] for c in left + right), len(ranks))
    size = len(ranks) + 1
    return Tokenizer(name or f"bpe-{size}", ranks, BPE_PATTERN, {END_OF_TEXT: size - 1})


def byte_level_bpe(vocab: dict[str, int], merges: list[tuple[str, str]]) -> "RustTokenizer":
    """A Rust `tokenizers.Tokenizer` that splits by `BPE_PATTERN` and merges bytes."""
    from tokenizers import Regex, models, pre_tokenizers
    from tokenizers import Tokenizer as RustTokenizer

    rust = RustTokenizer(models.BPE(vocab=vocab, merges=merges))
    rust.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(BPE_PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    return rust


def _learn_merges(documents: Iterable[str], n_merges: int) -> list[tuple[str, str]]:
    """Merges in order of rank, in GPT-2's printable characters."""
    from tokenizers import pre_tokenizers, trainers

    rust = byte_level_bpe({}, [])
    trainer = trainers.BpeTrainer(
        vocab_size=256 + n_merges,
        min_frequency=2,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    seen = False

    def parts() -> Iterator[str]:
        nonlocal seen
        for part in _training_parts(documents):
            seen = True
            yield part

    rust.train_from_iterator(parts(), trainer)
    if not seen:
        raise LabError("There is no text to train a tokenizer on: give it some.")
    model = json.loads(rust.to_str())["model"]
    return [tuple(merge) for merge in model["merges"]][:n_merges]


def _training_parts(documents: Iterable[str]) -> Iterator[str]:
    left = _RUNS
    for document in documents:
        for segment in segments(replace_surrogates(document), _PART):
            start = 0
            for match in _TOO_LONG.finditer(segment):
                if left > 0:
                    yield segment[start : match.end()]
                    left -= match.end() - match.start()
                start = match.end()
            if start < len(segment):
                yield segment[start:]
