"""How passengers ask: the wordings of each intent, and what may stand around them."""

import re
from pathlib import Path


def questions_of(text: str) -> dict[str, tuple[str, str]]:
    """Patterns, one a line, of each intent: those for training, and those held out (below `--`)."""
    blocks = re.split(r"^([a-z-]+):$", text, flags=re.MULTILINE)[1:]
    halves = (block.split("--\n") for block in blocks[1::2])
    return {intent: (kept, held) for intent, (kept, held) in zip(blocks[::2], halves, strict=True)}


QUESTIONS = questions_of(Path(__file__).with_suffix(".txt").read_text("utf-8"))

OPENINGS = """
    [Hi|Hello|Good morning|Good evening|Hey|Dear team|Hello there][.|!]
    [Hi|Hello], I have a question.
    [Hi|Hello], I need [some|] help.
    Excuse me.
    Quick question:
    Sorry to bother you.
    I hope you can help me.
    [Hello|Hi], can you help me?
    It's my first time with you.
    [I'm|I am] a bit lost.
    I looked on your website but found nothing.
    Nobody answers the phone.
"""

# Openings that mention something which the answer must leave alone, by the slot they use.
ASIDES = {
    "name": "[Hello, my|My] name is {name}.",
    "first": "I'm writing for my friend {first}.",
    "city": "I'm [in|near|calling from] {city} [at the moment|right now|].",
    "date": "[I called on {date}.|We spoke on {date}.|I wrote to you on {date}.]",
    "flight": "[I fly with {flight}.|My flight is {flight}.|I'm booked on {flight}.]",
    "code": "[My booking is {code}.|My code is {code}.|It's about {code}.]",
}

CLOSINGS = """
    [Thanks|Thank you|Many thanks|Thanks a lot][!|.]
    [Please|] let me know.
    [Thanks|Thank you] for your help.
    [Please help.|Please hurry.|It's urgent.]
    [Best regards|Kind regards|Regards].
    I look forward to your answer.
"""

JOINERS = """
    [Also:|Another question:|Second question:|One more thing:|And one more thing:]
    [And then:|Besides that:|Next:|In addition:]
"""
