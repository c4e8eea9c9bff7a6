"""The Chat page with a model that brings a chat template: asked by it, shown, edited, put back."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from page_driver import button, only_error, shown
from streamlit.testing.v1 import AppTest
from test_chat_page import base, made, no_model_kept, opened, said, talk_of  # noqa: F401

from llmcore import load_assistant
from llmcore.assistants import Assistant
from llmcore.runs.run import CONFIG, TOKENIZER
from llmcore.tokenizers import Roles, Tokenizer
from ui.marked import plain

TEMPLATE = "{% for m in messages %}{{ m.content + '<e>' }}{% endfor %}"
END = "<e>"


@pytest.fixture
def other(base: str, home: Path) -> str:  # noqa: F811
    """A tiny base model, as if it had been imported with a chat template."""
    directory = home / "runs" / base
    tokenizer = Tokenizer.load(directory / TOKENIZER)
    roles = Roles(end_of_text=END, chat_template=TEMPLATE)
    special = {END: tokenizer.eot_id}
    Tokenizer("tiny", tokenizer.ranks, tokenizer.pattern, special, roles).save(
        directory / TOKENIZER
    )
    config = json.loads((directory / CONFIG).read_text())
    (directory / CONFIG).write_text(json.dumps({**config, "imported_from": "elsewhere"}))
    return base


def jinja(page: AppTest, ref: str):
    return page.text_area(key=f"chat_jinja_{ref}")


def test_it_is_an_assistant_that_is_asked_by_its_own_template(other: str) -> None:
    page = opened(other, **{f"chat_longest_{other}": 4})
    assert "asked by their chat template" in shown(page) and "base model:" not in shown(page)
    said(page, other, "cat")
    said(page, other, f"dog {END}")
    first, second = talk_of(page, other).exchanges
    assert [part.text for part in first.read_parts] == ["cat", END]
    ends = [part for part in second.read_parts if part.fixed]
    assert second.read.endswith(f"dog {END}{END}") and ends[-1].text == END
    assert second.read_parts[-2].text.endswith(f"dog {END}") and not second.read_parts[-2].fixed


def test_a_system_prompt_without_a_place_stands_before_the_first_question(other: str) -> None:
    folding = TEMPLATE.replace("{{", "{% if m.role == 'system' %}{{ raise_exception('no') }}"
                               "{% endif %}{{")  # fmt: skip
    page = opened(other, **{f"chat_longest_{other}": 4, f"chat_system_{other}": "Sit",
                            f"chat_jinja_{other}": folding})  # fmt: skip
    assert "has no place for a system prompt" in shown(page)
    said(page, other, "cat")
    assert talk_of(page, other).exchanges[0].read == f"Sit\n\ncat{END}"


def test_its_template_is_edited_and_put_back_and_a_wrong_one_is_a_sentence(other: str) -> None:
    page = opened(other)
    assert jinja(page, other).value == TEMPLATE
    jinja(page, other).set_value("<b>{{ messages[-1].content }}" + END).run()
    said(page, other, "cat")
    assert talk_of(page, other).exchanges[-1].read == f"<b>cat{END}"
    jinja(page, other).set_value("{% for m in messages %}").run()
    assert plain("no Jinja template: line 1") in only_error(page)
    jinja(page, other).set_value("nothing of the kind").run()
    assert "The text is no Jinja template" in only_error(page)
    button(page, "Back to its makers' template").click().run()
    assert not page.error and jinja(page, other).value == TEMPLATE
    said(page, other, "dog")
    assert talk_of(page, other).exchanges[-1].read.endswith(f"dog{END}")


def test_from_python_it_is_asked_in_the_same_way(other: str) -> None:
    assistant = load_assistant(other)
    assert assistant.follows_instructions
    assert assistant.prompt("cat") == f"cat{END}"
    ids = assistant.prompt_ids("dog", earlier=[("cat", "sees")])
    tokenizer = assistant.loaded.tokenizer
    assert tokenizer.decode(ids) == f"cat{END}sees{END}dog{END}"
    assert ids.count(tokenizer.eot_id) == 3
    assert isinstance(assistant.answer("dog", 4, earlier=[("cat", "sees")]), str)
    plain = load_assistant(other, "plain")
    assert plain.prompt("cat") == "Q: cat\nA:"


def test_a_finetune_of_the_lab_keeps_the_template_that_it_learned(other: str) -> None:
    loaded = load_assistant(other).loaded
    tuned = replace(loaded, card={**loaded.card, "template": "{instruction}:"})
    assert tuned.answers and tuned.chat_template is None
    assert Assistant(tuned).prompt("cat") == "cat:"
