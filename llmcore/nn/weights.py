"""Weights on disk: safetensors only, tied aliases dropped on save and tied again on load."""

import os
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from llmcore.errors import DamagedError

DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


def named_weights(module: nn.Module) -> dict[str, Tensor]:
    """Each distinct parameter once, under its first name (`named_parameters` drops aliases)."""
    return dict(module.named_parameters())


def save_weights(module: nn.Module, path: Path, dtype: str = "fp32") -> None:
    """Writes `path` aside, then renames, so that readers never see a part."""
    tensors = {
        name: value.detach().to("cpu", DTYPES[dtype]).contiguous()
        for name, value in named_weights(module).items()
    }
    aside = path.with_name(f".{path.name}.tmp")
    save_file(tensors, aside)
    os.replace(aside, path)


def load_weights(module: nn.Module, path: Path) -> None:
    """Fills `module` from `path`, in the module's own precision.

    Raises DamagedError where the file cannot be read, a name is missing or too many, or a shape
    differs; the module is untouched then.
    """
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise DamagedError(f"The weights in {path} cannot be read: {error}") from error
    expected = named_weights(module)
    if missing := sorted(set(expected) - set(tensors)):
        raise DamagedError(f"The weights in {path} lack {missing[0]!r}: they fit another model.")
    if surplus := sorted(set(tensors) - set(expected)):
        raise DamagedError(
            f"The weights in {path} hold {surplus[0]!r}, which this model does not have."
        )
    for name, parameter in expected.items():
        if parameter.shape != tensors[name].shape:
            raise DamagedError(
                f"{name!r} in {path} has shape {tuple(tensors[name].shape)} but the model needs "
                f"{tuple(parameter.shape)}."
            )
    with torch.no_grad():
        for name, parameter in expected.items():
            parameter.copy_(tensors[name])
