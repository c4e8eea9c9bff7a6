"""Runs: everything that was trained here, and what can be done with it."""

from ui.page import code_behind, guarded, header
from ui.runs.body import show
from ui.runs.code import CLI, PYTHON

header(
    "Runs",
    "Every training run is a folder of plain files, and this is the list of them. Look at "
    "**came from**: it tells which model a classifier grew out of. Choose a run to open, "
    "rename, resume or delete it.",
)
with guarded():
    show()
code_behind(PYTHON, CLI)
