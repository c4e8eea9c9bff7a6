"""How much text a corpus holds, before it is read, and a sample from all over a large one."""

import os
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

from llmcore.data.reading import formats
from llmcore.data.reading.documents import CorpusOptions, Piece, documents_of, read_pieces
from llmcore.data.reading.encoding import recognise_encoding
from llmcore.data.reading.report import Notices
from llmcore.data.reading.source import GZIP, Source, source_at
from llmcore.data.reading.text_files import zip_bytes
from llmcore.errors import LabError

SAMPLE_BYTES = 32 << 20  # of a large text: what a tokenizer is trained on
STRETCHES = 16  # places of a file that a sample is taken from
_PACKED_RATIO = 3  # of text, at the least


def text_bytes(path: Path) -> int:
    """About how many bytes of text a file, a folder or an archive holds, without reading it."""
    if path.is_dir():
        return sum(
            text_bytes(Path(root, name)) for root, _, names in os.walk(path) for name in names
        )
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(4)
        if head.startswith(GZIP) and size > 8:
            file.seek(-4, os.SEEK_END)  # the size modulo 4 GB (RFC 1952)
            return max(struct.unpack("<I", file.read(4))[0], _PACKED_RATIO * size)
    if head.startswith(b"PK"):
        try:
            return zip_bytes(path)
        except zipfile.BadZipFile:
            return size
    return _PACKED_RATIO * size if head.startswith(b"PAR1") else size


def sample_documents(
    path: Path, name: str, options: CorpusOptions, n_bytes: int = SAMPLE_BYTES
) -> list[str]:
    """Some `n_bytes` from all over a large text, the same each time.

    A plain text and JSON lines are read at some places; other files are read through.
    """
    if path.is_file():
        source = source_at(path)
        as_lines = "text"
        if not options.as_text:
            as_lines = formats.recognise(source).format
        if not source.packed and as_lines in (formats.TEXT, formats.JSONL):
            try:
                return _by_place(source, as_lines, options, n_bytes)
            except LabError:  # another encoding, or no rows at these places
                pass
    pieces, _ = read_pieces(path, name, options)
    return list(documents_of(_thinned(pieces, n_bytes / max(1, text_bytes(path)))))


def _by_place(source: Source, format: str, options: CorpusOptions, n_bytes: int) -> list[str]:
    assert source.path is not None
    encoding = recognise_encoding(source, Notices(), options.encoding)
    if encoding.codec not in ("utf-8", "cp1252", "ascii", "latin-1"):
        raise LabError(f"{source.name} has no bytes that a line could begin at.")
    stretch = max(1, n_bytes // STRETCHES)
    found: list[str] = []
    with source.open() as file:
        for place in range(STRETCHES):
            start = place * max(0, source.size - stretch) // (STRETCHES - 1)
            file.seek(start)
            data = file.read(stretch)
            if start and (line := data.find(b"\n")) >= 0:
                data = data[line + 1 :]
            if format == formats.JSONL and start + stretch < source.size:
                data = data[: data.rfind(b"\n") + 1]
            text = data.decode(encoding.codec, "ignore")
            found.extend(_whole(text, source.name, format, options))
    return found


def _whole(text: str, name: str, format: str, options: CorpusOptions) -> list[str]:
    if format == formats.TEXT:
        return [text]
    inner = Source(name, data=text.encode("utf-8", "replace"))
    pieces, _ = read_pieces(inner, name, options)
    return list(documents_of(pieces))


def _thinned(pieces: Iterator[Piece], share: float) -> Iterator[Piece]:
    """Every so many pieces, evenly spread; each is a document of the sample."""
    seen = kept = 0
    for piece in pieces:
        seen += len(piece.text)
        if piece.text and kept + len(piece.text) / 2 <= seen * share:
            kept += len(piece.text)
            yield Piece(piece.text, True)
