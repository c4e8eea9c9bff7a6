"""Runs: a run is a directory, and its files are the interface. Listing imports no torch."""

from llmcore.runs.reader import MetricsReader
from llmcore.runs.run import Run
from llmcore.runs.state import RunInfo, RunState
from llmcore.runs.store import RunStore, open_run

__all__ = ["MetricsReader", "Run", "RunInfo", "RunState", "RunStore", "open_run"]
