"""The tokenizer inside a GGUF file as ours: a byte-level BPE whose ids follow its merges."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llmcore.convert.merges import merges_of
from llmcore.errors import DamagedError, LabError
from llmcore.tokenizers import Tokenizer
from llmcore.tokenizers.builtin import byte_characters
from llmcore.tokenizers.patterns import CL100K_PATTERN, GPT2_PATTERN
from llmcore.tokenizers.roles import END_OF_TEXT, Roles

PREFIX = "tokenizer.ggml."
NORMAL, CONTROL, USER_DEFINED = 1, 3, 4  # llama.cpp's types of a token
# llama.cpp's name of how text is split before merging -> our pattern.
PATTERNS = {"gpt-2": GPT2_PATTERN, "dbrx": CL100K_PATTERN}


def from_gguf(metadata: Mapping[str, Any], name: str) -> Tokenizer:
    """The tokenizer that a file's metadata describes. Raises LabError that names what the lab does
    not read, DamagedError if a value is missing or does not fit."""
    try:
        return _read(metadata, name)
    except LabError:
        raise
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise DamagedError(
            f"The tokenizer in {Path(name).name} is damaged ({error!r:.100})."
        ) from error


def _read(metadata: Mapping[str, Any], name: str) -> Tokenizer:
    kind, pre = (metadata.get(PREFIX + key) for key in ("model", "pre"))
    if kind != "gpt2" or pre not in PATTERNS:
        raise LabError(
            f"{name} has a tokenizer of the kind {kind!r:.20} that splits text as {pre!r:.30}, "
            f"which the lab does not read: choose one of {', '.join(PATTERNS)}."
        )
    texts, kinds = metadata[PREFIX + "tokens"], metadata[PREFIX + "token_type"]
    byte_of = {character: byte for byte, character in byte_characters().items()}
    ranks: dict[bytes, int] = {}
    special: dict[str, int] = {}
    for id, (text, token_kind) in enumerate(zip(texts, kinds, strict=True)):
        if token_kind == NORMAL:
            ranks[bytes(byte_of[character] for character in text)] = id
        elif token_kind in (CONTROL, USER_DEFINED):
            special[text] = id
    merges = [
        tuple(bytes(byte_of[character] for character in part) for part in line.split(" "))
        for line in metadata[PREFIX + "merges"]
    ]
    if merges_of(ranks) != merges:
        raise LabError(f"The ids of the tokenizer in {name} do not follow the order of its merges.")
    return Tokenizer(name, ranks, PATTERNS[pre], special, _roles(metadata, texts, special))


def _roles(metadata: Mapping[str, Any], texts: list[str], special: Mapping[str, int]) -> Roles:
    """A file names one end; where that ends a turn, an `<|endoftext|>` beside it ends a text."""
    end = texts[metadata[PREFIX + "eos_token_id"]]
    end_of_text = END_OF_TEXT if END_OF_TEXT in special else end
    return Roles(
        end_of_text=end_of_text,
        end_of_turn=end if end != end_of_text else None,
        chat_template=metadata.get("tokenizer.chat_template"),
    )
