"""Which column is the text and which the label: by name, by number, else by what is in them.

A weak guess is no guess: the role stays open, and whoever reads asks.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llmcore.data.reading.columns import MAX_CLASSES, Column, columns_of, find_column
from llmcore.data.reading.names import (
    LABEL_NAMES,
    MARKS,
    SPLIT_NAMES,
    SPLITS,
    SURE_LABELS,
    TEXT_NAMES,
    WEAK_LABELS,
    WEAK_TEXTS,
)
from llmcore.data.reading.report import ChoiceError, Notices, ReadingReport, listed
from llmcore.data.reading.rows import Rows
from llmcore.errors import LabError

MUCH_LONGER = 3  # times as long as titles: then those are not the texts
LONGER = 1.5  # times as long as the next column's texts: then it is the text
_LABEL_WORDS = (
    "label", "sentiment", "class", "category", "spam", "intent", "topic", "emotion", "polarity",
    "target", "kategorie", "klasse",
)  # fmt: skip
_PLAIN_LABELS = (*LABEL_NAMES[:6], "intent", "topic", "labels")
_RARE_LABELS = (
    "id", "user", "username", "author", "source", "lang", "language", "date", "year", "flag",
    "index", "name", "url", "file", "filename",
)  # fmt: skip
_FRACTION = re.compile(r"\d[.,]0*[1-9]")
_ADDRESS = re.compile(r"\S+@\S+\.\w+|https?://\S+")


@dataclass(frozen=True, slots=True)
class LabelRoles:
    """Places of the columns; None for one that has to be chosen (a split there need not be)."""

    text: int | None
    label: int | None
    split: int | None = None

    def names(self, columns: Sequence[str]) -> dict[str, str | None]:
        """role → column, as a report has it."""
        return {
            "text": None if self.text is None else columns[self.text],
            "label": None if self.label is None else columns[self.label],
        }


def label_roles(
    rows: Rows, name: str, text_column: str | None, label_column: str | None, notices: Notices
) -> LabelRoles:
    """The text's and the label's column of a labelled table, None if nobody can tell.

    Raises NotFoundError for a chosen column that there is not, LabError if both are one.
    """
    columns = columns_of(rows)
    invented = not rows.header and len(columns) == 2 and rows.columns[0] == "column 1"
    if invented:
        _name_two(rows, columns)
    text = None if text_column is None else find_column(rows.columns, name, text_column)
    label = None if label_column is None else find_column(rows.columns, name, label_column)
    if text is not None and text == label:
        raise LabError(
            f"Text and label of {name} are both read from {rows.columns[text]!r}: choose two "
            f"different columns of {listed(rows.columns)}."
        )
    split = _split(columns, {text, label})
    taken = {text, label, split}
    if label is None:
        label = _label_by_name(columns, taken, name, notices)
        if label is not None:
            label = _its_names(columns, label, taken, name, notices)
    if text is None:
        text = _text_by_name(columns, {*taken, label})
    if text is None:
        text = _text_by_content(columns, {*taken, label})
    if label is None and not notices.count("several_labels"):
        label = _label_by_content(columns, {*taken, text}, name, notices)
    if label is None and text is not None and not notices.count("several_labels"):
        _say_measured(columns, {*taken, text}, name, notices)
    if label is None and not invented and not notices.count("several_labels", "numbers_no_classes"):
        label = _by_name(
            columns, _PLAIN_LABELS, {*taken, text}, lambda column: True
        )  # says why not
    if text is None and label is not None:
        text = _other_of_two(columns, label)
    _say_guessed(rows, columns, text, label, (text_column, label_column), name, notices)
    return LabelRoles(text, label, split)


def text_role(rows: Rows, name: str, text_column: str | None) -> int | None:
    """The column of texts if labels do not matter, None if it is unclear."""
    if text_column is not None:
        return find_column(rows.columns, name, text_column)
    if len(rows.columns) == 1:
        return 0
    columns = columns_of(rows)
    text = _text_by_name(columns, set())
    text = _text_by_content(columns, set()) if text is None else text
    return 1 if text is None and len(columns) == 2 and not rows.header else text


def _name_two(rows: Rows, columns: Sequence[Column]) -> None:
    """Two columns without names are called by what they hold, else label, text, as in every table
    of the lab's own."""
    text = _text_by_content(columns, set())
    label = _label_by_content(columns, {text}, "", Notices())
    at = 1 - label if text is None and label is not None else text
    at = 1 if at is None else at
    for place, name in ((at, "text"), (1 - at, "label")):
        rows.columns[place] = columns[place].name = name


