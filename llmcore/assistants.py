"""Use a model that was finetuned on instructions from Python: load it, ask, read the answer.

    from llmcore import load_assistant
    assistant = load_assistant("20260101-120000-airline-support-0a1b2c")
    print(assistant.answer(["Can I take my dog of 5 kilos on LX482?"]))

A run that keeps a LoRA adapter is loaded onto its parent. Importing this module imports no torch;
loading a model does.
"""

from collections.abc import Sequence

from llmcore import models
from llmcore.errors import LabError
from llmcore.tasks.templates import DEFAULT_TEMPLATE, Template, template_named

MAX_NEW_TOKENS = 128


class Assistant:
    """A language model with the template by which it is asked."""

    def __init__(self, loaded: models.Loaded, template: str | None = None) -> None:
        """template: a name or a text; by default the one that the model learned. Raises LabError
        for a classifier."""
        if loaded.labels is not None:
            raise LabError(
                f"{loaded.ref} is a classifier and writes no text: choose a language model."
            )
        self.loaded = loaded
        chosen = template or loaded.card["template"] or DEFAULT_TEMPLATE
        self.template: Template = template_named(chosen)

    @property
    def follows_instructions(self) -> bool:
        """False for a base model: it continues text, it does not answer."""
        return self.loaded.card["template"] is not None

    def prompt(self, instruction: str, input: str = "", system: str = "") -> str:
        """What the model reads before it answers."""
        return self.template.prompt(instruction, input, system)

    def answer(
        self, instructions: Sequence[str], max_new_tokens: int = MAX_NEW_TOKENS, system: str = ""
    ) -> list[str]:
        """The likeliest answer to each instruction; many are answered at once."""
        from llmcore.tasks.answering import greedy_answers
        from llmcore.tasks.instruction_tokens import answer_text

        loaded = self.loaded
        prompts = [loaded.tokenizer.encode(self.prompt(one, system=system)) for one in instructions]
        made = greedy_answers(loaded.trunk, loaded.tokenizer, prompts, max_new_tokens)
        return [answer_text(loaded.tokenizer, ids) for ids in made]


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
