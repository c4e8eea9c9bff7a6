"""Train a byte-pair encoding, or characters, and hold it as a `tiktoken.Encoding`."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from llmcore.choices import (
    MAX_VOCAB_SIZE,
    MIN_VOCAB_SIZE,
    TOKENIZER_KINDS,
    TokenizerChoices,
)
from llmcore.errors import LabError
from llmcore.tokenizers.learning import Merge, count_pieces, learn_merges
from llmcore.tokenizers.patterns import CHARACTERS_PATTERN, DEFAULT_RULE, RULES, rule_named
from llmcore.tokenizers.roles import END_OF_TEXT
from llmcore.tokenizers.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class Recipe(TokenizerChoices):
    """What to train: raises LabError for what cannot be.

    kind `characters`: each character is cut off first, so merges only ever join the bytes of one
    character, and every one of the text becomes a token while there is room. `rule` is one of
    `RULES` and counts for `bpe` alone.
    """

    def __post_init__(self) -> None:
        if self.kind not in TOKENIZER_KINDS:
            raise LabError(
                f"There is no kind {self.kind!r}: choose one of {', '.join(TOKENIZER_KINDS)}."
            )
        rule_named(self.rule)
        if not MIN_VOCAB_SIZE <= self.vocab_size <= MAX_VOCAB_SIZE:
            raise LabError(
                f"The vocabulary size is {self.vocab_size} but must be from {MIN_VOCAB_SIZE} "
                f"(256 bytes and {END_OF_TEXT}) to {MAX_VOCAB_SIZE}."
            )

    @property
    def pattern(self) -> str:
        return CHARACTERS_PATTERN if self.kind == "characters" else RULES[self.rule].pattern

    @property
    def min_count(self) -> int:
        """How often a pair must occur: a pair seen once teaches nothing, a character does."""
        return 1 if self.kind == "characters" else 2


class Training:
    """One training as it goes on. Another thread may read its numbers and `merges` meanwhile."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.n_read = 0  # characters read so far
        self.n_bytes = 0  # bytes of all pieces that were counted
        self.merges: list[Merge] = []

    @property
    def vocab_size(self) -> int:
        """Tokens by now: bytes, merges and `<|endoftext|>`."""
        return MIN_VOCAB_SIZE + len(self.merges)

    @property
    def bytes_per_token(self) -> float:
        return self.n_bytes / self.merges[-1].n_tokens if self.merges else 1.0

    def run(self, documents: str | Iterable[str], stop: Callable[[], bool] = lambda: False) -> None:
        """Reads the documents, then merges until the size is reached, nothing is left to merge,
        or `stop()`. Raises LabError if there is no text."""
        counts = count_pieces(documents, self.recipe.pattern, self._note_read)
        if not counts:
            raise LabError("There is no text to train a tokenizer on: give it some.")
        self.n_bytes = sum(len(piece) * count for piece, count in counts.items())
        n_merges = self.recipe.vocab_size - MIN_VOCAB_SIZE
        for merge in learn_merges(counts, n_merges, self.recipe.min_count):
            self.merges.append(merge)
            if stop():
                return

    def _note_read(self, n_characters: int) -> None:
        self.n_read = n_characters

    def tokenizer(self, name: str | None = None) -> Tokenizer:
        """The tokenizer of the merges so far."""
        prefix = "characters" if self.recipe.kind == "characters" else "bpe"
        named = name or f"{prefix}-{self.vocab_size}"
        return tokenizer_from(self.merges, self.recipe.pattern, named)


def tokenizer_from(merges: Sequence[Merge], pattern: str, name: str) -> Tokenizer:
    """256 bytes, the merges in order, and `<|endoftext|>` as the last id."""
    ranks = {bytes([byte]): byte for byte in range(256)}
    for merge in merges:
        ranks[merge.token] = len(ranks)
    return Tokenizer(name, ranks, pattern, {END_OF_TEXT: len(ranks)})


def train_bpe(
    documents: str | Iterable[str],
    vocab_size: int,
    name: str | None = None,
    rule: str = DEFAULT_RULE,
) -> Tokenizer:
    """A vocabulary of 256 bytes, learned merges and `<|endoftext|>` (the last id). A str is one
    document.

    Pairs seen once are not merged, so a short text may give fewer than `vocab_size` tokens. The
    same documents give the same tokenizer. Raises LabError for a size that cannot be, or no text.
    """
    training = Training(Recipe(vocab_size, rule=rule))
    training.run(documents)
    return training.tokenizer(name)
