"""How a text is cut into pieces before merging: no merge ever crosses the end of a piece.

The expressions are read by three engines (tiktoken's, `tokenizers`' and Python's `regex`), which
agree on them but for what `llmcore.convert.hf_tokenizer` respells.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from llmcore.errors import NotFoundError

if TYPE_CHECKING:
    import regex

# GPT-2's and GPT-4's are those of tiktoken itself (tiktoken_ext/openai_public.py).
GPT2_PATTERN = (
    r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"""
)
CL100K_PATTERN = (
    r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+|"""
    r""" ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"""
)
# GPT-2's pattern with two changes that suit small vocabularies: each digit is a piece of its
# own, and line ends join each other or the punctuation before them (as in cl100k_base). Written
# without possessive quantifiers, so that both regex engines read it alike.
BPE_PATTERN = (
    r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|"""
    r"""\s*[\r\n]+|\s+(?!\S)|\s+"""
)
WORDS_PATTERN = r""" ?\S+|\s+(?!\S)|\s+"""
# GPT-4o's: no tokenizer of the lab learns with it, but `--tokenizer o200k_base` takes it.
O200K_PATTERN = (
    r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"""
    r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"""
    r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"""
    r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"""
    r"""\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
)
# Cuts that mean nothing, only to bound the work of one piece.
BYTES_PATTERN = r"[\s\S]{1,256}"
CHARACTERS_PATTERN = r"[\s\S]"
# All that the lab writes into a tokenizer's file. A file with another may come from anywhere, and
# an expression can be made to run for ever.
KNOWN_PATTERNS = frozenset({
    GPT2_PATTERN, CL100K_PATTERN, O200K_PATTERN, BPE_PATTERN, WORDS_PATTERN, BYTES_PATTERN,
    CHARACTERS_PATTERN,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """A pre-tokenization rule that one can train with."""

    name: str
    title: str
    pattern: str
    summary: str


RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule(
            "lab",
            "The lab's own",
            BPE_PATTERN,
            "Words with the space before them; every digit alone, so that numbers stay regular; "
            "line ends join the punctuation before them.",
        ),
        Rule(
            "gpt2",
            "GPT-2's",
            GPT2_PATTERN,
            "Words with the space before them; digits of any number stay together; runs of "
            "spaces keep the last one for the word that follows.",
        ),
        Rule(
            "cl100k",
            "GPT-4's (cl100k)",
            CL100K_PATTERN,
            "Digits in groups of up to three; one sign, such as a bracket or a tab, may stick to "
            "the word after it; contractions in capitals too.",
        ),
        Rule(
            "words",
            "Words between spaces",
            WORDS_PATTERN,
            "Cut only at white space: punctuation sticks to its word, so “dog” and "
            "“dog,” are learned apart.",
        ),
        Rule(
            "none",
            "No rule",
            BYTES_PATTERN,
            "Merges may cross spaces and ends of words, so whole phrases become tokens. To bound "
            "the work, a cut after every 256 characters, and 4 MB of text at most.",
        ),
    )
}
DEFAULT_RULE = "lab"


def rule_named(name: str) -> Rule:
    if name not in RULES:
        raise NotFoundError(f"There is no rule {name!r}: choose one of {', '.join(RULES)}.")
    return RULES[name]


def pieces(text: str, pattern: str) -> Iterator[str]:
    """The pieces of `text`; they join to it again.

    >>> list(pieces("it's 42!", GPT2_PATTERN))
    ['it', "'s", ' 42', '!']
    """
    # `concurrent` lets other threads run while the engine reads.
    return (match.group() for match in _compiled(pattern).finditer(text, concurrent=True))


@lru_cache(maxsize=32)
def _compiled(pattern: str) -> "regex.Pattern[str]":
    import regex

    # In Python `$` also matches before a last line end; in tiktoken's Rust only at the end.
    return regex.compile(re.sub(r"(?<!\\)\$", r"\\Z", pattern))
