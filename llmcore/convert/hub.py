"""Download a GPT-2-shaped model from the Hugging Face hub: plain HTTPS, safetensors only."""

import http.client
import logging
import os
import re
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from llmcore.convert.gpt2_config import read_config
from llmcore.convert.hf_tokenizer import ADDED, MERGES, SETTINGS, TOKENIZER, VOCABULARY
from llmcore.convert.locate import CONFIG, INDEX, WEIGHTS, shard_names, snapshot_directory
from llmcore.data.download import reason_of
from llmcore.errors import DamagedError, LabError, NotFoundError, OfflineError, cause
from llmcore.files import read_json, whole_file, write_text_atomic

log = logging.getLogger(__name__)

HUB = "https://huggingface.co"
TIMEOUT_SECONDS = 20.0
_BLOCK = 1 << 20
_REVISION = re.compile(r"[0-9a-f]{40}")

# The file's name, bytes so far, bytes in all where the server says it.
FileProgress = Callable[[str, int, int | None], None]


def download(repository: str, progress: FileProgress | None = None) -> Path:
    """Fetches `org/name` into the lab's cache and returns its directory.

    config.json is written last, so that a model is there whole or not at all; the revision is
    the one that it came from. `HF_ENDPOINT` names another hub. Raises NotFoundError for a name
    that the hub does not give, OfflineError where nothing answers or the answer is cut short,
    LabError for a model that is not GPT-2-shaped or has pickled weights only.
    """
    base = f"{os.environ.get('HF_ENDPOINT') or HUB}/{repository}/resolve"
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / CONFIG
        revision = _fetch(f"{base}/main/{CONFIG}", config, repository, progress)
        if revision is None:
            raise NotFoundError(f"The hub has no public model {repository}: check its name.")
        read_config(read_json(config), Path(repository))
        content = config.read_text(encoding="utf-8")
    directory = snapshot_directory(repository, revision)
    directory.mkdir(parents=True, exist_ok=True)
    base = f"{base}/{revision}"
    for name in (TOKENIZER, SETTINGS, VOCABULARY, MERGES, ADDED):
        _fetch(f"{base}/{name}", directory / name, repository, progress)
    _fetch_weights(base, directory, repository, progress)
    write_text_atomic(directory / CONFIG, content)
    write_text_atomic(directory.parent.parent / "refs" / "main", revision)
    return directory


def _fetch_weights(
    base: str, directory: Path, repository: str, progress: FileProgress | None
) -> None:
    """model.safetensors, or the numbered files that its index names."""
    names = [WEIGHTS]
    found = _fetch(f"{base}/{WEIGHTS}", directory / WEIGHTS, repository, progress)
    if not found and _fetch(f"{base}/{INDEX}", directory / INDEX, repository, progress):
        names = shard_names(read_json(directory / INDEX))
        found = all(
            _fetch(f"{base}/{name}", directory / name, repository, progress) for name in names
        )
    if not found:
        raise LabError(
            f"{repository} has no {WEIGHTS} on the hub, perhaps only a pickle, which can run any "
            f"code when it is opened: choose a model with {WEIGHTS}."
        )
    for name in names:
        _check_safetensors(directory / name, repository)


def _check_safetensors(path: Path, repository: str) -> None:
    """Raises DamagedError unless the header parses and the file is as long as it says."""
    try:
        with safe_open(path, framework="np"):
            pass
    except (OSError, SafetensorError) as error:
        path.unlink(missing_ok=True)
        raise DamagedError(
            f"{path.name} of {repository} arrived damaged ({cause(error)}) and was deleted: "
            f"try again."
        ) from error


def _fetch(url: str, target: Path, repository: str, progress: FileProgress | None) -> str | None:
    """Downloads to `target`, aside then renamed. Returns the revision that the hub answered
    from, or None where it has no such file."""
    try:
        with whole_file(target, replaces=True) as aside, aside.open("xb") as file:
            with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:
                _copy(answer, file, target, progress)
                revision = answer.headers.get("X-Repo-Commit") or ""
        return revision if _REVISION.fullmatch(revision) else "main"
    except urllib.error.HTTPError as error:
        if error.code in {401, 403, 404}:  # the hub answers 401 for names that do not exist
            return None
        raise OfflineError(
            f"{url} answered {error.code} {error.reason}: try again later."
        ) from error
    except (OSError, http.client.HTTPException) as error:
        log.info("download of %s failed: %s", url, error)
        raise OfflineError(
            f"{repository} could not be downloaded ({reason_of(error)}): connect to the internet "
            f"and try again, or name the directory of a copy that you have."
        ) from error


def _copy(answer: Any, file: Any, target: Path, progress: FileProgress | None) -> None:
    """The body into the file, with its length checked."""
    length = answer.headers.get("Content-Length")
    total = int(length) if length and length.isdigit() else None
    free = shutil.disk_usage(target.parent).free
    if total is not None and total > free:
        raise LabError(
            f"{target.name} has {total:,} bytes but only {free:,} are free in {target.parent}: "
            f"make room, or set LLMLAB_HOME to a larger disk."
        )
    done = 0
    while block := answer.read(_BLOCK):
        file.write(block)
        done += len(block)
        if progress is not None:
            progress(target.name, done, total)
    if total is not None and done != total:
        raise OfflineError(
            f"{target.name} broke off after {done:,} of {total:,} bytes: nothing was kept; try "
            f"again."
        )
