"""What tools for labelling by hand write: Label Studio, Prodigy, doccano, Argilla, spaCy."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from llmcore.data.reading.report import Notices
from llmcore.errors import LabError

Numbered = tuple[int, Any]
_PEEKED = 200
_OF_PRODIGY = ("answer", "options", "config", "accept", "meta", "tokens")


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool by its name, and what makes its records plain ones."""

    name: str
    record: Callable[[dict[str, Any], int, "_Said"], dict[str, Any] | None]
    file: str

    def records(
        self, numbered: Iterator[Numbered], notices: Notices, unit: str
    ) -> Iterator[Numbered]:  # fmt: skip
        """The records as plain ones; those that their annotator rejected are left out."""
        said = _Said(notices, self.file, unit)
        for number, value in numbered:
            record = self.record(value, number, said) if isinstance(value, dict) else value
            if record is not None:
                yield number, record


@dataclass(frozen=True, slots=True)
class _Said:
    notices: Notices
    file: str
    unit: str

    def add(self, kind: str, template: str, number: int) -> None:
        self.notices.add(kind, template, number, unit=self.unit, file=self.file)


def tool_of(records: list[Any], name: str) -> Tool | None:
    """Which tool wrote the records, if one did. Raises LabError if they mark spans in texts."""
    some = [record for record in records[:_PEEKED] if isinstance(record, dict)]
    if not some:
        return None
    if all(isinstance(record.get("data"), dict) for record in some) and any(
        isinstance(record.get(key), list)
        for record in some
        for key in ("annotations", "completions")
    ):
        return Tool("Label Studio", _label_studio, name)
    if all(map(is_argilla, some)):
        return Tool("Argilla", _argilla, name)
    if any(_cats(record) for record in some):
        return Tool("spaCy", _spacy, name)
    if any(_choices(record) is not None for record in some) and any(
        "annotator" in record for record in some
    ):
        return Tool("Label Studio (JSON-MIN)", _label_studio_min, name)
    if any(record.get("answer") in ("accept", "reject", "ignore") for record in some) and any(
        key in record for record in some for key in ("_task_hash", "_input_hash", "accept", "spans")
    ):
        if _spans_only(some):
            raise _no_spans(name)
        return Tool("Prodigy", _prodigy, name)
    if _doccano_spans(some):
        raise _no_spans(name)
    if any(_is_doccano(record) for record in some):
        return Tool("doccano", _doccano, name)
    return None


def _no_spans(name: str) -> LabError:
    return LabError(
        f"{name} marks spans inside of texts (names, places), but the lab learns one label for a "
        f"whole text: export the task of text classification."
    )


# ---- Label Studio


def _label_studio(value: dict[str, Any], number: int, said: _Said) -> dict[str, Any] | None:
    record = dict(value["data"]) if isinstance(value.get("data"), dict) else {}
    done = value.get("annotations", value.get("completions"))
    marks = (
        [record for record in done if isinstance(record, dict)] if isinstance(done, list) else []
    )
    marks = [mark for mark in marks if not mark.get("was_cancelled")]
    found = [result for result in (_results(mark, said.file) for mark in marks) if result]
    if not found:
        said.add("not_annotated", "{entries} of {file} {have} no annotation", number)
        return {**record, "label": None}
    if any(item != found[0] for item in found[1:]):
        said.add("annotators_differ", "The annotators of {entries} of {file} do not agree: the "
                 "first annotation was taken", number)  # fmt: skip
    names = list(found[0])
    fields = {"label": found[0][names[0]]} if len(names) == 1 else found[0]
    return {**record, **fields}


def _results(mark: dict[str, Any], name: str) -> dict[str, Any]:
    """What one annotator chose: the name of the control → its value."""
    results = mark.get("result")
    found: dict[str, Any] = {}
    for result in results if isinstance(results, list) else []:
        value = result.get("value") if isinstance(result, dict) else None
        if not isinstance(value, dict):
            continue
        if "start" in value and "end" in value:
            raise _no_spans(name)
        kept = next((value[key] for key in ("choices", "text", "rating", "number", "taxonomy")
                     if key in value), None)  # fmt: skip
        if kept is not None:
            found.setdefault(str(result.get("from_name", "label")), kept)
    return found


def _choices(value: dict[str, Any]) -> str | None:
    """The key under which JSON-MIN has {"choices": […]}, or "" if it is plain."""
    for key, item in value.items():
        if isinstance(item, dict) and set(item) == {"choices"}:
            return str(key)
    return "" if "annotation_id" in value and "lead_time" in value else None


def _label_studio_min(value: dict[str, Any], number: int, said: _Said) -> dict[str, Any] | None:
    internal = ("annotator", "annotation_id", "created_at", "updated_at", "lead_time")
    record = {}
    for key, item in value.items():
        if isinstance(item, list) and any(isinstance(x, dict) and "start" in x for x in item):
            raise _no_spans(said.file)
        if key not in internal:
            record[key] = item["choices"] if isinstance(item, dict) and "choices" in item else item
    return record


