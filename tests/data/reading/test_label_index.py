"""A list of files with their classes beside the files themselves names the classes."""

import io
import json
import zipfile

import openpyxl
import pytest

from llmcore.data.reading.inspect import inspect
from llmcore.data.reading.source import source_of
from llmcore.errors import LabError

WORDS = ("trade", "sport")


def mail(i):
    head = f"From: a{i}@example.org\nTo: b@example.org\nSubject: note {i}\nDate: 2 Sep 2002\n\n"
    return f"{head}the {WORDS[i % 2]} of day {i}\n".encode()


def text(i):
    return f"the {WORDS[i % 2]} of day {i}".encode()


def write(folder, files):
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def packed(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return source_of(buffer.getvalue(), "set.zip")


def index(n, label=lambda i: ("ham", "spam")[i % 2]):
    return "".join(f"{label(i)} ../data/inmail.{i}\n" for i in range(n)).encode()


TREC = {"full/index": index(8), "delay/index": index(4), "partial/index": b"",
        **{f"data/inmail.{i}": mail(i) for i in range(8)}}  # fmt: skip


def test_trecs_index_names_the_class_of_each_mail(tmp_path):
    report = inspect(write(tmp_path, TREC))
    assert (report.task, report.format) == ("classify", "mails")
    assert report.classes == {"ham": 4, "spam": 4}
    packed_too = inspect(packed({f"trec07p/{name}": data for name, data in TREC.items()}))
    assert packed_too.classes == {"ham": 4, "spam": 4}


def test_files_that_are_missing_and_files_that_are_not_listed_are_said(tmp_path):
    report = inspect(write(tmp_path, TREC | {"full/index": index(10), "data/inmail.99": mail(99)}))
    assert report.to_dict()["rows"] == {"read": 10, "taken": 8, "left_out": 2, "repaired": 0}
    said = " ".join(report.notices.texts())
    assert "2 files that 'full/index' names are not in" in said
    assert "data/inmail.99" in said


def test_a_file_with_two_labels_keeps_the_first(tmp_path):
    report = inspect(write(tmp_path, TREC | {"full/index": index(8) + b"spam ../data/inmail.0\n"}))
    assert report.classes == {"ham": 4, "spam": 4}
    assert report.notices.count("torn_labels") == 1


def workbook():
    book = openpyxl.Workbook()
    for row in [["document", "coded as"], *([f"d{i}", WORDS[i % 2]] for i in range(8))]:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


LISTS = {
    "labels.csv": "filename,label\n" + "".join(f"d{i}.txt,{WORDS[i % 2]}\n" for i in range(8)),
    "train_labels.csv": "id;category\n" + "".join(f"d{i};{WORDS[i % 2]}\n" for i in range(8)),
    "meta.jsonl": "".join(
        json.dumps({"label": WORDS[i % 2], "file": f"texts\\d{i}.txt", "n": i}) + "\n"
        for i in range(8)
    ),
    "set.label": "".join(f"{WORDS[i % 2]} d{i}.txt\n" for i in range(8)),
    "key.txt": "".join(f"texts/d{i}.txt\t{WORDS[i % 2]}\n" for i in range(8)),
    "coding.xlsx": workbook(),
}


@pytest.mark.parametrize("folder", ["", "texts/", "some/where/texts/"])
@pytest.mark.parametrize("name", LISTS)
def test_a_table_or_a_list_beside_the_files_names_their_classes(tmp_path, name, folder):
    data = LISTS[name]
    files = {name: data if isinstance(data, bytes) else data.encode()}
    report = inspect(
        write(tmp_path, files | {f"{folder}d{i}.txt": text(i) for i in range(8)}), "classify"
    )
    assert (report.asks, report.classes) == ([], {"trade": 4, "sport": 4})
    assert report.notices.count("label_index") == 1


def test_lists_of_train_and_test_make_the_parts(tmp_path):
    lists = {f"{part}_labels.csv": ("file,label\n" + "".join(
        f"d{i}.txt,{WORDS[i % 2]}\n" for i in places)).encode()
        for part, places in (("train", range(6)), ("test", range(6, 8)))}  # fmt: skip
    report = inspect(write(tmp_path, lists | {f"d{i}.txt": text(i) for i in range(8)}))
    assert report.splits == {"train": 6, "test": 2}


def test_several_columns_that_may_be_the_label_are_named(tmp_path):
    rows = "".join(f"d{i}.txt,{i % 2},{i % 3}\n" for i in range(8))
    files = {"codes.csv": f"file,first coder,second coder\n{rows}".encode()}
    with pytest.raises(LabError, match="first coder, second coder"):
        inspect(write(tmp_path, files | {f"d{i}.txt": text(i) for i in range(8)}), "classify")


def test_a_table_with_texts_of_its_own_is_the_table(tmp_path):
    rows = "".join(f"d{i}.txt,{WORDS[i % 2]},{'it was a long day in the town ' * 3}{i}\n"
                   for i in range(8))  # fmt: skip
    files = {"all.csv": f"file,label,text\n{rows}".encode()}
    report = inspect(write(tmp_path, files | {f"d{i}.txt": text(i) for i in range(8)}))
    assert (report.format, report.roles) == ("csv", {"text": "text", "label": "label"})
