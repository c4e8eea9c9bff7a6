"""What commands read and write: one JSON object or plain lines out, all else on standard error."""

import json
import sys
from typing import Annotated, Any

import typer

from llmcore.errors import LabError
from llmcore.files import finite_json

AsJson = Annotated[bool, typer.Option("--json", help="print one JSON object on standard output")]


def say(message: str) -> None:
    """Progress and notices, on standard error so that standard output stays clean."""
    typer.echo(message, err=True)


def answer(values: dict[str, Any], as_json: bool, lines: str) -> None:
    """The command's result: `values` as one JSON object, or `lines` for a person.

    JSON is written in ASCII (other characters escaped), so that no locale can spoil it; numbers
    that are not finite become null.
    """
    clean, _ = finite_json(values)
    typer.echo(json.dumps(clean, allow_nan=False) if as_json else lines)


def stdin_text() -> str:
    """All of standard input as text; UTF-8 to the letter, line ends included.

    Other encodings are recognised, with a notice; what is no text raises LabError.
    """
    data = typer.get_binary_stream("stdin").read()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        from llmcore.data.reading.encoding import decode

        read = decode(data, "standard input")
        for notice in read.notices.texts():
            say(notice)
        return read.text


def text_or_stdin(text: str, what: str = "text") -> str:
    """The argument itself, or standard input if it is `-`. Empty text is refused."""
    if text == "-":
        text = stdin_text()
        where = "standard input is empty"
    else:
        where = "the argument is empty"
    if not text:
        raise LabError(f"There is no {what}: {where}. Give some {what}, or `-` to read it.")
    return text


def visible(text: str) -> str:
    """Text on one line, with what does not print escaped as in Python: a line break gives \\n."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def steady_streams() -> None:
    """No character that a terminal or a pipe cannot show may end a command with an error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
