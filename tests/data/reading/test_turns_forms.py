"""The public forms of instruction sets, a few invented rows each: what is learned from them."""

import json

import pytest

from llmcore.data.instructions import instructions_from_bytes
from llmcore.data.turns import Instruction, Turn, single


def read(records, name="x.json", **options):
    return instructions_from_bytes(json.dumps(records).encode(), name, **options)


def kinds(found):
    return {notice.kind for notice in found.report.notices}


HI = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]
HI_ROW = single("Hi", "Ho")
CHATS = {
    "openai": {"messages": HI},
    "no_robots": {"prompt": "Hi", "prompt_id": "ab12", "messages": HI, "category": "Chat"},
    "sharegpt": {"id": "x_0", "conversations": [{"from": "human", "value": "Hi"},
                                                {"from": "gpt", "value": "Ho"}]},
    "sharegpt, chatgpt": {"conversations": [{"from": "user", "value": "Hi"},
                                            {"from": "chatgpt", "value": "Ho"}]},
    "sharegpt, bing": {"items": [{"from": "human", "value": "Hi"},
                                 {"from": "bing", "value": "Ho"}]},
    "bard": {"conversations": [{"from": "human", "value": "Hi"}, {"from": "bard", "value": "Ho"}]},
    "oasst threads": {"thread": [{"role": "prompter", "text": "Hi"},
                                 {"role": "assistant", "text": "Ho"}]},
    "oasst tree": {"prompt": {"text": "Hi", "role": "prompter", "replies": [
        {"text": "No", "role": "assistant", "rank": 1, "replies": []},
        {"text": "Ho", "role": "assistant", "rank": 0, "replies": []}]}},
    "ultrachat": {"id": "0", "data": ["Hi", "Ho"]},
    "lima": {"conversations": ["Hi", "Ho"], "source": "x"},
    "pairs in a list": {"conversation": [["Hi", "Ho"]]},
    "exchanges": {"conversation": [{"human": "Hi", "assistant": "Ho"}]},
    "inputs and outputs": {"conversation": [{"input": "Hi", "output": "Ho"}]},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "Hi"}]},
                            {"role": "model", "parts": [{"text": "Ho"}]}]},
    "langchain": {"messages": [{"type": "human", "data": {"content": "Hi"}},
                               {"type": "ai", "data": {"content": "Ho"}}]},
    "text parts": {"messages": [
        {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "Ho"}]}]},
    "moss": {"meta_instruction": "", "chat": {"turn_1": {
        "Human": "<|Human|>: Hi<eoh>\n", "Inner Thoughts": "<|Inner Thoughts|>: None<eot>\n",
        "Commands": "<|Commands|>: None<eoc>\n", "Tool Responses": "<|Results|>: None<eor>\n",
        "MOSS": "<|MOSS|>: Ho<eom>\n"}}},
    "moss as text": {"plain_text": "[Human]: Hi<eoh>\n[MOSS]: Ho<eoa>\n"},
    "baize": {"text": "[|Human|] Hi\n[|AI|] Ho"},
    "guanaco": {"text": "### Human: Hi### Assistant: Ho"},
    "chatml": {"text": "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHo<|im_end|>\n"},
    "llama 2": {"text": "<s>[INST] Hi [/INST] Ho </s>"},
    "llama 3": {"text": "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
                "<|start_header_id|>assistant<|end_header_id|>\n\nHo<|eot_id|>"},
    "zephyr": {"text": "<|user|>\nHi</s>\n<|assistant|>\nHo</s>\n"},
    "gemma": {"text": "<bos><start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\nHo"
              "<end_of_turn>\n"},
    "hh-rlhf": {"chosen": "\n\nHuman: Hi\n\nAssistant: Ho", "rejected": "\n\nHuman: Hi\n\n"
                "Assistant: No"},
    "chatgpt export": {"title": "Hi", "current_node": "d", "mapping": {
        "a": {"id": "a", "message": None, "parent": None, "children": ["b"]},
        "b": {"id": "b", "parent": "a", "children": ["c", "d"], "message": {
            "author": {"role": "user"}, "content": {"content_type": "text", "parts": ["Hi"]}}},
        "c": {"id": "c", "parent": "b", "children": [], "message": {
            "author": {"role": "assistant"}, "content": {"content_type": "text", "parts": ["No"]}}},
        "d": {"id": "d", "parent": "b", "children": [], "message": {"weight": 1.0,
            "author": {"role": "assistant"}, "content": {"content_type": "text", "parts": ["Ho"]}}},
    }},
    "messages with the answer beside": {"messages": HI[:1], "response": "Ho"},
    "batch": {"custom_id": "1", "body": {"model": "m", "messages": HI}},
    "lists of the hub's library": {"conversations": {"from": ["human", "gpt"],
                                                     "value": ["Hi", "Ho"]}},
    "a transcript": {"transcript": "Customer: Hi\nAgent: Ho"},
    "python source": {"messages": "[{'role': 'user', 'content': 'Hi'}, "
                      "{'role': 'assistant', 'content': 'Ho'}]"},
    "any name": {"my_talk": HI, "n": 2},
}  # fmt: skip


