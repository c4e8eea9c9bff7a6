"""What the curve doctor looks for: each rule reads a run's numbers for one thing.

A rule has its thresholds in `Thresholds`, and ends in one suggested change that a new run can be
started with. The rules are for the whole of a run so far, and stay silent if there is too little
to see.
"""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from llmcore.advice.stumbles import Stumble
from llmcore.config import RunConfig, TrainConfig


@dataclass(slots=True, frozen=True)
class Thresholds:
    """All numbers that the rules compare with; shares and ratios unless a unit is named."""

    fewest_steps: int = 30  # before that, nothing is said
    window: float = 0.1  # share of the steps so far that is "now"
    guessing: float = 0.97  # of ln V: a loss above that has learned next to nothing
    rise: float = 0.25  # of all that was gained: so much lost again is divergence
    rise_nats: float = 0.3  # and at least this much
    spike_nats: float = 0.5  # a step so far above its neighbours
    spikes: float = 0.03  # share of such steps that is too many
    fewest_spikes: int = 5  # and this many of them: one bad moment passes by itself
    clip_factor: float = 20.0  # a gradient norm so many times its median is a spike by itself
    slow_share: float = 0.2  # of the whole gain made in the last quarter: still falling fast
    slow_rate: float = 0.2  # of the rate that suits the size: low
    slow_gain: float = 0.1  # of the loss at the start: less than that is hardly learned
    high_rate: float = 5.0  # times the rate that suits the size: high
    high_loss: float = 0.75  # of ln V: with a high rate, stuck at how often each token occurs
    flat_nats: float = 0.01  # gained in the last third: a plateau
    flat_rate: float = 0.5  # of the peak: later in the decay a flat curve is as it should be
    overfit_nats: float = 0.03  # validation loss above its best
    overfit_evaluations: int = 3  # in a row without a better one
    passes: float = 10.0  # over the training data: often enough to learn it by heart
    tokens_per_parameter: float = 1.0  # of distinct training text: fewer is little


LIMITS = Thresholds()


@dataclass(slots=True, frozen=True)
class Finding:
    """kind: a short name of the rule. title, text: for the user. change: fields of TrainConfig or
    ModelConfig for a new run, or `preset`; empty if the advice is not a setting. note: it is
    worth a word, and the run recovered."""

    kind: str
    title: str
    text: str
    change: dict[str, Any] = field(default_factory=dict)
    change_label: str = ""
    note: bool = False


@dataclass(slots=True, frozen=True)
class Curves:
    """What the rules read. Losses in nats; `train` and `val` are (steps, values)."""

    config: RunConfig
    train: tuple[Sequence[int], Sequence[float]]
    val: tuple[Sequence[int], Sequence[float]]
    grad_norm: tuple[Sequence[int], Sequence[float]]
    peak: float  # of the learning rate now
    train_tokens: int | None = None  # distinct tokens of the training data, if known
    stumbles: Sequence[Stumble] = ()  # of all logged steps, also if the series are thinned
    without_loss: Sequence[int] = ()  # logged steps whose train or validation loss is null

    @property
    def n_choices(self) -> int | None:
        """Among how many a blind guess would choose: the vocabulary, for a language model."""
        return self.config.model.vocab_size if self.config.kind == "pretrain" else None


def not_finite(curves: Curves, limits: Thresholds) -> Finding:
    """Said at once, and alone: nothing else follows from such a curve."""
    first, n = curves.without_loss[0], len(curves.without_loss)
    probe = curves.config.reads_layers
    return Finding(
        "not finite",
        "The loss is not a number",
        f"From step {first:,} on it was NaN or infinite, at {n:,} logged steps: what was saved or "
        f"scored from there on means nothing. Train it again"
        f"{'.' if probe else ', with a lower learning rate.'}",
        *(({}, "") if probe else _lower_rate(curves, limits, 0.3)),
    )


def smoothed(values: Sequence[float], width: int) -> list[float]:
    """Medians over the `width` values that end at each place: spikes vanish, trends stay."""
    width = max(1, min(width, len(values)))
    start = [statistics.median(values[: place + 1]) for place in range(width - 1)]
    windows = np.lib.stride_tricks.sliding_window_view(np.asarray(values, np.float64), width)
    return start + np.median(windows, axis=1).tolist()


def _trend(curves: Curves, limits: Thresholds) -> list[float]:
    values = curves.train[1]
    return smoothed(values, min(50, max(3, int(limits.window * len(values)))))


def diverged(curves: Curves, limits: Thresholds) -> Finding | None:
    trend = _trend(curves, limits)
    lowest = min(trend)
    gained, lost = trend[0] - lowest, trend[-1] - lowest
    if lost < limits.rise_nats or lost < limits.rise * max(gained, limits.rise_nats):
        return None
    step = curves.train[0][trend.index(lowest)]
    return Finding(
        "diverged",
        "The training loss rises again",
        f"It was {lowest:.2f} at step {step:,} and is {trend[-1]:.2f} now: the steps are too large "
        f"for the weights to settle.",
        *_lower_rate(curves, limits, 1 / 3),
    )


