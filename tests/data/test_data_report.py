"""The report on a labelled set: every number counted by hand."""

import pytest

from llmcore.data import LabelledSet, labelled_from_table
from llmcore.data.report import report_on
from llmcore.tokenizers import builtin_tokenizer

ROWS = [
    ("ham", "Hello you"), ("ham", "hello, YOU"), ("spam", "hello you!"),  # a double, contradicted
    ("ham", "see you"), ("ham", "See you."),  # a double
    ("ham", "one"), ("ham", "two"), ("ham", "x" * 30), ("spam", "win"), ("ham", "five"),
]  # fmt: skip


def labelled(rows=ROWS) -> LabelledSet:
    return LabelledSet("mine.csv", [text for _, text in rows], [label for label, _ in rows])


def test_every_number() -> None:
    report = report_on(labelled(), builtin_tokenizer("bytes"), 16)
    assert (report.rows, report.n_classes, report.counts) == (10, 2, {"ham": 8, "spam": 2})
    assert report.imbalance == 4.0
    assert report.doubles == 3 and report.contradictions == 1
    assert report.shown[0].text == "Hello you"
    assert report.shown[0].labels == {"ham": 2, "spam": 1}
    assert report.cut == 1
    text = " ".join(report.sentences())
    for part in ("10 texts of 2 classes (ham 8, spam 2)", "4.0 times", "3 rows repeat",
                 "'Hello you' as 'ham' and 'spam'", "longer than the 16 tokens"):  # fmt: skip
        assert part in text
    assert report.to_dict()["shown"][0]["labels"] == {"ham": 2, "spam": 1}


def test_rows_without_text_or_label_are_counted_once() -> None:
    data = labelled_from_table(b"label,text\nham,\n,hi\nham,a\nspam,b\n", "t.csv")
    report = report_on(data)
    assert report.empty == 2 and report.cut is None
    said = [sentence for sentence in report.sentences() if "left out" in sentence]
    assert len(said) == 2 and "without a text" in said[0] and "without a label" in said[1]


def test_clean_data_gets_one_sentence_but_for_few_texts() -> None:
    rows = [(label, f"{label} {i}") for label in "ab" for i in range(12)]
    assert len(report_on(labelled(rows)).sentences()) == 1
    many = [(f"class {c}", f"text {c} {i}") for c in range(20) for i in range(3)]
    lines = report_on(labelled(many)).sentences()
    assert "20 classes" in lines[0] and "and 10 more" in lines[0]
    assert "and 15 more" in lines[1]


@pytest.mark.parametrize("name", ["sms-spam"])
def test_a_built_in_set_has_its_doubles_told(name: str) -> None:
    from llmcore.data import load_labelled

    report = report_on(load_labelled(name), builtin_tokenizer("bytes"), 256)
    assert report.imbalance > 5 and report.doubles > 100 and report.cut is not None
