"""Spellings, missing values, folders, JSON and first bytes as tools and sets really have them."""

import json
from pathlib import Path

import pytest

from llmcore.data.reading.inspect import Chosen, inspect
from llmcore.data.reading.source import source_of
from llmcore.errors import LabError

TEXTS = [f"message number {word}" for word in ("one", "two", "three", "four", "five", "six")]


def read(lines: list[str], name: str = "x.csv", chosen: Chosen = Chosen()):
    return inspect(source_of(("\n".join(lines) + "\n").encode(), name), "classify", chosen)


def labelled(*labels: str, cut: str = ",") -> list[str]:
    return [f"label{cut}text"] + [
        f"{labels[i % len(labels)]}{cut}{text}" for i, text in enumerate(TEXTS)
    ]


@pytest.mark.parametrize(
    ("labels", "cut"),
    [(("spam", "spam\u200b", "ham"), ","), (("café", "cafe\u0301", "ham"), ","),
     (("1", "1,0", "0"), ";"), (("1", "1,00", "0"), ";")],
)  # fmt: skip
def test_spellings_that_look_the_same_are_one_class(labels, cut) -> None:
    report = read(labelled(*labels, cut=cut))
    assert sorted((report.classes or {}).values()) == [2, 4]
    assert [notice.count for notice in report.notices if notice.kind == "merged_labels"] == [2]


def test_thousands_are_not_ones() -> None:
    report = read(labelled("1", "1,000", cut=";"))
    assert report.classes == {"1": 3, "1,000": 3}


def test_the_null_of_mysql_is_no_class() -> None:
    report = read(labelled("ham", "spam", r"\N", cut="\t"), "dump.tsv")
    assert report.classes == {"ham": 2, "spam": 2} and report.left_out == 2


def test_comparisons_in_code_are_no_markup() -> None:
    lines = [f"{'ab'[i % 2]},if (a<b && c>d) then {text}" for i, text in enumerate(TEXTS)]
    assert "markup" not in {notice.kind for notice in read(["label,text", *lines]).notices}


@pytest.mark.parametrize(
    ("start", "what"),
    [("version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 12\n", "Git LFS"),
     ("<table><tr><td>ham</td><td>see you</td></tr></table>", "HTML")],
)  # fmt: skip
def test_what_only_stands_for_a_table_is_named(start: str, what: str) -> None:
    with pytest.raises(LabError, match=what):
        inspect(source_of(start.encode(), "train.csv"), "classify")


def test_folders_named_part_1_and_part_2_are_no_classes(tmp_path: Path) -> None:
    for part in ("part1", "part2"):
        for i, text in enumerate(TEXTS):
            file = tmp_path / "bare" / part / f"{i}msg.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    with pytest.raises(LabError, match="part1, part2 .*are parts, not classes"):
        inspect(tmp_path / "bare", "classify")


def test_an_export_of_phpmyadmin_is_its_table() -> None:
    rows = [{"label": "ab"[i % 2], "text": text} for i, text in enumerate(TEXTS)]
    export = [{"type": "header", "version": "5.2.0"}, {"type": "database", "name": "db"},
              {"type": "table", "name": "sms", "database": "db", "data": rows}]  # fmt: skip
    report = inspect(source_of(json.dumps(export).encode(), "sms.json"), "classify")
    assert report.classes == {"a": 3, "b": 3} and report.roles["text"] == "text"


def test_a_column_has_the_same_number_in_a_folder_as_in_its_file(tmp_path: Path) -> None:
    for name in ("train.csv", "test.csv"):
        lines = [
            f"{i % 2 + 1},My title {i},A far longer {text} that says more of {name}"
            for i, text in enumerate(TEXTS)
        ]
        (tmp_path / name).write_text("\n".join(lines) + "\n")
    report = inspect(tmp_path, "classify", Chosen(text="2", label="1"))
    assert report.roles == {"text": "column 2", "label": "column 1"}
    said = [
        notice.text
        for notice in inspect(tmp_path, "classify").notices
        if "column number" in notice.text
    ]
    assert said and "number 3" in said[0]
