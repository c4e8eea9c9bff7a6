"""Tour 3: watch a loss fall."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from llmcore.train.control import read_control
from ui.marked import Markdown
from ui.session import PRETRAIN_VIEW
from ui.tours.seen import ENDED, answers, feed_of, needed, own_runs
from ui.tours.tour import Asked, Context, Step, Tour

if TYPE_CHECKING:
    from llmcore.runs import RunInfo

PAGE = "pretrain"
TRAIN = {PRETRAIN_VIEW: "train"}
FALLEN = 1.0  # nats below the first loss
ENDED_EARLY = " Your run has ended meanwhile: press **Start training** for another one."


def run_of(context: Context) -> "RunInfo | None":
    """The newest pretraining run that was started during the tour."""
    return next(iter(own_runs(context, "pretrain")), None)


def blind_loss(context: Context, info: "RunInfo") -> tuple[int, float]:
    """The vocabulary of a run's model, and ln V: the loss of choosing at random, in nats."""
    vocab_size = context.store.open(info.id).config.model.vocab_size
    return vocab_size, math.log(vocab_size)


def _losses(context: Context) -> tuple[float, float] | None:
    """The first training loss of the run and the newest; None before there are two."""
    info = run_of(context)
    if info is None:
        return None
    _, values = feed_of(context, info).metrics.arrays("train", "loss")
    return (float(values[0]), float(values[-1])) if len(values) > 1 else None


def _fallen(context: Context) -> bool:
    found = _losses(context)
    return found is not None and found[1] <= found[0] - FALLEN


def _fallen_words(context: Context) -> Markdown:
    info = run_of(context)
    if info is None or (found := _losses(context)) is None:
        return "Look at the left end of the **loss** chart: there the model knows nothing yet."
    return (
        f"The first loss was **{found[0]:.2f}**, and it is **{found[1]:.2f}** now. This step is "
        f"done when it has fallen by {FALLEN:g}. See how the samples beside the chart change."
    )


def _paused(context: Context) -> bool:
    info = run_of(context)
    return info is not None and info.state == "paused"


def _unless_ended(words: Markdown) -> Callable[[Context], Markdown]:
    """The words, and what to do if the run that they are about is over."""

    def shown(context: Context) -> Markdown:
        info = run_of(context)
        return words + (ENDED_EARLY if info is not None and not info.is_live else "")

    return shown


def _rate_changed(context: Context) -> bool:
    info = run_of(context)
    if info is None:
        return False
    if read_control(info.directory)["learning_rate"] is not None:
        return True
    return bool(context.store.open(info.id).events("setting"))


def _continued(context: Context) -> bool:
    """A run that had waited goes on, or has gone on to its end."""
    info = run_of(context)
    return info is not None and info.state in ("running", *ENDED)


def _ended(context: Context) -> bool:
    info = run_of(context)
    return info is not None and info.state in ENDED


def question(context: Context) -> Asked:
    """The first loss of the person's own run: that of choosing at random."""
    info = needed(run_of(context), "There is no run of this tour any more.")
    vocab_size, blind = blind_loss(context, info)
    _, values = feed_of(context, info).metrics.arrays("train", "loss")
    first = f"Your run began with {float(values[0]):.2f}." if len(values) else ""
    return Asked(
        text=f"Your model chooses among {vocab_size:,} tokens. What loss in nats has a model that "
        "knows nothing and gives each of them the same probability?",
        answer=blind,
        near=0.02,
        hint=f"Each token then has the probability 1/{vocab_size:,}, and the loss is minus its "
        "natural logarithm (two decimals are enough).",
        right=f"Right: ln {vocab_size:,} = {blind:.2f}. {first}",
    )


TOUR = Tour(
    name="loss",
    title="Watch a loss fall",
    stage="pretrain",
    about="Train a tiny model on Shakespeare, steer it while it learns, and ask it.",
    minutes=6,
    steps=(
        Step(
            "start", "Start a training",
            "Press **Start training**. Without a change under **Options** it is a tiny model on "
            "Shakespeare, a minute or two.",
            PAGE, lambda context: run_of(context) is not None, state=TRAIN,
        ),
        Step("fall", "The first loss, and its fall", _fallen_words, PAGE, _fallen, state=TRAIN),
        Step(
            "pause", "Pause it",
            _unless_ended("Press **Pause**: the run saves itself and waits."),
            PAGE, _paused, state=TRAIN,
        ),
        Step(
            "rate", "Change the learning rate",
            _unless_ended(
                "Open **Learning rate**, type a **New peak** ten times smaller and press "
                "**Apply**. The chart will show a mark there."
            ),
            PAGE, _rate_changed, state=TRAIN,
        ),
        Step(
            "continue", "Let it go on",
            "Press **Continue**. With a smaller rate the curve is smoother and falls more slowly.",
            PAGE, _continued, state=TRAIN,
        ),
        Step(
            "ask", "Ask it",
            "Scroll to **Ask the newest checkpoint** and press **Ask**: the weights of this "
            "moment answer, while the training goes on.",
            PAGE, lambda context: bool(answers(context, run_of(context))), state=TRAIN,
        ),
        Step(
            "end", "To the end",
            "Wait for the last step, or press **Stop and save**. A stopped run can be resumed.",
            PAGE, _ended, state=TRAIN,
        ),
    ),
    question=question,
)  # fmt: skip
