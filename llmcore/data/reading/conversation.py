"""Lists of chat messages, in all the spellings that data sets have.

What cannot be read is left out, and counted by kind: nothing here refuses a file. `message_turns`
makes turns of them.
"""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llmcore.data.reading.marked_chat import marked_parts
from llmcore.data.reading.message_trees import best_branch, is_node, newest_branch

MAX_LITERAL_CHARACTERS = 1 << 20  # Python's own parser is slow and deep
SYSTEM, USER, ASSISTANT, CALL, TOOL = "system", "user", "assistant", "call", "tool"
_SPELLINGS = {
    SYSTEM: "system developer sys system_prompt meta_instruction",
    USER: "user human prompter customer client usr person question prompt instruction query input "
    "patient student q asker guest visitor",
    ASSISTANT: "assistant gpt chatgpt bing bard model bot ai claude llm chatbot answer response "
    "output reply completion gpt-4 gpt4 gpt-3.5 gpt-3.5-turbo gpt-4o gemini llama agent moss a "
    "doctor tutor teacher_model support operator helper",
    CALL: "function_call tool_call tool_calls function-call tool-call commands call",
    TOOL: "tool function function_response tool_response observation ipython tool_results "
    "tool_result tool_responses function_result environment function-response tool-response",
}
ROLES = {name: role for role, names in _SPELLINGS.items() for name in names.split()}
_ROLE_KEYS = ("role", "from", "speaker", "author", "sender", "type")
_CONTENT_KEYS = ("content", "value", "text", "message", "body", "utterance", "parts")
_CALL_KEYS = frozenset({"tool_calls", "function_call", "tool_call"})
_WEIGHT_KEYS = frozenset({"weight", "train", "loss"})
_TEXT_PARTS = ("text", "input_text", "output_text", "markdown")
_CALL_IN_TEXT = re.compile(r"(?:^|\n)\s*<(?:tool_call|functioncall|function_call)>\s*\{")
_BETWEEN_OBJECTS = re.compile(r"\}\s*\n\s*\{")
_ARRAY = re.compile(r"\s*(?:np\.)?array\((\[.*\]),\s*dtype=object\)\s*", re.DOTALL)
_PICTURE = re.compile("image|picture|audio|video|file|document|media", re.IGNORECASE)


@dataclass(slots=True, frozen=True)
class Message:
    """role: one of the five above. learned: False if its weight is 0."""

    role: str
    text: str
    learned: bool = True


class LeftOut(Exception):
    """A row that cannot be learned from: why (a kind of `turn_notices.LEFT_OUT`), with values."""

    def __init__(self, kind: str, **values: Any) -> None:
        super().__init__(kind)
        self.kind, self.values = kind, values


Seen = Counter[str]  # what was cut, dropped or joined in one row, by kind (`turn_notices.CHANGED`)


def role_of(name: Any) -> str | None:
    """The role that a name of a speaker means.

    >>> role_of("Human"), role_of("chatgpt"), role_of("narrator")
    ('user', 'assistant', None)
    """
    if isinstance(name, str) and name in ROLES:
        return ROLES[name]
    if isinstance(name, dict):  # an author with properties
        name = name.get("role", name.get("name"))
    if not isinstance(name, str):
        return None
    folded = name.strip(" \t\n<|>[]:").casefold().replace(" ", "_")
    return ROLES.get(folded)


def looks_like_messages(value: Any, strings: bool = False) -> bool:
    """Whether a cell is a conversation. strings: lists of plain texts are taken for one, too."""
    if isinstance(value, str):
        opened = opened_text(value)
        if opened is not value:
            return looks_like_messages(opened, strings)
        return marked_parts(value) is not None
    if isinstance(value, dict):
        numbered = any(_is_numbered_turn(key) for key in value)
        node = is_node(next(iter(value.values()), None))
        return "replies" in value or numbered or node or bool(_listed_messages(value))
    if not _is_list(value) or not value:
        return False
    first = value[0]
    if isinstance(first, dict):
        key = _role_key(_plain_keys(first))
        if key == "author":  # who wrote an answer, or a message of a talk
            return any(role_of(turn.get(key)) for turn in value if isinstance(turn, dict))
        return key is not None or _are_exchanges(value)
    if isinstance(first, (list, tuple)):
        return len(first) == 2 and all(isinstance(turn, str) for turn in first)
    return strings and len(value) > 1 and all(isinstance(turn, str) for turn in value)


def _are_exchanges(entries: Sequence[Any]) -> bool:
    """Whether objects without a role are what two sides say, [{"user": …}, {"bot": …}]: answers
    that somebody ranked are not."""
    keys = {key for turn in entries if isinstance(turn, dict) for key in turn}
    return {USER, ASSISTANT} <= {role_of(key) for key in keys}