@pytest.mark.parametrize("form", CHATS)
def test_conversations(form):
    found = read([CHATS[form]] * 3)
    assert found.rows == [HI_ROW] * 3
    assert (found.report.read, found.report.taken, found.report.left_out) == (3, 3, 0)
    assert None not in found.report.roles.values()


PAIRS = {
    "alpaca": ({"instruction": "Add.", "input": "1 2", "output": "3"}, single("Add.", "3", "1 2")),
    "alpaca with its text": (
        {"instruction": "Add.", "input": "", "output": "3", "text": "Below is … Add. … 3"},
        single("Add.", "3")),
    "code_alpaca": ({"instruction": "Loop", "input": "", "output": "for"}, single("Loop", "for")),
    "belle": ({"instruction": "加", "input": "", "output": "3"}, single("加", "3")),
    "dolly": ({"instruction": "Who?", "context": "Ann sings.", "response": "Ann",
               "category": "closed_qa"}, single("Who?", "Ann", "Ann sings.")),
    "openorca": ({"id": "niv.1", "system_prompt": "Be brief.", "question": "Who?",
                  "response": "Ann"}, single("Who?", "Ann", system="Be brief.")),
    "gsm8k": ({"question": "1 + 1?", "answer": "1 + 1 = 2\n#### 2"},
              single("1 + 1?", "1 + 1 = 2\n#### 2")),
    "metamath": ({"type": "GSM_Rephrased", "query": "1 + 1?", "original_question": "One and one?",
                  "response": "2"}, single("1 + 1?", "2")),
    "squad": ({"id": "5", "title": "Ann", "context": "Ann sings.", "question": "Who?",
               "answers": {"text": ["Ann", "Ann"], "answer_start": [0, 0]}},
              single("Who?", "Ann", "Ann sings.")),
    "triviaqa": ({"question": "Who?", "answer": {"value": "Ann", "aliases": ["Anna"]}},
                 single("Who?", "Ann")),
    "natural questions": ({"question": "Who?", "answer": ["Ann"]}, single("Who?", "Ann")),
    "counsel chat": ({"Context": "I am sad.", "Response": "Why?"}, single("I am sad.", "Why?")),
    "input and output": ({"input": "Who?", "output": "Ann"}, single("Who?", "Ann")),
    "german": ({"Frage": "Wer?", "Antwort": "Ann"}, single("Wer?", "Ann")),
    "spanish": ({"Pregunta": "¿Quién?", "Respuesta": "Ann"}, single("¿Quién?", "Ann")),
    "french": ({"Question": "Qui ?", "Réponse": "Ann"}, single("Qui ?", "Ann")),
    "japanese": ({"質問": "誰?", "回答": "アン"}, single("誰?", "アン")),
    "trl": ({"prompt": "Who?", "completion": "Ann"}, single("Who?", "Ann")),
    "trl, conversational": (
        {"prompt": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
         "completion": [{"role": "assistant", "content": "Ho"}]},
        single("Hi", "Ho", system="Be brief.")),
    "one message each": ({"prompt": {"from": "human", "value": "Hi"},
                          "completion": {"from": "gpt", "value": "Ho"}}, HI_ROW),
    "openai evals": ({"input": [{"role": "user", "content": "Hi"}], "ideal": "Ho"}, HI_ROW),
    "alpaca with history": (
        {"instruction": "And you?", "input": "", "output": "Bo", "system": "You are Bo.",
         "history": [["Hi", "Ho"], ["Who am I?", "Ann"]]},
        Instruction((Turn("Hi", "Ho"), Turn("Who am I?", "Ann"), Turn("And you?", "Bo")),
                    "You are Bo.")),
    "history as text": (
        {"instruction": "And?", "output": "So.", "history": '[["Hi", "Ho"]]'},
        Instruction((Turn("Hi", "Ho"), Turn("And?", "So.")))),
    "empty history": ({"instruction": "And?", "output": "So.", "history": []},
                      single("And?", "So.")),
    "prompt with its marks": (
        {"prompt": "\n\nHuman: Hi\n\nAssistant: Ho\n\nHuman: And?\n\nAssistant:",
         "response": "So."}, Instruction((Turn("Hi", "Ho"), Turn("And?", "So.")))),
    "inside an object": ({"data": {"question": "Who?", "answer": "Ann"}, "id": "a"},
                         single("Who?", "Ann")),
}  # fmt: skip


