"""Instruction files as people bring them: what is never guessed, what is left out with a count."""

import io
import json
import random
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from llmcore.data.instructions import (
    Columns,
    instruction_report,
    instructions_from_bytes,
    split_instructions,
)
from llmcore.data.reading.report import ChoiceError
from llmcore.data.turns import Instruction, Turn, single
from llmcore.errors import LabError, NotFoundError


def read(content, name="x.json", columns=Columns()):
    if not isinstance(content, str):
        content = json.dumps(content)
    return instructions_from_bytes(content.encode(), name, columns)


def roles_of(content, name="x.json"):
    if not isinstance(content, str):
        content = json.dumps(content)
    return instruction_report(content.encode(), name).roles


ASKED = {"instruction": None, "answer": None}
HI = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]


# ---- unknown names are asked for, never guessed


def test_a_german_faq_with_numbers_is_read_by_its_names():
    found = read('Nr,Frage,Antwort\n1,"Wo ist Lampe 1?","Auf Brett 1."\n', "faq.csv")
    assert found.rows == [single("Wo ist Lampe 1?", "Auf Brett 1.")]


@pytest.mark.parametrize(
    ("content", "roles"),
    [
        ("Nr,Sache,Text\n1,Lampe,Auf Brett 1.\n2,Buch,Auf Brett 2.\n", ASKED),
        ("id,good_text,bad_text\na1,So.,No.\na2,Yes.,No.\n", ASKED),
        ("Sache\tText\nLampe 1\tAuf Brett 1.\nBuch 2\tAuf Brett 2.\n", ASKED),
        ("Câu hỏi\tTrả lời\nGì?\tCó.\nAi?\tAnn.\n",
         {"instruction": "Câu hỏi", "answer": "Trả lời"}),
        ("id,title,context\n1,Ann,Ann sings.\n2,Bo,Bo sings.\n",
         {"instruction": "context", "answer": None}),
        ("question,notes\nWhy?,So.\nHow?,Thus.\n", {"instruction": "question", "answer": None}),
        ("prompt,rejected\nWhy?,No.\nHow?,No.\n", {"instruction": "prompt", "answer": None}),
        ("index,question,answer\n1,Why?,So.\n2,How?,Thus.\n",
         {"instruction": "question", "answer": "answer"}),
    ],
)  # fmt: skip
def test_a_role_without_a_known_name_is_null(content, roles):
    report = instruction_report(content.encode(), "x.csv")
    assert report.roles == roles and report.read == 2 and report.taken in (0, 2)


def test_two_words_above_two_columns_may_be_their_names():
    text = "foo\tbar\nWhat?\tYes.\nWhy?\tNo.\n"
    with pytest.raises(ChoiceError, match="first row of x.tsv is read as a row"):
        read(text, "x.tsv")
    found = read(text, "x.tsv", Columns("foo", None, "bar"))
    assert found.rows == [single("What?", "Yes."), single("Why?", "No.")]


def test_numbers_of_questions_are_no_questions():
    rows = [{"question": n, "prompt": f"Why {n}?", "answer": f"So {n}."} for n in range(1, 6)]
    assert roles_of(rows) == {"instruction": "prompt", "answer": "answer"}


def test_the_sentence_lists_the_columns_and_the_flags():
    with pytest.raises(ChoiceError) as asked:
        read("Nr,Sache,Text\n1,Lampe,Auf Brett 1.\n", "faq.csv")
    said = str(asked.value)
    assert "faq.csv" in said and "1 Nr, 2 Sache, 3 Text" in said
    assert "--instruction-column and --output-column" in said
    assert asked.value.asks and asked.value.report.columns == ["Nr", "Sache", "Text"]


def test_columns_are_chosen_by_name_or_by_place():
    text = "Nr,Sache,Text\n1,Lampe,Auf Brett 1.\n"
    row = single("Lampe", "Auf Brett 1.")
    assert read(text, "x.csv", Columns("Sache", None, "Text")).rows == [row]
    assert read(text, "x.csv", Columns("2", None, "3")).rows == [row]
    assert read(text, "x.csv", Columns("sache", None, "TEXT", "")).rows == [row]
    with pytest.raises(NotFoundError, match="no column '4': choose one of Nr, Sache, Text"):
        read(text, "x.csv", Columns("2", None, "4"))


