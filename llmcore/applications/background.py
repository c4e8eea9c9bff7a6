"""A measurement in a thread of its own, while a page watches; a handle each in this process.

What it finds is kept in the lab's cache. With the app it is gone, and can be asked for again.
"""

import atexit
import logging
import threading
from collections import OrderedDict

from llmcore.applications.figures import Figure, keep_own
from llmcore.applications.jobs import Job
from llmcore.errors import LabError

log = logging.getLogger(__name__)
QUICK_ROWS = 60  # that a page measures: a minute or so on two cores
MAX_KEPT = 24  # ended ones beyond this are forgotten
EXIT_SECONDS = 3.0
UNEXPECTED = "The measurement ended by a fault of the lab; the details are in the terminal."


class Measurement:
    """One model at one job. All that a page reads changes by single assignments."""

    def __init__(self, job: Job, ref: str, n: int) -> None:
        self.job, self.ref, self.n = job, ref, n
        self.state = "running"  # then done, stopped or failed
        self.share = 0.0  # done so far
        self.figure: Figure | None = None
        self.error: str | None = None
        self._leave = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"measure-{job.name}", daemon=True)

    @property
    def live(self) -> bool:
        return self.state == "running"

    def stop(self) -> None:
        """Asks it to end, which it does after the rows that it is at."""
        self._leave.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Whether it has ended after at most `timeout` seconds."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _work(self) -> None:
        from llmcore.applications.measuring import Stopped, measure
        from llmcore.device import lower_priority_of_this_thread

        lower_priority_of_this_thread()
        end = "failed"
        try:
            self.figure = measure(self.job, self.ref, self.n, self._told, self._leave.is_set)
            keep_own(self.figure)
            end = "done"
        except Stopped:
            end = "stopped"
        except (LabError, OSError) as error:
            self.error = str(error)
        except Exception:
            log.exception("measuring %s at %s failed", self.ref, self.job.name)
            self.error = UNEXPECTED
        self.state = end

    def _told(self, share: float) -> None:
        self.share = share


_running: "OrderedDict[tuple[str, str], Measurement]" = OrderedDict()
_lock = threading.Lock()


def start_measuring(job: Job, ref: str, n: int = QUICK_ROWS) -> Measurement:
    """Starts to measure, or returns the measurement of this job and model that is under way."""
    with _lock:
        known = _running.get((job.name, ref))
        if known is not None and known.live:
            return known
        made = _running[job.name, ref] = Measurement(job, ref, n)
        _running.move_to_end((job.name, ref))
        for old in [key for key, one in _running.items() if not one.live][:-MAX_KEPT]:
            del _running[old]
        made._thread.start()
        return made


def measurement(job: Job, ref: str) -> Measurement | None:
    """The newest measurement of this job and model in this process."""
    with _lock:
        return _running.get((job.name, ref))


def stop_all_measurements(timeout: float = EXIT_SECONDS) -> None:
    """Asks all to end and waits for them; forgets them."""
    with _lock:
        known = list(_running.values())
        _running.clear()
    for one in known:
        one.stop()
    for one in known:
        one.wait(timeout)


# A daemon thread inside torch while the interpreter takes itself apart may crash it.
atexit.register(stop_all_measurements)
