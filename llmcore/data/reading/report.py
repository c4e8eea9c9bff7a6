"""What a reader did with a file, as data: shown before anything learns, kept with the run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from llmcore.errors import LabError

SHOWN_CHARACTERS = 80
MOST_COLUMNS = 20  # that a sentence lists
# Notices of what a format's reader leaves out before there are rows.
LOST_ROWS = (
    "bad_lines", "no_objects", "other_entries", "not_accepted", "orphans", "deleted_messages",
    "too_many_messages", "missing_files",
)  # fmt: skip


@dataclass(slots=True)
class Notice:
    """One thing that the reader did or could not do. kind: a short name for programs; line: where
    it happened first (1-based; of the unit that the text names), None if it has no place;
    count: how often."""

    kind: str
    template: str
    values: dict[str, Any]
    line: int | None = None
    count: int = 1
    unit: str = "line"

    @property
    def text(self) -> str:
        """A whole sentence in plain words, with the number and the first place."""
        sentence = self.template.format_map(_Words(self.count, self.values))
        if self.line is None:
            return sentence + "."
        first = "first in" if self.count > 1 else "in"
        return f"{sentence} ({first} {self.unit} {self.line:,})."

    def to_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "text": self.text, "line": self.line, "count": self.count}


class _Words(dict[str, Any]):
    """Fields of a template: `{n}`, `{were}`, `{have}`, `{rows}` ("1 row", "12 rows", and so any
    word), and the notice's own values."""

    def __init__(self, count: int, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.count = count

    def __missing__(self, name: str) -> str:
        one = self.count == 1
        verbs = {"were": ("was", "were"), "have": ("has", "have"), "are": ("is", "are"),
                 "hold": ("holds", "hold"), "stand": ("stands", "stand"),
                 "repeat": ("repeats", "repeat")}  # fmt: skip
        if name == "n":
            return f"{self.count:,}"
        if name in verbs:
            return verbs[name][0 if one else 1]
        return many(self.count, name)


def many(n: int, words: str) -> str:
    """A number with its noun.

    >>> many(1, "classes"), many(1, "entries"), many(1200, "rows")
    ('1 class', '1 entry', '1,200 rows')
    """
    if n != 1:
        return f"{n:,} {words}"
    ends = (("classes", "class"), ("ies", "y"), ("xes", "x"), ("s", ""))
    end, single = next(((a, b) for a, b in ends if words.endswith(a)), ("", ""))
    return f"1 {words.removesuffix(end)}{single}"


class Notices:
    """Collects what readers do; the same kind counts up, and keeps its first place."""

    def __init__(self) -> None:
        self._by_kind: dict[tuple[str, str], Notice] = {}

    def add(
        self, kind: str, template: str, line: int | None = None, n: int = 1, unit: str = "line",
        about: str = "", **values: Any,
    ) -> None:  # fmt: skip
        """Counts `n` more of `kind`. template: a sentence without its full stop, with fields as
        in `_Words`; user text goes in as a value, never into the template. about: tells two
        notices of one kind apart (a column's name)."""
        known = self._by_kind.get((kind, about))
        if known is None:
            self._by_kind[kind, about] = Notice(kind, template, values, line, n, unit)
        else:
            known.count += n

    def count(self, *kinds: str) -> int:
        """How often anything of the kinds happened."""
        return sum(count.count for (name, _), count in self._by_kind.items() if name in kinds)

    def drop(self, kind: str) -> None:
        for key in [key for key in self._by_kind if key[0] == kind]:
            del self._by_kind[key]

    def extend(self, others: "Notices | list[Notice]") -> None:
        for other in others:
            self.add(other.kind, other.template, other.line, other.count, other.unit,
                     about=other.text, **other.values)  # fmt: skip

    def __iter__(self) -> Any:
        return iter(list(self._by_kind.values()))

    def __len__(self) -> int:
        return len(self._by_kind)

    def texts(self) -> list[str]:
        return [notice.text for notice in self]


@dataclass(slots=True)
class ReadingReport:
    """What was recognised in a file and what became of its rows.

    roles: role → column; None for one that has to be chosen. why: how format and encoding were
    recognised. read, taken, left_out, repaired: rows (documents of a corpus) without the header;
    repaired rows are among those taken. classes: label → count, None if there are none.
    splits: name → count. `to_dict` counts `lost` rows as read and left out, too.
    """

    name: str
    task: str
    format: str
    encoding: str | None = None
    why: str = ""
    columns: list[str] = field(default_factory=list)
    roles: dict[str, str | None] = field(default_factory=dict)
    read: int = 0
    taken: int = 0
    left_out: int = 0
    repaired: int = 0
    classes: dict[str, int] | None = None
    splits: dict[str, int] = field(default_factory=dict)
    notices: Notices = field(default_factory=Notices)

    @property
    def lost(self) -> int:
        """Rows that never became any: lines that are no JSON, entries that were rejected."""
        return sum(map(self.notices.count, LOST_ROWS))

    @property
    def asks(self) -> list[str]:
        """The roles that somebody has to choose a column for."""
        return [role for role, column in self.roles.items() if column is None]

    def lines(self) -> list[str]:
        """The report for a person, a line for each thing."""
        by_role = {column: role for role, column in self.roles.items() if column is not None}
        columns = [
            f"{column} ({by_role[column]})" if column in by_role else column
            for column in self.columns
        ]
        unit = "documents" if self.task == "corpus" else "rows"
        n_read, n_out = self.read + self.lost, self.left_out + self.lost
        rows = f"{n_read:,} read, {self.taken:,} taken, {n_out:,} left out"
        found = [
            f"file        {self.name}: to {_PURPOSES.get(self.task, self.task)}",
            f"format      {self.format}" + (f" ({self.why})" if self.why else ""),
            f"encoding    {self.encoding}" if self.encoding else "",
            f"columns     {listed(columns)}" if columns else "",
            f"{unit:<11} {rows}, {self.repaired:,} repaired" if not self.asks else
            f"{unit:<11} {n_read:,} read",
            f"classes     {_counted(self.classes)}" if self.classes else "",
            f"splits      {_counted(self.splits)}" if self.splits else "",
            *(f"choose      the column of the {role}" for role in self.asks),
            *(f"- {text}" for text in self.notices.texts()),
        ]  # fmt: skip
        return [line for line in found if line]

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "task": self.task,
            "format": self.format,
            "encoding": self.encoding,
            "why": self.why,
            "columns": self.columns,
            "roles": self.roles,
            "rows": {
                "read": self.read + self.lost,
                "taken": self.taken,
                "left_out": self.left_out + self.lost,
                "repaired": self.repaired,
            },
            "classes": self.classes,
            "splits": self.splits,
            "notices": [notice.to_dict() for notice in self.notices],
        }


