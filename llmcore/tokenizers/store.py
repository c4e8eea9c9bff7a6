"""Tokenizers that were trained on their own: LLMLAB_HOME/tokenizers/<slug>, one folder each.

A folder holds tokenizer.json (all that `Tokenizer.load` needs), card.json (what it was trained
on, and how well it compresses that) and merges.jsonl (the merges as they came, with counts). Its
name is a reference: wherever a tokenizer can be named, the slug names this one.
"""

import json
import logging
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from llmcore import paths
from llmcore.config import SCHEMA_KEY, SCHEMA_VERSION
from llmcore.errors import DamagedError, LabError, NotFoundError, StateError
from llmcore.files import (
    read_json,
    remove_left_overs,
    remove_tree,
    whole_directory,
    write_json_atomic,
    write_text_atomic,
)
from llmcore.paths import child_of, slug, tokenizers_dir
from llmcore.schema import build, parse_json, whole_number
from llmcore.tokenizers.bpe import Training
from llmcore.tokenizers.builtin import BUILTIN_TOKENIZERS
from llmcore.tokenizers.learning import Merge
from llmcore.tokenizers.signs import byte_characters
from llmcore.tokenizers.tokenizer import Tokenizer

log = logging.getLogger(__name__)
CARD, MERGES = "card.json", "merges.jsonl"
MAX_NAME_LENGTH = 40


@dataclass(frozen=True, slots=True)
class TokenizerCard:
    """What one should know of a saved tokenizer."""

    name: str
    kind: str  # bpe or characters
    rule: str  # a name of RULES; of bpe alone
    corpus: str
    vocab_size: int
    n_bytes: int  # of the text that it was trained on
    bytes_per_token: float  # on that text
    seconds: float  # that the training took
    created: float  # seconds since 1970


@dataclass(frozen=True, slots=True)
class SavedTokenizer:
    slug: str
    directory: Path
    card: TokenizerCard

    def load(self) -> Tokenizer:
        return Tokenizer.load(self.directory)

    def merges(self) -> list[Merge]:
        """As they came. Raises DamagedError if they cannot be read."""
        return list(_read_merges(self.directory / MERGES))


def slug_of(name: str) -> str:
    """The folder and reference of a name. Raises LabError for one that cannot be used."""
    cleaned = " ".join(name.split())
    if not cleaned:
        raise LabError("A tokenizer's name cannot be empty: type at least one character.")
    if len(cleaned) > MAX_NAME_LENGTH:
        raise LabError(
            f"A tokenizer's name has at most {MAX_NAME_LENGTH} characters but this one has "
            f"{len(cleaned)}: choose a shorter one."
        )
    made = slug(cleaned)
    if made == "run" and "run" not in cleaned.lower():
        raise LabError(f"{cleaned!r} has no Latin letter or digit: use at least one in the name.")
    if made in BUILTIN_TOKENIZERS or (paths.BUNDLED_RUNS / made).is_dir():
        raise LabError(f"{made!r} names a tokenizer of the lab itself: choose another name.")
    return made


def free_name(name: str) -> str:
    """`name`, or with a number behind it if there is one of that name already.

    A name too long for that is cut. Raises LabError like `slug_of`.
    """
    wanted, number = " ".join(name.split()), 1
    while (tokenizers_dir() / slug_of(wanted)).exists():
        number += 1
        ending = f"-{number}"
        wanted = name[: MAX_NAME_LENGTH - len(ending)].strip() + ending
    return wanted


def save_trained(training: Training, name: str, corpus: str, seconds: float) -> SavedTokenizer:
    """Saves a training that has run. Raises LabError for a name that cannot be, or is taken."""
    made = slug_of(name)
    remove_left_overs(tokenizers_dir() / made, r"\.[a-z0-9-]+\.[0-9a-f]{8}\.tmp")
    with whole_directory(child_of(tokenizers_dir(), made)) as directory:
        write_training(directory, training, " ".join(name.split()), corpus, seconds)
    return find_saved(made)


def write_training(
    directory: Path, training: Training, name: str, corpus: str, seconds: float
) -> Tokenizer:
    """The three files, in a folder that may be anywhere; returns the tokenizer."""
    tokenizer, recipe = training.tokenizer(slug(name)), training.recipe
    card = TokenizerCard(
        name, recipe.kind, recipe.rule, corpus, tokenizer.vocab_size, training.n_bytes,
        training.bytes_per_token, seconds, time.time(),
    )  # fmt: skip
    tokenizer.save(directory)
    write_text_atomic(directory / MERGES, "".join(_merge_line(merge) for merge in training.merges))
    _write_card(directory, card)
    return tokenizer


def _write_card(directory: Path, card: TokenizerCard) -> None:
    write_json_atomic(directory / CARD, {SCHEMA_KEY: SCHEMA_VERSION, **asdict(card)})


def saved_tokenizers() -> list[SavedTokenizer]:
    """All that can be read, newest first."""
    try:
        folders = [path for path in tokenizers_dir().iterdir() if path.name == slug(path.name)]
    except OSError:
        return []
    found = [_read(folder) for folder in folders]
    return sorted((item for item in found if item), key=lambda saved: -saved.card.created)


def find_saved(reference: str) -> SavedTokenizer:
    """Raises NotFoundError if there is none of that slug."""
    try:
        found = _read(child_of(tokenizers_dir(), reference))
    except LabError:
        found = None
    if found is None:
        raise NotFoundError(f"There is no saved tokenizer {reference!r}: it may have been deleted.")
    return found


def rename_saved(reference: str, name: str) -> SavedTokenizer:
    """Gives it another name, and with it another slug. Runs that used it hold their own copy."""
    saved, made = find_saved(reference), slug_of(name)
    target = child_of(tokenizers_dir(), made)
    if made != saved.slug:
        if target.exists():
            raise StateError(f"There is a tokenizer {made!r} already: choose another name.")
        saved.directory.rename(target)
    _write_card(target, replace(saved.card, name=" ".join(name.split())))
    return find_saved(made)


def delete_saved(reference: str) -> None:
    """One that is gone already is what was asked for."""
    try:
        remove_tree(find_saved(reference).directory)
    except NotFoundError:
        return


_SIGNS = byte_characters()
_BYTES = {sign: byte for byte, sign in _SIGNS.items()}


def _merge_line(merge: Merge) -> str:
    left, right = ("".join(_SIGNS[byte] for byte in part) for part in (merge.left, merge.right))
    return json.dumps([left, right, merge.count, merge.n_tokens], ensure_ascii=False) + "\n"


def _read_merges(path: Path) -> Iterator[Merge]:
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            left, right, count, n_tokens = parse_json(line, path.name)
            first, second = (bytes(_BYTES[sign] for sign in part) for part in (left, right))
            n_pairs, n_left = (
                whole_number(number, "a count", path.name, 0) for number in (count, n_tokens)
            )
            yield Merge(first, second, n_pairs, n_left)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DamagedError(f"{path} does not hold the merges of a training ({error}).") from error


def _read(directory: Path) -> SavedTokenizer | None:
    """None if there is none, or if its card is damaged."""
    try:
        content: dict[str, Any] = read_json(directory / CARD)
        if SCHEMA_KEY not in content:
            return None
        return SavedTokenizer(directory.name, directory, build(TokenizerCard, content, CARD))
    except DamagedError as error:
        if directory.is_dir():
            log.warning("a tokenizer is left out: %s", error)
        return None
