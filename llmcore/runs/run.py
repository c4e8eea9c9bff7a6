"""One run, read from its directory."""

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcore import paths
from llmcore.config import SCHEMA_KEY, RunConfig
from llmcore.errors import DamagedError, LabError, ShortTextError
from llmcore.files import read_json
from llmcore.runs.events import is_sound_row
from llmcore.runs.reader import LineTail, read_events
from llmcore.runs.reference import split_reference, with_checkpoint
from llmcore.runs.state import RunInfo, RunState, Status, true_state, why_interrupted
from llmcore.schema import build
from llmcore.settings import setting
from llmcore.train import checkpoint_index
from llmcore.train.checkpoint_index import Checkpoint

if TYPE_CHECKING:
    from llmcore.runs.metrics import MetricsReader

CONFIG, STATUS, METRICS, EVENTS = "config.json", "status.json", "metrics.jsonl", "events.jsonl"
PREDICTIONS, TOKENIZER, CHECKPOINTS, DATA = "predictions.jsonl", "tokenizer", "checkpoints", "data"
VALIDATION_DATA = "validation"  # a copy of the user's own text to validate on
DATA_RECORD = "data.json"  # what the data looked like that is not copied
NAME = "name.txt"
WORDS = "words.json"  # what votes beside a classifier
ADAPTER = "adapter"  # of a checkpoint's state: what its weights are added to, if that is so
RUN_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[a-z0-9-]+-[0-9a-f]{6}")
MAX_SHOWN_NAME = 200
_LAST_SECOND = 253_402_300_799.0  # of the year 9999: no calendar goes further


@dataclass(slots=True, frozen=True)
class _Origin:
    """Of config.json; dates in seconds since 1970."""

    created: float | None = setting(None, "when the run was made", 0.0, _LAST_SECOND)
    imported: float | None = setting(None, "when it came from elsewhere", 0.0, _LAST_SECOND)
    imported_from: str | None = setting(None, "the model of another tool that it was made from")


