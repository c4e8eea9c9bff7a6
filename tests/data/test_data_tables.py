"""Users' tables: what can be read is read, everything else gets one sentence."""

import json
import random

import pytest

from llmcore.data import (
    LABELLED,
    labelled_from_table,
    load_labelled,
    preview_table,
)
from llmcore.errors import LabError, NotFoundError

ROWS = [
    ("good", "I like it, really"),
    ("bad", 'She said "no" and left'),
    ("good", "two\nlines"),
    ("bad", "naïve; 😀 | tab-free"),
]


def _read(text: str, name: str = "data.csv", **options):
    return labelled_from_table(text.encode(), name, **options)


def _pairs(data) -> list[tuple[str, str]]:
    return list(zip(data.labels, data.texts, strict=True))


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("header", [["label", "text"], ["text", "label"], ["id", "Text", "LABEL"]])
def test_delimiters_headers_and_quotes(delimiter: str, header: list[str]) -> None:
    import csv
    import io

    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerow(header)
    for number, (label, text) in enumerate(ROWS):
        cells = {"label": label, "text": text, "id": str(number)}
        writer.writerow([cells[column.lower()] for column in header])
    data = _read(buffer.getvalue())
    assert _pairs(data) == ROWS
    assert data.classes == ["bad", "good"]
    assert data.counts() == {"bad": 2, "good": 2}
    assert data.notices == []
    assert data.report.columns == header and data.report.read == data.report.taken == 4


def test_two_columns_without_a_header_are_label_text() -> None:
    data = _read("ham\tHi, there; you\nspam\tWIN | now, now\nham\tok\n", "sms.txt")
    assert _pairs(data) == [("ham", "Hi, there; you"), ("spam", "WIN | now, now"), ("ham", "ok")]
    assert data.report.columns == ["label", "text"]
    assert "read as a row, not as names" in data.notices[0]


def test_other_usual_names_are_known() -> None:
    data = _read("sentiment,confidence,text\npos,1,fine\nneg,0.4,awful\n")
    assert _pairs(data) == [("pos", "fine"), ("neg", "awful")]


def test_columns_can_be_chosen() -> None:
    text = "id,body,kind,label\n1,hello there,a,x\n2,good bye,b,x\n"
    assert _pairs(_read(text, text_column="body", label_column="kind")) == [
        ("a", "hello there"),
        ("b", "good bye"),
    ]
    assert _read(text, text_column=" BODY ", label_column="kind").texts[0] == "hello there"


def test_jsonl_and_json() -> None:
    records = [{"label": label, "text": text} for label, text in ROWS]
    lines = "\n\n".join(json.dumps(record) for record in records)
    assert _pairs(_read(lines, "data.jsonl")) == ROWS
    assert _pairs(_read(lines, "data.txt")) == ROWS
    assert _pairs(_read(json.dumps(records), "data.json")) == ROWS
    assert _pairs(_read(json.dumps(records, indent=1), "data.txt")) == ROWS
    other = [{"text": "a", "label": 1}, {"text": "b", "label": False}, {"text": None, "label": 1}]
    data = _read("\n".join(map(json.dumps, other)), "x.jsonl")
    assert _pairs(data) == [("1", "a"), ("false", "b")]
    assert "1 row without a text" in data.notices[0]


def test_tsv_with_stray_quotes_loses_nothing() -> None:
    rows = [("ham", f'he said "no{i}') for i in range(50)] + [("spam", '"WIN" now"')]
    text = "".join(f"{label}\t{text}\n" for label, text in rows)
    assert _pairs(_read(text, "sms.tsv")) == rows
    opened = [("ham", '"Oh'), *[("spam", f"message {i}") for i in range(40)], ("ham", 'bye"')]
    text = "".join(f"{label}\t{text}\n" for label, text in opened)
    assert _pairs(_read(text, "sms.tsv")) == opened


def test_unquoted_delimiters_in_the_last_column_are_joined() -> None:
    data = _read("label,text\nham,well, hello, you\nspam,win\nham,ok\n")
    assert data.texts[0] == "well, hello, you"
    assert "1 row has more cells" in data.notices[0]


def test_short_rows_and_empty_cells_are_left_out_with_a_notice() -> None:
    data = _read("label,text\nham,hi\nbroken\nspam,win\n,no label\nham,  \n\n")
    assert _pairs(data) == [("ham", "hi"), ("spam", "win")]
    assert len(data.notices) == 2


def test_nul_bytes_go_with_a_notice() -> None:
    data = _read("label,text\nham,h\0i\nspam,win\n")
    assert data.texts == ["hi", "win"]
    assert "1 byte of value zero in data.csv was dropped" in data.notices[0]


