"""Small habits of file handling: write aside then rename, append whole lines, hash."""

import hashlib
import json
import math
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from llmcore.errors import DamagedError


def write_text_atomic(path: Path, text: str) -> None:
    """Readers see the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
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
    """A JSON object from a file. Raises DamagedError where it cannot be read as one."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise DamagedError(f"{path} cannot be read as JSON ({error}).") from error
    if not isinstance(value, dict):
        raise DamagedError(f"{path} should hold a JSON object but holds a {type(value).__name__}.")
    return value


def json_line(value: dict[str, Any]) -> str:
    """One line for a .jsonl file; non-finite numbers become null and `"nonfinite": true` is set."""
    clean, replaced = finite_json(value)
    if replaced:
        clean["nonfinite"] = True
    return json.dumps(clean, ensure_ascii=False, allow_nan=False) + "\n"


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
