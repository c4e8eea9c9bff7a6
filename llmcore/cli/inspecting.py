"""The command `inspect`: what the lab would do with a file, before anything learns from it."""

from typing import Annotated

import typer

from llmcore.cli.flags import COLUMNS, Encoding
from llmcore.cli.options import Changes, Fields, expanded, one_of
from llmcore.cli.output import AsJson, answer
from llmcore.config import FILE_TASKS, DataConfig

CHOICE_NEEDED = 2
CHOSEN = ("text_column", "label_column", *COLUMNS)


@expanded
def inspect(
    *,
    source: Annotated[str, typer.Argument(help="a file, a folder or a zip")],
    task: Annotated[
        str | None,
        typer.Option(help="what it is to teach (default: guessed)", callback=one_of(FILE_TASKS)),
    ] = None,
    columns: Annotated[Changes, Fields(DataConfig, CHOSEN)],
    encoding: Encoding = None,
    as_json: AsJson = False,
) -> None:
    """Say how a file would be read: format, encoding, columns, rows, classes, and what is odd.

    The exit status is 0 if it can be used as it is, 2 where a column has to be chosen, 1 where
    it cannot be read.
    """
    from llmcore.data.reading.inspect import Chosen
    from llmcore.data.reading.inspect import inspect as report_on
    from llmcore.data.reading.labels import ReadingOptions
    from llmcore.data.reading.open import as_path

    path = as_path(source, "a file, a folder or a zip", "the names that `datasets` lists")
    report = report_on(path, task, Chosen(*map(columns.get, CHOSEN)), ReadingOptions(encoding))
    answer(report.to_dict(), as_json, "\n".join(report.lines()))
    if report.asks:
        raise typer.Exit(CHOICE_NEEDED if len(report.columns) > 1 else 1)
    if not report.taken:
        raise typer.Exit(1)
