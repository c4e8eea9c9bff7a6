"""The chat template that a model's makers gave it: Jinja text that writes a whole conversation.

Special tokens that the template writes are meant; the same signs in what a person or a model said
are text. They are told apart by a mark that is put into what was said before it is rendered: it
breaks whatever looks like a special token, and is taken out again afterwards. So a template may
trim a message, test it or take it apart. Free of torch.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

from llmcore.data.instructions import Instruction, Turn
from llmcore.errors import LabError
from llmcore.tasks.jinja_sandbox import compiled, rendered
from llmcore.tokenizers import Tokenizer
from llmcore.tokenizers.parts import Part

# Code points that are no character and that no text is meant to hold.
_MARKS = [chr(code) for code in range(0xFDD0, 0xFDF0)]
_THOUGHTS_END = "</think>"
_PROBE = "a system text"


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """Raises LabError for a text that is no Jinja template."""

    text: str
    special_tokens: tuple[str, ...]
    begin: str = ""  # the template's bos_token
    end: str = ""  # its eos_token

    def __post_init__(self) -> None:
        compiled(self.text)

    @classmethod
    def of(cls, tokenizer: Tokenizer, text: str) -> Self:
        """`text` as the chat template of a model with this tokenizer."""
        roles = tokenizer.roles
        return cls(
            text,
            tuple(tokenizer.special_tokens),
            roles.begin_of_text or "",
            roles.end_of_turn or roles.end_of_text,
        )

    def parts(self, turns: Sequence[Turn], system: str = "") -> list[Part]:
        """All that the model reads before it answers the last of `turns`: special tokens are fixed
        parts, everything else is text. Without a system text the template writes its own, if it
        has one. Raises LabError with one sentence."""
        folds = bool(system) and not self.takes_system
        return self._rendered(*(_folded(turns, system) if folds else (turns, system)))

    def row_parts(self, row: Instruction) -> list[Part]:
        return self.parts(row.turns, row.system)

    def prompt(self, instruction: str, input: str = "", system: str = "") -> str:
        """One question as text. Its special tokens look as in `parts`, but so do typed ones."""
        return "".join(part.text for part in self.parts([Turn(instruction, "", input)], system))

    @property
    def takes_system(self) -> bool:
        """Whether it has its own place for a system text."""
        return _takes_system(self)

    def _rendered(self, turns: Sequence[Turn], system: str) -> list[Part]:
        messages = _messages(turns, system)
        mark = _unused_mark(
            [self.text, *(text for message in messages for text in message.values())]
        )
        broken = _Breaker(self.special_tokens, mark)
        marked = [
            {key: text if key == "role" else broken(text) for key, text in message.items()}
            for message in messages
        ]
        values: dict[str, Any] = {
            "messages": marked, "tools": None, "documents": None, "add_generation_prompt": True,
            "bos_token": self.begin, "eos_token": self.end,
        }  # fmt: skip
        return _split(rendered(self.text, values), self.special_tokens, mark)


def _messages(turns: Sequence[Turn], system: str) -> list[dict[str, str]]:
    messages = [{"role": "system", "content": system}] if system else []
    for at, turn in enumerate(turns):
        about = f"\n\n{turn.input}" if turn.input else ""
        messages.append({"role": "user", "content": turn.instruction + about})
        if at < len(turns) - 1:
            messages.append(_answer(turn.output))
    return messages


def _answer(text: str) -> dict[str, str]:
    """A model's earlier answer. What it thought before is separate, as templates expect it."""
    thoughts, found, rest = text.rpartition(_THOUGHTS_END)
    if not found:
        return {"role": "assistant", "content": text}
    return {
        "role": "assistant",
        "content": rest.lstrip("\n"),
        "reasoning_content": thoughts.rpartition("<think>")[2].strip("\n"),
    }


def _folded(turns: Sequence[Turn], system: str) -> tuple[list[Turn], str]:
    first = turns[0]
    whole = Turn(f"{system}\n\n{first.instruction}", first.output, first.input)
    return [whole, *turns[1:]], ""


@lru_cache(maxsize=64)
def _takes_system(template: ChatTemplate) -> bool:
    """False if a system text as a message is refused or passed over: it then has to be in
    the first question."""
    question = [Turn("a question", "")]
    try:
        parts = template._rendered(question, _PROBE)
    except LabError:
        template._rendered(question, "")  # refuses that too: the template itself is wrong
        return False
    return _PROBE in "".join(part.text for part in parts)


# ---- what was said stays text


def _unused_mark(texts: Sequence[str]) -> str:
    for mark in _MARKS:
        if not any(mark in text for text in texts):
            return mark
    raise LabError(
        "The conversation holds every code point from U+FDD0 to U+FDEF, which stand for no "
        "characters: leave them out."
    )


class _Breaker:
    """Puts the mark into whatever would be read as a special token, also together with what the
    template writes before or behind it. Capitals count as small letters: a template may change
    them."""

    def __init__(self, special_tokens: Sequence[str], mark: str) -> None:
        self.names = [name.lower() for name in special_tokens if name]
        self.mark = mark
        self.found = _any_of(special_tokens, re.IGNORECASE)

    def __call__(self, text: str) -> str:
        text = self.found.sub(self._break, text)
        inner = text.strip()
        if not inner:
            return text
        low, longest = inner.lower(), max(map(len, self.names), default=1) - 1
        begins = {low[:n] for n in range(1, longest + 1)}
        ends = {low[-n:] for n in range(1, longest + 1)}
        front = any(name[n:] in begins for name in self.names for n in range(1, len(name)))
        back = any(name[:n] in ends for name in self.names for n in range(1, len(name)))
        marked = f"{self.mark * front}{inner}{self.mark * back}"
        start = text.index(inner)
        return text[:start] + marked + text[start + len(inner) :]

    def _break(self, match: re.Match[str]) -> str:
        name = match.group()
        return f"{self.mark}{name}" if len(name) == 1 else f"{name[0]}{self.mark}{name[1:]}"


def _split(text: str, special_tokens: Sequence[str], mark: str) -> list[Part]:
    """Special tokens as fixed parts, text between them without marks."""
    parts, at = [], 0
    for match in _any_of(special_tokens).finditer(text):
        if len(match.group()) == 1 and text[: match.start()].endswith(mark):
            continue  # of one character: it cannot be broken, so the mark is before it
        parts += [Part(text[at : match.start()].replace(mark, "")), Part(match.group(), fixed=True)]
        at = match.end()
    parts.append(Part(text[at:].replace(mark, "")))
    return [part for part in parts if part.text]


def _any_of(names: Sequence[str], flags: int = 0) -> re.Pattern[str]:
    """Finds the first in a text, and of those that begin there the longest."""
    longest_first = sorted((name for name in names if name), key=lambda name: -len(name))
    return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)", flags)