class Run:
    """A view on a run directory; holds nothing that is not on disk."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @property
    def id(self) -> str:
        return self.directory.name

    @property
    def is_example(self) -> bool:
        return self.directory.parent in paths.example_roots()

    @cached_property
    def raw_config(self) -> dict[str, Any]:
        """config.json as written. Raises DamagedError if it is not one of ours."""
        config = read_json(self.directory / CONFIG)
        if SCHEMA_KEY not in config:
            raise DamagedError(
                f"{self.directory} is not a run of this lab: its {CONFIG} has no {SCHEMA_KEY!r}."
            )
        return config

    @cached_property
    def config(self) -> RunConfig:
        """Raises DamagedError if the configuration cannot be understood."""
        try:
            return RunConfig.from_dict(self.raw_config)
        except LabError as error:
            if CONFIG in str(error):
                raise
            raise DamagedError(f"The configuration of run {self.id} is damaged: {error}") from error

    def status(self) -> dict[str, Any]:
        return read_json(self.directory / STATUS)

    def backend(self) -> str:
        """Who writes the run: `thread` of an app, `process`, `torchrun`; empty if unknown."""
        try:
            return Status.of(self.status()).backend or ""
        except DamagedError:
            return ""

    def name(self) -> str:
        """The name that the user gave last; renaming never touches config.json."""
        try:
            shown = (self.directory / NAME).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            shown = self.config.name
        return " ".join(shown.split())[:MAX_SHOWN_NAME] or self.id

    def info(self) -> RunInfo:
        """Never raises: a run that cannot be read is `damaged`, with the reason in `error`."""
        try:
            return self._read_info()
        except (LabError, OSError) as error:
            return RunInfo(
                id=self.id, name=self.id, kind="?", state=RunState.DAMAGED, reason=str(error),
                step=0, steps=0, created=self._mtime(), val_loss=None, best_step=None,
                parent=None, example=self.is_example,
                directory=self.directory, error=str(error),
            )  # fmt: skip

    def _read_info(self) -> RunInfo:
        config, status = self.config, Status.of(self.status())
        origin = build(_Origin, self.raw_config, CONFIG)
        state, reason = true_state(status, self.directory), status.reason
        if state == RunState.INTERRUPTED:
            reason = why_interrupted(status)
        return RunInfo(
            id=self.id,
            name=self.name(),
            kind=config.kind,
            state=state,
            reason=reason,
            step=status.step,
            steps=config.train.steps,
            created=self._mtime() if origin.created is None else origin.created,
            val_loss=status.val_loss,
            best_step=status.best_step,
            parent=config.parent,
            example=self.is_example,
            directory=self.directory,
            error=None if status.error is None else status.error.message,
            phase=status.phase,
            waiting=status.state == RunState.QUEUED and status.waiting,
            hopeless=status.error is not None and status.error.type == ShortTextError.__name__,
            imported=origin.imported,
            source=origin.imported_from,
            lost=self.lost_parent(),
        )

    def adapter(self) -> dict[str, Any] | None:
        """What the run's newest checkpoint says of the weights that it adds to; None if its
        weights are whole."""
        found = self.checkpoints()
        return found[-1].state.get(ADAPTER) if found else None

    def lost_parent(self) -> str | None:
        """The model that this run's weights are added to, if it is gone, or the one below that.

        None if nothing is missing, or if the model is no run (nobody has looked for it).
        """
        if self.config.trainable != "lora":  # a list asks this of every run
            return None
        run, seen = self, {self.id}
        while (adapter := run.adapter()) is not None:
            name, step = split_reference(str(adapter.get("parent")))
            below = run.beside(name)
            if below is None:
                return name if RUN_ID.fullmatch(name) or os.path.isabs(name) else None
            steps = {str(checkpoint.step) for checkpoint in below.checkpoints()}
            if below._kind() is None or (step and step not in steps):
                return with_checkpoint(name, step) if step else name
            if below.id in seen:
                return None
            seen.add(below.id)
            run = below
        return None

    def beside(self, name: str) -> "Run | None":
        """Another run of this run's folder, a bundled one, or one at an absolute path."""
        if not name or "\0" in name:
            return None
        for root in (self.directory.parent, *paths.example_roots()):
            if (root / name / CONFIG).is_file():
                return Run(root / name)
        return None

    def _kind(self) -> str | None:
        try:
            return self.config.kind
        except DamagedError:
            return None

    def _mtime(self) -> float:
        try:
            return self.directory.stat().st_mtime
        except OSError:
            return 0.0

    def metrics(self) -> "MetricsReader":
        """A reader that has read everything so far; call its `refresh` for more."""
        from llmcore.runs.metrics import MetricsReader

        reader = MetricsReader(self.directory / METRICS)
        reader.refresh()
        return reader

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        """All events that can be read, oldest first; of one type if that is named."""
        events = read_events(self.directory / EVENTS, self._kind())
        return events if kind is None else [event for event in events if event.get("type") == kind]

    def result(self) -> dict[str, Any] | None:
        """The newest `result` event: `test` scores and `baselines` on the same split."""
        results = self.events("result")
        return results[-1] if results else None

    def predictions(self) -> list[dict[str, Any]]:
        """The test split row by row: text, label, predicted, probability of a classifier; prompt,
        expected, answer, right of instructions. Rows that lack them are left out."""
        rows = LineTail(self.directory / PREDICTIONS).read_new()
        return [row for row in rows if is_sound_row(row, self._kind() or "")]

    def checkpoints(self) -> list[Checkpoint]:
        return checkpoint_index.list_checkpoints(self.directory / CHECKPOINTS)

    def checkpoint(self, which: str = "best") -> Checkpoint:
        """`best`, `latest` or a step number. Raises LabError if there is none, and
        DamagedError if none of them can be read."""
        found = self.checkpoints()
        if not found:
            for folder in (self.directory / CHECKPOINTS).glob(f"{checkpoint_index.STEP_PREFIX}*"):
                checkpoint_index.read_state(folder)
            raise LabError(
                f"Run {self.id} has no checkpoint yet: wait for its first one or start it again."
            )
        if which == "latest":
            return found[-1]
        if which == "best":
            return checkpoint_index.best(found) or found[-1]
        for item in found:
            if str(item.step) == which:
                return item
        steps = ", ".join(str(item.step) for item in found)
        raise LabError(f"Run {self.id} has no checkpoint at step {which}: it has {steps}.")

    def stored_data(self) -> Path | None:
        """The user's own text or table that this run keeps a copy of."""
        return _only_file(self.directory / DATA)

    def stored_validation(self) -> Path | None:
        """The user's own text to validate on that this run keeps a copy of."""
        return _only_file(self.directory / VALIDATION_DATA)


def _only_file(folder: Path) -> Path | None:
    files = sorted(path for path in folder.glob("*") if not path.name.startswith("."))
    return files[0] if files else None