def test_a_column_that_is_called_like_a_number_is_meant_by_its_name():
    rows = [{"2": "Why?", "b": "no", "1": "So."}]
    assert read(rows, columns=Columns("2", None, "1")).rows == [single("Why?", "So.")]


def test_one_instruction_for_all_rows_asks_what_it_is_about():
    rows = [{"instruction": "Translate.", "fr": f"mot {n}", "output": f"word {n}"}
            for n in range(30)]  # fmt: skip
    assert roles_of(rows) == {"instruction": "instruction", "input": None, "answer": "output"}
    found = read(rows, columns=Columns(input="fr"))
    assert found.rows[7] == single("Translate.", "word 7", "mot 7")
    assert read(rows, columns=Columns(input="")).rows[7] == single("Translate.", "word 7")


# ---- a column chosen for one role is no candidate for another


def test_input_and_output_alone_are_question_and_answer():
    rows = [{"input": "Why?", "output": "So."}]
    assert roles_of(rows) == {"instruction": "input", "answer": "output"}
    assert read(rows, columns=Columns(instruction="input")).rows == [single("Why?", "So.")]
    rows = [{"Context": "Why?", "Response": "So."}]
    assert read(rows).rows == [single("Why?", "So.")]
    assert read(rows, columns=Columns(instruction="Context")).rows == [single("Why?", "So.")]


def test_a_chosen_column_leaves_its_usual_role():
    rows = [{"instruction": "A", "input": "B", "output": "C"}]
    assert read(rows, columns=Columns(output="input")).rows == [single("A", "B")]
    assert read(rows, columns=Columns(instruction="output", output="instruction")).rows == [
        single("C", "A", "B")
    ]
    assert read(rows, columns=Columns(system="input")).rows == [single("A", "C", system="B")]
    with pytest.raises(LabError, match="read from one column"):
        read(rows, columns=Columns("input", "input", "output"))


# ---- what is beside the questions


def test_system_beside_conversations_is_read():
    record = {
        "system": "You are clerk 7.",
        "conversations": [
            {"from": "human", "value": "Who are you?"},
            {"from": "gpt", "value": "Clerk 7."},
        ],
    }
    found = read([record])
    assert found.rows == [single("Who are you?", "Clerk 7.", system="You are clerk 7.")]
    assert found.report.roles == {"messages": "conversations", "system": "system"}
    assert not found.notices


def test_the_same_system_text_in_both_places_stands_once():
    said = [{"role": "system", "content": "Be brief."}, *HI]
    assert read([{"system": "Be brief.", "messages": said}]).rows[0].system == "Be brief."
    assert read([{"system": "Be kind.", "messages": said}]).rows[0].system == "Be kind.\nBe brief."


def test_every_column_of_text_that_is_not_read_is_named():
    rows = [
        {"instruction": f"Why {n}?", "output": "So.", "explanation": f"Since {n}.", "n": n,
         "hint": "yes" if n == 0 else None, "date": "2026-11-30", "id": str(n)}
        for n in range(6)
    ]  # fmt: skip
    notices = [notice for notice in read(rows).report.notices if notice.kind == "unread_columns"]
    assert [notice.text for notice in notices] == [
        "1 column holds text and is not read: explanation."
    ]
    rows = [{**row, "explanation two": "So it is."} for row in rows]
    assert "2 columns hold text and are not read: explanation, explanation two." in (
        read(rows).notices
    )


def test_text_inside_of_lists_is_named_as_well():
    rows = [{"messages": HI, "history": [["How are you?", "Well, thanks."]], "scores": [0.1, 0.2],
             "drafts": [{"text": "Ho ho ho"}], "info": {"lang": "en"}}]  # fmt: skip
    (said,) = [
        notice.text for notice in read(rows).report.notices if notice.kind == "unread_columns"
    ]
    assert "history" in said and "drafts" in said and "scores" not in said


