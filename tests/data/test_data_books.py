"""Books to pretrain on: Markdown becomes plain text, doubles and foreign texts go."""

import gzip
from pathlib import Path

import pytest

from llmcore.data.books import (
    Book,
    clean_articles,
    clean_stories,
    is_english,
    read_book,
    read_texts,
    without_doubles,
)
from llmcore.data.plain_text import plain_characters, plain_markdown, unwrap
from llmcore.errors import LabError, NotFoundError

FRONT = "\n\n# Title: The Kite\n\n## Author: Ann Example\n\n## Year: 1911\n\n-------\n"
PROSE = "It was late and she was in the garden with her kite, and the wind was not for her."


def paragraphs(first: int, n: int) -> list[str]:
    return [f"Paragraph {i} tells of the {i} boats that were on the lake, " * 2 for i in
            range(first, first + n)]  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("\u201cWell\u2026\u201d he said\u2014\u2018no\u2019", "\"Well...\" he said--'no'"),
        ("1914\u201318,\xa0a\u200bb \t c", "1914-18, ab c"),
        ("na\u00c3\u00afve caf\u00e9", "na\u00efve caf\u00e9"),
        ("off . . . and on. . . .", "off ... and on..."),
        ("a\x07b\x91c", "abc"),
        (" two \n lines ", "two\nlines"),
    ],
)
def test_characters_become_those_that_people_type(raw: str, plain: str) -> None:
    assert plain_characters(raw) == plain


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("## CHAPTER I - *Morning* ##\n\nText.", "CHAPTER I - Morning\n\nText."),
        ("a _word_ and **two more**, _The Star_ , then", "a word and two more, The Star, then"),
        (r"in 1907\. It cost 5\* a day", "in 1907. It cost 5* a day"),
        ("one\n\n* * *\n\n-------\n\n\n\ntwo", "one\n\ntwo"),
        ("see [the map](a/b.png)![x](y.png) <b>now</b> &amp; here", "see the map now & here"),
        ("so it was[12] at last.*\n\n* A note below.", "so it was at last."),
        ("before\n\n[Illustration: a boat]\n\nafter [Pg 12] it{sic}", "before\n\nafter it"),
        ("> Dear Sir,\n> Come.", "Dear Sir,\nCome."),
        ("# Contents\n\nI. The Boat\n\nII. The Lake\n\n# I\n\nIt rained.", "I\n\nIt rained."),
        ("An eBook of Project Gutenberg.\n\nIt rained.", "It rained."),
        ("_Translated by A. Person_\n\nIt rained.", "It rained."),
    ],
)
def test_markdown_marks_and_boilerplate_go(markdown: str, plain: str) -> None:
    assert plain_markdown(markdown) == plain


def test_wrapped_prose_is_joined_and_verse_is_not() -> None:
    prose = ["The boat went over the lake and", "was not seen again by the old-", "fashioned men."]
    assert unwrap(prose) == " ".join(prose[:2]) + prose[2]
    verse = ["The boat is gone,", '"The wind is high,"', "And night comes on"]
    assert unwrap(verse) == "\n".join(verse)
    assert unwrap(["one"]) == "one"


def test_a_book_begins_with_its_title_and_author() -> None:
    book = read_book(FRONT + f"\n## I\n\n{PROSE}\n")
    assert book is not None
    assert (book.title, book.author) == ("The Kite", "Ann Example")
    assert book.text == f"The Kite\nby Ann Example\n\nI\n\n{PROSE}"


def test_what_is_no_english_book_is_dropped() -> None:
    french = "Il est tard et elle est dans son jardin avec le chien, qui ne veut pas la suivre."
    assert read_book(FRONT + french) is None
    assert read_book(PROSE) is None
    assert read_book(FRONT) is None
    assert is_english(PROSE) and not is_english("12 + 30 = 42")


def test_doubles_go_by_title_and_by_text() -> None:
    collection = Book("Stories", "A", "\n\n".join(paragraphs(0, 10)))
    story = Book("One Story", "A", "\n\n".join(paragraphs(3, 4)).upper())
    edition = Book("STORIES!", "A.", "another text")
    sequel = Book("More Stories", "A", "\n\n".join(paragraphs(8, 8)))
    namesake = Book("Stories", "B", "yet another text")
    books = [story, edition, namesake, sequel, collection]
    assert without_doubles(books) == [namesake, sequel, collection]


def test_articles_one_a_line_are_parted_and_lose_their_lists() -> None:
    article = PROSE * 40
    file = "\n".join(f'"Number {i}. {article}See also List of boats"' for i in range(12))
    cleaned = clean_articles([file, PROSE, PROSE, "Ceci n'est pas un texte anglais."])
    assert len(cleaned) == 13
    assert cleaned[3].startswith("Number 3. It was") and cleaned[3].endswith("not for her.")
    assert cleaned[3].count("\n") == 39  # line ends that were lost between two sentences
    assert cleaned[-1] == PROSE


def test_stories_keep_single_line_ends() -> None:
    assert clean_stories([f"  {PROSE} \n \n\u201cYes.\u201d\n", PROSE]) == [
        f'{PROSE}\n"Yes."', PROSE,
    ]  # fmt: skip


def test_texts_are_read_from_gzip(tmp_path: Path) -> None:
    path = tmp_path / "texts.gz"
    path.write_bytes(gzip.compress(b"one<|endoftext|>\n<|endoftext|>two"))
    assert read_texts(path) == ["one", "two"]
    path.write_bytes(b"no gzip")
    with pytest.raises(LabError, match="texts.gz is no gzip file"):
        read_texts(path)
    with pytest.raises(NotFoundError, match="no file"):
        read_texts(tmp_path / "missing.gz")
