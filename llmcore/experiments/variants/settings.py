"""The settings of a run that compares architectures."""

from dataclasses import dataclass

from llmcore.errors import LabError
from llmcore.settings import Checked, setting

ARCHITECTURES = ("gpt2", "rope", "rms", "swiglu", "gqa", "all")


@dataclass(slots=True, frozen=True)
class VariantsConfig(Checked):
    """Which architecture learns faster: GPT-2 and the variants that are trained beside it."""

    variants: tuple[str, ...] = setting(ARCHITECTURES, f"of {', '.join(ARCHITECTURES)}")
    n_seeds: int = setting(1, "times that each is trained, with another seed", 1, 3)
    part_steps: int = setting(300, "training steps of each of the models", 1, 1_000_000)
    held_out_bytes: int = setting(60_000, "held-out text to score", 500, 10_000_000)

    def __post_init__(self) -> None:
        self.check_bounds()
        if unknown := sorted(set(self.variants) - set(ARCHITECTURES)):
            raise LabError(
                f"There is no variant {unknown[0]!r:.60}: choose of {', '.join(ARCHITECTURES[1:])}."
            )
        wanted = tuple(
            architecture
            for architecture in ARCHITECTURES
            if architecture in {"gpt2", *self.variants}
        )
        if len(wanted) < 2:
            raise LabError("There is nothing to compare with GPT-2: choose at least one variant.")
        object.__setattr__(self, "variants", wanted)