def is_message(value: Mapping[str, Any]) -> bool:
    """Whether an object is one message: it names who speaks."""
    key = _role_key(value)
    return key is not None and role_of(value[key]) is not None


def opened_text(text: str) -> Any:
    """What a text is the source of, JSON or Python, if it is a list or an object; else itself.

    Tables hold conversations so: `[{'role': 'user', …}]`.
    """
    if text.endswith("dtype=object)") and (array := _ARRAY.fullmatch(text)):
        text = array[1]
    start, end = text.lstrip()[:2], text.rstrip()[-1:]
    if end not in ("]", "}") or start[:1] not in ("[", "{"):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    if len(text) > MAX_LITERAL_CHARACTERS:
        return text
    try:
        # NumPy writes lists of objects without commas; inside of a text a line end is written \n.
        found = ast.literal_eval(_BETWEEN_OBJECTS.sub("}, {", text.strip()))
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return text
    return found if isinstance(found, (list, dict, tuple)) else text


def messages_of(value: Any, seen: Seen) -> list[Message]:
    """The messages of a cell. Raises LeftOut if it holds none that can be read."""
    if isinstance(value, str):
        opened = opened_text(value)
        if opened is not value:
            return messages_of(opened, seen)
        parts = marked_parts(value)
        if parts is None:
            raise LeftOut("no_messages")
        return [_spoken(role_of(role), text) for role, text in parts]
    if isinstance(value, dict):
        return _of_object(value, seen)
    if not _is_list(value) or not value:
        raise LeftOut("no_messages")
    if all(isinstance(turn, str) for turn in value):
        return _alternating(value)
    if all(isinstance(turn, (list, tuple)) for turn in value):
        return [message for pair in value for message in _pair(pair)]
    return [message for turn in value for message in _of_entry(turn, seen)]


def _of_object(value: Mapping[str, Any], seen: Seen) -> list[Message]:
    """Turns under numbers, a tree of replies, or messages one level down."""
    for key in ("messages", "conversations", "conversation"):
        if isinstance(value.get(key), list):
            return messages_of(value[key], seen)
    numbered = [turn for key, turn in value.items() if _is_numbered_turn(key)]
    if numbered:
        return [message for turn in numbered for message in _of_entry(turn, seen)]
    if "replies" in value:
        return [message for turn in best_branch(value, seen) for message in _of_entry(turn, seen)]
    if listed := _listed_messages(value):
        return [message for turn in listed for message in _of_entry(turn, seen)]
    nodes = value.get("mapping", value)
    if isinstance(nodes, dict) and is_node(next(iter(nodes.values()), None)):
        way = newest_branch(nodes, value.get("current_node"), seen)
        return [message for turn in way for message in _of_entry(turn, seen)]
    if _role_key(value) is not None:
        return list(_of_entry(value, seen))
    raise LeftOut("no_messages")


def _is_numbered_turn(key: Any) -> bool:
    return isinstance(key, str) and re.fullmatch(r"turn_?[0-9]+", key) is not None


