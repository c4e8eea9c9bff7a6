"""Expressions that are in wide use, and known to come to an end: each is read from the left and
decides by the next character or two.

The names are those that llama.cpp gives to ways of splitting text (`tokenizer.ggml.pre` of a GGUF
file). The expressions are those of the models' own tokenizer.json; llama.cpp spells some of them
in another way, since its engine knows less.
"""

from llmcore.tokenizers.patterns import KNOWN_PATTERNS, O200K_PATTERN

_SHORT_FORMS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
LLAMA3 = (
    rf"{_SHORT_FORMS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
QWEN35 = (
    rf"{_SHORT_FORMS}|[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}\p{{M}}]+|\p{{N}}|"
    r" ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
UFAKZEKA = QWEN2.removeprefix(f"{_SHORT_FORMS}|")
SEED_CODER = (
    rf"{_SHORT_FORMS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1}}|"
    r" ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+"
)
BAILING = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}|"
    r" ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"
)
TEKKEN = O200K_PATTERN.replace(r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?", "").replace(
    r"\p{N}{1,3}", r"\p{N}"
)
MINICPM5 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}+")
BLOOM = " ?[^(\\s|.,!?…。，、।۔،)]+"
DEEPSEEK3 = (
    r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|"""
    r""" ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
)
KANJI = "[一-龥\u3040-ゟ゠-ヿ]+"
UP_TO_THREE_DIGITS = r"\p{N}{1,3}"
LINES = r"[^\n]+|[\n]+"
CODER_STEPS = (r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", "[一-龥ࠀ-一가-\ud7ff]+", r"\p{N}")

# cl100k_base's for the engine of the package `tokenizers`.
CL100K_RESPELLED = (
    r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"""
    r""" ?[^\s\p{L}\p{N}]+[\r\n]*|\s+\z|\s*[\r\n]|\s+(?!\S)|\s"""
)

KNOWN_EXPRESSIONS = KNOWN_PATTERNS | {
    CL100K_RESPELLED, LLAMA3, QWEN2, QWEN35, UFAKZEKA, SEED_CODER, BAILING, TEKKEN, MINICPM5,
    BLOOM, DEEPSEEK3, KANJI, UP_TO_THREE_DIGITS, LINES, *CODER_STEPS,
}  # fmt: skip
