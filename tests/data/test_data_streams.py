"""Texts read one by one: the same as from the whole table, in bounded memory, errors by line."""

import io
import json
import tracemalloc

import pytest

from llmcore.data import labelled_from_table
from llmcore.data.reading.report import Notices
from llmcore.data.streams import MAX_LINE, lines_of, texts_of_file
from llmcore.errors import LabError, NotFoundError


def lines(data: bytes) -> list[str]:
    return list(lines_of(io.BytesIO(data), "input"))


@pytest.fixture
def write(tmp_path):
    def put(name: str, data: bytes | str):
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    return put


def test_lines_of_any_system_and_encoding() -> None:
    assert lines(b"a\r\nb\n\nc") == ["a", "b", "", "c"]
    assert lines(b"") == []
    assert lines("é\u2028x\n😀".encode()) == ["é\u2028x", "😀"]  # only \n ends a line
    for encoding in ("utf-8-sig", "utf-16", "utf-32"):
        assert lines("é\nb".encode(encoding)) == ["é", "b"]


def test_a_line_without_end_is_cut_and_the_next_is_whole() -> None:
    found = lines(b"x" * (3 * MAX_LINE + 5) + b"\nshort\n")
    assert [len(item) for item in found] == [MAX_LINE, 5]


def test_lines_that_are_no_utf_8_are_windows_1252() -> None:
    assert lines("é\n".encode() + b"\x80 5\nna\xefve") == ["é", "€ 5", "naïve"]


@pytest.mark.parametrize("name", ["t.csv", "t.tsv"])
def test_the_rows_are_those_of_the_whole_table(write, name) -> None:
    cut = "," if name == "t.csv" else "\t"
    texts = ['say "hi"', f"one{cut}two", "two\nlines", "plain \u2028 text", ""]
    quoted = ['"' + text.replace('"', '""') + '"' for text in texts]
    table = "\n".join([f"id{cut}text{cut}label", *(f"7{cut}{q}{cut}x{i % 2}" for i, q in
                                                    enumerate(quoted))])  # fmt: skip
    assert list(texts_of_file(write(name, table))) == texts
    whole = labelled_from_table(table.encode(), name).texts
    assert [text for text in texts if text] == whole


def test_columns_chosen_missing_and_without_a_header(write) -> None:
    table = "id,words,x\n1,hello,there\n2,bye,now\n"
    for chosen in ("words", "2"):
        assert list(texts_of_file(write("a.csv", table), chosen)) == ["hello", "bye"]
    with pytest.raises(LabError, match="1 id, 2 words, 3 x"):
        list(texts_of_file(write("a.csv", table)))
    with pytest.raises(NotFoundError, match="no column 'nope'"):
        list(texts_of_file(write("a.csv", table), "nope"))
    assert list(texts_of_file(write("b.csv", "ham,hi\nspam,win\n"))) == ["hi", "win"]
    assert list(texts_of_file(write("c.csv", "text\nhi\nwin\n"))) == ["hi", "win"]
    assert list(texts_of_file(write("d.csv", "hi\nwin\n"))) == ["hi", "win"]


def test_a_tsv_with_stray_quotes_loses_no_row(write) -> None:
    rows = ['ham\t"Oh', *[f"spam\tmessage {i}" for i in range(40)], 'ham\tbye"']
    assert len(list(texts_of_file(write("s.tsv", "\n".join(rows))))) == 42


def test_a_quoted_text_across_the_sampled_start(write) -> None:
    long = "\n".join(f"line {i} of a long, long text" for i in range(5000))
    table = f'label,text\nham,"{long}"\nspam,win\n'
    assert list(texts_of_file(write("l.csv", table))) == [long, "win"]


def test_json_lines(write) -> None:
    rows = [{"Message": "a", "n": 1}, {"Message": None}, {"Message": 5}]
    data = "\n\n".join(map(json.dumps, rows))
    assert list(texts_of_file(write("a.jsonl", data))) == ["a", "", "5"]
    assert list(texts_of_file(write("b.jsonl", '{"body": "x"}'), "body")) == ["x"]
    notices = Notices()
    broken = write("c.jsonl", '{"text": "a"}\nno\n')
    assert list(texts_of_file(broken, notices=notices)) == ["a"] and notices.texts()
    whole = write("d.json", json.dumps([{"text": "a", "n": 1}, {"text": "b", "n": 2}]))
    assert list(texts_of_file(whole)) == ["a", "b"]  # once, the lines of the JSON itself


def test_files_that_cannot_be_read(tmp_path, write) -> None:
    for path, words in ((tmp_path / "no.txt", "no file"), (tmp_path, "is a folder"),
                        (write("e.csv", ""), "is empty")):  # fmt: skip
        with pytest.raises(LabError, match=words):
            list(texts_of_file(path))


def test_memory_does_not_grow_with_the_file(write) -> None:
    path = write("many.csv", "label,text\n" + "ham,some short message of a few words\n" * 200_000)
    tracemalloc.start()
    assert sum(1 for _ in texts_of_file(path)) == 200_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4_000_000 < path.stat().st_size
