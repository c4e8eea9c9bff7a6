"""Tables of well-known sets and common tools, as they come."""

from pathlib import Path

import pytest

from llmcore.data.labelled import load_labelled
from llmcore.data.reading.inspect import inspect
from llmcore.data.reading.open import open_rows
from llmcore.data.reading.report import Notices, ReadingReport
from llmcore.data.reading.rows import unique_names

TEXTS = [f"I have seen {word}, and {word} again" for word in
         ("a film", "a play", "no help", "my bag", "the sea", "one cat", "the bill", "a ship",
          "our team", "the end", "a star", "two dogs")]  # fmt: skip
HAM = ["ham", "ham", "spam"] * 4
CLASSES = {"ham": 8, "spam": 4}


def read(
    tmp_path: Path, lines: list[str], name: str = "x.txt", task: str | None = "classify"
) -> ReadingReport:
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    return inspect(path, task)


def kinds(report: ReadingReport) -> set[str]:
    return {notice.kind for notice in report.notices}


def rows(form: str) -> list[str]:
    pairs = zip(HAM, TEXTS, strict=True)
    return [form.format(i=i, label=a, text=b) for i, (a, b) in enumerate(pairs, 1)]


@pytest.mark.parametrize(
    ("form", "header"),
    [("{text}###{label}", []), ("{label} ::: {text}", ["label ::: text"]),
     ("{i} ::: A film (1990) ::: {label} ::: {text}", ["id ::: title ::: label ::: text"]),
     ("{text}@{label}", []), ("a@b.org: {text}@{label}", []), ("{label}^{text}", ["label^text"]),
     ("{label}~{text}", ["label~text"]), ("{label} +++$+++ {text}", []),
     ('"{i}" "{text}" "{label}"', ['"text" "label"']), ('"{i}" "{text} \\"so\\"" "{label}"',
                                                         ['"text" "label"']),
     ('"{label},""{text}"""', ['"label,text"'])],
)  # fmt: skip
def test_rarer_ways_to_cut_lines_are_known_and_said(tmp_path, form: str, header: list[str]) -> None:
    report = read(tmp_path, header + rows(form))
    assert report.classes == CLASSES and report.taken == 12, report.notices.texts()
    assert report.roles == {"text": "text", "label": "label"} and "line_form" in kinds(report)
    found = load_labelled(str(tmp_path / "x.txt"))
    inside = form.split("{text}")[0].endswith("a@b.org: ")
    assert found.texts[0].startswith("a@b.org: I have" if inside else "I have seen a film, and")
    assert found.labels == HAM


def test_the_questions_of_trec_begin_with_their_label(tmp_path) -> None:
    tags = ["DESC:manner", "HUM:ind", "LOC:city"] * 4
    lines = [f"{tag} {text} ?" for tag, text in zip(tags, TEXTS, strict=True)]
    report = read(tmp_path, lines, "train_5500.label")
    assert report.classes == {"DESC:manner": 4, "HUM:ind": 4, "LOC:city": 4}


@pytest.mark.parametrize(
    "lines",
    [
     ["mail a@b.org now", "or c@d.org", "then e@f.org", "and g@h.org", "end i@j.org"],
     ["# one ### two", "plain words", "# three", "four ### five", "six"],
     ["a ~ b", "~ c", "d", "e ~ ~ f", "g"],
     ['"He said so." "Really"', "No.", "Yes.", "So.", "Hm."]],
)  # fmt: skip
def test_such_signs_inside_of_texts_cut_nothing(tmp_path, lines: list[str]) -> None:
    (tmp_path / "x.txt").write_text("\n".join(lines) + "\n")
    found = open_rows(tmp_path / "x.txt", Notices())
    assert found.columns == ["column 1"]
    assert [row for chunk in found.take() for row in chunk.rows] == [[line] for line in lines]


@pytest.mark.parametrize(
    ("above", "form", "below"),
    [(["| label | text |", "|-------|:-----|"], "| {label} | {text} |", []),
     (["+-------+------+", "| label | text |", "+-------+------+"], "| {label} | {text} |",
      ["+-------+------+"]),
     ([" label | text ", "-------+------"], " {label} | {text}", []),
     (["label\ttext", "-----\t----"], "{label}\t{text}", [])],
)  # fmt: skip
def test_the_line_that_is_drawn_below_the_names_is_no_row(tmp_path, above, form, below) -> None:
    report = read(tmp_path, above + rows(form) + below)
    assert report.classes == CLASSES and report.roles == {"text": "text", "label": "label"}
    assert "rule" in kinds(report) or above[1].startswith("-------+")


def test_a_row_that_comes_again_is_a_row_and_no_header(tmp_path) -> None:
    report = read(tmp_path, ["ham,ok then"] * 10 + ["spam,win a prize"] * 10, "x.csv")
    assert report.taken == 20 and report.classes == {"ham": 10, "spam": 10}
    report = read(tmp_path, ["yes", "no", "yes", "maybe", "yes", "no"], "x.txt")
    assert report.read == 6 and "header_again" not in kinds(report)


def test_the_header_of_a_file_that_was_appended_is_still_one(tmp_path) -> None:
    lines = ["v1,v2", *rows('{label},"{text}"'), "v1,v2", *rows('{label},"{text}"')]
    report = read(tmp_path, lines, "x.csv")
    assert report.taken == 24 and report.left_out == 0 and "header_again" in kinds(report)


def test_a_first_row_above_one_value_alone_is_said_to_be_the_header(tmp_path) -> None:
    report = read(tmp_path, ["spam,Win a prize", *[f"ham,{text}" for text in TEXTS]], "x.csv")
    assert report.asks or "header" in kinds(report)


@pytest.mark.timeout(60)
def test_rows_of_a_hundred_thousand_cells_take_no_square_of_time(tmp_path) -> None:
    (tmp_path / "x.csv").write_text("a," * 100_000 + "\n" + "label,text\nham,ok\nspam,no\n" * 2)
    found = open_rows(tmp_path / "x.csv", Notices())
    assert len(set(found.columns)) == len(found.columns)
    assert unique_names(["x"] * 30)[-1] == "x (30)"
    assert unique_names(["x"] * 3) == ["x", "x (again)", "x (again) (again)"]
