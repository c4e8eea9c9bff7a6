"""The settings of a run on diverse data."""

from dataclasses import dataclass

from llmcore.errors import LabError
from llmcore.settings import Checked, setting


@dataclass(slots=True, frozen=True)
class DiverseConfig(Checked):
    """One small model a corpus and one on their mix, each scored on every corpus."""

    corpora: tuple[str, ...] = setting(
        ("shakespeare", "messages", "conversations"), "the corpora to train and test on"
    )
    part_steps: int = setting(300, "training steps of each of the models", 1, 100_000)
    held_out_bytes: int = setting(60_000, "held-out text to score of each corpus", 500, 10_000_000)

    @property
    def sources(self) -> tuple[str, ...]:
        """The texts that a run reads; the source of its data only names their mix."""
        return self.corpora

    def __post_init__(self) -> None:
        self.check_bounds()
        object.__setattr__(self, "corpora", tuple(dict.fromkeys(self.corpora)))  # JSON: a list
        if len(self.corpora) < 2:
            raise LabError("Diverse data needs at least two corpora: name two that differ.")
