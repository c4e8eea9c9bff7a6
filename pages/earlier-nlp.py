"""LLM vs earlier NLP: one model and many tasks against one model a task, measured here."""

from ui.earlier_nlp import VIEWS
from ui.page import code_behind, guarded, header
from ui.views import chosen_view
from ui.warm import warm_up

PYTHON = """
from llmcore.runs import RunStore, launch
from llmcore.runs.compare_cells import Comparison
from llmcore.runs.plan_tables import plan_comparison, plan_diverse

store = RunStore()
directory = store.directory(store.mint_id("compare"))
launch.run_foreground(directory, plan_comparison("base", quick=True))
for cell in Comparison(store.open(directory.name)).cells.values():
    print(cell.task, cell.model, cell.score, cell.seconds, cell.n_bytes)
"""
CLI = """
python -m llmcore compare-nlp --quick
python -m llmcore diverse-data --quick
"""

header(
    "LLM vs earlier NLP",
    "Earlier models were designed for one task each and could not, for instance, write an e-mail; "
    "one language model does many things. Look at where the older, smaller model is better.",
)
with guarded():
    VIEWS[chosen_view("earlier_nlp_view", VIEWS)].show()
code_behind(PYTHON, CLI)
warm_up(delay=4.0)
