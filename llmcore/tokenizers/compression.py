"""How many tokens a text costs in a vocabulary."""

from dataclasses import dataclass

from llmcore.tokenizers.segments import replace_surrogates
from llmcore.tokenizers.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class Compression:
    """The size of one text, and of its tokens.

    Bytes per token flatter scripts that take three bytes a character; characters per token
    flatter those that write a syllable or a word with one. Neither is fair between languages.
    """

    n_bytes: int
    n_characters: int
    n_tokens: int

    @property
    def bytes_per_token(self) -> float:
        return self.n_bytes / max(1, self.n_tokens)

    @property
    def characters_per_token(self) -> float:
        return self.n_characters / max(1, self.n_tokens)


def compression(tokenizer: Tokenizer, text: str) -> Compression:
    text = replace_surrogates(text)
    return Compression(len(text.encode()), len(text), len(tokenizer.encode(text)))
