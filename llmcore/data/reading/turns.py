"""From the rows of any file to instructions with answers, and the report of what became of them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from llmcore.data.reading.asked_cells import asked_cell, missing_word, says_no_input, scalar_text
from llmcore.data.reading.asked_lines import asked_lines
from llmcore.data.reading.asked_names import TRUTHS
from llmcore.data.reading.asked_notices import say_roles
from llmcore.data.reading.asked_roles import (
    EXAMPLES,
    MESSAGES,
    PREFERENCES,
    AskedLayout,
    Columns,
    Record,
    find_asked_layout,
    opened_record,
)
from llmcore.data.reading.conversation import (
    ASSISTANT,
    SYSTEM,
    USER,
    LeftOut,
    Message,
    Seen,
    messages_of,
    opened_text,
    turns_of,
)
from llmcore.data.reading.flat_messages import joined_messages
from llmcore.data.reading.marked_chat import marked_parts
from llmcore.data.reading.names import SPLITS
from llmcore.data.reading.report import ReadingReport
from llmcore.data.reading.rows import Rows
from llmcore.data.turns import Instruction, Turn

MAX_ROWS = 200_000
MAX_ROW_CHARACTERS = 100_000

# Why a row is left out, and what was changed in one that is taken. Counted by kind.
LEFT_OUT = {
    "no_question": "{rows} without a question {were} left out",
    "no_answer": "{rows} without an answer {were} left out",
    "no_pair": "{rows} without an answer to any question {were} left out",
    "no_messages": "{rows} without a list of messages in {column} {were} left out",
    "no_message": "{rows} with an entry of {column} that is no message {were} left out",
    "no_text_in_message": "{rows} with a message whose content is no text {were} left out",
    "unknown_role": "{rows} with a message of the role {role} {were} left out (known roles are "
    "system, user and assistant, and their usual other names)",
    "only_tools": "{rows} that call a tool before the first answer {were} left out",
    "only_weight_0": "{rows} {were} left out: all answers have the weight 0, not to be learned",
    "objects": "{rows} {were} left out: a chosen column holds an object or a list that is no text",
    "marked_bad": "{rows} that {mark} marks as bad {were} left out",
    "too_long": "{rows} with more than {most} characters {were} left out",
    "too_many": "{rows} beyond the first {most} {were} left out",
    "bad_history": "{rows} {were} left out: their history is no list of questions with answers",
    "no_examples": "{rows} without a list of examples in {column} {were} left out",
}
CHANGED = {
    "tools": "{conversations} {were} cut before the first call of a tool",
    "system_inside": "{conversations} {were} cut before a system text that follows an answer",
    "blank_questions": "{conversations} {were} cut before a question without text",
    "two_weights": "{conversations} {were} cut before answers of different weights in a row",
    "leading_answers": "{answers} that no question precedes {were} dropped",
    "empty_answers": "{questions} with an empty answer {were} dropped",
    "open_questions": "{questions} at the end that nobody answers {were} dropped",
    "joined": "{messages} {were} joined to the one before, which has the same role",
    "system_answers": "{conversations} between user and system {were} read with the system's texts "
    "as answers",
    "question_lists": "{rows} with a list of questions and one of answers {were} read in pairs",
    "weight_0": "{answers} of weight 0 {are} read and not learned",
    "weight_0_end": "{answers} of weight 0 at the end of a conversation {were} dropped",
    "weights": "{weights} other than 0 and 1 {were} read as 1",
    "pictures": "{pictures} (or other files) in messages {were} left out: only the text is learned",
    "other_parts": "{parts} of messages that {are} no text {were} left out",
    "other_branches": "{replies} beside the one that is followed {were} left out",
    "several_answers": "{rows} {have} several answers: the first is learned",
    "rated_answers": "{rows} {have} several answers: the accepted or best rated one is learned",
    "prompt_within": "{answers} {were} learned without the question that they begin with",
    "marked_questions": "{questions} {were} cut into turns at their marks of who speaks",
    "missing": "{cells} with a word for a missing value (nan, none, …) {were} read as empty",
    "no_input": "{inputs} with a word for none (nan, no input, …) {were} read as empty",
    "joined_inputs": "{inputs} that {are} lists of texts {were} joined by line ends",
    "surplus_question": "{rows} {have} more cells than columns: question and answer were parted "
    "behind the question mark",
    "surplus": "{rows} {have} more cells than columns: the surplus was joined to {column}",
    "kept_word": "{answers} {are} a word such as none: learned as they are, since answers are few",
}


def read_turns(
    rows: Rows, columns: Columns = Columns(), name: str = "the file", keep: bool = True
) -> tuple[list[Instruction], ReadingReport]:
    """The instructions of a table or of records, and the report.

    keep: False counts only, and returns none. Where a role has to be chosen (`report.asks`) no row
    is taken; all are counted. Raises NotFoundError for a chosen column that is not there, LabError
    where one was chosen twice.
    """
    rows = asked_lines(rows, name)
    if columns == Columns():
        rows = joined_messages(rows, name)
    sample = [dict(zip(rows.columns, row, strict=False)) for row in rows.sample()]
    layout = find_asked_layout(rows.columns, sample, name, columns, rows.header)
    notices = rows.notices
    report = ReadingReport(
        name, "instruct", rows.format, rows.encoding, rows.why,
        layout.columns, dict(layout.roles), notices=notices,
    )  # fmt: skip
    say_roles(layout, notices, rows.header, sample)
    if report.asks:
        if len(layout.columns) < 2:
            what = "a text a line" if rows.format == "text" else "one column only"
            notices.add("one_column", "{file} has {what}: instructions need a column with "
                        "questions and one with answers, or conversations", file=name,
                        what=what)  # fmt: skip
        report.read = sum(len(chunk.rows) for chunk in rows.take())
        return [], report
    reader = _Reader(layout, rows, report)
    if keep:
        return list(reader.instructions()), report
    for _ in reader.instructions():
        pass
    return [], report


class _Reader:
    """Goes through the rows once, and counts."""

    def __init__(self, layout: AskedLayout, rows: Rows, report: ReadingReport) -> None:
        self.layout, self.rows, self.report = layout, rows, report
        self.notices = report.notices
        self.roles = {role: column for role, column in layout.roles.items() if column}
        self.surplus = self._surplus_column()

    def _surplus_column(self) -> int:
        """Where the surplus cells of a row belong: to the last column that is read as text."""
        read = [self.rows.columns.index(one) for one in self.roles.values()
                if one in self.rows.columns]  # fmt: skip
        return max(read, default=len(self.rows.columns) - 1)

    def instructions(self) -> Iterator[Instruction]:
        for line, record in self._records():
            for one in self._examples(line, record):
                self.report.read += 1
                if self.report.taken >= MAX_ROWS:
                    self._leave_out(line, LeftOut("too_many", most=f"{MAX_ROWS:,}"))
                    continue
                seen: Seen = Counter()
                try:
                    row = self._instruction(one, seen)
                except (LeftOut, RecursionError) as reason:  # too deeply nested is no text either
                    odd = reason if isinstance(reason, LeftOut) else LeftOut("objects")
                    self._leave_out(line, odd)
                    continue
                self._take(line, row, +seen)
                yield row

    def _records(self) -> Iterator[tuple[int, Record]]:
        width = len(self.rows.columns)
        for chunk in self.rows.take():
            for line, row in zip(chunk.lines, chunk.rows, strict=True):
                if len(row) > width and self.rows.delimiter is not None:
                    row = self._joined(line, row, width)
                record = dict(zip(self.rows.columns, row, strict=False))
                yield line, opened_record(record, self.layout.opened)

    def _joined(self, line: int, row: list[Any], width: int) -> list[Any]:
        """A text with the delimiter in it, unquoted, made whole; empty cells at the end go."""
        while len(row) > width and not scalar_text(row[-1]):
            row = row[:-1]
        extra = len(row) - width
        if not extra:
            return row
        at = self.surplus
        n = _question_cells(row[at - 1 :]) if self._parts_pairs(at) else 1
        if n > 1:
            self._add("surplus_question", line)
            cells = row[at - 1 :]
            return [*row[: at - 1], self._one_text(cells[:n]), self._one_text(cells[n:])]
        self._add("surplus", line, column=self.rows.columns[at])
        text = self._one_text(row[at : at + extra + 1])
        return [*row[:at], text, *row[at + extra + 1 :]]

    def _parts_pairs(self, at: int) -> bool:
        """Whether a row ends with its question and its answer, either of which may be cut."""
        asked = self.roles.get("instruction")
        return at == len(self.rows.columns) - 1 > 0 and asked == self.rows.columns[at - 1]

    def _one_text(self, cells: list[Any]) -> str:
        return str(self.rows.delimiter).join(cells)

    def _examples(self, line: int, record: Record) -> Iterator[Record]:
        """The row itself, or those that stand in its list of examples."""
        if self.layout.form != EXAMPLES:
            yield record
            return
        column = self.roles["examples"]
        cell = record.get(column)
        cell = opened_text(cell) if isinstance(cell, str) else cell
        found = [one for one in cell if isinstance(one, dict)] if isinstance(cell, list) else []
        if not found:
            self.report.read += 1
            self._leave_out(line, LeftOut("no_examples", column=column))
        for one in found:
            yield {**record, **one}

    # ---- one row

    def _instruction(self, record: Record, seen: Seen) -> Instruction:
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
            "\n".join(dict.fromkeys(one for one in texts if one)),
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
        if (turns := self._several_asked(record, seen)) is not None:
            return turns
        ask, answer = self._asked(record, seen), self._answered(record, seen)
        about = self._input(record, seen)
        earlier = self._history(record, seen)
        if isinstance(answer, list) and any(one.role in (USER, SYSTEM) for one in answer):
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
        none. None where there is no such list."""
        asked, said = self._cell(record, "instruction"), self._cell(record, "answer")
        asked, said = _coqa_texts(asked), _coqa_texts(said)
        lists = [one for one in (asked, said) if isinstance(one, (list, tuple)) and len(one) > 1]
        if len(lists) < 2 or not all(isinstance(text, str) for one in lists for text in one):
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
        other is what follows the prompt, where the rejected one begins with it as well."""
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
            text = "\n".join(one.text for one in text)
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

    # ---- counting

    def _add(self, kind: str, line: int, n: int = 1, **values: Any) -> None:
        template = LEFT_OUT.get(kind) or CHANGED[kind]
        about = str(values.get("role", "")) if kind == "unknown_role" else ""
        self.notices.add(kind, template, line, n, self.rows.unit, about=about, **values)

    def _leave_out(self, line: int, reason: LeftOut) -> None:
        self.report.left_out += 1
        column = self.roles.get("messages", self.roles.get("answer", ""))
        self._add(reason.kind, line, **{"column": column, **reason.values})

    def _take(self, line: int, row: Instruction, seen: Seen) -> None:
        self.report.taken += 1
        self.report.repaired += bool(seen)
        for kind, n in seen.items():
            self._add(kind, line, n)
        if row.split:
            self.report.splits[row.split] = self.report.splits.get(row.split, 0) + 1


def _question_cells(cells: list[Any]) -> int:
    """How many of a row's last cells are its question: those up to the only one that ends with a
    question mark; 1 where there is no such cell, or several."""
    ends = [at for at, one in enumerate(cells[:-1], start=1) if one.rstrip()[-1:] in tuple("?？؟")]
    return ends[0] if len(ends) == 1 else 1


def _coqa_texts(value: Any) -> Any:
    """The texts of CoQA's questions or answers, {"input_text": […]} or a list of such objects."""
    if isinstance(value, dict) and isinstance(value.get("input_text"), list):
        return value["input_text"]
    if isinstance(value, list) and all(
        isinstance(one, dict) and "input_text" in one for one in value
    ):
        return [one["input_text"] for one in value]
    return value


def _texts_of(value: Any) -> list[str] | None:
    """The texts of a list, and of lists inside of it (paragraphs of sentences); None where it
    holds anything else."""
    if isinstance(value, str):
        return [value.strip()] if value.strip() else []
    if not isinstance(value, (list, tuple)):
        return None
    inner = [_texts_of(one) for one in value]
    return None if None in inner else [text for one in inner if one for text in one]


def _common_words(one: str, other: str) -> str:
    """What two texts begin with, up to a whole word."""
    n = 0
    while n < min(len(one), len(other)) and one[n] == other[n]:
        n += 1
    if n < len(one) and n < len(other) and not (one[n].isspace() or other[n].isspace()):
        while n and not one[n - 1].isspace():
            n -= 1
    return one[:n]
