"""Work that outlives a click: a job in a daemon thread, and a book of the jobs of one kind.

Python joins threads that are no daemons before it runs atexit hooks, which would hang the server.
A daemon thread that is still inside torch during interpreter shutdown may crash it, and a run
would lose its last checkpoint. So one hook, `stop_all`, asks every job to stop and waits for it.
"""

import atexit
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, ClassVar, Generic, Self, TypeVar

from llmcore.device import lower_priority_of_this_thread
from llmcore.errors import LabError

log = logging.getLogger(__name__)
EXIT_SECONDS = 3.0
ENDED = ("done", "stopped", "failed")
T = TypeVar("T")


class Stopped(Exception):
    """Raised by work that was asked to stop: a job then has no result, an experiment keeps the
    cells that are done."""


class Job(Generic[T]):
    """Work in a daemon thread: a subclass says what it does in `work`.

    Pages read its fields while it runs, so each changes by one assignment. state: "new", then
    "running" (or the name of a phase, which the work sets), then one of ENDED.
    """

    first_state: ClassVar[str] = "running"
    low_priority: ClassVar[bool] = True  # Linux: pages stay quick beside it

    def __init__(self, thread_name: str) -> None:
        self.thread_name = thread_name
        self.state = "new"
        self.result: T | None = None
        self.error: str | None = None  # one sentence
        self._share = 0.0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._start_lock = threading.Lock()
        self._started = self._finished = 0.0
        self._at_end: Callable[[], None] | None = None

    def work(self) -> T:
        """Runs in the thread. Raises Stopped if it was asked to stop and gave up; the message
        of a LabError becomes `error`."""
        raise NotImplementedError

    def fault(self, error: Exception) -> str:
        """The sentence for an error that is the lab's own; its traceback goes to the log."""
        return "It ended by a fault of the lab; the details are in the terminal."

    def start(self) -> Self:
        """Begins, or begins again if it has ended; nothing while it runs or once stopped."""
        with self._start_lock:
            if not self.is_live and not self.stopping:
                self.state, self._started = self.first_state, time.monotonic()
                self._thread = threading.Thread(
                    target=self._main, name=self.thread_name, daemon=True
                )
                self._thread.start()
        return self

    def stop(self) -> None:
        """Asks it to end, which it does the next time its work looks."""
        self._stop.set()

    def leave(self) -> None:
        """As `stop`, when the lab ends and nobody waits for what was made so far."""
        self.stop()

    def wait(self, timeout: float | None = None) -> bool:
        """Whether its thread has ended (or never began) after at most `timeout` seconds."""
        thread = self._thread
        if thread is None:
            return True
        thread.join(timeout)
        return not thread.is_alive()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED

    @property
    def is_live(self) -> bool:
        return self.state != "new" and not self.has_ended

    @property
    def share(self) -> float:
        """Done so far, 0 to 1."""
        return self._share

    @property
    def seconds(self) -> float:
        """From the start to the end, or to now."""
        return (self._finished if self.has_ended else time.monotonic()) - self._started

    def _main(self) -> None:
        if self.low_priority:
            lower_priority_of_this_thread()
        end = "failed"
        try:
            self.result = self.work()
            end = "done"
        except Stopped:
            end = "stopped"
        except LabError as error:
            log.info("%s: %s", self.thread_name, error)
            self.error = str(error)
        except Exception as error:
            log.exception("%s ended with an error", self.thread_name)
            self.error = self.fault(error)
        finally:
            self._finished = time.monotonic()
            self.state = end  # the last assignment: whoever sees it finds the rest in place
            if self._at_end is not None:
                self._at_end()


K = TypeVar("K", bound=Hashable)
J = TypeVar("J", bound=Job[Any])


class Jobs(Generic[K, J]):
    """The jobs of one kind in this process by their keys, the newest last; for many threads.

    limit: of those that have ended, the older ones beyond it are forgotten; with `gives_way`, of
    all, and those that still run are stopped. forgotten: called by `stop_all`, when all are gone.
    lock: hold it around a look and an `add` that belong together.
    """

    def __init__(
        self,
        limit: int,
        gives_way: bool = False,
        exit_seconds: float = EXIT_SECONDS,
        forgotten: Callable[[], None] | None = None,
    ) -> None:
        self.limit, self.gives_way, self.exit_seconds = limit, gives_way, exit_seconds
        self.lock = threading.RLock()
        self._forgotten = forgotten
        self._jobs: OrderedDict[K, J] = OrderedDict()
        _books.append(self)

    def get(self, key: K) -> J | None:
        with self.lock:
            return self._jobs.get(key)

    def live(self) -> dict[K, J]:
        """Those at work, the oldest first."""
        with self.lock:
            return {key: job for key, job in self._jobs.items() if job.is_live}

    def add(self, key: K, job: J) -> J:
        """Puts a job last, in the place of an older one of that key. Starts nothing."""
        with self.lock:
            self._jobs.pop(key, None)
            self._jobs[key] = job
            job._at_end = self._forget
            self._forget()
        return job

    def stop_all(self, timeout: float | None = None) -> None:
        """Asks all to stop, waits for them together (`exit_seconds` if no time is given) and
        forgets them."""
        self.ask_all_to_stop()
        self.await_all(time.monotonic() + (self.exit_seconds if timeout is None else timeout))

    def ask_all_to_stop(self) -> None:
        with self.lock:
            for job in self._jobs.values():
                job.leave()

    def await_all(self, deadline: float) -> None:
        """Waits until `deadline` of time.monotonic() at most, then forgets all."""
        with self.lock:
            jobs = list(self._jobs.values())
        for job in jobs:  # without the lock, which each takes at its end
            job.wait(max(0.0, deadline - time.monotonic()))
        with self.lock:
            self._jobs.clear()
        if self._forgotten is not None:
            self._forgotten()

    def _forget(self) -> None:
        with self.lock:
            old = [key for key, job in self._jobs.items() if self.gives_way or job.has_ended]
            for key in old[: max(0, len(old) - self.limit)]:
                self._jobs.pop(key).stop()


_books: list[Jobs[Any, Any]] = []


def stop_all() -> None:
    """Asks every job of this process to stop and waits for them all (at exit, and for tests)."""
    began = time.monotonic()
    for book in _books:
        book.ask_all_to_stop()
    for book in sorted(_books, key=lambda book: book.exit_seconds):
        book.await_all(began + book.exit_seconds)


atexit.register(stop_all)
