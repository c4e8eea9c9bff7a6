"""GGUF, llama.cpp's one-file format: what a file says of itself, and its tensors one by one.

The header is read here and not by the `gguf` package, whose reader makes an array of every string
and needs seconds for a vocabulary. All counts and lengths are checked against the file's size
before anything is read. Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from llmcore.errors import DamagedError, LabError, NotFoundError, cause

if TYPE_CHECKING:
    from torch import Tensor

MAGIC, VERSIONS = b"GGUF", (2, 3)
MAX_KEYS, MAX_TENSORS, MAX_DIMENSIONS = 10_000, 100_000, 4
MAX_STRING = 1 << 24  # bytes; a chat template has some thousands
MAX_LIST = 1 << 23  # a vocabulary of 250,000 tokens has about as many merges
ALIGNMENT = 32
_ALIGNMENT, _SPLIT = "general.alignment", "split.count"

# GGUF's number of a value's type -> struct's letter.
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q",
            12: "d"}  # fmt: skip
_STRING, _ARRAY = 8, 9

# What the gguf package turns back into numbers and the lab has tried.
TYPES = frozenset({
    "F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K",
    "Q6_K",
})  # fmt: skip


@dataclass(slots=True, frozen=True)
class TensorInfo:
    """shape: rows first, as in torch. type: ggml's name, such as Q8_0. start: in the file."""

    shape: tuple[int, ...]
    type: str
    start: int
    n_bytes: int


class GgufFile:
    """A GGUF file: `metadata` by key, `tensors` by name, numbers by `read`."""

    def __init__(self, path: Path) -> None:
        """Raises NotFoundError, DamagedError if the header is none or does not fit the file,
        LabError for what GGUF may hold and the lab does not read."""
        self.path = path
        try:
            self.n_bytes = path.stat().st_size
            with path.open("rb") as file, _mapped(file) as data:
                self._header = _Header(data, path)
        except FileNotFoundError as error:
            raise NotFoundError(f"There is no file {path}.") from error
        except OSError as error:
            raise DamagedError(f"{path} cannot be read ({cause(error)}).") from error
        self.metadata: Mapping[str, Any] = self._header.metadata
        self._check_whole()

    def _check_whole(self) -> None:
        parts = self.metadata.get(_SPLIT, 1)
        if parts not in (0, 1):
            raise LabError(
                f"{self.path.name} is one of {parts} parts of a model: join them with llama.cpp's "
                f"llama-gguf-split --merge first."
            )

    @cached_property
    def tensors(self) -> dict[str, TensorInfo]:
        """By name. Raises LabError for a type that the lab does not read, DamagedError if a
        tensor is outside of the file."""
        header = self._header
        begin = -(-header.end // header.alignment) * header.alignment
        found = {}
        for name, shape, number, offset in header.tensors:
            kind, n_bytes = _type_and_bytes(name, shape, number, self.path)
            one = TensorInfo(shape, kind, begin + offset, n_bytes)
            if one.start + n_bytes > self.n_bytes:
                raise DamagedError(
                    f"{self.path} ends before its tensor {name!r:.80}: it was not copied or "
                    f"downloaded completely."
                )
            found[name] = one
        return found

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {name: tensor.shape for name, tensor in self.tensors.items()}

    @cached_property
    def types(self) -> list[str]:
        """The types of its tensors, that of most weights first."""
        weights: dict[str, int] = {}
        for tensor in self.tensors.values():
            weights[tensor.type] = weights.get(tensor.type, 0) + prod(tensor.shape)
        return sorted(weights, key=lambda kind: -weights[kind])

    def read(self, name: str) -> "Tensor":
        """One tensor in fp32, in its own memory. Raises DamagedError if it holds a number
        that is not finite."""
        import torch
        from gguf import GGMLQuantizationType
        from gguf.quants import dequantize

        one = self.tensors[name]
        kind = GGMLQuantizationType[one.type]
        raw = np.fromfile(self.path, dtype=np.uint8, count=one.n_bytes, offset=one.start)
        if one.type in ("F32", "F16"):
            values = raw.view(np.float32 if one.type == "F32" else np.float16)
            values = values.astype(np.float32, copy=False).reshape(one.shape)
        else:
            rows = raw.reshape(*one.shape[:-1], one.n_bytes // prod(one.shape[:-1]))
            values = dequantize(rows, kind)
        if not np.isfinite(values.sum(dtype=np.float64)):
            raise DamagedError(f"{name!r} in {self.path} holds numbers that are not finite.")
        return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))


