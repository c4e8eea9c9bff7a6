"""Training, validation and test splits of labelled texts: no doubles, stratified, seeded."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from llmcore.config import BALANCES
from llmcore.data.folding import fold, in_fixed_test, unit_hash
from llmcore.data.labelled import LabelledSet
from llmcore.errors import LabError

SMALLEST_SPLIT_CLASS = 3  # rows; smaller classes stay in training whole


@dataclass
class Splits:
    train: LabelledSet
    validation: LabelledSet
    test: LabelledSet
    notices: list[str] = field(default_factory=list)


def split_labelled(
    data: LabelledSet, validation: float, test: float, seed: int, balance: str = "none"
) -> Splits:
    """Splits without a common text, even after folding case, spaces and punctuation.

    Doubles go first: of texts with one fold the first is kept, with the label that most of them
    have. Each class gives `test` and `validation` of its rows, at least one each, and keeps at
    least one for training; classes of one or two rows stay in training. A set with `fixed_test`
    has the same test split for every seed and share. Splits that the file itself gives (`given`)
    are kept: its test rows are the test, and its validation rows validate; if it gives no
    validation rows, they are drawn from its training rows. `balance="equal"` thins the training
    split to as many texts of each class; `"weights"` leaves it unchanged, since the loss balances.
    Raises LabError if a split would be empty.
    """
    _check(data, validation, test, balance)
    folds = [fold(text) for text in data.texts]
    single, notices = without_doubles(data, folds)
    notices += _shared_with_the_test(data, single)
    by_class: dict[str, list[int]] = defaultdict(list)
    for i in sorted(single, key=lambda i: (unit_hash(seed, folds[i]), folds[i])):
        by_class[single[i]].append(i)

    if len(by_class) < 2:
        raise LabError(
            f"{data.name} has texts of one class only once doubles are dropped: give texts of at "
            f"least two classes."
        )
    train, held_validation, held_test = _cut_classes(
        data, folds, by_class, validation, test, notices
    )
    if data.given:
        held_validation, held_test = _learned_classes(
            train, held_validation, held_test, single, data.name, notices
        )
    if balance == "equal":
        train, balance_notices = _balanced(train, single)
        notices += balance_notices
    if (validation and not held_validation) or (test and not held_test):
        raise LabError(
            f"{data.name} has {len(single):,} different texts, too few to hold any out: give at "
            f"least {SMALLEST_SPLIT_CLASS} texts of one class."
        )
    relabelled = LabelledSet(
        data.name,
        data.texts,
        [single.get(i, label) for i, label in enumerate(data.labels)],
        fixed_test=data.fixed_test,
    )
    learned, checked, tested = (
        relabelled.take(sorted(part)) for part in (train, held_validation, held_test)
    )
    return Splits(learned, checked, tested, notices=[*data.notices, *notices])


def _cut_classes(
    data: LabelledSet, folds: list[str], by_class: dict[str, list[int]], validation: float,
    test: float, notices: list[str],
) -> tuple[list[int], list[int], list[int]]:  # fmt: skip
    """The rows of training, validation and test, class by class in order of the labels."""
    train: list[int] = []
    held_validation: list[int] = []
    held_test: list[int] = []
    small = []
    for label, indices in sorted(by_class.items()):
        if len(indices) < SMALLEST_SPLIT_CLASS and not data.given:
            small.append(label)
            train += indices
            continue
        kept, for_validation, for_test = _cut(
            indices, validation, test, _fixed_test(data, folds, indices), _given_validation(data)
        )
        train += kept
        held_validation += for_validation
        held_test += for_test
    if small:
        notices.append(_small_notice(small))
    return train, held_validation, held_test


def _shared_with_the_test(data: LabelledSet, single: dict[int, str]) -> list[str]:
    """A notice if the file's own test rows have a text that was there before: they are
    no test. Raises LabError if none is left."""
    test = [i for i, split in enumerate(data.given) if split == "test"]
    lost = sum(i not in single for i in test)
    if test and lost == len(test):
        raise LabError(
            f"Every test row of {data.name} has the text of another row as well, so nothing is "
            f"left to test on: give test rows that are not among the training rows."
        )
    if not lost:
        return []
    return [f"{lost:,} of the {len(test):,} test rows of {data.name} have the text of a row before "
            f"them, and were left out."]  # fmt: skip


def _learned_classes(
    train: list[int], validation: list[int], test: list[int], label_of: dict[int, str], name: str,
    notices: list[str],
) -> tuple[list[int], list[int]]:  # fmt: skip
    """The held-out rows without those of classes that the file's training rows do not have."""
    learned = {label_of[i] for i in train}
    if len(learned) < 2:
        raise LabError(
            f"The training rows of {name} are of one class only, by the file's own splits: give "
            f"training texts of at least two classes."
        )
    kept = [[i for i in part if label_of[i] in learned] for part in (validation, test)]
    if lost := len(validation) + len(test) - sum(map(len, kept)):
        missing = sorted({label_of[i] for i in validation + test} - learned)
        notices.append(f"{lost:,} held-out texts of {_named(missing).lower()}, which no training "
                       f"text has, were left out.")  # fmt: skip
    return kept[0], kept[1]


