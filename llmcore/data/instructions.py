"""Instructions with answers: the built-in sets, and users' Alpaca-style, chat and table files."""

import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from llmcore.data.folding import unit_hash
from llmcore.data.reading.asked_roles import Columns
from llmcore.data.reading.open import as_path, open_rows
from llmcore.data.reading.report import ChoiceError, Notices, ReadingReport, listed
from llmcore.data.reading.source import Source, source_of
from llmcore.data.reading.turn_notices import LEFT_OUT
from llmcore.data.reading.turns import read_turns
from llmcore.data.sources import INSTRUCTIONS
from llmcore.data.turns import Instruction, single
from llmcore.data.turns import Turn as Turn
from llmcore.errors import DamagedError, LabError
from llmcore.paths import ASSETS

HOLDOUTS = ("slots", "frames", "phrasings")
FOLDER = ASSETS / "instructions"
SPLITS = ("train", "validation", "test")
_KNOWN = ", ".join(INSTRUCTIONS)


@dataclass
class InstructionSet:
    """Rows with their name and what was noticed while reading them; a file has a report."""

    name: str
    rows: list[Instruction]
    notices: list[str] = field(default_factory=list)
    report: ReadingReport | None = None

    def __len__(self) -> int:
        return len(self.rows)


@dataclass
class InstructionSplits:
    train: list[Instruction]
    validation: list[Instruction]
    test: list[Instruction]
    notices: list[str] = field(default_factory=list)
    report: ReadingReport | None = None


# ---- the built-in sets


def load_builtin(name: str) -> InstructionSplits:
    """A built-in set with the splits that its generator fixed. Raises DamagedError."""
    train, validation, test = (list(_builtin_rows(name, split)) for split in SPLITS)
    return InstructionSplits(train, validation, test)


@lru_cache(maxsize=9)
def _builtin_rows(name: str, split: str) -> tuple[Instruction, ...]:
    path = FOLDER / f"{name}-{split}.jsonl"
    try:
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return tuple(single(**record) for record in records)
    except (OSError, TypeError, ValueError) as error:
        raise DamagedError(
            f"The built-in set {name} cannot be read ({path.name}: {error}): make it again with "
            f"assets/make_instructions.py."
        ) from error


# ---- users' files


def load_instructions(
    source: str, columns: Columns = Columns(), encoding: str | None = None
) -> InstructionSet:
    """All rows of a user's file, folder or zip. Raises LabError, NotFoundError if there is
    none."""
    path = as_path(source, "a JSON, JSONL, CSV, TSV, Excel or Parquet file", _KNOWN)
    return _learnable(*_read(path, path.name, columns, encoding))


def instructions_from_bytes(
    data: bytes | str, name: str, columns: Columns = Columns(), encoding: str | None = None
) -> InstructionSet:
    """Rows of a file's content (`name` with its ending), in any of the forms that
    `reading.turns` knows: questions with answers, messages, preferences.

    encoding: what the user says, instead of a guess. Rows that cannot be learned from are left
    out, with a notice. Raises ChoiceError if a column has to be chosen, LabError if there is
    no row to learn from.
    """
    return _learnable(*_read(_source(data, name), name, columns, encoding))


def instruction_report(data: bytes | str, name: str, columns: Columns = Columns()) -> ReadingReport:
    """What is recognised in a file, and which roles have to be chosen. Raises LabError."""
    return _read(_source(data, name), name, columns, None, keep=False)[1]


def ask_for(report: ReadingReport) -> ChoiceError:
    """The sentence for roles that have to be chosen."""
    if len(report.columns) < 2:
        only = f"one column only ({report.columns[0][:60]!r})" if report.columns else "no columns"
        return ChoiceError(
            f"{report.name} has {only}: give one with questions and one with answers.", report
        )
    flags = " and ".join(f"--{_FLAGS.get(role, role)}-column" for role in report.asks)
    which = [f"{number} {column}" for number, column in enumerate(report.columns, start=1)]
    why = " ".join(notice.text for notice in report.notices if notice.kind in _REASONS)
    return ChoiceError(
        f"{report.name} has no column named {_wanted(report.asks)}: choose by name or number "
        f"({flags}) out of {listed(which)}. {why}".strip(),
        report,
    )


