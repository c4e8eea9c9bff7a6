"""The one door: a path or an upload, recognised by its content and opened as rows."""

from collections.abc import Sequence
from pathlib import Path

from llmcore.data.mail_folders import table_of_mails
from llmcore.data.reading import formats
from llmcore.data.reading.arrow import read_arrow, read_parquet
from llmcore.data.reading.delimited import read_delimited
from llmcore.data.reading.encoding import recognise_encoding
from llmcore.data.reading.json_rows import read_json
from llmcore.data.reading.report import Notices
from llmcore.data.reading.rows import Chunk, Rows
from llmcore.data.reading.source import Source, source_at, source_of
from llmcore.errors import LabError, NotFoundError


def open_rows(
    where: Path | Source, notices: Notices, encoding: str | None = None,
    named: Sequence[str] = (), roles: str = "labels",
) -> Rows:  # fmt: skip
    """The rows of a file, an upload, a folder or an archive.

    encoding: what the user says, instead of a guess. named: columns that the user named. Raises
    NotFoundError where there is no such file, LabError for what cannot be read.
    """
    if isinstance(where, Path) and where.is_dir():
        return _of_mails(where, where.name, notices)
    source = where if isinstance(where, Source) else source_at(where)
    recognised = formats.recognise(source)
    if recognised.format == formats.ZIP:
        return _of_mails(source.path or source.read(), source.name, notices)
    if recognised.format in (formats.DELIMITED, formats.TEXT):
        found = recognise_encoding(source, notices, encoding)
        return read_delimited(source, found, notices, named, recognised.why)
    if recognised.format in (formats.JSON, formats.JSONL):
        found = recognise_encoding(source, notices, encoding)
        rows = read_json(source, found, notices, roles)
        rows.encoding = found.name
        return rows
    if recognised.format == formats.PARQUET:
        return read_parquet(source, notices)
    if recognised.format == formats.ARROW:
        return read_arrow(source, notices)
    raise LabError(f"{source.name} cannot be read as a table ({recognised.why}).")


def _of_mails(where: Path | bytes, name: str, notices: Notices) -> Rows:
    table = table_of_mails(where, name)
    for text in table.notices:
        notices.add("files", "{text}", about=text, text=text.removesuffix("."))
    rows = [list(row) for row in table.rows]
    chunks = iter([Chunk(list(range(1, len(rows) + 1)), rows)])
    return Rows("folders", list(table.columns), True, chunks, notices, unit="file")


def as_path(source: str, wanted: str, known: str) -> Path:
    """The file or folder that a user named. Raises NotFoundError where there is none."""
    missing = NotFoundError(
        f"There is no data set or readable file {source!r}: give {wanted}, or one of {known}."
    )
    if not source or "\0" in source:
        raise missing
    try:
        path = Path(source).expanduser()
        if not path.exists():
            raise missing
    except (OSError, RuntimeError) as error:  # RuntimeError: ~somebody has no home
        raise missing from error
    return path


__all__ = ["as_path", "open_rows", "source_at", "source_of"]
