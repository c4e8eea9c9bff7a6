"""Find a model of another tool on this machine: a directory, a GGUF file, or a name
whose download is in the hub's cache or in the lab's. Reads small files only, no torch."""

import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from llmcore.config import SCHEMA_KEY, ModelConfig
from llmcore.convert.families import read_config
from llmcore.convert.gguf_model import SUFFIX, GgufModel
from llmcore.convert.gpt2_config import is_classifier
from llmcore.errors import DamagedError, LabError
from llmcore.files import read_json
from llmcore.paths import cache_dir
from llmcore.schema import build

log = logging.getLogger(__name__)
CONFIG, WEIGHTS = "config.json", "model.safetensors"
INDEX = f"{WEIGHTS}.index.json"
OPENAI = "openai-community"
OPENAI_NAMES = ("gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl")
_REPOSITORY = re.compile(r"(?:[A-Za-z0-9][\w.-]*/)?[A-Za-z0-9][\w.-]*", re.ASCII)
_SHARD = re.compile(r"[\w-][\w.-]*\.safetensors", re.ASCII)
_CACHED = "models--"


@dataclass(frozen=True)
class ForeignModel:
    """A directory in Hugging Face's format, of a family that the lab computes (`families`)."""

    ref: str
    directory: Path

    @property
    def name(self) -> str:
        """The part after the last slash: `org/model` and `/models/model` are `model`."""
        return Path(self.ref).name or self.ref

    @cached_property
    def raw_config(self) -> dict[str, Any]:
        return read_json(self.directory / CONFIG)

    @cached_property
    def config(self) -> ModelConfig:
        """Raises LabError if the lab's model cannot express it."""
        return read_config(self.raw_config, self.directory)

    @property
    def longest_context(self) -> int:
        """Tokens, as its makers say."""
        return int(self.raw_config.get("max_position_embeddings", self.config.context_length))

    @property
    def is_classifier(self) -> bool:
        return is_classifier(self.raw_config)

    def weight_files(self) -> list[Path]:
        """The safetensors files. Raises LabError if there are none; pickles are not opened."""
        if (self.directory / WEIGHTS).is_file():
            return [self.directory / WEIGHTS]
        if not (self.directory / INDEX).is_file():
            raise LabError(_without_weights(self.directory))
        files = [self.directory / name for name in shard_names(read_json(self.directory / INDEX))]
        if missing := [file.name for file in files if not file.is_file()]:
            raise DamagedError(
                f"{self.directory} lacks {missing[0]}, one of its {len(files)} weight files: "
                f"download the model again."
            )
        return files

    @property
    def key(self) -> str:
        """Names exactly these weights: changes when the files do."""
        stats = [weight_file.stat() for weight_file in self.weight_files()]
        marks = ",".join(f"{file.st_mtime_ns}:{file.st_size}" for file in stats)
        return f"{self.directory.resolve()}@{marks}"


Foreign = ForeignModel | GgufModel


@dataclass(frozen=True)
class _Index:
    weight_map: dict[str, str] | None = None  # tensor -> file


def find(ref: str) -> Foreign | None:
    """The model that a directory, a GGUF file or a name such as `gpt2` or `org/name` means; None
    if there is none here. Raises LabError for what holds a model of another kind."""
    ref = ref.strip()
    directory = Path(ref).expanduser()
    if directory.suffix.lower() == SUFFIX and directory.is_file():
        model = GgufModel(ref, directory)
        model.config  # noqa: B018  refuses what the lab cannot compute
        return model
    if ref and (directory / CONFIG).is_file():
        config = read_json(directory / CONFIG)
        if SCHEMA_KEY in config:
            return None
        read_config(config, directory)
        return ForeignModel(ref, directory)
    for root in cache_roots():
        for repository in repositories(ref):
            if snapshot := _snapshot(root / _folder_of(repository)):
                return ForeignModel(ref, snapshot)
    return None