_REASONS = ("single_messages", "choice_numbers", "no_header")  # why a column is not taken
_FLAGS = {"answer": "output"}


def _wanted(roles: list[str]) -> str:
    return " and ".join(repr(_FLAGS.get(role, role)) for role in roles)


def _learnable(rows: list[Instruction], report: ReadingReport) -> InstructionSet:
    """Raises ChoiceError, LabError if there is nothing to learn from."""
    if report.asks:
        raise ask_for(report)
    if not rows:
        why = [notice for notice in report.notices if notice.kind in LEFT_OUT]
        empty = {notice.kind for notice in why} <= {"no_question", "no_answer", "no_pair"}
        what = "with both a question and an answer" if empty else "to learn from"
        said = " ".join(notice.text for notice in why)
        raise LabError(f"{report.name} has no row {what}. {said}".strip())
    return InstructionSet(report.name, rows, report.notices.texts(), report)


def _source(data: bytes | str, name: str) -> Source:
    return source_of(data.encode() if isinstance(data, str) else data, name)


def _read(
    where: Path | Source, name: str, columns: Columns, encoding: str | None, keep: bool = True
) -> tuple[list[Instruction], ReadingReport]:
    rows = open_rows(where, Notices(), encoding, columns.named(), "instructions")
    return read_turns(rows, columns, name, keep)


# ---- splits


def split_instructions(
    data: InstructionSet, validation: float, test: float, seed: int
) -> InstructionSplits:
    """Rows of a user's set in three parts without a common question, seeded, in file order.

    Doubles (same question but for case and spaces) go first: the first stays. If the file
    itself names rows of a test or a validation part, those are it, and none are drawn for it.
    Raises LabError if nothing is left to train on.
    """
    if validation + test >= 1:
        raise LabError(
            f"validation {validation} and test {test} leave nothing to train on: make them smaller."
        )
    first: dict[str, Instruction] = {}
    for row in data.rows:
        first.setdefault(folded_question(row), row)
    notices = list(data.notices)
    if dropped := len(data) - len(first):
        notices.append(
            f"{dropped:,} doubles were dropped from {data.name} (same question but for case and "
            f"spaces); {len(first):,} rows are left."
        )
    part = _named_parts(first)
    order = sorted(first.keys() - part.keys(), key=lambda folded: (unit_hash(seed, folded), folded))
    n_test = 0 if "test" in part.values() else _share(len(order), test)
    rest = len(order) - n_test
    n_validation = 0 if "validation" in part.values() else _share(rest, validation)
    if rest - n_validation < 1:
        raise LabError(
            f"{data.name} has {len(order)} different questions, too few to hold any out: give more."
        )
    part |= dict.fromkeys(order[:n_test], "test")
    part |= dict.fromkeys(order[n_test : n_test + n_validation], "validation")
    rows: dict[str, list[Instruction]] = {name: [] for name in SPLITS}
    for key, row in first.items():
        rows[part.get(key, "train")].append(row)
    return InstructionSplits(rows["train"], rows["validation"], rows["test"], notices, data.report)


def _named_parts(rows: dict[str, Instruction]) -> dict[str, str]:
    """Which rows the file itself holds out; none if it would leave nothing to learn from."""
    named = {key: row.split for key, row in rows.items() if row.split in SPLITS[1:]}
    return named if len(named) < len(rows) else {}


def folded_question(row: Instruction) -> str:
    """By this, questions are doubles. Punctuation counts: 3+4 is not 3-4."""
    return " ".join(row.question.casefold().split())


def _share(n: int, share: float) -> int:
    """At least one row if there is a share at all and two rows are left."""
    return min(max(1, round(n * share)), n - 1) if share > 0 and n > 2 else 0
