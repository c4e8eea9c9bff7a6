"""How a running loop is asked what to do: a protocol, and the file that UI and CLI write."""

import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from llmcore.errors import DamagedError, LabError
from llmcore.files import read_json, write_json_atomic
from llmcore.schema import build
from llmcore.settings import setting

CONTROL_FILE = "control.json"
STATES = ("run", "pause", "stop")
MAX_RATE = 10.0


@dataclass(slots=True, frozen=True)
class Request:
    """What the user wants of a live run.

    learning_rate: the peak of the schedule from now on; None leaves it. saves: how many
    checkpoints were asked for so far; one more than the loop has seen means: save now.
    """

    state: str = "run"
    learning_rate: float | None = None
    saves: int = 0


@dataclass(slots=True, frozen=True)
class _Kept:
    """control.json."""

    seq: int = setting(0, "rises with each request", 0)
    state: str = "run"
    learning_rate: float | None = setting(None, "peak of the schedule", 0.0, MAX_RATE)
    saves: int = setting(0, "checkpoints that were asked for", 0)


class Control(Protocol):
    """Asked once before every step."""

    seq: int

    def request(self) -> Request: ...


class NeverStop:
    """The null control: for tests and scripts."""

    seq = 0

    def request(self) -> Request:
        return Request()


class Leave(threading.Event):
    """Set if the process must end. ended: by its system or another program (SIGTERM), and not
    by who started it."""

    ended = False


class FileControl:
    """Reads control.json when it changed; an event stops at once when the process must leave."""

    def __init__(self, directory: Path, leave: threading.Event | None = None) -> None:
        self.path = directory / CONTROL_FILE
        self.leave = leave or threading.Event()
        self.seq = 0
        self._seen: tuple[int, int] | None = None
        self._request = Request()

    def request(self) -> Request:
        return Request("stop") if self.leave.is_set() else self._on_disk()

    def _on_disk(self) -> Request:
        try:
            stat = self.path.stat()
        except OSError:
            return self._request
        if (stat.st_mtime_ns, stat.st_ino) != self._seen:
            self._seen = (stat.st_mtime_ns, stat.st_ino)
            found = read_control(self.path.parent)
            self.seq = found["seq"]
            self._request = Request(found["state"], found["learning_rate"], found["saves"])
        return self._request


def read_control(directory: Path) -> dict[str, Any]:
    """The newest request; a missing or damaged file asks for nothing but to run."""
    try:
        kept = build(_Kept, read_json(directory / CONTROL_FILE), CONTROL_FILE)
        if kept.state not in STATES or kept.learning_rate == 0.0:
            raise DamagedError(f"{CONTROL_FILE} asks for what no run can do.")
    except DamagedError:
        kept = _Kept()
    return asdict(kept)


def write_control(
    directory: Path,
    state: str | None = None,
    learning_rate: float | None = None,
    save: bool = False,
) -> None:
    """Changes the request under the next sequence number; what is not given stays as it was.

    Raises LabError for a learning rate that no run can have.
    """
    if learning_rate is not None and not 0.0 < learning_rate <= MAX_RATE:
        raise LabError(f"The learning rate {learning_rate:g} must lie above 0 and be at most 10.")
    request = read_control(directory)
    _write(directory, {
        "seq": request["seq"] + 1,
        "state": request["state"] if state is None else state,
        "learning_rate": request["learning_rate"] if learning_rate is None else learning_rate,
        "saves": request["saves"] + save,
    })  # fmt: skip


def reset_control(directory: Path, learning_rate: float | None = None) -> None:
    """What a resume begins with: run on, with the rate that the run had (or the one given)."""
    request = read_control(directory)
    _write(directory, {
        "seq": request["seq"] + 1, "state": "run", "learning_rate": learning_rate, "saves": 0,
    })  # fmt: skip


def _write(directory: Path, request: dict[str, Any]) -> None:
    write_json_atomic(directory / CONTROL_FILE, {"v": 1, **request})
