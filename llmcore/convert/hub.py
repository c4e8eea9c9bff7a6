"""Download a model from the Hugging Face hub: its needed files, safetensors only.

huggingface_hub does the transfer (proxies, tokens, Xet, going on after a break) and lays the files
out; it is imported only for a download.
"""

import logging
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from llmcore.convert.families import read_config
from llmcore.convert.hf_tokenizer import ADDED, MERGES, SETTINGS, TOKENIZER, VOCABULARY
from llmcore.convert.locate import CONFIG, INDEX, WEIGHTS, lab_cache, shard_names
from llmcore.errors import DamagedError, LabError, NotFoundError, OfflineError, cause
from llmcore.files import read_json, write_text_atomic

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 20.0

# The file's name, bytes so far, bytes in all if the server says it.
FileProgress = Callable[[str, int, int | None], None]


def download(repository: str, progress: FileProgress | None = None) -> Path:
    """Fetches `org/name` into the lab's cache and returns its directory.

    config.json is written last, so that a model is there whole or not at all; all files are of
    the one revision that `main` means now. `HF_ENDPOINT` names another hub. Raises NotFoundError
    for a name that the hub does not give, OfflineError if nothing answers or the answer is cut
    short, LabError for a model that the lab does not compute or that has pickled weights only.
    """
    with tempfile.TemporaryDirectory() as folder:
        config = _Source(repository, "main", Path(folder), progress).fetch(CONFIG)
        if config is None:
            raise NotFoundError(f"The hub has no public model {repository}: check its name.")
        read_config(read_json(config), Path(repository))
        content, revision = config.read_text(encoding="utf-8"), config.parent.name
    source = _Source(repository, revision, lab_cache(), progress)
    for name in (TOKENIZER, SETTINGS, VOCABULARY, MERGES, ADDED):
        source.fetch(name)
    directory = _fetch_weights(source)
    write_text_atomic(directory / CONFIG, content)
    write_text_atomic(directory.parent.parent / "refs" / "main", revision)
    return directory


def _fetch_weights(source: "_Source") -> Path:
    """model.safetensors, or the numbered files that its index names. Returns their directory."""
    files = [source.fetch(WEIGHTS)]
    if files == [None] and (index := source.fetch(INDEX)) is not None:
        files = [source.fetch(name) for name in shard_names(read_json(index))]
    found = [file for file in files if file is not None]
    if len(found) < len(files):
        raise LabError(
            f"{source.repository} has no {WEIGHTS} on the hub, perhaps only a pickle, which can "
            f"run any code when it is opened: choose a model with {WEIGHTS}."
        )
    for file in found:
        _check_safetensors(file, source.repository)
    return found[0].parent


def _check_safetensors(path: Path, repository: str) -> None:
    """Raises DamagedError unless the header parses and the file is as long as it says."""
    try:
        with safe_open(path, framework="np"):
            pass
    except (OSError, SafetensorError) as error:
        path.resolve().unlink(missing_ok=True)  # a link to it is in the snapshot
        path.unlink(missing_ok=True)
        raise DamagedError(
            f"{path.name} of {repository} arrived damaged ({cause(error)}) and was deleted: "
            f"try again."
        ) from error


@dataclass
class _Source:
    """One revision of a repository, and the cache that its files go to."""

    repository: str
    revision: str
    cache: Path
    progress: FileProgress | None

    def fetch(self, name: str) -> Path | None:
        """Downloads a file unless it is here. Returns its path, or None if the hub has none."""
        import httpx2
        from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url
        from huggingface_hub.errors import HfHubHTTPError

        endpoint = os.environ.get("HF_ENDPOINT")  # the library reads it once, at its import
        url = hf_hub_url(self.repository, name, revision=self.revision, endpoint=endpoint)
        arrived = _Arrived(name, self.progress)
        try:
            # Asked before, since the library would try an absent hub again for half a minute.
            about = get_hf_file_metadata(url, timeout=TIMEOUT_SECONDS, endpoint=endpoint)
            _check_space(name, about.size, self.cache)
            path = hf_hub_download(
                self.repository, name, revision=self.revision, cache_dir=self.cache,
                endpoint=endpoint, etag_timeout=TIMEOUT_SECONDS, tqdm_class=arrived.bar(),
            )  # fmt: skip
        except HfHubHTTPError as error:
            status = error.response.status_code
            if status in {401, 403, 404}:  # the hub answers 401 for names that do not exist
                return None
            reason = error.response.reason_phrase
            raise OfflineError(f"{url} answered {status} {reason}: try again later.") from error
        except (OSError, httpx2.HTTPError) as error:
            log.info("download of %s failed: %s", url, error)
            if arrived.total and arrived.done < arrived.total:
                raise OfflineError(
                    f"{name} broke off after {arrived.done:,} of {arrived.total:,} bytes: nothing "
                    f"was kept; try again."
                ) from error
            raise OfflineError(
                f"{self.repository} could not be downloaded ({cause(error)}): connect to the "
                f"internet and try again, or name the directory of a copy that you have."
            ) from error
        return Path(path)


def _check_space(name: str, total: int | None, cache: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(cache).free
    if total is not None and total > free:
        raise LabError(
            f"{name} has {total:,} bytes but only {free:,} are free in {cache}: make room, or set "
            f"LLMLAB_HOME to a larger disk."
        )


class _Arrived:
    """How much of a file is here, as the library tells its progress bars."""

    def __init__(self, name: str, progress: FileProgress | None) -> None:
        self.name, self.progress = name, progress
        self.done, self.total = 0, 0

    def bar(self) -> Any:
        """A class for the library's `tqdm_class` that shows nothing and reports to here."""
        from huggingface_hub.utils import tqdm

        arrived = self

        class Bar(tqdm):
            def __init__(self, *_: Any, total: int | None = None, initial: int = 0, **__: Any):
                super().__init__(disable=True)
                arrived.total, arrived.done = total or 0, initial

            def update(self, n: float | None = 1) -> None:
                arrived.done += int(n or 0)
                if arrived.progress is not None:
                    arrived.progress(arrived.name, arrived.done, arrived.total or None)

            def update_transfer(self, n: float) -> None:
                """With Xet, what came over the network; `update` counts what is in the file."""

            def set_transfer_postfix_str(self, *_: Any, **__: Any) -> None:
                """With Xet, a speed to show."""

        return Bar
