"""What kind of tokenizer a tokenizer.json is, in plain words, and what it does to a text."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

KINDS = {
    "byte-level BPE": "Bytes are merged in the order in which the pairs were learned, so every "
    "text has tokens.",
    "BPE with bytes": "Characters are merged in the order in which the pairs were learned; one "
    "without a token is written by its bytes.",
    "BPE of characters": "Characters are merged in the order in which the pairs were learned; one "
    "without a token is unknown.",
    "Unigram": "Every token has a probability, and a text is cut into the likeliest row of tokens.",
    "WordPiece": "From each word the longest beginning that is a token is cut, then the longest "
    "beginning of the rest.",
    "WordLevel": "A token is a whole word; a word that is not in the list is unknown.",
}
_UNICODE_FORMS = ("NFC", "NFD", "NFKC", "NFKD")
_FORMS = {
    "NFC": "writes a letter and its accent as one character",
    "NFD": "writes a letter and its accent as two characters",
    "NFKC": "writes look-alikes as one: full-width letters, ligatures, superscripts",
    "NFKD": "writes look-alikes as one: full-width letters, ligatures, superscripts",
    "Lowercase": "writes capitals small",
    "StripAccents": "takes accents away",
    "Strip": "takes white space away at the ends",
    "Precompiled": "changes characters by a table of its own",
    "Replace": "replaces some characters",
    "Nmt": "takes control characters away",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """kind: a key of KINDS. changes: what is done to the text first, as verbs in plain words.
    space_sign: how the vocabulary writes a space. continuing, word_end: the marks of a
    token within a word and at its end. may_cut: whether a long text can be read in parts."""

    kind: str
    byte_level: bool
    byte_fallback: bool = False
    changes: tuple[str, ...] = ()
    prefix_space: bool = False  # a space is put before the text
    drops_spaces: bool = False
    space_sign: str = ""
    continuing: str = ""
    word_end: str = ""
    unknown: str | None = None  # the token for what has none
    ignore_merges: bool = False  # a whole word that is a token is taken without merging
    missing_bytes: bytes = b""  # of a byte-level vocabulary: bytes without a token
    may_cut: bool = False
    eats_spaces: bool = False  # some added token takes the white space beside it

    @property
    def lossless(self) -> bool:
        """Whether the tokens' bytes join to the text, for every text."""
        changed = self.changes or self.prefix_space or self.eats_spaces or self.missing_bytes
        return self.byte_level and not changed

    def with_table(self, table: list[bytes | None], special: Collection[int]) -> "Facts":
        """With what only the tokens tell."""
        if not self.byte_level:
            return self
        known = {data for id, data in enumerate(table) if data is not None and id not in special}
        missing = bytes(byte for byte in _UTF8_BYTES if bytes([byte]) not in known)
        return replace(self, missing_bytes=missing)

    def sentences(self) -> list[str]:
        """What is different from a tokenizer that gives every text back as it was."""
        found = [f"Before anything else it {_joined(self.changes)}."] if self.changes else []
        if self.prefix_space:
            found.append("It puts a space before the text.")
        if self.drops_spaces:
            found.append("It cuts at white space, and no token keeps it.")
        if self.missing_bytes:
            found.append(
                f"{len(self.missing_bytes)} of the bytes that UTF-8 can hold have no token: what "
                f"needs them is left out without a word."
            )
        if self.unknown is not None and not self.byte_level and not self.byte_fallback:
            found.append(f"What it does not know becomes {self.unknown}.")
        elif self.unknown is None and not self.byte_level and not self.byte_fallback:
            found.append("A character without a token is left out without a word.")
        return found


BYTE_LEVEL = Facts("byte-level BPE", byte_level=True, may_cut=True)
# C0, C1 and F5 to FF never occur in UTF-8.
_UTF8_BYTES = [byte for byte in range(256) if byte not in (0xC0, 0xC1) and byte < 0xF5]


