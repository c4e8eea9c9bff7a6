"""The numbers that a run logged, as arrays; read on from where they ended."""

from pathlib import Path
from typing import Any

import numpy as np

from llmcore.runs.reader import LineTail
from llmcore.schema import MAX_INTEGER, is_number

MAX_SPLITS, MAX_COLUMNS = 64, 1000  # more than any run has; a damaged file cannot ask for more


class _Table:
    """The records of one split by rising step, one growing array for each number's name.

    Arrays have room to spare and double when it is used up, so that a record costs the same
    however many there are. There is NaN where a record lacks a number or has null.
    """

    def __init__(self) -> None:
        self.n = 0
        self.columns: dict[str, np.ndarray] = {}
        self._room = 64
        self._steps = np.zeros(self._room, np.int64)
        self._attempts = np.zeros(self._room, np.int64)

    @property
    def steps(self) -> np.ndarray:
        return self._steps[: self.n]

    @property
    def attempts(self) -> np.ndarray:
        return self._attempts[: self.n]

    def column(self, key: str) -> np.ndarray:
        """(n,) float64, a view; all NaN for a name that no record has."""
        found = self.columns.get(key)
        return np.full(self.n, np.nan) if found is None else found[: self.n]

    def add(self, step: int, attempt: int, values: dict[str, Any]) -> None:
        """Of two records of one step that of the higher attempt stays, of equal ones the later."""
        if self.n and step <= self._steps[self.n - 1]:
            place = int(np.searchsorted(self.steps, step))
            if self._steps[place] != step:
                self._insert(place)
            elif attempt < self._attempts[place]:
                return
        else:
            place = self.n
            self._insert(place)
        self._steps[place], self._attempts[place] = step, attempt
        for column in self.columns.values():
            column[place] = np.nan
        for key, value in values.items():
            if is_number(value):
                if key not in self.columns:
                    if len(self.columns) >= MAX_COLUMNS:
                        continue
                    self.columns[key] = np.full(self._room, np.nan)
                self.columns[key][place] = value

    def _insert(self, place: int) -> None:
        if self.n == self._room:
            self._grow()
        if place < self.n:  # a step that an earlier attempt skipped: rare
            for array in (self._steps, self._attempts, *self.columns.values()):
                array[place + 1 : self.n + 1] = array[place : self.n].copy()
        self.n += 1

    def _grow(self) -> None:
        def longer(array: np.ndarray) -> np.ndarray:
            return np.concatenate([array, np.full_like(array, 0)])

        self._room *= 2
        self._steps, self._attempts = longer(self._steps), longer(self._attempts)
        self.columns = {key: longer(column) for key, column in self.columns.items()}


class MetricsReader:
    """metrics.jsonl as series. Of the records of one split and step the highest attempt counts,
    so a resumed run has no double and no gap. A refresh costs what is new, not what there is."""

    def __init__(self, path: Path) -> None:
        self._tail = LineTail(path)
        self._tables: dict[str, _Table] = {}

    def refresh(self) -> bool:
        """Reads what is new since the last call; True if there was something."""
        new = self._tail.read_new()
        for record in new:
            split, step = record.pop("split", None), record.pop("step", None)
            attempt = record.pop("attempt", 1)
            record.pop("v", None)
            if not isinstance(split, str) or not _counts(step) or not _counts(attempt):
                continue
            if split in self._tables or len(self._tables) < MAX_SPLITS:
                self._tables.setdefault(split, _Table()).add(step, attempt, record)
        return bool(new)

    def count(self, split: str) -> int:
        """How many records there are of `train` or `val`."""
        return self._table(split).n

    def arrays(self, split: str, key: str) -> tuple[np.ndarray, np.ndarray]:
        """Steps (N,) int64 and values (N,) float64 of one number; records without it (or with
        null) are left out. Views where nothing is: copy before you write."""
        table = self._table(split)
        values = table.column(key)
        known = np.isfinite(values)
        return (table.steps, values) if known.all() else (table.steps[known], values[known])

    def series(self, split: str, key: str) -> tuple[list[int], list[float]]:
        """`arrays` as lists."""
        steps, values = self.arrays(split, key)
        return steps.tolist(), values.tolist()

    def clock(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        """Steps (N,) and the seconds trained until each (N,), the time between attempts left
        out: no one trained then."""
        table = self._table(split)
        if table.n == 0:
            return table.steps, np.zeros(0)
        passed = np.diff(table.column("t"), prepend=table.column("t")[0])
        passed[np.diff(table.attempts, prepend=table.attempts[0]) != 0] = 0.0
        return table.steps, np.cumsum(np.maximum(np.nan_to_num(passed), 0.0))

    def newest_attempt(self, split: str, limit: int) -> tuple[np.ndarray, np.ndarray]:
        """Steps and times `t` of the newest attempt among the last `limit` records."""
        table = self._table(split)
        last = slice(max(0, table.n - limit), table.n)
        same = table.attempts[last] == table.attempts[-1:]
        return table.steps[last][same], table.column("t")[last][same]

    def last(self, split: str) -> dict[str, Any] | None:
        """The newest record: its step, attempt and numbers."""
        table = self._table(split)
        if table.n == 0:
            return None
        numbers = {key: float(column[table.n - 1]) for key, column in table.columns.items()}
        return {
            "step": int(table.steps[-1]),
            "attempt": int(table.attempts[-1]),
            **{key: value for key, value in numbers.items() if np.isfinite(value)},
        }

    def _table(self, split: str) -> _Table:
        return self._tables.get(split) or _Table()


def _counts(value: object) -> bool:
    """Whether a value can be a step or an attempt."""
    return type(value) is int and 0 <= value <= MAX_INTEGER