@pytest.mark.parametrize("form", PAIRS)
def test_questions_with_answers(form):
    record, row = PAIRS[form]
    found = read([record])
    assert found.rows == [row] and None not in found.report.roles.values()


PREFERENCES = {
    "standard": {"prompt": "Hi", "chosen": "Ho", "rejected": "No"},
    "conversational": {"prompt": HI[:1], "chosen": HI[1:],
                       "rejected": [{"role": "assistant", "content": "No"}]},
    "prompt within": {"prompt": "Hi", "prompt_id": "c0", "chosen": HI, "rejected": [
        HI[0], {"role": "assistant", "content": "No"}], "score_chosen": 8.0},
    "implicit": {"chosen": HI, "rejected": [HI[0], {"role": "assistant", "content": "No"}]},
    "objects": {"conversations": [{"from": "human", "value": "Hi"}],
                "chosen": {"from": "gpt", "value": "Ho"},
                "rejected": {"from": "gpt", "value": "No"}},
    "openai": {"input": {"messages": HI[:1], "tools": [], "parallel_tool_calls": True},
               "preferred_output": HI[1:],
               "non_preferred_output": [{"role": "assistant", "content": "No"}]},
    "prompt repeated": {"prompt": "Hi", "chosen": "Hi Ho", "rejected": "Hi No"},
    "marked prompt repeated": {"prompt": "\n\nHuman: Hi\n\nAssistant:",
                               "chosen": "\n\nHuman: Hi\n\nAssistant: Ho",
                               "rejected": "\n\nHuman: Hi\n\nAssistant: No"},
    "marked prompt": {"prompt": "\n\nHuman: Hi\n\nAssistant:", "chosen": " Ho", "rejected": " No"},
}  # fmt: skip


@pytest.mark.parametrize("form", PREFERENCES)
def test_of_preferences_the_chosen_answers_are_learned(form):
    found = read([PREFERENCES[form]])
    assert found.rows == [HI_ROW]
    (said,) = [notice.text for notice in found.report.notices if notice.kind == "preferences"]
    assert "are learned, those of" in said
    assert not any("No" in turn.output for row in found.rows for turn in row.turns)


