import json

import pytest

from llmcore.data.instructions import (
    Columns,
    InstructionSet,
    Turn,
    instructions_from_bytes,
    load_builtin,
    load_instructions,
    single,
    split_instructions,
)
from llmcore.data.sources import INSTRUCTIONS
from llmcore.errors import LabError, NotFoundError


def read(content, name="mine.json", columns=Columns()):
    return instructions_from_bytes(content.encode(), name, columns)


ALPACA = [
    {"instruction": "Add.", "input": "1 2", "output": "3"},
    {"instruction": "Say hi.", "input": "", "output": "Hi."},
    {"instruction": "Nobody answers", "input": "", "output": ""},
]


@pytest.mark.parametrize("as_lines", [False, True])
def test_alpaca_json_and_jsonl(as_lines):
    lines = "\n".join(map(json.dumps, ALPACA))
    found = read(lines if as_lines else json.dumps(ALPACA, indent=1), "alpaca.jsonl")
    assert found.rows == [single("Add.", "3", "1 2"), single("Say hi.", "Hi.")]
    unit = "line" if as_lines else "entry"
    assert found.notices == [f"1 row without an answer was left out (in {unit} 3)."]


def test_one_object_that_spans_lines_is_one_row():
    assert read('{\n"instruction": "a",\n"output": "b"}').rows == [single("a", "b")]


def test_chat_messages_keep_turns_and_the_system_text():
    rows = [
        {"messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": "I am"}, {"role": "user", "content": "Ann"},
            {"role": "assistant", "content": "Hello Ann."}, {"role": "user", "content": "?"},
        ]},
        {"messages": [{"role": "user", "content": "Nobody answers"}]},
    ]  # fmt: skip
    found = read("\n".join(map(json.dumps, rows)), "chat.jsonl")
    (row,) = found.rows
    assert row.system == "Be brief."
    assert row.turns == (Turn("Hi", "Hello."), Turn("I am\nAnn", "Hello Ann."))
    assert row.last.output == "Hello Ann." and "Hello." in row.question
    assert found.report.left_out == 1 and found.report.notices.count("no_answer") == 1
    assert found.report.notices.count("joined") == found.report.notices.count("open_questions") == 1


def test_the_other_spelling_of_conversations():
    record = {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Ho"}]}
    assert read(json.dumps([record])).rows == [single("Hi", "Ho")]


@pytest.mark.parametrize(
    "record, reason",
    [
        ({"messages": "hello"}, "without a list of messages in messages"),
        ({"messages": [{"x": "hello"}]}, "that is no message"),
        ({"messages": [{"role": "narrator", "content": "x"}]}, "role narrator"),
        ({"messages": [{"role": "user", "content": [7]}]}, "content is no text"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "without a question"),
        ({"instruction": "a", "text": "b"}, "no column named 'output'"),
        ({"output": "a", "text": "b"}, "no column named 'instruction'"),
        ({"instruction": "a", "output": ""}, "no row with both"),
        ({}, "no columns"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(record, reason):
    """Of one row only: where others are good, such a row is left out (test_turns)."""
    with pytest.raises(LabError, match=reason):
        read(json.dumps([record]))


@pytest.mark.parametrize("content", ["", "  \n ", "[1, 2]", "[{", '{"a"', '["x"]'])
def test_broken_files_are_refused_with_their_name(content):
    with pytest.raises(LabError, match=r"mine\.json"):
        read(content)


def test_tables_and_chosen_columns():
    table = "Frage;Antwort;Text\nWas ist das?;Ein Hund.;Bild 1\nUnd das?;Eine Katze.;\n"
    chosen = Columns("Frage", "Text", "Antwort")
    found = read(table, "mine.csv", chosen)
    assert found.rows[0] == single("Was ist das?", "Ein Hund.", "Bild 1")
    assert found.rows[1] == single("Und das?", "Eine Katze.")
    with pytest.raises(NotFoundError, match="no column 'Fragen'"):
        read(table, "mine.csv", Columns("Fragen", None, "Antwort"))
    with pytest.raises(LabError, match="read from one column"):
        read(table, "mine.csv", Columns("Frage", None, "Frage"))
    assert read("question\tanswer\nWhy?\tBecause.\n", "mine.tsv").rows == [
        single("Why?", "Because.")
    ]
    two = read("Why?\tBecause.\nHow?\tSo.\n", "mine.tsv")
    assert two.rows == [single("Why?", "Because."), single("How?", "So.")]
    assert any("read as instruction, output" in notice for notice in two.notices)


def test_columns_of_a_jsonl_can_be_chosen_too():
    line = json.dumps({"q": "Why?", "a": "So.", "instruction": "x", "output": "y"})
    assert read(line, "mine.jsonl", Columns("q", None, "a")).rows == [single("Why?", "So.")]


def test_sizes_are_bounded(monkeypatch):
    long = json.dumps([{"instruction": "x" * 100_001, "output": "y"}])
    with pytest.raises(LabError, match="1 row with more than 100,000 characters was left out"):
        read(long)
    monkeypatch.setattr("llmcore.data.reading.turns.MAX_ROWS", 1)
    found = read(json.dumps(ALPACA))
    assert found.rows == [single("Add.", "3", "1 2")] and found.report.read == 3
    assert "2 rows beyond the first 1 were left out (first in entry 2)." in found.notices


def test_a_missing_file_names_the_built_in_sets():
    with pytest.raises(NotFoundError, match="airline-support"):
        load_instructions("nowhere.json")


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_built_in_sets_are_read_in_three_splits(name):
    splits = load_builtin(name)
    assert len(splits.train) > 1_000 and splits.validation and splits.test


def test_splits_are_seeded_and_share_no_question():
    rows = [single(f"Question {i}?", str(i)) for i in range(100)]
    rows += [single("question 7 ?".replace(" ?", "?").upper(), "other")]
    data = InstructionSet("mine", rows)
    splits = split_instructions(data, 0.1, 0.2, seed=1)
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (72, 8, 20)
    assert "1 doubles were dropped" in splits.notices[0]
    again = split_instructions(data, 0.1, 0.2, seed=1)
    assert again.test == splits.test
    assert split_instructions(data, 0.1, 0.2, seed=2).test != splits.test
    everything = [*splits.train, *splits.validation, *splits.test]
    assert len({row.question for row in everything}) == 100


def test_a_tiny_set_keeps_something_to_train_on():
    one = split_instructions(InstructionSet("mine", [single("a", "b")]), 0.1, 0.2, 0)
    assert (len(one.train), len(one.validation), len(one.test)) == (1, 0, 0)
    three = split_instructions(
        InstructionSet("mine", [single(c, "b") for c in "xyz"]), 0.1, 0.2, 0
    )  # fmt: skip
    assert (len(three.train), len(three.test)) == (2, 1)
