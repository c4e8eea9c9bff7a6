"""Overview: the stages of building a language model, and what this person has built of them."""

from ui.overview.body import show
from ui.page import code_behind, guarded, header
from ui.warm import warm_up

PYTHON = """
from llmcore.runs import RunStore

for run in RunStore().list():
    print(run.id, run.kind, run.state, run.step, run.val_loss)
"""

header(
    "LLM Lab",
    "Build a language model from scratch and look inside it at every stage. Follow the line from "
    "left to right: filled stations are yours already, an amber one is training now, "
    "and a click opens its page.",
)
with guarded():
    show()
code_behind(PYTHON, "python -m llmcore runs list")
# The first real click needs torch; importing it earlier would delay this page's own paint.
warm_up(delay=4.0)
