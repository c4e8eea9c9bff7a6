"""Unpack a zip from somebody else: only files that a run has, and no more bytes than it holds.

Names are read against a list of those that a run has; sizes are counted while reading, since a
header can say what it likes.
"""

import errno
import io
import re
import zipfile
from pathlib import Path
from typing import IO

from llmcore.errors import LabError
from llmcore.runs.run import (
    CHECKPOINTS,
    CONFIG,
    DATA,
    EVENTS,
    METRICS,
    NAME,
    PREDICTIONS,
    STATUS,
    TOKENIZER,
    VALIDATION_DATA,
    WORDS,
)
from llmcore.train.checkpoint_index import OPTIMIZER, STATE, WEIGHTS
from llmcore.zips import (
    BROKEN,
    entry_problem,
    limited_blocks,
    most_of_entry,
    most_unpacked,
    why_broken,
)

MAX_ENTRIES = 1000
MAX_TEXT_BYTES = 512 << 20  # metrics and data of one run, unpacked
MAX_WEIGHT_BYTES = 32 << 30
DATA_SUFFIXES = (".txt", ".csv", ".tsv", ".json", ".jsonl", ".md")

_STEP = rf"{CHECKPOINTS}/step_[0-9]{{8}}"


def _any_of(*names: str) -> str:
    return "(?:" + "|".join(re.escape(name) for name in names) + ")"


_TEXT = re.compile(
    _any_of(
        CONFIG, STATUS, METRICS, EVENTS, PREDICTIONS, NAME, WORDS, f"{TOKENIZER}/tokenizer.json"
    )
    + rf"|{_STEP}/{re.escape(STATE)}"
    + rf"|{_any_of(DATA, VALIDATION_DATA)}/[a-z0-9-]+{_any_of(*DATA_SUFFIXES)}"
)
_WEIGHTS = re.compile(rf"{_STEP}/{_any_of(WEIGHTS, OPTIMIZER)}")
_FOLDER = re.compile(rf"(?:{TOKENIZER}|{CHECKPOINTS}|{_STEP}|{DATA}|{VALIDATION_DATA})/")


def unpack(source: Path | bytes, target: Path) -> None:
    """Writes the entries of a zip below `target`, all of them allowed and within the limits."""
    if isinstance(source, Path) and not source.is_file():
        raise LabError(f"there is no file {source}.")
    n_packed = len(source) if isinstance(source, bytes) else source.stat().st_size
    opened = io.BytesIO(source) if isinstance(source, bytes) else source
    # The sum counts, since entries may share their packed bytes.
    left = {True: MAX_TEXT_BYTES, False: MAX_WEIGHT_BYTES}
    left_in_all = most_unpacked(n_packed)
    try:
        with zipfile.ZipFile(opened) as archive:
            for entry in _checked_entries(archive):
                is_text = _WEIGHTS.fullmatch(entry.filename) is None
                path = target / entry.filename
                path.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(entry) as packed, path.open("xb") as file:
                    limit = min(left[is_text], left_in_all, most_of_entry(entry))
                    n_bytes = _copy(packed, file, limit, entry.filename)
                left[is_text] -= n_bytes
                left_in_all -= n_bytes
    except LabError:
        raise
    except (*BROKEN, OSError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise
        raise LabError(f"it cannot be read as a zip ({why_broken(error)}).") from error


def _checked_entries(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files of the zip, once none of its entries has a reason against it."""
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise LabError(f"it has {len(entries)} entries, but a run has at most {MAX_ENTRIES}.")
    seen: set[str] = set()
    for entry in entries:
        name = entry.orig_filename
        reason = _reason_against(entry)
        if name.lower() in seen:
            reason = "stands in it twice"
        if reason:
            raise LabError(f"{name[:100]!r} {reason}.")
        seen.add(name.lower())
    if CONFIG not in seen:
        raise LabError(f"it has no {CONFIG}, so it is not a run of this lab.")
    return [entry for entry in entries if not entry.is_dir()]


def _reason_against(entry: zipfile.ZipInfo) -> str | None:
    """Why an entry is refused, or None."""
    name = entry.orig_filename
    if problem := entry_problem(entry):
        return problem
    if entry.is_dir():
        return None if _FOLDER.fullmatch(name) else "is a folder that no run has"
    if not (_TEXT.fullmatch(name) or _WEIGHTS.fullmatch(name)):
        return "is not among the files of a run (JSON, text and safetensors under known names)"
    return None


def _copy(packed: IO[bytes], file: IO[bytes], limit: int, name: str) -> int:
    """Bytes copied. Raises LabError beyond `limit`."""
    return sum(file.write(block) for block in limited_blocks(packed, limit, name))
