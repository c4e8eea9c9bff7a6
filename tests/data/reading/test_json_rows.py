"""JSON as programs write it and people break it: the right rows, and a word for the rest."""

import json

import pandas as pd
import pytest

from llmcore.data.reading.encoding import recognise_encoding
from llmcore.data.reading.json_rows import read_json
from llmcore.data.reading.report import Notices
from llmcore.data.reading.source import source_of
from llmcore.data.reading.values import NotText, cell_text, is_missing_word
from llmcore.errors import LabError

PAIRS = [("a film", "pos"), ("a play", "neg"), ("a song", "pos")]
RECORDS = [{"text": text, "label": label} for text, label in PAIRS]
LINES = [json.dumps(record) for record in RECORDS]
FRAME = pd.DataFrame(RECORDS)


def rows_of(data: bytes | str | object, name: str = "x.json", roles: str = "labels"):
    """(Rows, records, notice texts) of bytes, a text, or a value that is dumped."""
    if not isinstance(data, (bytes, str)):
        data = json.dumps(data)
    source = source_of(data.encode() if isinstance(data, str) else data, name)
    notices = Notices()
    rows = read_json(source, recognise_encoding(source, notices), notices, roles)
    records = list(rows.records())
    return rows, records, notices.texts()


def values_of(data, **options) -> list[dict]:
    return [record for _, record in rows_of(data, **options)[1]]


def pairs_of(data) -> list[tuple]:
    return [(row["text"], row["label"]) for row in values_of(data)]


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(LINES),
        "\n\n".join(LINES) + "\n\n",
        "\ufeff" + "\n".join(LINES),
        "\r\n".join(LINES),
        json.dumps(RECORDS),
        json.dumps(RECORDS, indent=2),
        "[\n" + ",\n".join(LINES) + "\n]\n",
        FRAME.to_json(orient="records"),
        FRAME.to_json(orient="records", lines=True),
        FRAME.to_json(orient="records", indent=4),
    ],
)
def test_plain_forms_are_read_without_a_word(text) -> None:
    rows, records, notices = rows_of(text)
    assert [record for _, record in records] == RECORDS
    assert (rows.columns, rows.header, notices) == (["text", "label"], True, [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (",\n".join(LINES) + ",", "A comma behind 3 lines of x.json was passed over"),
        ("[" + ",".join(LINES) + ",]", "read one by one"),
        ("[\n" + ",\n".join(LINES) + ",\n]", "read one by one"),
        ("\n".join(json.dumps(record, indent=2) for record in RECORDS), "one after another"),
        ("".join(LINES), "one after another"),
        ("[" + ",".join(LINES) + ', {"text": "half a s', "the 3 entries before it were taken"),
        (json.dumps(RECORDS, indent=2)[:-2], "3 entries"),
        ("\n".join(map(repr, RECORDS)), "written as Python does"),
        (repr(RECORDS), "written as Python does"),
        ("\n".join([*LINES[:2], '{"text": "b"', LINES[2]]), "1 line of x.json is not valid JSON"),
        ('{"bad": \n' + "\n".join(LINES), "1 line of x.json is not valid JSON"),
        ('[\n{"text": oops},\n' + ",\n".join(LINES) + "]", "1 entry of x.json is not valid JSON"),
        ('{"data": [' + ",".join(LINES) + ', {"te', "out of its list 'data'"),
        ("\n".join([*LINES[:2], "17", LINES[2]]), "1 line of x.json is no object"),
    ],
)  # fmt: skip
def test_what_is_broken_is_repaired_or_left_out_and_said(text, said) -> None:
    _, records, notices = rows_of(text)
    assert [record for _, record in records] == RECORDS
    assert any(said in notice for notice in notices), notices


def test_the_first_bad_line_is_named_by_its_number() -> None:
    text = "\n".join([LINES[0], "", "{oops", LINES[1], "[1, 2", LINES[2]])
    rows, records, notices = rows_of(text)
    assert [line for line, _ in records] == [1, 4, 6]
    assert notices == ["2 lines of x.json are not valid JSON and were left out (first in line 3)."]
    assert (rows.format, rows.unit) == ("jsonl", "line")


