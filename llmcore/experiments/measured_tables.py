"""Tables that were measured once and come with the lab, with the place and the time.

`assets/make_measured.py` writes them from runs of the lab's own commands: a table is the
configuration and the events of its run, so that whatever reads a run reads it as well.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from llmcore.config import RunConfig
from llmcore.errors import DamagedError
from llmcore.files import read_json
from llmcore.paths import ASSETS
from llmcore.runs.events import is_sound_event
from llmcore.schema import build
from llmcore.settings import setting

MEASURED = ASSETS / "measured"


class TableRecord(Protocol):
    """What a table is read from: a run, or one that was measured before."""

    @property
    def config(self) -> RunConfig: ...

    def events(self) -> list[dict[str, Any]]: ...


@dataclass(slots=True, frozen=True)
class Machine:
    """The computer of a measurement.

    load: how many programs wanted a core at its end, over the last minutes (Unix load average)."""

    cpu: str
    cpus: int = setting(1, "cores that its programs see", 1)
    system: str = ""
    load: float = setting(0.0, "programs that wanted a core", 0.0)

    @property
    def is_busy(self) -> bool:
        """Whether other programs took part of its cores: then its seconds are too many."""
        return self.load > 1.25 * self.cpus


@dataclass(slots=True, frozen=True)
class MeasuredTable:
    """A file of `assets/measured`.

    kind: of the run. day: when it ended, such as 2026-11-30. seconds: what all of it took.
    versions: of Python and the packages that computed. command: measures it again. settings: the
    run's configuration. records: the run's events, without their times.
    """

    kind: str
    day: str
    seconds: float
    machine: Machine
    versions: dict[str, str]
    commit: str
    command: str
    settings: dict[str, Any]
    records: list[dict[str, Any]]

    @property
    def config(self) -> RunConfig:
        return RunConfig.from_dict(self.settings)

    def events(self) -> list[dict[str, Any]]:
        """As those of a run of this kind."""
        return [record for record in self.records if is_sound_event(record, self.kind)]


def measured_table(kind: str) -> MeasuredTable | None:
    """The table of this kind of run that comes with the lab; None if there is none.

    Raises DamagedError for a file that cannot be read as one.
    """
    path = MEASURED / f"{kind}.json"
    if not path.is_file():
        return None
    table = build(MeasuredTable, read_json(path), path.name)
    try:
        date.fromisoformat(table.day)
    except ValueError as error:
        raise DamagedError(f"{path.name}: {table.day[:40]!r} is no date.") from error
    return table
