"""Fetch a public file: time-out, size limit, progress, SHA-256, written aside then renamed."""

import hashlib
import http.client
import io
import logging
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

from llmcore.errors import LabError, OfflineError
from llmcore.files import whole_file

log = logging.getLogger(__name__)

Progress = Callable[[int, int | None], None]  # bytes so far, bytes in all if known
TIMEOUT_SECONDS = 15.0
_BLOCK = 64 * 1024


def fetch(
    url: str,
    target: Path,
    sha256: str,
    max_bytes: int,
    member: str | None = None,
    progress: Progress | None = None,
    timeout: float = TIMEOUT_SECONDS,
) -> Path:
    """Downloads `url` to `target` and returns it; `member` names the file to take out of a zip.

    `sha256` and `max_bytes` are those of the file that is kept (the member, for a zip). Raises
    OfflineError if nothing answers or the answer is cut short, LabError if it is wrong.
    """
    data = _read(url, max_bytes, progress, timeout)
    if member is not None:
        data = _member_of(data, member, max_bytes, url)
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise LabError(
            f"{url} gave another file than the lab knows (SHA-256 {found[:12]}…, expected "
            f"{sha256[:12]}…): nothing was kept; try again later, or use another data set."
        )
    write_bytes_atomic(target, data)
    return target


def write_bytes_atomic(path: Path, data: bytes) -> None:
    """Readers see the old file or the whole new one."""
    with whole_file(path, replaces=True) as aside:
        aside.write_bytes(data)


def _read(url: str, max_bytes: int, progress: Progress | None, timeout: float) -> bytes:
    buffer = bytearray()
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            length = answer.headers.get("Content-Length")
            total = int(length) if length and length.isdigit() else None
            while block := answer.read(_BLOCK):
                buffer += block
                if len(buffer) > max_bytes:
                    raise LabError(
                        f"{url} gave more than the {max_bytes:,} bytes that were expected: "
                        f"nothing was kept."
                    )
                if progress is not None:
                    progress(len(buffer), total)
    except urllib.error.HTTPError as error:
        raise OfflineError(
            f"{url} answered {error.code} {error.reason}: try again later, or use another data set."
        ) from error
    except (OSError, http.client.HTTPException) as error:
        log.info("download of %s failed: %s", url, error)
        raise OfflineError(
            f"{url} could not be downloaded ({_reason(error)}): connect to the internet and try "
            f"again, or use a data set that the lab carries."
        ) from error
    if total is not None and len(buffer) < total:
        raise OfflineError(
            f"{url} broke off after {len(buffer):,} of {total:,} bytes: nothing was kept; "
            f"try again."
        )
    return bytes(buffer)


def _reason(error: Exception) -> str:
    if isinstance(error, http.client.IncompleteRead):
        return "the connection broke off"
    if isinstance(error, urllib.error.URLError):
        return str(error.reason)
    return str(error) or type(error).__name__


def _member_of(data: bytes, member: str, max_bytes: int, url: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if archive.getinfo(member).file_size > max_bytes:
                raise LabError(f"{member} in {url} is larger than {max_bytes:,} bytes.")
            with archive.open(member) as file:
                return file.read(max_bytes + 1)
    except (KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise LabError(f"{url} is not a zip file that holds {member}: nothing was kept.") from error
