"""How good a model is: on text (loss, perplexity, bits per byte) and on labels (accuracy, F1)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from llmcore.errors import LabError
from llmcore.texts import not_one, one_or_several, several

if TYPE_CHECKING:
    from torch import Tensor

    from llmcore.nn.model import GPT
    from llmcore.tokenizers import Tokenizer

FEW_ROWS = 100  # fewer give a score that is shown with its interval
MAX_BYTES = 256 << 20  # that scoring a text holds at once beside the model
_LOGIT_COPIES = 3  # the logits, in fp32, and their logarithms
Z_95 = 1.959963984540054  # standard deviations that hold 95% of a normal distribution
Window = tuple[int, int, int]  # start, first, end: see `scoring_windows`
_RESAMPLES_AT_ONCE = 500  # how often each of thousands of rows is drawn takes memory


def text_loss(
    model: GPT, tokenizer: Tokenizer, documents: str | Sequence[str], batch_size: int = 16
) -> dict[str, float]:
    """Scores every token of the text once, each document ending with an end-of-text token.

    Windows of context_length overlap by half, so a scored token has at least half a context
    before it (but for a document's start). Returns `n` (scored tokens), `loss` (nats a token),
    `perplexity` (e to the loss) and `bits_per_byte` (loss · n / ln 2 / UTF-8 bytes), by which
    models with different tokenizers compare. Raises LabError for a text without content.
    """
    documents = list(one_or_several(documents, "document"))
    n_bytes = sum(len(document.encode("utf-8", "replace")) for document in documents)
    if n_bytes == 0:
        raise LabError("The text is empty, so there is nothing to score: give at least one word.")
    # The text begins after the token that each training document began after.
    ids = np.concatenate([[tokenizer.start_id], tokenizer.encode_documents(documents)])
    total, n_scored = _summed_loss(model, ids.astype(np.int64), batch_size)
    loss = total / n_scored
    check_loss(loss)
    return {
        "n": n_scored,
        "loss": loss,
        "perplexity": math.exp(min(loss, 700.0)),
        "bits_per_byte": total / math.log(2) / n_bytes,
    }


def check_loss(loss: float | None) -> None:
    """Raises LabError for a model's loss on a text that is NaN or infinite. None: not measured."""
    if loss is not None and not math.isfinite(loss):
        raise LabError(
            "The model's loss on this text is not finite, so nothing can be said of it: take an "
            "earlier checkpoint, or train again with a lower learning rate."
        )


def _summed_loss(model: GPT, ids: np.ndarray, batch_size: int) -> tuple[float, int]:
    """Sum of -log p(ids[i] | window before it) over i >= 1, and how many there are."""
    from llmcore.data.windows import scoring_windows

    n_targets = len(ids) - 1
    windows = list(scoring_windows(n_targets, model.config.context_length))
    return math.fsum(
        loss.sum() for loss in window_losses(model, ids, windows, batch_size)
    ), n_targets


def window_losses(
    model: GPT,
    ids: np.ndarray,
    windows: Sequence[Window],
    batch_size: int = 16,
    max_bytes: int = MAX_BYTES,
) -> Iterator[np.ndarray]:
    """For each window (start, first, end) of `scoring_windows` the loss in nats of each token that
    it scores, (end - first,). ids: (N,). Raises LabError for tokens that the model does not know.

    max_bytes: of what a pass holds, its layers' outputs and then its logits; a single window may
    take more in its layers.
    """
    import torch

    from llmcore.nn.model import check_ids

    check_ids(model, [int(ids.max())])
    device = next(model.parameters()).device
    outputs = sum(width for _, width in model.config.linear_shapes().values())
    n_positions = max_bytes // (4 * outputs)
    n_rows = max(1, max_bytes // (_LOGIT_COPIES * 4 * model.config.vocab_size))
    for part in _passes(windows, batch_size, n_positions):
        longest = max(end - start for start, _, end in part)
        inputs = np.zeros((len(part), longest), dtype=np.int64)
        for row, (start, _, end) in enumerate(part):
            inputs[row, : end - start] = ids[start:end]
        with torch.inference_mode():
            hidden = model.hidden(torch.from_numpy(inputs).to(device))  # (B, T, C)
        for states, (start, first, end) in zip(hidden, part, strict=True):
            goal = torch.from_numpy(ids[first + 1 : end + 1].astype(np.int64)).to(device)
            yield _state_losses(model, states[first - start : end - start], goal, n_rows)


def _passes(
    windows: Sequence[Window], batch_size: int, n_positions: int
) -> Iterator[Sequence[Window]]:
    """The windows in their order, by those that go through the model together: at most that many of
    them, and so many positions once they are padded; one at least."""
    at = 0
    while at < len(windows):
        end, longest = at, 0
        while end < min(len(windows), at + batch_size):
            start, _, stop = windows[end]
            longest = max(longest, stop - start)
            if end > at and (end + 1 - at) * longest > n_positions:
                break
            end += 1
        yield windows[at:end]
        at = end


def _state_losses(model: GPT, states: Tensor, goal: Tensor, n_rows: int) -> np.ndarray:
    """Nats of goal (N,) after the last states (N, C), with that many rows of logits at a time."""
    import torch
    import torch.nn.functional as F

    losses = []
    with torch.inference_mode():
        for at in range(0, len(states), n_rows):
            logits = model.unembed(states[at : at + n_rows]).float()  # (rows, V)
            losses.append(F.cross_entropy(logits, goal[at : at + n_rows], reduction="none"))
        return torch.cat(losses).double().cpu().numpy()


def classification_scores(
    labels: Sequence[str], predicted: Sequence[str], classes: Sequence[str]
) -> dict[str, Any]:
    """`n`, `accuracy`, `macro_f1`, `confusion` and its `classes`; None if there is no row.

    confusion[i][j] counts texts of class i that were taken for class j. A label outside of
    `classes` (never trained on) gets its own row behind them and counts as wrong. Macro F1
    is the plain mean of F1 over the classes that occur among labels or predictions.

    `accuracy_interval`: see `wilson_interval`. `chance`: what always naming the largest class of
    these rows would score, None for rows of a single class; `better_than_chance`: whether the
    interval is above it.
    """
    _check_labels(labels, predicted, classes)
    strangers = sorted((set(labels) | set(predicted)) - set(classes))
    names = [*classes, *strangers]
    index = {name: i for i, name in enumerate(names)}
    confusion = np.zeros((len(names), len(names)), dtype=int)
    for truth, guess in zip(labels, predicted, strict=True):
        confusion[index[truth], index[guess]] += 1
    right = confusion.diagonal()
    occurring = confusion.sum(0) + confusion.sum(1)  # twice the F1's denominator share
    scores = [2 * r / o for r, o in zip(right, occurring, strict=True) if o]
    n, table = len(labels), confusion.tolist()
    chance, better = against_chance({"n": n, "confusion": table}) or (None, None)
    return {
        "n": n,
        "accuracy": float(right.sum() / n) if n else None,
        "accuracy_interval": wilson_interval(int(right.sum()), n),
        "chance": chance,
        "better_than_chance": better,
        "macro_f1": float(np.mean(scores)) if scores else None,
        "confusion": table,
        "classes": names,
    }


def _check_labels(*lists: Sequence[str]) -> None:
    """Raises LabError if a word is given for a list of labels: its letters would be scored."""
    for values in lists:
        not_one(values, "label")


def against_chance(scores: dict[str, Any]) -> tuple[float, bool] | None:
    """What always naming the largest class of the rows would score, and whether the interval of
    the accuracy is above that. From `n` and `confusion`, which older runs keep as well. None
    if the rows are of a single class, or there is none."""
    n = int(scores["n"])
    largest = max((sum(row) for row in scores["confusion"]), default=0)
    if largest == n:
        return None
    right = sum(row[i] for i, row in enumerate(scores["confusion"]))
    interval = wilson_interval(right, n)
    assert interval is not None, "largest < n"
    return largest / n, interval[0] > largest / n


def wilson_interval(right: float, n: int) -> list[float] | None:
    """The 95% interval [low, high] of a share of `right` among `n` (Wilson 1927); None of none.
    right: a count, or the mean of several counts.

    >>> [round(bound, 3) for bound in wilson_interval(5, 12)]
    [0.193, 0.68]
    """
    if n == 0:
        return None
    share, spread = right / n, Z_95**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = Z_95 * math.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return [max(0.0, middle - half), min(1.0, middle + half)]


def answer_scores(
    expected: Sequence[str],
    answers: Sequence[str],
    holdouts: Sequence[str] = (),
    kinds: Sequence[str] | None = None,
) -> dict[str, Any]:
    """`n`, `exact_match`, the share of answers that are the expected one, spaces at the ends
    aside (None if there is none), and its `exact_match_interval` (see `wilson_interval`); and
    `by_holdout`: the same for the rows of each kind of holdout that is named, in `holdouts` (N,)
    or, if some kinds may have no row, in `kinds`."""
    several(expected, "text")
    several(answers, "answer")
    right = [answer.strip() == two.strip() for answer, two in zip(expected, answers, strict=True)]
    kinds = [kind for kind in dict.fromkeys(holdouts if kinds is None else kinds) if kind]
    by_holdout = {
        kind: _share_right(
            [r for r, holdout in zip(right, holdouts, strict=True) if holdout == kind]
        )
        for kind in kinds
    }
    return {**_share_right(right), "by_holdout": by_holdout}


def _share_right(right: Sequence[bool]) -> dict[str, Any]:
    return {
        "n": len(right),
        "exact_match": sum(right) / len(right) if right else None,
        "exact_match_interval": wilson_interval(sum(right), len(right)),
    }


def chrf(expected: Sequence[str], answers: Sequence[str]) -> float | None:
    """chrF (Popović 2015) of all answers, 0 to 100, by sacrebleu; None if it is not installed
    or there is nothing to score. Raises LabError if one text stands for a list."""
    several(expected, "text")
    several(answers, "answer")
    try:
        from sacrebleu.metrics import CHRF
    except ImportError:
        return None
    return float(CHRF().corpus_score(list(answers), [list(expected)]).score) if expected else None


def chrf_by_row(expected: Sequence[str], answers: Sequence[str]) -> list[float] | None:
    """chrF of each answer alone (N,), 0 to 100, so that rows can be drawn again; None if
    sacrebleu is not installed. Their mean is near `chrf`, which counts over all rows at once.
    Raises LabError if one text stands for a list."""
    several(expected, "text")
    several(answers, "answer")
    try:
        from sacrebleu.metrics import CHRF
    except ImportError:
        return None
    metric = CHRF()
    return [
        float(metric.sentence_score(two, [answer]).score)
        for answer, two in zip(expected, answers, strict=True)
    ]


def balanced_accuracy(labels: Sequence[str], predicted: Sequence[str]) -> float:
    """The mean over the true classes of the share that was found, so a rare class counts as much
    as a frequent one: answering always the same of two classes gives one half."""
    _check_labels(labels, predicted)
    found: dict[str, list[bool]] = {}
    for truth, guess in zip(labels, predicted, strict=True):
        found.setdefault(truth, []).append(truth == guess)
    return float(np.mean([np.mean(item) for item in found.values()])) if found else 0.0


def recall_at_precision(
    positive: Sequence[bool] | np.ndarray, scores: Sequence[float] | np.ndarray, precision: float
) -> float:
    """The largest share of the positives above any threshold on `scores` (both (N,)) at which at
    least `precision` of what is above it is positive; 0 if there is no such threshold.

    >>> recall_at_precision([True, True, False, True], [0.9, 0.8, 0.7, 0.6], precision=1.0)
    0.6666666666666666
    """
    truth, values = np.asarray(positive, dtype=bool), np.asarray(scores, dtype=float)
    if not truth.any():
        return 0.0
    order = np.argsort(-values, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(values[order])), len(order) - 1)  # of equal scores
    right = np.cumsum(truth[order])[ends]  # positives above each threshold
    precise = right >= precision * (ends + 1)
    return float(right[precise].max() / truth.sum()) if precise.any() else 0.0


@dataclass(slots=True, frozen=True)
class PrecisionRecall:
    """A point for each distinct score, taken as the threshold; all (P,), thresholds falling."""

    thresholds: np.ndarray
    precision: np.ndarray
    recall: np.ndarray


def precision_recall(
    positive: Sequence[bool] | np.ndarray, scores: Sequence[float] | np.ndarray
) -> PrecisionRecall:
    """Precision and recall of `score >= threshold` over all thresholds that differ.

    positive, scores: (N,). Raises LabError if nothing is positive.

    >>> precision_recall([True, False, True], [0.9, 0.7, 0.7]).precision.round(3).tolist()
    [1.0, 0.667]
    """
    truth, values = np.asarray(positive, dtype=bool), np.asarray(scores, dtype=float)
    if not truth.any():
        raise LabError("No text of this class is in the test split, so nothing can be found.")
    order = np.argsort(-values, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(values[order])), len(order) - 1)  # of equal scores
    right = np.cumsum(truth[order])[ends]
    return PrecisionRecall(values[order][ends], right / (ends + 1), right / truth.sum())