@pytest.mark.parametrize(
    ("mark", "bad", "good"),
    [("label", False, True), ("label", 0, 1), ("accepted", "false", "true"), ("flagged", True,
     False), ("is_good", "no", "yes"), ("feedback", "bad", "good"), ("incorrect", 1, 0)],
)  # fmt: skip
def test_rows_that_are_marked_as_bad_are_not_learned(mark, bad, good):
    rows = [
        {"messages": HI, mark: good},
        {"messages": [HI[0], {"role": "assistant", "content": "Go away"}], mark: bad},
        {"messages": HI, mark: None},
    ]
    found = read(rows)
    assert found.rows == [single("Hi", "Ho")] * 2
    assert f"1 row that {mark} marks as bad was left out (in entry 2)." in found.notices


def test_other_columns_of_true_and_false_are_named_and_do_nothing():
    rows = [{"messages": HI, "synthetic": n > 1} for n in range(3)]
    found = read(rows)
    assert len(found.rows) == 3
    assert any("true and false" in notice and "synthetic" in notice for notice in found.notices)


def test_the_parts_that_a_file_names_are_kept():
    rows = [{"question": f"Why {n}?", "answer": f"So {n}.", "split": "test" if n > 6 else "train"}
            for n in range(9)]  # fmt: skip
    found = read(rows)
    assert found.report.splits == {"train": 7, "test": 2}
    splits = split_instructions(found, 0.2, 0.3, seed=1)
    assert {row.question for row in splits.test} == {"Why 7?", "Why 8?"}
    assert (len(splits.train), len(splits.validation)) == (6, 1)


# ---- missing and nested values


def test_nan_is_no_input_and_a_number_is_an_answer():
    found = read('[{"instruction": "Add 1 and 2.", "input": NaN, "output": 3}]')
    assert found.rows == [single("Add 1 and 2.", "3")]


@pytest.mark.parametrize(
    "word", ["nan", "NaN", "null", "None", "N/A", "<noinput>", "No input", "no input required.",
             "<no input>", "[No Input]", "#N/A", "NaT"],
)  # fmt: skip
def test_words_for_no_input_are_counted_and_not_learned(word):
    rows = [
        {"instruction": "Say hi.", "input": word, "output": "Hi."},
        {"instruction": "Name the pins.", "input": "No input pins", "output": "None at all"},
    ]
    found = read(rows)
    assert found.rows == [
        single("Say hi.", "Hi."),
        single("Name the pins.", "None at all", "No input pins"),
    ]
    assert found.report.notices.count("no_input") == 1 and found.report.repaired == 1


@pytest.mark.parametrize("value", ["nan", "null", None, "", "  ", float("nan"), []])
def test_rows_with_a_missing_answer_or_question_are_left_out(value):
    good = [{"question": f"Why {n}?", "answer": f"So {n}."} for n in range(30)]
    bad = [{"question": "Why?", "answer": value}, {"question": value, "answer": "So."}]
    found = read([*good, *bad])
    assert len(found.rows) == 30 and found.report.left_out == 2
    assert found.report.notices.count("no_answer") == found.report.notices.count("no_question") == 1


def test_none_among_few_answers_is_an_answer_and_is_said():
    rows = [{"question": f"Which {n}?", "answer": ("none", "red", "blue")[n % 3]}
            for n in range(30)]  # fmt: skip
    found = read(rows)
    assert len(found.rows) == 30 and found.rows[0].last.output == "none"
    assert any(notice.kind == "kept_word" and notice.count == 10 for notice in found.report.notices)


def test_objects_in_a_chosen_column_are_left_out_with_the_row():
    good = {"instruction": "Why?", "output": "So."}
    rows = [good, {"instruction": "Why?", "output": {"a": 1, "b": [2]}},
            {"instruction": [1, 2], "output": "So."}]  # fmt: skip
    found = read(rows)
    assert found.rows == [single("Why?", "So.")]
    (said,) = [notice for notice in found.report.notices if notice.kind == "objects"]
    assert said.count == 2 and said.line == 2
    assert not any("{" in turn.output for row in found.rows for turn in row.turns)


def test_a_list_of_one_text_is_that_text_and_of_several_answers_the_first_is_learned():
    rows = [{"question": ["Who?"], "answers": ["Ann"]}, {"question": "Who?", "answers": ["B", "C"]}]
    found = read(rows)
    assert found.rows == [single("Who?", "Ann"), single("Who?", "B")]
    assert "1 row has several answers: the first is learned (in entry 2)." in found.notices