@pytest.mark.parametrize("key", ["data", "rows", "items", "examples", "records", "my_things"])
def test_an_object_around_the_rows_is_unwrapped_and_said(key) -> None:
    value = {"version": 3, "authors": ["me"], key: RECORDS}
    _, _, notices = rows_of(value)
    assert pairs_of(value) == PAIRS
    said = f"The rows of x.json were taken out of its field '{key}' (not read: version, authors)."
    assert notices == [said]
    assert pairs_of({"response": {"page": 1, key: RECORDS}}) == PAIRS


def test_the_hubs_rows_and_their_class_names() -> None:
    names = {"names": ["neg", "pos"], "_type": "ClassLabel"}
    value = {
        "features": [{"feature_idx": 0, "name": "text", "type": {"dtype": "string"}},
                     {"feature_idx": 1, "name": "label", "type": names}],
        "rows": [{"row_idx": i, "row": {"text": text, "label": label == "pos"} | {
            "label": int(label == "pos")}, "truncated_cells": []}
            for i, (text, label) in enumerate(PAIRS)],
    }  # fmt: skip
    assert pairs_of(value) == PAIRS
    assert any("0 is 'neg'" in notice for notice in rows_of(value)[2])


@pytest.mark.parametrize("orient", ["columns", "split", "index", "table"])
@pytest.mark.parametrize("index", [None, list("xyz")])
def test_the_forms_of_pandas(orient, index) -> None:
    frame = FRAME.set_axis(index) if index else FRAME
    text = frame.to_json(orient=orient)
    assert pairs_of(text) == PAIRS
    assert any(f'orient="{orient}"' in notice for notice in rows_of(text)[2])
    assert "index" not in rows_of(text)[0].columns


def test_lists_for_columns_and_lists_for_labels() -> None:
    assert pairs_of(FRAME.to_dict(orient="list")) == PAIRS
    value = {"pos": ["a film", "a song"], "neg": ["a play"]}
    assert pairs_of(value) == [("a film", "pos"), ("a song", "pos"), ("a play", "neg")]
    same = {"pos": ["a film", "a song"], "neg": ["a play", "a book"]}
    assert pairs_of(same)[2] == ("a play", "neg")
    assert "for each of the labels pos, neg" in rows_of(same)[2][0]


def test_parts_become_a_column_split() -> None:
    value = {"train": RECORDS[:2], "test": RECORDS[2:], "version": 1}
    records = values_of(value)
    assert [record["split"] for record in records] == ["train", "train", "test"]
    assert any("train, test (not read: version)" in notice for notice in rows_of(value)[2])
    clinc = {"oos_val": [["what now", "oos"]], "val": [["pay my bill", "bill"]],
             "train": [["how much", "balance"]]}  # fmt: skip
    assert [tuple(row.values()) for row in values_of(clinc)] == [
        ("what now", "oos", "validation"), ("pay my bill", "bill", "validation"),
        ("how much", "balance", "train"),
    ]  # fmt: skip
    with pytest.raises(LabError, match="form that the lab does not know"):
        rows_of({"train": ["a", "b"], "test": ["c", "d"]})


def test_lists_of_pairs_have_no_header() -> None:
    rows, records, _ = rows_of([list(pair) for pair in PAIRS])
    assert not rows.header and rows.columns == ["column 1", "column 2"]
    assert [tuple(record.values()) for _, record in records] == PAIRS
    assert len(rows_of("\n".join(json.dumps(list(pair)) for pair in PAIRS))[1]) == 3
    assert [tuple(row.values()) for row in values_of(dict(PAIRS))] == PAIRS


INTENTS = {"intents": [
    {"tag": "greeting", "patterns": ["Hi", "Hello"], "responses": ["Good day.", "Hey."]},
    {"tag": "bye", "patterns": ["See you"], "responses": ["Bye."], "context": [""]},
]}  # fmt: skip


def test_an_intents_file_gives_its_patterns() -> None:
    assert pairs_of(INTENTS) == [("Hi", "greeting"), ("Hello", "greeting"), ("See you", "bye")]
    assert pairs_of(INTENTS["intents"]) == pairs_of(INTENTS)
    _, records, notices = rows_of(INTENTS, roles="instructions")
    assert [(record["instruction"], record["output"]) for _, record in records] == [
        ("Hi", "Good day."), ("Hello", "Good day."), ("See you", "Bye."),
    ]  # fmt: skip
    assert any("1 response more was not read" in notice for notice in notices)