def _mapped(file: BinaryIO) -> mmap.mmap:
    """The file as bytes that are read when they are looked at. Raises OSError for an empty one."""
    try:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except ValueError as error:
        raise OSError("it is empty") from error


class _Header:
    """The beginning of a file, read from front to back."""

    def __init__(self, data: mmap.mmap, path: Path) -> None:
        self._data, self._at, self._path = data, 0, path
        if self._take(4) != MAGIC:
            raise DamagedError(f"{path} is no GGUF file.")
        version = self._number("I")
        if version not in VERSIONS:
            raise LabError(
                f"{path} is a GGUF file of version {version:,}, of which the lab reads 2 and 3 "
                f"(with the lowest byte first): convert the model again with a newer llama.cpp."
            )
        n_tensors, n_keys = self._number("Q"), self._number("Q")
        if n_tensors > MAX_TENSORS or n_keys > MAX_KEYS:
            raise DamagedError(f"{path} claims {n_tensors:,} tensors and {n_keys:,} keys.")
        self.metadata: dict[str, Any] = {}
        for _ in range(n_keys):
            key = self._string()
            self.metadata[key] = self._value(self._number("I"))
        self.tensors = [self._tensor() for _ in range(n_tensors)]
        if len({name for name, *_ in self.tensors}) < n_tensors:
            raise DamagedError(f"{path} names a tensor twice.")
        self.end = self._at

    @property
    def alignment(self) -> int:
        value = self.metadata.get(_ALIGNMENT, ALIGNMENT)
        if type(value) is not int or not 0 < value <= 1 << 20:
            raise DamagedError(f"{self._path} has an alignment of {value!r:.40}.")
        return value

    def _take(self, n: int) -> bytes:
        if n > len(self._data) - self._at:
            raise DamagedError(
                f"{self._path} ends inside its header: it was not copied or downloaded completely."
            )
        self._at += n
        return self._data[self._at - n : self._at]

    def _number(self, letter: str) -> Any:
        form = struct.Struct(f"<{letter}")
        return form.unpack(self._take(form.size))[0]

    def _string(self) -> str:
        length = self._number("Q")
        if length > MAX_STRING:
            raise DamagedError(f"{self._path} holds a text of {length:,} bytes in its header.")
        return self._take(length).decode("utf-8", "replace")

    def _value(self, kind: int) -> Any:
        if kind == _STRING:
            return self._string()
        if kind in _NUMBERS:
            return self._number(_NUMBERS[kind])
        if kind != _ARRAY:
            raise DamagedError(f"{self._path} holds a value of the unknown type {kind}.")
        inner, length = self._number("I"), self._number("Q")
        if length > MAX_LIST:
            raise DamagedError(f"{self._path} holds a list of {length:,} values in its header.")
        if inner in _NUMBERS:
            form = struct.Struct(f"<{_NUMBERS[inner]}")
            return np.frombuffer(self._take(length * form.size), f"<{form.format[1:]}").tolist()
        if inner != _STRING:
            raise DamagedError(f"{self._path} holds a list of the type {inner}, {length:,} long.")
        return [self._string() for _ in range(length)]

    def _tensor(self) -> tuple[str, tuple[int, ...], int, int]:
        name, n_dimensions = self._string(), self._number("I")
        if not 0 < n_dimensions <= MAX_DIMENSIONS:
            raise DamagedError(f"{self._path}: {name!r:.80} has {n_dimensions} dimensions.")
        shape = tuple(self._number("Q") for _ in range(n_dimensions))[::-1]  # fastest one first
        if not 0 < prod(shape) < 1 << 40:
            raise DamagedError(f"{self._path}: {name!r:.80} has the shape {shape}.")
        return name, shape, self._number("I"), self._number("Q")


def _type_and_bytes(name: str, shape: tuple[int, ...], number: int, path: Path) -> tuple[str, int]:
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    known = {kind.value: kind for kind in GGMLQuantizationType}
    kind = known[number].name if number in known else f"number {number}"
    if kind not in TYPES:
        raise LabError(
            f"{path.name} stores {name!r:.80} as {kind}, which the lab does not read: choose a "
            f"file of the type {', '.join(sorted(TYPES))}."
        )
    block, size = GGML_QUANT_SIZES[known[number]]
    if shape[-1] % block:
        raise DamagedError(
            f"{path}: {name!r:.80} has rows of {shape[-1]}, not whole {kind} blocks."
        )
    return kind, prod(shape) // block * size