def guessing(curves: Curves, limits: Thresholds) -> Finding | None:
    if curves.n_choices is None:
        return None
    uniform = math.log(curves.n_choices)
    now = _trend(curves, limits)[-1]
    if curves.train[0][-1] < _warmed_up(curves.config.train) or now < limits.guessing * uniform:
        return None
    low = curves.peak < usual_rate(curves.config)
    return Finding(
        "guessing",
        "The model still guesses blindly",
        f"Its loss is {now:.2f}; choosing among {curves.n_choices:,} tokens at random gives "
        f"{uniform:.2f}. After {curves.train[0][-1]:,} steps it should be well below.",
        *(_rate(curves, 5.0) if low else _lower_rate(curves, limits, 0.2)),
    )


def rate_too_high(curves: Curves, limits: Thresholds) -> Finding | None:
    return _jumps(curves, limits) or _stuck(curves, limits)


def _stuck(curves: Curves, limits: Thresholds) -> Finding | None:
    """A rate so high that only the frequencies of the tokens are learned, without one jump."""
    usual, warmed = usual_rate(curves.config), 4 * _warmed_up(curves.config.train)
    high = curves.peak > limits.high_rate * usual and curves.train[0][-1] >= warmed
    now = _trend(curves, limits)[-1]
    if not high or not curves.n_choices or now < limits.high_loss * math.log(curves.n_choices):
        return None
    return Finding(
        "rate too high",
        "The learning rate is far too high",
        f"It is {curves.peak:g}, where about {usual:.2g} suits a model of this width, and the "
        f"loss is {now:.2f} still: the model has learned how often each token occurs, and no more.",
        *_rate(curves, usual / curves.peak),
    )


def _jumps(curves: Curves, limits: Thresholds) -> Finding | None:
    steps, values = curves.train
    trend = _trend(curves, limits)
    after = [
        value - level
        for step, value, level in zip(steps, values, trend, strict=True)
        if step > _warmed_up(curves.config.train)
    ]
    if len(after) < limits.fewest_steps:
        return None
    noise = statistics.median([abs(value) for value in after])
    high = max(limits.spike_nats, 6 * noise)
    norms = curves.grad_norm[1][-len(after) :]
    usual = statistics.median(norms) if norms else 0.0
    jumps = max(
        sum(value > high for value in after),
        sum(norm > limits.clip_factor * usual for norm in norms),
    )
    share = jumps / len(after)
    if jumps < limits.fewest_spikes or share < limits.spikes:
        return None
    return Finding(
        "rate too high",
        "The curve jumps",
        f"{share:.0%} of the steps throw the loss or its gradient far above the "
        f"steps beside them, as a learning rate does that is too high.",
        *_lower_rate(curves, limits, 0.5),
    )


def stumbled(curves: Curves, limits: Thresholds) -> Finding | None:
    """One step is enough. A note if the loss is back within a few steps. Of a finetune, whose
    batches differ more and whose gradients nearly vanish, only a loss that stays high."""
    of_text = curves.config.kind == "pretrain"
    found = [stumble for stumble in curves.stumbles if of_text or stumble.stays]
    if not found:
        return None
    worst = next((stumble for stumble in found if stumble.stays), found[0])
    if worst.what == "loss":
        seen = f"the training loss jumped from {worst.before:.2f} to {worst.value:.2f}"
    else:
        seen = (
            f"the norm of the gradient was {worst.value:.3g}, {worst.value / worst.before:,.0f} "
            f"times that of the steps before ({worst.before:.2g})"
        )
    after = "stayed high" if worst.stays else "was soon back"
    change, label = _lower_rate(curves, limits, 0.5)
    return Finding(
        "stumbled",
        "One step threw it back",
        f"At step {worst.step:,} {seen}: a step too large. The loss {after}. A lower peak of the "
        f"learning rate, or a longer warm-up, keeps it from that.",
        change,
        label,
        note=not worst.stays,
    )


def overfitting(curves: Curves, limits: Thresholds) -> Finding | None:
    steps, values = curves.val
    if len(values) < limits.overfit_evaluations + 2:
        return None
    best = min(range(len(values)), key=lambda place: values[place])
    since = len(values) - 1 - best
    above = statistics.median(values[best + 1 :]) - values[best] if since else 0.0
    if since < limits.overfit_evaluations or above < max(limits.overfit_nats, 3 * _noise(values)):
        return None
    at_best = [value for step, value in zip(*curves.train, strict=True) if step <= steps[best]]
    if _trend(curves, limits)[-1] >= smoothed(at_best, 20)[-1] if at_best else True:
        return None  # training does not fall either: something else is wrong
    return Finding(
        "overfitting",
        "The model learns its text by heart",
        f"The validation loss was lowest at step {steps[best]:,} ({values[best]:.2f}) and has been "
        f"{above:.2f} above it since, while the training loss fell. The best checkpoint is kept; "
        f"more text or more dropout goes further.",
        {"dropout": min(0.5, round(curves.config.model.dropout + 0.1, 2))},
        f"dropout {min(0.5, round(curves.config.model.dropout + 0.1, 2)):g}",
    )