def _fixed_test(data: LabelledSet, folds: list[str], indices: list[int]) -> list[bool] | None:
    """Which rows are test rows whatever the seed; None if the seed decides."""
    if data.fixed_test:
        return [in_fixed_test(folds[i]) for i in indices]
    if "test" in data.given:
        return [data.given[i] == "test" for i in indices]
    return None


def _given_validation(data: LabelledSet) -> Callable[[int], bool] | None:
    if "validation" not in data.given:
        return None
    return lambda i: data.given[i] == "validation"


def _cut(
    indices: list[int],
    validation: float,
    test: float,
    fixed: list[bool] | None,
    given_validation: Callable[[int], bool] | None = None,
) -> tuple[list[int], list[int], list[int]]:
    """One class, in seeded order, cut into training, validation and test rows.

    `fixed` marks the rows of a test split that no seed moves, `given_validation` tells the rows
    that the file itself validates on.
    """
    if fixed is None:
        n_test = _share(len(indices), test, keep=2 if validation else 1)
        for_test, rest = indices[:n_test], indices[n_test:]
    else:
        for_test = [i for i, is_fixed in zip(indices, fixed, strict=True) if is_fixed]
        rest = [i for i, is_fixed in zip(indices, fixed, strict=True) if not is_fixed]
    if given_validation is not None and validation:
        held = [i for i in rest if given_validation(i)]
        return [i for i in rest if not given_validation(i)], held, for_test
    n_validation = _share(len(rest), validation * len(indices) / max(1, len(rest)), keep=1)
    return rest[n_validation:], rest[:n_validation], for_test


def _check(data: LabelledSet, validation: float, test: float, balance: str) -> None:
    for name, share in (("validation", validation), ("test", test)):
        if not 0 <= share < 1:
            raise LabError(f"{name} is {share} but must be at least 0 and below 1.")
    if validation + test >= 1:
        raise LabError(
            f"validation {validation} and test {test} leave nothing to train on: make them smaller."
        )
    if balance not in BALANCES:
        raise LabError(f"balance is {balance!r} but must be one of {', '.join(BALANCES)}.")
    if len(data.classes) < 2:
        found = f"only the label {data.labels[0]!r}" if data.labels else "no rows"
        raise LabError(f"{data.name} has {found}: give texts of at least two classes.")


def _share(n: int, share: float, keep: int) -> int:
    """How many of `n` rows make up `share`: at least one if any, and `keep` are left."""
    return min(max(1, round(n * share)), n - keep) if share > 0 and n > keep else 0


def without_doubles(data: LabelledSet, folds: list[str]) -> tuple[dict[int, str], list[str]]:
    """{index of each text that is kept: its label} and notices with the counts."""
    groups: dict[str, list[int]] = defaultdict(list)
    for i, folded in enumerate(folds):
        groups[folded].append(i)
    single, contradictions = {}, 0
    for indices in groups.values():
        votes = Counter(data.labels[i] for i in indices)
        single[indices[0]] = votes.most_common(1)[0][0]
        contradictions += len(votes) > 1
    notices = []
    if dropped := len(folds) - len(single):
        notices.append(
            f"{dropped:,} doubles were dropped from {data.name} (same text after folding case, "
            f"spaces and punctuation); {len(single):,} texts are left."
        )
    if contradictions:
        notices.append(
            f"{contradictions:,} texts of {data.name} stood there with different labels: each "
            f"keeps the label it has most often."
        )
    lost = set(data.labels) - set(single.values())
    if lost:
        notices.append(f"No text is left for {_named(sorted(lost))} after doubles were dropped.")
    return single, notices


def _small_notice(small: list[str]) -> str:
    return (
        f"{_named(small)} {'has' if len(small) == 1 else 'have'} fewer than "
        f"{SMALLEST_SPLIT_CLASS} texts: all stay in training, so no score speaks of them."
    )


def _named(labels: list[str]) -> str:
    shown = ", ".join(repr(label[:40]) for label in labels[:5])
    more = f" and {len(labels) - 5} more" if len(labels) > 5 else ""
    return f"{'The class' if len(labels) == 1 else 'The classes'} {shown}{more}"


def _balanced(train: list[int], label_of: dict[int, str]) -> tuple[list[int], list[str]]:
    """The first rows of each class, as many as the smallest class has (Raschka, chapter 6)."""
    counts = Counter(label_of[i] for i in train)
    smallest = min(counts.values())
    taken: Counter[str] = Counter()
    kept = []
    for i in train:  # each class is in seeded order
        if taken[label_of[i]] < smallest:
            taken[label_of[i]] += 1
            kept.append(i)
    notice = (
        f"Balanced: {smallest:,} training texts of each class, {len(train) - len(kept):,} left out."
    )
    return kept, [notice]
