"""Before a run: how many tokens a short text has, and the longest context that fits into it."""

from dataclasses import dataclass

from llmcore import models
from llmcore.data import CORPUS_SPLIT_SEED, Corpus, encoded_corpus, trained_bpe_for
from llmcore.paths import cache_dir
from llmcore.tokenizers import Tokenizer

COUNTED_BYTES = 2 << 20  # a longer text has room for every usual context
BYTES_PER_POSITION = 400  # and for a long context, if it has so many bytes for each of its tokens


@dataclass(slots=True, frozen=True)
class TextSize:
    """Tokens to train and to validate on, and the vocabulary of the tokenizer that counted."""

    train: int
    validation: int
    vocab_size: int


def is_counted(corpus: Corpus, context_length: int) -> bool:
    """Whether a text is so short that its tokens are counted before a run is made."""
    return corpus.n_bytes < max(COUNTED_BYTES, BYTES_PER_POSITION * context_length)


def text_size(
    corpus: Corpus, tokenizer: str, vocab_size: int, validation: float, held_out: Corpus | None
) -> TextSize:
    """Counts as the run will: the same split, the same tokenizer, and both stay in the cache.

    tokenizer: a reference, or "" for a BPE of `vocab_size` trained on the training part.
    held_out: a text to validate on instead of the share `validation` of the corpus.
    Raises LabError if nothing can be held out.
    """
    train, validated = corpus.documents, [] if held_out is None else held_out.documents
    if held_out is None:
        train, validated = corpus.split(validation, CORPUS_SPLIT_SEED)
    learned: Tokenizer = (
        models.tokenizer_for(tokenizer)
        if tokenizer
        else trained_bpe_for(train, vocab_size, cache_dir())
    )
    n_train, n_validation = (
        len(encoded_corpus(learned, part, cache_dir())) for part in (train, validated)
    )
    return TextSize(n_train, n_validation, learned.vocab_size)
