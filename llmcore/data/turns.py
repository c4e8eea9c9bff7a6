"""What an example of an instruction set is: a question, its answer, and what came before."""

from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class Turn:
    """What is asked, the text that it is asked about (may be empty), and the answer.

    learned: False if the answer is read and not learned, such as a message of weight 0.
    """

    instruction: str
    output: str
    input: str = ""
    learned: bool = True


@dataclass(slots=True, frozen=True)
class Instruction:
    """One example: a turn, or several of one conversation, and perhaps a system text before.

    holdout: what of a built-in test row training never saw, one of HOLDOUTS. group: the kind of
    task, for reports. split: the part that the user's file itself puts the row in, if any.
    """

    turns: tuple[Turn, ...]
    system: str = ""
    holdout: str = ""
    group: str = ""
    split: str = ""

    @property
    def last(self) -> Turn:
        return self.turns[-1]

    @property
    def question(self) -> str:
        """All that is asked, as one text: by it doubles are found."""
        parts = [self.system]
        for turn in self.turns[:-1]:
            parts += [turn.instruction, turn.input, turn.output]
        parts += [self.last.instruction, self.last.input]
        return "\n".join(part for part in parts if part)


def single(
    instruction: str, output: str, input: str = "", system: str = "", holdout: str = "",
    group: str = "",
) -> Instruction:  # fmt: skip
    """A row of one turn."""
    return Instruction((Turn(instruction, output, input),), system, holdout, group)
