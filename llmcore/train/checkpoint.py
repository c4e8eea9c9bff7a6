"""Saving and loading of a training state: safetensors and JSON only, aside, then renamed."""

import os
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from llmcore.errors import DamagedError
from llmcore.files import write_json_atomic
from llmcore.nn.lora import stored_weights
from llmcore.nn.weights import load_tensors, save_tensors
from llmcore.train.checkpoint_index import (
    OPTIMIZER,
    STATE,
    WEIGHTS,
    Checkpoint,
    directory_for,
)


def save_checkpoint(
    root: Path,
    step: int,
    model: nn.Module,
    optimizer: torch.optim.Optimizer | None,
    state: dict[str, Any],
) -> Path:
    """Writes `root/step_XXXXXXXX`; without an optimizer it is a weights-only snapshot in fp16.

    Of a model with LoRA only what learns is written: its base lies in the run that it came from.

    A kill at any moment leaves either the whole new directory or none: files are written into
    a hidden neighbour that is renamed at the end. An existing directory of the step is replaced.
    """
    final = directory_for(root, step)
    aside = root / f".{final.name}.{os.getpid()}.tmp"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        dtype = "fp16" if optimizer is None else "fp32"
        save_tensors(stored_weights(model), aside / WEIGHTS, dtype)
        if optimizer is not None:
            save_file(_optimizer_tensors(model, optimizer), aside / OPTIMIZER)
        write_json_atomic(aside / STATE, {"v": 1, "step": step, **state})
        if final.exists():
            shutil.rmtree(final)
        os.replace(aside, final)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return final


def restore(
    checkpoint: Checkpoint, model: nn.Module, optimizer: torch.optim.Optimizer | None = None
) -> None:
    """Loads weights and, where an optimizer is given, its moments and step counts.

    Raises DamagedError where a file is unreadable or does not fit the model.
    """
    load_tensors(stored_weights(model), checkpoint.weights)
    if optimizer is None:
        return
    try:
        tensors = load_file(checkpoint.directory / OPTIMIZER)
    except (OSError, SafetensorError) as error:
        raise DamagedError(
            f"The optimizer state of step {checkpoint.step} in {checkpoint.directory} cannot be "
            f"read ({error}); delete that folder to resume from an earlier checkpoint."
        ) from error
    names = _names_by_parameter(model)
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            prefix = names[parameter] + "|"
            entries = {
                key.removeprefix(prefix): value
                for key, value in tensors.items()
                if key.startswith(prefix)
            }
            if entries:
                optimizer.state[parameter] = {
                    key: value if key == "step" else value.to(parameter.device)
                    for key, value in entries.items()
                }


def _names_by_parameter(model: nn.Module) -> dict[nn.Parameter, str]:
    return {parameter: name for name, parameter in model.named_parameters()}


def _optimizer_tensors(
    model: nn.Module, optimizer: torch.optim.Optimizer
) -> dict[str, torch.Tensor]:
    """AdamW's state under `parameter name|exp_avg`, `|exp_avg_sq` and `|step`."""
    names = _names_by_parameter(model)
    return {
        f"{names[parameter]}|{key}": torch.as_tensor(value).detach().cpu().contiguous()
        for parameter, entries in optimizer.state.items()
        for key, value in entries.items()
    }
