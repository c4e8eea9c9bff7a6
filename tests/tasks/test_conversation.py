"""What of a conversation a model reads: as in training, whole exchanges, always room to answer."""

import pytest

from llmcore.data.instructions import Instruction, Turn
from llmcore.tasks.conversation import conversation_window, next_question, readable_parts
from llmcore.tasks.instruction_tokens import prompt_ids
from llmcore.tasks.templates import TEMPLATES, Template
from llmcore.tokenizers import builtin_tokenizer

BYTES = builtin_tokenizer("bytes")
CHAT = Template(TEMPLATES["chat"])
TALK = [Turn(f"question {n}?", f"answer {n}.") for n in range(6)] + [Turn("and now?", "")]


def window(turns=TALK, system="", context=1_000, room=50, template=CHAT, ended=True):
    return conversation_window(BYTES, template, turns, system, context, room, ended)


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_fits_is_read_as_training_wrote_it(name: str) -> None:
    template = Template(TEMPLATES[name])
    whole = window(system="Be short.", template=template)
    row = Instruction(tuple(TALK), "Be short.")
    assert whole.ids == prompt_ids(BYTES, template, row)
    assert whole.left_out == whole.n_cut == 0
    assert whole.text.count(BYTES.token_label(BYTES.eot_id)) == len(TALK) - 1


def test_the_oldest_exchanges_fall_out_whole_and_the_system_text_stays() -> None:
    whole = window(system="Be short.")
    cut = window(system="Be short.", context=250)
    assert 0 < cut.left_out < len(TALK) - 1
    assert len(cut.ids) <= 250 - 50
    rest = Instruction(tuple(TALK[cut.left_out :]), "Be short.")
    assert cut.ids == prompt_ids(BYTES, CHAT, rest)
    one_more = Instruction(tuple(TALK[cut.left_out - 1 :]), "Be short.")
    assert len(prompt_ids(BYTES, CHAT, one_more)) > 250 - 50
    assert cut.text.startswith("System: Be short.\nUser: question")
    assert len(whole.ids) > len(cut.ids)


def test_a_question_too_long_by_itself_loses_its_beginning_only() -> None:
    long = window([Turn("x" * 500 + "END", "")], context=64, room=20)
    assert len(long.ids) == 64 - 20 and long.left_out == 0
    assert (
        long.n_cut == len(prompt_ids(BYTES, CHAT, Instruction((Turn("x" * 500 + "END", ""),)))) - 44
    )
    assert long.text.endswith("END\nAssistant:")


@pytest.mark.parametrize(("context", "room"), [(16, 400), (2, 1), (9, 9)])
def test_there_is_always_something_to_read_and_room_to_answer(context: int, room: int) -> None:
    made = window(context=context, room=room)
    assert 1 <= len(made.ids) < context


def test_without_a_template_it_is_one_text_without_ends() -> None:
    made = window([Turn("Once", " upon"), Turn("a", "")], template=None, ended=False, system="Tale")
    assert made.text == "Tale\n\nOnce upon\na"
    assert BYTES.eot_id not in made.ids
    assert window([Turn("", "")], template=None).ids == [BYTES.eot_id]


def test_a_base_model_gets_no_end_of_text_between_turns() -> None:
    assert BYTES.eot_id not in window(ended=False).ids
    assert BYTES.eot_id in window(ended=True).ids


def test_the_next_question_is_found_in_every_template() -> None:
    assert [next_question(Template(template)) for template in TEMPLATES.values()] == [
        "\nQ:", "\n### Task:", "\nUser:",
    ]  # fmt: skip
    assert next_question(Template("{instruction}:")) is None


def test_readable_shows_ends() -> None:
    label = BYTES.token_label(BYTES.eot_id)
    parts = readable_parts(BYTES, [BYTES.eot_id, *b"a", BYTES.eot_id])
    assert label and "".join(part.text for part in parts) == f"{label}a{label}"
