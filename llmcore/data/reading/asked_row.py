"""One row of any file as an instruction with its answer, by the layout that was found."""

from dataclasses import replace
from typing import Any

from llmcore.data.reading.asked_cells import asked_cell, missing_word, says_no_input
from llmcore.data.reading.asked_names import TRUTHS
from llmcore.data.reading.asked_roles import EXAMPLES, MESSAGES, PREFERENCES, AskedLayout, Record
from llmcore.data.reading.conversation import (
    ASSISTANT,
    SYSTEM,
    USER,
    LeftOut,
    Message,
    Seen,
    messages_of,
    opened_text,
)
from llmcore.data.reading.marked_chat import marked_parts
from llmcore.data.reading.message_turns import turns_of
from llmcore.data.reading.names import SPLITS
from llmcore.data.turns import Instruction, Turn

MAX_ROW_CHARACTERS = 100_000


class RowReader:
    """Raises LeftOut for a row that nothing can be learned from; counts in `seen` what it changed
    in one that it takes."""

    def __init__(self, layout: AskedLayout) -> None:
        self.layout = layout
        self.roles = {role: column for role, column in layout.roles.items() if column}

    def instruction(self, record: Record, seen: Seen) -> Instruction:
        self._refuse_bad(record)
        messages: list[Message] = []
        if self.layout.form == MESSAGES:
            messages = messages_of(self._conversation(record), seen)
        elif self.layout.form == PREFERENCES and "messages" in self.roles:
            messages = self._implicit(record, seen)
        if messages:
            turns, system = turns_of(messages, seen)
        else:
            turns, system = self._pair(record, seen)
        texts = [self._system(record, seen), system]
        row = Instruction(
            tuple(turns),
            "\n".join(dict.fromkeys(text for text in texts if text)),
            split=self._split(record),
        )
        n = len(row.question) + len(row.last.output)
        if n > MAX_ROW_CHARACTERS:
            raise LeftOut("too_long", most=f"{MAX_ROW_CHARACTERS:,}")
        return row

    def _cell(self, record: Record, role: str) -> Any:
        column = self.roles.get(role)
        return None if column is None else record.get(column)

    def _conversation(self, record: Record) -> Any:
        """The cell of the messages; in an export of ChatGPT with the branch that was seen last."""
        value = self._cell(record, "messages")
        if "current_node" in record and isinstance(value, dict):
            return {"mapping": value, "current_node": record["current_node"]}
        return value

    def _refuse_bad(self, record: Record) -> None:
        if self.layout.mark is None:
            return
        column, good = self.layout.mark
        value = record.get(column)
        truth = None if value is None else TRUTHS.get(str(value).strip().casefold())
        if truth is not None and truth != good:
            raise LeftOut("marked_bad", mark=column)

    def _pair(self, record: Record, seen: Seen) -> tuple[list[Turn], str]:
        """Turns of a question, an input and an answer, each a text or messages."""
        several = self._several_asked(record, seen)
        if several is not None:
            return several
        ask, answer = self._asked(record, seen), self._answered(record, seen)
        about = self._input(record, seen)
        earlier = self._history(record, seen)
        if isinstance(answer, list) and any(message.role in (USER, SYSTEM) for message in answer):
            messages = answer  # the whole conversation, the prompt included
        elif isinstance(ask, str) and isinstance(answer, str):
            if not ask:
                ask, about = about, ""
            if not ask:
                raise LeftOut("no_question")
            if not answer:
                raise LeftOut("no_answer")
            if not earlier:
                return [Turn(ask, answer, about)], ""
            messages = [*earlier, Message(USER, ask), Message(ASSISTANT, answer)]
        else:
            asked = [Message(USER, ask)] if isinstance(ask, str) else ask
            said = [Message(ASSISTANT, answer)] if isinstance(answer, str) else answer
            messages = [*earlier, *asked, *said]
        turns, system = turns_of(messages, seen)
        if about:
            turns[-1] = replace(turns[-1], input=about)
        return turns, system

    def _several_asked(self, record: Record, seen: Seen) -> tuple[list[Turn], str] | None:
        """A list of questions beside one of as many answers is a talk; beside another it is
        none. None if there is no such list."""
        asked, said = self._cell(record, "instruction"), self._cell(record, "answer")
        asked, said = _coqa_texts(asked), _coqa_texts(said)
        lists = [
            side for side in (asked, said) if isinstance(side, (list, tuple)) and len(side) > 1
        ]
        if len(lists) < 2 or not all(isinstance(text, str) for texts in lists for text in texts):
            return None
        if len(asked) != len(said):
            raise LeftOut("objects")
        seen["question_lists"] += 1
        pairs = zip(asked, said, strict=True)
        messages = [Message(role, text.strip()) for pair in pairs
                    for role, text in zip((USER, ASSISTANT), pair, strict=True)]  # fmt: skip
        turns, system = turns_of(messages, seen)
        if about := self._input(record, seen):
            turns[0] = replace(turns[0], input=about)
        return turns, system

    def _asked(self, record: Record, seen: Seen) -> str | list[Message]:
        column = self.roles.get("instruction") or ("instruction" if self._has_examples else None)
        value = record.get(column or "", record.get("question") if self._has_examples else None)
        ask = asked_cell(value, "instruction", seen)
        if isinstance(ask, str) and ask.endswith((":", "：")):
            parts = marked_parts(ask)  # "Human: …\n\nAssistant:", where the answer goes on
            if parts is not None and not parts[-1][1]:
                seen["marked_questions"] += 1
                return messages_of(ask, seen)[:-1]
        return ask

    @property
    def _has_examples(self) -> bool:
        return self.layout.form == EXAMPLES

    def _answered(self, record: Record, seen: Seen) -> str | list[Message]:
        if self._has_examples:
            value = next((record[key] for key in ("output", "answer", "answers", "response")
                          if key in record), None)  # fmt: skip
            return asked_cell(value, "answer", seen)
        value, kept = self._cell(record, "answer"), self.layout.kept_words
        if kept and isinstance(value, str) and missing_word(value):
            seen["kept_word"] += not missing_word(value, kept)
        answer = asked_cell(value, "answer", seen, kept)
        if isinstance(answer, str) and self.layout.form == PREFERENCES:
            return self._without_prompt(answer, record, seen)
        return answer

    def _without_prompt(self, answer: str, record: Record, seen: Seen) -> str | list[Message]:
        """A chosen answer that repeats its prompt: marked text is the whole conversation, any
        other is what follows the prompt, if the rejected one begins with it as well."""
        prompt = self._cell(record, "instruction")
        prompt = prompt.strip() if isinstance(prompt, str) else ""
        if not prompt or prompt not in answer:
            return answer
        if marked_parts(answer) is not None:
            return messages_of(answer, seen)
        other = record.get(self.layout.rejected or "")
        alike = isinstance(other, str) and other.strip().startswith(prompt)
        if not (alike and answer.startswith(prompt)):
            return answer
        seen["prompt_within"] += 1
        return answer[len(prompt) :].strip()

    def _input(self, record: Record, seen: Seen) -> str:
        value = self._cell(record, "input")
        if self._has_examples:
            value = record.get("input", record.get("context"))
        if isinstance(value, str) and says_no_input(value):
            seen["no_input"] += 1
            return ""
        if isinstance(value, (list, tuple)) and (texts := _texts_of(value)) is not None:
            seen["joined_inputs"] += len(texts) > 1
            return "\n".join(texts)
        about = asked_cell(value, "input", seen)
        if isinstance(about, list):
            raise LeftOut("objects")
        return about

    def _system(self, record: Record, seen: Seen) -> str:
        value = self._cell(record, "system")
        if isinstance(value, str) and says_no_input(value):
            seen["missing"] += 1
            return ""
        text = asked_cell(value, "system", seen)
        if isinstance(text, list):
            text = "\n".join(part.text for part in text)
        return text[7:].strip() if text.startswith("SYSTEM:") else text

    def _history(self, record: Record, seen: Seen) -> list[Message]:
        value = self._cell(record, "history")
        value = opened_text(value) if isinstance(value, str) else value
        if value is None or value != value or value in ("", [], {}):
            return []
        if isinstance(value, str) and missing_word(value):
            return []
        try:
            return messages_of(value, seen)
        except LeftOut as error:
            raise LeftOut("bad_history") from error

    def _implicit(self, record: Record, seen: Seen) -> list[Message]:
        """A chosen answer with its prompt in it: messages, marked text, or what chosen and
        rejected begin with."""
        chosen = self._cell(record, "messages")
        try:
            return messages_of(chosen, seen)
        except LeftOut:
            rejected = record.get(self.layout.rejected or "")
            if not isinstance(chosen, str) or not isinstance(rejected, str):
                raise
        prompt = _common_words(chosen, rejected)
        if not prompt.strip():
            raise LeftOut("no_question")
        return [
            Message(USER, prompt.strip()),
            Message(ASSISTANT, chosen[len(prompt) :].strip()),
        ]

    def _split(self, record: Record) -> str:
        if self.layout.split is None:
            return ""
        return SPLITS.get(str(record.get(self.layout.split)).strip().casefold(), "")


def _coqa_texts(value: Any) -> Any:
    """The texts of CoQA's questions or answers, {"input_text": […]} or a list of such objects."""
    if isinstance(value, dict) and isinstance(value.get("input_text"), list):
        return value["input_text"]
    if isinstance(value, list) and all(
        isinstance(part, dict) and "input_text" in part for part in value
    ):
        return [part["input_text"] for part in value]
    return value


def _texts_of(value: Any) -> list[str] | None:
    """The texts of a list, and of lists inside of it (paragraphs of sentences); None if it
    holds anything else."""
    if isinstance(value, str):
        return [value.strip()] if value.strip() else []
    if not isinstance(value, (list, tuple)):
        return None
    inner = [_texts_of(part) for part in value]
    return None if None in inner else [text for texts in inner if texts for text in texts]


def _common_words(one: str, other: str) -> str:
    """What two texts begin with, up to a whole word."""
    n = 0
    while n < min(len(one), len(other)) and one[n] == other[n]:
        n += 1
    if n < len(one) and n < len(other) and not (one[n].isspace() or other[n].isspace()):
        while n and not one[n - 1].isspace():
            n -= 1
    return one[:n]
