"""The command `inspect`: what the lab would do with a file, before anything learns from it."""

from typing import Annotated

import typer

from llmcore.cli.options import one_of, within
from llmcore.cli.output import AsJson, answer
from llmcore.config import FILE_TASKS, DataConfig

CHOICE_NEEDED = 2


def inspect(
    source: Annotated[str, typer.Argument(help="a file, a folder or a zip")],
    task: Annotated[
        str | None,
        typer.Option(help="what it is to teach (default: guessed)", callback=one_of(FILE_TASKS)),
    ] = None,
    text_column: Annotated[str | None, within(DataConfig, "text_column", "--text-column")] = None,
    label_column: Annotated[
        str | None, within(DataConfig, "label_column", "--label-column")
    ] = None,
    instruction_column: Annotated[
        str | None, within(DataConfig, "instruction_column", "--instruction-column")
    ] = None,
    input_column: Annotated[
        str | None, within(DataConfig, "input_column", "--input-column")
    ] = None,
    output_column: Annotated[
        str | None, within(DataConfig, "output_column", "--output-column")
    ] = None,
    system_column: Annotated[
        str | None, within(DataConfig, "system_column", "--system-column")
    ] = None,
    encoding: Annotated[str | None, within(DataConfig, "encoding", "--encoding")] = None,
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
    chosen = Chosen(text_column, label_column, instruction_column, input_column, output_column,
                    system_column)  # fmt: skip
    report = report_on(path, task, chosen, ReadingOptions(encoding))
    answer(report.to_dict(), as_json, "\n".join(report.lines()))
    if report.asks:
        raise typer.Exit(CHOICE_NEEDED if len(report.columns) > 1 else 1)
    if not report.taken:
        raise typer.Exit(1)
