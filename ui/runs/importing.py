"""Importing a GPT-2 in the background: a click elsewhere does not stop the download."""

from typing import ClassVar

from llmcore.background import Job, Jobs, Stopped
from ui.page import UNEXPECTED


class ImportJob(Job[str]):
    """What a page shows of one import; the result is the id of the new run."""

    low_priority: ClassVar[bool] = False

    def __init__(self, source: str) -> None:
        super().__init__("llmlab-import")
        self.source = source
        self.file, self.done = "", 0
        self.total: int | None = None
        self.notices: list[str] = []
        self.difference: float | None = None

    @property
    def share(self) -> float:
        """Of the file that arrives now."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    def progress(self, file: str, done: int, total: int | None) -> None:
        """Raises Stopped if the lab ends, so that no download holds it."""
        if self.stopping:
            raise Stopped
        self.file, self.done, self.total = file, done, total

    def work(self) -> str:
        from llmcore.convert.import_model import import_model, locate
        from llmcore.runs import RunStore

        foreign = locate(self.source, self.progress)
        self.progress("", 0, None)
        store = RunStore()
        made = import_model(foreign, store.directory(store.mint_id(foreign.name)))
        self.notices, self.difference = made.notices, made.max_abs_logit_difference
        return made.run.id

    def fault(self, error: Exception) -> str:
        return UNEXPECTED


_NEWEST = "newest"
_imports: Jobs[str, ImportJob] = Jobs(limit=1)


def newest_import() -> ImportJob | None:
    """The import that was begun last on this server, by whatever tab."""
    return _imports.get(_NEWEST)


def begin_import(source: str) -> None:
    """Starts an import and returns at once; while one is under way, nothing happens."""
    with _imports.lock:
        newest = newest_import()
        if newest is None or not newest.is_live:
            _imports.add(_NEWEST, ImportJob(source.strip())).start()
