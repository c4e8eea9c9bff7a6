"""Which weights of a run are used if it is named alone: those of its best checkpoint."""

from typing import TYPE_CHECKING

from llmcore.runs.run import Run
from llmcore.train import checkpoint_index

if TYPE_CHECKING:
    from llmcore.runs.metrics import MetricsReader


def used_step(run: Run) -> int | None:
    """The step whose weights load under the run's name; None before its first checkpoint."""
    best = checkpoint_index.best(run.checkpoints())
    return best.step if best else None


def step_words(used: int, last: int) -> str:
    """The step that is used of a run that came to `last` steps.

    >>> step_words(60, 150), step_words(150, 150)
    ('step 60, the best of 150', 'step 150')
    """
    return f"step {used:,}, the best of {last:,}" if used < last else f"step {used:,}"


def used_words(run: Run) -> str:
    """`step_words` of a run as it is on disk; empty before its first checkpoint."""
    used = used_step(run)
    return "" if used is None else step_words(used, run.info().step)


def steps_without_loss(metrics: "MetricsReader") -> list[int]:
    """Logged steps whose train or validation loss was NaN or infinite: null on disk."""
    missing: set[int] = set()
    for split in ("train", "val"):
        logged, _ = metrics.clock(split)
        missing |= set(logged.tolist()) - set(metrics.arrays(split, "loss")[0].tolist())
    return sorted(missing)


def is_broken(run: Run, metrics: "MetricsReader") -> bool:
    """Whether the weights in use are of a step at which the loss was no number any more. A run of
    today ends before; older ones ended as if all were well."""
    lost, used = steps_without_loss(metrics), used_step(run)
    return bool(lost) and used is not None and used >= lost[0]
