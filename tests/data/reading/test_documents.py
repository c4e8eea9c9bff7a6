"""A corpus in whatever file it comes: what becomes a document, and what is said of it."""

import csv
import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from llmcore.data.reading import decoding
from llmcore.data.reading import documents as module
from llmcore.data.reading.amount import sample_documents, text_bytes
from llmcore.data.reading.documents import CorpusOptions, read_documents, read_pieces
from llmcore.data.reading.inspect import inspect
from llmcore.data.reading.report import ChoiceError
from llmcore.data.reading.source import source_of
from llmcore.data.reading.text_files import zipped_folder
from llmcore.errors import LabError

RAKE = [{"text": f"Mara has the rake {i}.", "url": f"https://example.org/{i}"} for i in range(300)]
MARK = "<|endoftext|>"


def jsonl(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def read(where, name="corpus", **options):
    """Documents, the report, and its notices by kind."""
    if isinstance(where, bytes):
        where = source_of(where, name)
    found, report = read_documents(where, name, options=CorpusOptions(**options))
    found = list(found)
    assert report.taken == len(found) and report.read == report.taken + report.left_out
    return found, report, {notice.kind: notice.text for notice in report.notices}


# ---- tables


def test_jsonl_is_learned_a_document_a_row_and_not_as_its_source():
    found, report, said = read(jsonl(RAKE), "notes.jsonl")
    assert found == [row["text"] for row in RAKE]
    assert report.format == "jsonl" and report.roles == {"text": "text"}
    assert report.columns == ["text", "url"]
    assert "'text'" in said["row_documents"] and "not read: url" in said["row_documents"]


def test_json_lines_are_known_by_their_content_whatever_the_name():
    found, report, _ = read(jsonl(RAKE), "notes.txt")
    assert len(found) == 300 and report.format == "jsonl"
    found, report, _ = read(jsonl(RAKE), "notes.txt", as_text=True)
    assert found == [jsonl(RAKE).decode()] and report.format == "text"


def test_a_text_that_only_begins_like_json_is_a_text():
    text = '["Well," she said, and opened the door.\nNobody was there.\n'
    found, _, said = read(text.encode(), "novel.txt")
    assert found == [text] and "is none" in said["no_json"]


def test_rows_without_a_text_are_left_out_and_counted():
    rows = [*RAKE[:5], {"text": None, "url": "x"}, {"text": " ", "url": "y"},
            {"text": ["two", "parts"], "url": "z"}, *RAKE[5:10]]  # fmt: skip
    found, report, _ = read(jsonl(rows), "a.jsonl")
    assert len(found) == 10 and report.left_out == 3
    texts = report.notices.texts()
    assert any("2 rows were left out: there is no text (first in line 6)" in text for text in texts)
    assert any("a list of 2 values (in line 8)" in text for text in texts)


def test_a_list_of_strings_is_a_list_of_documents():
    found, report, _ = read(json.dumps(["one text", "another text"]).encode(), "a.json")
    assert found == ["one text", "another text"] and report.format == "json"


def test_csv_takes_its_text_column_and_joins_what_the_text_lost():
    data = b'id,content,date\n1,The rake is here,2020\n2,"Well, no",2021\n3,a, b and c,2022\n'
    found, report, said = read(data, "a.csv")
    assert found == ["The rake is here", "Well, no", "a, b and c"]
    assert report.format == "csv" and report.roles == {"text": "content"} and "joined" in said


def test_parquet_and_gzip(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "part-0.parquet"
    pq.write_table(pa.Table.from_pylist(RAKE), path)
    found, report, _ = read(path, path.name)
    assert found == [row["text"] for row in RAKE] and report.format == "parquet"
    path = tmp_path / "notes.jsonl.gz"
    path.write_bytes(gzip.compress(jsonl(RAKE)))
    assert read(path, path.name)[0] == found
    path = tmp_path / "novel.txt.gz"
    path.write_bytes(gzip.compress(b"A short story."))
    assert read(path, path.name)[0] == ["A short story."]


@pytest.mark.parametrize("columns, chosen", [
    (("summary", "article"), "article"),  # one name that means it
    (("url", "prose"), "prose"),  # one column of long texts
    (("title", "text"), "text"),
    (("content", "text"), "text"),
])  # fmt: skip
def test_one_column_is_surely_the_text(columns, chosen):
    rows = [{c: f"{c} of a rake that Mara has had for {i} years" for c in columns}
            for i in range(20)]  # fmt: skip
    for row in rows:
        row.update({c: "short" for c in columns if c in ("url", "title")})
    assert read(jsonl(rows), "a.jsonl")[1].roles == {"text": chosen}


@pytest.mark.parametrize("columns", [("body", "article"), ("german", "english")])
def test_where_several_could_be_meant_the_choices_are_listed(columns):
    rows = [{c: f"{c} of a rake that Mara has had for {i} years" for c in columns}
            for i in range(20)]  # fmt: skip
    with pytest.raises(ChoiceError, match=f"choose one of {columns[0]}, {columns[1]} with") as e:
        read(jsonl(rows), "a.jsonl")
    assert e.value.report.roles == {"text": None} and e.value.report.columns == list(columns)
    assert len(read(jsonl(rows), "a.jsonl", text_column=columns[1])[0]) == 20
    assert read(jsonl(rows), "a.jsonl", text_column="2")[1].roles == {"text": columns[1]}
    with pytest.raises(LabError, match="no column 'prose'"):
        read(jsonl(rows), "a.jsonl", text_column="prose")


def test_conversations_are_no_column_of_texts():
    rows = [{"messages": [{"role": "user", "content": "hello"}], "id": i} for i in range(5)]
    with pytest.raises(ChoiceError):
        read(jsonl(rows), "a.jsonl")


# ---- the report alone


def test_a_corpus_can_be_looked_at_before_it_is_learned(tmp_path):
    path = tmp_path / "notes.jsonl"
    path.write_bytes(jsonl(RAKE))
    report = inspect(path, "corpus").to_dict()
    assert report["rows"] == {"read": 300, "taken": 300, "left_out": 0, "repaired": 0}
    assert (report["task"], report["format"], report["encoding"]) == ("corpus", "jsonl", "utf-8")
    assert report["columns"] == ["text", "url"] and report["roles"] == {"text": "text"}
    assert report["notices"][0]["kind"] == "row_documents" and report["classes"] is None
    both = [{"body": row["text"], "article": row["text"]} for row in RAKE]
    path.write_bytes(jsonl(both))
    report = inspect(path, "corpus")
    assert report.asks == ["text"] and report.read == 300
    path = tmp_path / "a.txt"
    path.write_bytes("Das Café.\n".encode("cp1252"))
    report = inspect(path, "corpus").to_dict()
    assert (report["format"], report["encoding"]) == ("text", "windows-1252")
    assert report["columns"] == [] and report["roles"] == {} and report["rows"]["read"] == 1


# ---- marks


def test_the_mark_parts_documents_is_counted_and_can_be_kept():
    chapter = f"The mark {MARK} ends a text.\n" * 180
    found, _, said = read(chapter.encode(), "chapter.txt")
    assert len(found) == 181 and "180 times" in said["marks"] and "--keep-marks" in said["marks"]
    found, _, said = read(chapter.encode(), "chapter.txt", keep_marks=True)
    assert found == [chapter] and "180 times" in said["marks_kept"] and "marks" not in said
    rows = jsonl([{"text": f"one{MARK}two"}, {"text": "three"}])
    assert read(rows, "a.jsonl")[0] == ["one", "two", "three"]
    assert read(rows, "a.jsonl", keep_marks=True)[0] == [f"one{MARK}two", "three"]


def test_marks_with_nothing_between_make_no_document():
    found, report, _ = read(f"{MARK}\n{MARK} a{MARK}{MARK}b\n{MARK}\n\n".encode())
    assert found == [" a", "b\n"] and report.left_out == 0


# ---- encodings and sizes


def test_other_encodings_are_read_and_said():
    text = "Das Café öffnet um acht – „gut“.\n" * 20
    found, report, said = read(text.encode("cp1252"), "a.txt")
    assert found == [text] and report.encoding == "windows-1252" and "Café" in said["encoding"]
    assert read(text.encode("utf-16"), "a.txt")[0] == [text]
    assert read(b"caf\xe9 \x80", "a.txt", encoding="latin-1")[0] == ["café \x80"]


@pytest.mark.parametrize("sign", [" ", "", "<"])
def test_one_line_without_an_end_is_read_in_parts(sign, monkeypatch):
    """Such as text8: a hundred million characters and no line end."""
    monkeypatch.setattr(decoding, "CUT_CHARACTERS", 1_000)
    monkeypatch.setattr(decoding, "MAX_LINE_CHARACTERS", 3_000)
    text = f"some{sign}words{MARK}" * 30_000
    parts, _ = read_pieces(source_of(text.encode(), "a.txt"), "a", CorpusOptions(keep_marks=True))
    parts = list(parts)
    assert "".join(part.text for part in parts) == text and len(parts) > 5
    assert read(text.encode(), "a.txt")[0] == [f"some{sign}words"] * 30_000


def test_pieces_of_a_large_text_are_small():
    text = "a line of some words\n" * 400_000
    parts, _ = read_pieces(source_of(text.encode(), "a.txt"), "a", CorpusOptions())
    assert max(len(part.text) for part in parts) < 1 << 21


# ---- markup and what is refused


def test_html_is_learned_as_a_browser_shows_it():
    page = (
        b"<!DOCTYPE html><html><head><title>T</title><style>p {}</style></head><body>"
        b"<p>Dear <b>friend</b>,</p><script>x()</script><p>now &pound;5</p></body></html>"
    )
    found, report, said = read(page, "page.html")
    assert found == ["Dear friend,\nnow £5"] and report.format == "html"
    assert "The markup of 1 page was taken out" in said["html"]
    long = b"<html><body>" + b"<p>word</p>" * 200_000 + b"</body></html>"
    assert read(long, "long.html")[0][0].count("word") == 200_000  # nothing is cut off
    assert "<b>" in read(page, "page.html", as_text=True)[0][0]


def test_rtf_is_learned_without_its_markup():
    rtf = rb"{\rtf1\ansi{\fonttbl\f0 Times;}\f0 Caf\'e9 and {\b rake}\par second \u8364? line}"
    found, report, said = read(rtf, "letter.doc")
    assert found[0].split() == ["Café", "and", "rake", "second", "€", "line"]
    assert report.format == "rtf" and "rtf" in said


@pytest.mark.parametrize("data, what", [
    (b"%PDF-1.7 \x00\x01", "a PDF: save it as plain text"),
    (b"\x89PNG\r\n\x1a\n\x00\x00", "a picture"),
    (bytes(range(256)) * 40, "not a text file"),
    (b"", "empty"),
])  # fmt: skip
def test_what_is_no_text_is_refused_by_name(data, what):
    with pytest.raises(LabError, match=what):
        found, _, _ = read(data, "thing.pdf")
        if not found:
            raise LabError("empty")  # said by who reads all of it


def test_a_word_document_is_refused_by_name():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    with pytest.raises(LabError, match="Word document"):
        read(packed.getvalue(), "a.docx")


# ---- folders and zips


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "texts"
    (root / "b").mkdir(parents=True)
    (root / "a.txt").write_text("The first text.")
    (root / "b" / "c.md").write_text("# The second\n")
    (root / "b" / "page.html").write_text("<html><body><p>The third</p></body></html>")
    (root / "latin.txt").write_bytes("Café".encode("cp1252"))
    (root / ".hidden.txt").write_text("not this")
    (root / "empty.txt").write_text("")
    (root / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return root


DOCUMENTS = ["The first text.", "# The second\n", "The third", "Café"]


def test_the_files_of_a_folder_are_its_documents(folder):
    found, report, said = read(folder, folder.name)
    assert found == DOCUMENTS and report.format == "folders"
    assert "1 file was not read: 1 .png" in said["other_files"]
    assert report.encoding == "utf-8, windows-1252"


def test_a_zip_of_texts_reads_like_the_folder(folder):
    data = zipped_folder(folder)
    found, report, _ = read(data, "texts.zip")
    assert found == DOCUMENTS and report.format == "zip"
    assert data == zipped_folder(folder)


def test_a_tar_of_texts_reads_like_the_folder(folder):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(folder, "texts")
    found, report, _ = read(packed.getvalue(), "texts.tar.gz")
    assert found == DOCUMENTS and report.format == "tar"


def test_a_file_that_cannot_be_read_costs_only_itself(folder):
    (folder / "odd.txt").write_bytes(b"%PDF-1.7")
    (folder / "odd2.txt").write_bytes(bytes(range(256)) * 20)
    found, report, said = read(folder, folder.name)
    assert found == DOCUMENTS and report.left_out == 2
    assert "2 files were left out: odd.txt is a PDF" in said["left_out"]


def test_tables_in_a_folder_are_read_where_they_make_up_more(folder):
    (folder / "part-0.jsonl").write_bytes(jsonl(RAKE[:200]))
    (folder / "part-1.jsonl").write_bytes(jsonl(RAKE[200:]))
    found, report, said = read(folder, folder.name)
    assert found == [row["text"] for row in RAKE]
    assert ".txt" in said["other_files"] and report.roles == {"text": "text"}


def test_parts_that_somebody_keeps_apart_are_named(tmp_path):
    for name in ("wiki.train.tokens.txt", "wiki.test.tokens.txt"):
        (tmp_path / name).write_text(name)
    _, _, said = read(tmp_path, "wiki")
    assert "test, train" in said["split_files"] and "validate on" in said["split_files"]


@pytest.mark.parametrize("files", [{}, {"a.png": b"\x89PNG\r\n\x1a\n"}, {"a.txt": b" \n"}])
def test_a_folder_without_a_text_is_refused(tmp_path, files):
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(LabError, match="text"):
        read(tmp_path, "folder")


def test_a_zip_that_wants_out_is_refused():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../evil.txt", "x")
    with pytest.raises(LabError, match="leads out"):
        read(packed.getvalue(), "a.zip")
    with pytest.raises(LabError, match="zip"):
        read(zip_bomb(), "a.zip")
    with pytest.raises(LabError, match="zip"):
        read(b"PK\x03\x04 broken", "a.zip")


def zip_bomb():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(4):
            archive.writestr(f"{i}.txt", b"a" * (3 << 20))
    return packed.getvalue()


# ---- amounts


def test_amounts_are_told_without_reading(folder, tmp_path):
    text = ("A line of words.\n" * 5_000).encode()
    plain, packed, zipped = (tmp_path / name for name in ("a.txt", "a.txt.gz", "a.zip"))
    plain.write_bytes(text)
    packed.write_bytes(gzip.compress(text))
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", text)
    assert [text_bytes(path) for path in (plain, packed, zipped)] == [len(text)] * 3
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "a.gz").write_bytes(packed.read_bytes())
    (tmp_path / "two" / "b.txt").write_bytes(text)
    assert text_bytes(tmp_path / "two") == 2 * len(text)


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.txt.gz", "a.csv", "folder"])
def test_a_sample_comes_from_all_over(tmp_path, name):
    lines = [f"line number {i} of the text" for i in range(20_000)]
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
        for i in range(100):
            (path / f"{i:03}.txt").write_text("\n".join(lines[200 * i : 200 * i + 200]))
    elif name == "a.jsonl":
        path.write_bytes(jsonl([{"text": line} for line in lines]))
    elif name == "a.csv":
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([["id", "text"], *enumerate(lines)])
    else:
        data = "\n".join(lines).encode()
        path.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    found = sample_documents(path, name, CorpusOptions(), 50_000)
    assert found == sample_documents(path, name, CorpusOptions(), 50_000)
    text = "\n".join(found)
    assert 20_000 < len(text) < 120_000 and '"text"' not in text
    numbers = [int(n) for n in __import__("re").findall(r"number (\d+) of", text)]
    if not name.endswith("gz"):  # which comes in one block
        assert min(numbers) < 2_000 and max(numbers) > 18_000


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(LabError, match="cannot be read"):
        read(Path(tmp_path / "none.txt"), "none.txt")
    assert module.END_OF_TEXT == MARK