# ---- Prodigy


def _spans_only(some: list[dict[str, Any]]) -> bool:
    labelled = any(record.get("label") or record.get("accept") for record in some)
    return not labelled and any(record.get("spans") for record in some)


def _prodigy(value: dict[str, Any], number: int, said: _Said) -> dict[str, Any] | None:
    answer = value.get("answer")
    if answer in ("reject", "ignore"):
        template = "{entries} of {file} {were} answered with reject or ignore and left out"
        said.add("not_accepted", template, number)
        return None
    record = {}
    for key, item in value.items():
        if not str(key).startswith("_") and key not in _OF_PRODIGY:
            record[key] = item
    if isinstance(value.get("accept"), list):
        record["label"] = value["accept"]
    return record


# ---- doccano


def _label_key(value: dict[str, Any]) -> str | None:
    text = "text" in value or "data" in value
    return next((key for key in ("label", "labels") if text and key in value), None)


def _is_doccano(value: dict[str, Any]) -> bool:
    key = _label_key(value)
    return key is not None and isinstance(value[key], list) and "id" in value


def _doccano_spans(some: list[dict[str, Any]]) -> bool:
    """[0, 5, "PER"] in `label`, or `entities` with offsets."""
    for record in some:
        key = _label_key(record)
        marks = record[key] if key else None
        if isinstance(marks, list) and any(map(_is_span, marks)):
            return True
        entities = record.get("entities")
        if key is None and isinstance(entities, list) and any(
            isinstance(x, dict) and "start_offset" in x for x in entities
        ):  # fmt: skip
            return True
    return False


def _is_span(mark: Any) -> bool:
    return isinstance(mark, list) and len(mark) == 3 and all(type(x) is int for x in mark[:2])


def _doccano(value: dict[str, Any], number: int, said: _Said) -> dict[str, Any] | None:
    key = _label_key(value)
    if key is not None and isinstance(value[key], list):
        if len(value[key]) > 1:
            said.add("several_labels", "{entries} of {file} {have} several labels", number)
        if not value[key]:
            said.add("not_annotated", "{entries} of {file} {have} no annotation", number)
    return value


# ---- Argilla


def is_argilla(value: dict[str, Any]) -> bool:
    """Whether a record has its texts in `fields` (or `inputs`) and its labels beside them."""
    if isinstance(value.get("fields"), dict):
        return isinstance(value.get("responses"), (dict, list))
    return isinstance(value.get("inputs"), dict) and "annotation" in value


def _argilla(value: dict[str, Any], number: int, said: _Said) -> dict[str, Any] | None:
    record = dict(value.get("fields") or value.get("inputs") or {})
    if "annotation" in value:
        return {**record, "label": value["annotation"]}
    found: dict[str, list[Any]] = {}
    for question, answer in _answers(value["responses"]):
        found.setdefault(question, []).append(answer)
    if not found:
        said.add("not_annotated", "{entries} of {file} {have} no annotation", number)
        return {**record, "label": None}
    if any(answer != answers[0] for answers in found.values() for answer in answers):
        said.add("annotators_differ", "The annotators of {entries} of {file} do not agree: the "
                 "first annotation was taken", number)  # fmt: skip
    names = list(found)
    return {**record, **{"label" if len(names) == 1 else name: found[name][0] for name in names}}


def _answers(responses: Any) -> Iterator[tuple[str, Any]]:
    """(question, value) of all that was submitted; an object of questions, or a list of people."""
    if isinstance(responses, dict):
        for question, answers in responses.items():
            for answer in answers if isinstance(answers, list) else [answers]:
                if isinstance(answer, dict) and answer.get("status", "submitted") == "submitted":
                    yield str(question), answer.get("value")
        return
    for response in responses:
        values = response.get("values") if isinstance(response, dict) else None
        if isinstance(values, dict) and response.get("status", "submitted") == "submitted":
            yield from _answers(values)


# ---- spaCy


def _cats(value: dict[str, Any]) -> dict[str, Any] | None:
    """The scores of the classes, if a record has such."""
    cats = value.get("cats")
    if not isinstance(cats, dict) or not cats:
        return None
    numbers = all(isinstance(cat, (int, float)) and 0 <= cat <= 1 for cat in cats.values())
    return cats if numbers else None


def _spacy(value: dict[str, Any], number: int, said: _Said) -> dict[str, Any] | None:
    cats = _cats(value) or {}
    record = {key: item for key, item in value.items() if key != "cats"}
    chosen = [str(name) for name, score in cats.items() if score >= 0.5]
    if len(chosen) > 1:
        said.add("several_labels", "{entries} of {file} {have} several labels", number)
    return {**record, "label": chosen or None}
