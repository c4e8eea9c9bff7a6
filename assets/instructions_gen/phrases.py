"""Ways to say a thing, written as patterns: `[Could|Can] you help [me|us]?` stands for four."""

import random
import re

Row = dict[str, str]
Rows = dict[str, list[Row]]  # by split: train, validation, test

_INNERMOST = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")


def spoken(pattern: str, rng: random.Random, slots: dict[str, str]) -> str:
    """One way to say `pattern`: a choice for each `[a|b]` (they may nest), slots filled in.

    >>> spoken("[Hi|Hi], {name}", random.Random(0), {"name": "Ann"})
    'Hi, Ann'
    """
    while match := _INNERMOST.search(pattern):
        chosen = rng.choice(match.group(1).split("|"))
        pattern = pattern[: match.start()] + chosen + pattern[match.end() :]
    filled = _SLOT.sub(lambda match: slots[match.group(1)], pattern)
    return re.sub(r" (?=[.,!?])", "", " ".join(filled.split()))


def slots_of(pattern: str) -> set[str]:
    """The names of the slots in a pattern."""
    return set(_SLOT.findall(pattern))


def lines(text: str) -> list[str]:
    """The patterns of a block of text, one a line; blank lines do not count."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def listed(text: str) -> list[str]:
    """The words of a text, each once, in their order."""
    return list(dict.fromkeys(text.split()))


def one_in(items: list, every: int, rng: random.Random) -> tuple[list, list]:
    """`items` in two parts: a share of 1 / `every` drawn by `rng` is held out. Order is kept."""
    held = set(rng.sample(range(len(items)), max(1, len(items) // every)))
    kept = [phrase for i, phrase in enumerate(items) if i not in held]
    return kept, [phrase for i, phrase in enumerate(items) if i in held]
