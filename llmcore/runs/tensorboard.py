"""The numbers of a run for TensorBoard, beside its own files. Needs the package `tensorboard`."""

import logging
from pathlib import Path
from typing import Any

from llmcore.errors import LabError

log = logging.getLogger(__name__)
FOLDER = "tensorboard"
NOT_SCALARS = {"step", "split", "t", "attempt", "v", "nonfinite"}
# TensorBoard draws tags of one prefix together: both losses, then what else one watches.
TAGS = {"lr": "optimizer/learning_rate", "grad_norm": "optimizer/grad_norm"}


def check_tensorboard() -> None:
    """Raises LabError if the package is missing, with the way to get it."""
    try:
        from torch.utils import tensorboard  # noqa: F401
    except ImportError as error:
        raise LabError(
            "--tensorboard needs the package tensorboard: `pip install tensorboard`, or leave "
            "the flag out."
        ) from error


def continued_log(directory: Path) -> "TensorBoardLog | None":
    """For a run that goes on: its log, if it has written one and the package is still there."""
    if not (directory / FOLDER).is_dir():
        return None
    try:
        return TensorBoardLog(directory)
    except LabError as error:
        log.warning("%s goes on without TensorBoard: %s", directory.name, error)
        return None


class TensorBoardLog:
    """Writes event files into RUN/tensorboard from the records that the run's writer takes.

    Call it with each record; close it at the end. A failure to write ends this log, not the run.
    """

    def __init__(self, directory: Path) -> None:
        """Raises LabError if TensorBoard is not installed."""
        check_tensorboard()
        self.directory = directory / FOLDER
        self._writer: Any = None
        self._failed = False

    def __call__(self, record: dict[str, Any]) -> None:
        if self._failed:
            return
        try:
            if "split" in record:
                self._numbers(record)
            elif record.get("type") == "sample":
                self._open(record["step"]).add_text(
                    "sample", _verbatim(f"{record.get('prompt', '')}{record.get('text', '')}"),
                    record["step"],
                )  # fmt: skip
        except OSError:
            self._failed = True
            log.warning("no more events for TensorBoard", exc_info=True)

    def close(self) -> None:
        if self._writer is not None and not self._failed:
            self._writer.close()

    def _numbers(self, record: dict[str, Any]) -> None:
        writer, step, split = self._open(record["step"]), record["step"], record["split"]
        for key, value in record.items():
            if key not in NOT_SCALARS and isinstance(value, (int, float)):
                writer.add_scalar(TAGS.get(key, f"{key}/{split}"), value, step)

    def _open(self, step: int) -> Any:
        """At the first record: what an earlier attempt wrote from that step on is purged."""
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(self.directory), purge_step=step, flush_secs=10)
        return self._writer


def _verbatim(text: str) -> str:
    """As an indented block, since TensorBoard reads texts as Markdown."""
    return "\n".join(f"    {line}" for line in text.splitlines())
