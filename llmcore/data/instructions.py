"""Instructions with answers: the built-in sets, and users' Alpaca-style, chat and table files."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from llmcore.data.folding import unit_hash
from llmcore.data.reading import MAX_UPLOAD_BYTES, clean_text, decode_upload, read_file
from llmcore.data.sources import INSTRUCTIONS
from llmcore.data.tables import Roles, find_column, read_records, read_table
from llmcore.errors import DamagedError, LabError
from llmcore.paths import ASSETS

MAX_ROWS = 200_000
MAX_ROW_CHARACTERS = 100_000
HOLDOUTS = ("slots", "frames", "phrasings")
INSTRUCTION_NAMES = ("instruction", "question", "prompt", "user", "query", "request")
INPUT_NAMES = ("input", "context", "document")
OUTPUT_NAMES = ("output", "answer", "response", "completion", "assistant", "target")
ASKED = Roles(
    INSTRUCTION_NAMES, OUTPUT_NAMES, ("instruction", "output"), "an instruction and an output",
    '{"instruction": "…", "output": "…"}',
)  # fmt: skip
FOLDER = ASSETS / "instructions"
SPLITS = ("train", "validation", "test")


@dataclass(slots=True, frozen=True)
class Turn:
    """What is asked, the text that it is asked about (may be empty), and the answer."""

    instruction: str
    output: str
    input: str = ""


@dataclass(slots=True, frozen=True)
class Instruction:
    """One example: a turn, or several of one conversation, and perhaps a system text before.

    holdout: what of a built-in test row training never saw, one of HOLDOUTS. group: the kind of
    task, for reports.
    """

    turns: tuple[Turn, ...]
    system: str = ""
    holdout: str = ""
    group: str = ""

    @property
    def last(self) -> Turn:
        return self.turns[-1]

    @property
    def question(self) -> str:
        """All that is asked, as one text: by it doubles are found."""
        parts = [self.system]
        for turn in self.turns[:-1]:
            parts += [turn.instruction, turn.input, turn.output]
        parts += [self.last.instruction, self.last.input]
        return "\n".join(part for part in parts if part)


@dataclass
class InstructionSet:
    """Rows with their name and what was noticed while reading them."""

    name: str
    rows: list[Instruction]
    notices: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)


@dataclass
class InstructionSplits:
    train: list[Instruction]
    validation: list[Instruction]
    test: list[Instruction]
    notices: list[str] = field(default_factory=list)


@dataclass(slots=True, frozen=True)
class Columns:
    """Chosen column names; None takes the usual ones (`instruction`, `input`, `output`)."""

    instruction: str | None = None
    input: str | None = None
    output: str | None = None


def single(
    instruction: str, output: str, input: str = "", system: str = "", holdout: str = "",
    group: str = "",
) -> Instruction:  # fmt: skip
    """A row of one turn."""
    return Instruction((Turn(instruction, output, input),), system, holdout, group)


# ---- the built-in sets


def load_builtin(name: str) -> InstructionSplits:
    """A built-in set with the splits that its generator fixed. Raises DamagedError."""
    return InstructionSplits(*(list(_builtin_rows(name, split)) for split in SPLITS))


@lru_cache(maxsize=9)
def _builtin_rows(name: str, split: str) -> tuple[Instruction, ...]:
    path = FOLDER / f"{name}-{split}.jsonl"
    try:
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return tuple(single(**record) for record in records)
    except (OSError, TypeError, ValueError) as error:
        raise DamagedError(
            f"The built-in set {name} cannot be read ({path.name}: {error}): make it anew with "
            f"assets/make_instructions.py."
        ) from error


# ---- users' files


def load_instructions(source: str, columns: Columns = Columns()) -> InstructionSet:
    """All rows of a user's file. Raises LabError, NotFoundError where there is none."""
    wanted, known = "a JSON, JSONL, CSV or TSV file", ", ".join(INSTRUCTIONS)
    data, name = read_file(source, wanted, known, MAX_UPLOAD_BYTES)
    return instructions_from_bytes(data, name, columns)