@dataclass(slots=True, frozen=True)
class Verdicts:
    """What a threshold does: `found` of the class, `missed` of it, and `false_alarms`."""

    found: int
    missed: int
    false_alarms: int

    @property
    def precision(self) -> float | None:
        """None if nothing is called by this name."""
        called = self.found + self.false_alarms
        return self.found / called if called else None

    @property
    def recall(self) -> float:
        return self.found / max(1, self.found + self.missed)


def verdicts(
    positive: Sequence[bool] | np.ndarray,
    scores: Sequence[float] | np.ndarray,
    threshold: float,
) -> Verdicts:
    """Counts of `score >= threshold` against the truth, both (N,).

    >>> verdicts([True, False, True], [0.9, 0.7, 0.2], 0.5)
    Verdicts(found=1, missed=1, false_alarms=1)
    """
    truth, called = np.asarray(positive, dtype=bool), np.asarray(scores, dtype=float) >= threshold
    return Verdicts(
        int((truth & called).sum()), int((truth & ~called).sum()), int((~truth & called).sum())
    )


@dataclass(slots=True, frozen=True)
class Difference:
    """A mean with the interval that holds 95% of its resampled values."""

    mean: float
    low: float
    high: float


def paired_bootstrap(
    ours: Sequence[float] | np.ndarray,
    theirs: Sequence[float] | np.ndarray,
    units: Sequence[Hashable],
    n_resamples: int = 10_000,
    seed: int = 0,
) -> Difference:
    """How much better `ours` is than `theirs`, two scores (M,) of the same M predictions.

    `units` (M,) tell what each prediction is about. Units are drawn with replacement, each with
    all its predictions, since those of one message under several seeds are not independent.
    The percentile interval of Efron and Tibshirani (1993), chapter 13. Raises LabError if
    there is nothing to compare.
    """
    if not len(units):
        raise LabError("There are no predictions to compare: give at least one.")
    index = {unit: i for i, unit in enumerate(dict.fromkeys(units))}
    numbers = np.array([index[unit] for unit in units])
    gains = np.bincount(numbers, np.asarray(ours, float) - np.asarray(theirs, float))  # (U,)
    counts = np.bincount(numbers)  # (U,)
    rng = np.random.default_rng(seed)
    means = np.empty(n_resamples)
    for i in range(n_resamples):
        drawn = rng.integers(len(counts), size=len(counts))
        means[i] = gains[drawn].sum() / counts[drawn].sum()
    low, high = np.percentile(means, [2.5, 97.5])
    return Difference(float(gains.sum() / counts.sum()), float(low), float(high))


