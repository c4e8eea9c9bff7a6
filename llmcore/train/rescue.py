"""What can go wrong inside a step, by cause: memory runs out, or numbers are not finite."""

import gc
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from llmcore.errors import LabError
from llmcore.train.memory import return_freed_memory
from llmcore.train.sharding import part

_ALLOCATOR_WORDS = ("out of memory", "not enough memory", "can't allocate memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocator refused, on the CPU (a plain RuntimeError there) or on a GPU."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return any(word in str(error).lower() for word in _ALLOCATOR_WORDS)


def free_memory(device: str) -> None:
    """Gives back what is no longer used, so that the next try finds it."""
    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()
    elif device == "cpu":
        return_freed_memory()


def first_nonfinite(model: nn.Module, again: Callable[[], object]) -> str:
    """Where numbers stopped being finite, after a backward pass, in words.

    again: computes the loss once more. A forward pass that breaks is named by the first module
    whose output is not finite. Otherwise the gradient broke: it flows from the output to the
    input, so of the parameters whose gradient is not finite the one nearest to the output was
    the first.
    """
    named = list(model.named_parameters())
    if (broken := nonfinite_weight(model)) is not None:
        return f"the weights of {broken} are no numbers any more"
    if (module := _first_bad_output(model, again)) is not None:
        return f"the first output that was none is that of {module}"
    bad = [
        name
        for name, parameter in named
        if parameter.grad is not None and not is_finite(parameter.grad)
    ]
    return f"the first gradient that was none is that of {bad[-1]}" if bad else "the loss itself"


def nonfinite_weight(model: nn.Module) -> str | None:
    """The first parameter that is not finite; of a sharded model, in this process's slices."""
    named = model.named_parameters()
    return next(
        (name for name, parameter in named if not is_finite(part(parameter.detach()))), None
    )


def _first_bad_output(model: nn.Module, again: Callable[[], object]) -> str | None:
    found: list[str] = []

    def watch(name: str) -> Callable[..., None]:
        def look(module: nn.Module, inputs: object, output: object) -> None:
            if not found and isinstance(output, torch.Tensor) and not is_finite(output):
                found.append(name)

        return look

    hooks = [
        module.register_forward_hook(watch(name))
        for name, module in model.named_modules()
        if not any(True for _ in module.children())
    ]
    try:
        with torch.no_grad():
            again()
    finally:
        for hook in hooks:
            hook.remove()
    return found[0] if found else None


def nonfinite_name(values: Any, name: str = "") -> str | None:
    """The first number in nested dictionaries and lists that is NaN or infinite, by its keys."""
    if isinstance(values, dict):
        inner = ((f"{name} {key}".strip(), value) for key, value in values.items())
    elif isinstance(values, (list, tuple)):
        inner = ((name, value) for value in values)
    else:
        broken = isinstance(values, (float, np.floating)) and not math.isfinite(values)
        return (name or "number") if broken else None
    return next((found for key, item in inner if (found := nonfinite_name(item, key))), None)


def check_finite(values: dict[str, Any], step: int, remedy: str) -> None:
    """Raises LabError that names the step and the first of the measured numbers that is NaN or
    infinite; null, which means not measured, is fine. remedy: what to do."""
    if (name := nonfinite_name(values)) is not None:
        raise LabError(f"The {name.replace('_', ' ')} at step {step} is not finite: {remedy}.")


def is_finite(values: torch.Tensor) -> bool:
    return bool(torch.isfinite(values).all())
