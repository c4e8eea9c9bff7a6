"""One tokenizer class for all vocabularies: a `tiktoken.Encoding` with what the lab needs."""

import base64
import copy
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from llmcore.config import SCHEMA_KEY, SCHEMA_VERSION
from llmcore.errors import DamagedError
from llmcore.files import read_json, write_text_atomic
from llmcore.schema import build
from llmcore.texts import bytes_as_text, check_text, one_or_several
from llmcore.tokenizers.engines import Engine, Spans, TiktokenEngine, lengths_of
from llmcore.tokenizers.facts import BYTE_LEVEL, Facts
from llmcore.tokenizers.parts import Part, encoded_parts
from llmcore.tokenizers.patterns import CHARACTERS_PATTERN, KNOWN_PATTERNS
from llmcore.tokenizers.roles import END_OF_TEXT, Roles
from llmcore.tokenizers.segments import replace_surrogates

FILE_NAME = "tokenizer.json"
_BATCH_CHARACTERS = 200_000  # one job of a thread: big enough to hide what a job costs


@dataclass(frozen=True, slots=True)
class Piece:
    """One token of a text: its id, bytes, readable label, and where its bytes are in UTF-8."""

    id: int
    data: bytes
    label: str
    start: int
    end: int


class Tokenizer:
    """Text to ids and back. `decode(encode(text)) == text` for all text that UTF-8 can hold, where
    `lossless`: so it is for every tokenizer of the lab, and for most that come with a model.

    Ids are 0..vocab_size-1, the special ones included; a vocabulary may have gaps (cl100k_base
    has), whose ids never come out of `encode` and decode to nothing. Instances are immutable and
    may be shared between threads.
    """

    def __init__(
        self,
        name: str,
        ranks: Mapping[bytes, int],
        pattern: str,
        special_tokens: Mapping[str, int],
        roles: Roles | None = None,
    ) -> None:
        """`ranks`: bytes of each token -> its id, which is also its merge priority. `roles`: what
        the special tokens are for; all that it names are among them (KeyError otherwise)."""
        engine = TiktokenEngine(name, ranks, pattern, special_tokens)
        self._begin(name, engine, special_tokens, roles or Roles())

    @classmethod
    def from_json(
        cls, name: str, original: str, special_tokens: Mapping[str, int], roles: Roles | None
    ) -> Self:
        """What a tokenizer.json of Hugging Face's format means, through the `tokenizers` package.

        `special_tokens`: those that no text becomes; more than the file says if it is careless.
        Without `roles` it has no end of text, and gets the lab's behind its last id.
        Raises DamagedError for a file that is none, KeyError for a role without its token.
        """
        from llmcore.tokenizers.package import PackageEngine

        made, special = cls.__new__(cls), dict(special_tokens)
        engine = PackageEngine(original, special)
        if roles is None:
            special[END_OF_TEXT] = len(engine.table)
            engine.table.append(END_OF_TEXT.encode())
        made._begin(name, engine, special, roles or Roles())
        return made

    def _begin(
        self, name: str, engine: Engine, special_tokens: Mapping[str, int], roles: Roles
    ) -> None:
        self.name, self.engine = name, engine
        self.special_tokens = dict(special_tokens)
        self._take_roles(roles)
        self._bytes = engine.table
        self.vocab_size: int = len(engine.table)

    @property
    def pattern(self) -> str:
        """The expression that cuts text before merging; empty for `from_json`."""
        return self.engine.pattern

    @property
    def lossless(self) -> bool:
        """Whether the bytes of the tokens join to the text, for every text."""
        return self.engine.lossless

    @property
    def original(self) -> str | None:
        """The tokenizer.json that it came as, if it is based on one."""
        return getattr(self.engine, "original", None)

    @property
    def facts(self) -> Facts:
        """Its kind, and what it does to a text."""
        return getattr(self.engine, "facts", BYTE_LEVEL)

    def _take_roles(self, roles: Roles) -> None:
        special = self.special_tokens
        self.roles = roles
        self.eot_id: int = special[roles.end_of_text]
        # Every id at which writing stops: the end of a text, the end of a turn, and others alike.
        self.ends: frozenset[int] = frozenset(special[end] for end in roles.ends)
        # What the model's makers put before every text, or None.
        self.bos_id = None if roles.begin_of_text is None else special[roles.begin_of_text]
        # What comes before a text that begins: an end of text, unless the model has a sign of
        # its own for it.
        self.start_id: int = self.eot_id if self.bos_id is None else self.bos_id

    @property
    def end_of_turn(self) -> str | None:
        """The special token that ends an answer in a chat, such as `<|im_end|>`."""
        return self.roles.end_of_turn

    @property
    def chat_template(self) -> str | None:
        """The Jinja text by which the model's makers write a chat, as it came."""
        return self.roles.chat_template

    def with_roles(self, roles: Roles) -> Self:
        """The same vocabulary with other roles. Raises KeyError for a token it does not have."""
        other = copy.copy(self)
        other.__dict__.pop("fingerprint", None)
        other._take_roles(roles)
        return other

    def __repr__(self) -> str:
        return f"<Tokenizer {self.name!r}, {self.vocab_size} tokens>"

    @property
    def ranks(self) -> dict[bytes, int]:
        """Bytes of each ordinary token -> its id, which is also its merge priority unless the
        tokenizer is one of `from_json`."""
        special = set(self.special_tokens.values())
        return {
            data: id
            for id, data in enumerate(self._bytes)
            if data is not None and id not in special
        }

    # ---- text to ids

    def encode(self, text: str) -> list[int]:
        """Ids of `text`. What looks like a special token is plain text: nobody can type one."""
        return self.encode_array(text).tolist()

    def encode_array(self, text: str) -> np.ndarray:
        """As `encode`, but as uint32; Rust does the work outside the GIL. Raises LabError for what
        is no text, a list of texts too."""
        return self.engine.encode(replace_surrogates(check_text(text)))

    def encode_parts(self, parts: Iterable[Part]) -> list[int]:
        """Ids of a text made of parts: special tokens are read in its fixed parts, such as those
        of a chat template, and never in what a person typed, not even across the border.

        Between two special tokens the parts are encoded as one text, so the ids of a conversation
        are those of the whole template.

        >>> from llmcore.tokenizers import builtin_tokenizer
        >>> end = Part("<|endoftext|>", fixed=True)
        >>> builtin_tokenizer("gpt2").encode_parts([Part("hello world"), end])
        [31373, 995, 50256]
        """
        given = [Part(replace_surrogates(text), fixed) for text, fixed in parts]
        whole = self.engine.encode_parts(given)
        return encoded_parts(self, given) if whole is None else whole

    def encode_documents(self, documents: str | Iterable[str]) -> np.ndarray:
        """All documents as one row of ids, each followed by `eot_id`; a str is one document.

        uint16 if the vocabulary fits, else uint32. Rust does the work outside the GIL, in two
        or more threads.
        """
        jobs = self._jobs(one_or_several(documents, "document"))
        with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
            rows = list(pool.map(self._encode_job, jobs))
        return np.concatenate(rows) if rows else np.empty(0, dtype=self.dtype)

    def _encode_job(self, parts: list[str | None]) -> np.ndarray:
        eot = np.array([self.eot_id], dtype=np.uint32)
        rows = [eot if part is None else self.engine.encode(part) for part in parts]
        return np.concatenate(rows).astype(self.dtype)

    def _jobs(self, documents: Iterable[str]) -> Iterator[list[str | None]]:
        """Batches of parts for the threads; None is the end of a document."""
        job: list[str | None] = []
        characters = 0
        for document in documents:
            for part in self.engine.parts(replace_surrogates(document)):
                job.append(part)
                characters += len(part)
                if characters >= _BATCH_CHARACTERS:
                    yield job
                    job, characters = [], 0
            job.append(None)
        if job:
            yield job

    @property
    def dtype(self) -> type[np.unsignedinteger]:
        return np.uint16 if self.vocab_size <= 65_536 else np.uint32

    # ---- ids to text

    def token_bytes(self, id: int) -> bytes:
        """The bytes of one token; empty for an id that no token has."""
        known = self._bytes[id] if 0 <= id < self.vocab_size else None
        return known or b""

    @cached_property
    def token_lengths(self) -> np.ndarray:
        """Bytes of each token by id, uint32: `token_lengths[ids]` measures a whole text at once."""
        return lengths_of(self._bytes)

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        return b"".join(self.token_bytes(int(id)) for id in ids)

    def decode(self, ids: Iterable[int]) -> str:
        """Text of `ids`: bytes that are no UTF-8 become U+FFFD, unknown ids nothing."""
        return self.engine.decode([int(id) for id in ids if 0 <= id < self.vocab_size])

    def spelling(self, id: int) -> str:
        """How the vocabulary writes a token: `Ġthe`, `##ing`, `▁a`; its label if it has none."""
        return self.engine.spelling(id) or self.token_label(id)

    def token_label(self, id: int) -> str:
        r"""A token's bytes as text, undecodable ones escaped: `b"\xf0"` gives `\xf0`."""
        return bytes_as_text(self.token_bytes(id))

    def spans(self, text: str) -> Spans:
        """The ids of `text` with the bytes of each. If it is `lossless`, each end
        is the next one's start and the bytes are the token's own. Else a byte without a token
        leaves a gap, and the bytes are those that became the token."""
        return self.engine.spans(replace_surrogates(check_text(text)))

    def pieces(self, text: str) -> list[Piece]:
        """The tokens of `text` with their byte offsets; see `spans`."""
        columns = (column.tolist() for column in self.spans(text))
        return [
            Piece(id, self.token_bytes(id), self.token_label(id), start, end)
            for id, start, end in zip(*columns, strict=True)
        ]

    def cut(self, text: str) -> list[str]:
        """The pieces that no merge crosses; they join to `text` if it is `lossless`."""
        return self.engine.cut(replace_surrogates(text))

    def new_characters(self, text: str) -> list[str]:
        """The characters of `text` that a tokenizer of characters has no token for, so that its
        model reads bytes that it never learned; empty for every other kind of tokenizer."""
        if self.pattern != CHARACTERS_PATTERN:
            return []
        different = dict.fromkeys(replace_surrogates(text))
        return [text for text in different if len(self.encode(text)) > 1]

    # ---- identity and files

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over tokens, pattern and special tokens: equal prints encode alike."""
        head = [*self.engine.printed(), self.special_tokens, *self.roles.printed()]
        digest = hashlib.sha256(json.dumps(head).encode())
        for data in self._bytes:
            known = data or b""
            digest.update(len(known).to_bytes(4, "little") + known)
        return digest.hexdigest()

    def save(self, directory: Path) -> None:
        """Writes `tokenizer.json`: all that `load` needs, on any machine, without a download."""
        content = {
            SCHEMA_KEY: SCHEMA_VERSION,
            "name": self.name,
            "special_tokens": self.special_tokens,
            **self._kept_tokens(),
            **self.roles.kept(),
        }
        write_text_atomic(Path(directory) / FILE_NAME, json.dumps(content) + "\n")

    def _kept_tokens(self) -> dict[str, Any]:
        if self.original is not None:
            return {"tokenizer_json": self.original}
        special_ids = set(self.special_tokens.values())
        tokens = [
            None if data is None or id in special_ids else base64.b64encode(data).decode("ascii")
            for id, data in enumerate(self._bytes)
        ]
        return {"pattern": self.pattern, "tokens_base64": tokens}

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Reads what `save` wrote. Raises DamagedError if that is not possible."""
        path = Path(directory) / FILE_NAME
        content = read_json(path)
        if SCHEMA_KEY not in content:
            raise DamagedError(f"{path} is not a tokenizer that the lab saved.")
        try:
            roles = build(Roles, content, FILE_NAME)
            if "tokenizer_json" in content:
                whole = build(_KeptWhole, content, FILE_NAME)
                roles.check(whole.special_tokens)
                return cls.from_json(whole.name, whole.tokenizer_json, whole.special_tokens, roles)
            kept = build(_Kept, content, FILE_NAME)
            return cls(kept.name, kept.ranks(roles), kept.pattern, kept.special_tokens, roles)
        except (KeyError, ValueError) as error:
            raise DamagedError(f"{path} does not hold a whole tokenizer ({error}).") from error


