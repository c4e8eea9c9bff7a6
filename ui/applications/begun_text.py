"""A text that somebody began, in bold, and how a model went on."""

from ui.components import payload, registered


def begun_text(begun: str, rest: str, key: str) -> None:
    registered("begun_text")(key=key, data=payload({"begun": begun, "rest": rest}))
