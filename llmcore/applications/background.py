"""A measurement in its own thread, while a page watches; a handle each in this process.

What it finds is kept in the lab's cache. With the app it is gone, and can be asked for again.
"""

from llmcore.applications.figures import Figure, keep_own
from llmcore.applications.jobs import Job
from llmcore.background import Job as BackgroundJob
from llmcore.background import Jobs
from llmcore.errors import LabError

QUICK_ROWS = 60  # that a page measures: a minute or so on two cores
MAX_KEPT = 24  # ended ones beyond this are forgotten


class Measurement(BackgroundJob[Figure]):
    """One model at one job; the result is its figure."""

    def __init__(self, job: Job, ref: str, n: int) -> None:
        super().__init__(f"measure-{job.name}")
        self.job, self.ref, self.n = job, ref, n

    def work(self) -> Figure:
        from llmcore.applications.measuring import measure

        try:
            figure = measure(self.job, self.ref, self.n, self._told, self._stop.is_set)
            keep_own(figure)
        except OSError as error:
            raise LabError(str(error)) from error
        return figure

    def fault(self, error: Exception) -> str:
        return "The measurement ended by a fault of the lab; the details are in the terminal."

    def _told(self, share: float) -> None:
        self._share = share


_running: Jobs[tuple[str, str], Measurement] = Jobs(limit=MAX_KEPT)


def start_measuring(job: Job, ref: str, n: int = QUICK_ROWS) -> Measurement:
    """Starts to measure, or returns the measurement of this job and model that is under way."""
    with _running.lock:
        known = measurement(job, ref)
        if known is not None and known.is_live:
            return known
        return _running.add((job.name, ref), Measurement(job, ref, n)).start()


def measurement(job: Job, ref: str) -> Measurement | None:
    """The newest measurement of this job and model in this process."""
    return _running.get((job.name, ref))
