"""Text to ids and back: built-in vocabularies, plain bytes, and byte-pair encodings you train."""

from llmcore.tokenizers.bpe import MAX_VOCAB_SIZE, MIN_VOCAB_SIZE, Recipe, Training, train_bpe
from llmcore.tokenizers.builtin import BUILTIN_TOKENIZERS, builtin_tokenizer
from llmcore.tokenizers.parts import Part
from llmcore.tokenizers.patterns import BPE_PATTERN, DEFAULT_RULE, RULES
from llmcore.tokenizers.roles import END_OF_TEXT, Roles
from llmcore.tokenizers.tokenizer import Piece, Tokenizer, bytes_per_token

__all__ = [
    "BPE_PATTERN",
    "BUILTIN_TOKENIZERS",
    "DEFAULT_RULE",
    "END_OF_TEXT",
    "MAX_VOCAB_SIZE",
    "MIN_VOCAB_SIZE",
    "RULES",
    "Part",
    "Piece",
    "Recipe",
    "Roles",
    "Tokenizer",
    "Training",
    "builtin_tokenizer",
    "bytes_per_token",
    "train_bpe",
]
