"""Intents files of chatbots: a tag with its patterns and responses; Rasa's common examples."""

from typing import Any

from llmcore.data.reading.report import Notices, listed

_PATTERNS = ("patterns", "utterances", "examples", "text", "questions", "training_phrases",
             "texts", "sentences", "samples", "phrases", "queries")  # fmt: skip
_TAGS = ("tag", "intent", "name", "label")
_RESPONSES = ("responses", "response", "answers", "answer")


def is_rasa(value: dict[str, Any]) -> bool:
    inner = value.get("rasa_nlu_data")
    return isinstance(inner, dict) and isinstance(inner.get("common_examples"), list)


def is_intents(value: dict[str, Any]) -> bool:
    return any(isinstance(item, list) and is_list(item) for item in value.values())


def is_list(value: list[Any]) -> bool:
    """Whether all are objects with a tag and a list of patterns."""
    return bool(value) and all(isinstance(intent, dict) and _keys(intent) for intent in value)


def _keys(intent: dict[str, Any]) -> tuple[str, str] | None:
    """The keys of an intent's tag and of its patterns."""
    tag = next((key for key in _TAGS if isinstance(intent.get(key), str)), None)
    patterns = next((key for key in _PATTERNS if isinstance(intent.get(key), list)), None)
    if tag is None or patterns is None:
        return None
    texts = all(isinstance(pattern, str) for pattern in intent[patterns])
    return (tag, patterns) if texts else None


def records(
    value: dict[str, Any], name: str, notices: Notices, roles: str
) -> list[dict[str, Any]]:  # fmt: skip
    """A record for each pattern of each intent, or for each of Rasa's examples."""
    if is_rasa(value):
        inner = value["rasa_nlu_data"]
        others = [key for key, item in inner.items() if item and key != "common_examples"]
        notices.add("json_form", "{file} is training data of Rasa: its examples were read{others}",
                    file=name, others=f", not its {listed(others)}" if others else "")  # fmt: skip
        return [{key: example.get(key) for key in ("text", "intent")}
                for example in inner["common_examples"] if isinstance(example, dict)]  # fmt: skip
    key = next(key for key, item in value.items() if isinstance(item, list) and is_list(item))
    return of_list(value[key], name, notices, roles)


def of_list(
    intents: list[Any], name: str, notices: Notices, roles: str = "labels"
) -> list[dict[str, Any]]:
    """text and label of each pattern; for instructions the first response as its answer."""
    rows: list[dict[str, Any]] = []
    n_more = n_without = 0
    for intent in intents:
        tag, patterns = _keys(intent) or ("", "")
        answers = next((intent[key] for key in _RESPONSES if key in intent), None)
        answers = [answers] if isinstance(answers, str) else answers
        texts = [
            answer
            for answer in (answers if isinstance(answers, list) else [])
            if isinstance(answer, str) and answer.strip()
        ]
        n_more += max(0, len(texts) - 1)
        n_without += not texts
        for pattern in intent[patterns]:
            if roles == "instructions":
                answer = texts[0] if texts else None
                rows.append({"instruction": pattern, "output": answer, "intent": intent[tag]})
            else:
                rows.append({"text": pattern, "label": intent[tag]})
    notices.add("json_form", "{file} holds {intents}: each pattern is a row", n=len(intents),
                file=name)  # fmt: skip
    if roles == "instructions" and n_more:
        notices.add("more_responses", "The first response of each intent of {file} is the answer; "
                    "{responses} more {were} not read", n=n_more, file=name)  # fmt: skip
    if roles == "instructions" and n_without:
        notices.add("no_response", "{intents} of {file} {have} no response", n=n_without,
                    file=name)  # fmt: skip
    return rows
