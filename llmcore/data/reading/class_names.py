"""Names of classes in a file beside the tables: a hub's card, dataset_infos.json, classes.txt."""

import json
import re
from collections.abc import Iterator
from typing import Any

from llmcore.data.reading.members import Member
from llmcore.data.reading.report import Notices, listed, quoted
from llmcore.data.reading.rows import Chunk, Rows

_LISTS = re.compile(
    r"(?:class(?:es)?|labels?|categor(?:y|ies)|mapping|label_?(?:names|map|list)|"
    r"class_?(?:names|labels))\.(?:txt|json)",
    re.IGNORECASE,
)
_CARDS = ("readme.md", "dataset_infos.json", "dataset_info.json")
_NUMBERED = re.compile(r"(\d{1,3})\s*[\t,:;= ]\s*(\S.*)")
_CARD_NAME = re.compile(r"""^\s*-?\s*['"]?(\d{1,3})['"]?\s*:\s*['"]?(.+?)['"]?\s*$""", re.MULTILINE)
_CARD_LIST = re.compile(r"class_label:\s*\n\s*names:\s*\n((?:\s*['\"]?\d{1,3}['\"]?\s*:.*\n?)+)")
_CARD_FEATURE = re.compile(r"-\s*name:\s*['\"]?([^\n'\"]+)['\"]?\s*\n")
MOST_BYTES = 1 << 20
MOST_NAMES = 1_000


def is_list_of_names(member: Member) -> bool:
    """Whether a file beside tables is called as lists of classes are."""
    return bool(_LISTS.fullmatch(member.name))


def with_class_names(rows: Rows, members: list[Member], name: str, notices: Notices) -> Rows:
    """The rows with names instead of the numbers of classes, if a file beside them says which
    and the numbers of the first rows fit. Other rows are given back unchanged."""
    for source, column, names in _named_columns(members):
        places = [i for i, name in enumerate(rows.columns) if name.strip().casefold() in
                  ({column.casefold()} if column else _LABEL_COLUMNS)]  # fmt: skip
        if len(places) != 1 and not column and not rows.header:
            places = _numeric_places(rows, names)
        if len(places) != 1:
            continue
        fitting = _fitted(rows, places[0], names)
        if fitting is None:
            continue
        first = min(fitting)
        notices.add("class_names", "The numbers in the column {column} of {file} are the classes "
                    "{names}, as {source} says ({first} is {name})", column=rows.columns[places[0]],
                    file=name, names=listed(list(fitting.values())), source=source, first=first,
                    name=quoted(fitting[first]))  # fmt: skip
        if not rows.header:
            rows.columns[places[0]] = "label"
        rows.chunks = _renamed(rows.take(), places[0], fitting)
        rows.looked_at, rows.count_with = None, None
        return rows
    return rows


_LABEL_COLUMNS = frozenset({"label", "labels", "class", "class index", "class_index", "target",
                            "category", "intent", "emotion", "sentiment"})  # fmt: skip


def _named_columns(members: list[Member]) -> Iterator[tuple[str, str, dict[int, str]]]:
    """(file, column or "", number → name) of each file that tells names."""
    for member in members:
        lower = member.name.lower()
        if lower not in _CARDS and not _LISTS.fullmatch(lower):
            continue
        text = member.read(MOST_BYTES).decode("utf-8", "replace")
        if lower == "readme.md":
            found = _of_card(text)
        elif lower.endswith(".json"):
            found = _of_json(text)
        else:
            found = _of_lines(text)
        for column, names in found:
            yield member.name, column, names


def _of_card(text: str) -> Iterator[tuple[str, dict[int, str]]]:
    """The features in the YAML at the head of a card."""
    head = text.split("\n---", 1)[0]
    for found in _CARD_LIST.finditer(head):
        features = _CARD_FEATURE.findall(head[: found.start()])
        if features:
            yield features[-1].strip(), {int(n): name for n, name in _CARD_NAME.findall(found[1])}


def _of_json(text: str) -> Iterator[tuple[str, dict[int, str]]]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    yield from _features(value, 0)
    if isinstance(value, list) and value and all(isinstance(name, str) for name in value):
        yield "", dict(enumerate(value))
    elif isinstance(value, dict):
        by_number = {key: item for key, item in value.items() if key.isdecimal()}
        by_name = {key: item for key, item in value.items() if type(item) is int}
        if len(by_number) == len(value) and all(isinstance(x, str) for x in value.values()):
            yield "", {int(key): item for key, item in value.items()}
        elif value and len(by_name) == len(value):
            yield "", {item: key for key, item in value.items()}


def _features(value: Any, depth: int) -> Iterator[tuple[str, dict[int, str]]]:
    if not isinstance(value, dict) or depth > 3:
        return
    features = value.get("features")
    for column, item in features.items() if isinstance(features, dict) else ():
        names = item.get("names") if isinstance(item, dict) else None
        if isinstance(names, list) and names and all(isinstance(x, str) for x in names):
            yield column, dict(enumerate(names))
    for feature in value.values():
        yield from _features(feature, depth + 1)


def _of_lines(text: str) -> Iterator[tuple[str, dict[int, str]]]:
    """A name a line, or a number and a name."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not 2 <= len(lines) <= MOST_NAMES:
        return
    numbered = [found for line in lines if (found := _NUMBERED.fullmatch(line))]
    if len(numbered) == len(lines):
        yield "", {int(match[1]): match[2].split("\t")[0].strip() for match in numbered}
    elif len(set(lines)) == len(lines) and not any(len(x) > 60 or x.isdecimal() for x in lines):
        yield "", dict(enumerate(lines))


def _number(cell: Any) -> int | None:
    if type(cell) is int:
        return cell
    text = cell.strip() if isinstance(cell, str) else ""
    return int(text) if text.isdecimal() and len(text) < 5 else None


def _numeric_places(rows: Rows, names: dict[int, str]) -> list[int]:
    """Columns without a name whose cells are numbers of classes, in all of the first rows."""
    sample = rows.sample()
    return [
        at for at in range(len(rows.columns))
        if sample and all(len(row) > at and _number(row[at]) in range(len(names) + 1)
                          for row in sample)
    ]  # fmt: skip


def _fitted(rows: Rows, at: int, names: dict[int, str]) -> dict[int, str] | None:
    """The names by the numbers that the first rows have; a list may count from 1."""
    cells = [row[at] for row in rows.sample() if len(row) > at and row[at] not in (None, "")]
    numbers = {_number(cell) for cell in cells}
    if not numbers or None in numbers:
        return None
    if numbers <= names.keys():
        return names
    if list(names) == list(range(len(names))) and numbers <= {n + 1 for n in names}:
        return {n + 1: name for n, name in names.items()}
    return None


def _renamed(chunks: Iterator[Chunk], at: int, names: dict[int, str]) -> Iterator[Chunk]:
    for chunk in chunks:
        rows = []
        for row in chunk.rows:
            number = _number(row[at]) if len(row) > at else None
            if number is not None and number in names:
                row = [*row[:at], names[number], *row[at + 1 :]]
            rows.append(row)
        yield Chunk(chunk.lines, rows)
