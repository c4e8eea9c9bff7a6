"""Where bytes come from: a file on disk or an upload, opened as often as needed."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from llmcore.errors import LabError, NotFoundError, cause

HEAD_BYTES = 1 << 18
BLOCK_BYTES = 1 << 16
GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Source:
    """A file's name and its content: a path on disk, bytes in memory, or a file of `n_bytes` in an
    archive (`opener`). Gzip is opened on the way (`packed`), and `name` is then the name inside."""

    name: str
    path: Path | None = None
    data: bytes | None = None
    packed: bool = False
    opener: Callable[[], BinaryIO] | None = None
    n_bytes: int = 0

    def open(self) -> BinaryIO:
        """The (unpacked) content from its beginning. Raises NotFoundError, LabError."""
        try:
            raw: BinaryIO
            if self.opener is not None:
                raw = self.opener()
            else:
                raw = io.BytesIO(self.data) if self.data is not None else self._path.open("rb")
        except OSError as error:
            raise NotFoundError(f"{self.name} cannot be read ({error.strerror}).") from error
        return io.BufferedReader(_Unpacked(raw, self.name)) if self.packed else raw

    @property
    def _path(self) -> Path:
        assert self.path is not None
        return self.path

    def head(self, n: int = HEAD_BYTES) -> bytes:
        with self.open() as file:
            return file.read(n)

    def blocks(self, n: int = BLOCK_BYTES) -> Iterator[bytes]:
        with self.open() as file:
            while block := file.read(n):
                yield block

    def read(self) -> bytes:
        if self.data is not None and not self.packed:
            return self.data
        with self.open() as file:
            return file.read()

    @property
    def size(self) -> int:
        """Bytes on disk or in memory, packed as they are."""
        if self.opener is not None:
            return self.n_bytes
        return len(self.data) if self.data is not None else self._path.stat().st_size


class _Unpacked(io.RawIOBase):
    """A gzip stream whose damage is a sentence."""

    def __init__(self, raw: BinaryIO, name: str) -> None:
        self._raw, self._name = raw, name
        self._file = gzip.GzipFile(fileobj=raw)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            block = self._file.read(len(buffer))
        except (OSError, EOFError, zlib.error) as error:
            raise LabError(
                f"{self._name} is a damaged gzip file ({cause(error)}): pack it again."
            ) from error
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        self._raw.close()
        super().close()


def source_at(path: Path) -> Source:
    return _with_packing(Source(path.name, path=path))


def source_of(data: bytes, name: str) -> Source:
    return _with_packing(Source(Path(name.replace("\\", "/")).name or name, data=data))


def source_in(name: str, opener: Callable[[], BinaryIO], n_bytes: int) -> Source:
    """A file in an archive: `opener` gives its content from the beginning, as often as asked."""
    return _with_packing(Source(name, opener=opener, n_bytes=n_bytes))


def _with_packing(source: Source) -> Source:
    if source.head(2) != GZIP:
        return source
    inner = source.name
    for suffix in (".gz", ".gzip"):
        inner = inner[: -len(suffix)] if inner.lower().endswith(suffix) else inner
    if inner.lower().endswith(".tgz"):
        inner = inner[:-4] + ".tar"
    return replace(source, name=inner, packed=True)