def cached_models() -> list[ForeignModel]:
    """Every model in the caches that the lab computes, under the shortest name that means it."""
    found: dict[str, ForeignModel] = {}
    for root in cache_roots():
        for folder in sorted(root.glob(f"{_CACHED}*")):
            repository = folder.name.removeprefix(_CACHED).replace("--", "/")
            ref = repository.removeprefix(f"{OPENAI}/")
            ref = ref if ref in OPENAI_NAMES else repository
            snapshot = _snapshot(folder)
            if snapshot is None or ref in found:
                continue
            model = ForeignModel(ref, snapshot)
            try:
                model.config, model.weight_files()  # each refuses what cannot be loaded
            except (LabError, OSError) as error:
                log.info("a model in the cache is left out: %s", error)
                continue
            found[ref] = model
    return list(found.values())


def repositories(name: str) -> list[str]:
    """The hub's repositories that a name may mean: OpenAI's four have a short name."""
    if not _REPOSITORY.fullmatch(name) or ".." in name:
        return []
    return [f"{OPENAI}/{name}", name] if name in OPENAI_NAMES else [name]


def is_hub_name(name: str) -> bool:
    """Whether a name could be on the hub: one of OpenAI's, or `organisation/model`."""
    return bool(repositories(name)) and (name in OPENAI_NAMES or "/" in name)


def lab_cache() -> Path:
    """Where the lab's own downloads are, in the same layout as the hub's cache."""
    return cache_dir() / "hub"


def cache_roots() -> list[Path]:
    """The lab's cache, then Hugging Face's by its own rules (HF_HUB_CACHE, HF_HOME)."""
    set_home = os.environ.get("HF_HOME")
    general = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    home = Path(set_home) if set_home else general / "huggingface"
    theirs = Path(os.environ.get("HF_HUB_CACHE") or home / "hub")
    return [lab_cache(), theirs.expanduser()]


def shard_names(index: dict[str, Any]) -> list[str]:
    """The files that an index names, each once. Raises DamagedError unless they are plain names:
    an index comes from others and must not lead out of its directory."""
    names = sorted(set((build(_Index, index, INDEX).weight_map or {}).values()))
    if not names:
        raise DamagedError(f"The {INDEX} names no weight files: download the model again.")
    for name in names:
        if not _SHARD.fullmatch(name):
            raise DamagedError(f"The {INDEX} names {name!r:.80}, which is no safetensors file.")
    return names


def _folder_of(repository: str) -> str:
    return _CACHED + repository.replace("/", "--")


def _snapshot(folder: Path) -> Path | None:
    """The directory of the revision `main` if the cache says it, else the newest one; of
    those that hold weights, since a cache may have no more of a model than its tokenizer."""
    try:
        revision = (folder / "refs" / "main").read_text(encoding="utf-8").strip()
        candidates = [folder / "snapshots" / revision] if _REPOSITORY.fullmatch(revision) else []
    except (OSError, UnicodeDecodeError):
        candidates = []
    candidates += _newest_first(folder / "snapshots")
    return next((candidate for candidate in candidates if _has_weights(candidate)), None)


def _has_weights(directory: Path) -> bool:
    return (directory / CONFIG).is_file() and any(
        (directory / name).is_file() for name in (WEIGHTS, INDEX)
    )


def _newest_first(folder: Path) -> Iterator[Path]:
    try:
        found = [(path.stat().st_mtime, path) for path in folder.iterdir()]
    except OSError:
        return iter(())
    return (folder for _, folder in sorted(found, reverse=True))


def _without_weights(directory: Path) -> str:
    if list(directory.glob("*.bin")) or list(directory.glob("*.pt")):
        return (
            f"{directory} holds its weights as a pickle only, which can run any code when it is "
            f"opened: choose a version of the model with {WEIGHTS}."
        )
    return f"{directory} holds no {WEIGHTS}: choose a directory with the model's weights."
