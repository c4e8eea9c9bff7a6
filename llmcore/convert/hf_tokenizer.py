"""Tokenizers between Hugging Face's files and ours: byte-level BPE only, ids equal or refused."""

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from llmcore.convert.locate import ForeignModel
from llmcore.convert.merges import merges_of
from llmcore.errors import DamagedError, LabError, cause
from llmcore.files import read_json, write_json_atomic
from llmcore.tokenizers import END_OF_TEXT, Tokenizer
from llmcore.tokenizers.builtin import builtin_tokenizer, byte_characters
from llmcore.tokenizers.patterns import (
    BPE_PATTERN,
    BYTES_PATTERN,
    CHARACTERS_PATTERN,
    CL100K_PATTERN,
    GPT2_PATTERN,
    WORDS_PATTERN,
)

TOKENIZER, SETTINGS = "tokenizer.json", "tokenizer_config.json"
VOCABULARY, MERGES, ADDED = "vocab.json", "merges.txt", "added_tokens.json"

# Our pattern -> how the regex engine of `tokenizers` is given the same. There `x{1,3}+` would
# repeat instead of being possessive, and `$` would match before every line end.
# None stands for the pattern that its ByteLevel step has built in, which is GPT-2's.
_PATTERNS: dict[str, str | None] = {
    GPT2_PATTERN: None,
    CL100K_PATTERN: (
        r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"""
        r""" ?[^\s\p{L}\p{N}]+[\r\n]*|\s+\z|\s*[\r\n]|\s+(?!\S)|\s"""
    ),
    BPE_PATTERN: BPE_PATTERN,
    WORDS_PATTERN: WORDS_PATTERN,
    BYTES_PATTERN: BYTES_PATTERN,
    CHARACTERS_PATTERN: CHARACTERS_PATTERN,
}
_CHARACTERS = byte_characters()
# Pattern, vocabulary, merges, special tokens.
_Parts = tuple[str, dict[str, int], list[tuple[str, ...]], dict[str, int]]
_BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}


# ---- out


def write_tokenizer(tokenizer: Tokenizer, directory: Path, max_length: int) -> None:
    """Writes `tokenizer.json` and `tokenizer_config.json`, which give the same ids for every text.

    As in the lab, what looks like a special token is plain text (`split_special_tokens`). Raises
    LabError for a tokenizer that cannot be written as merges.
    """
    write_json_atomic(directory / TOKENIZER, tokenizer_json(tokenizer))
    write_json_atomic(
        directory / SETTINGS,
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": END_OF_TEXT,
            "eos_token": END_OF_TEXT,
            "pad_token": END_OF_TEXT,
            "unk_token": END_OF_TEXT,
            "model_max_length": max_length,
            "padding_side": "right",
            "clean_up_tokenization_spaces": False,
            "split_special_tokens": True,
        },
    )


def tokenizer_json(tokenizer: Tokenizer) -> dict[str, Any]:
    """The content of Hugging Face's tokenizer.json. Raises LabError as `write_tokenizer` does.

    Read by itself, it makes a special token of text that looks like one; `split_special_tokens`
    of the settings beside it, or of a call, leaves such text as text.
    """
    if tokenizer.pattern not in _PATTERNS:
        raise LabError(
            f"The tokenizer {tokenizer.name} splits text by a pattern that cannot be written for "
            f"Hugging Face: export a model with gpt2's, cl100k_base's or a tokenizer of the lab."
        )
    ranks = tokenizer.ranks
    vocabulary = {printable(data): id for data, id in ranks.items()}
    for text in tokenizer.special_tokens:
        if text in vocabulary:
            raise LabError(f"{text!r} is both a special token and an ordinary one: export neither.")
    special = sorted(tokenizer.special_tokens.items(), key=lambda pair: pair[1])
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added(text, id) for text, id in special],
        "normalizer": None,
        "pre_tokenizer": _pre_tokenizer(tokenizer.pattern),
        "post_processor": None,
        "decoder": _BYTE_LEVEL | {"use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": vocabulary | dict(special),
            "merges": [[printable(left), printable(right)] for left, right in merges_of(ranks)],
        },
    }


def tokenizer_file(tokenizer: Tokenizer, format: str) -> bytes:
    """The vocabulary as one file: `tiktoken`, or `hf`, which is tokenizer.json.

    tiktoken's has a line for each ordinary token, base64 and rank; pattern and special tokens do
    not stand in it: `tiktoken.Encoding` takes them beside. Raises LabError as `tokenizer_json`.
    """
    if format == "hf":
        return json.dumps(tokenizer_json(tokenizer), ensure_ascii=False).encode()
    ranks = sorted(tokenizer.ranks.items(), key=lambda pair: pair[1])
    return b"".join(b"%s %d\n" % (base64.b64encode(data), rank) for data, rank in ranks)


def _added(text: str, id: int) -> dict[str, Any]:
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {"id": id, "content": text, **flags, "special": True}


def _pre_tokenizer(pattern: str) -> dict[str, Any]:
    regex = _PATTERNS[pattern]
    if regex is None:
        return _BYTE_LEVEL | {"use_regex": True}
    split = {"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated", "invert": False}
    return {"type": "Sequence", "pretokenizers": [split, _BYTE_LEVEL | {"use_regex": False}]}


def printable(data: bytes) -> str:
    """A token in GPT-2's printable characters: `printable(b" a") == "Ġa"`."""
    return "".join(_CHARACTERS[byte] for byte in data)


# ---- in


def tokenizer_of(foreign: ForeignModel) -> tuple[Tokenizer, str | None]:
    """The tokenizer beside a model's weights; if there is none GPT-2's, or else bytes.

    Also a notice for a person where it had to be guessed. Raises LabError if the one beside
    the weights cannot be read.
    """
    vocab_size = foreign.config.vocab_size
    eos_id = foreign.raw_config.get("eos_token_id")
    own = read_tokenizer(foreign.directory, foreign.ref, vocab_size, eos_id)
    if own is not None:
        return own, _padding_notice(own, vocab_size, foreign.ref)
    tokenizer = builtin_tokenizer("gpt2")
    if vocab_size >= tokenizer.vocab_size:
        return tokenizer, f"No tokenizer lies beside {foreign.ref}: GPT-2's is used."
    return builtin_tokenizer("bytes"), (
        f"No tokenizer lies beside {foreign.ref}, whose {vocab_size} tokens are too few for "
        f"GPT-2's: text is read as bytes (ids 0 to 255), which may mean nothing to the model."
    )


def _padding_notice(tokenizer: Tokenizer, vocab_size: int, ref: str) -> str | None:
    """In words: rows of the embedding that no token belongs to."""
    n_tokens = tokenizer.vocab_size
    if n_tokens >= vocab_size:
        return None
    return (
        f"{ref} has {vocab_size:,} rows of embeddings but its tokenizer {n_tokens:,} tokens: the "
        f"last {vocab_size - n_tokens:,} rows are padding, and stand for no text."
    )


def read_tokenizer(
    directory: Path, name: str, vocab_size: int, eos_id: int | None
) -> Tokenizer | None:
    """The directory's own tokenizer as ours, or None if it holds none.

    vocab_size: rows of the model's embedding; eos_id: what ends a text in its config.json.
    Raises LabError with the reason where the same ids cannot be had from a byte-level BPE.
    """
    in_one = (directory / TOKENIZER).is_file()
    if not in_one and not all((directory / name).is_file() for name in (VOCABULARY, MERGES)):
        return None
    try:
        if in_one:
            parts = _from_tokenizer_json(read_json(directory / TOKENIZER), directory)
        else:
            parts = _from_vocab_and_merges(directory)
        return _built(name, parts, vocab_size, eos_id, directory)
    except LabError:
        raise
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise DamagedError(
            f"The tokenizer in {directory} does not hold a whole byte-level BPE ({error!r:.200}): "
            f"the lab reads no other."
        ) from error


def _built(
    name: str, parts: _Parts, vocab_size: int, eos_id: int | None, directory: Path
) -> Tokenizer:
    pattern, vocabulary, merges, special = parts
    ranks = _ranks(vocabulary, merges, directory)
    ordinary = set(ranks.values())
    special = {text: id for text, id in (vocabulary | special).items() if id not in ordinary}
    if max(ordinary) >= vocab_size:
        raise LabError(
            f"The tokenizer in {directory} has token id {max(ordinary)} but the model knows "
            f"{vocab_size} tokens: they do not belong together."
        )
    special = {text: id for text, id in special.items() if id < vocab_size}
    return Tokenizer(name, ranks, pattern, _with_end_of_text(special, eos_id, directory))


def _from_tokenizer_json(content: Mapping[str, Any], directory: Path) -> _Parts:
    """Pattern, vocabulary, merges and special tokens of a tokenizer.json."""
    model, added_tokens = content["model"], content.get("added_tokens") or []
    merges = [tuple(pair.split(" ") if isinstance(pair, str) else pair) for pair in model["merges"]]
    vocabulary = {str(text): int(id) for text, id in model["vocab"].items()}
    added = {str(added_token["content"]): int(added_token["id"]) for added_token in added_tokens}
    typed = [added_token["content"] for added_token in added_tokens if not added_token["special"]]
    if typed:
        raise LabError(
            f"The tokenizer in {directory} finds {typed[0]!r:.80} in typed text before it merges, "
            f"which no tokenizer of the lab does: where that only marks turns of a talk, set "
            f'"special": true for it in added_tokens of {TOKENIZER}; else choose another model.'
        )
    if content.get("normalizer"):
        raise _not_ours(directory, "it changes the text before splitting it")
    for key in ("dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback"):
        if model.get(key):
            raise _not_ours(directory, f"its BPE sets {key}")
    return _pattern_of(content.get("pre_tokenizer"), directory), vocabulary, merges, added


def _from_vocab_and_merges(directory: Path) -> _Parts:
    """The two files that GPT-2 itself was published with; they always split by its pattern."""
    vocabulary = {str(text): int(id) for text, id in read_json(directory / VOCABULARY).items()}
    try:
        lines = (directory / MERGES).read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DamagedError(f"{directory / MERGES} cannot be read ({cause(error)}).") from error
    lines = lines[1:] if lines[0].startswith("#version") else lines
    merges = [tuple(line.split(" ")) for line in lines if line.strip()]
    added = read_json(directory / ADDED) if (directory / ADDED).is_file() else {}
    return GPT2_PATTERN, vocabulary, merges, {str(text): int(id) for text, id in added.items()}


def _pattern_of(pre_tokenizer: Mapping[str, Any] | None, directory: Path) -> str:
    """Our pattern for a pre-tokenizer: ByteLevel alone, or Split by a known regex before it."""
    steps = (pre_tokenizer or {}).get("pretokenizers") or [pre_tokenizer or {}]
    *before, last = steps
    if last.get("type") == "ByteLevel" and not last.get("add_prefix_space", True):
        uses_regex = last.get("use_regex", True)
        if not before and uses_regex:
            return GPT2_PATTERN
        if len(before) == 1 and not uses_regex and before[0].get("type") == "Split":
            split = before[0]
            regex = (split.get("pattern") or {}).get("Regex")
            plain = split.get("behavior") == "Isolated" and not split.get("invert")
            for ours, theirs in _PATTERNS.items():
                if plain and regex is not None and regex == theirs:
                    return ours
    raise _not_ours(directory, "it splits text in a way that the lab does not know")


def _ranks(
    vocabulary: Mapping[str, int], merges: Sequence[tuple[str, ...]], directory: Path
) -> dict[bytes, int]:
    """Bytes -> id of the single bytes and of all that is merged, checked to merge alike."""
    byte_of = {character: byte for byte, character in _CHARACTERS.items()}
    try:
        pairs = [tuple(bytes(byte_of[c] for c in part) for part in merge) for merge in merges]
        ranks = {bytes([byte]): vocabulary[character] for character, byte in byte_of.items()}
        for (left, right), pair in zip(pairs, merges, strict=True):
            ranks[left + right] = vocabulary["".join(pair)]
    except (KeyError, ValueError) as error:
        raise _not_ours(directory, f"{error!r:.80} is no token made of bytes") from error
    if len(set(ranks.values())) != len(ranks) or _merges_or_none(ranks) != pairs:
        raise _not_ours(directory, "its ids do not follow the order of its merges")
    return ranks


def _merges_or_none(ranks: Mapping[bytes, int]) -> list[tuple[bytes, bytes]] | None:
    try:
        return merges_of(ranks)
    except LabError:
        return None


def _with_end_of_text(
    special: dict[str, int], eos_id: int | None, directory: Path
) -> dict[str, int]:
    """Special tokens with the lab's name for the one that ends a text."""
    if END_OF_TEXT in special:
        return special
    names = [text for text, id in special.items() if id == eos_id]
    if not names:
        raise _not_ours(directory, f"it has no token that ends a text (id {eos_id})")
    return {END_OF_TEXT if text == names[0] else text: id for text, id in special.items()}


def _not_ours(directory: Path, reason: str) -> LabError:
    return LabError(
        f"The tokenizer in {directory} cannot be read as a byte-level BPE of the lab, since "
        f"{reason}: choose a model with GPT-2's kind of tokenizer."
    )
