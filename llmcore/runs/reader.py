"""Reading a run's JSONL files while another thread or machine appends to them."""

import json
from pathlib import Path
from typing import Any


class LineTail:
    """New whole lines of a growing file: reads by byte offset, stops at the last newline.

    A torn or foreign line is skipped. A file that shrank (replaced by another) is read anew.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0

    def read_new(self) -> list[dict[str, Any]]:
        try:
            with self.path.open("rb") as file:
                if file.seek(0, 2) < self._offset:
                    self._offset = 0
                file.seek(self._offset)
                chunk = file.read()
        except OSError:
            return []
        whole = chunk[: chunk.rfind(b"\n") + 1]
        self._offset += len(whole)
        records = []
        for line in whole.splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if isinstance(record, dict):
                records.append(record)
        return records


class MetricsReader:
    """metrics.jsonl as series. Of the records of one split and step the highest attempt counts,
    so a resumed run has no double and no gap."""

    def __init__(self, path: Path) -> None:
        self._tail = LineTail(path)
        self._records: dict[str, dict[int, dict[str, Any]]] = {}
        self._ordered: dict[str, list[dict[str, Any]]] = {}

    def refresh(self) -> bool:
        """Reads what is new since the last call; True where there was something."""
        new = self._tail.read_new()
        for record in new:
            split, step = record.get("split"), record.get("step")
            if not isinstance(split, str) or not isinstance(step, int):
                continue
            steps = self._records.setdefault(split, {})
            old = steps.get(step)
            if old is None or record.get("attempt", 1) >= old.get("attempt", 1):
                steps[step] = record
                self._ordered.pop(split, None)
        return bool(new)

    def records(self, split: str) -> list[dict[str, Any]]:
        """All records of `train` or `val` by rising step."""
        if split not in self._ordered:
            steps = self._records.get(split, {})
            self._ordered[split] = [steps[step] for step in sorted(steps)]
        return self._ordered[split]

    def series(self, split: str, key: str) -> tuple[list[int], list[float]]:
        """Steps and values of one number; records without it (or with null) are left out."""
        pairs = [
            (record["step"], record[key])
            for record in self.records(split)
            if record.get(key) is not None
        ]
        return [step for step, _ in pairs], [value for _, value in pairs]

    def last(self, split: str) -> dict[str, Any] | None:
        records = self.records(split)
        return records[-1] if records else None


def read_events(path: Path) -> list[dict[str, Any]]:
    """All events, oldest first."""
    return LineTail(path).read_new()
