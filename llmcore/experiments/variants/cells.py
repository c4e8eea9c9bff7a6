"""Which architecture learns faster? Read from its run's events while the curves grow; no torch."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llmcore.config import ModelConfig
from llmcore.errors import DamagedError
from llmcore.experiments.variants.settings import VariantsConfig
from llmcore.runs.run import Run
from llmcore.schema import build

LOOK, TRAINED = "look", "variant"  # the types of the events
GPT2, ALL = "gpt2", "all"
LEAST_SEEDS = 3  # of GPT-2, however often the others are trained: else luck has no measure
# Student's t: 2.5% are above, by degrees of freedom from 1 on (six variants, three seeds: 12).
_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179)


@dataclass(slots=True, frozen=True)
class Variant:
    """One architecture: what it changes in GPT-2, and where that was published."""

    name: str
    label: str
    summary: str
    paper: str


VARIANTS: dict[str, Variant] = {
    variant.name: variant
    for variant in (
        Variant(GPT2, "GPT-2", "nothing is exchanged", "Radford et al. 2019"),
        Variant("rope", "RoPE", "positions turn queries and keys", "Su et al. 2021"),
        Variant("rms", "RMSNorm", "norms without mean and bias", "Zhang & Sennrich 2019"),
        Variant("swiglu", "SwiGLU", "a gated feed-forward layer", "Shazeer 2020"),
        Variant("gqa", "GQA", "groups of heads share keys and values", "Ainslie et al. 2023"),
        Variant(ALL, "All together", "all four, as in Llama", "Touvron et al. 2023"),
    )
}


def shape_of(base: ModelConfig, name: str) -> ModelConfig:
    """The shape of a variant of `base`. GQA takes the largest number of heads of keys and values
    that shares at all: half of them if that is a whole number."""
    shared = max((n for n in range(1, base.n_heads) if base.n_heads % n == 0), default=0)
    changes: dict[str, dict[str, Any]] = {
        "rope": {"position": "rope"},
        "rms": {"norm": "rms"},
        "swiglu": {"feed_forward": "swiglu"},
        "gqa": {"n_kv_heads": shared},
    }
    chosen = changes.values() if name == ALL else [changes.get(name, {})]
    return base.with_(**{key: value for part in chosen for key, value in part.items()})


def trainings(settings: VariantsConfig) -> list[tuple[str, int]]:
    """(variant, number of its seed) in the order of work: all with one seed before the next one.

    GPT-2 is trained with LEAST_SEEDS seeds in any case, to see what luck does by itself."""
    rounds = [(name, seed) for seed in range(settings.n_seeds) for name in settings.variants]
    return [*rounds, *((GPT2, seed) for seed in range(settings.n_seeds, LEAST_SEEDS))]


@dataclass(slots=True, frozen=True)
class Look:
    """A look at a model on its way: tokens read, held-out bits per byte, speed of training."""

    tokens: int
    bits_per_byte: float
    tokens_per_s: float


@dataclass(slots=True, frozen=True)
class _Training:
    variant: str
    seed: int


@dataclass(slots=True, frozen=True)
class Result:
    """A variant at the end, over its seeds that are done."""

    variant: str
    parameters: int
    cache_bytes: int  # keys and values of a full context, fp32
    n_seeds: int
    tokens: int
    bits_per_byte: float  # mean over seeds
    spread: float | None  # largest minus smallest of the seeds; None of a single one
    tokens_per_s: float  # median while it trained
    catches_up: int | None  # tokens after which it was as good as GPT-2 at its end; None: never

    @property
    def seconds(self) -> float:
        """Of one training at that speed, the looks at held-out text aside."""
        return self.tokens / self.tokens_per_s


class VariantCurves:
    """The points of every training, as far as it has come."""

    def __init__(self, run: Run) -> None:
        self.base = run.config.model
        self.settings: VariantsConfig = run.config.experiment or VariantsConfig()
        self.looks: dict[tuple[str, int], dict[int, Look]] = {}
        self.done: set[tuple[str, int]] = set()
        for event in run.events():
            try:
                training = build(_Training, event, LOOK)
                key = training.variant, training.seed
                if event["type"] == TRAINED:
                    self.done.add(key)
                elif event["type"] == LOOK:
                    # What was trained again after a stop takes the place of what it was before.
                    place = self.looks.setdefault(key, {})
                    look = build(Look, event, LOOK)
                    if min(look.bits_per_byte, look.tokens_per_s) > 0:
                        place[look.tokens] = look
            except DamagedError:
                continue  # another event, torn by a full disk, or of another version

    def curve(self, variant: str, seed: int = 0) -> list[Look]:
        """By rising number of tokens; empty before its first look."""
        points = self.looks.get((variant, seed), {})
        return [points[tokens] for tokens in sorted(points)]

    def seeds(self, variant: str) -> list[int]:
        """Seeds whose training is done and was looked at."""
        return [seed for name, seed in sorted(self.done) if name == variant and
                self.curve(variant, seed)]  # fmt: skip

    def results(self) -> list[Result]:
        """A line for each variant with at least one training done, GPT-2 first."""
        return [
            self._result(name, seeds) for name in self.settings.variants
            if (seeds := self.seeds(name))
        ]  # fmt: skip

    def _result(self, name: str, seeds: Sequence[int]) -> Result:
        shape = shape_of(self.base, name)
        curves = [self.curve(name, seed) for seed in seeds]
        ends = [curve[-1].bits_per_byte for curve in curves]
        return Result(
            variant=name,
            parameters=shape.n_parameters(),
            cache_bytes=shape.cache_bytes_per_token() * shape.context_length,
            n_seeds=len(seeds),
            tokens=curves[0][-1].tokens,
            bits_per_byte=statistics.fmean(ends),
            spread=max(ends) - min(ends) if len(ends) > 1 else None,
            tokens_per_s=statistics.median(p.tokens_per_s for curve in curves for p in curve),
            catches_up=self._catches_up(name),
        )

    def _catches_up(self, name: str) -> int | None:
        """Tokens at which the curve of the first seed crosses the end of GPT-2's, between two
        looks on a straight line."""
        goal, points = self.curve(GPT2), self.curve(name)
        if not goal or not points:
            return None
        level, before = goal[-1].bits_per_byte, points[0]
        for point in points[1:]:
            if point.bits_per_byte <= level:
                way = before.bits_per_byte - point.bits_per_byte
                share = (before.bits_per_byte - level) / way if way > 0 else 1.0
                share = min(1.0, max(0.0, share))
                return round(before.tokens + share * (point.tokens - before.tokens))
            before = point
        return None

    @property
    def luck(self) -> float | None:
        """How far two means may be apart if nothing but their seeds differs: half the width
        of the 95% interval of the difference between a variant and GPT-2, by Student's t, with
        one variance for all architectures. None before two seeds of one are done."""
        ends = {
            name: [self.curve(name, seed)[-1].bits_per_byte for seed in self.seeds(name)]
            for name in self.settings.variants
        }
        freedom = sum(max(0, len(end) - 1) for end in ends.values())
        if freedom == 0:
            return None
        squares = sum((len(end) - 1) * statistics.variance(end) for end in ends.values()
                      if len(end) > 1)  # fmt: skip
        fewest = min((len(end) for end in ends.values() if end), default=1)
        noise = math.sqrt(squares / freedom * (1 / fewest + 1 / max(1, len(ends[GPT2]))))
        return _T[min(freedom, len(_T)) - 1] * noise

    @property
    def is_whole(self) -> bool:
        return self.done >= set(trainings(self.settings))

    def to_dict(self) -> dict[str, Any]:
        results = self.results()
        gpt2 = next((result.bits_per_byte for result in results if result.variant == GPT2), None)
        return {
            "variants": [
                {
                    **{name: getattr(result, name) for name in Result.__slots__},
                    "label": VARIANTS[result.variant].label,
                    "seconds": result.seconds,
                    "difference": None if gpt2 is None else result.bits_per_byte - gpt2,
                    "curves": [
                        [[p.tokens, p.bits_per_byte] for p in self.curve(result.variant, seed)]
                        for seed in self.seeds(result.variant)
                    ],
                }
                for result in results
            ],
            "luck": self.luck,
            "answer": answer_sentences(self),
        }


def answer_sentences(found: VariantCurves) -> list[str]:
    """What the whole table says, and what it does not; nothing before it is whole."""
    results = {result.variant: result for result in found.results()}
    luck = found.luck
    if not found.is_whole or luck is None or GPT2 not in results:
        return []
    gpt2 = results.pop(GPT2)
    better: list[Result] = []
    worse: list[Result] = []
    even: list[Result] = []
    for result in sorted(results.values(), key=lambda result: result.bits_per_byte):
        difference = gpt2.bits_per_byte - result.bits_per_byte
        side = even if abs(difference) <= luck else better if difference > 0 else worse
        side.append(result)
    sentences = []
    if better:
        named = _listed(better, gpt2)
        sentences.append(
            f"After {gpt2.tokens:,} tokens, ahead of GPT-2 ({gpt2.bits_per_byte:.3f} bits per "
            f"byte) by more than luck: {named}."
        )
        caught = better[0].catches_up
        if caught is not None and caught < gpt2.tokens:
            sentences.append(
                f"{VARIANTS[better[0].variant].label} was as good as GPT-2 at its end after "
                f"{caught:,} tokens, {caught / gpt2.tokens:.0%} of them."
            )
    else:
        sentences.append(
            f"After {gpt2.tokens:,} tokens no variant is ahead of GPT-2 "
            f"({gpt2.bits_per_byte:.3f} bits per byte) by more than luck."
        )
    if worse:
        sentences.append(f"Behind GPT-2 by more than luck: {_listed(worse, gpt2)}.")
    if even:
        names = ", ".join(VARIANTS[result.variant].label for result in even)
        sentences.append(f"Too near to tell from luck: {names}.")
    once = found.settings.n_seeds == 1
    sentences.append(
        f"Luck alone, another seed of the same model, moves a difference by up to {luck:.3f} in "
        f"95 of 100 cases, as estimated from {'three trainings of GPT-2' if once else 'all seeds'}."
    )
    return sentences


def _listed(results: Sequence[Result], gpt2: Result) -> str:
    return ", ".join(
        f"{VARIANTS[result.variant].label} {result.bits_per_byte:.3f} "
        f"({result.bits_per_byte - gpt2.bits_per_byte:+.3f})"
        for result in results
    )
