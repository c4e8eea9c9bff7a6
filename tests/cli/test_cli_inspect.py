"""`inspect`: the report as text and as JSON, and the exit status that says what is to be done."""

import json

import pytest

from assets.data_shapes import SHAPES
from assets.make_data_table import put

ABOUT = (
    "spam collection with unnamed columns, Windows-1252",
    "several columns of 0 and 1 (toxic comments)",
    "preferences",
    "a corpus of JSON lines",
    "film reviews in train and test folders",
    "a PDF",
)


@pytest.mark.parametrize("about", ABOUT)
def test_the_command_gives_the_report_and_its_exit_status(lab, tmp_path, about: str) -> None:
    shape = next(shape for shape in SHAPES if shape.about == about)
    path = put(shape, tmp_path)
    made = lab("inspect", path, "--json")
    assert made.status == shape.expected["status"]
    if made.status == 1:
        assert made.error
        return
    answer = json.loads(made.out)
    for key in ("task", "format", "encoding", "columns", "roles", "rows", "classes", "splits",
                "notices"):  # fmt: skip
        assert key in answer
    assert set(answer["rows"]) == {"read", "taken", "left_out", "repaired"}
    assert all(set(notice) == {"kind", "text", "line", "count"} for notice in answer["notices"])
    plain = lab("inspect", path)
    said = [notice["text"] for notice in answer["notices"]]
    assert plain.out.startswith("file ") and all(sentence in plain.out for sentence in said)


def test_columns_by_number_and_an_encoding_that_was_named(lab, tmp_path) -> None:
    path = tmp_path / "t.csv"
    rows = [f"{i},note {i},{'yes' if i % 2 else 'no'},текст номер {i}" for i in range(12)]
    path.write_bytes("\n".join(["a,b,c,d", *rows]).encode("cp1251"))
    chosen = ("--text-column", "4", "--label-column", "3", "--encoding", "windows-1251")
    answer = lab("inspect", path, *chosen, "--json").json
    assert answer["roles"] == {"text": "d", "label": "c"} and answer["encoding"] == "cp1251"
    assert answer["classes"] == {"no": 6, "yes": 6}
    assert "no encoding 'klingon'" in lab("inspect", path, "--encoding", "klingon").error
    assert "no column 'z'" in lab("inspect", path, "--task", "classify", "--text-column", "z").error
    assert lab("inspect", tmp_path / "nothing.csv").status == 1


def test_texts_that_come_again_and_contradict_themselves_are_told(lab, tmp_path) -> None:
    path = tmp_path / "t.csv"
    rows = [f"{'ab'[i % 2]},message number {i}" for i in range(20)]
    path.write_text("\n".join(["label,text", *rows, "a,Message  number 1!", "a,message number 2"]))
    said = {notice["kind"]: notice for notice in lab("inspect", path, "--json").json["notices"]}
    assert (said["doubles"]["count"], said["doubles"]["line"]) == (2, 22)
    assert said["conflicts"]["count"] == 1 and "Message  number 1!" not in said["doubles"]["text"]
