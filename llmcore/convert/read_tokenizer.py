"""The tokenizer beside a model that comes from elsewhere: ids equal to its own, or refused.

What tiktoken can do exactly goes through it, as the lab's own tokenizers do. The rest goes through
the `tokenizers` package, and the file is kept as it came.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from llmcore.config import SCHEMA_KEY
from llmcore.convert.hf_tokenizer import (
    ADDED,
    BYTE_LEVEL,
    FOREIGN_PATTERNS,
    MERGES,
    SETTINGS,
    TOKENIZER,
    VOCABULARY,
)
from llmcore.convert.locate import ForeignModel
from llmcore.convert.merges import merges_of
from llmcore.convert.token_roles import (
    begin_of,
    ids_among,
    roles_of,
    special_tokens_of,
    template_of,
)
from llmcore.errors import DamagedError, LabError, NotFoundError, cause
from llmcore.files import read_json
from llmcore.schema import parse_object
from llmcore.tokenizers import Tokenizer
from llmcore.tokenizers.builtin import builtin_tokenizer
from llmcore.tokenizers.file_checks import check_in_child, unknown_expressions
from llmcore.tokenizers.package import MAX_FILE_BYTES
from llmcore.tokenizers.patterns import GPT2_PATTERN
from llmcore.tokenizers.signs import byte_characters

TEMPLATE, GENERATION = "chat_template.jinja", "generation_config.json"
_BYTE_OF = {sign: byte for byte, sign in byte_characters().items()}
# Those that a model can write text with: their tokens are cut out of the unchanged text.
_FOR_MODELS = ("byte-level BPE", "BPE with bytes", "BPE of characters", "Unigram")


def tokenizer_of(foreign: ForeignModel) -> tuple[Tokenizer, str | None]:
    """The tokenizer beside a model's weights; if there is none GPT-2's, or else bytes.

    Also notices for a person, in one text: that it had to be guessed, that rows are padding, that
    characters have no token. Raises LabError if the one beside the weights cannot be read.
    """
    vocab_size = foreign.config.vocab_size
    eos_id = foreign.raw_config.get("eos_token_id")
    own = read_tokenizer(foreign.directory, foreign.ref, vocab_size, eos_id)
    if own is not None:
        return own, " ".join(notices_of(own, vocab_size, foreign.ref)) or None
    tokenizer = builtin_tokenizer("gpt2")
    if vocab_size >= tokenizer.vocab_size:
        return tokenizer, f"No tokenizer lies beside {foreign.ref}: GPT-2's is used."
    return builtin_tokenizer("bytes"), (
        f"No tokenizer lies beside {foreign.ref}, whose {vocab_size} tokens are too few for "
        f"GPT-2's: text is read as bytes (ids 0 to 255), which may mean nothing to the model."
    )


def notices_of(tokenizer: Tokenizer, vocab_size: int, ref: str) -> list[str]:
    """What a person should know: rows of the embedding (`vocab_size`) that no token belongs to,
    and what the tokenizer does to a text before it is read."""
    notices, n_tokens = [], tokenizer.vocab_size
    if n_tokens < vocab_size:
        notices.append(
            f"{ref} has {vocab_size:,} rows of embeddings but its tokenizer {n_tokens:,} tokens: "
            f"the last {vocab_size - n_tokens:,} rows are padding, and stand for no text."
        )
    about = tokenizer.facts.sentences()
    if about:
        notices.append(f"Its tokenizer ({tokenizer.facts.kind}): {' '.join(about)}")
    return notices


def read_tokenizer(
    directory: Path, name: str, vocab_size: int, eos_id: int | list[int] | None
) -> Tokenizer | None:
    """The directory's own tokenizer as ours, or None if it holds none.

    vocab_size: rows of the model's embedding; eos_id: what its config.json says ends a sequence.
    Raises LabError with the reason if the same ids cannot be had.
    """
    in_one = (directory / TOKENIZER).is_file()
    if not in_one and not all((directory / file).is_file() for file in (VOCABULARY, MERGES)):
        return None
    try:
        original = _text_of(directory / TOKENIZER) if in_one else _from_vocab_and_merges(directory)
        settings = _settings(directory)
        ends = ids_among(eos_id, settings["generation"].get("eos_token_id"))
        tokenizer = tokenizer_from_json(
            original, name, ends, settings["tokenizer"], settings["template"]
        )
    except LabError as error:
        raise type(error)(f"The tokenizer in {directory}: {error}") from error
    check_fit(tokenizer, vocab_size, str(directory))
    return tokenizer


def check_fit(tokenizer: Tokenizer, vocab_size: int, where: str) -> None:
    """Raises LabError for a tokenizer that a model of that many rows cannot be used with."""
    facts, special = tokenizer.facts, set(tokenizer.special_tokens.values())
    if facts.kind not in _FOR_MODELS:
        raise LabError(
            f"The tokenizer in {where} is a {facts.kind}, from whose tokens a text cannot be "
            f"written back: it opens on the Tokenizer page, but no model can be imported with it."
        )
    used = (id for id in range(tokenizer.vocab_size) if tokenizer.token_bytes(id))
    highest = max((id for id in used if id not in special), default=0)
    if highest >= vocab_size:
        raise LabError(
            f"The tokenizer in {where} has token id {highest} but the model knows "
            f"{vocab_size} tokens: they do not belong together."
        )
    beyond = [text for text, id in tokenizer.special_tokens.items() if id >= vocab_size]
    if beyond:
        raise LabError(
            f"The tokenizer in {where} has the special token {beyond[0]!r:.60} above the "
            f"{vocab_size} tokens of the model: they do not belong together."
        )


def tokenizer_from_json(
    original: str,
    name: str,
    eos_ids: Collection[int] = (),
    settings: Mapping[str, Any] | None = None,
    template: str | None = None,
    in_child: bool = True,
) -> Tokenizer:
    """The content of a tokenizer.json as a tokenizer.

    eos_ids: what the model's files call an end; settings: of tokenizer_config.json. in_child:
    whether an expression that the lab does not know is first tried in its own process.
    Raises LabError with the reason for what cannot be read.
    """
    try:
        content = parse_object(original, TOKENIZER)
        if in_child and unknown_expressions(content):
            _tried(json.dumps([content.get("normalizer"), content.get("pre_tokenizer")]))
        added = [token for token in content.get("added_tokens") or [] if "content" in token]
        special = special_tokens_of(added, template)
        try:
            parts = _native_parts(content, special)
        except _OtherEngine:
            parts = None
        known = special if parts is None else parts[2]
        begin = begin_of(settings or {}, content.get("post_processor"))
        roles = roles_of(known, eos_ids, begin, template)
        if roles is None:
            raise WithoutEndError(
                f"It has no token that ends a text (id {', '.join(map(str, eos_ids)) or None}), "
                f"which a model needs in order to stop: choose another one."
            )
        if parts is not None:
            return Tokenizer(name, parts[0], parts[1], known, roles)
        return Tokenizer.from_json(name, original, special, roles)
    except LabError:
        raise
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise DamagedError(f"It does not hold a whole tokenizer ({error!r:.200}).") from error


def open_tokenizer(path: Path) -> Tokenizer:
    """Any tokenizer.json, or the folder that holds one, to look at: a tokenizer whose texts cannot
    be written back too, and one without an end of text, to which the lab's own is added.

    Raises NotFoundError, or LabError with the reason.
    """
    file = path / TOKENIZER if path.is_dir() else path
    if not file.is_file():
        raise NotFoundError(f"There is no {file}: give a {TOKENIZER} or the folder that holds one.")
    if file.stat().st_size > MAX_FILE_BYTES:
        raise LabError(f"{file} has more than {MAX_FILE_BYTES >> 20} MB: it is no tokenizer.")
    found = _settings(file.parent)
    ends = ids_among(found["generation"].get("eos_token_id"))
    name = file.resolve().parent.name if file.name == TOKENIZER else file.stem
    return opened_tokenizer(_text_of(file), name, ends, found["tokenizer"], found["template"])


def opened_tokenizer(
    original: str,
    name: str,
    eos_ids: Collection[int] = (),
    settings: Mapping[str, Any] | None = None,
    template: str | None = None,
) -> Tokenizer:
    """`open_tokenizer` of a file's content. Raises LabError as that does."""
    content = parse_object(original, TOKENIZER)
    if SCHEMA_KEY in content:
        raise LabError(f"This {TOKENIZER} is one of the lab itself: choose its folder or its run.")
    try:
        return tokenizer_from_json(original, name, eos_ids, settings, template)
    except WithoutEndError:
        added = [token for token in content.get("added_tokens") or [] if "content" in token]
        return Tokenizer.from_json(name, original, special_tokens_of(added, template), None)