def _by_name(columns: Sequence[Column], names: Sequence[str], taken: Any, fits: Any) -> int | None:
    folded = [column.name.strip().casefold() for column in columns]
    for candidate in names:
        for at, own in enumerate(folded):
            spelled = own.replace(" ", "_").replace("-", "_")
            if at not in taken and candidate in (own, spelled) and fits(columns[at]):
                return at
    return None


def _may_be_text(column: Column) -> bool:
    """Not numbers, addresses or links."""
    places = sum(bool(_ADDRESS.fullmatch(value)) for value in column.values)
    return not column.values or not (column.is_numeric or 2 * places > len(column.values))


def _text_by_name(columns: Sequence[Column], taken: Any) -> int | None:
    """A title, subject or the like is the text only if no column has far longer ones."""
    at = _by_name(columns, TEXT_NAMES, taken, _may_be_text)
    if at is None or _spelled(columns[at]) not in WEAK_TEXTS:
        return at
    by_content = _text_by_content(columns, taken)
    if (
        by_content is None
        or columns[by_content].mean_length < MUCH_LONGER * columns[at].mean_length
    ):
        return at
    return by_content


def _spelled(column: Column) -> str:
    return column.name.strip().casefold().replace(" ", "_").replace("-", "_")


def _label_by_name(
    columns: Sequence[Column], taken: Any, name: str, notices: Notices
) -> int | None:  # fmt: skip
    """The column with a usual name of labels. If several have one and say different things, the
    surest is taken and the others are reported; if none is surer, nothing is guessed."""
    found: list[int] = []
    while (at := _by_name(columns, LABEL_NAMES, {*taken, *found}, _may_be_label)) is not None:
        found.append(at)
    if not found:
        return None
    first, names = columns[found[0]], [_spelled(columns[at]) for at in found]
    others = [at for at in found[1:] if not _same_parts(first, columns[at])]
    if names[0] in WEAK_LABELS - MARKS and not others:
        others = _label_like(columns, {*taken, found[0]})
        if not others or "y" in names:
            return found[0]
    shown = listed([columns[at].name for at in [found[0], *others]])
    weak = all(_spelled(columns[at]) in WEAK_LABELS for at in others)
    surer = names[0] in SURE_LABELS or (names[0] not in WEAK_LABELS and weak)
    if not others:
        return found[0]
    if surer:
        notices.add("other_labels", "Several columns of {file} may be the label ({names}): "
                    "{taken} is taken", file=name, names=shown, taken=repr(first.name))  # fmt: skip
        return found[0]
    notices.add("several_labels", "{file} has several columns that may be the label ({names}): "
                "one is learned at a time, so choose the label column",
                file=name, names=shown)  # fmt: skip
    return None


def _may_be_label(column: Column) -> bool:
    """Also the numbers of more classes than a scale has, under a name that means classes."""
    numbers = column.is_numeric and all(map(str.isdecimal, column.values))
    many = 2 <= column.distinct <= min(MAX_CLASSES, len(column.values) / 2)
    return column.is_label or (numbers and many and _spelled(column) in _PLAIN_LABELS)


def _same_parts(one: Column, other: Column) -> bool:
    """Whether two columns say the same in other words (0 and "ham")."""
    pairs = set(zip(one.values, other.values, strict=False))
    return len(one.values) == len(other.values) and len(pairs) == one.distinct == other.distinct


