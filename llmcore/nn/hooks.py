"""Named points at which to look inside a model, or to step in (after TransformerLens' hook points).

A HookPoint passes its input through. While a thread watches it, that thread's values are kept;
while a thread changes it, what that thread's function returns goes on instead. Other threads that
use the same shared model at the same time neither see nor pay for it. Inside a block that
`torch.compile` compiled there is nothing to look at: points are left out of what it makes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor, nn

_Tape = dict[str, Tensor]
Change = Callable[[Tensor], Tensor]
# What the current thread watches: from the hook point itself to (its name, where values go).
_watching: ContextVar[dict[nn.Module, tuple[str, _Tape]] | None] = ContextVar(
    "llmlab_watching", default=None
)
# What the present thread changes, and by which function.
_changing: ContextVar[dict[nn.Module, Change] | None] = ContextVar("llmlab_changing", default=None)


class HookPoint(nn.Module):
    """The identity, and a place to look at what passes or to change it."""

    @property
    def is_watched(self) -> bool:
        """Whether the present thread looks at this point or changes it."""
        if torch.compiler.is_compiling():
            return False
        watching, changing = _watching.get(), _changing.get()
        return (watching is not None and self in watching) or (
            changing is not None and self in changing
        )

    def forward(self, value: Tensor) -> Tensor:
        if torch.compiler.is_compiling():
            return value
        watching, changing = _watching.get(), _changing.get()
        if changing is not None and self in changing:
            value = changing[self](value)
        if watching is not None and self in watching:
            name, tape = watching[self]
            tape[name] = value.detach()
        return value


def hook_points(model: nn.Module) -> dict[str, HookPoint]:
    """All points of a model by name, such as `blocks.0.attention.weights`."""
    return {name: module for name, module in model.named_modules() if isinstance(module, HookPoint)}


def any_watched(points: Iterable[HookPoint]) -> bool:
    """Whether the present thread looks at one of these points or changes it."""
    if not _watching.get() and not _changing.get():
        return False
    return any(point.is_watched for point in points)


@contextmanager
def watch(model: nn.Module, names: list[str] | Callable[[str], bool]) -> Iterator[_Tape]:
    """Keeps what passes the named points in forward passes of this thread inside the block.

    >>> from llmcore.config import ModelConfig
    >>> from llmcore.nn.model import GPT
    >>> model = GPT(ModelConfig(vocab_size=9, context_length=8, n_layers=1, n_heads=2, d_model=8))
    >>> with watch(model, ["blocks.0.attention.weights"]) as seen:
    ...     _ = model(torch.tensor([[1, 2, 3]]))
    >>> seen["blocks.0.attention.weights"].shape                     # (B, H, T, T)
    torch.Size([1, 2, 3, 3])

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


@contextmanager
def change(model: nn.Module, changes: Mapping[str, Change]) -> Iterator[None]:
    """Replaces what passes the named points in forward passes of this thread inside the block.

    >>> from llmcore.config import ModelConfig
    >>> from llmcore.nn.model import GPT
    >>> model = GPT(ModelConfig(vocab_size=9, context_length=8, n_layers=1, n_heads=2, d_model=8))
    >>> def silence(heads):                                           # (B, H, T, D)
    ...     heads = heads.clone()
    ...     heads[:, 1] = 0.0
    ...     return heads
    >>> outputs = "blocks.0.attention.head_outputs"
    >>> with change(model, {outputs: silence}), watch(model, [outputs]) as seen:
    ...     _ = model(torch.tensor([[1, 2, 3]]))                      # without head 1 of block 0
    >>> seen[outputs].abs().sum(dim=(0, 2, 3)) > 0                    # (H,)
    tensor([ True, False])

    A function gets the point's value and returns one of the same shape; it must not write into
    what it gets. If blocks nest, the outer function comes first. What is watched is the value
    that goes on. Raises KeyError for a name that does not exist.
    """
    points = hook_points(model)
    outer = _changing.get() or {}
    inner: dict[nn.Module, Change] = {points[name]: function for name, function in changes.items()}
    both = {point: _then(outer[point], inner[point]) for point in outer.keys() & inner.keys()}
    token = _changing.set({**outer, **inner, **both})
    try:
        yield
    finally:
        _changing.reset(token)


def _then(first: Change, second: Change) -> Change:
    return lambda value: second(first(value))
