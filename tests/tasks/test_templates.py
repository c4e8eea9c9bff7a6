import pytest

from llmcore.data.instructions import Instruction, Turn, single
from llmcore.errors import LabError
from llmcore.tasks.templates import TEMPLATES, Template, template_named


@pytest.mark.parametrize("name", TEMPLATES)
def test_built_in_templates_hold_what_a_row_has_and_nothing_of_what_it_has_not(name):
    template = template_named(name)
    bare = template.prompt("Say hello.")
    assert "Say hello." in bare and "[[" not in bare and "{" not in bare
    full = template.prompt("Translate.", "Bonjour", "Be brief.")
    assert all(part in full for part in ("Translate.", "Bonjour", "Be brief."))
    assert full.index("Be brief.") < full.index("Translate.") < full.index("Bonjour")
    assert full == full.rstrip(" ")


def test_an_answer_brings_its_space_where_the_prompt_ends_within_a_line():
    assert template_named("plain").answer("Yes") == " Yes"
    assert template_named("alpaca").answer("Yes") == "Yes"
    assert Template("{instruction} -> ").prompt("a") == "a ->"


def test_what_users_write_is_never_taken_for_a_field():
    text = template_named("plain").prompt("what is {input}? [[x]] {instruction}", "{system}")
    assert text == "Q: what is {input}? [[x]] {instruction}\n{system}\nA:"


def test_a_conversation_has_a_prompt_for_each_turn_and_the_system_text_once():
    row = Instruction((Turn("Hi", "Hello."), Turn("Bye", "See you.")), system="Be kind.")
    (first, answer), (second, last) = template_named("chat").turns(row)
    assert first == "System: Be kind.\nUser: Hi\nAssistant:" and answer == " Hello."
    assert second == "\nUser: Bye\nAssistant:" and last == " See you."


@pytest.mark.parametrize(
    "text, reason",
    [
        ("no field at all: {input}", "exactly once"),
        ("{instruction} {instruction}", "exactly once"),
        ("[[{instruction}]]", "exactly once"),
        ("{instruction} {answer}", "{answer}"),
        ("{instruction} [[{input}", "needs one ]]"),
        ("{instruction} [[a [[{input}]] ]]", "none inside"),
        ("{instruction} [[nothing]]", "names no field"),
        ("{instruction} { }", "brace"),
        ("{instruction}" + "x" * 4_000, "4,000"),
    ],
)
def test_a_template_that_cannot_ask_is_refused(text, reason):
    with pytest.raises(LabError, match=reason):
        Template(text)


def test_a_name_that_is_none_lists_the_names():
    with pytest.raises(LabError, match="plain, alpaca, chat"):
        template_named("alpcaa")
    assert template_named("Do: {instruction}").turns(single("a", "b")) == [("Do: a", " b")]