def instructions_from_bytes(
    data: bytes | str, name: str, columns: Columns = Columns()
) -> InstructionSet:
    """Rows of a file's content (`name` with its ending).

    JSON and JSONL: objects with `instruction`, `input`, `output` (Alpaca), or with `messages`
    (also named `conversations`), a list of turns with a role and a text. CSV and TSV: columns of
    the same names, or the chosen ones. Rows without a question or an answer are left out, with a
    notice. Raises LabError with one sentence for whatever is wrong.
    """
    text = decode_upload(data, name) if isinstance(data, bytes) else data
    text, notices = clean_text(text, name)
    start = text.lstrip("\ufeff \t\r\n")
    if not start:
        raise LabError(f"{name} is empty: give instructions with their answers.")
    if start[0] in "[{":
        rows, left_out = _from_records(read_records(start, name, ASKED), name, columns)
    else:
        rows, left_out = _from_table(text, name, columns, notices)
    if left_out:
        notices.append(
            f"{left_out:,} rows of {name} without a question or an answer were left out."
        )
    _check(rows, name)
    return InstructionSet(name, rows, notices)


def column_names(data: bytes, name: str) -> list[str]:
    """What a file calls its columns; empty for chat messages, which need no choice of any."""
    text, _ = clean_text(decode_upload(data, name), name)
    start = text.lstrip("\ufeff \t\r\n")
    if start[:1] not in ("[", "{"):
        return read_table(text, name, ASKED).columns
    records = read_records(start, name, ASKED)
    names = dict.fromkeys(str(key) for record in records for key in record)
    return [] if names.keys() & {"messages", "conversations"} else list(names)


def _check(rows: Sequence[Instruction], name: str) -> None:
    if not rows:
        raise LabError(
            f"{name} has no row with both a question and an answer: fill in `instruction` and "
            f"`output`, or choose other columns."
        )
    if len(rows) > MAX_ROWS:
        raise LabError(
            f"{name} has {len(rows):,} rows but at most {MAX_ROWS:,} can be used: cut it into "
            f"parts."
        )
    for number, row in enumerate(rows, start=1):
        n_characters = len(row.question) + len(row.last.output)
        if n_characters > MAX_ROW_CHARACTERS:
            raise LabError(
                f"Row {number:,} of {name} has {n_characters:,} characters but at most "
                f"{MAX_ROW_CHARACTERS:,} are allowed: shorten or remove it."
            )


def _from_table(
    text: str, name: str, columns: Columns, notices: list[str]
) -> tuple[list[Instruction], int]:
    # A header is known by its names: the usual ones, and those that were chosen.
    chosen = [(one.strip().casefold(),) if one else () for one in (columns.instruction,
                                                                   columns.output)]  # fmt: skip
    roles = replace(ASKED, first=ASKED.first + chosen[0], second=ASKED.second + chosen[1])
    table = read_table(text, name, roles)
    notices += table.notices
    records = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return _alpaca(records, table.columns, name, columns)


def _from_records(
    records: list[dict[str, Any]], name: str, columns: Columns
) -> tuple[list[Instruction], int]:
    first = next(record for record in records if record)
    key = next((one for one in ("messages", "conversations") if one in first), None)
    if key is not None and columns == Columns():
        rows = [_conversation(one, key, name, i) for i, one in enumerate(records, start=1)]
        kept = [row for row in rows if row is not None]
        return kept, len(rows) - len(kept)
    names = list(dict.fromkeys(str(key) for record in records for key in record))
    return _alpaca(records, names, name, columns)


def _alpaca(
    records: list[dict[str, Any]], names: list[str], name: str, columns: Columns
) -> tuple[list[Instruction], int]:
    """Rows of records with a question and an answer, and how many had none."""
    ask = names[find_column(names, name, columns.instruction, INSTRUCTION_NAMES, "instruction")]
    answer = names[find_column(names, name, columns.output, OUTPUT_NAMES, "output")]
    about = _input_column(names, name, columns.input)
    if ask == answer or about in (ask, answer):
        raise LabError(
            f"Two of instruction, input and output of {name} are read from one column: choose "
            f"different ones of {', '.join(names)}."
        )
    rows = []
    for record in records:
        question, input = _text(record.get(ask)), _text(record.get(about)) if about else ""
        if not question:  # only an input: that is what is asked
            question, input = input, ""
        output = _text(record.get(answer))
        if question and output:
            rows.append(single(question, output, input, _text(record.get("system"))))
    return rows, len(records) - len(rows)