_PURPOSES = {"classify": "teach a classifier", "instruct": "teach to answer",
             "corpus": "pretrain a language model"}  # fmt: skip


def _counted(counts: dict[str, int]) -> str:
    """The largest first, long lists cut.

    >>> _counted({"ham": 2, "spam": 1300})
    'spam 1,300, ham 2'
    """
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return listed([f"{name[:40]} {n:,}" for name, n in ordered])


class ChoiceError(LabError):
    """A column has to be chosen; `report` says which there are."""

    asks = True

    def __init__(self, sentence: str, report: ReadingReport) -> None:
        super().__init__(sentence)
        self.report = report


def quoted(text: str) -> str:
    """A short piece of the user's text for a sentence, on one line.

    >>> quoted("two\\nlines")
    "'two lines'"
    """
    line = " ".join(text.split())
    return repr(line if len(line) <= SHOWN_CHARACTERS else line[:SHOWN_CHARACTERS] + "…")


def listed(names: list[str]) -> str:
    """The names of columns for a sentence, long ones and long lists cut."""
    shown = ", ".join(name if len(name) <= 40 else name[:40] + "…" for name in names[:MOST_COLUMNS])
    more = len(names) - MOST_COLUMNS
    return shown + (f" and {more} more" if more > 0 else "")
