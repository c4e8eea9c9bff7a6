"""What a model's name means now: one value that knows the exact checkpoint, its shape, its
tokenizer and how to load it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from llmcore.cache import SizedCache
from llmcore.config import SCHEMA_KEY, ModelConfig
from llmcore.convert import locate
from llmcore.convert.locate import Foreign, ForeignModel
from llmcore.errors import LabError, NotFoundError
from llmcore.files import read_json
from llmcore.models.listing import MODEL_KINDS, list_models
from llmcore.models.loading import Loaded, read_checkpoint, read_foreign
from llmcore.runs.reference import name_of, split_reference, with_checkpoint
from llmcore.runs.run import TOKENIZER, Run
from llmcore.runs.store import RunStore, open_run
from llmcore.tokenizers import BUILTIN_TOKENIZERS, Tokenizer, builtin_tokenizer
from llmcore.tokenizers.store import find_saved
from llmcore.train.checkpoint_index import Checkpoint

CACHE_BYTES = 1 << 30
_cache: SizedCache[Loaded] = SizedCache(CACHE_BYTES)


def clear_cache() -> None:
    """Forgets all loaded models (for tests, and after deleting runs)."""
    _cache.clear()


@dataclass(frozen=True)
class Reference(ABC):
    """A model that exists on this machine. It means the same weights until it is resolved again,
    also when the best checkpoint of its run has moved on."""

    ref: str  # as it was written

    @property
    @abstractmethod
    def key(self) -> str:
        """Names the exact weights, for caches: changes when their files do."""

    @property
    @abstractmethod
    def config(self) -> ModelConfig:
        """The model's shape, without loading it."""

    @property
    @abstractmethod
    def pinned(self) -> str:
        """A reference to these weights that holds when the best of the run moves on, or when the
        working folder is another."""

    @property
    def run(self) -> Run | None:
        """None of a model in Hugging Face's format."""
        return None

    @property
    def step(self) -> int:
        """The step of the checkpoint; 0 of a model in Hugging Face's format."""
        return 0

    @abstractmethod
    def tokenizer(self) -> Tokenizer:
        """The model's own. Raises LabError if it cannot be read."""

    @abstractmethod
    def read(self) -> Loaded:
        """The model from disk, kept nowhere: a walk through all snapshots of a run would push out
        the models that pages use. Raises as `load` does."""

    def load(self) -> Loaded:
        """The model, from the process-wide cache if it was loaded before.

        Raises NotFoundError, LabError or DamagedError with one sentence; nothing is downloaded.
        """
        loaded = _cache.get(self.key)
        if loaded is None:
            loaded = self.read()
            n_bytes = sum(
                parameter.numel() * parameter.element_size()
                for parameter in loaded.model.parameters()
            )
            _cache.put(self.key, loaded, n_bytes)
        return loaded


@dataclass(frozen=True)
class CheckpointReference(Reference):
    """A checkpoint of a run."""

    _run: Run
    checkpoint: Checkpoint

    @cached_property
    def key(self) -> str:
        stat = self.checkpoint.weights.stat()
        place = with_checkpoint(self._run.directory, self.step)
        return f"{place}:{stat.st_mtime_ns}:{stat.st_size}"

    @property
    def run(self) -> Run:
        return self._run

    @property
    def step(self) -> int:
        return self.checkpoint.step

    @property
    def config(self) -> ModelConfig:
        return self._run.config.model

    @property
    def pinned(self) -> str:
        ours = self._run.directory.parent == RunStore().root or self._run.is_example
        return with_checkpoint(self._run.id if ours else self._run.directory, self.step)

    def tokenizer(self) -> Tokenizer:
        return Tokenizer.load(self._run.directory / TOKENIZER)

    def read(self) -> Loaded:
        return read_checkpoint(self.ref, self.key, self._run, self.checkpoint, load_parent)


@dataclass(frozen=True)
class ForeignReference(Reference):
    """A model of another tool: in Hugging Face's format, or a GGUF file."""

    foreign: Foreign

    @cached_property
    def key(self) -> str:
        return self.foreign.key

    @property
    def config(self) -> ModelConfig:
        return self.foreign.config

    @property
    def pinned(self) -> str:
        if not isinstance(self.foreign, ForeignModel):
            return str(self.foreign.path)
        is_path = Path(self.ref).expanduser().is_dir()
        return str(self.foreign.directory) if is_path else self.foreign.ref

    def tokenizer(self) -> Tokenizer:
        from llmcore.convert.foreign import read_foreign_tokenizer

        return read_foreign_tokenizer(self.foreign)[0]

    def read(self) -> Loaded:
        return read_foreign(self.foreign)


