"""What a folder, zip or tar holds decides how it is read."""

import bz2
import gzip
import io
import json

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from packed_files import read, tar_of, write, zip_of

from llmcore.errors import LabError

CSV = "text,label\na fine film,pos\na bad play,neg\na good song,pos\na dull book,neg\n"
ROWS = [tuple(line.split(",")) for line in CSV.split("\n")[1:-1]]
JSONL = "".join(json.dumps({"text": a, "label": b}) + "\n" for a, b in ROWS)


def book() -> bytes:
    work = openpyxl.Workbook()
    for row in [("text", "label"), *ROWS]:
        work.active.append(row)
    buffer = io.BytesIO()
    work.save(buffer)
    return buffer.getvalue()


def parquet(rows=ROWS) -> bytes:
    buffer = io.BytesIO()
    table = pa.table({"text": [a for a, _ in rows], "label": [b for _, b in rows]})
    pq.write_table(table, buffer)
    return buffer.getvalue()


def arrow(rows=ROWS) -> bytes:
    buffer = io.BytesIO()
    table = pa.table({"text": [a for a, _ in rows], "label": [b for _, b in rows]})
    with pa.ipc.new_stream(buffer, table.schema) as writer:
        writer.write_table(table)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "files",
    [
        {"data.csv": CSV},
        {"set/data.csv": CSV, "set/README.md": "x", "set/LICENSE": "y", ".git/config": "z"},
        {"data.jsonl": JSONL, "dataset_infos.json": "{}"},
        {"data.csv.gz": gzip.compress(CSV.encode())},
        {"data.csv.bz2": bz2.compress(CSV.encode())},
        {"set.xlsx": book()},
        {"set.csv": book()},
        {"set.xlsx.gz": gzip.compress(book())},
        {"data.parquet": parquet()},
        {"SMSSpamCollection": CSV.replace(",", "\t"), "readme": "about"},
        {"data.csv": CSV, "labels.json": '["pos"]'},
        {"inner.zip": zip_of({"data.csv": CSV})},
    ],
)  # fmt: skip
def test_the_one_table_is_read_and_said(files, tmp_path) -> None:
    for where in (write(tmp_path / "pack", files), zip_of(files), tar_of(files)):
        _, cells, notices = read(where, "pack")
        assert cells == ROWS
        assert any("in pack was read" in notice for notice in notices), notices


@pytest.mark.parametrize(
    "files",
    [
        {"train.csv": CSV, "test.csv": CSV},
        {"data/train-00000-of-00001.parquet": parquet(), "data/test-00000-of-00001.parquet":
         parquet(), "README.md": "x"},
        {"data/train-00000-of-00002.parquet": parquet(ROWS[:2]),
         "data/train-00001-of-00002.parquet": parquet(ROWS[2:]),
         "data/test-00000-of-00001.parquet": parquet()},
        {"train/data-00000-of-00001.arrow": arrow(), "train/state.json": "{}",
         "train/dataset_info.json": "{}", "test/data-00000-of-00001.arrow": arrow(),
         "dataset_dict.json": "{}"},
        {"train.txt": CSV.replace(",", ";"), "test.txt": CSV.replace(",", ";")},
        {"train.jsonl": JSONL, "test.jsonl.gz": gzip.compress(JSONL.encode())},
        {"train.csv": CSV, "test.csv": CSV, "sample_submission.csv": "id,label\n1,pos\n2,neg\n"},
    ],
)  # fmt: skip
def test_tables_named_train_and_test_are_parts(files, tmp_path) -> None:
    rows, cells, notices = read(write(tmp_path / "in", files), "in")
    assert rows.columns == ["split", "text", "label"]
    assert sorted(cells) == sorted((split, *row) for split in ("train", "test") for row in ROWS)
    assert any("are parts of one set" in notice for notice in notices)
    if "sample_submission.csv" in files:
        assert "1 file of in was not read: sample_submission.csv." in notices


def test_parts_with_other_columns_are_put_together() -> None:
    files = {"train.csv": CSV, "test.csv": "id,text\n7,a new film\n8,a new play\n"}
    rows, cells, notices = read(zip_of(files), "x.zip")
    assert rows.columns[0] == "split" and set(rows.columns) == {"split", "text", "label", "id"}
    records = [dict(zip(rows.columns, cell, strict=True)) for cell in cells]
    assert records[0] == {"split": "train", "id": None, "text": "a fine film", "label": "pos"}
    assert records[4] == {"split": "test", "id": "7", "text": "a new film", "label": None}
    assert any("have different columns" in notice for notice in notices)


def test_numbered_tables_are_one() -> None:
    files = {f"part-0000{i}.csv": CSV for i in range(3)}
    _, cells, notices = read(zip_of(files), "x.zip")
    assert cells == ROWS * 3 and "3 tables of x.zip were read as one." in notices


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.csv": CSV, "b.csv": CSV}, r"holds 2 tables \(a.csv, b.csv\): give one of them"),
        ({"en/train.csv": CSV, "de/train.csv": CSV}, "holds 2 tables"),
        ({"train.csv": CSV, "train.jsonl": JSONL}, "holds 2 tables"),
        ({}, "holds no table and no text"),
        ({"a.png": b"\x89PNG"}, "holds no table and no text"),
        ({"1.txt": "a", "2.txt": "b"}, "lie in no sub-folder"),
    ],
)
def test_what_is_several_things_is_named(files, said) -> None:
    with pytest.raises(LabError, match=said):
        read(zip_of(files), "x.zip")


def test_many_texts_in_folders_beat_one_table() -> None:
    files = {f"{label}/{i}.txt": f"text {i}" for label in ("pos", "neg") for i in range(4)}
    _, cells, notices = read(zip_of(files | {"ids.csv": CSV}), "x.zip")
    assert len(cells) == 8 and "1 file of x.zip was not read: ids.csv." in notices


MBOX = "From a@b.c Fri May  1 10:00:00 2026\nFrom: a@b.c\nTo: d@e.f\nSubject: {}\n\ntext\n\n"


def test_mail_boxes_are_classes_by_their_names() -> None:
    files = {"ham.mbox": MBOX.format("Hi"), "spam.mbox": MBOX.format("WIN") * 2}
    rows, cells, notices = read(zip_of(files), "x.zip")
    assert rows.columns == ["label", "text"]
    assert cells == [("ham", "Hi\ntext"), ("spam", "WIN\ntext"), ("spam", "WIN\ntext")]
    assert any("is the name of its mail box: ham, spam" in notice for notice in notices)


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"<!doctype html><html><body><table><tr><td>a</table>", "x.html", "is an HTML page"),
        (b"{\\rtf1\\ansi a text}", "x.csv", "is an RTF document"),
        (b"%PDF-1.7", "x.csv", "is a PDF"),
    ],
)
def test_documents_are_refused_by_name(data, name, said) -> None:
    with pytest.raises(LabError, match=said):
        read(data, name)


def test_archives_in_archives_end(tmp_path) -> None:
    data = zip_of({"data.csv": CSV})
    for i in range(6):
        data = zip_of({f"{i}.zip": data})
    with pytest.raises(LabError, match="too deep"):
        read(data, "x.zip")
