"""Inside the model: one forward pass step by step, and what billions of parameters mean."""

from ui.model_lab import VIEWS
from ui.page import code_behind, guarded, header
from ui.views import chosen_view
from ui.warm import warm_up

PYTHON = """
from llmcore.interpret.walk import open_block, walk
from llmcore.interpret.walk_steps import steps
from llmcore.models import load

loaded = load("starter")
passed = walk(loaded.model, loaded.tokenizer, "Hello there", loaded.labels)
tape = open_block(loaded.trunk, passed.streams[0], layer=0)
for step in steps(loaded.model, passed, tape, layer=0):
    print(step.title, [(panel.symbol, panel.shape) for panel in step.panels])
"""
CLI = "python -m llmcore generate --model starter --prompt 'Hello there' --max-new-tokens 1"

header(
    "Inside the model",
    "Follow your own text through the model, one step at a time. Every number is the model's own, "
    "and every step shows the line of code that computes it.",
)
with guarded():
    VIEWS[chosen_view("model_view", VIEWS)].show()
code_behind(PYTHON, CLI)
warm_up(delay=2.0)