class WithoutEndError(LabError):
    """A tokenizer has no token that could end a text."""


@lru_cache(maxsize=16)
def _tried(splits: str) -> None:
    """Once for each way of splitting."""
    normalizer, pre_tokenizer = json.loads(splits)
    check_in_child({"normalizer": normalizer, "pre_tokenizer": pre_tokenizer})


class _OtherEngine(Exception):
    """tiktoken cannot do this one exactly."""


def _native_parts(
    content: Mapping[str, Any], special: Mapping[str, int]
) -> tuple[dict[bytes, int], str, dict[str, int]]:
    """Ranks, pattern and special tokens for tiktoken. Raises _OtherEngine if its ids would not
    be the same, or what a chat needs is not known."""
    model = content["model"]
    if model.get("type", "BPE") != "BPE" or not isinstance(model.get("vocab"), dict):
        raise _OtherEngine
    for token in content.get("added_tokens") or []:
        strips = token.get("lstrip") or token.get("rstrip") or token.get("single_word")
        if strips or token["content"] not in special:
            raise _OtherEngine
    changed = ("dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback")
    if content.get("normalizer") or any(model.get(key) for key in changed):
        raise _OtherEngine
    pattern = _pattern_of(content.get("pre_tokenizer"))
    vocabulary = {str(text): int(id) for text, id in model["vocab"].items()}
    ranks = _ranks(vocabulary, _pairs(model["merges"]))
    if model.get("ignore_merges") and not set(vocabulary.values()) <= {
        *ranks.values(), *special.values()
    }:  # fmt: skip
        raise _OtherEngine  # a token that nothing merges to is taken whole
    ordinary = set(ranks.values())
    known = {text: id for text, id in (vocabulary | dict(special)).items() if id not in ordinary}
    return ranks, pattern, known


