"""Conversations that are one text with marks between the speakers, as chat templates write them."""

import re
from dataclasses import dataclass

_SPEAKERS = "system|user|human|prompter|assistant|gpt|model|bot|ai|moss"


@dataclass(frozen=True, slots=True)
class _Style:
    """mark: where a speaker begins, the group `role` or `start` names it. end: what closes a
    message. first: the text has to begin with a mark, since the marks are common words."""

    mark: re.Pattern[str]
    end: re.Pattern[str]
    first: bool = False


def _style(mark: str, end: str, flags: int = 0, first: bool = False) -> _Style:
    return _Style(re.compile(mark, flags), re.compile(end), first)


_OVER = r"</?s>|<\|endoftext\|>|<\|end\|>|<\|eot(?:_id)?\|>|<eo[a-z]>"
_STYLES = (
    _style(r"<\|im_start\|>\s*(?P<role>[a-z_]+)\s*\n", r"<\|im_end\|>|" + _OVER),
    _style(r"<\|start_header_id\|>(?P<role>[a-z_]+)<\|end_header_id\|>\s*",
           r"<\|begin_of_text\|>|<\|end_of_text\|>|" + _OVER),
    _style(r"<\|header_start\|>(?P<role>[a-z_]+)<\|header_end\|>\s*",
           r"<\|begin_of_text\|>|<\|end_of_text\|>|" + _OVER),
    _style(r"<\|start_of_role\|>(?P<role>[a-z_]+)<\|end_of_role\|>", r"<\|end_of_text\|>"),
    _style(r"<\|start\|>(?P<role>[a-z]+)(?:<\|channel\|>\w+)?<\|message\|>",
           r"<\|return\|>|" + _OVER),
    _style(r"<\|START_OF_TURN_TOKEN\|><\|(?P<role>SYSTEM|USER|CHATBOT)_TOKEN\|>",
           r"<\|END_OF_TURN_TOKEN\|>|<BOS_TOKEN>|<EOS_TOKEN>"),
    _style(r"<｜(?P<role>User|Assistant)｜>", r"<｜(?:begin|end)▁of▁sentence｜>"),
    _style(r"<start_of_turn>(?P<role>[a-z]+)\n", r"<end_of_turn>|<bos>|<eos>"),
    _style(r"(?P<role>\[INST\]|\[/INST\]|<<SYS>>|<</SYS>>)", _OVER),
    _style(rf"<\|(?P<role>{_SPEAKERS})\|>:?\s*", _OVER, re.IGNORECASE),
    _style(rf"\[\|?(?P<role>{_SPEAKERS})\|?\]:?\s*", _OVER + r"|\[END\]", re.IGNORECASE),
    _style(rf"(?:^|\n)<(?P<role>{_SPEAKERS})>:\s*", _OVER, re.IGNORECASE),
    _style(r"#{2,3} ?(?P<role>Human|Assistant|Instruction|Response|Input|User|System|Question|"
           r"Answer|Prompt|Output)\s*:\s*", _OVER),
    _style(r"(?:^|\n)[ \t]*(?P<role>system|user|human|assistant|bot|ai|q|a|question|answer|"
           r"customer|client|agent|patient|doctor|student|tutor|function response)[ \t]*[:：]\s*",
           _OVER, re.IGNORECASE, first=True),
    _style(r"(?:^|(?<=[\s>]))(?P<role>USER|ASSISTANT|SYSTEM):\s", _OVER),
)  # fmt: skip
_OTHER_NAMES = {
    "[INST]": "user", "[/INST]": "assistant", "<<SYS>>": "system", "<</SYS>>": "user",
}  # fmt: skip
_ASKS = {"user", "human", "prompter", "instruction", "question", "q", "prompt", "input",
         "customer", "client", "patient", "student"}  # fmt: skip
_ANSWERS = {"assistant", "chatbot", "gpt", "model", "bot", "ai", "moss", "response", "answer", "a",
            "output", "agent", "doctor", "tutor"}  # fmt: skip


def marked_parts(text: str) -> list[tuple[str, str]] | None:
    """(speaker, text) of each message of a text with marks; None if it is no such text.

    What comes before the first mark is a system text.

    >>> marked_parts("Human: Hi\\n\\nAssistant: Hello.")
    [('human', 'Hi'), ('assistant', 'Hello.')]
    """
    for style in _STYLES:
        parts = _parts(text, style)
        speakers = {speaker for speaker, _ in parts}
        if speakers & _ASKS and speakers & _ANSWERS:
            return parts
    return None


def _parts(text: str, style: _Style) -> list[tuple[str, str]]:
    marks = list(style.mark.finditer(text))
    if len(marks) < 2:
        return []
    before = style.end.sub("", text[: marks[0].start()]).strip()
    if before and style.first:
        return []
    parts = [("system", before)] if before else []
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    for mark, end in zip(marks, ends, strict=True):
        name = mark["role"]
        said = style.end.sub("", text[mark.end() : end]).strip()
        speaker = _OTHER_NAMES.get(name, name.casefold())
        if said or speaker in _ANSWERS:  # [INST] before <<SYS>> says nothing
            parts.append((speaker, said))
    return parts