def test_rasas_examples() -> None:
    value = {
        "rasa_nlu_data": {
            "common_examples": [{"text": "hi", "intent": "greet", "entities": []}],
            "lookup_tables": [{"name": "x"}],
        }
    }
    assert values_of(value) == [{"text": "hi", "intent": "greet"}]
    assert "not its lookup_tables" in rows_of(value)[2][0]


def test_squad_gives_questions_with_their_context_and_first_answer() -> None:
    qas = [{"id": "1", "question": "Who?", "answers": [{"text": "Mara", "answer_start": 0}]},
           {"id": "2", "question": "Where?", "answers": [], "is_impossible": True}]  # fmt: skip
    value = {"version": "2.0", "data": [
        {"title": "T", "paragraphs": [{"context": "Mara went.", "qas": qas}]}]}  # fmt: skip
    assert values_of(value) == [
        {"question": "Who?", "context": "Mara went.", "answer": "Mara"},
        {"question": "Where?", "context": "Mara went.", "answer": None},
    ]
    assert any("1 question of x.json has no answer" in notice for notice in rows_of(value)[2])


def test_one_conversation_is_a_row_and_no_wrapper() -> None:
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hey"}]
    assert values_of({"messages": turns}) == [{"messages": turns}]
    lists = {"conversations": [["Hi", "Hey"], ["Bye", "See you"]]}
    assert values_of(lists) == [{"conversations": ["Hi", "Hey"]},
                                {"conversations": ["Bye", "See you"]}]  # fmt: skip


def doccano(label) -> dict:
    return {"id": 1, "text": "a film", "label": label, "Comments": []}


def test_doccano() -> None:
    lines = "\n".join(json.dumps(doccano(labels)) for labels in (["pos"], [], ["pos", "neg"]))
    rows, records, notices = rows_of(lines, "x.jsonl")
    assert cell_text(records[0][1]["label"]) == "pos" and records[1][1]["label"] is None
    assert records[2][1]["label"] == ["pos", "neg"] and "doccano" in rows.why
    assert "1 entry of x.jsonl has no annotation (in line 2)." in notices
    assert "1 entry of x.jsonl has several labels (in line 3)." in notices
    spans = {"id": 1, "text": "Mara went", "entities": [{"start_offset": 0, "label": "PER"}]}
    for value in (doccano([[0, 4, "PER"]]), spans):
        with pytest.raises(LabError, match="marks spans inside of texts"):
            rows_of(json.dumps(value) + "\n" + json.dumps(value))


def studio(*choices, cancelled=False, **value) -> dict:
    result = [{"type": "choices", "from_name": "sentiment", "to_name": "text",
               "value": value or {"choices": list(choices)}}]  # fmt: skip
    return {"id": 1, "data": {"text": "a film"}, "predictions": [],
            "annotations": [{"id": 4, "was_cancelled": cancelled, "result": result}]}  # fmt: skip


def test_label_studio() -> None:
    two = studio("pos")
    two["annotations"] += studio("neg")["annotations"]
    rows, records, notices = rows_of([studio("pos"), studio("neg", cancelled=True), two])
    assert [cell_text(record["label"]) for _, record in records] == ["pos", None, "pos"]
    assert "Label Studio" in rows.why
    assert any("1 entry of x.json has no annotation (in entry 2)" in notice for notice in notices)
    assert any("do not agree" in notice for notice in notices)
    with pytest.raises(LabError, match="marks spans"):
        rows_of([studio(start=0, end=4, labels=["PER"])])
    small = {"text": "a film", "id": 1, "sentiment": "pos", "annotator": 1, "annotation_id": 2,
             "created_at": "2026", "updated_at": "2026", "lead_time": 3.1}  # fmt: skip
    several = small | {"sentiment": {"choices": ["pos", "neg"]}}
    assert values_of([small, several]) == [
        {"text": "a film", "id": 1, "sentiment": "pos"},
        {"text": "a film", "id": 1, "sentiment": ["pos", "neg"]},
    ]