def bootstrap_ratio(
    values: Sequence[float] | np.ndarray,
    weights: Sequence[float] | np.ndarray | None = None,
    n_resamples: int = 4_000,
    seed: int = 0,
) -> Difference:
    """sum(values) / sum(weights) of rows (N,) that are drawn with replacement, with its 95%
    percentile interval (Efron and Tibshirani 1993, chapter 13). Weights of one give the mean.

    To draw N rows is to draw how often each occurs, so one draw from a multinomial serves for each
    resample. Raises LabError if there is nothing to measure.
    """
    top = np.asarray(values, dtype=float)
    bottom = np.ones(len(top)) if weights is None else np.asarray(weights, dtype=float)
    if not len(top) or bottom.sum() <= 0:
        raise LabError("There are no rows to measure: give at least one.")
    rng = np.random.default_rng(seed)
    shares = np.full(len(top), 1 / len(top))
    ratios = []
    for _ in range(0, n_resamples, _RESAMPLES_AT_ONCE):
        drawn = rng.multinomial(len(top), shares, size=_RESAMPLES_AT_ONCE)  # (R, N)
        ratios.append((drawn @ top) / np.maximum(drawn @ bottom, 1e-12))
    low, high = np.percentile(np.concatenate(ratios), [2.5, 97.5])
    return Difference(float(top.sum() / bottom.sum()), float(low), float(high))


