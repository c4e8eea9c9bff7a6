"""Tables with one message a row are put together to conversations, and what is lost is counted."""

import json

import pytest

from llmcore.data.instructions import instruction_report, instructions_from_bytes
from llmcore.data.reading.inspect import inspect
from llmcore.data.reading.source import source_of


def message(own, parent, role, text, rank=None, **more):
    return {"message_id": own, "parent_id": parent, "role": role, "text": text, "rank": rank,
            "lang": "en"} | more  # fmt: skip


TREE = [
    message("a", None, "prompter", "Where is lamp 1?"),
    message("b", "a", "assistant", "Nowhere.", 1),
    message("c", "a", "assistant", "On shelf 1.", 0),
    message("d", "c", "prompter", "Why?"),
    message("e", "d", "assistant", "It fits.", 0),
]


def jsonl(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def turns(data, name="x.jsonl"):
    found = instructions_from_bytes(data, name)
    return [[(turn.instruction, turn.output) for turn in row.turns] for row in found.rows]


@pytest.mark.parametrize("rows", [TREE, TREE[::-1]], ids=["in order", "backwards"])
def test_a_tree_is_followed_along_its_best_ranked_replies(rows):
    assert turns(jsonl(rows)) == [[("Where is lamp 1?", "On shelf 1."), ("Why?", "It fits.")]]
    report = instruction_report(jsonl(rows), "x.jsonl")
    assert (report.read, report.taken, report.roles) == (1, 1, {"messages": "text"})
    assert report.notices.count("other_branches") == 1


def test_ranks_of_a_table_are_numbers_again():
    head = "message_id,parent_id,role,text,rank\n"
    rows = "a,,prompter,Lamp?,\nb,a,assistant,No.,10\nc,a,assistant,Shelf.,2.0\n"
    assert turns((head + rows).encode(), "x.csv") == [[("Lamp?", "Shelf.")]]


def test_messages_without_their_beginning_and_deleted_ones_are_counted():
    rows = [message("y", "lost", "assistant", "Odd."), message("z", "y", "prompter", "So?"), *TREE,
            message("p", "q", "prompter", "Round"), message("q", "p", "assistant", "and round."),
            message("f", "a", "assistant", "Gone.", 0, deleted=True)]  # fmt: skip
    report = instruction_report(jsonl(rows), "x.jsonl")
    counts = report.to_dict()["rows"]
    assert counts == {"read": 6, "taken": 1, "left_out": 5, "repaired": 1}
    assert (report.notices.count("orphans"), report.notices.count("deleted_messages")) == (4, 1)


def test_messages_of_numbered_conversations_are_put_in_their_order():
    said = [(10, "assistant", "B"), (9, "user", "b"), (2, "assistant", "A"), (1, "user", "a")]
    rows = [{"conversation_id": 7, "turn": turn, "role": role, "content": text}
            for turn, role, text in said]  # fmt: skip
    rows.insert(1, {"conversation_id": 8, "turn": 1, "role": "user", "content": "Hi"})
    rows.append({"conversation_id": 8, "turn": 2, "role": "assistant", "content": "Ho"})
    assert turns(jsonl(rows)) == [[("a", "A"), ("b", "B")], [("Hi", "Ho")]]


@pytest.mark.parametrize("name", ["oasst.jsonl", "support.jsonl"])
def test_such_tables_are_taken_for_conversations(name):
    rows = TREE if name == "oasst.jsonl" else [
        {"ticket_id": i // 2, "sender": ["customer", "agent"][i % 2], "message": f"word {i}"}
        for i in range(12)]  # fmt: skip
    report = inspect(source_of(jsonl(rows), name))
    assert (report.task, report.asks) == ("instruct", [])


def test_a_labelled_table_of_utterances_stays_one():
    rows = [{"dialogue_id": i // 2, "speaker": ["user", "system"][i % 2], "text": f"word {i} here",
             "intent": ["ask", "tell"][i % 2]} for i in range(24)]  # fmt: skip
    assert inspect(source_of(jsonl(rows), "x.jsonl")).task == "classify"
