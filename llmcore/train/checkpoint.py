"""Saving and loading of a training state: safetensors and JSON only, aside, then renamed."""

import os
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from llmcore.errors import DamagedError
from llmcore.files import write_json_atomic
from llmcore.nn.lora import stored_weights
from llmcore.nn.weights import load_tensors, save_tensors
from llmcore.train.checkpoint_index import (
    OPTIMIZER,
    STATE,
    WEIGHTS,
    Checkpoint,
    aside_name,
    directory_for,
    retired_name,
)
from llmcore.train.sharding import like, whole


def save_checkpoint(
    root: Path,
    step: int,
    model: nn.Module,
    optimizer: torch.optim.Optimizer | None,
    state: dict[str, Any],
    writes: bool = True,
) -> None:
    """Writes `root/step_XXXXXXXX`; without an optimizer it is a weights-only snapshot in fp16.

    Of a model with LoRA only what learns is written: its base is in the run that it came from.

    A kill at any moment leaves either the whole new directory or none: files are written into
    a hidden neighbour that is renamed at the end. An existing directory of the step is replaced;
    a kill between its two renames is repaired by `checkpoint_index.recover`.

    Of a model that is sharded every process must call this; the one that `writes` does so.
    """
    weights = _gathered(stored_weights(model), writes)
    moments = _gathered(_optimizer_tensors(model, optimizer), writes) if optimizer else None
    if writes:
        _write(root, step, weights, moments, state)


def _gathered(tensors: dict[str, Tensor], keep: bool) -> dict[str, Tensor]:
    """Whole tensors in the CPU's memory, one after the other; none if they are not kept."""
    kept = {}
    for name, value in tensors.items():
        one = whole(value.detach())
        if keep:
            kept[name] = one.cpu().contiguous()
    return kept


def _write(
    root: Path,
    step: int,
    weights: dict[str, Tensor],
    moments: dict[str, Tensor] | None,
    state: dict[str, Any],
) -> None:
    final = directory_for(root, step)
    aside = aside_name(final)
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        save_tensors(weights, aside / WEIGHTS, "fp16" if moments is None else "fp32")
        if moments is not None:
            save_file(moments, aside / OPTIMIZER)
        write_json_atomic(aside / STATE, {"v": 1, "step": step, **state})
        if final.exists():  # a resumed run comes by the same step again
            os.replace(final, retired_name(final))
        os.replace(aside, final)
        shutil.rmtree(retired_name(final), ignore_errors=True)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def restore(
    checkpoint: Checkpoint, model: nn.Module, optimizer: torch.optim.Optimizer | None = None
) -> None:
    """Loads weights and, if an optimizer is given, its moments and step counts.

    Raises DamagedError if a file is unreadable or does not fit the model.
    """
    load_tensors(stored_weights(model), checkpoint.weights, like)
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
                    key: value if key == "step" else like(value, parameter)
                    for key, value in entries.items()
                }


def _names_by_parameter(model: nn.Module) -> dict[Tensor, str]:
    return {parameter: name for name, parameter in model.named_parameters()}


def _optimizer_tensors(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """AdamW's state under `parameter name|exp_avg`, `|exp_avg_sq` and `|step`."""
    names = _names_by_parameter(model)
    return {
        f"{names[parameter]}|{key}": torch.as_tensor(value)
        for parameter, entries in optimizer.state.items()
        for key, value in entries.items()
    }
