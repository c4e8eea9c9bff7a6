"""What the page does, in Python and on the command line."""

PYTHON = """
from llmcore import load_assistant

assistant = load_assistant({ref!r})
first = assistant.answer("Where is my bag?")
print(first)
print(assistant.answer("And if it is lost?", earlier=[("Where is my bag?", first)]))
"""
CLI = """
python -m llmcore generate --model {ref} --instruction "Where is my bag?"
"""


def code_of(ref: str) -> tuple[str, str]:
    """Python and command line of a talk with that model."""
    return PYTHON.format(ref=ref), CLI.format(ref=ref)
