"""The one door: a path or an upload, recognised by its content and opened as rows."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from llmcore.data.reading import formats
from llmcore.data.reading.arrow import read_arrow, read_parquet
from llmcore.data.reading.bundles import read_bundle
from llmcore.data.reading.class_names import with_class_names
from llmcore.data.reading.delimited import read_delimited
from llmcore.data.reading.encoding import recognise_encoding
from llmcore.data.reading.json_rows import read_json
from llmcore.data.reading.label_index import Opener
from llmcore.data.reading.mailbox_rows import read_mbox, read_one_mail
from llmcore.data.reading.members import Member, members_of, unpacked
from llmcore.data.reading.report import Notices, quoted
from llmcore.data.reading.rows import LABELS, Rows
from llmcore.data.reading.source import Source, source_at, source_of
from llmcore.data.reading.workbook import MAX_WORKBOOK_BYTES, read_workbook
from llmcore.errors import LabError, NotFoundError

_MARKUP = {formats.HTML: "an HTML page", formats.RTF: "an RTF document"}
_TITLE = re.compile(rb"<title[^>]*>([^<]{1,200})", re.IGNORECASE)
_MAX_INSIDE = 3  # archives inside of archives


def open_rows(
    where: Path | Source,
    notices: Notices,
    encoding: str | None = None,
    named: Sequence[str] = (),
    roles: str = LABELS,
    _depth: int = 0,
) -> Rows:
    """The rows of a file, an upload, a folder or an archive.

    encoding: what the user says, instead of a guess. named: columns that the user named. roles:
    LABELS, "instructions" or "texts", what is looked for where a form may hold several. Raises
    NotFoundError if there is no such file, LabError for what cannot be read.
    """

    def opened(source: Source, into: Notices) -> Rows:
        return open_rows(source, into, encoding, named, roles, _depth + 1)

    if isinstance(where, Path) and where.is_dir():
        return _of_bundle(members_of(where, notices), where.name, notices, roles, opened)
    source = _in_memory(where if isinstance(where, Source) else source_at(where))
    recognised = formats.recognise(source)
    if recognised.format in (formats.ZIP, formats.TAR):
        if _depth >= _MAX_INSIDE:
            raise LabError(f"{source.name} lies too deep in other archives: unpack it.")
        content = unpacked(source)
        if content is not source and formats.recognise(content).format != formats.TAR:
            return opened(content, notices)
        return _of_bundle(members_of(source, notices), source.name, notices, roles, opened)
    return _open_file(source, recognised, notices, encoding, named, roles)


def _of_bundle(
    members: list[Member], name: str, notices: Notices, roles: str, opened: Opener
) -> Rows:
    rows = read_bundle(members, name, notices, opened)
    return with_class_names(rows, members, name, notices) if roles == LABELS else rows


def _in_memory(source: Source) -> Source:
    """A zip or workbook that is itself packed, so that its end can be read first."""
    if source.head(2) != b"PK" or not (source.packed or source.opener):
        return source
    with source.open() as file:
        data = file.read(MAX_WORKBOOK_BYTES + 1)
    if len(data) > MAX_WORKBOOK_BYTES:
        raise LabError(f"{source.name} unpacks to more than {MAX_WORKBOOK_BYTES:,} bytes.")
    return replace(source, data=data, path=None, packed=False, opener=None)


def _open_file(
    source: Source, recognised: formats.Recognised, notices: Notices, encoding: str | None,
    named: Sequence[str], roles: str,
) -> Rows:  # fmt: skip
    format = recognised.format
    if format in _MARKUP:
        title = _TITLE.search(source.head())
        called = f" ({quoted(title[1].decode(errors='replace').strip())})" if title else ""
        raise LabError(
            f"{source.name} is {_MARKUP[format]}{called}, not a table: save its table as CSV or "
            f"Excel, or its text as plain text; where it stands for a download, fetch it again."
        )
    if format == formats.XLSX:
        return read_workbook(source, notices, named)
    if format == formats.PARQUET:
        return read_parquet(source, notices)
    if format == formats.ARROW:
        return read_arrow(source, notices)
    if format == formats.MBOX:
        return read_mbox(source, notices)
    if format == formats.MAIL:
        return read_one_mail(source, notices)
    found = recognise_encoding(source, notices, encoding)
    if format in (formats.JSON, formats.JSONL):
        rows = read_json(source, found, notices, roles)
        rows.encoding = found.name
        if format == formats.JSONL and b"\n" not in source.head().strip():
            rows.format = "jsonl"  # a single line is both; its name or its form says lines
        return rows
    return read_delimited(source, found, notices, named, recognised.why, roles)


def as_path(source: str, wanted: str, known: str) -> Path:
    """The file or folder that a user named. Raises NotFoundError if there is none."""
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
