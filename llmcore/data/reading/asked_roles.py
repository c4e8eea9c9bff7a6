"""Which column of an instruction file is what: by known names and by what the cells hold.

An unknown name is never guessed: its role stays None, and somebody has to choose.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from llmcore.data.reading import asked_names as names
from llmcore.data.reading.asked_cells import missing_word, scalar_text
from llmcore.data.reading.asked_columns import (
    Record,
    are_conversations,
    are_marked,
    are_numbers,
    are_surely_conversations,
    can_ask,
    end_with_questions,
    has_parts,
    holds_text,
    is_empty,
    is_objects,
    opened,
    truths_of,
    with_parts,
)
from llmcore.data.reading.asked_names import folded_name
from llmcore.data.reading.names import SPLIT_NAMES, SPLITS
from llmcore.data.reading.report import listed
from llmcore.errors import LabError, NotFoundError

PAIRS, MESSAGES, EXAMPLES, PREFERENCES = "pairs", "messages", "examples", "preferences"
FEW_ANSWERS = 20  # different ones: then "none" is one of them
ENOUGH_ROWS = 20  # to call a column constant
_CHOICE = re.compile(r"[0-9a-h](?: ?[,;] ?[0-9a-h])*[.)]?")  # letters or numbers of choices
_STEM = re.compile(r"(.*[^\W\d_])[_ (]*(?:(?<=[_ (])[a-h]|[0-9])\)?")
_SENTENCE = re.compile(r"[.!?…。？！؟]\s*$|\S\s+\S+\s+\S")


@dataclass(frozen=True, slots=True)
class Columns:
    """Chosen columns, by name or by place (1-based); None takes the usual names, "" asks for none
    (of input and system)."""

    instruction: str | None = None
    input: str | None = None
    output: str | None = None
    system: str | None = None

    def named(self) -> list[str]:
        return [
            column for column in (self.instruction, self.input, self.output, self.system) if column
        ]


@dataclass(slots=True)
class AskedLayout:
    """form: one of the four above. roles: role → column, None if it has to be chosen. columns:
    those of the file, and the parts of objects as `column.part`. opened: the columns that have
    such parts. mark: the column that tells good rows from bad ones, and whether its yes is good.
    kept_words: "none" and the like if they are answers. unread: columns of text without a
    role; truths: columns of true and false without one.
    """

    form: str
    roles: dict[str, str | None]
    columns: list[str]
    opened: tuple[str, ...] = ()
    mark: tuple[str, bool] | None = None
    split: str | None = None
    rejected: str | None = None
    kept_words: frozenset[str] = frozenset()
    unread: list[str] = field(default_factory=list)
    truths: list[str] = field(default_factory=list)
    choices: str | None = None  # a column of answers that are letters or numbers of choices
    marked: bool = False  # the conversation is one text with marks


def opened_record(record: Record, opened: Sequence[str]) -> Record:
    """A row with the parts of its objects as separate cells."""
    for column in opened:
        value = record.get(column)
        if isinstance(value, dict):
            for key, part in value.items():
                record.setdefault(f"{column}.{key}", part)
    return record


def _choice_stems(columns: Iterable[str]) -> set[str]:
    """What columns of choices are called without their letter or number: option a, option b."""
    found = Counter(stem[1] for column in columns if (stem := _STEM.fullmatch(column)))
    return {stem for stem, n in found.items() if n > 1}


def find_asked_layout(
    columns: list[str], sample: list[Record], name: str, chosen: Columns, header: bool = True
) -> AskedLayout:
    """The roles of a file's columns by its first rows. Raises NotFoundError for a chosen column
    that is not there, LabError if one was chosen twice."""
    finder = _Finder(columns, sample, name, chosen, header)
    layout = finder.layout()
    finder.complete(layout)
    return layout


class _Finder:
    def __init__(
        self, columns: list[str], sample: list[Record], name: str, chosen: Columns, header: bool
    ) -> None:
        self.name, self.header = name, header
        self.opened = tuple(column for column in columns if has_parts(sample, column))
        self.sample = [opened_record(dict(record), self.opened) for record in sample]
        self.columns = with_parts(columns, self.opened, self.sample)
        self.folded = {column: folded_name(column) for column in self.columns}
        self.lettered = {"a", "b", "c"} <= set(self.folded.values())  # choices to one question
        self.offered = self.lettered or bool(_choice_stems(self.folded.values())) or bool(
            names.CHOICES_NAMES & {name.partition(".")[0] for name in self.folded.values()}
        )  # fmt: skip
        self.chosen = {
            "instruction": self._chosen(chosen.instruction),
            "input": self._chosen(chosen.input),
            "answer": self._chosen(chosen.output),
            "system": self._chosen(chosen.system),
        }
        taken = [column for column in self.chosen.values() if column]
        if len(set(taken)) < len(taken):
            raise LabError(
                f"Two of instruction, input, answer and system of {name} are read from one column: "
                f"choose different ones of {listed(self.columns)}."
            )
        self.taken = set(taken)

    def _chosen(self, wanted: str | None) -> str | None:
        if not wanted:
            return wanted
        return named_column(self.columns, wanted, self.name)

    def values(self, column: str) -> list[Any]:
        """The cells of the sample that hold something."""
        return [one for row in self.sample if not is_empty(one := row.get(column))]

    def usual(self, usual: Sequence[str], suits: Any = None) -> str | None:
        """The first free column with one of the usual names that holds what suits, else the first
        one that is empty."""
        empty = None
        for wanted in usual:
            if self.lettered and wanted in "aq":
                continue
            for column, folded in self.folded.items():
                part = folded.rpartition(".")[2]
                if column in self.taken or not (
                    wanted == folded or (wanted == part and len(part) > 1)
                ):
                    continue
                values = self.values(column)
                if values and (suits is None or suits(values)):
                    return column
                empty = empty or (column if not values else None)
        return empty if suits is not are_conversations else None

    def take(self, role: str, usual: Sequence[str], suits: Any = None) -> str | None:
        """The chosen column of a role, else that of a usual name; taken from then on."""
        column = self.chosen[role]
        if column is None:
            column = self.usual(usual, suits)
        if column:
            self.taken.add(column)
        return column or None

    def layout(self) -> AskedLayout:
        if self.chosen["instruction"] and not self.chosen["answer"]:
            layout = self._chosen_messages(self.chosen["instruction"])
            if layout is not None:
                return layout
        if not (self.chosen["instruction"] or self.chosen["answer"]):
            for find in (self._preferences, self._messages, self._examples):
                layout = find()
                if layout is not None:
                    return layout
        layout = self._pairs()
        if None in layout.roles.values() and self.chosen == dict.fromkeys(self.chosen):
            return self._odd_names() or layout
        return layout

    def _preferences(self) -> AskedLayout | None:
        chosen, rejected = self.usual(names.CHOSEN_NAMES), self.usual(names.REJECTED_NAMES)
        if chosen is None or rejected is None:
            return None
        self.taken |= {chosen, rejected}
        system = self.take("system", names.SYSTEM_NAMES)
        ask = self.take("instruction", names.INSTRUCTION_NAMES, can_ask)
        ask = ask or self.usual((*names.MESSAGES_NAMES, "input"))
        history = None if ask is None else self.usual(names.HISTORY_NAMES)
        self.taken |= {ask or "", history or ""}
        if ask is None:
            roles: dict[str, str | None] = {"messages": chosen}
        else:
            roles = {"instruction": ask, "answer": chosen}
            about = self.take("input", names.INPUT_NAMES)
            roles |= {"input": about} if about else {}
        return self._layout(PREFERENCES, roles, system, history, rejected=rejected)

    def _messages(self) -> AskedLayout | None:
        column = self.usual(names.MESSAGES_NAMES, are_conversations)
        if column is None:
            column = self.usual(names.MESSAGES_NAMES[:2])
            if column is not None and self._pairs_by_name():
                column = None
        if column is None or self._are_pairs(column, self.values(column)):
            return None
        if self.usual(names.OUTPUT_NAMES) and end_with_questions(self.values(column)):
            self.chosen["instruction"] = column
            self.taken.add(column)
            return self._pairs()
        return self._all_of(column)

    def _all_of(self, column: str) -> AskedLayout:
        """One column holds the conversations whole."""
        self.taken.add(column)
        return self._layout(
            MESSAGES, {"messages": column}, self.take("system", names.SYSTEM_NAMES), None,
            marked=are_marked(self.values(column)),
        )  # fmt: skip

    def _chosen_messages(self, column: str) -> AskedLayout | None:
        """A column of whole conversations that was chosen as the question."""
        values = self.values(column)
        if not are_conversations(values, strings=False) or end_with_questions(values):
            return None
        return self._all_of(column)

    def _pairs_by_name(self) -> bool:
        asked = self.usual(names.INSTRUCTION_NAMES, can_ask) or self.usual(names.INPUT_NAMES)
        return bool(asked and self.usual(names.OUTPUT_NAMES))

    def _examples(self) -> AskedLayout | None:
        """Self-instruct: an instruction with a list of inputs and outputs."""
        for column in self.columns:
            values = self.values(column)
            known = self.folded[column] in names.EXAMPLES_NAMES
            pairs = self._are_pairs(column, values)
            if not (known or pairs) or not values or not all(map(is_objects, values)):
                continue
            self.taken.add(column)
            if pairs:
                return self._layout(EXAMPLES, {"examples": column}, None, None)
            ask = self.take("instruction", names.INSTRUCTION_NAMES, can_ask)
            roles: dict[str, str | None] = {"instruction": ask, "examples": column}
            return self._layout(EXAMPLES, roles, self.take("system", names.SYSTEM_NAMES), None)
        return None

    def _are_pairs(self, column: str, values: list[Any]) -> bool:
        """Whether a column holds lists of questions with their answers, which are no talk."""
        if self.folded[column] not in names.PAIRS_NAMES or not all(map(is_objects, values)):
            return False
        keys = [
            {folded_name(str(key)) for key in entry} for cell in values for entry in opened(cell)
        ]
        return bool(keys) and all(
            key & {"question", "instruction"} and key & {"answer", "answers", "output", "response"}
            for key in keys
        )

    def _pairs(self) -> AskedLayout:
        about = self.chosen["input"]
        if self._are_two_without_names():
            ask: str | None = self.columns[0]
            answer: str | None = self.columns[1]
            self.taken |= set(self.columns)
        else:
            ask = self.take("instruction", names.INSTRUCTION_NAMES, can_ask)
            answer = self.take("answer", names.OUTPUT_NAMES, self._answers)
        system = self.take("system", names.SYSTEM_NAMES)
        history = self.usual(names.HISTORY_NAMES)
        if about is None:
            about = self.usual(names.INPUT_NAMES, can_ask)
        if ask is None and about:
            ask, about = about, None
        self.taken |= {column for column in (about, ask, history) if column}
        roles: dict[str, str | None] = {"instruction": ask}
        if about:
            roles["input"] = about
        elif about is None and ask and self._asks_the_same(ask, answer):
            roles["input"] = None
        roles["answer"] = answer
        return self._layout(PAIRS, roles, system, history)

    def _are_two_without_names(self) -> bool:
        """Whether the file names no columns and the two that it has are plainly sentences: a first
        row of two bare words may well be the names."""
        if self.header or len(self.columns) != 2 or self.taken or not self.sample:
            return False
        first = [cell for cell in self.sample[0].values() if isinstance(cell, str)]
        asked = [str(value) for value in self.values(self.columns[0])]  # no dates of a chat's log
        return any(_SENTENCE.search(text) for text in first) and (
            2 * sum(bool(_SENTENCE.search(text)) for text in asked) > len(asked)
        )

    def _answers(self, values: list[Any]) -> bool:
        """Whether cells can be answers: no verdicts on other answers, no letters or numbers of
        choices that are in other columns."""
        plain = (str, int, float)
        said = {scalar_text(value).casefold() for value in values if isinstance(value, plain)}
        if said <= {"accept", "reject", "ignore"} and "accept" in said:
            return False
        if self.offered:
            places = {folded_name(name) for name in said}
            return not said or not (
                all(map(_CHOICE.fullmatch, said)) or places <= set(self.folded.values())
            )
        return not are_numbers(values)

    def _choices(self) -> str | None:
        """A column of answers that was not taken for its letters or numbers of choices."""
        column = self.usual(names.OUTPUT_NAMES)
        return column if column and self.values(column) else None

    def _asks_the_same(self, ask: str, answer: str | None) -> bool:
        """Whether every row asks the same and some other column tells the rows apart."""
        asked = [scalar_text(value) for value in self.values(ask) if isinstance(value, str)]
        if len(asked) < ENOUGH_ROWS or len(set(asked)) > 1 or answer is None:
            return False
        others = [column for column in self.columns if column not in (*self.taken, ask, answer)]
        return any(self._is_text(other) for other in others)

    def _odd_names(self) -> AskedLayout | None:
        """One column that holds nothing but conversations, whatever its name."""
        found = [column for column in self.columns if are_surely_conversations(self.values(column))]
        if len(found) != 1:
            return None
        self.taken = set()
        return self._all_of(found[0])

    def _layout(
        self, form: str, roles: dict[str, str | None], system: str | None, history: str | None,
        rejected: str | None = None, marked: bool = False,
    ) -> AskedLayout:  # fmt: skip
        roles |= {"system": system} if system else {}
        roles |= {"history": history} if history else {}
        return AskedLayout(form, roles, self.columns, self.opened, rejected=rejected, marked=marked)

    # ---- what else there is

    def complete(self, layout: AskedLayout) -> None:
        """Marks of bad rows, parts of the file, words that are answers, columns without a role."""
        used = {column for column in (*layout.roles.values(), layout.rejected) if column}
        free = [column for column in self.columns if column not in used]
        for column in free:
            truths = truths_of(self.values(column))
            if not truths or all(truths):
                continue
            folded = self.folded[column].rpartition(".")[2]
            if layout.mark is None and folded in (*names.GOOD_NAMES, *names.BAD_NAMES):
                layout.mark = (column, folded in names.GOOD_NAMES)
            else:
                layout.truths.append(column)
        for column in free:
            known = [value for value in self.values(column) if isinstance(value, str)]
            if self.folded[column] in SPLIT_NAMES and known and all(
                text.strip().casefold() in SPLITS for text in known
            ):  # fmt: skip
                layout.split = column
        if layout.form == PAIRS and layout.roles.get("answer") is None:
            layout.choices = self._choices()
        layout.kept_words = self._kept_words(layout.roles.get("answer"))
        seen = {layout.split, layout.mark[0] if layout.mark else None, *layout.truths}
        layout.unread = [
            column for column in free if column not in seen and not self._is_part_of(column, used)
            and (self._is_text(column) or self._are_tools(column))
        ]  # fmt: skip

    def _is_part_of(self, column: str, used: set[str]) -> bool:
        """An object that is read by its parts, or a part of one that is read whole."""
        return any(name.startswith(f"{column}.") or column.startswith(f"{name}.") for name in used)

    def _is_text(self, column: str) -> bool:
        """Whether most rows hold a text there that is no number and no true or false."""
        n = sum(holds_text(row.get(column)) for row in self.sample)
        return 2 * n > len(self.sample)

    def _are_tools(self, column: str) -> bool:
        return self.folded[column] in ("tools", "functions") and bool(self.values(column))

    def _kept_words(self, answer: str | None) -> frozenset[str]:
        """ "none" and the like if they are one of few answers, or the only one."""
        if not answer:
            return frozenset()
        texts = [one.strip().casefold() for row in self.sample
                 if isinstance(one := row.get(answer), str) and one.strip()]  # fmt: skip
        words = {text for text in texts if missing_word(text)}
        kinds = set(texts)
        few = len(kinds) <= FEW_ANSWERS and len(texts) >= 4 * len(kinds)
        return frozenset(words) if few or kinds == words else frozenset()


# ---- by name or place


def named_column(columns: list[str], wanted: str, name: str) -> str:
    """The column that the user names, by its name (letter case aside) or by its place from 1.

    Raises NotFoundError that lists the columns."""
    if wanted in columns:
        return wanted
    folded = [column.strip().casefold() for column in columns]
    if folded.count(wanted.strip().casefold()) == 1:
        return columns[folded.index(wanted.strip().casefold())]
    if wanted.strip().isascii() and wanted.strip().isdigit():
        place = int(wanted.strip()[:9])
        if 1 <= place <= len(columns):
            return columns[place - 1]
    raise NotFoundError(f"{name} has no column {wanted!r}: choose one of {listed(columns)}.")
