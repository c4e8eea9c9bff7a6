"""Smaller training sets inside larger ones, each with its share of every class."""

from collections import Counter

from llmcore.data.folding import fold, unit_hash
from llmcore.data.labelled import LabelledSet
from llmcore.errors import LabError


def nested_order(data: LabelledSet, seed: int) -> list[int]:
    """All rows, in an order whose every beginning holds the classes in their proportions.

    First comes one text of each class, so the first K rows have all K classes. After that a class
    of n texts is due for the (2 i + 1)th time of every 2 n (Sainte-Laguë). Within a class the
    order depends on (seed, text) alone.
    """
    counts = Counter(data.labels)
    taken: Counter[str] = Counter()
    keyed = []
    for i in sorted(range(len(data)), key=lambda i: (unit_hash(seed, fold(data.texts[i])), i)):
        label = data.labels[i]
        rank = taken[label]
        taken[label] += 1
        due = (2 * rank + 1) / (2 * counts[label]) if rank else 0.0
        keyed.append((due, label, i))
    return [i for _, _, i in sorted(keyed)]


def nested_subset(data: LabelledSet, n: int, seed: int) -> list[int]:
    """`n` rows; those of a smaller n are among those of a larger one, for the same seed.

    Raises LabError if `n` is below the number of classes or beyond the rows that there are.
    """
    if not len(data.classes) <= n <= len(data):
        raise LabError(
            f"{n} texts were asked for, but {data.name} has {len(data)} texts of "
            f"{len(data.classes)} classes: ask for a number in between."
        )
    return sorted(nested_order(data, seed)[:n])