def _input_column(names: list[str], name: str, chosen: str | None) -> str | None:
    """The input's column; a file may well have none, and "" asks for none."""
    if chosen == "":
        return None
    if chosen is not None:
        return names[find_column(names, name, chosen, INPUT_NAMES, "input")]
    return next((one for one in names if one.strip().casefold() in INPUT_NAMES), None)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


# ---- chat messages

ROLES = {
    "system": "system", "developer": "system", "user": "user", "human": "user",
    "assistant": "assistant", "gpt": "assistant", "model": "assistant", "bot": "assistant",
}  # fmt: skip


def _conversation(record: dict[str, Any], key: str, name: str, number: int) -> Instruction | None:
    """The turns of one record; None where nobody answers. Questions in a row are joined."""
    messages = record.get(key)
    if not isinstance(messages, list):
        raise LabError(
            f"Entry {number:,} of {name} has no list {key!r}: each must be like "
            f'{{"messages": [{{"role": "user", "content": "…"}}, …]}}.'
        )
    system, asked, turns = [], [], []
    for message in messages:
        role, content = _message(message, name, number)
        if role == "system":
            system.append(content)
        elif role == "user":
            asked.append(content)
        elif asked and content:
            turns.append(Turn("\n".join(asked), content))
            asked = []
        elif not asked:
            raise LabError(
                f"Entry {number:,} of {name} has an answer that no question of the user precedes: "
                f"begin with a message of the role user."
            )
    return Instruction(tuple(turns), "\n".join(system)) if turns else None


def _message(message: Any, name: str, number: int) -> tuple[str, str]:
    """(role, text) of one message, in either of the usual spellings."""
    if not isinstance(message, dict):
        raise LabError(f"A message in entry {number:,} of {name} is not an object: mend it.")
    said = str(message.get("role", message.get("from", ""))).strip().casefold()
    content = message.get("content", message.get("value"))
    if said not in ROLES:
        raise LabError(
            f"Entry {number:,} of {name} has a message of the role {said[:40]!r}: roles are "
            f"system, user and assistant."
        )
    if not isinstance(content, str):
        raise LabError(
            f"Entry {number:,} of {name} has a message whose content is no text: only text can be "
            f"learned."
        )
    return ROLES[said], content.strip()


# ---- splits


def split_instructions(
    data: InstructionSet, validation: float, test: float, seed: int
) -> InstructionSplits:
    """Rows of a user's set in three parts without a common question, seeded, in file order.

    Doubles (same question but for case and spaces) go first: the first stays.
    Raises LabError where nothing is left to train on.
    """
    if validation + test >= 1:
        raise LabError(
            f"validation {validation} and test {test} leave nothing to train on: make them smaller."
        )
    first = {}
    for row in data.rows:
        first.setdefault(folded_question(row), row)
    notices = list(data.notices)
    if dropped := len(data) - len(first):
        notices.append(
            f"{dropped:,} doubles were dropped from {data.name} (same question but for case and "
            f"spaces); {len(first):,} rows are left."
        )
    order = sorted(first, key=lambda folded: (unit_hash(seed, folded), folded))
    n_test = _share(len(order), test)
    n_validation = _share(len(order) - n_test, validation)
    if len(order) - n_test - n_validation < 1:
        raise LabError(
            f"{data.name} has {len(order)} different questions, too few to hold any out: give more."
        )
    part = {key: "test" for key in order[:n_test]}
    part |= {key: "validation" for key in order[n_test : n_test + n_validation]}
    rows: dict[str, list[Instruction]] = {name: [] for name in SPLITS}
    for key, row in first.items():
        rows[part.get(key, "train")].append(row)
    return InstructionSplits(rows["train"], rows["validation"], rows["test"], notices)


def folded_question(row: Instruction) -> str:
    """By this, questions are doubles. Punctuation counts: 3+4 is not 3-4."""
    return " ".join(row.question.casefold().split())


def _share(n: int, share: float) -> int:
    """At least one row where there is a share at all and two rows are left."""
    return min(max(1, round(n * share)), n - 1) if share > 0 and n > 2 else 0
