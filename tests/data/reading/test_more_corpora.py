"""Corpora as people have them, a second set: what is learned and what is said about it."""

import json
from pathlib import Path

import pytest

from llmcore.data.corpora import corpus_from_bytes
from llmcore.data.reading.documents import read_documents
from llmcore.data.reading.source import source_of
from llmcore.errors import LabError

PROSE = "The mill stands in Ulm, and nobody has seen the miller since.\n"


def read(data: bytes, name: str):
    documents, report = read_documents(source_of(data, name), name)
    return list(documents), {notice.kind: notice.text for notice in report.notices}


def folder(root: Path, files: dict[str, str]):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    documents, report = read_documents(root, root.name)
    return list(documents), {notice.kind: notice.text for notice in report.notices}


def test_a_part_of_a_web_page_is_read_without_its_tags(tmp_path):
    documents, said = folder(tmp_path, {
        "a.html": f"<html><body><p>{PROSE}</p></body></html>", "b.htm": f"<p>{PROSE}</p>",
    })  # fmt: skip
    assert [document.strip() for document in documents] == [PROSE.strip()] * 2
    assert said["html"].startswith("The markup of 2 pages was taken out")


def test_a_plain_text_named_html_stays_as_it_is():
    assert read(b"1 < 2 and 3 > 2\n", "x.html")[0] == ["1 < 2 and 3 > 2\n"]


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("wiki.xml", f"<mediawiki>\n<page><text>{PROSE}</text></page></mediawiki>", "xml"),
        ("feed.xml", f"<?xml version='1.0'?>\n<rss><item>{PROSE}</item></rss>", "xml"),
        ("film.srt", f"1\r\n00:00:01,000 --> 00:00:02,000\r\n{PROSE}", "subtitles"),
        ("film.vtt", f"WEBVTT\n\n00:01.000 --> 00:02.000\n{PROSE}", "subtitles"),
        ("sets.txt", f"{PROSE}</s>{PROSE}</s>{PROSE}", "other_marks"),
    ],
)
def test_what_is_learned_beside_the_text_is_told(name, text, kind):
    documents, said = read(text.encode(), name)
    assert documents == [text.replace("\r\n", "\n")]
    assert kind in said


@pytest.mark.parametrize("text", [PROSE * 3, "1\n2\n3\n", "I ended <s>it</s>.", "XML is <old>."])
def test_plain_texts_are_told_nothing(text):
    assert not read(text.encode(), "x.txt")[1]


def test_a_folder_of_code_is_read_with_its_readme(tmp_path):
    documents, said = folder(tmp_path, {"README.md": "# Mill\n", "src/mill.py": "x = 1\n" * 50})
    assert documents == ["# Mill\n", "x = 1\n" * 50]
    assert not said


def test_scripts_beside_web_pages_are_not_read(tmp_path):
    page = f"<html><body>{PROSE}</body></html>"
    documents, said = folder(tmp_path, {"a.html": page, "files/a.js": "var x = 1;\n" * 500})
    assert len(documents) == 1
    assert said["other_files"] == "1 file was not read: 1 .js."


def test_rows_with_markup_are_told():
    rows = [{"id": i, "body": f"<p>{PROSE} {i}</p>"} for i in range(20)]
    data = "\n".join(map(json.dumps, rows)).encode()
    assert "markup_kept" in read(data, "x.jsonl")[1]


def test_rows_that_are_all_left_out_are_not_called_empty():
    rows = [{"messages": [{"role": "user", "content": "Hi"}]}] * 3
    data = "\n".join(map(json.dumps, rows)).encode()
    with pytest.raises(LabError, match="no row with a text to learn from.* 3 rows were left out"):
        corpus_from_bytes(data, "chat.jsonl")