def paired_macro_f1(
    labels: Sequence[str],
    ours: Sequence[str],
    theirs: Sequence[str],
    n_resamples: int = 10_000,
    seed: int = 0,
) -> Difference:
    """How much higher the macro F1 of the predictions `ours` is than that of `theirs`, on the
    same texts; texts are drawn with replacement, each with both its predictions.

    Drawing N texts is drawing how often each triple (label, ours, theirs) occurs, so one draw
    from a multinomial stands for each resample. Macro F1 is over the classes among `labels`.
    Raises LabError if there is nothing to compare.
    """
    _check_labels(labels, ours, theirs)
    triples = Counter(zip(labels, ours, theirs, strict=True))
    if not triples:
        raise LabError("There are no predictions to compare: give at least one.")
    classes = sorted(set(labels))
    counts = np.array(list(triples.values()))  # (U,)
    truth, first, second = (np.array(triple) for triple in zip(*triples, strict=True))  # each (U,)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(counts.sum(), counts / counts.sum(), size=n_resamples)  # (R, U)

    def gain(counts: np.ndarray) -> np.ndarray:
        """How often each triple occurs (…, U) -> difference of macro F1 (…)."""
        return _macro_f1(counts, truth, first, classes) - _macro_f1(counts, truth, second, classes)

    low, high = np.percentile(gain(drawn), [2.5, 97.5])
    return Difference(float(gain(counts)), float(low), float(high))


def _macro_f1(
    counts: np.ndarray, truth: np.ndarray, predicted: np.ndarray, classes: list[str]
) -> np.ndarray:
    """Mean F1 (…) of `classes` where (truth, predicted), each (U,), occur `counts` (…, U) times.
    A class that does not occur counts 0."""
    is_true = truth[:, None] == np.array(classes)  # (U, K)
    is_predicted = predicted[:, None] == np.array(classes)
    right = counts @ (is_true & is_predicted)  # (…, K)
    occurring = counts @ (is_true.astype(int) + is_predicted)
    f1 = np.divide(2 * right, occurring, out=np.zeros(right.shape), where=occurring > 0)
    return f1.mean(-1)