def test_whole_numbers_and_truths_are_answers():
    rows = [{"question": "One?", "answer": 1.0}, {"question": "Half?", "answer": 0.5},
            {"question": "Is it?", "answer": True}]  # fmt: skip
    assert [row.last.output for row in read(rows).rows] == ["1", "0.5", "true"]


# ---- one odd conversation is left out, never the file


def test_a_conversation_of_the_assistant_alone_is_left_out_with_its_number():
    good = [{"messages": [{"role": "user", "content": f"Hi {n}"}, HI[1]]} for n in range(12)]
    odd = {"messages": [{"role": "assistant", "content": "You are doing fine!"}]}
    found = read([*good, odd])
    assert len(found.rows) == 12 and found.report.left_out == 1
    assert found.notices == ["1 row without a question was left out (in entry 13)."]


ODD = {
    "null": {"messages": None},
    "empty": {"messages": []},
    "a text": {"messages": "hello"},
    "numbers": {"messages": [1, 2]},
    "a number as content": {"messages": [{"role": "user", "content": [7]}, HI[1]]},
    "an unknown role": {"messages": [{"role": "narrator", "content": "Once"}, HI[1]]},
    "no answer": {"messages": HI[:1]},
    "empty answer": {"messages": [HI[0], {"role": "assistant", "content": ""}]},
    "only a system text": {"messages": [{"role": "system", "content": "Be brief."}]},
    "no messages at all": {"other": 1},
    "too long": {"messages": [{"role": "user", "content": "x" * 100_001}, HI[1]]},
}


@pytest.mark.parametrize("what", ODD)
def test_odd_conversations_are_left_out_and_counted(what):
    found = read([{"messages": HI}, ODD[what], {"messages": HI}])
    assert found.rows == [single("Hi", "Ho")] * 2
    assert (found.report.read, found.report.taken, found.report.left_out) == (3, 2, 1)
    (said,) = [notice for notice in found.report.notices if "left out" in notice.text]
    assert said.count == 1 and said.line == 2


def test_a_leading_answer_is_dropped():
    found = read([{"messages": [{"role": "assistant", "content": "Welcome!"}, *HI]}])
    assert found.rows == [single("Hi", "Ho")]
    assert "1 answer that no question precedes was dropped (in entry 1)." in found.notices


def test_an_empty_answer_joins_no_questions():
    messages = [{"role": "user", "content": "First?"}, {"role": "assistant", "content": " "}, *HI]
    found = read([{"messages": messages}])
    assert found.rows == [single("Hi", "Ho")]
    assert "1 question with an empty answer was dropped (in entry 1)." in found.notices


def test_messages_of_one_role_in_a_row_are_joined_and_counted():
    messages = [HI[0], {"role": "user", "content": "Ann?"}, HI[1],
                {"role": "assistant", "content": "Ann!"}]  # fmt: skip
    found = read([{"messages": messages}])
    assert found.rows == [single("Hi\nAnn?", "Ho\nAnn!")]
    assert found.report.notices.count("joined") == 2


def test_a_system_text_after_an_answer_ends_the_conversation():
    messages = [*HI, {"role": "system", "content": "Now be rude."}, *HI]
    found = read([{"messages": messages}])
    assert found.rows == [single("Hi", "Ho")]
    assert found.report.notices.count("system_inside") == 1


def test_each_unknown_role_is_named():
    odd = [{"role": role, "content": "x"} for role in ("narrator", "{n}", "chorus")]
    rows = [{"messages": HI}, *({"messages": [message, HI[1]]} for message in odd)]
    said = " ".join(read(rows).notices)
    assert "role narrator" in said and "role {n}" in said and "role chorus" in said


def test_a_history_that_cannot_be_read_leaves_its_row_out():
    rows = [{"instruction": "And?", "output": "So.", "history": [["Hi", "Ho"]]},
            {"instruction": "And?", "output": "So.", "history": {"a": "b"}}]  # fmt: skip
    found = read(rows)
    assert found.rows == [Instruction((Turn("Hi", "Ho"), Turn("And?", "So.")))]
    assert found.report.notices.count("bad_history") == 1


