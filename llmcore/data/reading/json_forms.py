"""The forms in which programs write a table as one JSON text, unwrapped to records."""

import re
from collections.abc import Iterator
from typing import Any

from llmcore.data.reading import intents
from llmcore.data.reading.annotations import is_argilla
from llmcore.data.reading.names import SPLITS
from llmcore.data.reading.report import Notices, listed, quoted
from llmcore.data.reading.rows import SPLIT
from llmcore.errors import LabError

CALL = 'df.to_json(FILE, orient="records", lines=True)'
_USUAL = (
    "data", "rows", "items", "examples", "records", "results", "instances", "utterances",
    "samples", "documents", "entries",
)  # fmt: skip
_TURNS = ("messages", "conversations", "conversation", "turns", "dialog", "dialogue", "history",
          "contents")  # fmt: skip
_FIELDS = (
    "text", "message", "sentence", "review", "instruction", "question", "prompt", "label",
    "category", "output", "answer", "chosen", "completion",
)  # fmt: skip
_INNER = ("row", "_source", "fields")  # the hub, search engines, fixtures
_SPLIT = re.compile(rf"(?:^|[-_./ ])({'|'.join(SPLITS)})(?=$|[-_./ ])", re.IGNORECASE)
_MAX_DEPTH = 4

Records = list[Any]  # dicts, or lists of cells


def split_of(name: str) -> str | None:
    """train, validation or test, if a name says so.

    >>> split_of("oos_val"), split_of("train-00000-of-00002"), split_of("latest")
    ('validation', 'train', None)
    """
    found = _SPLIT.search(name)
    return SPLITS[found[1].lower()] if found else None


def unwrap(value: Any, name: str, notices: Notices, roles: str = "labels") -> Records:
    """The records (objects, or lists of cells) of a whole JSON text, and a notice for each form
    but the plain ones. Raises LabError if the form is not known or there is nothing in it."""
    records = _unwrap(value, name, notices, roles, 0)
    if records is None and isinstance(value, dict) and value:
        plain = not any(isinstance(inner, (dict, list)) for inner in value.values())
        records = [value] if plain or name.lower().endswith((".jsonl", ".ndjson")) else None
    if records is None:
        raise _unknown(value, name)
    if not records:
        raise LabError(f"{name} holds no rows: give one JSON object for each.")
    return records


def _unknown(value: Any, name: str) -> LabError:
    what = "a single value"
    if isinstance(value, dict):
        what = f"an object with the keys {listed([str(key) for key in value])}"
    elif isinstance(value, list):
        what = "a list of values that are no objects"
    return LabError(
        f"{name} is JSON in a form that the lab does not know ({what}): write one object a row, "
        f"in pandas {CALL}."
    )


def _unwrap(value: Any, name: str, notices: Notices, roles: str, depth: int) -> Records | None:
    if isinstance(value, list):
        return _of_list(value, name, notices)
    if not isinstance(value, dict) or depth > _MAX_DEPTH:
        return None
    if intents.is_rasa(value) or intents.is_intents(value):
        return intents.records(value, name, notices, roles)
    for form in (_split_table, _squad, _natural_task, _splits, _of_dicts, _of_lists):
        records = form(value, name, notices)
        if records is not None:
            return records
    return _one_list(value, name, notices, roles, depth)


# ---- lists


def _of_list(value: list[Any], name: str, notices: Notices) -> Records:
    if value and all(isinstance(text, str) for text in value):
        return [{"text": text} for text in value]
    tables = [entry for entry in _dicts(value) if entry.get("type") == "table" and _is_list_of(
        entry.get("data"), dict)]  # fmt: skip
    if len(tables) == 1 and _dicts(value)[0].get("type") == "header":
        _said(notices, name, "an export of phpMyAdmin (the rows of its one table)")
        return tables[0]["data"]
    if intents.is_list(value):
        return intents.of_list(value, name, notices)
    return _inner(value, name, notices)


def _inner(records: Records, name: str, notices: Notices) -> Records:
    """The objects inside of records such as {"row": {…}}, if all are like that."""
    if any(isinstance(record, dict) and is_argilla(record) for record in records[:1]):
        return records
    for key in _INNER:
        if records and all(isinstance(record, dict) and isinstance(record.get(key), dict)
                           for record in records):  # fmt: skip
            others = _others(records[0], key)
            notices.add("wrapper", "Each row of {file} was taken out of its field {key}{others}",
                        file=name, key=quoted(key), others=others)  # fmt: skip
            return [record[key] for record in records]
    return records


def _others(value: dict[str, Any], *taken: str) -> str:
    keys = [str(key) for key in value if key not in taken]
    return f" (not read: {listed(keys)})" if keys else ""


# ---- forms of objects


def _said(notices: Notices, name: str, form: str) -> None:
    notices.add("json_form", "{file} has the form of {form} and was read as a table",
                file=name, form=form)  # fmt: skip