def _its_names(
    columns: Sequence[Column], label: int, taken: Any, name: str, notices: Notices
) -> int:
    """If the label's column holds numbers: the column that has their names."""
    own = columns[label]
    if not own.is_numeric:
        return label
    for at, column in enumerate(columns):
        spelled = _spelled(column)
        said = spelled in LABEL_NAMES or spelled.startswith((_spelled(own), "label_", "class_"))
        if (
            at in taken
            or at == label
            or not said
            or column.is_numeric
            or not _same_parts(own, column)
        ):
            continue
        notices.add("label_names", "The numbers in the column {numbers} of {file} have names in "
                    "the column {column}: the names are taken", file=name,
                    numbers=repr(own.name), column=repr(column.name))  # fmt: skip
        return at
    return label


def measured(columns: Sequence[Column], taken: Any) -> Column | None:
    """A column of a label's name whose numbers measure something: with fractions, or as different
    as no classes are; of two columns the one beside the text, if it has fractions."""
    for at, column in enumerate(columns):
        if at in taken or not column.is_numeric:
            continue
        named = _spelled(column) in LABEL_NAMES
        fractions = sum(bool(_FRACTION.search(value)) for value in column.values) > 2
        if (named and column.distinct > MAX_CLASSES) or (
            fractions and column.distinct > 5 and (named or len(columns) == 2)
        ):
            return column
    return None


def combined(columns: Sequence[Column], taken: Any) -> Column | None:
    """A column of which many cells hold several labels, so that hardly two are alike."""
    for at, column in enumerate(columns):
        if at in taken or column.is_label or not column.values:
            continue
        cells = [[part.strip() for part in re.split(r"[,;|]", value)] for value in column.values]
        parts = {part for cell in cells for part in cell}
        several = sum(len(cell) > 1 for cell in cells)
        few = 2 <= len(parts) <= min(MAX_CLASSES, len(cells) / 4) and "" not in parts
        if few and 0 < several < 0.9 * len(cells) and max(map(len, parts)) <= 40:
            return column
    return None


def _say_measured(columns: Sequence[Column], taken: Any, name: str, notices: Notices) -> None:
    """Why no column can be the label, if one looks like it."""
    one = measured(columns, taken)
    if one is None and (torn := combined(columns, taken)) is not None:
        shown = next(value for value in torn.values if re.search(r"[,;|]", value))
        notices.add("several_labels", "Cells in the column {column} of {file} hold several labels "
                    "(such as {shown}): one is learned for a text, so keep the rows that have one",
                    file=name, column=repr(torn.name), shown=repr(shown[:40]))  # fmt: skip
    if one is not None:
        notices.add(
            "numbers_no_classes", "The column {column} of {file} holds {many} different numbers, "
            "such as {shown}, which measure something and are no classes: make classes of them (in "
            'pandas df["label"] = pandas.qcut(df[{column}], 3, labels=["low", "middle", "high"])), '
            "or choose another column", file=name, column=repr(one.name), many=f"{one.distinct:,}",
            shown=" and ".join(list(dict.fromkeys(one.values))[:2]),
        )  # fmt: skip


def _label_like(columns: Sequence[Column], taken: Any) -> list[int]:
    """Columns of a few words that come again, whatever they are called."""
    return [
        at for at, column in enumerate(columns)
        if at not in taken and column.is_label and not column.is_numeric
        and column.distinct < len(column.values) and _spelled(column) not in _RARE_LABELS
    ]  # fmt: skip


def _split(columns: Sequence[Column], taken: Any) -> int | None:
    """A column that says train or test of each row."""
    for at, column in enumerate(columns):
        values = {value.casefold() for value in column.values}
        named = column.name.strip().casefold() in SPLIT_NAMES
        if at not in taken and named and values and values <= SPLITS.keys():
            return at
    return None


def _text_by_content(columns: Sequence[Column], taken: Any) -> int | None:
    """The column of long, different cells if one is clearly that."""
    found = sorted(
        ((column.mean_length * (0.1 + column.wordy), at) for at, column in enumerate(columns)
         if at not in taken and column.is_text),
        reverse=True,
    )  # fmt: skip
    if not found or (len(found) > 1 and found[0][0] < LONGER * found[1][0]):
        return None
    return found[0][1]


