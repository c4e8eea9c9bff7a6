"""Tokenizers that train in a thread while a page watches; a handle each, held by this process.

Nothing of a training is on disk before it ends: with the app it is gone, and takes seconds to
do again. What was trained is saved by its name (`llmcore.tokenizers.store`).
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from llmcore.errors import LabError
from llmcore.tokenizers.bpe import MIN_VOCAB_SIZE, Recipe, Training
from llmcore.tokenizers.store import free_name, save_trained

log = logging.getLogger(__name__)

MAX_JOBS = 8  # finished ones beyond this are forgotten
UNEXPECTED = "The training ended by a fault of the lab; the details are in the terminal."


class TokenizerJob:
    """One training in its own thread. All that a page reads changes by single assignments."""

    def __init__(
        self, recipe: Recipe, name: str, corpus: str, read: Callable[[], Sequence[str]]
    ) -> None:
        """read: gives the documents; it is called in the thread, since it may take a while."""
        self.training = Training(recipe)
        self.name, self.corpus = name, corpus
        self.state = "reading"  # cutting, merging, saving, then done or failed
        self.error: str | None = None
        self.slug: str | None = None  # of the saved tokenizer
        self.n_characters = 0
        self._read = read
        self._stop = threading.Event()
        self._started = time.monotonic()
        self._ended: float | None = None
        self._thread = threading.Thread(target=self._work, name=f"train-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the merging after the present merge; what was learned by then is saved."""
        self._stop.set()

    def join(self, timeout: float | None = None) -> None:
        self._thread.join(timeout)

    @property
    def is_live(self) -> bool:
        return self.state not in {"done", "failed"}

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    @property
    def seconds(self) -> float:
        return (self._ended or time.monotonic()) - self._started

    @property
    def share(self) -> float:
        """Of the present phase, 0 to 1."""
        training = self.training
        if training.n_bytes:
            n_merges = training.recipe.vocab_size - MIN_VOCAB_SIZE
            return min(1.0, len(training.merges) / max(1, n_merges))
        return min(1.0, training.n_read / max(1, self.n_characters))

    def _work(self) -> None:
        from llmcore.device import lower_priority_of_this_thread

        lower_priority_of_this_thread()
        try:
            documents = self._read()
            self.n_characters = sum(map(len, documents))
            self.state = "cutting"
            self.training.run(documents, self._asked_to_stop)
            self.state = "saving"
            saved = save_trained(self.training, free_name(self.name), self.corpus, self.seconds)
            self.slug, end = saved.slug, "done"
        except LabError as error:
            self.error, end = str(error), "failed"
        except Exception:
            log.exception("training the tokenizer %s failed", self.name)
            self.error, end = UNEXPECTED, "failed"
        self._ended = time.monotonic()
        self.state = end

    def _asked_to_stop(self) -> bool:
        """Called after every merge; notes that merging has begun."""
        self.state = "merging"
        return self._stop.is_set()


_jobs: "OrderedDict[str, TokenizerJob]" = OrderedDict()
_lock = threading.Lock()


def start(
    job_id: str, recipe: Recipe, name: str, corpus: str, read: Callable[[], Sequence[str]]
) -> TokenizerJob:
    """Starts a training once for an id, however often it is called.

    Raises LabError, before anything starts, for a name that cannot be.
    """
    with _lock:
        if job_id not in _jobs:
            _jobs[job_id] = TokenizerJob(recipe, free_name(name), corpus, read)
            _jobs[job_id].start()
            for old in [key for key, one in _jobs.items() if not one.is_live][:-MAX_JOBS]:
                del _jobs[old]
        return _jobs[job_id]


def job(job_id: str | None) -> TokenizerJob | None:
    with _lock:
        return _jobs.get(job_id) if job_id else None


def live_jobs() -> dict[str, TokenizerJob]:
    """Those that train now, the oldest first."""
    with _lock:
        return {key: one for key, one in _jobs.items() if one.is_live}
