"""What a report says about the columns of an instruction file: which are read, which are not."""

from llmcore.data.reading.asked_roles import AskedLayout, Record
from llmcore.data.reading.conversation import ASSISTANT, USER, role_of
from llmcore.data.reading.kept_marks import say_markup
from llmcore.data.reading.report import Notices, listed


def say_roles(layout: AskedLayout, notices: Notices, header: bool, sample: list[Record]) -> None:
    """What was recognised, and what is not read."""
    roles = layout.roles
    if not header and None not in roles.values() and layout.form == "pairs":
        notices.add("two_columns", "The file names no columns: its two were read as instruction, "
                    "output")  # fmt: skip
    if layout.rejected:
        notices.add(
            "preferences",
            "Preferences: the answers of {chosen} are learned, those of {rejected} are not",
            chosen=roles.get("answer") or roles.get("messages"), rejected=layout.rejected,
        )  # fmt: skip
    if layout.marked:
        notices.add("marks", "The texts of the column {column} were cut into turns at their "
                    "marks of who speaks", column=roles["messages"])  # fmt: skip
    if layout.unread:
        n, verb = len(layout.unread), "holds" if len(layout.unread) == 1 else "hold"
        notices.add(
            "unread_columns", "{columns} {verb} text and {are} not read: {names}",
            n=n, verb=verb, names=listed(layout.unread),
        )  # fmt: skip
    if layout.split:
        notices.add("split", "The column {column} says which rows are held out: they stay so",
                    column=layout.split)  # fmt: skip
    if layout.truths:
        notices.add(
            "unread_truths", "{columns} of true and false {are} not read: {names}; rows of both "
            "kinds are learned", n=len(layout.truths), names=listed(layout.truths),
        )  # fmt: skip
    if layout.choices:
        notices.add("choice_numbers", "The column {column} holds letters or numbers of choices, "
                    "not the answers themselves", column=layout.choices)  # fmt: skip
    answers = roles.get("answer") or roles.get("messages")
    if answers and not layout.marked:
        say_markup([row.get(answers) for row in sample], answers, notices)
    if None in roles.values() and (speakers := _speakers(layout, sample)):
        notices.add("single_messages", "Each row is one message (the column {column} says who "
                    "speaks), and no column tells which belong together: name one conversation_id, "
                    "or give whole conversations",
                    column=speakers)  # fmt: skip


def _speakers(layout: AskedLayout, sample: list[Record]) -> str | None:
    """The column that says who speaks, if a row is one message of a conversation."""
    for column in layout.columns:
        said = {row.get(column) for row in sample if isinstance(row.get(column), str)}
        roles = {role_of(name) for name in said}
        if {USER, ASSISTANT} <= roles and None not in roles:
            return column
    return None
