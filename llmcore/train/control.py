"""How a running loop is told what to do: a protocol, and the file that UI and CLI write."""

import threading
from pathlib import Path
from typing import Any, Protocol

from llmcore.errors import DamagedError
from llmcore.files import read_json, write_json_atomic

CONTROL_FILE = "control.json"


class Control(Protocol):
    """Asked once before every step."""

    seq: int

    def should_stop(self) -> bool: ...


class NeverStop:
    """The null control: for tests and scripts."""

    seq = 0

    def should_stop(self) -> bool:
        return False


class FileControl:
    """Reads control.json when it changed; an event stops at once when the process must leave."""

    def __init__(self, directory: Path, leave: threading.Event | None = None) -> None:
        self.path = directory / CONTROL_FILE
        self.leave = leave or threading.Event()
        self.seq = 0
        self._seen: tuple[int, int] | None = None
        self._wanted = "run"

    def should_stop(self) -> bool:
        return self.leave.is_set() or self._desired_state() == "stop"

    def _desired_state(self) -> str:
        try:
            stat = self.path.stat()
        except OSError:
            return self._wanted
        if (stat.st_mtime_ns, stat.st_ino) != self._seen:
            self._seen = (stat.st_mtime_ns, stat.st_ino)
            wish = read_control(self.path.parent)
            self.seq, self._wanted = int(wish["seq"]), str(wish["state"])
        return self._wanted


def read_control(directory: Path) -> dict[str, Any]:
    """The newest wish; a missing or unreadable file wishes nothing but to run."""
    try:
        wish = read_json(directory / CONTROL_FILE)
    except DamagedError:
        wish = {}
    return {"seq": 0, "state": "run", **wish}


def write_control(directory: Path, state: str) -> None:
    """Sets the desired state (`run` or `stop`) under the next sequence number."""
    seq = int(read_control(directory)["seq"]) + 1
    write_json_atomic(directory / CONTROL_FILE, {"v": 1, "seq": seq, "state": state})
