"""The processes that train one model together, as `torchrun` starts them; one if there are none.

Data parallelism (Li et al. 2020): every process holds the whole model, computes its share of each
batch, and the gradients are averaged. What a step learns depends on (seed, step, sample) alone, so
any number of processes gives the same losses up to rounding. The first process alone writes,
evaluates and decides; the others follow it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from llmcore.device import torchrun_place
from llmcore.errors import LabError

if TYPE_CHECKING:
    from torch.nn.parallel import DistributedDataParallel


@dataclass(slots=True, frozen=True)
class World:
    """rank: which process this is, of `size`; local_rank: which one on its machine."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    @property
    def is_alone(self) -> bool:
        return self.size == 1

    def device(self, name: str) -> str:
        """This process's own GPU if there are several."""
        return f"cuda:{self.local_rank}" if name == "cuda" and not self.is_alone else name

    def share(self, pieces: list[Any]) -> range:
        """Which of a step's consecutive pieces this process computes: as even as can be."""
        n = len(pieces)
        return range(self.rank * n // self.size, (self.rank + 1) * n // self.size)

    def from_first(self, value: Any) -> Any:
        """The first process's `value`, in every process."""
        if self.is_alone:
            return value
        box = [value]
        dist.broadcast_object_list(box, src=0)
        return box[0]

    def sum(self, values: dict[str, float], device: str) -> dict[str, float]:
        """The sum of each number over all processes; a process may lack some of the names."""
        if self.is_alone:
            return values
        names = self.from_first(sorted(values))
        row = torch.tensor([values.get(name, 0.0) for name in names], dtype=torch.float64)
        row = row.to(device)
        dist.all_reduce(row)
        return dict(zip(names, row.tolist(), strict=True))

    @contextmanager
    def first_goes_ahead(self) -> Iterator[None]:
        """The others enter the block when the first process has left it."""
        if not self.is_first:
            self.wait()
        yield
        if self.is_first:
            self.wait()

    def wait(self) -> None:
        if not self.is_alone:
            dist.barrier()


ALONE = World()


@contextmanager
def joined_world() -> Iterator[World]:
    """Joins the other processes for the time of the block: NCCL on GPUs, gloo elsewhere.

    A process that vanishes ends the block in all others with a LabError.
    """
    world = World(*torchrun_place())
    if world.is_alone:
        yield world
        return
    backend = "nccl" if torch.cuda.is_available() else "gloo"
    if backend == "nccl":
        torch.cuda.set_device(world.local_rank)
    dist.init_process_group(backend)
    try:
        yield world
    except (dist.DistError, RuntimeError) as error:
        if not _is_lost_peer(error):
            raise
        raise LabError(
            "Another process of this run has ended: resume it from its last checkpoint, with any "
            "number of processes."
        ) from error
    finally:
        dist.destroy_process_group()


def _is_lost_peer(error: Exception) -> bool:
    words = ("connection closed by peer", "connection reset", "gloo", "nccl", "broken pipe")
    return isinstance(error, dist.DistError) or any(word in str(error).lower() for word in words)


class LossModule(nn.Module):
    """A task's loss as a module, since the parallel wrapper calls a module's forward."""

    def __init__(self, task: Any) -> None:
        super().__init__()
        self.model = task.model
        self._loss = task.loss

    def forward(self, batch: Any) -> tuple[Tensor, dict[str, float]]:
        return self._loss(batch)


def parallel(task: Any) -> "DistributedDataParallel":
    """The task's loss, whose backward pass averages gradients over all processes."""
    from torch.nn.parallel import DistributedDataParallel

    return DistributedDataParallel(LossModule(task))
