"""From the rows of any file to instructions with answers, and the report of what became of them."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from llmcore.data.reading.asked_cells import scalar_text
from llmcore.data.reading.asked_lines import asked_lines
from llmcore.data.reading.asked_notices import say_roles
from llmcore.data.reading.asked_roles import (
    EXAMPLES,
    AskedLayout,
    Columns,
    Record,
    find_asked_layout,
    opened_record,
)
from llmcore.data.reading.asked_row import RowReader
from llmcore.data.reading.conversation import (
    LeftOut,
    Seen,
    opened_text,
)
from llmcore.data.reading.flat_messages import joined_messages
from llmcore.data.reading.report import ReadingReport
from llmcore.data.reading.rows import Rows
from llmcore.data.reading.turn_notices import CHANGED, LEFT_OUT
from llmcore.data.turns import Instruction

MAX_ROWS = 200_000


def read_turns(
    rows: Rows, columns: Columns = Columns(), name: str = "the file", keep: bool = True
) -> tuple[list[Instruction], ReadingReport]:
    """The instructions of a table or of records, and the report.

    keep: False counts only, and returns none. If a role has to be chosen (`report.asks`) no row
    is taken; all are counted. Raises NotFoundError for a chosen column that is not there, LabError
    if one was chosen twice.
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
        self.row = RowReader(layout)
        self.notices = report.notices
        self.roles = self.row.roles
        self.surplus = self._surplus_column()

    def _surplus_column(self) -> int:
        """Where the surplus cells of a row belong: to the last column that is read as text."""
        read = [self.rows.columns.index(role) for role in self.roles.values()
                if role in self.rows.columns]  # fmt: skip
        return max(read, default=len(self.rows.columns) - 1)

    def instructions(self) -> Iterator[Instruction]:
        for line, record in self._records():
            for example in self._examples(line, record):
                self.report.read += 1
                if self.report.taken >= MAX_ROWS:
                    self._leave_out(line, LeftOut("too_many", most=f"{MAX_ROWS:,}"))
                    continue
                seen: Seen = Counter()
                try:
                    row = self.row.instruction(example, seen)
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
        """The row itself, or those in its list of examples."""
        if self.layout.form != EXAMPLES:
            yield record
            return
        column = self.roles["examples"]
        cell = record.get(column)
        cell = opened_text(cell) if isinstance(cell, str) else cell
        found = [turn for turn in cell if isinstance(turn, dict)] if isinstance(cell, list) else []
        if not found:
            self.report.read += 1
            self._leave_out(line, LeftOut("no_examples", column=column))
        for item in found:
            yield {**record, **item}

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
    question mark; 1 if there is no such cell, or several."""
    ends = [
        at for at, cell in enumerate(cells[:-1], start=1) if cell.rstrip()[-1:] in tuple("?？؟")
    ]
    return ends[0] if len(ends) == 1 else 1
