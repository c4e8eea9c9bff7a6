"""Instruction files as people have them, a second set: what is learned, and what is asked."""

import json

import pytest

from llmcore.data.instructions import instruction_report, instructions_from_bytes
from llmcore.data.turns import Turn, single
from llmcore.errors import LabError

N = range(24)


def jsonl(records):
    return "\n".join(json.dumps(record, ensure_ascii=False) for record in records).encode()


def read(records, name="x.jsonl"):
    return instructions_from_bytes(jsonl(records), name)


def kinds(report):
    return {notice.kind for notice in report.notices}


def of_csv(lines, encoding="utf-8"):
    return instruction_report("\n".join(lines).encode(encoding), "x.csv")


@pytest.mark.parametrize(
    ("header", "choices", "answers"),
    [
        ("Pregunta,Opción A,Opción B,Respuesta", "Roma,París", "AB"),
        ("Question,option1,option2,Answer", "Rome,Paris", "12"),
        ("Frage,Antwort (A),Antwort (B),Richtige Antwort", "Rom,Paris", "AB"),
        ("question,choice_a,choice_b,correct_answer", "Rome,Paris", ["choice_a", "choice_b"]),
        ("question,opt 1,opt 2,correct answer", "Rome,Paris", ["A,B", "B."]),
    ],
)
def test_letters_and_numbers_of_a_quiz_are_not_its_answers(header, choices, answers):
    rows = [f'What is the capital {i}?,{choices},"{answers[i % 2]}"' for i in N]
    report = of_csv([header, *rows])
    assert report.roles["answer"] is None
    assert report.roles["instruction"] == header.split(",")[0]
    assert "choice_numbers" in kinds(report)


def test_answers_that_are_words_are_read_beside_the_choices():
    header = "question,distractor1,distractor2,correct_answer,support"
    rows = [f"What is number {i}?,salt,sand,water {i},It is wet." for i in N]
    report = of_csv([header, *rows])
    assert (report.roles["answer"], report.taken) == ("correct_answer", 24)


def test_ranked_answers_are_not_a_conversation():
    rows = [{"prompt": f"Where is lamp {i}?", "answers": [
        {"answer": "Nowhere.", "model": "other", "rank": 2.0},
        {"answer": "On shelf 1.", "model": "gpt-4", "rank": 1.0}]} for i in N]  # fmt: skip
    found = read(rows)
    assert {row.last.output for row in found.rows} == {"On shelf 1."}
    assert "24 rows have several answers: the accepted or best rated one is learned" in "".join(
        found.notices
    )


def test_an_exchange_is_read_in_the_order_of_a_talk_whatever_the_order_of_its_keys():
    rows = [
        {
            "conversation": [
                {"assistant": "On shelf 1.", "model": "gpt-4", "user": "Lamp?"},
                {"assistant": "Green.", "model": "gpt-4", "user": "Which?"},
            ]
        }
    ]
    turns = (Turn("Lamp?", "On shelf 1."), Turn("Which?", "Green."))
    assert read(rows, "x.json").rows[0].turns == turns


def test_paragraphs_of_sentences_are_an_input():
    rows = [
        {
            "question": "Where?",
            "answer": "Ulm",
            "context": [["Mill", ["The mill stands in Ulm.", " It is old."]], ["Lamp", ["Off."]]],
        }
    ]
    found = read(rows)
    text = "Mill\nThe mill stands in Ulm.\nIt is old.\nLamp\nOff."
    assert found.rows == [single("Where?", "Ulm", text)]
    assert "joined_inputs" in kinds(found.report)


def test_conversations_as_pandas_writes_them_into_a_csv():
    cell = "[{'from': 'human', 'value': 'Where, please?'}\n {'from': 'gpt', 'value': 'In Ulm.\\n'}]"
    data = ("conversations\n" + f'"{cell}"\n' * 24).encode()
    found = instructions_from_bytes(data, "x.csv")
    assert found.rows == [single("Where, please?", "In Ulm.")] * 24
    assert found.report.read == 24