def _pairs(merges: Sequence[Any]) -> list[tuple[str, ...]]:
    return [tuple(pair.split(" ") if isinstance(pair, str) else pair) for pair in merges]


def _pattern_of(pre_tokenizer: Mapping[str, Any] | None) -> str:
    """Our pattern for a pre-tokenizer: ByteLevel alone, or Split by a known regex before it."""
    given = pre_tokenizer or {}
    *before, last = given["pretokenizers"] if given.get("type") == "Sequence" else [given]
    if last.get("type") == "ByteLevel" and not last.get("add_prefix_space", True):
        uses_regex = last.get("use_regex", True)
        if not before and uses_regex:
            return GPT2_PATTERN
        if len(before) == 1 and not uses_regex and before[0].get("type") == "Split":
            split = before[0]
            regex = (split.get("pattern") or {}).get("Regex")
            plain = split.get("behavior") == "Isolated" and not split.get("invert")
            for ours, theirs in FOREIGN_PATTERNS.items():
                if plain and regex is not None and regex == theirs:
                    return ours
    raise _OtherEngine


def _ranks(vocabulary: Mapping[str, int], merges: Sequence[tuple[str, ...]]) -> dict[bytes, int]:
    """Bytes -> id of the single bytes and of all that is merged, checked to merge alike."""
    try:
        pairs = [
            tuple(bytes(_BYTE_OF[sign] for sign in part) for part in merge) for merge in merges
        ]
        ranks = {bytes([byte]): vocabulary[sign] for sign, byte in _BYTE_OF.items()}
        for (left, right), pair in zip(pairs, merges, strict=True):
            ranks[left + right] = vocabulary["".join(pair)]
    except (KeyError, ValueError) as error:
        raise _OtherEngine from error
    if len(set(ranks.values())) != len(ranks) or _merges_or_none(ranks) != pairs:
        raise _OtherEngine
    return ranks


def _bytes_of(signs: str) -> bytes:
    return bytes(_BYTE_OF[sign] for sign in signs)


def _merges_or_none(ranks: Mapping[bytes, int]) -> list[tuple[bytes, bytes]] | None:
    try:
        return merges_of(ranks)
    except LabError:
        return None


# ---- files


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DamagedError(f"{path.name} cannot be read ({cause(error)}).") from error


def _from_vocab_and_merges(directory: Path) -> str:
    """The two files that GPT-2 itself was published with, as a tokenizer.json; they always split
    by its pattern."""
    vocabulary = read_json(directory / VOCABULARY)
    lines = _text_of(directory / MERGES).split("\n")
    lines = lines[1:] if lines[0].startswith("#version") else lines
    added = read_json(directory / ADDED) if (directory / ADDED).is_file() else {}
    ends = {text: id for text, id in vocabulary.items() if text.startswith("<|")}
    merges = [line.split(" ") for line in lines if line.strip()]
    return byte_level_json(vocabulary, merges, added | ends)


def byte_level_json(
    vocabulary: Mapping[str, int],
    merges: Sequence[Sequence[str]],
    special: Mapping[str, int],
    pre_tokenizer: Mapping[str, Any] | None = None,
    typed: Mapping[str, int] | None = None,
    ignore_merges: bool = False,
) -> str:
    """A tokenizer.json of byte-level BPE; without a pre-tokenizer it splits as GPT-2's. `typed`:
    added tokens that text may become."""
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    added: list[dict[str, Any]] = [
        {"id": id, "content": text, **flags, "special": kind}
        for kind, tokens in ((True, special), (False, typed or {}))
        for text, id in tokens.items()
    ]
    content = {
        "version": "1.0",
        "added_tokens": sorted(added, key=lambda token: token["id"]),
        "normalizer": None,
        "pre_tokenizer": pre_tokenizer or BYTE_LEVEL | {"use_regex": True},
        "decoder": BYTE_LEVEL | {"use_regex": True},
        "model": {
            "type": "BPE",
            "ignore_merges": ignore_merges,
            "vocab": {**vocabulary, **special, **(typed or {})},
            "merges": [list(pair) for pair in merges],
        },
    }
    return json.dumps(content, ensure_ascii=False)


def _settings(directory: Path) -> dict[str, Any]:
    """The small files beside a tokenizer.json, if they can be read: they only add to it."""
    found = {}
    for key, name in (("tokenizer", SETTINGS), ("generation", GENERATION)):
        path = directory / name
        found[key] = read_json(path) if path.is_file() else {}
    path = directory / TEMPLATE
    beside = _text_of(path) if path.is_file() else None
    return {**found, "template": template_of(beside, found["tokenizer"].get("chat_template"))}