def _label_by_content(
    columns: Sequence[Column], taken: Any, name: str, notices: Notices
) -> int | None:
    fitting = [
        at for at, column in enumerate(columns)
        if at not in taken and column.is_label and column.distinct < len(column.values)
    ]  # fmt: skip
    hinted = [
        at for at in fitting
        if any(word in columns[at].name.casefold() for word in _LABEL_WORDS)
    ]  # fmt: skip
    flags = [at for at in hinted or fitting if columns[at].is_flag]
    if len(flags) > 1:
        notices.add(
            "several_labels",
            "{file} has several columns of 0 and 1 ({names}): one is learned at a time, so choose "
            "the label column",
            file=name, names=listed([columns[at].name for at in flags]),
        )  # fmt: skip
        return None
    if len(hinted) == 1:
        return hinted[0]
    likely = [at for at in fitting if columns[at].name.strip().casefold() not in _RARE_LABELS]
    for candidates in (likely, fitting):
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            return None
    if len(columns) == 2 and len(taken - {None}) == 1:
        return _small_label(columns, next(at for at in (0, 1) if at not in taken))
    return None


def _small_label(columns: Sequence[Column], at: int) -> int | None:
    """Of two columns the one beside the text, if the rows are too few to see it repeat."""
    one, other = columns[at], columns[1 - at]
    short = one.values and one.mean_length < 0.5 * other.mean_length and one.wordy < 0.5
    return at if short and len(one.values) < 8 else None


def _other_of_two(columns: Sequence[Column], label: int) -> int | None:
    if len(columns) != 2 or columns[1 - label].is_numeric:
        return None
    return 1 - label


def _say_guessed(
    rows: Rows, columns: Sequence[Column], text: int | None, label: int | None,
    chosen: tuple[str | None, str | None], name: str, notices: Notices,
) -> None:  # fmt: skip
    """What was recognised by content, and which columns hold text that nobody reads."""
    for role, at, said, usual in (("text", text, chosen[0], TEXT_NAMES),
                                  ("label", label, chosen[1], LABEL_NAMES)):  # fmt: skip
        if at is None or said is not None or len(columns) == 1:
            continue
        if columns[at].name.strip().casefold() in usual:
            continue
        number = columns[at].name.removeprefix("column ")
        shown = number if number.isdecimal() else str(at + 1)
        which = repr(columns[at].name) if rows.header else f"number {shown}"
        notices.add(f"{role}_column", "The {role}s of {file} are read from the column {which}, by "
                    "what is in it", file=name, role=role, which=which)  # fmt: skip
    if text is None:
        return
    for at, column in enumerate(columns):
        filled = len(column.values) > 0.5 * max(1, column.n_rows)
        if at not in (text, label) and filled and column.is_text and column.wordy > 0.5:
            notices.add("column_not_read", "The column {column} of {file} holds text, too, and is "
                        "not read", about=column.name, column=repr(column.name),
                        file=name)  # fmt: skip


def ask_for(rows: Rows, report: ReadingReport) -> ChoiceError:
    """The sentence for roles that have to be chosen."""
    flags = " and ".join(f"--{role}-column" for role in report.asks)
    which = [f"{number} {column}" for number, column in enumerate(rows.columns, start=1)]
    if len(rows.columns) == 1:
        return ChoiceError(
            f"{report.name} has one column only ({rows.columns[0][:40]!r}): give a table with a "
            f"text and a label column.",
            report,
        )
    kinds = ("several_labels", "numbers_no_classes")
    why = [notice.text for notice in report.notices if notice.kind in kinds]
    return ChoiceError(
        f"{report.name} does not tell which column is the {' and which the '.join(report.asks)}: "
        f"choose by name or number ({flags}) out of {listed(which)}. {' '.join(why)}".strip(),
        report,
    )