@pytest.mark.parametrize("key", ["systemInstruction", "system_instruction"])
@pytest.mark.parametrize("role", [{}, {"role": "system"}, {"role": "user"}])
def test_the_system_instruction_of_gemini_is_read(key, role):
    rows = [{key: {**role, "parts": [{"text": "Be brief."}]}, "contents": [
        {"role": "user", "parts": [{"text": "Where?"}]},
        {"role": "model", "parts": [{"text": "In Ulm."}]}]}]  # fmt: skip
    found = read(rows)
    assert found.rows == [single("Where?", "In Ulm.", system="Be brief.")]


def test_inputs_and_targets_are_questions_and_answers():
    rows = [{"inputs": f"Where is lamp {i}?", "targets": f"On shelf {i}.", "task": "x"} for i in N]
    assert read(rows).rows[3] == single("Where is lamp 3?", "On shelf 3.")


def test_numbers_of_tokens_are_not_taken_for_texts():
    rows = [{"inputs": [1, 2, i], "targets": [3, i], "inputs_pretokenized": f"Where is {i}?",
             "targets_pretokenized": "In Ulm."} for i in N]  # fmt: skip
    report = instruction_report(jsonl(rows), "x.jsonl")
    assert report.roles == {"instruction": None, "answer": None}


def test_names_of_people_are_no_questions():
    rows = [{"type": "message", "user": f"U0{i % 3}AB", "text": f"Hello {i}"} for i in N]
    report = instruction_report(jsonl(rows), "x.jsonl")
    assert report.roles == {"instruction": None, "answer": None}


def test_rows_that_are_single_messages_are_told_as_such():
    rows = [{"tokens": i // 2, "role": ["user", "assistant"][i % 2],
             "content": f"word {i}"} for i in N]  # fmt: skip
    report = instruction_report(jsonl(rows), "x.jsonl")
    assert report.asks == ["instruction", "answer"]
    assert "single_messages" in kinds(report)


def test_a_text_a_line_says_what_instructions_need():
    report = instruction_report(b"Anna: Hello\nBob: Good day\n", "chat.txt")
    said = [notice.text for notice in report.notices if notice.kind == "one_column"]
    assert said == ["chat.txt has a text a line: instructions need a column with questions and one "
                    "with answers, or conversations."]  # fmt: skip


def test_answers_in_html_are_told():
    rows = [
        {
            "items": [
                {"from": "human", "value": f"Where is lamp {i}?"},
                {"from": "gpt", "value": f"<div><p>On shelf {i}.</p></div>"},
            ]
        }
        for i in N
    ]
    assert "markup_kept" in kinds(read(rows).report)
    plain = [{"question": f"Is {i} < {i + 1}?", "answer": f"Yes, {i} is smaller."} for i in N]
    assert "markup_kept" not in kinds(read(plain).report)


def test_names_with_underscores_are_a_header():
    rows = [f"p{i},Good text number {i} is nice and long.,Bad text number {i} is poor and long."
            for i in N]  # fmt: skip
    for lines in (rows, rows[:3]):
        report = of_csv(["prompt_id,good_text,bad_text", *lines])
        assert report.columns == ["prompt_id", "good_text", "bad_text"]
        assert report.roles == {"instruction": None, "answer": None}
        assert report.read == len(lines)


@pytest.mark.parametrize("answers", [["Ulm", "Tim"], {"input_text": ["Ulm", "Tim"],
                                                      "answer_start": [0, 4]}])  # fmt: skip
def test_lists_of_questions_and_answers_are_read_in_pairs(answers):
    rows = [{"story": "A mill.", "questions": ["Where?", "Who?"], "answers": answers}] * 2
    found = read(rows)
    assert found.rows[0].turns == (Turn("Where?", "Ulm", "A mill."), Turn("Who?", "Tim"))
    assert "question_lists" in kinds(found.report)


def test_lists_of_unlike_length_are_left_out():
    rows = [{"questions": ["Where?", "Who?"], "answers": ["Ulm", "Tim", "No"]},
            {"questions": ["Where?", "Who?"], "answers": ["Ulm", "Tim"]}]  # fmt: skip
    found = read(rows)
    assert (found.report.taken, found.report.left_out) == (1, 1)