def test_prodigy() -> None:
    task = {"text": "a film", "_input_hash": 1, "_task_hash": 2, "answer": "accept",
            "options": [{"id": "POS", "text": "Positive"}], "accept": ["POS"]}  # fmt: skip
    lines = [task, task | {"answer": "reject"}, task | {"answer": "ignore"}, task]
    _, records, notices = rows_of("\n".join(map(json.dumps, lines)), "x.jsonl")
    assert [record for _, record in records] == [{"text": "a film", "label": ["POS"]}] * 2
    assert notices == ["2 entries of x.jsonl were answered with reject or ignore and left out "
                       "(first in line 2)."]  # fmt: skip
    binary = {"text": "a film", "label": "pos", "spans": [], "answer": "accept", "_task_hash": 2}
    assert values_of([binary, binary | {"answer": "reject"}]) == [
        {"text": "a film", "label": "pos", "spans": None}
    ]
    spans = {"text": "Mara", "spans": [{"start": 0, "end": 4, "label": "PER"}], "answer": "accept"}
    with pytest.raises(LabError, match="marks spans"):
        rows_of([spans, spans])


def test_values_become_texts_as_they_are_meant() -> None:
    values = values_of('[{"t": ["billing"], "n": NaN, "e": [], "f": 1.0, "b": true, "d": {"a": 1},'
                       ' "m": ["film", "1"], "i": 3, "x": 1.5}]')[0]  # fmt: skip
    texts = {key: cell_text(values[key]) for key in "tnefbix"}
    assert texts == {"t": "billing", "n": None, "e": None, "f": "1", "b": "true", "i": "3",
                     "x": "1.5"}  # fmt: skip
    for key, what in (("d", "an object with the keys a"), ("m", "a list of 2 values")):
        with pytest.raises(NotText, match=what):
            cell_text(values[key])
    assert [is_missing_word(word) for word in ("NaN", "null", "None", "N/A", "nano")] == [
        True, True, True, True, False,
    ]  # fmt: skip
    assert cell_text({"text": ["Mara"], "answer_start": [0]}) == "Mara"


def test_a_key_that_comes_late_makes_a_column() -> None:
    lines = LINES * 2_000 + ['{"text": "late", "label": "pos", "source": "web"}']
    rows, records, notices = rows_of("\n".join(lines))
    assert len(records) == 6_001 and records[-1][1]["source"] == "web" and not notices
    assert rows.columns == ["text", "label", "source"]


def test_broken_characters_are_replaced() -> None:
    text = '{"text": "a \\ud83d b", "label": "x"}\n{"text": "\\ud83d\\ude00\tt", "label": "y"}'
    assert [row["text"] for row in values_of(text)] == ["a \ufffd b", "😀\tt"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("[]", "holds no rows"),
        ("17", "a single value"),
        ('"a"', "a single value"),
        ('{"a": {"b": {"c": 1}}}', "an object with the keys a"),
        ("{oops", "is not valid JSON"),
        ("[" * 100_000, "is not valid JSON"),
        ('{"users": [{"a": 1}], "posts": [{"b": 1}]}', "several lists of objects (users, posts)"),
        ("[1, 2, 3]", "holds no rows"),
    ],
)
def test_one_sentence_where_nothing_can_be_read(text, said) -> None:
    with pytest.raises(LabError) as raised:
        rows_of(text)
    assert said in str(raised.value) and len(str(raised.value)) < 300


@pytest.mark.parametrize("depth", [300, 900, 3_000])
def test_deep_nesting_stops_nothing(depth) -> None:
    deep = "[" * depth + "]" * depth
    line = '{"text": "a \\\\ud83d", "label": ' + deep + "}"
    for text in (LINES[0] + "\n" + line + "\n" + LINES[1], f"[{LINES[0]}, {line}, {LINES[1]},]"):
        records = values_of(text)
        assert [record["text"] for record in records if record["label"] in ("pos", "neg")] == [
            "a film", "a play",
        ]  # fmt: skip


def test_all_rows_have_a_cell_for_each_column() -> None:
    source = source_of(b'{"text": "a"}\n{"label": "x"}\n{"text": "b", "label": "y"}', "x")
    rows = read_json(source, recognise_encoding(source, Notices()), Notices())
    assert rows.sample() == [["a", None], [None, "x"], ["b", "y"]]