def test_marks_within_a_chosen_answer_are_its_words():
    answer = "Question: Why?\nAnswer: So."
    found = read([{"prompt": "Write an example.", "chosen": answer, "rejected": "No"}])
    assert found.rows == [single("Write an example.", answer)]


def test_the_words_that_both_answers_begin_with_are_an_implicit_prompt():
    found = read([{"chosen": "The sky is blue.", "rejected": "The sky is green."}])
    assert found.rows == [single("The sky is", "blue.")]


def test_kto_learns_what_is_labelled_true():
    rows = [
        {"prompt": "Hi", "completion": "Ho", "label": True},
        {"prompt": "Hi", "completion": "Go away", "label": False},
        {"prompt": HI[:1], "completion": HI[1:], "label": True},
    ]
    found = read(rows)
    assert found.rows == [HI_ROW, HI_ROW]
    assert "1 row that label marks as bad was left out (in entry 2)." in found.notices
    assert (found.report.read, found.report.taken, found.report.left_out) == (3, 2, 1)


def test_glaive_is_cut_at_its_marks_and_ends_before_a_call():
    plain = {
        "system": "SYSTEM: You are a helpful assistant, with no access to external functions.",
        "chat": "USER: Hi\n\n\nASSISTANT: Ho <|endoftext|>\n\n\nUSER: And?\n\n\nASSISTANT: So. "
        "<|endoftext|>",
    }
    call = {
        "system": "SYSTEM: You have functions -\n{}",
        "chat": "USER: Hi\n\n\nASSISTANT: Ho <|endoftext|>\n\n\nUSER: News?\n\n\nASSISTANT: "
        '<functioncall> {"name": "news", "arguments": \'{}\'} <|endoftext|>\n\n\n'
        'FUNCTION RESPONSE: {"n": 1}\n\n\nASSISTANT: One. <|endoftext|>',
    }
    found = read([plain, call])
    assert found.rows == [
        Instruction(
            (Turn("Hi", "Ho"), Turn("And?", "So.")),
            "You are a helpful assistant, with no access to external functions.",
        ),
        single("Hi", "Ho", system="You have functions -\n{}"),
    ]
    assert found.report.roles == {"messages": "chat", "system": "system"}
    assert "1 conversation was cut before the first call of a tool (in entry 2)." in found.notices
    assert "marks" in kinds(found)


def test_self_instruct_gives_a_row_for_each_instance():
    rows = [
        {"id": "seed_1", "instruction": "Add.", "instances": [{"input": "1 2", "output": "3"},
                                                              {"input": "2 2", "output": "4"}]},
        {"id": "seed_2", "instruction": "Say hi.", "instances": [{"input": "", "output": "Hi."}]},
        {"id": "seed_3", "instruction": "Nothing.", "instances": []},
    ]  # fmt: skip
    found = read(rows)
    assert found.rows == [single("Add.", "3", "1 2"), single("Add.", "4", "2 2"),
                          single("Say hi.", "Hi.")]  # fmt: skip
    assert (found.report.read, found.report.taken, found.report.left_out) == (4, 3, 1)


TOOLS = [{"type": "function", "function": {"name": "news", "parameters": {}}}]


@pytest.mark.parametrize(
    "call",
    [
        [{"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function"}]},
         {"role": "tool", "tool_call_id": "c", "content": "{}"}],
        [{"role": "assistant", "content": None, "function_call": {"name": "news"}},
         {"role": "function", "name": "news", "content": "{}"}],
        [{"from": "function_call", "value": "{}"}, {"from": "observation", "value": "{}"}],
        [{"role": "assistant", "content": [{"type": "tool_use", "name": "news"}]}],
        [{"role": "assistant", "content": '<tool_call>\n{"name": "news"}\n</tool_call>'}],
    ],
)  # fmt: skip
def test_a_conversation_ends_before_a_call_of_a_tool(call):
    after = [{"role": "user", "content": "News?"}, *call, {"role": "assistant", "content": "One."}]
    rows = [{"messages": [*HI, *after], "tools": TOOLS, "parallel_tool_calls": False},
            {"messages": after, "tools": TOOLS, "parallel_tool_calls": False}]  # fmt: skip
    found = read(rows)
    assert found.rows == [HI_ROW]
    assert found.report.notices.count("tools") == found.report.notices.count("only_tools") == 1
    assert any("tools" in notice for notice in found.notices if "not read" in notice)


