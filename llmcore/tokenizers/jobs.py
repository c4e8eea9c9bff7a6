"""Tokenizers that train in a thread while a page watches; a handle each, held by this process.

Nothing of a training is on disk before it ends: with the app it is gone, and takes seconds to
do again. What was trained is saved by its name (`llmcore.tokenizers.store`).
"""

from collections.abc import Callable, Sequence
from typing import ClassVar

from llmcore.background import Job, Jobs, Stopped
from llmcore.tokenizers.bpe import MIN_VOCAB_SIZE, Recipe, Training
from llmcore.tokenizers.store import free_name, save_trained

MAX_JOBS = 8  # finished ones beyond this are forgotten


class TokenizerJob(Job[str]):
    """One training in its own thread; the result is the slug of the saved tokenizer. Its phases
    are reading, cutting, merging and saving. Stopping ends the merging after the present merge;
    what was learned by then is saved."""

    first_state: ClassVar[str] = "reading"

    def __init__(
        self, recipe: Recipe, name: str, corpus: str, read: Callable[[], Sequence[str]]
    ) -> None:
        """read: gives the documents; it is called in the thread, since it may take a while."""
        super().__init__(f"train-{name}")
        self.training = Training(recipe)
        self.name, self.corpus = name, corpus
        self.n_characters = 0
        self._read = read
        self._is_kept = True

    def leave(self) -> None:
        """With the lab, an unfinished tokenizer is gone."""
        self._is_kept = False
        self.stop()

    @property
    def share(self) -> float:
        """Of the present phase, 0 to 1."""
        training = self.training
        if training.n_bytes:
            n_merges = training.recipe.vocab_size - MIN_VOCAB_SIZE
            return min(1.0, len(training.merges) / max(1, n_merges))
        return min(1.0, training.n_read / max(1, self.n_characters))

    def work(self) -> str:
        documents = self._read()
        self.n_characters = sum(map(len, documents))
        self.state = "cutting"
        self.training.run(documents, self._asked_to_stop)
        if not self._is_kept:
            raise Stopped
        self.state = "saving"
        name = free_name(self.name)
        return save_trained(self.training, name, self.corpus, self.seconds).slug

    def fault(self, error: Exception) -> str:
        return "The training ended by a fault of the lab; the details are in the terminal."

    def _asked_to_stop(self) -> bool:
        """Called after every merge; notes that merging has begun."""
        self.state = "merging"
        return self.stopping


_jobs: Jobs[str, TokenizerJob] = Jobs(limit=MAX_JOBS)


def start(
    job_id: str, recipe: Recipe, name: str, corpus: str, read: Callable[[], Sequence[str]]
) -> TokenizerJob:
    """Starts a training once for an id, however often it is called.

    Raises LabError, before anything starts, for a name that cannot be.
    """
    with _jobs.lock:
        known = _jobs.get(job_id)
        if known is not None:
            return known
        return _jobs.add(job_id, TokenizerJob(recipe, free_name(name), corpus, read)).start()


def job(job_id: str | None) -> TokenizerJob | None:
    return _jobs.get(job_id) if job_id else None


def live_jobs() -> dict[str, TokenizerJob]:
    """Those that train now, the oldest first."""
    return _jobs.live()
