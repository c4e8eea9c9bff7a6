"""Any tokenizer.json, through the `tokenizers` package: ids equal to its own by construction.

The file is kept as it came. What is changed for the lab is changed in a copy: nothing is cut to a
length or padded, no token is put around a text, no merge is dropped by chance, and what a person
types never becomes a special token, whatever the file says.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import tokenizers

from llmcore.errors import DamagedError, LabError, cause
from llmcore.schema import parse_object
from llmcore.tokenizers.engines import Spans, joined_spans, lengths_of, no_panic
from llmcore.tokenizers.facts import Facts, facts_of, normalized_marks
from llmcore.tokenizers.file_checks import check_expressions
from llmcore.tokenizers.parts import Part
from llmcore.tokenizers.segments import segments
from llmcore.tokenizers.signs import byte_characters

MAX_FILE_BYTES = 100 << 20  # Gemma's, one of the largest, has 33 MB
MAX_ID = 2_000_000  # ids may leave gaps, and each of them costs a row of a table
_WHAT = "The package tokenizers cannot read this tokenizer"
_BYTE_OF = {sign: byte for byte, sign in byte_characters().items()}
_SPACES = (b" ", b"\t", b"\n", b"\r")
_BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")


class PackageEngine:
    """`special_tokens`: those that text never becomes, by their ids in the file."""

    pattern = ""

    def __init__(self, original: str, special_tokens: Mapping[str, int]) -> None:
        """original: the content of a tokenizer.json. Raises DamagedError for what is none."""
        content = parse_object(original, "tokenizer.json")
        check_expressions(content)
        self.original = original
        self.special_tokens = dict(special_tokens)
        self._content = content
        self._plain = _built(content, special_tokens)
        self._plain.encode_special_tokens = True
        self.facts: Facts = facts_of(content)
        self.table = self._table()
        self.facts = self.facts.with_table(self.table, set(special_tokens.values()))
        self.lossless = self.facts.lossless
        self._lengths = lengths_of(self.table)
        self._forbidden = np.zeros(len(self.table), dtype=bool)
        self._forbidden[list(special_tokens.values())] = True
        for id, token in self._plain.get_added_tokens_decoder().items():
            self._forbidden[id] |= token.special
        if self.facts.unknown is not None and self.facts.unknown in special_tokens:
            self._forbidden[special_tokens[self.facts.unknown]] = False  # text may be unknown
        names = sorted(special_tokens, key=lambda item: -len(item))
        self._find_special = re.compile("|".join(map(re.escape, filter(None, names))) or r"(?!)")

    def _table(self) -> list[bytes | None]:
        vocabulary = self._plain.get_vocab(with_added_tokens=True)
        if not vocabulary:
            raise DamagedError(f"{_WHAT}: it has no tokens.")
        added = {token.content for token in self._plain.get_added_tokens_decoder().values()}
        highest = max([*vocabulary.values(), *self.special_tokens.values()])
        if highest >= MAX_ID or min([0, *self.special_tokens.values()]) < 0:
            raise DamagedError(f"{_WHAT}: it has an id that is not between 0 and {MAX_ID:,}.")
        table: list[bytes | None] = [None] * (highest + 1)
        for text, id in self.special_tokens.items():
            table[id] = text.encode()
        for text, id in vocabulary.items():
            plain = text in added or text in self.special_tokens
            table[id] = text.encode() if plain else self._bytes_of(text)
        return table

    def _bytes_of(self, text: str) -> bytes:
        """What a token of the vocabulary means."""
        facts = self.facts
        if facts.byte_level:
            if all(sign in _BYTE_OF for sign in text):
                return bytes(_BYTE_OF[sign] for sign in text)
            return text.encode()
        if facts.byte_fallback and (found := _BYTE_TOKEN.fullmatch(text)):
            return bytes([int(found[1], 16)])
        if facts.space_sign:
            text = text.replace(facts.space_sign, " ")
        if facts.continuing and text.startswith(facts.continuing):
            text = text.removeprefix(facts.continuing)
        if facts.word_end and text.endswith(facts.word_end):
            text = text.removesuffix(facts.word_end) + " "
        return text.encode()

    @cached_property
    def _reading_special(self) -> tokenizers.Tokenizer:
        """The same that makes special tokens of text, for what a program wrote."""
        return _built(self._content, self.special_tokens)

    # ---- text to ids

    def encode(self, text: str) -> np.ndarray:
        found = [self._ids(part) for part in self.parts(text) if part]
        return np.concatenate(found) if found else np.empty(0, dtype=np.uint32)

    def parts(self, text: str) -> Iterator[str]:
        """Only a byte-level vocabulary may be cut: others change the beginning of a text."""
        return segments(text) if self.facts.may_cut else iter([text])

    def _ids(self, text: str) -> np.ndarray:
        return np.concatenate([ids for ids, _, _ in self._encoded(text)])

    def _encoded(self, text: str) -> list[tuple[np.ndarray, Any, int]]:
        """Ids, the package's encoding, and where its text begins in characters. Text that some
        model turns into a special token (Unigram does) is cut within that token's name."""
        whole = self._one(text, 0)
        if not self._forbidden[whole[0]].any():
            return [whole]
        cuts = [0, *(item.start() + 1 for item in self._find_special.finditer(text)), len(text)]
        found = [self._one(text[a:b], a) for a, b in pairwise(cuts) if b > a]
        return [self._allowed(*item) for item in found]

    def _one(self, text: str, at: int) -> tuple[np.ndarray, Any, int]:
        with no_panic("The package tokenizers cannot read this text"):
            made = self._plain.encode(text, add_special_tokens=False)
        return np.array(made.ids, dtype=np.uint32), made, at

    def _allowed(self, ids: np.ndarray, made: Any, at: int) -> tuple[np.ndarray, Any, int]:
        """The last guard: a special token that text still became is left out."""
        return ids[~self._forbidden[ids]], made, at

    def encode_reading_special(self, text: str) -> list[int]:
        with no_panic("The package tokenizers cannot read this text"):
            return self._reading_special.encode(text, add_special_tokens=False).ids

    def encode_parts(self, parts: list[Part]) -> list[int] | None:
        """The whole at once, as the makers of the model do it: marks may take the space beside
        them. None if somebody typed what looks like a special token."""
        text = "".join(part.text for part in parts)
        fixed = (self._find_special.findall(part.text) for part in parts if part.fixed)
        if self._find_special.findall(text) != [item for found in fixed for item in found]:
            return None
        return self.encode_reading_special(text)

    # ---- where the tokens are

    def spans(self, text: str) -> Spans:
        ids, data = self.encode(text), text.encode()
        if self.lossless:
            return joined_spans(ids, self._lengths)
        if self.facts.byte_level and (found := self._byte_spans(ids, data)) is not None:
            return found
        return self._told_spans(text, data)

    def _byte_spans(self, ids: np.ndarray, data: bytes) -> Spans | None:
        """The package forgets the bytes without a token when it counts, so they are counted here;
        None if a normalizer has changed the text."""
        missing = self.facts.missing_bytes
        source = np.frombuffer(data, dtype=np.uint8)
        kept = np.flatnonzero(~np.isin(source, np.frombuffer(missing, dtype=np.uint8)))
        joined = b"".join(self.table[id] or b"" for id in ids.tolist())
        before = len(joined) - len(kept)
        if before not in (0, 1) or joined[before:] != source[kept].tobytes():
            return None
        ends = np.cumsum(self._lengths[ids], dtype=np.int64)
        starts = ends - self._lengths[ids]
        kept = np.append(kept, len(data)) if len(kept) else np.array([len(data)])
        first = kept[np.clip(starts - before, 0, len(kept) - 1)]
        last = kept[np.clip(ends - 1 - before, 0, len(kept) - 1)] + 1
        last = np.where(ends <= before, first, last)
        return Spans(ids, first.astype(np.uint32), last.astype(np.uint32))

    def _told_spans(self, text: str, data: bytes) -> Spans:
        """As the package reports, in bytes. If it gives several tokens the same characters (the
        bytes of one, for example), they share it out if they fit."""
        offsets = _byte_offsets(text)
        rows: list[tuple[int, int, int]] = []
        at = 0
        for part in self.parts(text):
            for _, made, begin in self._encoded(part) if part else []:
                first = offsets[at + begin :]
                for id, (start, end) in zip(made.ids, made.offsets, strict=True):
                    if not self._forbidden[id]:
                        rows.append((id, int(first[start]), int(first[end])))
            at += len(part)
        placed, before = [], 0
        for id, start, end in rows:
            own = (self.table[id] or b"").strip(b" ")
            start = min(max(start, before), len(data))
            end = max(start, end)
            if not own and data[start : start + 1] not in _SPACES:
                end = start  # a space that only the normalizer put there
            elif own and data[start : start + len(own)] == own:
                end = start + len(own)
            placed.append((id, start, end))
            before = end
        ids, starts, ends = zip(*placed, strict=True) if placed else ((), (), ())
        return Spans(*(np.array(item, dtype=np.uint32) for item in (ids, starts, ends)))

    # ---- ids to text

    def decode(self, ids: list[int]) -> str:
        if self.facts.byte_level:
            known = (self.table[id] or b"" for id in ids)
            return b"".join(known).decode("utf-8", errors="replace")
        with no_panic("The package tokenizers cannot decode these tokens"):
            return self._plain.decode(ids, skip_special_tokens=False)

    # ---- how it came to be

    def cut(self, text: str) -> list[str]:
        steps = self._plain.pre_tokenizer
        if steps is None:
            return [text] if text else []
        with no_panic("The package tokenizers cannot read this text"):
            return [text[a:b] for _, (a, b) in steps.pre_tokenize_str(text)]

    def spelling(self, id: int) -> str | None:
        return self._plain.id_to_token(id) if id >= 0 else None

    def printed(self) -> list[Any]:
        return ["tokenizer.json", self.original]


