"""Prompt templates: how a task and its input are put before a model, up to where it answers.

A template is text with the fields {instruction}, {input} and {system}. What is between `[[`
and `]]` is left out if its field is empty. The prompt ends where the template ends; the answer
follows, and the end-of-text token closes it. Free of torch.
"""

import re
from dataclasses import dataclass

from llmcore.data.instructions import Instruction, Turn
from llmcore.errors import LabError

FIELDS = ("instruction", "input", "system")
MAX_CHARACTERS = 4_000
_FIELD = re.compile(r"\{(\w*)\}")
_OPTIONAL = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)


@dataclass(slots=True, frozen=True)
class Template:
    """`text` as described above. Raises LabError if it could not ask anything."""

    text: str

    def __post_init__(self) -> None:
        _check(self.text)

    def prompt(self, instruction: str, input: str = "", system: str = "") -> str:
        """What the model reads before it answers, without spaces at the end.

        >>> Template("Q: {instruction}[[ ({input})]]\\nA:").prompt("Why?")
        'Q: Why?\\nA:'
        """
        values = {"instruction": instruction, "input": input, "system": system}

        def optional(match: re.Match[str]) -> str:
            named = _FIELD.findall(match.group(1))
            return match.group(1) if all(values[name] for name in named) else ""

        # One pass over the template: braces in a value are never taken for a field.
        kept = _OPTIONAL.sub(optional, self.text)
        return _FIELD.sub(lambda match: values[match.group(1)], kept).rstrip(" \t")

    def answer(self, output: str) -> str:
        """The answer as it follows the prompt.

        If the template ends within a line the answer brings its own space, as words do in
        running text: " Yes" is a token that the model knows well, "Yes" after a space is not.
        """
        return output if self.text.rstrip(" \t").endswith("\n") else f" {output}"

    def turns(self, row: Instruction) -> list[tuple[str, str]]:
        """(prompt, answer) of each turn. The system text is before the first one only."""
        return [
            (self.turn(turn, row.system if i == 0 else "", i > 0), self.answer(turn.output))
            for i, turn in enumerate(row.turns)
        ]

    def turn(self, turn: Turn, system: str = "", follows: bool = False) -> str:
        """One turn's prompt; one that follows another begins on a new line."""
        text = self.prompt(turn.instruction, turn.input, system)
        return f"\n{text}" if follows else text


TEMPLATES: dict[str, str] = {
    "plain": "[[{system}\n\n]]Q: {instruction}[[\n{input}]]\nA:",
    "alpaca": (
        "[[{system}\n\n]]Here is a task. Write an answer that does what it asks.\n\n"
        "### Task:\n{instruction}\n\n[[### Input:\n{input}\n\n]]### Answer:\n"
    ),
    "chat": "[[System: {system}\n]]User: {instruction}[[\n{input}]]\nAssistant:",
}
DEFAULT_TEMPLATE = "plain"


def template_named(name_or_text: str) -> Template:
    """A built-in template by name, else the text itself as a template. Raises LabError."""
    if name_or_text not in TEMPLATES and "{" not in name_or_text:
        raise LabError(
            f"There is no template {name_or_text[:40]!r}: choose one of {', '.join(TEMPLATES)}, or "
            f"give a text that holds {{instruction}}."
        )
    return Template(TEMPLATES.get(name_or_text, name_or_text))


def _check(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise LabError(
            f"The template has {len(text):,} characters but at most {MAX_CHARACTERS:,} are "
            f"allowed: shorten it."
        )
    for field in _FIELD.findall(text):
        if field not in FIELDS:
            raise LabError(
                f"The template has the field {{{field}}}, which no row has: use "
                f"{', '.join(f'{{{field}}}' for field in FIELDS)}."
            )
    sure = _OPTIONAL.sub("", text)
    if sure.count("{instruction}") != 1:
        raise LabError(
            "The template must hold {instruction} exactly once, outside of [[ ]]: without it the "
            "model would not know what is asked."
        )
    if "[[" in sure or "]]" in sure or any("[[" in match for match in _OPTIONAL.findall(text)):
        raise LabError("Each [[ of the template needs one ]] after it, and none inside: fix it.")
    for optional in _OPTIONAL.findall(text):
        if not _FIELD.findall(optional):
            raise LabError(
                f"The optional part [[{optional[:40]}]] names no field: put {{input}} or "
                f"{{system}} in it, or take the brackets away."
            )
    if len(re.findall(r"[{}]", _FIELD.sub("", text))):
        raise LabError(
            "A brace of the template stands alone: fields are written {instruction}, {input} and "
            "{system}."
        )