def facts_of(content: Mapping[str, Any]) -> Facts:
    """The facts of a tokenizer.json that the package has read already."""
    model = content.get("model") or {}
    before = list(_steps(content.get("normalizer"), "normalizers"))
    splits = list(_steps(content.get("pre_tokenizer"), "pretokenizers"))
    after = list(_steps(content.get("decoder"), "decoders"))
    level = [step for step in [*before, *splits, *after] if step.get("type") == "ByteLevel"]
    byte_level = bool(level) and _model_type(model) in ("BPE", "")
    replaced = [step for step in before if _replaces_space(step)]
    spaces = [step for step in splits if step.get("type") == "Metaspace"]
    sign = str(spaces[0].get("replacement") or "▁") if spaces else ("▁" if replaced else "")
    changes = tuple(dict.fromkeys(_changes([step for step in before if step not in replaced])))
    prefix = _prefixes(before, splits)
    forms = all(step.get("type") in _UNICODE_FORMS for step in before)
    kind = _kind(model, byte_level)
    return Facts(
        kind=kind,
        byte_level=byte_level,
        byte_fallback=bool(model.get("byte_fallback")),
        changes=changes,
        prefix_space=prefix,
        drops_spaces=not byte_level and not sign and bool(splits),
        space_sign=sign,
        continuing=str(model.get("continuing_subword_prefix") or ""),
        word_end=str(model.get("end_of_word_suffix") or ""),
        unknown=_unknown(model),
        ignore_merges=bool(model.get("ignore_merges")),
        may_cut=byte_level and forms and not prefix,
        eats_spaces=any(
            (step.get("lstrip") or step.get("rstrip")) and not step.get("special")
            for step in content.get("added_tokens") or []
        ),
    )


def _steps(part: object, key: str) -> Iterator[Mapping[str, Any]]:
    if isinstance(part, Mapping):
        if part.get("type") == "Sequence":
            for step in part.get(key) or []:
                yield from _steps(step, key)
        else:
            yield part


def _model_type(model: Mapping[str, Any]) -> str:
    """Older files do not say it: one with merges is a BPE."""
    return str(model.get("type") or ("BPE" if "merges" in model else ""))


def _kind(model: Mapping[str, Any], byte_level: bool) -> str:
    named = _model_type(model)
    if named == "BPE":
        if byte_level:
            return "byte-level BPE"
        return "BPE with bytes" if model.get("byte_fallback") else "BPE of characters"
    return named if named in KINDS else "WordLevel"


def _unknown(model: Mapping[str, Any]) -> str | None:
    if isinstance(model.get("unk_token"), str):
        return model["unk_token"]
    number, tokens = model.get("unk_id"), model.get("vocab")
    if isinstance(number, int) and isinstance(tokens, list) and 0 <= number < len(tokens):
        return str(tokens[number][0])
    return None


def _replaces_space(step: Mapping[str, Any]) -> bool:
    pattern = step.get("pattern")
    return (
        step.get("type") == "Replace"
        and isinstance(pattern, Mapping)
        and pattern.get("String") == " "
    )


def _changes(steps: list[Mapping[str, Any]]) -> Iterator[str]:
    for step in steps:
        named = str(step.get("type"))
        if named == "BertNormalizer":
            if step.get("clean_text"):
                yield "takes control characters away"
            if step.get("lowercase"):
                yield _FORMS["Lowercase"]
            strips = step.get("strip_accents")
            if strips or (strips is None and step.get("lowercase")):
                yield _FORMS["StripAccents"]
            if step.get("handle_chinese_chars"):
                yield "puts spaces around Chinese characters"
        elif named not in ("Prepend", "ByteLevel"):
            yield _FORMS.get(named, f"changes the text ({named})")


def _prefixes(before: list[Mapping[str, Any]], splits: list[Mapping[str, Any]]) -> bool:
    if any(step.get("type") == "Prepend" for step in before):
        return True
    for step in splits:
        if step.get("type") == "ByteLevel" and step.get("add_prefix_space", True):
            return True
        if step.get("type") == "Metaspace":
            scheme = step.get("prepend_scheme")
            if scheme != "never" if scheme else step.get("add_prefix_space", True):
                return True
    return False


def normalized_marks(token: Mapping[str, Any], special_tokens: Collection[str]) -> dict[str, Any]:
    """An added token as the lab wants it: special if `special_tokens` has it."""
    return {
        **token,
        "special": bool(token.get("special")) or token.get("content") in special_tokens,
    }


def _joined(words: Collection[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
