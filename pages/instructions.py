"""Finetune on instructions: a language model learns to answer, and one sees what it learns from."""

from ui.instructions.body import show
from ui.instructions.code import CLI, PYTHON
from ui.page import code_behind, guarded, header
from ui.warm import warm_up

header(
    "Finetune on instructions",
    "A base model only continues text. Here it reads questions with their answers, and the "
    "**loss is taken over the answers alone**, so it learns to answer. Watch five held-out "
    "prompts while it learns, then see what it gets wrong.",
)
with guarded():
    show()
code_behind(PYTHON, CLI)
warm_up(delay=1.0)
