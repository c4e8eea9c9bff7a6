"""Named points at which to look inside a model (after TransformerLens' hook points).

A HookPoint passes its input through. While a thread watches it, that thread's values are kept;
other threads that use the same shared model at the same time neither see nor pay for it.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor, nn

_Tape = dict[str, Tensor]
# What the present thread watches: from the hook point itself to (its name, where values go).
_watching: ContextVar[dict[nn.Module, tuple[str, _Tape]] | None] = ContextVar(
    "llmlab_watching", default=None
)


class HookPoint(nn.Module):
    """The identity, and a place to look at what passes."""

    @property
    def is_watched(self) -> bool:
        """Whether the present thread looks at this point."""
        watching = _watching.get()
        return watching is not None and self in watching

    def forward(self, value: Tensor) -> Tensor:
        watching = _watching.get()
        if watching is not None and self in watching:
            name, tape = watching[self]
            tape[name] = value.detach()
        return value


def hook_points(model: nn.Module) -> dict[str, HookPoint]:
    """All points of a model by name, such as `blocks.0.attention.weights`."""
    return {name: module for name, module in model.named_modules() if isinstance(module, HookPoint)}


def any_watched(points: Iterable[HookPoint]) -> bool:
    """Whether the present thread looks at one of these points."""
    watching = _watching.get()
    return bool(watching) and any(point in watching for point in points)


@contextmanager
def watch(model: nn.Module, names: list[str] | Callable[[str], bool]) -> Iterator[_Tape]:
    """Keeps what passes the named points in forward passes of this thread inside the block.

    >>> with watch(model, ["blocks.0.attention.weights"]) as seen:   # doctest: +SKIP
    ...     model(ids)
    ... seen["blocks.0.attention.weights"]                           # (B, H, T, T)

    names: exact names or a predicate. Raises KeyError for a name that does not exist.
    """
    points = hook_points(model)
    chosen = [name for name in points if names(name)] if callable(names) else names
    tape: _Tape = {}
    outer = _watching.get() or {}
    token = _watching.set({**outer, **{points[name]: (name, tape) for name in chosen}})
    try:
        with torch.no_grad():
            yield tape
    finally:
        _watching.reset(token)
