"""Importing a model in the background: a click elsewhere does not stop the download."""

import shutil
import tempfile
from pathlib import Path
from typing import ClassVar

from llmcore.background import Job, Jobs, Stopped
from llmcore.paths import cache_dir, slug
from ui.page import UNEXPECTED


class ImportJob(Job[str]):
    """What a page shows of one import; the result is the id of the new run."""

    low_priority: ClassVar[bool] = False

    def __init__(self, source: str, folder: Path | None = None) -> None:
        """folder: its own one, which holds the source, and goes when the import ends."""
        super().__init__("llmlab-import")
        self.source, self._folder = source, folder
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

    @property
    def title(self) -> str:
        """What the person calls it."""
        return Path(self.source).name if self._folder is not None else self.source

    def work(self) -> str:
        try:
            return self._import()
        finally:
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)

    def _import(self) -> str:
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
        if not _is_busy():
            _imports.add(_NEWEST, ImportJob(source.strip())).start()


def begin_import_of_file(name: str, data: bytes | memoryview) -> None:
    """The same for a GGUF file that a browser sent. Raises OSError if it cannot be written."""
    with _imports.lock:
        if _is_busy():
            return
        cache_dir().mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="import-", dir=cache_dir()))
        try:
            path = folder / f"{slug(Path(name).stem)}.gguf"
            path.write_bytes(data)
            _imports.add(_NEWEST, ImportJob(str(path), folder)).start()
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise


def _is_busy() -> bool:
    newest = newest_import()
    return newest is not None and newest.is_live
