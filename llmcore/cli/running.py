"""Runs in the foreground: where their directory is, what they print while they train."""

import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from llmcore.cli.output import number, say
from llmcore.config import DataConfig, RunConfig
from llmcore.device import torchrun_place
from llmcore.errors import LabError
from llmcore.files import remove_tree
from llmcore.kinds import experiment_of
from llmcore.runs import Run, RunInfo, RunStore, open_run

LINE_SECONDS = 5.0
AcceptChanged = Annotated[
    bool,
    typer.Option(
        "--accept-changed-data",
        help="resume also where the data has changed since; the best model is chosen again",
    ),
]


def own_copy(source: str, builtin: bool) -> tuple[str, bytes | None]:
    """What a run calls its data, and the bytes of the user's file for its directory.

    A built-in name has no bytes. A file is copied into the run, so that the run can be resumed
    after the file changed; one beyond COPIED_BYTES is named by its absolute path instead.
    """
    path = Path(source).expanduser()
    if builtin or not path.is_file():
        return source, None
    from llmcore.runs.data_record import COPIED_BYTES

    if path.stat().st_size > COPIED_BYTES:
        return str(path.resolve()), None
    return path.name, path.read_bytes()


@dataclass(frozen=True, slots=True)
class OwnTable:
    """Labelled data of a run: what the run calls it and how it is read, the bytes for the run's
    directory (None if it is read where it is), and the report on what they were made of."""

    data: DataConfig
    table: bytes | None
    reading: dict[str, Any] | None = None


def own_table(data: DataConfig, builtin: bool) -> OwnTable:
    """`own_copy` for labelled data: a folder, an archive or a sample becomes one JSONL table."""
    from llmcore.data.chosen import read_labelled
    from llmcore.data.labelled import archive_at, as_table

    if builtin or (data.sample is None and archive_at(data.source) is None):
        name, table = own_copy(data.source, builtin)
        return OwnTable(replace(data, source=name), table)
    labelled = read_labelled(data, None)
    assert labelled.report is not None
    for notice in labelled.notices:
        say(notice)
    name, table = as_table(labelled)
    read = DataConfig(name, "text", "label", keep_spellings=True, keep_markup=True,
                      balance=data.balance)  # fmt: skip
    return OwnTable(read, table, labelled.report.to_dict())


def is_builtin_corpus(source: str) -> bool:
    """Whether `source` is a built-in corpus or a mix `a+b` of them, rather than a file."""
    from llmcore.data import CORPORA

    return all(part.strip() in CORPORA for part in source.split("+"))


def run_here(
    config: RunConfig, run_dir: Path | None, data: bytes | None, tensorboard: bool = False,
    said: Collection[str] = (),
) -> Run:  # fmt: skip
    """Trains in this process until the end or Ctrl-C, and returns the run.

    tensorboard: writes event files into the run's directory, too. said: notices that were printed
    already; the run keeps them, and they are not printed again.

    A new run that fails before its first step leaves no directory behind.
    """
    _follow_the_first()
    directory = new_directory(config.name, run_dir)
    with _listeners(directory, config.kind, config.train.steps, tensorboard, said) as listener:
        say(f"Run {reference(directory)}")
        return _run_new(directory, config, data, listener)


def _run_new(directory: Path, config: RunConfig, data: bytes | None, listener: "Listener") -> Run:
    from llmcore.execution.launch import run_foreground

    try:
        run_foreground(directory, config, data, listener)
    except Exception:
        if Run(directory).info().step == 0:
            remove_tree(directory)
        raise
    return finished(directory)


def resume_here(name: str, tensorboard: bool = False, accept_changed: bool = False) -> Run:
    """Goes on with a run in this process (accept_changed: also if its data has changed), and
    with its TensorBoard log if it has one."""
    from llmcore.execution.launch import run_foreground

    _follow_the_first()
    run = open_run(name)
    info = run.info()
    with _listeners(run.directory, info.kind, info.steps, tensorboard) as listener:
        say(f"Run {reference(run.directory)}")
        run_foreground(run.directory, on_record=listener, accept_changed=accept_changed)
    return finished(run.directory)


