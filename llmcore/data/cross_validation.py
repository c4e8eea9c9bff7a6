"""Every text tested once: stratified folds of a labelled set without doubles."""

from collections import defaultdict

from llmcore.data.folding import fold, unit_hash
from llmcore.data.labelled import LabelledSet
from llmcore.data.splits import Splits, split_labelled, without_doubles
from llmcore.errors import LabError


def unique_texts(data: LabelledSet) -> LabelledSet:
    """The first of all texts that are equal after folding, with the label that most have."""
    single, notices = without_doubles(data, [fold(text) for text in data.texts])
    kept = data.take(list(single))
    kept.labels = list(single.values())
    kept.notices = [*data.notices, *notices]
    return kept


def as_many_of_each(data: LabelledSet, seed: int, n: int | None = None) -> LabelledSet:
    """`n` texts of each class, by default as many as the smallest class has, drawn by the seed."""
    n = n or min(data.counts().values())
    drawn = [i for rows in _shuffled("draw", data, seed).values() for i in rows[:n]]
    return data.take(sorted(drawn))


def stratified_folds(data: LabelledSet, n_folds: int, validation: float, seed: int) -> list[Splits]:
    """`n_folds` splits whose test parts make up `data`, each with its share of every class.

    validation: the share of what is left for training that is held out of it, never of a test
    part. Raises LabError if a class has fewer texts than there are folds.
    """
    if data.fixed_test:
        raise LabError(f"{data.name} has a fixed test split, so it is not cut into folds.")
    by_class = _shuffled("folds", data, seed)
    smallest, rows = min(by_class.items(), key=lambda item: len(item[1]))
    if not 2 <= n_folds <= len(rows):
        raise LabError(
            f"{n_folds} folds were asked for, but there must be at least 2 and at most one for "
            f"each of the {len(rows)} texts of {smallest!r}."
        )
    result = []
    for number in range(n_folds):
        test = {i for rows in by_class.values() for i in rows[number::n_folds]}
        rest = data.take([i for i in range(len(data)) if i not in test])
        parts = split_labelled(rest, validation, 0.0, seed)
        result.append(Splits(parts.train, parts.validation, data.take(sorted(test))))
    return result


def _shuffled(purpose: str, data: LabelledSet, seed: int) -> dict[str, list[int]]:
    """The rows of each class in an order that depends on (purpose, seed, text) alone."""
    by_class: dict[str, list[int]] = defaultdict(list)
    folded = [fold(text) for text in data.texts]
    for i in sorted(range(len(data)), key=lambda i: (unit_hash(purpose, seed, folded[i]), i)):
        by_class[data.labels[i]].append(i)
    return dict(sorted(by_class.items()))
