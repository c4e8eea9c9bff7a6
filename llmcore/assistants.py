"""Use a model that answers from Python: load it, ask, read the answer.

    from llmcore import load_assistant
    assistant = load_assistant("20260101-120000-airline-support-0a1b2c")
    print(assistant.answer("Can I take my dog of 5 kilos on LX482?"))
    print(assistant.answer(["How many bags may I take?", "Can I bring a cat?"]))

    print(assistant.answer("And two?", earlier=[("Can I bring a cat?", "Yes, one.")]))

A model that was finetuned here is asked by the template that it learned, a model of others by the
chat template that it brings. A run that keeps a LoRA adapter is loaded onto its parent. Importing
this module imports no torch; loading a model does.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import overload

from llmcore import models
from llmcore.data.instructions import Instruction, Turn
from llmcore.errors import LabError
from llmcore.tasks.chat_template import ChatTemplate
from llmcore.tasks.jinja_sandbox import is_jinja
from llmcore.tasks.templates import DEFAULT_TEMPLATE, Template, template_named
from llmcore.texts import check_text, one_or_several

log = logging.getLogger(__name__)
MAX_NEW_TOKENS = 128


class Assistant:
    """A language model with the template by which it is asked."""

    def __init__(self, loaded: models.Loaded, template: str | None = None) -> None:
        """template: a name or a text, in the lab's form or in Jinja; by default the one that the
        model learned, or its makers' chat template. Raises LabError for a classifier, and for a
        text that is no template."""
        if loaded.labels is not None:
            raise LabError(
                f"{loaded.ref} is a classifier and writes no text: choose a language model."
            )
        self.loaded = loaded
        chosen = template or loaded.card["template"] or loaded.chat_template or DEFAULT_TEMPLATE
        self.template = asking_template(loaded, chosen)

    @property
    def follows_instructions(self) -> bool:
        """False for a base model: it continues text, it does not answer."""
        return self.loaded.answers

    def prompt(self, instruction: str, input: str = "", system: str = "") -> str:
        """What the model reads before it answers. Raises LabError for what is no text."""
        for what, text in (("instruction", instruction), ("input", input), ("system text", system)):
            check_text(text, what)
        return self.template.prompt(instruction, input, system)

    def prompt_ids(
        self,
        instruction: str,
        input: str = "",
        system: str = "",
        earlier: Sequence[tuple[str, str]] = (),
    ) -> list[int]:
        """The same as tokens. earlier: what was asked before, and what was answered. Raises
        LabError for what is no text."""
        from llmcore.tasks.instruction_tokens import prompt_ids

        for what, text in (("instruction", instruction), ("input", input), ("system text", system)):
            check_text(text, what)
        turns = [
            Turn(check_text(question, "earlier question"), check_text(said, "earlier answer"))
            for question, said in earlier
        ]
        row = Instruction((*turns, Turn(instruction, "", input)), system)
        return prompt_ids(self.loaded.tokenizer, self.template, row)

    @overload  # a str is an iterable of str as well, and the first one that fits counts
    def answer(  # type: ignore[overload-overlap]
        self,
        instructions: str,
        max_new_tokens: int = MAX_NEW_TOKENS,
        system: str = "",
        earlier: Sequence[tuple[str, str]] = (),
    ) -> str: ...
    @overload
    def answer(
        self,
        instructions: Iterable[str],
        max_new_tokens: int = MAX_NEW_TOKENS,
        system: str = "",
        earlier: Sequence[tuple[str, str]] = (),
    ) -> list[str]: ...
    def answer(
        self,
        instructions: str | Iterable[str],
        max_new_tokens: int = MAX_NEW_TOKENS,
        system: str = "",
        earlier: Sequence[tuple[str, str]] = (),
    ) -> str | list[str]:
        """The likeliest answer to each instruction; many are answered at once. A single one (a
        str) gets a str. earlier: (question, answer) of the conversation before each. Raises
        LabError for what is no text, and if the model's chat template refuses it."""
        from llmcore.tasks.answering import greedy_answers
        from llmcore.tasks.instruction_tokens import answer_text

        loaded = self.loaded
        given = list(one_or_several(instructions, "instruction"))
        prompts = [self.prompt_ids(text, system=system, earlier=earlier) for text in given]
        length = loaded.trunk.config.context_length
        if n_long := sum(len(prompt) >= length for prompt in prompts):
            log.warning(
                "%d of %d prompts are longer than the %d tokens that %s reads beside an answer: "
                "their beginning is not read", n_long, len(prompts), length, loaded.ref,
            )  # fmt: skip
        made = greedy_answers(loaded.trunk, loaded.tokenizer, prompts, max_new_tokens)
        answers = [answer_text(loaded.tokenizer, ids) for ids in made]
        return answers[0] if isinstance(instructions, str) else answers


def asking_template(loaded: models.Loaded, text: str) -> Template | ChatTemplate:
    """A template's name or text, in the lab's form or in Jinja, for this model. Raises LabError."""
    if is_jinja(text):
        return ChatTemplate.of(loaded.tokenizer, text)
    return template_named(text)


def load_assistant(ref: str, template: str | None = None) -> Assistant:
    """A model by run id, RUN@STEP, directory or name. Raises LabError with one sentence."""
    return Assistant(models.load(ref), template)


def usage_lines(ref: str, example: str = "Can I take my dog of 5 kilos on LX482?") -> str:
    """Three lines of Python that load a model and ask it, run in the project's folder."""
    return (
        "from llmcore import load_assistant\n"
        f"assistant = load_assistant({ref!r})\n"
        f"print(assistant.answer([{example!r}]))\n"
    )