def test_surplus_cells_belong_to_the_last_column_that_is_read():
    from llmcore.data.reading.report import Notices
    from llmcore.data.reading.rows import Chunk, Rows
    from llmcore.data.reading.turns import read_turns

    def rows(columns, cells):
        return Rows("csv", columns, True, iter([Chunk([2], [cells])]), Notices(), delimiter=",")

    last = rows(["question", "answer"], ["Why?", "So", " it is", ""])
    found, report = read_turns(last)
    assert found == [single("Why?", "So, it is")]
    assert "joined to answer (in line 2)" in " ".join(report.notices.texts())
    inner = rows(["question", "answer", "n"], ["Why?", "So", " it is", "4"])
    assert read_turns(inner)[0] == [single("Why?", "So, it is")]
    short = rows(["question", "answer", "n"], ["Why?", "So."])
    assert read_turns(short)[0] == [single("Why?", "So.")]


def test_cells_that_are_nested_too_deeply_are_left_out():
    deep = "x"
    for _ in range(400):
        deep = [{"text": deep}]
    good = {"question": "Why?", "answer": "So."}
    found = read([good, {"question": "Why?", "answer": deep}])
    assert found.rows == [single("Why?", "So.")] and found.report.left_out == 1


KEYS = (
    "messages", "conversations", "role", "from", "content", "value", "text", "instruction", "input",
    "output", "prompt", "completion", "chosen", "rejected", "label", "history", "system", "weight",
    "tool_calls", "answers", "question", "context", "instances", "chat", "type", "replies", "parts",
    "split", "turn_1", "response", "tools", "n",
)  # fmt: skip
WORDS = (
    "Hi", "", "user", "assistant", "nan", "None", "system", "[{'role': 'user'}]", "[1,2", "{n}",
    "{'text': ['a']}", "USER: hi ASSISTANT: ho", "### Human: a### Assistant: b", "{", "human",
    "\n\nHuman: x\n\nAssistant: y", "gpt", "tool", "true", "0", "[INST] q [/INST] a", "[]",
)  # fmt: skip


def random_value(rng, depth):
    kind = rng.random()
    if depth <= 0 or kind < 0.45:
        return rng.choice(WORDS)
    if kind < 0.55:
        return rng.choice([None, True, False, 0, 1, -1, 2.5, float("nan"), float("inf"), 10**30])
    if kind < 0.75:
        return [random_value(rng, depth - 1) for _ in range(rng.randint(0, 4))]
    return {rng.choice(KEYS): random_value(rng, depth - 1) for _ in range(rng.randint(0, 4))}


@pytest.mark.parametrize("seed", range(4))
def test_of_random_rows_only_the_lab_s_own_error_comes_out(seed):
    rng = random.Random(seed)
    for _ in range(400):
        keys = rng.sample(KEYS, rng.randint(1, 5))
        rows = [{key: random_value(rng, 3) for key in keys} for _ in range(rng.randint(1, 6))]
        try:
            found = read(rows)
        except LabError:
            continue
        report = found.report
        assert report.read == report.taken + report.left_out and report.taken == len(found.rows)
        for row in found.rows:
            assert row.last.learned and all(turn.instruction and turn.output for turn in row.turns)


def test_parquet_a_zip_of_parts_and_other_encodings_are_read_the_same_way():
    table = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([{"messages": HI, "n": 1}] * 3), table)
    found = instructions_from_bytes(table.getvalue(), "chat")
    assert found.rows == [single("Hi", "Ho")] * 3 and found.report.format == "parquet"

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for part, n in (("train", 4), ("test", 2)):
            rows = [{"question": f"{part} {i}?", "answer": "So."} for i in range(n)]
            file.writestr(f"d/{part}.jsonl", "\n".join(map(json.dumps, rows)))
    found = instructions_from_bytes(packed.getvalue(), "d.zip")
    assert found.report.splits == {"train": 4, "test": 2}
    test = split_instructions(found, 0.2, 0.2, seed=1).test
    assert {row.question for row in test} == {"test 0?", "test 1?"}

    text = "Frage;Antwort\nWie heißt du?;Jürgen.\nUnd du?;Zoë.\n".encode("cp1252")
    found = instructions_from_bytes(text, "faq.csv")
    assert found.rows == [single("Wie heißt du?", "Jürgen."), single("Und du?", "Zoë.")]
    assert found.report.encoding == "windows-1252"
