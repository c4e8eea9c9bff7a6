"""LLM vs earlier NLP: one model and many tasks against one model a task, measured here."""

from ui.earlier_nlp import VIEWS
from ui.page import code_behind, guarded, header
from ui.views import chosen_view
from ui.warm import warm_up

PYTHON = """
from llmcore.execution import launch
from llmcore.experiments.earlier_nlp.cells import Comparison
from llmcore.experiments.earlier_nlp.plan import plan_comparison
from llmcore.runs import RunStore

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
