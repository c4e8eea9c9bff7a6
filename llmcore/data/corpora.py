"""Text to pretrain on: built-in corpora, mixes of them, and the user's own."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from llmcore.data.builtin import build_corpus
from llmcore.data.folding import unit_hash
from llmcore.data.reading import MAX_CORPUS_BYTES, clean_text, decode_upload, read_file
from llmcore.data.sources import CORPORA, local_path
from llmcore.errors import LabError, ShortTextError
from llmcore.tokenizers.tokenizer import END_OF_TEXT

CORPUS_SPLIT_SEED = 0  # one held-out text for all runs on a corpus, so that their losses compare


@dataclass
class Corpus:
    """Documents in order, and notices on what was changed while they were read."""

    name: str
    documents: list[str]
    notices: list[str] = field(default_factory=list)

    @cached_property
    def n_bytes(self) -> int:
        """Bytes of all documents in UTF-8."""
        return sum(len(document.encode()) for document in self.documents)

    @property
    def text(self) -> str:
        return "\n\n".join(self.documents)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the documents: equal prints hold equal text."""
        return documents_sha256(self.documents)

    def split(self, validation: float, seed: int) -> tuple[list[str], list[str]]:
        """Training and validation documents, the same for the same seed.

        Whole documents are held out, chosen by a seeded hash of their text, until `validation`
        of all characters is reached. Where documents are too few and too long for that, the tail
        of the longest is held out instead. Raises ShortTextError where one side is left empty.
        """
        if not 0 <= validation < 1:
            raise LabError(f"validation is {validation} but must be at least 0 and below 1.")
        if validation == 0:
            return list(self.documents), []
        total = sum(map(len, self.documents))
        chosen = self._held_out(validation * total, seed)
        if chosen:
            train = [d for i, d in enumerate(self.documents) if i not in chosen]
            return train, [self.documents[i] for i in sorted(chosen)]
        return self._split_longest(round(validation * total))

    def _held_out(self, wanted: float, seed: int) -> set[int]:
        """Indices of held-out documents; empty where no choice comes near `wanted` characters."""
        # Equal documents have equal hashes and stand together, so no double lands on both sides
        # unless the last one chosen is a double; those are taken along.
        by_hash: dict[float, list[int]] = {}
        for i, document in enumerate(self.documents):
            by_hash.setdefault(unit_hash(seed, document), []).append(i)
        chosen: set[int] = set()
        held = 0
        for _, group in sorted(by_hash.items()):
            size = sum(len(self.documents[i]) for i in group)
            if held + size > 1.25 * wanted:
                continue
            chosen.update(group)
            held += size
            if held >= 0.9 * wanted:
                break
        enough = 0.5 * wanted <= held and len(chosen) < len(self.documents)
        return chosen if enough else set()

    def _split_longest(self, wanted: int) -> tuple[list[str], list[str]]:
        longest = max(range(len(self.documents)), key=lambda i: len(self.documents[i]))
        document = self.documents[longest]
        cut = _tidy_cut(document, len(document) - max(1, wanted))
        head, tail = document[:cut], document[cut:]
        if not head.strip() or not tail.strip():
            raise ShortTextError(
                f"{self.name} has only {self.n_bytes:,} bytes, too few to hold any out for "
                f"validation: give more text."
            )
        train = list(self.documents)
        train[longest] = head
        return train, [tail]


def _tidy_cut(text: str, near: int) -> int:
    """A cut after a paragraph, a line or a word shortly before `near`, where there is one."""
    near = max(1, near)
    floor = max(1, near - max(20, len(text) // 50))
    for mark in ("\n\n", "\n", " "):
        at = text.rfind(mark, floor, near)
        if at > 0:
            return at + len(mark)
    return near


def documents_sha256(documents: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for document in documents:
        data = document.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()


def load_corpus(source: str) -> Corpus:
    """A built-in corpus, a mix such as `messages+conversations`, or a UTF-8 text file.

    Raises NotFoundError for a name that is neither, LabError for a file that is no usable text.
    """
    names = [name.strip() for name in source.split("+")]
    if all(name in CORPORA for name in names):
        parts = [_builtin(name) for name in dict.fromkeys(names)]
        return Corpus(
            name="+".join(dict.fromkeys(names)),
            documents=[document for part in parts for document in part.documents],
            notices=[notice for part in parts for notice in part.notices],
        )
    data, name = read_file(source, "a UTF-8 text file", ", ".join(CORPORA), MAX_CORPUS_BYTES)
    return corpus_from_text(decode_upload(data, name, MAX_CORPUS_BYTES), Path(name).stem)


def corpus_from_text(text: str, name: str) -> Corpus:
    """A corpus of pasted or uploaded text; `<|endoftext|>` in it parts documents.

    Raises LabError where there is nothing but spaces.
    """
    whole, notices = clean_text(text, name)
    documents = [document for document in whole.split(END_OF_TEXT) if document.strip()]
    if not documents:
        raise LabError(f"{name} is empty: give some text.")
    return Corpus(name, documents, notices)


def _builtin(name: str) -> Corpus:
    # What a corpus is made of may change while the app runs: a download arrives.
    parts = tuple(str(local_path(part)) for part in ("sms-spam",) if name == "messages")
    documents, notices = _cached(name, parts)
    return Corpus(name, list(documents), list(notices))


@lru_cache(maxsize=16)
def _cached(name: str, parts: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    documents, notices = build_corpus(name)
    return tuple(documents), tuple(notices)