def _listed_messages(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The messages of {"from": ["human", "gpt"], "value": ["Hi", "Ho"]}, as the hub's library
    keeps lists of objects; none of anything else."""
    key = _role_key(value)
    columns = {name: cells for name, cells in value.items() if _is_list(cells)}
    if key not in columns or not columns[key] or len(columns) < 2:
        return []
    n = len(columns[key])
    if any(len(cells) != n for cells in columns.values()) or not all(map(role_of, columns[key])):
        return []
    return [{name: cells[place] for name, cells in columns.items()} for place in range(n)]


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _alternating(texts: Sequence[str]) -> list[Message]:
    """What two sides say in turn, or each text with the mark of who says it."""
    parts = marked_parts("\n".join(texts))
    if parts is not None and len(parts) == len(texts):
        return [_spoken(role_of(role), text) for role, text in parts]
    return [
        Message(ASSISTANT if place % 2 else USER, text.strip()) for place, text in enumerate(texts)
    ]


def _pair(pair: Sequence[Any]) -> list[Message]:
    if len(pair) != 2 or not all(isinstance(item, str) or item is None for item in pair):
        raise LeftOut("no_messages")
    return [Message(USER, (pair[0] or "").strip()), Message(ASSISTANT, (pair[1] or "").strip())]


def _role_key(entry: Mapping[str, Any]) -> str | None:
    """The key that names who speaks; `type` does only if it names a speaker."""
    for key in _ROLE_KEYS:
        if key in entry and (key != "type" or role_of(entry[key])):
            return key
    return None


def _plain_keys(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The keys in lower case if no role is found otherwise: {"Role": …, "Content": …}."""
    if _role_key(entry) is not None:
        return entry
    return {str(key).strip().casefold(): value for key, value in entry.items()}


def _of_entry(entry: Any, seen: Seen) -> Iterator[Message]:
    """One message, or an exchange such as {"human": …, "assistant": …}."""
    if not isinstance(entry, dict):
        raise LeftOut("no_message")
    entry = _plain_keys(entry)
    key = _role_key(entry)
    if key is None:
        spoken = _exchange(entry)
        if not spoken:
            raise LeftOut("no_message")
        for speaker, said in spoken.items():
            yield _message(speaker, said, entry, seen)
        return
    role = role_of(entry[key])
    if role is None:
        name = entry[key].get("name") if isinstance(entry[key], dict) else entry[key]
        raise LeftOut("unknown_role", role=str(name)[:40])
    if not _CALL_KEYS.isdisjoint(entry) and any(map(entry.get, _CALL_KEYS)):
        yield Message(CALL, "")
        return
    content = next((entry[key] for key in _CONTENT_KEYS if entry.get(key) is not None), None)
    if content is None and isinstance(entry.get("data"), dict):  # as LangChain keeps them
        content = entry["data"].get("content")
    yield _message(role, content, entry, seen)


_ABOUT = frozenset({"model", "agent", "bot"})  # who answers, if the answer has a key as well


def _exchange(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Role → what is said, in the order of a talk, whatever the order of the keys."""
    said: dict[str, Any] = {}
    for key in sorted(entry, key=lambda key: key in _ABOUT):
        if role := role_of(key):
            said.setdefault(role, entry[key])
    return {role: said[role] for role in (SYSTEM, USER, ASSISTANT, CALL, TOOL) if role in said}


def _message(role: str | None, content: Any, entry: Mapping[str, Any], seen: Seen) -> Message:
    text, kind = _content(content, seen)
    if kind is not None:
        return Message(kind, text)
    learned = _WEIGHT_KEYS.isdisjoint(entry) or _is_learned(entry, seen)
    return _spoken(role, text, learned)


def _spoken(role: str | None, text: str, learned: bool = True) -> Message:
    """A message; an answer that begins a call of a tool is one, and so is a command."""
    if role in (CALL, TOOL) and text.casefold() in ("", "none", "null"):
        return Message(SYSTEM, "")  # the place of a command that was not given
    if role == ASSISTANT and "<" in text and _CALL_IN_TEXT.search(text):
        return Message(CALL, text)
    return Message(role or SYSTEM, text, learned)


def _content(content: Any, seen: Seen) -> tuple[str, str | None]:
    """The text of a message, and what else it is: CALL, TOOL or None. Raises LeftOut."""
    if content is None or (isinstance(content, float) and content != content):
        return "", None
    if isinstance(content, str):
        return _cleaned(content), None
    if isinstance(content, (int, float)) and not isinstance(content, bool):
        return str(content), None
    if isinstance(content, dict):
        for key in ("parts", *_CONTENT_KEYS):
            if isinstance(content.get(key), (str, list)):
                return _content(content[key], seen)
        if "content_type" in content:  # a profile, a drawing
            seen["other_parts"] += 1
            return "", None
        raise LeftOut("no_text_in_message")
    if not isinstance(content, (list, tuple)):
        raise LeftOut("no_text_in_message")
    texts = []
    for part in content:
        if isinstance(part, str):
            texts.append(part.strip())
            continue
        if not isinstance(part, dict):
            raise LeftOut("no_text_in_message")
        kind = str(part.get("type") or "text")
        if kind in ("tool_use", "tool_call", "function_call"):
            return "", CALL
        if kind in ("tool_result", "function_result"):
            return "", TOOL
        text = part.get("text")
        text = text.get("value") if isinstance(text, dict) else text
        if kind in _TEXT_PARTS and isinstance(text, str):
            texts.append(text.strip())
        else:
            seen["pictures" if _PICTURE.search(kind) else "other_parts"] += 1
    return "\n".join(text for text in texts if text), None


_MOSS_MARKS = re.compile(
    r"^\s*<\|(?:Human|MOSS|Inner Thoughts|Commands|Results|Tool Responses)\|>:?\s*|\s*<eo[a-z]>\s*$"
)


def _cleaned(text: str) -> str:
    text = text.strip()
    return _MOSS_MARKS.sub("", text) if text.endswith(">") and text.startswith("<|") else text


def _is_learned(entry: Mapping[str, Any], seen: Seen) -> bool:
    for key in sorted(_WEIGHT_KEYS):
        weight = entry.get(key)
        if isinstance(weight, str):
            weight = {"0": 0, "0.0": 0, "false": 0, "1": 1, "1.0": 1, "true": 1}.get(
                weight.strip().casefold()
            )
        if isinstance(weight, (int, float)):
            if weight not in (0, 1):
                seen["weights"] += 1
            return weight != 0
    return True
