"""What the page does, in Python and on the command line."""

PYTHON = """
from llmcore import models
from llmcore.data.instructions import single
from llmcore.tasks.instruction_scores import answers
from llmcore.tasks.templates import Template

loaded = models.load({ref!r})
template = Template(loaded.card["template"] or "Q: {{instruction}}\\nA:")
print(answers(loaded.trunk, loaded.tokenizer, template, [single("Where is my bag?", "")]))
"""
CLI = """
python -m llmcore generate --model {ref} --temperature 0 --prompt "Q: Where is my bag?
A:"
"""


def code_of(ref: str) -> tuple[str, str]:
    """Python and command line of a talk with that model."""
    return PYTHON.format(ref=ref), CLI.format(ref=ref)
