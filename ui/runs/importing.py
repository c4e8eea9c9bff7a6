"""Importing a GPT-2 in the background: a click elsewhere does not stop the download."""

import logging
import threading
from dataclasses import dataclass, field

from llmcore.errors import LabError
from ui.page import UNEXPECTED

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class ImportJob:
    """What a page shows of one import. Its own thread writes it; readers see whole values."""

    source: str
    file: str = ""
    done: int = 0
    total: int | None = None
    run_id: str | None = None
    notices: list[str] = field(default_factory=list)
    difference: float | None = None
    error: str | None = None

    @property
    def is_live(self) -> bool:
        return self.run_id is None and self.error is None

    @property
    def share(self) -> float:
        """Of the file that arrives now."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    def progress(self, file: str, done: int, total: int | None) -> None:
        self.file, self.done, self.total = file, done, total


_lock = threading.Lock()
_newest: ImportJob | None = None


def newest_import() -> ImportJob | None:
    """The import that was begun last on this server, by whatever tab."""
    return _newest


def begin_import(source: str) -> None:
    """Starts an import and returns at once; while one is under way, nothing happens."""
    global _newest
    with _lock:
        if _newest is not None and _newest.is_live:
            return
        _newest = ImportJob(source.strip())
        threading.Thread(target=_work, args=(_newest,), name="import", daemon=True).start()


def _work(job: ImportJob) -> None:
    try:
        from llmcore.convert.import_gpt2 import import_gpt2, locate
        from llmcore.runs import RunStore

        foreign = locate(job.source, job.progress)
        job.progress("", 0, None)
        store = RunStore()
        made = import_gpt2(foreign, store.directory(store.mint_id(foreign.name)))
        job.notices, job.difference = made.notices, made.max_abs_logit_difference
        job.run_id = made.run.id
    except LabError as error:
        job.error = str(error)
    except Exception:
        logger.exception("the import of %s failed", job.source)
        job.error = UNEXPECTED
