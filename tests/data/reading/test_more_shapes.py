"""Neighbours of the shapes in `assets`: what looks like them and means something else."""

from pathlib import Path

import pytest

from assets.set_shapes import as_csv, as_lines, sentences
from llmcore.data.labelled import load_labelled
from llmcore.data.reading.inspect import inspect
from llmcore.data.reading.source import source_of
from llmcore.data.streams import texts_of_file
from llmcore.errors import LabError

S = sentences(60)


def put(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def test_a_list_of_classes_that_counts_from_one_names_a_column_without_a_name(tmp_path) -> None:
    rows = [[i % 4 + 1, S[i][:12], f"{S[i]} and {S[-i]}"] for i in range(40)]
    put(tmp_path, {"train.csv": as_csv(None, rows), "classes.txt": b"World\nSports\nTrade\nTech\n"})
    report = inspect(tmp_path)
    assert report.classes == {"World": 10, "Sports": 10, "Trade": 10, "Tech": 10}
    found = load_labelled(str(tmp_path))
    assert found.labels[:2] == ["World", "Sports"] and found.texts[0] == rows[0][2]


def test_texts_and_labels_of_different_length_are_refused(tmp_path) -> None:
    labels = as_lines(*["ab"[i % 2] for i in range(19)])
    put(tmp_path, {"train.text": as_lines(*S[:20]), "train.labels": labels})
    with pytest.raises(LabError, match="not equally long .line 20"):
        inspect(tmp_path, "classify")


@pytest.mark.parametrize("names", [("User", "Bot"), ("Anna", "Bob"), ("Re", "Fwd")])
def test_talks_and_headers_are_no_labels(names) -> None:
    lines = as_lines(*[f"{names[i % 2]}: {S[i]}" for i in range(20)])
    assert inspect(source_of(lines, "x.txt")).task == "corpus"


def test_lines_that_begin_alike_are_no_labels() -> None:
    lines = as_lines(*[f"{('I', 'You')[i % 2]} {S[i][3:]}" for i in range(20)])
    assert inspect(source_of(lines, "x.txt")).task == "corpus"


def test_texts_to_be_labelled_are_whole_lines(tmp_path) -> None:
    lines = [f"{('spam', 'ham')[i % 2]}: {S[i]}" for i in range(20)]
    (tmp_path / "x.txt").write_bytes(as_lines(*lines))
    assert list(texts_of_file(tmp_path / "x.txt")) == lines


def test_numbers_with_fractions_beside_a_label_are_no_question() -> None:
    rows = [[S[i], i / 100, "ab"[i % 2]] for i in range(60)]
    report = inspect(source_of(as_csv(["text", "score", "label"], rows), "x.csv"))
    assert report.roles["label"] == "label" and not report.asks


def test_many_combinations_of_labels_are_a_question_with_its_reason() -> None:
    rows = [[S[i % 60] + f" {i}", f"{i % 28}" if i % 3 else f"{i % 28},{i * 5 % 27}", f"id{i}"]
            for i in range(600)]  # fmt: skip
    report = inspect(source_of(as_csv(None, rows, cut="\t"), "train.tsv"))
    assert report.task == "classify" and report.asks == ["label"]
    assert any("hold several labels" in text for text in report.notices.texts())
