"""Measures a model at a job, beside trivial methods on the same held-out rows."""

import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from llmcore import background
from llmcore.applications.figures import Figure, weights_hash
from llmcore.applications.jobs import (
    ACCURACY,
    BITS,
    CHRF,
    EXACT,
    HUMAN,
    REAL_WORDS,
    SENTIMENT_SET,
    Job,
    documents_of,
    held_out,
    spread,
)
from llmcore.assistants import Assistant
from llmcore.data.instructions import Instruction, load_builtin, single
from llmcore.errors import LabError
from llmcore.evaluation import Difference, bootstrap_ratio, chrf_by_row, wilson_interval
from llmcore.tasks.instruction_tokens import do_not_fit, fits
from llmcore.texts import one_or_several

if TYPE_CHECKING:
    from llmcore.models import Loaded

Progress = Callable[[float], None]
ShouldStop = Callable[[], bool]
BATCH = 32  # rows that are answered between two looks at `should_stop`
SAMPLE_TOKENS, TEMPERATURE = 80, 0.8
LOOKUP, MAJORITY, COPY, LEAD = (
    "nearest neighbour", "most frequent answer", "copy of the text", "first sentence"
)  # fmt: skip
NGRAM = "Kneser-Ney 5-gram"
NO_CHRF = "chrF was not measured, since sacrebleu is not installed: exact match decides instead."


class Stopped(background.Stopped, LabError):
    """The measurement was stopped before it had a figure."""


@dataclass
class _Watch:
    """What a measurement tells and asks on its way."""

    on_progress: Progress | None = None
    should_stop: ShouldStop | None = None

    def at(self, share: float) -> None:
        """Raises Stopped if that was asked for."""
        if self.on_progress is not None:
            self.on_progress(min(1.0, share))
        if self.should_stop is not None and self.should_stop():
            raise Stopped("The measurement was stopped: nothing was kept of it.")


@dataclass
class _Rows:
    """By row what a model and each trivial method scored (higher is better); all (N,).

    weights: what the scores are divided by in sum, bytes of text; None counts rows."""

    metric: str
    model: np.ndarray
    baselines: dict[str, np.ndarray]
    unit: str
    n_all: int
    data: str
    weights: np.ndarray | None = None
    left_out: int = 0  # rows that were asked for and do not fit in the model's context
    others: dict[str, dict[str, float]] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    samples: list[dict[str, Any]] = field(default_factory=list)


