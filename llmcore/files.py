"""Small habits of file handling: write aside then rename, append whole lines, hash."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcore.errors import DamagedError, StateError
from llmcore.schema import parse_object, replace_surrogates

if TYPE_CHECKING:
    from filelock import BaseFileLock

LEFT_SECONDS = 3600.0  # after which a hidden file that nobody writes was left by a kill


def write_text_atomic(path: Path, text: str) -> None:
    """Readers see the old file or the new one, never a part.

    Lone surrogates, which a name from the command line may hold, become U+FFFD. What a writer
    that was killed left beside `path` goes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_left_overs(path)
    aside = _name_beside(path)
    try:
        # Not tempfile's: those are for one user alone, and others may have to read this file.
        with aside.open("x", encoding="utf-8", newline="\n") as file:
            file.write(replace_surrogates(text))
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def finite_json(value: Any) -> tuple[Any, bool]:
    """`value` with NaN and infinities replaced by None, and whether any was replaced."""
    if isinstance(value, float) and not math.isfinite(value):
        return None, True
    if isinstance(value, dict):
        pairs = {str(key): finite_json(item) for key, item in value.items()}
        return {key: item for key, (item, _) in pairs.items()}, any(b for _, b in pairs.values())
    if isinstance(value, (list, tuple)):
        items = [finite_json(item) for item in value]
        return [item for item, _ in items], any(b for _, b in items)
    return value, False


def write_json_atomic(path: Path, value: dict[str, Any]) -> None:
    clean, _ = finite_json(value)
    write_text_atomic(path, json.dumps(clean, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file. Raises DamagedError if it cannot be read as one.

    What its values are is for llmcore.schema to check.
    """
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:  # a name with a zero byte is a ValueError
        raise DamagedError(f"{path} cannot be read ({error}).") from error
    return parse_object(content, str(path))


def json_line(value: dict[str, Any]) -> str:
    """One line for a .jsonl file; non-finite numbers become null and `"nonfinite": true` is set."""
    clean, replaced = finite_json(value)
    if replaced:
        clean["nonfinite"] = True
    return replace_surrogates(json.dumps(clean, ensure_ascii=False, allow_nan=False)) + "\n"


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tree_bytes(root: Path) -> int:
    """Bytes of all files below `root`; files that vanish meanwhile count nothing."""
    total = 0
    for folder, _, names in os.walk(root):
        for name in names:
            try:
                total += os.lstat(os.path.join(folder, name)).st_size
            except OSError:
                continue
    return total


def remove_tree(path: Path) -> None:
    """Deletes a folder; one that is already gone is fine (two tabs may delete the same)."""
    shutil.rmtree(path, ignore_errors=True)


@contextmanager
def whole_directory(final: Path) -> Iterator[Path]:
    """A hidden folder beside `final` that takes its place when the block ends without an error.

    Others see the whole folder or none of it. Raises StateError if `final` holds something.
    """
    final = final.expanduser().resolve()
    check_vacant(final)
    final.parent.mkdir(parents=True, exist_ok=True)
    remove_left_overs(final)
    aside = _name_beside(final)
    aside.mkdir()
    try:
        yield aside
        check_vacant(final)
        _take_place(aside, final)
    finally:
        remove_tree(aside)


def _take_place(aside: Path, final: Path) -> None:
    """An empty folder that cannot be replaced (it is a mount, or somebody's working folder) gets
    the content instead, file by file."""
    try:
        if final.is_dir():
            final.rmdir()
    except OSError:
        for path in aside.iterdir():
            os.replace(path, final / path.name)
        return
    os.replace(aside, final)


@contextmanager
def whole_file(final: Path, replaces: bool = False) -> Iterator[Path]:
    """A hidden name beside `final` that is renamed to it when the block ends without an error.

    Raises StateError if `final` exists, unless it `replaces` that.
    """
    final = final.expanduser().resolve()
    if final.exists() and not replaces:
        raise StateError(f"{final} already exists: give a new name.")
    final.parent.mkdir(parents=True, exist_ok=True)
    remove_left_overs(final)
    aside = _name_beside(final)
    try:
        yield aside
        os.replace(aside, final)
    finally:
        aside.unlink(missing_ok=True)


def _name_beside(final: Path) -> Path:
    return final.with_name(f".{final.name}.{secrets.token_hex(4)}.tmp")


_LEFT_OVER = r"\.{}\.(?:[0-9a-f]{{8}}|[a-z0-9_]{{8}})\.tmp"  # the second: what older versions wrote


def remove_left_overs(final: Path, pattern: str | None = None) -> None:
    """Deletes what writers of `final` that were killed have left beside it.

    Only names of the lab's own pattern, and only what nobody has written to for LEFT_SECONDS:
    another process may be at work. pattern: a regular expression for the names instead.
    """
    names = re.compile(pattern or _LEFT_OVER.format(re.escape(final.name)), re.ASCII)
    try:
        found = [entry for entry in os.scandir(final.parent) if names.fullmatch(entry.name)]
    except OSError:
        return
    for entry in found:
        path = Path(entry.path)
        if time.time() - _last_written(path) < LEFT_SECONDS:
            continue
        if entry.is_dir(follow_symlinks=False):
            remove_tree(path)
        else:
            with suppress(OSError):
                path.unlink()


def _last_written(path: Path) -> float:
    """Seconds since 1970 of the newest change in a file or a folder; now, if it vanished."""
    newest = 0.0
    try:
        newest = path.lstat().st_mtime
        for folder, folders, files in os.walk(path):
            for name in (*folders, *files):
                newest = max(newest, os.lstat(os.path.join(folder, name)).st_mtime)
    except OSError:
        return time.time()
    return newest


def check_vacant(path: Path) -> None:
    """Raises StateError unless `path` is free or an empty folder."""
    if path.is_dir() and not any(path.iterdir()):
        return
    if path.exists() or path.is_symlink():
        what = "is not empty" if path.is_dir() else "already exists"
        raise StateError(f"{path} {what}: give a new or empty folder.")


def file_lock(path: Path) -> BaseFileLock:
    """A lock, not yet taken, that the system frees with the process, however it ends. Another one
    of the same path is kept out, in another thread of this process as well."""
    from filelock import FileLock

    # The file stays, as runs of other versions have it: who deletes it frees two holders.
    return FileLock(path, thread_local=False, preserve_lock_file=True)


@contextmanager
def locked_file(path: Path) -> Iterator[None]:
    """One thread of one process at a time is in this block; the others wait."""
    with file_lock(path):
        yield