@dataclass(frozen=True, slots=True)
class _KeptWhole:
    """tokenizer.json of a tokenizer that came from elsewhere: that file as it came."""

    name: str
    special_tokens: dict[str, int]
    tokenizer_json: str


@dataclass(frozen=True, slots=True)
class _Kept:
    """tokenizer.json. tokens_base64: by id; null for a special token or a gap."""

    name: str
    pattern: str
    special_tokens: dict[str, int]
    tokens_base64: list[str | None]

    def ranks(self, roles: Roles) -> dict[bytes, int]:
        """Bytes of each ordinary token -> its id. Raises ValueError if the parts do not fit
        each other, or the pattern is none that the lab writes."""
        data = [token and base64.b64decode(token, validate=True) for token in self.tokens_base64]
        ranks = {token: id for id, token in enumerate(data) if token}
        if len(ranks) != sum(token is not None for token in data):
            raise ValueError("two tokens are the same bytes, or one has none")
        if any(bytes([byte]) not in ranks for byte in range(256)):
            raise ValueError("a single byte has no token")
        ids = list(self.special_tokens.values())
        roles.check(self.special_tokens)
        if not all(0 <= id < len(data) and data[id] is None for id in ids):
            raise ValueError("a special token has an id out of range, or another token's")
        if self.pattern not in KNOWN_PATTERNS:
            raise ValueError("it splits text by a pattern that the lab does not write")
        return ranks


def bytes_per_token(tokenizer: Tokenizer, text: str) -> float:
    """UTF-8 bytes of `text` for each of its tokens; 0.0 for an empty text."""
    n_tokens = len(tokenizer.encode(text))
    return len(replace_surrogates(text).encode()) / n_tokens if n_tokens else 0.0