def measure(
    job: Job,
    ref: str,
    n: int | None = None,
    on_progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> Figure:
    """The figure of a model at a job, over `n` rows at even distances or all of them.

    Raises LabError if the model cannot do the job, or data is missing; Stopped if
    `should_stop` said so.
    """
    from llmcore import models

    if n is not None and n < 2:
        raise LabError(f"{n} rows were asked for: measure 2 at least.")
    started, watch = time.monotonic(), _Watch(on_progress, should_stop)
    watch.at(0.0)
    loaded = models.load(ref)
    job.fits(loaded)
    weights = weights_hash(ref)
    if loaded.labels is not None:
        rows = _classified(loaded, n, watch)
    elif job.answers:
        rows = _answered(job, loaded, n, watch)
    else:
        rows = _read_on(job, loaded, n, watch)
    return _figure(job, loaded, weights, rows, time.monotonic() - started)


def _figure(job: Job, loaded: "Loaded", weights: str, rows: _Rows, seconds: float) -> Figure:
    sign = -1.0 if rows.metric == BITS else 1.0
    own = bootstrap_ratio(sign * rows.model, rows.weights)
    if rows.metric in (EXACT, ACCURACY):  # drawing again from none that is right gives none
        low, high = wilson_interval(float(rows.model.sum()), len(rows.model)) or (0.0, 1.0)
        own = Difference(own.mean, low, high)
    means = {
        name: sign * bootstrap_ratio(values, rows.weights, n_resamples=1).mean
        for name, values in rows.baselines.items()
    }
    best = max(means, key=lambda name: sign * means[name])
    gain = bootstrap_ratio(rows.model - rows.baselines[best], rows.weights)
    n = len(rows.model)
    asked = n + rows.left_out
    part = f" --n {asked}" if asked < rows.n_all else ""
    return Figure(
        job=job.name,
        model=loaded.ref,
        weights=weights,
        step=loaded.step,
        data=rows.data,
        unit=rows.unit,
        n=n,
        n_all=rows.n_all,
        metric=rows.metric,
        score=own.mean,
        low=own.low,
        high=own.high,
        baseline=best,
        baselines=means,
        gain=gain.mean,
        gain_low=gain.low,
        gain_high=gain.high,
        seconds=round(seconds, 1),
        date=time.strftime("%Y-%m-%d"),
        command=f"python -m llmcore applications measure --job {job.name} "
        f"--model {loaded.ref}{part}",
        name=str(loaded.card.get("name") or loaded.ref),
        others=rows.others,
        samples=rows.samples,
        notices=rows.notices,
        own_words=own_words(job, loaded) if rows.metric in (EXACT, CHRF) else [],
    )


def own_words(job: Job, loaded: "Loaded") -> list[dict[str, Any]]:
    """What the model answers to the job's questions in a person's own words, beside what is
    right. Nobody scores them: they show what the figure does not."""
    rows = _fitting_of(
        [single(question, answer, text) for question, text, answer in job.own_words], loaded
    )
    right = {(question, text): answer for question, text, answer in job.own_words}
    made = _answers(loaded, rows, _Watch())
    return [
        {
            "question": row.last.instruction,
            "input": row.last.input,
            "answer": answer.strip(),
            "right": right[row.last.instruction, row.last.input],
        }
        for row, answer in zip(rows, made, strict=True)
    ]


# ---- answers to instructions


def _answered(job: Job, loaded: "Loaded", n: int | None, watch: _Watch) -> _Rows:
    whole = held_out(job)
    asked = spread(whole, n)
    rows = _fitting(loaded, asked)
    expected = [row.last.output for row in rows]
    given = {"model": _answers(loaded, rows, watch), **_trivial_answers(job, rows)}
    exact = {name: _exact(expected, made) for name, made in given.items()}
    pieces = {name: chrf_by_row(expected, made) for name, made in given.items()}
    metric, notices = job.metric, []
    if left_out := len(asked) - len(rows):
        length = loaded.trunk.config.context_length
        notices.append(do_not_fit(left_out, len(asked), "test", length))
    with_chrf = all(piece is not None for piece in pieces.values())
    if metric == CHRF and not with_chrf:
        metric, notices = EXACT, [*notices, NO_CHRF]
    scores = {
        name: np.asarray(pieces[name] if metric == CHRF else exact[name], dtype=float)
        for name in given
    }
    others = {}
    if metric == CHRF:
        others[EXACT] = {name: float(np.mean(right)) for name, right in exact.items()}
    elif with_chrf:
        others[CHRF] = {name: float(np.mean(piece or [0])) for name, piece in pieces.items()}
    return _Rows(
        metric, scores.pop("model"), scores, "rows", len(whole), f"{job.data}, test split",
        others=others, notices=notices, left_out=left_out,
    )  # fmt: skip


def _fitting(loaded: "Loaded", rows: Sequence[Instruction]) -> list[Instruction]:
    """The rows that the model can read whole. Raises LabError if those are fewer than two."""
    length = loaded.trunk.config.context_length
    found = _fitting_of(rows, loaded)
    if len(found) < 2:
        raise LabError(
            f"{len(found)} of {len(rows):,} rows fit in the {length:,} tokens that {loaded.ref} "
            f"reads, so there is nothing to measure: choose a model with a longer context."
        )
    return found


def _fitting_of(rows: Sequence[Instruction], loaded: "Loaded") -> list[Instruction]:
    template = Assistant(loaded).template
    length = loaded.trunk.config.context_length
    return [row for row in rows if fits(loaded.tokenizer, template, row, length)]


def _answers(loaded: "Loaded", rows: Sequence[Instruction], watch: _Watch) -> list[str]:
    """The model's likeliest answers. Rows of like length are answered together, so the shortest
    come first."""
    from llmcore.tasks.instruction_scores import answers

    template = Assistant(loaded).template
    order = sorted(range(len(rows)), key=lambda i: len(rows[i].question))
    made = [""] * len(rows)
    for first in range(0, len(order), BATCH):
        part = order[first : first + BATCH]
        found = answers(loaded.trunk, loaded.tokenizer, template, [rows[i] for i in part])
        for i, answer in zip(part, found, strict=True):
            made[i] = answer
        watch.at((first + len(part)) / len(order))
    return made


def _exact(expected: Sequence[str], answers: Sequence[str]) -> list[bool]:
    return [answer.strip() == two.strip() for answer, two in zip(expected, answers, strict=True)]


def _trivial_answers(job: Job, rows: Sequence[Instruction]) -> dict[str, list[str]]:
    """What methods that understand nothing would answer, by their names."""
    from llmcore.classical import NearestAnswer

    train = load_builtin(job.data).train
    known = NearestAnswer().fit([row.question for row in train], [row.last.output for row in train])
    given = {LOOKUP: known.predict([row.question for row in rows])}
    possible = {row.last.output for row in held_out(job)}
    counts = Counter(row.last.output for row in train if row.last.output in possible)
    if counts:
        given[MAJORITY] = [counts.most_common(1)[0][0]] * len(rows)
    texts = [row.last.input for row in rows]
    if any(texts):
        given[COPY] = texts
        leads = [_first_sentence(text) for text in texts]
        if leads != texts:
            given[LEAD] = leads
    return given


def _first_sentence(text: str) -> str:
    head, mark, _ = text.partition(". ")
    return head + mark.strip()


# ---- texts that are gone on with


def _read_on(job: Job, loaded: "Loaded", n: int | None, watch: _Watch) -> _Rows:
    """Bits per byte of held-out text, by passages of the windows in which it is read, beside a
    5-gram that counted the corpus' training part with the model's own tokens."""
    from llmcore.classical.ngram import fit_on
    from llmcore.evaluation import window_losses
    from llmcore.generation import scoring_windows

    train, documents = documents_of(job)
    tokenizer, length = loaded.tokenizer, loaded.trunk.config.context_length
    stream = tokenizer.encode_documents(documents).astype(np.int64)
    ids = np.concatenate([[tokenizer.start_id], stream])
    windows = list(scoring_windows(len(stream), length))
    chosen = spread(windows, n)
    losses = []
    for made in window_losses(loaded.trunk, ids, chosen):
        losses.append(made.sum())
        if len(losses) % BATCH == 0:
            watch.at(0.7 * len(losses) / len(chosen))
    watch.at(0.7)
    counted = -fit_on(tokenizer, train).log_probabilities(stream)
    watch.at(0.85)
    sizes = tokenizer.token_lengths[stream]
    sizes[stream == tokenizer.eot_id] = 0  # as in `text_loss`: it is no byte of the text
    spans = [(first, end) for _, first, end in chosen]
    samples, measured = _samples(job, loaded, train, documents, watch)
    return _Rows(
        BITS,
        -np.asarray(losses) / math.log(2),
        {NGRAM: -np.array([counted[a:b].sum() for a, b in spans]) / math.log(2)},
        f"passages of {max(1, length // 2)} tokens",
        len(windows),
        f"{job.data}, held-out documents",
        weights=np.array([sizes[a:b].sum() for a, b in spans], dtype=float),
        others=measured,
        samples=samples,
    )


def _samples(
    job: Job, loaded: "Loaded", train: Sequence[str], documents: Sequence[str], watch: _Watch
) -> tuple[list[dict[str, Any]], dict[str, dict[str, float]]]:
    """One unedited continuation of each of the job's prompts; how many of its words are real ones
    (in the corpus' training part) and how varied it is, beside as much held-out text."""
    from llmcore.experiments.sample_measures import known_words, real_word_share
    from llmcore.generation import SamplingConfig, generate

    made: list[dict[str, Any]] = []
    for seed, prompt in enumerate(job.prompts, 1):
        sampling = SamplingConfig(temperature=TEMPERATURE, seed=seed, max_new_tokens=SAMPLE_TOKENS)
        text = generate(loaded.trunk, loaded.tokenizer, prompt, sampling).text
        made.append({"prompt": prompt, "text": text, "seed": seed})
        watch.at(0.85 + 0.15 * seed / len(job.prompts))
    written = [row["text"] for row in made]
    n_words = sum(len(text.split()) for text in written)
    human = [" ".join(" ".join(documents).split()[:n_words])]
    known = known_words(train)
    texts = {"model": written, HUMAN: human}
    shares = {name: real_word_share(text, known) for name, text in texts.items()}
    return made, {
        REAL_WORDS: {name: share for name, share in shares.items() if share is not None},
        "distinct_trigrams": {name: distinct_trigrams(text) for name, text in texts.items()},
    }


def distinct_trigrams(texts: str | Sequence[str]) -> float:
    """How many of the runs of three words are different ones, 0 to 1: a text that goes round in
    circles is near 0 (distinct-n, Li et al. 2016).

    >>> distinct_trigrams(["to be or to be or to be or"])
    0.42857142857142855
    """
    runs = [
        tuple(words[i : i + 3])
        for words in (text.lower().split() for text in one_or_several(texts))
        for i in range(len(words) - 2)
    ]
    return len(set(runs)) / len(runs) if runs else 0.0


# ---- a classifier at the sentiment job


def _classified(loaded: "Loaded", n: int | None, watch: _Watch) -> _Rows:
    """Accuracy on the tweets that every run on this set leaves untouched."""
    from llmcore.classical import MajorityClass
    from llmcore.config import DataConfig, TrainConfig
    from llmcore.data.chosen import read_splits
    from llmcore.models import classify_texts

    splits = read_splits(DataConfig(SENTIMENT_SET), TrainConfig().seed, None)
    pairs = list(zip(splits.test.texts, splits.test.labels, strict=True))
    chosen = spread(pairs, n)
    right: list[bool] = []
    for first in range(0, len(chosen), BATCH):
        part = chosen[first : first + BATCH]
        found = classify_texts(loaded, [text for text, _ in part])
        right += [answer["label"] == label for answer, (_, label) in zip(found, part, strict=True)]
        watch.at(len(right) / len(chosen))
    majority = MajorityClass().fit(splits.train.texts, splits.train.labels)
    always = majority.predict([text for text, _ in chosen])
    found_right = [guess == label for guess, (_, label) in zip(always, chosen, strict=True)]
    return _Rows(
        ACCURACY, np.asarray(right, dtype=float),
        {f"always {always[0]}": np.asarray(found_right, dtype=float)},
        "tweets", len(pairs), f"{SENTIMENT_SET}, test split",
    )  # fmt: skip