def resolve(ref: str) -> Reference:
    """The model that a reference means now. Raises LabError if there is none."""
    name, which = split_reference(ref)
    if not name:
        raise LabError("No model was named: choose one, for example starter.")
    foreign = _foreign(ref)
    if foreign is not None:
        return foreign
    run = _run_named(name)
    if run.info().kind not in MODEL_KINDS and run.info().kind != "?":
        raise LabError(
            f"Run {run.id} is a {run.info().kind} run, which keeps no model: choose another."
        )
    return CheckpointReference(ref, run, run.checkpoint(which or "best"))


def snapshot(run: Run, checkpoint: Checkpoint) -> CheckpointReference:
    """The reference of a checkpoint that is at hand."""
    return CheckpointReference(with_checkpoint(run.id, checkpoint.step), run, checkpoint)


def _foreign(ref: str) -> ForeignReference | None:
    """A model of another tool: a directory, a GGUF file, or a name in the hub's cache; runs come
    first."""
    try:
        RunStore().open(name_of(ref))
    except NotFoundError:
        found = locate.find(ref)
        return None if found is None else ForeignReference(ref, found)
    return None


def _run_named(name: str) -> Run:
    try:
        return open_run(name)
    except NotFoundError:
        if Path(name).expanduser().is_dir():
            raise LabError(
                f"{name} holds no model: name the directory of a run or of a model in "
                f"Hugging Face's format."
            ) from None
        if locate.is_hub_name(name):
            raise NotFoundError(
                f"The model {name} is not on this machine: fetch it with "
                f"`python -m llmcore import-model {name}`, or choose another."
            ) from None
        known = ", ".join(entry.ref for entry in list_models()[:3]) or "none yet"
        raise NotFoundError(
            f"There is no model {name!r}: choose one that exists (such as {known})."
        ) from None


def load(ref: str | Reference) -> Loaded:
    """The model of a reference, as `Reference.load` gives it."""
    return (resolve(ref) if isinstance(ref, str) else ref).load()


def checkpoint_key(ref: str) -> str:
    """Names the exact checkpoint; changes when the best of a live run moves."""
    return resolve(ref).key


def model_config(ref: str) -> ModelConfig:
    """The shape of a model, without loading it."""
    return resolve(ref).config


def tokenizer_for(ref: str) -> Tokenizer:
    """A tokenizer by built-in name, by model reference, by a directory that holds one, or by the
    name of one that was trained on its own."""
    directory = Path(ref).expanduser()
    if ref not in BUILTIN_TOKENIZERS and (foreign := _foreign(ref)) is not None:
        return foreign.tokenizer()
    if (directory / "tokenizer.json").is_file() or directory.suffix == ".json":
        return tokenizer_in(directory)
    try:
        return Tokenizer.load(open_run(name_of(ref)).directory / TOKENIZER)
    except NotFoundError:
        pass
    try:
        return find_saved(ref).load()
    except NotFoundError:
        return builtin_tokenizer(ref)


def tokenizer_in(path: Path) -> Tokenizer:
    """The tokenizer in a folder, or a tokenizer.json, of the lab's or of Hugging Face's format."""
    from llmcore.convert.read_tokenizer import open_tokenizer

    folder = path if path.is_dir() else path.parent
    file = folder / "tokenizer.json"
    if path in (folder, file) and file.is_file() and SCHEMA_KEY in read_json(file):
        return Tokenizer.load(folder)
    return open_tokenizer(path)


def load_parent(run: Run, adapter: dict[str, Any]) -> Loaded:
    """The model that a LoRA run was trained beside. Raises NotFoundError if it is gone."""
    parent = str(adapter.get("parent"))
    try:
        return load(parent)
    except LostParentError as error:
        raise LostParentError(run.id, error.lost, error.reason) from error
    except LabError as error:
        gone = isinstance(error, NotFoundError)
        reason = "it is not here any more" if gone else str(error).rstrip(".")
        raise LostParentError(run.id, parent, reason) from error


class LostParentError(NotFoundError):
    """A run keeps a LoRA adapter only, and a model that it is based on cannot be loaded."""

    def __init__(self, run_id: str, lost: str, reason: str) -> None:
        super().__init__(
            f"Run {run_id} keeps a LoRA adapter only, and {lost}, which it stands on, cannot be "
            f"loaded ({reason}): put that model back, or train again."
        )
        self.lost, self.reason = lost, reason
