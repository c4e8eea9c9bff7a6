"""Weights on disk: safetensors only, tied aliases dropped on save and tied again on load."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from llmcore.errors import DamagedError

DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


def named_weights(module: nn.Module) -> dict[str, Tensor]:
    """Each distinct parameter once, under its first name (`named_parameters` drops aliases)."""
    return dict(module.named_parameters())


def save_weights(module: nn.Module, path: Path, dtype: str = "fp32") -> None:
    """Writes `path` aside, then renames, so that readers never see a part."""
    save_tensors(named_weights(module), path, dtype)


def save_tensors(weights: Mapping[str, Tensor], path: Path, dtype: str = "fp32") -> None:
    """`save_weights` for any tensors by name; no two may share their memory. One that is too
    large for `dtype` keeps its own."""
    tensors = {
        name: _narrowed(value.detach().cpu(), DTYPES[dtype]).contiguous()
        for name, value in weights.items()
    }
    aside = path.with_name(f".{path.name}.tmp")
    save_file(tensors, aside)
    os.replace(aside, path)


def _narrowed(value: Tensor, dtype: torch.dtype) -> Tensor:
    narrow = value.to(dtype)
    return narrow if torch.isfinite(narrow).all() else value


class TensorFiles:
    """The tensors of one or several safetensors files: all shapes at once, numbers one by one."""

    def __init__(self, *files: Path) -> None:
        """Raises DamagedError if a file cannot be read, or two files hold the same name."""
        self.shapes: dict[str, tuple[int, ...]] = {}
        self._types: Counter[str] = Counter()  # safetensors' name of a type -> numbers of it
        self._file_of: dict[str, Path] = {}
        for path in files:
            with _opened(path) as file:
                for name in list(file.keys()):
                    if name in self.shapes:
                        raise DamagedError(f"{path} holds {name!r}, as does another file.")
                    one = file.get_slice(name)
                    self.shapes[name] = tuple(one.get_shape())
                    self._types[str(one.get_dtype())] += prod(self.shapes[name])
                    self._file_of[name] = path

    @property
    def main_type(self) -> str:
        """The type of most numbers, as safetensors calls it: F32, F16, BF16, …"""
        return self._types.most_common(1)[0][0] if self._types else "F32"

    def read(self, name: str) -> Tensor:
        """One tensor, read into its own memory: copy it and let it go, and a model is never
        held twice. (A mapped file would keep every page that was read in memory.)

        Raises DamagedError if it holds a number that is not finite: no answer of such a model
        means anything."""
        path = self._file_of[name]
        with _opened(path) as file:
            value: Tensor = file.get_tensor(name)
        # The sum is fast, and tells of all that is finite but for the rarest.
        if not torch.isfinite(value.sum()) and not torch.isfinite(value).all():
            raise DamagedError(
                f"{name!r} in {path} holds numbers that are not finite: take an earlier "
                f"checkpoint, or train again with a lower learning rate."
            )
        return value


def check_count(path: Path, expected: int) -> None:
    """Raises DamagedError if a file holds fewer numbers than a model of `expected` ones needs,
    before the model is built: a damaged shape must not ask for memory that nothing fills."""
    found = sum(prod(shape) for shape in TensorFiles(path).shapes.values())
    if found < expected:
        raise DamagedError(
            f"The weights in {path} are {found:,} numbers, but the configuration beside them "
            f"describes a model of {expected:,}."
        )


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="pt", backend="pread") as file:
            yield file
    except (OSError, SafetensorError) as error:
        raise DamagedError(f"The weights in {path} cannot be read: {error}") from error


def load_weights(module: nn.Module, path: Path) -> None:
    """Fills `module` from `path`, in the module's own precision.

    Raises DamagedError if the file cannot be read, a name is missing or too many, or a shape
    differs; the module is untouched then.
    """
    load_tensors(named_weights(module), path)


def load_tensors(
    expected: Mapping[str, Tensor],
    path: Path,
    placed: Callable[[Tensor, Tensor], Tensor] = lambda value, parameter: value,
) -> None:
    """`load_weights` into tensors by name.

    placed(value, parameter): what of a whole tensor goes into a parameter that holds a part."""
    files = TensorFiles(path)
    check_fit({name: tuple(weight.shape) for name, weight in expected.items()}, files.shapes, path)
    with torch.no_grad():
        for name, parameter in expected.items():
            parameter.copy_(placed(files.read(name), parameter))


def check_fit(
    expected: Mapping[str, tuple[int, ...]], found: Mapping[str, tuple[int, ...]], where: Path
) -> None:
    """Raises DamagedError that names the first tensor that is missing, unknown or misshapen."""
    if missing := sorted(set(expected) - set(found)):
        raise DamagedError(f"The weights in {where} lack {missing[0]!r}: they fit another model.")
    if surplus := sorted(set(found) - set(expected)):
        raise DamagedError(
            f"The weights in {where} hold {surplus[0]!r}, which this model does not have."
        )
    for name, shape in expected.items():
        if found[name] != shape:
            raise DamagedError(
                f"{name!r} in {where} has shape {found[name]} but the model needs {shape}."
            )
