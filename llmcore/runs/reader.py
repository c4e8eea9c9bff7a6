"""Reading a run's JSONL files while another thread or machine appends to them."""

from pathlib import Path
from typing import Any

from llmcore.errors import DamagedError
from llmcore.runs.events import is_sound_event
from llmcore.schema import parse_object


class LineTail:
    """New whole lines of a growing file: reads by byte offset, stops at the last newline.

    A torn or foreign line is skipped. A file that shrank (replaced by another) is read again.
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
                records.append(parse_object(line, self.path.name))
            except DamagedError:
                continue
        return records


class EventTail(LineTail):
    """`LineTail` of events: lines that are damaged are passed over as well.

    kind: of the run, if it is known (see `check_event`)."""

    def __init__(self, path: Path, kind: str | None = None) -> None:
        super().__init__(path)
        self._kind = kind

    def read_new(self) -> list[dict[str, Any]]:
        return [event for event in super().read_new() if is_sound_event(event, self._kind)]


def read_events(path: Path, kind: str | None = None) -> list[dict[str, Any]]:
    """All events that can be read, oldest first; kind: of the run, if it is known."""
    return EventTail(path, kind).read_new()
