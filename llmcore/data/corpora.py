"""Text to pretrain on: built-in corpora, mixes of them, and the user's own."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path

from llmcore.data.builtin import build_corpus
from llmcore.data.folding import unit_hash
from llmcore.data.reading import clean_text
from llmcore.data.reading.amount import SAMPLE_BYTES, sample_documents, text_bytes
from llmcore.data.reading.documents import CorpusOptions, read_documents
from llmcore.data.reading.open import as_path
from llmcore.data.reading.report import ReadingReport
from llmcore.data.reading.source import Source, source_of
from llmcore.data.sources import CORPORA, local_path
from llmcore.errors import LabError, ShortTextError

LARGE_BYTES = 256 << 20  # a corpus beyond that is read from shards
CORPUS_SPLIT_SEED = 0  # one held-out text for all runs on a corpus, so that their losses compare


@dataclass
class Corpus:
    """Documents in order, and notices on what was changed while they were read."""

    name: str
    documents: list[str]
    notices: list[str] = field(default_factory=list)
    report: ReadingReport | None = None  # of the user's own

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
        of all characters is reached. If documents are too few and too long for that, the tail
        of the longest is held out instead; if they are doubles of each other, some doubles,
        with a notice. Raises ShortTextError if one side is left empty.
        """
        if not 0 <= validation < 1:
            raise LabError(f"validation is {validation} but must be at least 0 and below 1.")
        if validation == 0:
            return list(self.documents), []
        total = sum(map(len, self.documents))
        chosen = self._held_out(validation * total, seed)
        if not chosen and max(map(len, self.documents), default=0) < validation * total:
            chosen = self._doubles(validation)
        if chosen:
            train = [d for i, d in enumerate(self.documents) if i not in chosen]
            return train, [self.documents[i] for i in sorted(chosen)]
        return self._split_longest(round(validation * total))

    def _held_out(self, wanted: float, seed: int) -> set[int]:
        """Indices of held-out documents; empty if no choice comes near `wanted` characters."""
        # Equal documents have equal hashes and are together, so no double lands on both sides
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

    def _doubles(self, validation: float) -> set[int]:
        """Every so many documents, if no choice keeps doubles together."""
        notice = (
            f"The documents of {self.name} are doubles of each other, so the text to validate on "
            f"is also learned: its loss says little."
        )
        if notice not in self.notices:
            self.notices.append(notice)
        n = len(self.documents)
        wanted = max(1, round(validation * n))
        return {(2 * k + 1) * n // (2 * wanted) for k in range(wanted)}

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
    """A cut after a paragraph, a line or a word shortly before `near`, if there is one."""
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


def load_corpus(source: str, options: CorpusOptions = CorpusOptions()) -> Corpus:
    """A built-in corpus, a mix such as `messages+conversations`, or a file or folder of the user's.

    Of what is larger than LARGE_BYTES a sample is read, which its notices say. Raises NotFoundError
    for a name that is neither, ChoiceError if a column has to be chosen, LabError for what
    holds no text.
    """
    names = [name.strip() for name in source.split("+")]
    if all(name in CORPORA for name in names):
        parts = [_builtin(name) for name in dict.fromkeys(names)]
        return Corpus(
            name="+".join(dict.fromkeys(names)),
            documents=[document for part in parts for document in part.documents],
            notices=[notice for part in parts for notice in part.notices],
        )
    path = as_path(source, "a text file or a folder of texts", ", ".join(CORPORA))
    if (n_bytes := text_bytes(path)) <= LARGE_BYTES:
        return read_corpus(path, path.name, options)
    documents = sample_documents(path, path.name, options)
    if not documents:
        raise LabError(f"{path.name} is empty: give some text.")
    notice = (
        f"{path.name} holds about {n_bytes >> 20:,} MB of text: {SAMPLE_BYTES >> 20} MB from all "
        f"over it are read here."
    )
    return Corpus(path.stem, documents, [notice])


def read_corpus(where: Path | Source, name: str, options: CorpusOptions) -> Corpus:
    """All documents of a file, a folder, a zip or an upload called `name`, with the report.

    Raises ChoiceError if a column has to be chosen, LabError for what holds no text.
    """
    found, report = read_documents(where, name, options=options)
    documents = list(found)
    if not documents and report.left_out:
        why = " ".join(report.notices.texts())
        raise LabError(f"{name} has no row with a text to learn from. {why}")
    if not documents:
        raise LabError(f"{name} is empty: give some text.")
    return Corpus(Path(name).stem, documents, report.notices.texts(), report)


def corpus_from_bytes(
    data: bytes, name: str, options: CorpusOptions = CorpusOptions()
) -> Corpus:  # fmt: skip
    """The documents of an uploaded file, recognised by its content. Raises as `read_corpus`."""
    return read_corpus(source_of(data, name), name, options)


def corpus_from_text(text: str, name: str, keep_marks: bool = False) -> Corpus:
    """A corpus of pasted text; `<|endoftext|>` in it parts documents, unless it is kept.

    Raises LabError if there is nothing but spaces.
    """
    whole, notices = clean_text(text, name)
    if not whole.strip():
        raise LabError(f"{name} is empty: give some text.")
    options = CorpusOptions(keep_marks=keep_marks, as_text=True, encoding="utf-8")
    corpus = corpus_from_bytes(whole.encode(), name, options)
    corpus.notices[:0] = notices
    return replace(corpus, name=name)


def _builtin(name: str) -> Corpus:
    # What a corpus is made of may change while the app runs: a download arrives.
    parts = tuple(str(local_path(part)) for part in ("sms-spam",) if name == "messages")
    documents, notices = _cached(name, parts)
    return Corpus(name, list(documents), list(notices))


@lru_cache(maxsize=16)
def _cached(name: str, parts: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    documents, notices = build_corpus(name)
    return tuple(documents), tuple(notices)
