"""The text and the tokenizer of the bundled model `base`, made from a folder of texts.

Books give most of the bytes. What people finetune on (messages, tweets, questions) reads quite
otherwise, so the small modern sources are repeated: the model meets them often enough to learn
their spelling and punctuation, and still sees each tweet only a few times in a training.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from llmcore.config import DataConfig
from llmcore.data import CORPUS_SPLIT_SEED, load_corpus
from llmcore.data.books import (
    Book,
    clean_articles,
    clean_stories,
    read_book,
    read_texts,
    without_doubles,
)
from llmcore.data.folding import unit_hash
from llmcore.data.held_back import Withheld, held_back_texts, withhold
from llmcore.files import sha256_of, write_json_atomic, write_text_atomic
from llmcore.tokenizers import train_bpe
from llmcore.tokenizers.roles import END_OF_TEXT

BOOK_FILES = ("books-1900-onwards.txt.gz", "books-children.txt.gz")
ARTICLE_FILE, STORY_FILE = "web-and-wiki.txt.gz", "tinystories-2mb.txt.gz"
# Never `messages`, which holds sms-spam.
REPEATS = {
    "books": 1,
    "shakespeare": 1,  # 5 MB of its own, and far from how people write today
    "web-and-wiki": 4,
    "tinystories": 3,  # simple words that a small model can get right
    "tweets": 4,
    "conversations": 8,  # the smallest, and the only one of questions and answers
}
BUILTIN = ("shakespeare", "tweets", "conversations")

SEED = 1
VALIDATION_BYTES = 1_500_000
LARGEST_HELD_OUT = 350_000  # bytes of a book: several books give several genres
VOCAB_SIZE = 8192
# The tokenizer learns from a sample in which the small sources weigh more than in the text. With
# these numbers tweets take 3% fewer tokens than with 36 MB of books, and held-out books 2% more.
SAMPLE_BYTES = 12_000_000  # of books
SAMPLE_REPEATS = {
    "shakespeare": 1, "web-and-wiki": 3, "tinystories": 1, "tweets": 8, "conversations": 8,
}  # fmt: skip
_LINK_CODE = re.compile(r"(?<=://t\.co/)\w+")  # random letters, which deserve no token


@dataclass(slots=True)
class Source:
    """Documents of one origin, and what was done to them."""

    name: str
    documents: list[str]
    n_withheld_documents: int = 0
    n_withheld_lines: int = 0

    @property
    def repeats(self) -> int:
        return REPEATS[self.name]

    def card(self) -> dict[str, int]:
        return {
            "documents": len(self.documents),
            "bytes": sum(len(document.encode()) for document in self.documents),
            "repeats": self.repeats,
            "withheld_documents": self.n_withheld_documents,
            "withheld_lines": self.n_withheld_lines,
        }


def prepare(texts: Path, out: Path) -> None:
    """Writes train.txt, validation.txt, tokenizer/ and card.json into `out`."""
    books, n_read = read_books(texts)
    held_out = choose_held_out(books)
    sources = [
        Source("books", [book.text for book in books if book not in held_out]),
        Source("web-and-wiki", clean_articles(read_texts(texts / ARTICLE_FILE))),
        Source("tinystories", clean_stories(read_texts(texts / STORY_FILE))),
        *(Source(name, builtin_documents(name)) for name in BUILTIN),
    ]
    banned = held_back_texts()
    for source in sources:
        take_out(source, withhold(source.documents, banned))
    tokenizer = train_bpe(tokenizer_sample(sources), VOCAB_SIZE, "base")

    out.mkdir(parents=True, exist_ok=True)
    write_documents(out / "train.txt", shuffled(sources))
    write_documents(out / "validation.txt", [book.text for book in held_out])
    tokenizer.save(out / "tokenizer")
    card = {
        "seed": SEED,
        "sources": {source.name: source.card() for source in sources},
        "books_read": n_read,
        "books_kept": len(books),
        "held_out": [
            {"title": book.title, "author": book.author, "bytes": book.n_bytes} for book in held_out
        ],
        "held_back_texts": len(banned),
        "vocab_size": tokenizer.vocab_size,
        "sha256": {
            **{name: sha256_of(texts / name) for name in (*BOOK_FILES, ARTICLE_FILE, STORY_FILE)},
            **{name: sha256_of(out / name) for name in ("train.txt", "validation.txt")},
        },
    }
    write_json_atomic(out / "card.json", card)
    print(json.dumps(card, indent=1, ensure_ascii=False))


def read_books(texts: Path) -> tuple[list[Book], int]:
    """All books that are kept, each once, and how many texts were read."""
    raw = [text for name in BOOK_FILES for text in read_texts(texts / name)]
    books = [book for text in raw if (book := read_book(text)) is not None]
    return without_doubles(books), len(raw)


def choose_held_out(books: list[Book]) -> list[Book]:
    """Whole books for validation, by a seeded hash of their titles, one of each author."""
    chosen: list[Book] = []
    left = VALIDATION_BYTES
    for book in sorted(books, key=lambda book: unit_hash(SEED, book.title, book.author)):
        known = {book.author for book in chosen}
        if book.n_bytes <= min(left * 1.1, LARGEST_HELD_OUT) and book.author not in known:
            chosen.append(book)
            left -= book.n_bytes
    return chosen


def builtin_documents(name: str) -> list[str]:
    """The training part of a built-in corpus: `evaluate --data NAME` stays unseen."""
    train, _ = load_corpus(name).split(DataConfig().validation, CORPUS_SPLIT_SEED)
    return train


def take_out(source: Source, result: Withheld) -> None:
    source.documents = result.documents
    source.n_withheld_documents = result.n_documents
    source.n_withheld_lines = result.n_lines


def tokenizer_sample(sources: list[Source]) -> Iterator[str]:
    """Every nth paragraph of the books, and the other sources by `SAMPLE_REPEATS`."""
    for source in sources:
        if source.name == "books":
            total = sum(map(len, source.documents))
            step = max(1, round(total / SAMPLE_BYTES))
            for document in source.documents:
                yield "\n\n".join(document.split("\n\n")[::step])
        else:
            for _ in range(SAMPLE_REPEATS[source.name]):
                yield from (_LINK_CODE.sub("", document) for document in source.documents)


def shuffled(sources: list[Source]) -> list[str]:
    """All documents with their repeats, in the order of a seeded hash."""
    keyed = [
        (unit_hash(SEED, source.name, turn, i), document)
        for source in sources
        for turn in range(source.repeats)
        for i, document in enumerate(source.documents)
    ]
    return [document for _, document in sorted(keyed)]


def write_documents(path: Path, documents: list[str]) -> None:
    write_text_atomic(path, END_OF_TEXT.join(documents))