def _split_table(value: dict[str, Any], name: str, notices: Notices) -> Records | None:
    """pandas: orient="split" or "table"."""
    columns, data, schema = value.get("columns"), value.get("data"), value.get("schema")
    if _is_list_of(columns, (str, int)) and _is_list_of(data, list):
        _said(notices, name, 'pandas\' orient="split"')
        keys = [str(column) for column in columns or []]
        return [dict(zip(keys, row, strict=False)) for row in data or []]
    if isinstance(schema, dict) and isinstance(schema.get("fields"), list) and data:
        if not _is_list_of(data, dict):
            return None
        _said(notices, name, 'pandas\' orient="table"')
        index = schema.get("primaryKey")
        index = index if isinstance(index, list) else []
        return [{key: item for key, item in row.items() if key not in index} for row in data]
    return None


def _is_list_of(value: Any, kinds: type | tuple[type, ...]) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(x, kinds) for x in value)


def _squad(value: dict[str, Any], name: str, notices: Notices) -> Records | None:
    """SQuAD: articles → paragraphs → questions with answers."""
    data = value.get("data")
    if not _is_list_of(data, dict) or not all("paragraphs" in article for article in data or []):
        return None
    records = list(_questions(data or []))
    n_without = sum(record["answer"] is None for record in records)
    _said(notices, name, "SQuAD (articles, paragraphs, questions; the first answer of each)")
    if n_without:
        notices.add("unanswered", "{questions} of {file} {have} no answer", n=n_without, file=name)
    return records


def _questions(data: list[Any]) -> Iterator[dict[str, Any]]:
    for article in data:
        for paragraph in _dicts(article.get("paragraphs")):
            for question in _dicts(paragraph.get("qas")):
                answers = _dicts(question.get("answers"))
                answer = answers[0].get("text") if answers else None
                yield {"question": question.get("question"), "context": paragraph.get("context"),
                       "answer": answer}  # fmt: skip


def _natural_task(value: dict[str, Any], name: str, notices: Notices) -> Records | None:
    """A task of Natural Instructions: its definition with inputs and outputs; its worked examples
    are no rows."""
    rows = value.get("Instances")
    if not isinstance(value.get("Definition"), (str, list)) or not _is_list_of(rows, dict):
        return None
    _said(notices, name, "Natural Instructions (a task's definition and its instances)")
    return [{"instruction": value["Definition"], "input": instance.get("input"),
             "output": instance.get("output")} for instance in rows or []]  # fmt: skip


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _splits(value: dict[str, Any], name: str, notices: Notices) -> Records | None:
    """{"train": […], "test": […]}: a column `split` beside the rest."""
    found = {
        key: split_of(str(key)) for key, item in value.items() if isinstance(item, list) and item
    }
    parts = {key: split for key, split in found.items() if split}
    if not parts or any(not isinstance(cell, (dict, list)) for key in parts for cell in value[key]):
        return None
    if len(parts) == 1 and len(found) > 1:
        return None
    records: Records = []
    for key, split in parts.items():
        rows = _inner(value[key], name, notices)
        if _is_list_of(rows, list):  # without their own names
            rows = [{f"column {i}": cell for i, cell in enumerate(row, 1)} for row in rows]
        records += [{**row, SPLIT: split} for row in rows if isinstance(row, dict)]
    notices.add(
        "splits", "{file} holds the parts {parts}{others}",
        file=name, parts=listed(list(parts)), others=_others(value, *parts),
    )  # fmt: skip
    return records


def _of_dicts(value: dict[str, Any], name: str, notices: Notices) -> Records | None:
    """pandas: orient="columns" ({column: {index: cell}}) or "index" ({index: {column: cell}})."""
    if len(value) < 1 or not all(isinstance(item, dict) and item for item in value.values()):
        return None
    inner = list(dict.fromkeys(key for inner in value.values() for key in inner))
    if _are_indices(inner) and not _are_indices(list(value)):
        by_columns = True
    elif _are_indices(list(value)):
        by_columns = False
    elif len(value) < 2:
        return None
    else:
        by_columns = len(value) < len(inner) and not _known(inner)
    if not by_columns:
        _said(notices, name, 'pandas\' orient="index" (an object for each row under its own key)')
        return list(value.values())
    if not all(set(cells) == set(inner) for cells in value.values()):
        notices.add("ragged_columns", "The columns of {file} are not equally long; the cells that "
                    "are missing stay empty", file=name)  # fmt: skip
    _said(notices, name, 'pandas\' orient="columns" (an object for each column)')
    return [{key: item.get(at) for key, item in value.items()} for at in inner]


def _are_indices(keys: list[str]) -> bool:
    return all(re.fullmatch(r"\d+", str(key), re.ASCII) for key in keys)


