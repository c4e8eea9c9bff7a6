"""Files written into folders, zips and tars, and opened as rows."""

import io
import tarfile
import zipfile
from pathlib import Path

from llmcore.data.reading.open import open_rows
from llmcore.data.reading.report import Notices
from llmcore.data.reading.rows import Rows
from llmcore.data.reading.source import source_of


def write(folder: Path, files: dict[str, bytes | str]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return folder


def zip_of(files: dict[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def tar_of(files: dict[str, bytes | str], mode: str = "w:gz") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, data in files.items():
            data = data if isinstance(data, bytes) else data.encode()
            entry = tarfile.TarInfo("./" + name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def read(where: Path | bytes, name: str = "x") -> tuple[Rows, list[tuple], list[str]]:
    """(Rows, rows as tuples, notice texts)"""
    notices = Notices()
    source = source_of(where, name) if isinstance(where, bytes) else where
    rows = open_rows(source, notices)
    cells = [tuple(row) for chunk in rows.take() for row in chunk.rows]
    return rows, cells, notices.texts()
