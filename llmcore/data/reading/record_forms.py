"""Records that say the same in two forms, as joined files have them: read in the one of most."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

from llmcore.data.reading.names import LABEL_NAMES, TEXT_NAMES
from llmcore.data.reading.report import Notices
from llmcore.data.reading.rows import SAMPLE_ROWS

Numbered = tuple[int, Any]
_Names = tuple[str, str]  # the keys of text and label


def read_alike(
    numbered: Iterable[Numbered], name: str, notices: Notices, unit: str, roles: str
) -> Iterator[Numbered]:
    """The records, those of a smaller form under the names of the usual one: other keys for text
    and label, or a list of both. What gives no text and label stays unchanged."""
    stream = map(_pair_of_spacy, numbered)
    first = list(islice(stream, SAMPLE_ROWS))
    objects = [value for _, value in first if isinstance(value, dict)]
    lists = [value for _, value in first if isinstance(value, list)]
    known = {key: _names(set(key)) for key in {tuple(entry) for entry in objects}}
    forms = Counter(found for entry in objects if (found := known[tuple(entry)]))
    if roles == "instructions" or not forms or (len(forms) == 1 and not lists):
        return chain(first, stream)
    usual = max(forms, key=lambda form: (forms[form], form))
    labels = {str(entry[usual[1]]) for entry in objects if usual[1] in entry}
    label_at = _label_place(lists, labels)

    def alike() -> Iterator[Numbered]:
        for number, value in chain(first, stream):
            changed = _changed(value, usual, label_at)
            if changed is not None:
                notices.add(
                    "two_forms", "{entries} of {file} {have} another form than most, and {were} "
                    "read as if the text were called {text} and the label {label}", number,
                    unit=unit, file=name, text=repr(usual[0]), label=repr(usual[1]),
                )  # fmt: skip
            yield number, value if changed is None else changed

    return alike()


def _pair_of_spacy(numbered: Numbered) -> Numbered:
    """A text beside {"cats": …} as one object."""
    number, value = numbered
    match value:
        case [str() as text, {"cats": _} as marks]:
            return number, {"text": text, **marks}
    return numbered


def _names(keys: set[Any]) -> _Names | None:
    """The keys of an object that are text and label by their names, if it has both."""
    text = next((name for name in TEXT_NAMES if name in keys), None)
    label = next((name for name in LABEL_NAMES if name in keys and name != text), None)
    return (text, label) if text and label else None


def _changed(value: Any, usual: _Names, label_at: int | None) -> dict[str, Any] | None:
    if isinstance(value, dict):
        if usual[0] in value or usual[1] in value:
            return None
        own = _names(set(value))
        if own is None:
            return None
        return {usual[own.index(key)] if key in own else key: item for key, item in value.items()}
    if label_at is None or not isinstance(value, list) or len(value) != 2:
        return None
    return {usual[0]: value[1 - label_at], usual[1]: value[label_at]}


def _label_place(lists: list[list[Any]], labels: set[str]) -> int | None:
    """Where lists of two hold what objects have as their labels; None if they do not."""
    if not lists or not all(len(pair) == 2 for pair in lists):
        return None
    for at in (0, 1):
        if all(str(pair[at]) in labels for pair in lists):
            return at
    return None
