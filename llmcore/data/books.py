"""Whole books and small modern texts as documents to pretrain on: read, cleaned, each once."""

import gzip
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from llmcore.data.folding import fold
from llmcore.data.plain_text import plain_characters, plain_markdown
from llmcore.errors import LabError, NotFoundError
from llmcore.tokenizers.roles import END_OF_TEXT

_FIELD = re.compile(r"#{1,2} (Title|Author|Year):[ \t]*(.*)")
_FRONT = 1000  # characters in which the title, the author and the year are
_WORD = re.compile(r"[a-z]+")
_COMMON_WORDS = (
    "the and of to a in that he was it his i with as for had you is her on at but not be have him "
    "she they from this all by my so me were we are or your an their what if do will would one no "
    "said can when there which who our us up out"
)
_COMMON = frozenset(_COMMON_WORDS.split())
_ENGLISH_SHARE = 0.2  # of the words are among the commonest; running English has 0.4 to 0.55
_SAMPLE = 50_000  # characters looked at
_TELLING = 80  # folded characters; shorter paragraphs are alike in many books
_SHARED = 0.5  # of a book's telling paragraphs are in a longer one: it is a part of that one
_ARTICLE = 1500  # characters a line, on average: a file of articles, one a line
# The articles lost the line end after a sentence that ends a section.
_LOST_END = re.compile(r"(?<=[a-z]{2}[.!?])(?=[A-Z][a-z])")
# What follows the article itself: lists of sources, links and categories, run together.
_APPENDIX = re.compile(
    r"(?:See also|Notes|Footnotes|References|Further reading|Bibliography|External links)"
    r"(?= ?[A-Z])"
)


@dataclass(slots=True, frozen=True)
class Book:
    """One cleaned book; `text` begins with its title and its author."""

    title: str
    author: str
    text: str

    @property
    def n_bytes(self) -> int:
        return len(self.text.encode())


def read_texts(path: Path) -> list[str]:
    """The texts of a gzip file, parted by `<|endoftext|>`. Raises NotFoundError or LabError."""
    try:
        whole = gzip.decompress(path.read_bytes()).decode("utf-8")
    except FileNotFoundError as error:
        raise NotFoundError(f"There is no file {path}: name the folder of the texts.") from error
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise LabError(f"{path} is no gzip file of UTF-8 text ({error}).") from error
    return [text for text in whole.split(END_OF_TEXT) if text.strip()]


def read_book(markdown: str) -> Book | None:
    """The cleaned book; None for a text without a title or body, or in another language."""
    fields = {found[1]: found for found in _FIELD.finditer(markdown, 0, _FRONT)}
    if "Title" not in fields:
        return None
    title = plain_characters(fields["Title"][2]).strip()
    author = plain_characters(fields["Author"][2]).strip() if "Author" in fields else ""
    body = plain_markdown(markdown[max(found.end() for found in fields.values()) :])
    if not body or not is_english(body):
        return None
    by = f"\nby {author}" if author else ""
    return Book(title, author, f"{title}{by}\n\n{body}")


def is_english(text: str) -> bool:
    """Whether the commonest English words make up their usual share of the words of `text`."""
    middle = max(0, (len(text) - _SAMPLE) // 2)
    words = _WORD.findall(text[middle : middle + _SAMPLE].lower())
    return bool(words) and sum(map(_COMMON.__contains__, words)) >= _ENGLISH_SHARE * len(words)


def without_doubles(books: Sequence[Book]) -> list[Book]:
    """Each book once, in the order given.

    The longest is kept of those with one title and author, and of those that share at least half
    of their longer paragraphs: another edition, or a story that is also in a collection.
    """
    seen: set[int] = set()
    names: set[str] = set()
    kept: set[int] = set()
    for i in sorted(range(len(books)), key=lambda i: (-len(books[i].text), i)):
        book = books[i]
        folds = {f for p in book.text.split("\n\n") if len(f := fold(p)) >= _TELLING}
        hashes = {hash(f) for f in folds}
        name = fold(f"{book.title} {book.author}")
        if name in names or (hashes and len(hashes & seen) >= _SHARED * len(hashes)):
            continue
        seen |= hashes
        names.add(name)
        kept.add(i)
    return [book for i, book in enumerate(books) if i in kept]


def clean_articles(texts: Iterable[str]) -> list[str]:
    """Web pages and articles with plain characters, each once; those not in English go.

    A text of very long lines is taken for a file of articles, one a line; of those, the lists
    that follow the article go too.
    """
    documents = []
    for text in texts:
        lines = text.strip().split("\n")
        if len(lines) > 10 and len(text) > _ARTICLE * len(lines):
            documents += [_without_appendix(line) for line in lines]
        else:
            documents.append(text)
    plain = (_LOST_END.sub("\n", plain_characters(document)) for document in documents)
    return _english_once(plain)


def _without_appendix(article: str) -> str:
    found = _APPENDIX.search(article, len(article) // 2)
    return article[: found.start()].strip('"') if found else article.strip('"')


def clean_stories(texts: Iterable[str]) -> list[str]:
    """Short stories with plain characters and no empty lines, each once."""
    return _english_once(map(plain_characters, texts))


def _english_once(texts: Iterable[str]) -> list[str]:
    closed = (re.sub(r"\n{2,}", "\n", text).strip() for text in texts)
    return [word for word in dict.fromkeys(closed) if is_english(word)]