def _byte_offsets(text: str) -> np.ndarray:
    """(N + 1,): where each of N characters begins in UTF-8."""
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    lengths = 1 + (codes > 0x7F) + (codes > 0x7FF).astype(np.int64) + (codes > 0xFFFF)
    return np.append(0, np.cumsum(lengths))


def _built(content: dict[str, Any], special_tokens: Collection[str]) -> tokenizers.Tokenizer:
    """The package's tokenizer of a copy in which `special_tokens` are special."""
    model = dict(content.get("model") or {})
    if "dropout" in model:
        model["dropout"] = None
    given = content.get("added_tokens") or []
    added = [normalized_marks(token, special_tokens) for token in given]
    if isinstance(model.get("vocab"), dict):
        # The package gives a token that is not among them the next free number, whatever its id.
        ids = {token["content"]: token["id"] for token in given}
        model["vocab"] = ids | model["vocab"]
    changed = {**content, "model": model, "added_tokens": added}
    changed |= {"truncation": None, "padding": None, "post_processor": None}
    try:
        with no_panic(_WHAT):
            return tokenizers.Tokenizer.from_str(json.dumps(changed, ensure_ascii=False))
    except LabError:
        raise
    except Exception as error:  # the package raises nothing narrower
        raise DamagedError(f"{_WHAT} ({cause(error)}).") from error
