"""One run, read from its directory."""

from functools import cached_property
from pathlib import Path
from typing import Any

from llmcore.config import SCHEMA_KEY, RunConfig
from llmcore.errors import DamagedError, LabError, ShortTextError
from llmcore.files import read_json
from llmcore.paths import BUNDLED_RUNS
from llmcore.runs.reader import LineTail, MetricsReader, read_events
from llmcore.runs.state import RunInfo, RunState, true_state, why_interrupted
from llmcore.train import checkpoint_index
from llmcore.train.checkpoint_index import Checkpoint

CONFIG, STATUS, METRICS, EVENTS = "config.json", "status.json", "metrics.jsonl", "events.jsonl"
PREDICTIONS, TOKENIZER, CHECKPOINTS, DATA = "predictions.jsonl", "tokenizer", "checkpoints", "data"
VALIDATION_DATA = "validation"  # a copy of the user's own text to validate on
DATA_RECORD = "data.json"  # what the data looked like that is not copied
NAME = "name.txt"
WORDS = "words.json"  # what votes beside a classifier


class Run:
    """A view on a run directory; holds nothing that is not on disk."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @property
    def id(self) -> str:
        return self.directory.name

    @property
    def is_example(self) -> bool:
        return self.directory.parent == BUNDLED_RUNS

    @cached_property
    def raw_config(self) -> dict[str, Any]:
        """config.json as it stands. Raises DamagedError where it is not one of ours."""
        config = read_json(self.directory / CONFIG)
        if SCHEMA_KEY not in config:
            raise DamagedError(
                f"{self.directory} is not a run of this lab: its {CONFIG} has no {SCHEMA_KEY!r}."
            )
        return config

    @cached_property
    def config(self) -> RunConfig:
        """Raises DamagedError where the configuration cannot be understood."""
        try:
            return RunConfig.from_dict(self.raw_config)
        except DamagedError:
            raise
        except (LabError, TypeError, AttributeError) as error:
            raise DamagedError(f"The configuration of run {self.id} is damaged: {error}") from error

    def status(self) -> dict[str, Any]:
        return read_json(self.directory / STATUS)

    def backend(self) -> str:
        """Who writes the run: `thread` of an app, `process`, `torchrun`; empty where unknown."""
        try:
            return str(self.status().get("backend") or "")
        except DamagedError:
            return ""

    def name(self) -> str:
        """The name that the user gave last; renaming never touches config.json."""
        try:
            return (self.directory / NAME).read_text(encoding="utf-8").strip() or self.id
        except (OSError, UnicodeDecodeError):
            return str(self.raw_config.get("name") or self.id)

    def info(self) -> RunInfo:
        """Never raises: a run that cannot be read is `damaged`, with the reason in `error`."""
        try:
            return self._read_info()
        except (DamagedError, OSError, TypeError, ValueError) as error:
            return RunInfo(
                id=self.id, name=self.id, kind="?", state=RunState.DAMAGED, reason=str(error),
                step=0, steps=0, created=self._mtime(), val_loss=None, best_step=None,
                parent=None, example=self.is_example,
                directory=self.directory, error=str(error),
            )  # fmt: skip

    def _read_info(self) -> RunInfo:
        config, status = self.config, self.status()
        problem = status.get("error") or {}
        state, reason = true_state(status), status.get("reason")
        if state == RunState.INTERRUPTED:
            reason = why_interrupted(status)
        return RunInfo(
            id=self.id,
            name=self.name(),
            kind=config.kind,
            state=state,
            reason=reason,
            step=int(status.get("step") or 0),
            steps=config.train.steps,
            created=float(self.raw_config.get("created") or self._mtime()),
            val_loss=status.get("val_loss"),
            best_step=status.get("best_step"),
            parent=config.parent,
            example=self.is_example,
            directory=self.directory,
            error=problem.get("message"),
            phase=status.get("phase"),
            waiting=status.get("state") == RunState.QUEUED and bool(status.get("waiting")),
            hopeless=problem.get("type") == ShortTextError.__name__,
        )

    def _mtime(self) -> float:
        try:
            return self.directory.stat().st_mtime
        except OSError:
            return 0.0

    def metrics(self) -> MetricsReader:
        """A reader that has read everything so far; call its `refresh` for more."""
        reader = MetricsReader(self.directory / METRICS)
        reader.refresh()
        return reader

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        events = read_events(self.directory / EVENTS)
        return events if kind is None else [one for one in events if one.get("type") == kind]

    def result(self) -> dict[str, Any] | None:
        """The newest `result` event: `test` scores and `baselines` on the same split."""
        results = self.events("result")
        return results[-1] if results else None

    def predictions(self) -> list[dict[str, Any]]:
        """The test split row by row: text, label, predicted, probability."""
        return LineTail(self.directory / PREDICTIONS).read_new()

    def checkpoints(self) -> list[Checkpoint]:
        return checkpoint_index.list_checkpoints(self.directory / CHECKPOINTS)

    def checkpoint(self, which: str = "best") -> Checkpoint:
        """`best`, `latest` or a step number. Raises LabError where there is none such."""
        found = self.checkpoints()
        if not found:
            raise LabError(
                f"Run {self.id} has no checkpoint yet: wait for its first one or start it again."
            )
        if which == "latest":
            return found[-1]
        if which == "best":
            return checkpoint_index.best(found) or found[-1]
        for one in found:
            if str(one.step) == which:
                return one
        steps = ", ".join(str(one.step) for one in found)
        raise LabError(f"Run {self.id} has no checkpoint at step {which}: it has {steps}.")

    def stored_data(self) -> Path | None:
        """The user's own text or table that this run keeps a copy of."""
        return _only_file(self.directory / DATA)

    def stored_validation(self) -> Path | None:
        """The user's own text to validate on that this run keeps a copy of."""
        return _only_file(self.directory / VALIDATION_DATA)


def _only_file(folder: Path) -> Path | None:
    files = sorted(one for one in folder.glob("*") if not one.name.startswith("."))
    return files[0] if files else None
