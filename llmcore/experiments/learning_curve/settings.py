"""The settings of a learning curve."""

from dataclasses import dataclass

from llmcore.errors import LabError
from llmcore.settings import Checked, setting

LEARNERS = ("naive Bayes", "logistic regression", "pretrained", "random weights")


@dataclass(slots=True, frozen=True)
class CurveConfig(Checked):
    """A learning curve: who learns from how many labelled texts, and how often."""

    sizes: tuple[int, ...] = setting((), "numbers of training texts, rising")
    n_seeds: int = setting(5, "times that each size is drawn and learned again", 1, 100)
    learners: tuple[str, ...] = setting(LEARNERS, f"who learns, of {', '.join(LEARNERS)}")

    def __post_init__(self) -> None:
        self.check_bounds()
        object.__setattr__(self, "sizes", tuple(sorted(set(self.sizes))))  # JSON gives lists
        chosen = tuple(learner for learner in LEARNERS if learner in self.learners)
        if not chosen or set(self.learners) - set(LEARNERS):
            raise LabError(
                f"The learners are {', '.join(self.learners) or 'none':.100} but must be some of "
                f"{', '.join(LEARNERS)}."
            )
        object.__setattr__(self, "learners", chosen)
        if not self.sizes or self.sizes[0] < 1:
            raise LabError("A learning curve needs at least one size of at least one text.")

    @property
    def n_points(self) -> int:
        return len(self.sizes) * self.n_seeds * len(self.learners)
