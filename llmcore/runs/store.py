"""All runs of this lab: those of LLMLAB_HOME, and the bundled examples (read-only)."""

import secrets
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from llmcore import paths
from llmcore.config import SCHEMA_KEY
from llmcore.errors import DamagedError, LabError, NotFoundError, StateError
from llmcore.files import remove_tree, write_text_atomic
from llmcore.runs.run import CONFIG, NAME, RUN_ID, Run
from llmcore.runs.state import RunInfo
from llmcore.schema import replace_surrogates
from llmcore.train.control import read_control, write_control

MAX_NAME_LENGTH = 80


class RunStore:
    """The runs below `root` (default: LLMLAB_HOME/runs) and the bundled ones."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = (root or paths.runs_dir()).resolve()

    @staticmethod
    def mint_id(name: str) -> str:
        """`<yyyymmdd-hhmmss>-<slug>-<6 hex>`: sorts by time and never meets another."""
        stamp = time.strftime("%Y%m%d-%H%M%S")
        return f"{stamp}-{paths.slug(name)}-{secrets.token_hex(3)}"

    def directory(self, run_id: str) -> Path:
        """Where a new run of this id lives."""
        if not RUN_ID.fullmatch(run_id):
            raise LabError(f"{run_id!r} is not a run id: copy it from the list of runs.")
        return paths.child_of(self.root, run_id)

    def open(self, run_id: str) -> Run:
        """Raises NotFoundError for an id that is neither here nor bundled."""
        for root in (self.root, *paths.example_roots()):
            try:
                directory = paths.child_of(root, run_id)
            except LabError:
                break
            if directory.is_dir():
                return Run(directory)
        raise NotFoundError(f"There is no run {run_id!r}: it may have been deleted or renamed.")

    def info(self, run_id: str) -> RunInfo:
        return self.open(run_id).info()

    def list(self) -> list[RunInfo]:
        """Newest first; the bundled examples come last."""
        own = _told_apart([Run(folder).info() for folder in _folders(self.root)])
        examples = [
            Run(folder).info() for root in paths.example_roots() for folder in _folders(root)
        ]
        return sorted(own, key=lambda info: info.created, reverse=True) + examples

    def anything_trains(self) -> bool:
        """Whether a run has the machine now; one that waits in the queue does not count."""
        return any(info.trains for info in self.list())

    def anything_live(self) -> bool:
        """Whether a run trains or waits for its turn: a further one goes to the queue's end."""
        return any(info.is_live for info in self.list())

    def rename(self, run_id: str, name: str) -> None:
        """Sets the shown name (at most 80 characters); the directory keeps its id."""
        run, cleaned = self.open(run_id), " ".join(name.split())
        if run.is_example:
            raise StateError("The example runs that come with the lab cannot be renamed.")
        if not cleaned or len(cleaned) > MAX_NAME_LENGTH:
            raise LabError(
                f"A run's name has 1 to {MAX_NAME_LENGTH} characters, but this one has "
                f"{len(cleaned)}: choose a shorter one."
                if cleaned
                else "A run's name cannot be empty: type at least one character."
            )
        write_text_atomic(run.directory / NAME, cleaned + "\n")

    def delete(self, run_id: str) -> None:
        """Removes a run's directory. Raises StateError for a live or bundled one, LabError for a
        directory that is not a run of this lab. One that is already gone raises NotFoundError."""
        delete_run(self.open(run_id))

    def request_stop(self, run_id: str) -> None:
        """Asks a live run to save and stop; it does so before its next step."""
        write_control(self._live(run_id, "stop").directory, "stop")

    def request_pause(self, run_id: str) -> None:
        """Asks a live run to save and wait in place, its model in memory."""
        write_control(self._live(run_id, "pause").directory, "pause")

    def request_continue(self, run_id: str) -> None:
        """Lets a paused run go on. Raises StateError for one that is not paused."""
        info = self._live(run_id, "continue")
        if read_control(info.directory)["state"] != "pause":
            raise StateError(f"Run {run_id} is {info.state}, not paused.")
        write_control(info.directory, "run")

    def request_save(self, run_id: str) -> None:
        """Asks a live run for a checkpoint before its next step."""
        write_control(self._live(run_id, "save").directory, save=True)

    def set_learning_rate(self, run_id: str, peak: float) -> None:
        """Gives a live run's schedule another peak, from its next step on."""
        info = self._live(run_id, "change")
        if Run(info.directory).config.reads_layers:
            raise StateError(f"Run {run_id} is a probe: it is solved, and has no learning rate.")
        write_control(info.directory, learning_rate=peak)

    def _live(self, run_id: str, verb: str) -> RunInfo:
        info = self.info(run_id)
        if not info.is_live:
            raise StateError(f"Run {run_id} is {info.state}, so there is nothing to {verb}.")
        if info.waiting:
            raise StateError(f"Run {run_id} still waits: take it out of the queue instead.")
        return info


def delete_run(run: Run) -> None:
    info = run.info()
    if info.example:
        raise StateError("The example runs that come with the lab cannot be deleted.")
    if info.is_live:
        raise StateError(f"Run {run.id} is {info.state}: stop it first, then delete it.")
    try:
        ours = SCHEMA_KEY in run.raw_config
    except DamagedError:
        # A run whose config.json is unreadable is known by its place and its name.
        ours = run.directory.parent == paths.runs_dir() and bool(RUN_ID.fullmatch(run.id))
    if not ours:
        raise LabError(f"{run.directory} is not a run of this lab, so it is not deleted.")
    remove_tree(run.directory)


def open_run(reference: str, store: RunStore | None = None) -> Run:
    """A run by id, or by the path of its own directory (the CLI's RUN)."""
    store = store or RunStore()
    try:
        return store.open(reference)
    except NotFoundError:
        directory = Path(reference).expanduser()
        if (directory / CONFIG).is_file():
            return Run(directory.resolve())
        raise


def _told_apart(infos: list[RunInfo]) -> list[RunInfo]:
    """Runs of one name and one second get a mark, so that no two read alike in a menu."""
    n_runs = Counter((info.name, info.began) for info in infos)
    return [
        replace(info, mark=info.id[-6:]) if n_runs[info.name, info.began] > 1 else info
        for info in infos
    ]


def _folders(root: Path) -> list[Path]:
    """Hidden ones are at work; what has no name in UTF-8 is none of ours and cannot be shown."""
    try:
        return sorted(
            path for path in root.iterdir()
            if path.is_dir() and not path.name.startswith(".")
            and path.name == replace_surrogates(path.name)
        )  # fmt: skip
    except OSError:
        return []