def test_an_answer_of_weight_0_is_read_and_not_learned():
    rows = [
        {"messages": [HI[0], {**HI[1], "weight": 0}, {"role": "user", "content": "And?"},
                      {"role": "assistant", "content": "So.", "weight": 1}]},
        {"messages": [HI[0], {**HI[1], "weight": 0}]},
        {"messages": [*HI, {"role": "user", "content": "And?"},
                      {"role": "assistant", "content": "Nothing", "weight": 0}]},
    ]  # fmt: skip
    found = read(rows)
    assert found.rows == [
        Instruction((Turn("Hi", "Ho", learned=False), Turn("And?", "So."))),
        HI_ROW,
    ]
    assert found.report.notices.count("weight_0") == 1
    assert found.report.notices.count("only_weight_0") == 1
    assert found.report.notices.count("weight_0_end") == 1


def test_pictures_are_left_out_and_counted():
    question = [
        {"type": "text", "text": "What is"},
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
        {"type": "text", "text": "this?"},
    ]
    rows = [
        {"messages": [{"role": "user", "content": question}, HI[1]]},
        {"messages": [{"role": "user", "content": question[1:2]}, HI[1]]},
    ]
    found = read(rows)
    assert found.rows == [single("What is\nthis?", "Ho")]
    assert found.report.notices.count("pictures") == 1 and found.report.left_out == 1


def test_translation_pairs_are_asked_for_and_can_be_chosen():
    from llmcore.data.instructions import Columns
    from llmcore.data.reading.report import ChoiceError

    rows = [{"translation": {"en": "cat", "fr": "chat"}}]
    with pytest.raises(ChoiceError, match=r"1 translation\.en, 2 translation\.fr") as asked:
        read(rows)
    assert asked.value.report.roles == {"instruction": None, "answer": None}
    assert asked.value.report.read == 1
    chosen = Columns("translation.en", None, "2")
    assert read(rows, columns=chosen).rows == [single("cat", "chat")]


def test_single_messages_of_a_tree_are_put_together_and_it_is_said():
    rows = [{"message_id": "a", "parent_id": None, "text": "Hi", "role": "prompter", "lang": "en"},
            {"message_id": "b", "parent_id": "a", "text": "Ho", "role": "assistant",
             "lang": "en"}]  # fmt: skip
    found = read(rows)
    assert found.rows == [HI_ROW]
    assert "The 2 messages of x.json, a row each, were put together" in found.notices[0]


@pytest.mark.parametrize(
    "record",
    [
        {"question": "Where?", "choices": ["here", "there"], "answer": 1},
        {"question": "Where?", "options": {"A": "here", "B": "there"}, "answer": "B"},
        {"question": "Where?", "A": "here", "B": "there", "C": "away", "answer": "B"},
    ],
)
def test_the_number_of_a_choice_is_no_answer(record):
    from llmcore.data.reading.report import ChoiceError

    with pytest.raises(ChoiceError, match="answer holds letters or numbers of choices") as asked:
        read([record] * 3)
    assert asked.value.report.roles == {"instruction": "question", "answer": None}


def test_a_column_of_conversations_can_be_chosen():
    from llmcore.data.instructions import Columns
    from llmcore.data.reading.report import ChoiceError

    rows = [{"model_a": "x", "conversation_a": HI, "conversation_b": [HI[0], HI[1]], "n": 1}]
    with pytest.raises(ChoiceError, match="3 conversation_b"):
        read(rows)
    assert read(rows, columns=Columns(instruction="conversation_a")).rows == [HI_ROW]
