"""Tables with one message a row, put together to conversations: by the message that each answers
(a tree, as OASST keeps them), or by the number of the conversation."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from llmcore.data.reading.asked_cells import missing_word
from llmcore.data.reading.asked_names import folded_name
from llmcore.data.reading.conversation import ASSISTANT, USER, role_of
from llmcore.data.reading.report import Notices
from llmcore.data.reading.rows import Rows, chunked

MAX_MESSAGES = 1_000_000  # held in memory, since a reply may come before what it answers
_TEXTS = ("text", "content", "message", "value", "body", "utterance", "message_text")
_ROLES = ("role", "speaker", "from", "sender", "author", "author_role", "message_role", "type")
_IDS = ("message_id", "id", "msg_id", "uuid")
_PARENTS = ("parent_id", "parent", "parent_message_id", "reply_to", "in_reply_to")
_TALKS = (
    "conversation_id", "conv_id", "dialog_id", "dialogue_id", "session_id", "thread_id", "chat_id",
    "conversation", "conversationid", "dialogue", "dialog", "session", "thread", "ticket_id",
    "message_tree_id",
)  # fmt: skip
_PLACES = (
    "turn", "turn_id", "turn_index", "turn_idx", "turn_number", "turn_no", "message_index",
    "message_idx", "message_number", "message_no", "position", "order", "sequence", "seq", "step",
    "timestamp", "created_at", "create_time", "created", "sent_at", "datetime", "date", "time",
)  # fmt: skip
_DELETED = ("deleted", "is_deleted")

Numbered = tuple[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class MessageForm:
    """Columns: text and role of a message; either its own name and that of the one it answers, or
    the conversation and perhaps the place in it."""

    text: str
    role: str
    id: str | None = None
    parent: str | None = None
    talk: str | None = None
    place: str | None = None
    deleted: str | None = None

    def used(self) -> set[str]:
        # Without places the rank is read where the replies are.
        every = (self.role, self.id, self.parent, self.talk, self.place, self.deleted)
        return {column for column in every if column} | ({"rank"} if self.parent else set())


def joined_messages(rows: Rows, name: str) -> Rows:
    """`rows` with a conversation each in the column of the texts, if each row is one message
    and columns tell which belong together; other tables unchanged.

    A conversation is on the line of its first message. Messages whose beginning is not in the
    file are left out and counted (`orphans`), and so are deleted ones.
    """
    form = message_form(rows)
    if form is None:
        return rows
    columns = [column for column in rows.columns if column not in form.used()]
    how = (
        "the column {parent} says which one each answers; of several replies the way goes on "
        "with the one of the best rank, else the first"
        if form.parent
        else "those with one {talk}" + (" in the order of {place}" if form.place else "")
    )
    notices = rows.notices

    def numbered() -> Iterator[tuple[int, list[Any]]]:
        messages = _kept(rows, form, notices)
        if messages:
            notices.add("single_messages", "The {messages} of {file}, a row each, were put "
                        f"together to conversations: {how}", n=len(messages), file=name,
                        parent=form.parent, talk=form.talk, place=form.place)  # fmt: skip
        found = _trees if form.parent else _talks
        for line, record in found(messages, form, notices, rows.unit):
            yield line, [record.get(column) for column in columns]

    return Rows(rows.format, columns, rows.header, chunked(numbered()), notices, rows.encoding,
                rows.why, rows.unit)  # fmt: skip


def message_form(rows: Rows) -> MessageForm | None:
    """Which columns tell the messages apart; None if they do not."""
    by_name = {folded_name(column): column for column in reversed(rows.columns)}

    def named(names: tuple[str, ...]) -> str | None:
        return next((by_name[name] for name in names if name in by_name), None)

    text = named(_TEXTS)
    if text is None or len(rows.columns) < 3:
        return None
    sample = [dict(zip(rows.columns, row, strict=False)) for row in rows.sample()]
    role = next((by_name[role] for role in _ROLES if role in by_name
                 and _speak(sample, by_name[role])), None)  # fmt: skip
    if role is None or not all(isinstance(record.get(text), str | None) for record in sample):
        return None
    deleted = named(_DELETED)
    own, parent = named(_IDS), named(_PARENTS)
    if own and parent and own != parent:
        known = {_key(record.get(own)) for record in sample}
        if len(known) == len(sample) and any(
            _key(record.get(parent)) in known for record in sample
        ):
            return MessageForm(text, role, own, parent, deleted=deleted)
    talk = named(_TALKS)
    if talk and talk != role and len({_key(record.get(talk)) for record in sample}) < len(sample):
        return MessageForm(text, role, talk=talk, place=named(_PLACES), deleted=deleted)
    return None


def _speak(sample: list[dict[str, Any]], column: str) -> bool:
    """Whether the cells name who speaks, and both sides do."""
    roles = {role_of(record.get(column)) for record in sample}
    return None not in roles and {USER, ASSISTANT} <= roles


def _key(value: Any) -> str:
    """A number or a name of a message or conversation; empty for none."""
    if value is None or value != value:
        return ""
    text = str(value).strip()
    return "" if missing_word(text) else text.removesuffix(".0")


def _kept(rows: Rows, form: MessageForm, notices: Notices) -> list[Numbered]:
    messages: list[Numbered] = []
    for line, record in rows.records():
        if form.deleted and str(record.get(form.deleted)).strip().casefold() in ("true", "1"):
            notices.add("deleted_messages", "{messages} that {column} marks {were} left out", line,
                        unit=rows.unit, column=form.deleted)  # fmt: skip
        elif len(messages) >= MAX_MESSAGES:
            notices.add("too_many_messages", f"{{messages}} beyond the first {MAX_MESSAGES:,} "
                        "{were} left out", line, unit=rows.unit)  # fmt: skip
        else:
            messages.append((line, record))
    return messages


# ---- trees


def _trees(
    messages: list[Numbered], form: MessageForm, notices: Notices, unit: str
) -> Iterator[Numbered]:  # fmt: skip
    """A row for each message that answers none, with all replies below it."""
    assert form.id and form.parent
    nodes: dict[str, dict[str, Any]] = {}
    for _, record in messages:
        nodes.setdefault(_key(record.get(form.id)), _node(record, form))
    below: dict[str, list[str]] = defaultdict(list)
    roots: list[tuple[Numbered, str]] = []
    for line, record in messages:
        own, parent = _key(record.get(form.id)), _key(record.get(form.parent))
        if parent:
            below[parent].append(own)
            if parent in nodes:
                nodes[parent]["replies"].append(nodes[own])
        else:
            roots.append(((line, record), own))
    reached = _reached([own for _, own in roots], below)
    for line, record in messages:
        if _key(record.get(form.id)) not in reached:
            notices.add("orphans", "{messages} whose conversation has no beginning in the "
                        "file {were} left out", line, unit=unit)  # fmt: skip
    for (line, record), own in roots:
        yield line, {**record, form.text: nodes[own]}


def _node(record: dict[str, Any], form: MessageForm) -> dict[str, Any]:
    return {"role": record.get(form.role), "content": record.get(form.text),
            "rank": record.get("rank"), "replies": []}  # fmt: skip


def _reached(roots: list[str], below: dict[str, list[str]]) -> set[str]:
    reached, ahead = set(roots), list(roots)
    while ahead:
        for child in below.get(ahead.pop(), []):
            if child not in reached:
                reached.add(child)
                ahead.append(child)
    return reached


# ---- numbered conversations


def _talks(
    messages: list[Numbered], form: MessageForm, notices: Notices, unit: str
) -> Iterator[Numbered]:  # fmt: skip
    """A row for each conversation, its messages in order."""
    assert form.talk
    talks: dict[str, list[Numbered]] = defaultdict(list)
    for line, record in messages:
        if number := _key(record.get(form.talk)):
            talks[number].append((line, record))
        else:
            notices.add("orphans", "{messages} of no conversation {were} left out", line,
                        unit=unit)  # fmt: skip
    for talk in talks.values():
        line, record = talk[0]
        said = [{"role": each.get(form.role), "content": each.get(form.text)}
                for _, each in _ordered(talk, form.place)]  # fmt: skip
        yield line, {**record, form.text: said}


def _ordered(messages: list[Numbered], place: str | None) -> list[Numbered]:
    """By the places if all have one, as numbers or as texts such as 2024-01-31T10:00."""
    if place is None:
        return messages
    places = [_key(record.get(place)) for _, record in messages]
    try:
        numbers = [float(place) for place in places]
    except ValueError:
        if not all(place[:4].isdecimal() and place[4:5] == "-" for place in places):
            return messages
        order = sorted(range(len(messages)), key=places.__getitem__)
    else:
        order = sorted(range(len(messages)), key=numbers.__getitem__)
    return [messages[at] for at in order]
