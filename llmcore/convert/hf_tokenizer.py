"""A tokenizer as Hugging Face's files, with the same ids; `read_tokenizer` is the way back."""

import base64
import json
from pathlib import Path
from typing import Any

from llmcore.convert.merges import merges_of
from llmcore.errors import LabError
from llmcore.files import write_json_atomic
from llmcore.schema import parse_object
from llmcore.tokenizers import Tokenizer
from llmcore.tokenizers.known_expressions import CL100K_RESPELLED
from llmcore.tokenizers.patterns import (
    BPE_PATTERN,
    BYTES_PATTERN,
    CHARACTERS_PATTERN,
    CL100K_PATTERN,
    GPT2_PATTERN,
    WORDS_PATTERN,
)
from llmcore.tokenizers.signs import byte_characters

TOKENIZER, SETTINGS = "tokenizer.json", "tokenizer_config.json"
VOCABULARY, MERGES, ADDED = "vocab.json", "merges.txt", "added_tokens.json"

# Our pattern -> how the regex engine of `tokenizers` is given the same. There `x{1,3}+` would
# repeat instead of being possessive, and `$` would match before every line end.
# None means the pattern that its ByteLevel step has built in, which is GPT-2's.
FOREIGN_PATTERNS: dict[str, str | None] = {
    GPT2_PATTERN: None,
    CL100K_PATTERN: CL100K_RESPELLED,
    BPE_PATTERN: BPE_PATTERN,
    WORDS_PATTERN: WORDS_PATTERN,
    BYTES_PATTERN: BYTES_PATTERN,
    CHARACTERS_PATTERN: CHARACTERS_PATTERN,
}
_CHARACTERS = byte_characters()
BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}


def write_tokenizer(tokenizer: Tokenizer, directory: Path, max_length: int) -> None:
    """Writes `tokenizer.json` and `tokenizer_config.json`, which give the same ids for every text.

    As in the lab, what looks like a special token is plain text (`split_special_tokens`). Raises
    LabError for a tokenizer that cannot be written as merges.
    """
    end = tokenizer.roles.end_of_text
    write_json_atomic(directory / TOKENIZER, tokenizer_json(tokenizer))
    write_json_atomic(
        directory / SETTINGS,
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": end,
            "eos_token": end,
            "pad_token": end,
            "unk_token": end,
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
    if tokenizer.original is not None:
        return parse_object(tokenizer.original, TOKENIZER)
    if tokenizer.pattern not in FOREIGN_PATTERNS:
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
        "decoder": BYTE_LEVEL | {"use_regex": True},
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
    regex = FOREIGN_PATTERNS[pattern]
    if regex is None:
        return BYTE_LEVEL | {"use_regex": True}
    split = {"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated", "invert": False}
    return {"type": "Sequence", "pretokenizers": [split, BYTE_LEVEL | {"use_regex": False}]}


def printable(data: bytes) -> str:
    """A token in GPT-2's printable characters: `printable(b" a") == "Ġa"`."""
    return "".join(_CHARACTERS[byte] for byte in data)