def _noise(values: Sequence[float]) -> float:
    """How far an evaluation is from the middle of its neighbours: what is no trend."""
    return statistics.median(
        abs(value - (before + after) / 2)
        for before, value, after in zip(values, values[1:], values[2:], strict=False)
    )


def data_too_small(curves: Curves, limits: Thresholds) -> Finding | None:
    if curves.train_tokens is None or curves.config.kind != "pretrain":
        return None
    config, train = curves.config.model, curves.config.train
    seen = curves.train[0][-1] * train.batch_size * config.context_length
    passes = seen / max(1, curves.train_tokens)
    share = curves.train_tokens / config.n_parameters()
    if passes < limits.passes or share > limits.tokens_per_parameter:
        return None
    return Finding(
        "data too small",
        "The text is small for this model",
        f"It has {curves.train_tokens:,} tokens for {config.n_parameters():,} parameters and has "
        f"been read {passes:.0f} times: take more text, or a smaller model.",
        {"preset": "tiny"} if curves.config.preset not in {None, "tiny"} else {},
        "preset tiny" if curves.config.preset not in {None, "tiny"} else "",
    )


def rate_too_low(curves: Curves, limits: Thresholds) -> Finding | None:
    steps = curves.train[0]
    trend = _trend(curves, limits)
    quarter = trend[-max(1, len(trend) // 4)]
    gained = trend[0] - trend[-1]
    low = curves.peak < limits.slow_rate * usual_rate(curves.config)
    barely = gained < limits.slow_gain * trend[0] and steps[-1] > 2 * _warmed_up(
        curves.config.train
    )
    falling = gained > 0 and (quarter - trend[-1]) > limits.slow_share * gained
    if not (low and (falling or barely)):
        return None
    return Finding(
        "rate too low",
        "The model learns slowly",
        f"With a learning rate of {curves.peak:g} the loss has come from {trend[0]:.2f} to "
        f"{trend[-1]:.2f} in {steps[-1]:,} steps: larger ones would get further.",
        *_rate(curves, 5.0),
    )


def plateau(curves: Curves, limits: Thresholds) -> Finding | None:
    train, steps = curves.config.train, curves.train[0]
    last_third = [step for step in steps if step > 2 * steps[-1] / 3]
    early = (steps[-1] / max(1, train.steps)) < limits.flat_rate
    if curves.config.kind != "pretrain" or not early or len(last_third) < limits.fewest_steps:
        return None
    values = curves.train[1][-len(last_third) :]
    half = len(values) // 2
    gained = statistics.mean(values[:half]) - statistics.mean(values[half:])
    error = statistics.pstdev(values) * 2 / math.sqrt(half)
    if gained + error > limits.flat_nats:
        return None
    return Finding(
        "plateau",
        "The loss stands still",
        f"Over the last third of its steps the training loss gained {max(0.0, gained):.3f}, long "
        f"before the learning rate comes down: a larger model or a lower rate goes further.",
        *_rate(curves, 0.3),
    )


def _rate(curves: Curves, factor: float) -> tuple[dict[str, Any], str]:
    """The change to another learning rate, rounded to two digits, and what a button says."""
    rate = min(10.0, float(f"{curves.peak * factor:.2g}"))
    return {"learning_rate": rate}, f"learning rate {rate:g}"


def _lower_rate(curves: Curves, limits: Thresholds, factor: float) -> tuple[dict[str, Any], str]:
    """`factor` of the rate; if it is far above what suits the model, that one at once."""
    usual = usual_rate(curves.config)
    far = curves.peak > limits.high_rate * usual
    return _rate(curves, usual / curves.peak if far else factor)


def usual_rate(config: RunConfig) -> float:
    """A peak rate that suits a GPT of this width (about 5e-3 at 64 channels, 6e-4 at 768)."""
    if config.kind != "pretrain":
        return 1e-3
    return 5e-3 * (64 / max(64, config.model.d_model)) ** 0.85


def _warmed_up(train: TrainConfig) -> int:
    return max(train.warmup_steps, 20)


Rule = Callable[[Curves, Thresholds], Finding | None]
RULES: tuple[Rule, ...] = (
    diverged, guessing, rate_too_high, stumbled, overfitting, data_too_small, rate_too_low, plateau,
)  # fmt: skip