def _known(keys: list[str]) -> bool:
    return any(str(key).strip().casefold() in _FIELDS for key in keys)


def _of_lists(value: dict[str, Any], name: str, notices: Notices) -> Records | None:
    """{column: [cells]}, all equally long; or {label: [texts]}."""
    lists = {key: item for key, item in value.items() if isinstance(item, list)}
    if (
        len(lists) < 2
        or len(lists) < len(value)
        or any(key in _TURNS or split_of(str(key)) for key in lists)
    ):
        return None
    if any(isinstance(cell, dict) for cells in lists.values() for cell in cells):
        return None
    lengths = {len(cells) for cells in lists.values()}
    texts = [cell for cells in lists.values() for cell in cells]
    if len(lengths) == 1 and (_known(list(lists)) or not _are_texts(texts)):
        _said(notices, name, "one list for each column")
        return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
    if not _are_texts(texts) or _known(list(lists)):
        return None
    notices.add("json_form", "{file} has a list of texts for each of the labels {labels}",
                file=name, labels=listed(list(lists)))  # fmt: skip
    return [{"text": text, "label": key} for key, cells in lists.items() for text in cells]


def _are_texts(cells: list[Any]) -> bool:
    """Whether all are strings that hardly come again."""
    return all(isinstance(cell, str) for cell in cells) and len(set(cells)) > 0.8 * len(cells)


def _one_list(
    value: dict[str, Any], name: str, notices: Notices, roles: str, depth: int
) -> Records | None:
    """The one list of objects (or lists) in an object; or the object itself as the only row."""
    lists = {key: item for key, item in value.items() if _is_list_of(item, (dict, list))}
    if any(key in _TURNS for key in lists):
        return _conversations(value, name, notices)
    known = [key for key in _USUAL if key in lists]
    if not known and sum(_known([key]) for key in value) > 1:
        return [value]  # one row with a question, an answer and paragraphs
    if len(lists) == 1 or known:
        key = known[0] if known else next(iter(lists))
        notices.add("wrapper", "The rows of {file} were taken out of its field {key}{others}",
                    file=name, key=quoted(key), others=_others(value, key))  # fmt: skip
        records = _of_list(value[key], name, notices)
        return _named(records, value.get("features"), name, notices)
    if lists:
        raise LabError(
            f"{name} holds several lists of objects ({listed(list(lists))}): give a file with one "
            f"of them, an object a row."
        )
    inner = {key: item for key, item in value.items() if isinstance(item, dict)}
    if len(inner) == 1 and not _known(list(value)):
        key, inside = next(iter(inner.items()))
        rows = _unwrap(inside, name, notices, roles, depth + 1)
        if rows is not None and len(rows) > 1:
            notices.add("wrapper", "The rows of {file} were taken out of its field {key}{others}",
                        file=name, key=quoted(key), others=_others(value, key))  # fmt: skip
            return rows
    if _known(list(value)):
        return [value]
    return _pairs(value, name, notices)


def _pairs(value: dict[str, Any], name: str, notices: Notices) -> Records | None:
    """{text: label}: each key with its value is a row."""
    if len(value) < 3 or not all(isinstance(cell, (str, int, float)) for cell in value.values()):
        return None
    notices.add("json_form", "{file} is one object; each of its {n} keys was read as a row with "
                "its value", n=len(value), file=name)  # fmt: skip
    return [[key, item] for key, item in value.items()]


def _conversations(value: dict[str, Any], name: str, notices: Notices) -> Records:
    """One conversation is a row; a list of lists is a conversation each."""
    key = next(turn for turn in _TURNS if turn in value)
    if not _is_list_of(value[key], list):
        return [value]
    notices.add("wrapper", "Each list in the field {key} of {file} is a conversation{others}",
                file=name, key=quoted(key), others=_others(value, key))  # fmt: skip
    return [{key: text} for text in value[key]]


def _named(records: Records, features: Any, name: str, notices: Notices) -> Records:
    """Class numbers as the hub's `features` name them."""
    for feature in _dicts(features):
        kind, column = feature.get("type"), feature.get("name")
        names = kind.get("names") if isinstance(kind, dict) else None
        if not _is_list_of(names, str) or not isinstance(column, str):
            continue
        for record in records:
            number = record.get(column) if isinstance(record, dict) else None
            if type(number) is int and 0 <= number < len(names or []):
                record[column] = (names or [])[number]
        say_named(notices, name, column, names or [])
    return records


def say_named(notices: Notices, name: str, column: str, names: list[str]) -> None:
    """A notice that class numbers were replaced by names: 0 is the first of `names`."""
    notices.add("class_names", "The numbers in the column {column} of {file} are the classes "
                "{names}, as the file says (0 is {first})", about=column, column=quoted(column),
                file=name, names=listed(names), first=quoted(names[0]))  # fmt: skip