def test_a_machine_that_is_called_the_system_answers():
    rows = [{"turns": [{"speaker": "USER", "utterance": "A train?"},
                       {"speaker": "SYSTEM", "utterance": "At nine."}]}] * 3  # fmt: skip
    found = read(rows)
    assert found.rows[0] == single("A train?", "At nine.")
    assert "system_answers" in kinds(found.report)


def test_a_list_of_questions_with_answers_is_no_talk():
    pairs = [{"question": f"Where is lamp {i}?", "answer": f"On shelf {i}."} for i in range(2)]
    rows = {"faqs": [{"category": "lamps", "items": pairs}] * 2}
    found = instructions_from_bytes(json.dumps(rows).encode(), "x.json")
    assert [len(row.turns) for row in found.rows] == [1] * 4
    assert found.rows[1] == single("Where is lamp 1?", "On shelf 1.")


def test_a_question_with_commas_is_parted_behind_its_mark():
    lines = ["question,answer", "Hello, how are you?,Good", "Where is it?,In Ulm, I think",
             "Tell me, please,Good, really"]  # fmt: skip
    found = instructions_from_bytes("\n".join(lines * 1).encode(), "x.csv")
    assert found.rows == [single("Hello, how are you?", "Good"),
                          single("Where is it?", "In Ulm, I think"),
                          single("Tell me", "please,Good, really")]  # fmt: skip
    assert {"surplus", "surplus_question"} <= kinds(found.report)


def test_rows_that_llama_factory_marks_as_bad_are_not_learned():
    rows = [{"instruction": f"Say {i}.", "output": f"{i}", "kto_tag": i % 2 == 0} for i in N]
    assert read(rows).report.taken == 12


def test_marks_of_a_chat_template_are_no_html():
    rows = [{"text": f"<s>[INST] Where is lamp {i}? [/INST] On shelf {i}. </s>"} for i in N]
    assert "markup_kept" not in kinds(read(rows).report)


def test_questions_of_squad_without_an_answer_are_counted_once():
    asked = [{"id": "1", "question": "Where?", "answers": [{"text": "Ulm", "answer_start": 0}]},
             {"id": "2", "question": "Who?", "answers": [], "is_impossible": True}]  # fmt: skip
    text = {"version": "v2.0", "data": [{"title": "Mill", "paragraphs": [
        {"context": "Ulm has a mill.", "qas": asked}]}]}  # fmt: skip
    report = instructions_from_bytes(json.dumps(text).encode(), "squad.json").report
    assert (report.taken, report.left_out, report.notices.count("no_answer")) == (1, 1, 1)


def test_messages_with_capital_keys_are_read():
    rows = [{"Messages": [{"Role": "User", "Content": "Where?"},
                          {"Role": "Assistant", "Content": "In Ulm."}]}] * 2  # fmt: skip
    assert read(rows).rows == [single("Where?", "In Ulm.")] * 2


@pytest.mark.parametrize(("q", "a"), [("Q:", "A:"), ("Question 1:", "Answer 1:"), ("1. Q:", "A:"),
                                      ("Frage:", "Antwort:"), ("P:", "R:")])  # fmt: skip
def test_lines_that_begin_with_q_and_a_are_read(q, a):
    text = f"{q} Where is the mill?\n{a} In Ulm.\nIt is old.\n\n{q} Who owns\nit?\n{a} Tim.\n"
    found = instructions_from_bytes(text.encode(), "faq.txt")
    assert found.rows == [single("Where is the mill?", "In Ulm.\nIt is old."),
                          single("Who owns\nit?", "Tim.")]  # fmt: skip
    assert "question_lines" in kinds(found.report)


def test_a_question_line_without_an_answer_is_left_out():
    text = "Q: Where?\nA: In Ulm.\nQ: Who?\nQ: When?\nA: In May.\n"
    report = instructions_from_bytes(text.encode(), "faq.txt").report
    assert (report.read, report.taken, report.left_out) == (3, 2, 1)
    first = next(notice for notice in report.notices if notice.kind == "no_answer")
    assert first.line == 3


def test_a_play_is_no_list_of_questions():
    with pytest.raises(LabError, match="one column"):
        instructions_from_bytes(b"Anna: Where?\nBob: Here.\nAnna: Good.\n", "play.txt")