def test_a_very_long_cell_is_read() -> None:
    data = _read(f"label,text\nham,{'x' * 300_000}\nspam,win\n")
    assert len(data.texts[0]) == 300_000


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("", "a.csv", "empty"),
        (" \n\n", "a.csv", "empty"),
        ("", "a.jsonl", "empty"),
        ("text,label\n", "a.csv", "no rows below"),
        ("label,text\nham,only one\n", "a.csv", "one row only"),
        ("label,text\nham,a\nham,b\n", "a.csv", "two classes"),
        ("label,text\n,a\n,b\n", "a.csv", "no row with both"),
        ("just\nlines\nof text\n", "a.csv", "one column"),
        ("id,words,kind\n1,a,b\n2,c,d\n", "a.csv", "1 id, 2 words, 3 kind"),
        ("id,text,kind\n1,a,b\n2,c,d\n", "a.csv", "the label.*1 id, 2 text, 3 kind"),
        ("a,b,c\nd\ne\n", "a.csv", "one column"),
        ('{"text": "a"}\nnot json\n', "a.jsonl", "one column"),
        ("[]", "a.json", "no row"),
        ("[" * 100_000, "a.json", "JSON"),
        ('{"text": "a", "tag2": "b"}\n{"text": "c"}\n', "a.jsonl", "1 text, 2 tag2"),
    ],
)
def test_bad_tables_get_one_sentence(text: str, name: str, words: str) -> None:
    with pytest.raises(LabError, match=words) as caught:
        _read(text, name)
    message = str(caught.value)
    assert message.endswith(".") and "\n" not in message and len(message) < 400


def test_a_quotation_mark_that_is_never_closed_costs_one_row_its_quoting() -> None:
    # It was refused before; one row must not cost the others.
    data = _read('label,text\nham,ok\nspam,"never closed\nham,a\nham,b\n')
    assert _pairs(data) == [("ham", "ok"), ("spam", '"never closed'), ("ham", "a"), ("ham", "b")]
    assert "never closed" in data.notices[0] and "line 3" in data.notices[0]
    assert data.report.repaired == 1


def test_bytes_that_are_no_text() -> None:
    draw = random.Random(0)
    with pytest.raises(LabError, match="is not a text file"):
        labelled_from_table(draw.randbytes(5000), "a.csv")


def test_missing_columns_list_those_there_are() -> None:
    with pytest.raises(NotFoundError, match=r"no column 'body'.*label, text"):
        _read("label,text\nham,a\nspam,b\n", text_column="body")
    with pytest.raises(LabError, match="different columns"):
        _read("label,text\nham,a\nspam,b\n", text_column="text", label_column="text")


def test_too_many_classes() -> None:
    text = "label,text\n" + "".join(f"class {i},text {i}\n" for i in range(101))
    with pytest.raises(LabError, match=r"101 different labels.*100"):
        _read(text)
    assert len(_read(text[: text.rindex("class 100")]).classes) == 100


def test_an_evaluation_takes_any_row() -> None:
    data = _read("label,text\nham,only one\n", training=False)
    assert _pairs(data) == [("ham", "only one")]


def test_the_preview_names_columns_that_can_be_chosen() -> None:
    for text in ("ham,hi\nspam,win\n", "a,b,a,\n1,2,3,4\n5,6,7,8\n"):
        frame = preview_table(text.encode(), "x.csv")
        first, second = frame.columns[0], frame.columns[1]
        assert frame.columns.is_unique and len(frame) == 2
        data = _read(text, "x.csv", label_column=first, text_column=second)
        assert data.texts == list(frame[second])


def test_noise_never_escapes_as_another_error() -> None:
    draw = random.Random(0)
    alphabet = "ab,;\t|\"'\n\r\0{}[]:é "
    for _ in range(3000):
        text = "".join(draw.choices(alphabet, k=draw.randrange(60)))
        name = draw.choice(["x.csv", "x.tsv", "x.jsonl", "x.json", "x"])
        try:
            data = _read(text, name)
        except LabError as error:
            assert str(error)
        else:
            assert len(data.texts) == len(data.labels) > 1


def test_files_and_folders(tmp_path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("label,text\nham,a\nspam,b\n")
    assert load_labelled(str(path)).name == "mine.csv"
    assert load_labelled(str(tmp_path)).texts == ["a", "b"]  # the one table of a folder is read
    (tmp_path / "other.csv").write_text("label,text\nham,a\nspam,b\n")
    with pytest.raises(LabError, match="2 tables"):
        load_labelled(str(tmp_path))
    for source in ("no-such-set", "", "a\0b"):
        with pytest.raises(NotFoundError, match="sms-spam"):
            load_labelled(source)


def test_built_in_sets() -> None:
    assert set(LABELLED) == {"sms-spam", "tweet-sentiment", "email-spam"}
    sms = load_labelled("sms-spam")
    assert sms.counts() == {"ham": 4220, "spam": 642}
    tweets = load_labelled("tweet-sentiment")
    assert tweets.classes == ["negative", "neutral", "positive"]
    assert len(tweets) == 38_158
    assert tweets.fixed_test and not sms.fixed_test
    sms.texts.clear()
    assert len(load_labelled("sms-spam").texts) == 4862
