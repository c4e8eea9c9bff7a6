"""Runs: a run is a directory, and its files are the interface. Listing imports no torch, and no
numpy either."""

from typing import TYPE_CHECKING, Any

from llmcore.runs.run import Run
from llmcore.runs.state import RunInfo, RunState
from llmcore.runs.store import RunStore, open_run

if TYPE_CHECKING:
    from llmcore.runs.metrics import MetricsReader

__all__ = ["MetricsReader", "Run", "RunInfo", "RunState", "RunStore", "open_run"]


def __getattr__(name: str) -> Any:
    """`from llmcore.runs import MetricsReader`, without numpy for those who do not."""
    if name == "MetricsReader":
        from llmcore.runs.metrics import MetricsReader

        return MetricsReader
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