Listener = Callable[[dict[str, Any]], None]


@contextmanager
def _listeners(
    directory: Path, kind: str, steps: int, tensorboard: bool, said: Collection[str] = ()
) -> Iterator[Listener]:
    """Who gets each record: the progress lines, and TensorBoard if it is asked for."""
    progress = Progress(kind, steps, said)
    from llmcore.runs.tensorboard import TensorBoardLog, continued_log

    events = TensorBoardLog(directory) if tensorboard else continued_log(directory)
    if events is None:
        yield progress
        return

    def both(record: dict[str, Any]) -> None:
        progress(record)
        events(record)

    try:
        yield both
    finally:
        events.close()


def _follow_the_first() -> None:
    """Under torchrun, every process but the first trains along, prints nothing, and ends here."""
    from llmcore.execution.launch import follow_foreground

    rank, _, _ = torchrun_place()
    if rank > 0:
        follow_foreground()
        raise SystemExit(0)


def finished(directory: Path) -> Run:
    run = Run(directory)
    info = run.info()
    if info.error:
        raise LabError(f"Run {info.id} {info.state}: {info.error}")
    return run


def new_directory(name: str, run_dir: Path | None) -> Path:
    """Where a new run called `name` lives. Raises LabError if `run_dir` is taken."""
    if run_dir is None:
        store = RunStore()
        return store.directory(store.mint_id(name))
    directory = run_dir.expanduser().resolve()
    if directory.exists() and not directory.is_dir():
        raise LabError(f"{directory} is a file: give --run-dir a new or empty folder.")
    if directory.is_dir() and any(directory.iterdir()):
        raise LabError(
            f"{directory} is not empty: give --run-dir a new folder, or resume the run in it."
        )
    return directory


def reference(directory: Path) -> str:
    """How an answer names a run: its id among the lab's runs, else its absolute path."""
    info_root = RunStore().root
    ours = directory.parent == info_root or Run(directory).is_example
    return directory.name if ours else str(directory)


class Progress:
    """Prints a line on standard error for each evaluation, each notice, and every few seconds."""

    def __init__(self, kind: str, steps: int, said: Collection[str] = ()) -> None:
        experiment = experiment_of(kind)
        self.steps = steps
        self._part = None if experiment is None else experiment.load("line")
        self._said = frozenset(said)
        self._printed = time.monotonic()
        self._started: tuple[int, float] | None = None
        self._train: dict[str, Any] = {}

    def __call__(self, record: dict[str, Any]) -> None:
        if record.get("type") in {"notice", "warning"}:
            if (text := str(record.get("text", ""))) not in self._said:
                say(text)
        elif self._part is not None and (line := self._part(record)) is not None:
            say(f"{record['step']}/{self.steps}  {line}")
        elif record.get("split") == "train":
            self._train = record
            self._started = self._started or (record["step"], time.monotonic())
            if time.monotonic() - self._printed >= LINE_SECONDS:
                self._line(None)
        elif record.get("split") == "val":
            self._line(record.get("loss"))

    def _line(self, val_loss: float | None) -> None:
        step = self._train.get("step", 0)
        parts = [f"step {step}/{self.steps}", f"train loss {number(self._train.get('loss'))}"]
        if val_loss is not None:
            parts.append(f"validation loss {val_loss:.3f}")
        if (speed := self._train.get("tokens_per_s")) is not None:
            parts.append(f"{speed:,.0f} tokens/s")
        if self._started and step > self._started[0]:
            first, since = self._started
            left = (time.monotonic() - since) / (step - first) * (self.steps - step)
            parts.append(f"{int(left) // 60}:{int(left) % 60:02d} left")
        say("  ".join(parts))
        sys.stderr.flush()
        self._printed = time.monotonic()


def summary(info: RunInfo) -> str:
    """One line about a run that has ended."""
    return f"{reference(info.directory)}: {info.state} at step {info.step} of {info.steps}"
