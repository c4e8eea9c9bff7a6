"""Which column is the text and which the label, where several could be."""

import csv
import io

import pytest

from llmcore.data.reading.inspect import inspect
from llmcore.data.reading.source import source_of

TEXTS = [f"I have seen {word} and {word} again, and it was fine" for word in
         ("a film", "a play", "no help", "my bag", "the sea", "one cat", "the bill", "a ship",
          "our team", "the end", "a star", "two dogs")]  # fmt: skip


def read(columns: dict[str, list], task: str | None = "classify"):
    """The report of a CSV with a text column and others, whose values are repeated."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    for i in range(12):
        writer.writerow([values[i % len(values)] for values in columns.values()])
    return inspect(source_of(buffer.getvalue().encode(), "x.csv"), task)


def kinds(report) -> set[str]:
    return {notice.kind for notice in report.notices}


@pytest.mark.parametrize(
    "columns",
    [{"topic": ["apple", "google"], "sentiment": ["bad", "good", "so"], "tweet": TEXTS},
     {"text": TEXTS, "Type": ["question", "incident"], "Priority": ["low", "mid", "high"]},
     {"text": TEXTS, "Priority": ["low", "mid", "high"], "Group": ["A", "B"]},
     {"Review": TEXTS, "Rating": [1, 2, 3, 4, 5], "Class Name": ["Dresses", "Pants"]},
     {"text": TEXTS, "category": ["a", "b"], "emotion": ["joy", "fear", "love"]}],
)  # fmt: skip
def test_several_usual_names_for_different_things_are_a_question(columns) -> None:
    report = read(columns)
    assert report.roles["label"] is None and report.roles["text"] and report.asks
    assert kinds(report) >= {"several_labels"} and report.read == 12


@pytest.mark.parametrize(
    ("columns", "label", "said"),
    [({"text": TEXTS, "label": ["a", "b"], "category": ["x", "y", "z"]}, "label", True),
     ({"Ticket": TEXTS, "Category": ["a", "b"], "Priority": ["x", "y", "z"]}, "Category", True),
     ({"text": TEXTS, "label": [0, 1], "label_text": ["no", "yes"]}, "label_text", False),
     ({"text": TEXTS, "target": [0, 1], "target_names": ["b", "a"]}, "target_names", False),
     ({"text": TEXTS, "label": [0, 1], "Seen": ["no", "yes"]}, "label", False),
     ({"text": TEXTS, "category": ["a", "b"], "class_name": ["A!", "B!"]}, "category", False),
     ({"text": TEXTS, "priority": ["low", "high"]}, "priority", False),
     ({"reviewText": TEXTS, "overall": [5.0, 1.0], "asin": ["B01", "B02", "B03"]},
      "overall", False)],
)  # fmt: skip
def test_the_surest_name_is_taken_and_the_others_are_told(columns, label, said) -> None:
    report = read(columns)
    assert report.roles["label"] == label and not report.asks
    assert ("other_labels" in kinds(report)) == said


def test_numbers_of_many_classes_are_labels_under_a_name_that_says_so() -> None:
    many = "".join(f"{text} {i},{i % 40}\n" for i, text in enumerate(TEXTS * 20))
    table = many.replace(", and", " and")
    for name in ("label", "labels", "intent"):
        report = inspect(source_of(f"text,{name}\n{table}".encode(), "x.csv"))
        assert report.roles["label"] == name and len(report.classes or {}) == 40
    report = inspect(source_of(f"text,size\n{table}".encode(), "x.csv"), "classify")
    assert report.roles["label"] is None


def test_numbers_that_never_come_again_are_no_classes_without_a_header() -> None:
    table = "".join(f"{text}|{i}\n" for i, text in enumerate(TEXTS)).encode()
    report = inspect(source_of(table, "dictionary.txt"), "classify")
    assert report.roles["label"] is None and report.asks


def test_addresses_and_titles_are_not_the_text_beside_long_texts() -> None:
    mails = [f"a{i}@example.org" for i in range(12)]
    report = read({"email": mails, "feedback": TEXTS, "rating": [1, 5]})
    assert report.roles == {"text": "feedback", "label": "rating"}
    long = [f"{text}. {text}. {text}" for text in TEXTS]
    titles = [f"My film {i}" for i in range(12)]
    report = read({"title": titles, "overview": long, "genre": ["drama", "comedy"]})
    assert report.roles == {"text": "overview", "label": "genre"}
    assert kinds(report) >= {"text_column", "column_not_read"}
