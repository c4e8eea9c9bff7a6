"""A model whose parameters are spread over all processes, for one that no device holds alone.

Fully sharded data parallelism (Zhao et al. 2023; torch's `fully_shard`): each process keeps its
slice of every matrix, of its gradient and of AdamW's moments; a block's whole weights are gathered
for the moment in which it computes, and let go again. Data and losses are those of
`llmcore.train.world`: the same on any number of processes.

Every process must take part when weights are gathered: in evaluations, samples and checkpoints.
"""

import torch
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard, register_fsdp_forward_method
from torch.distributed.tensor import DTensor, distribute_tensor

from llmcore.config import ModelConfig, TrainConfig
from llmcore.nn.model import GPT
from llmcore.train.footprint import footprint, micro_rows
from llmcore.train.world import World

USABLE = 0.9  # of a device's memory; the rest goes to kernels and what the allocator wastes


def must_shard(model: ModelConfig, train: TrainConfig, world: World) -> bool:
    """Whether a run is to be sharded: as its settings say, or because its training step does not
    fit the GPU of one process. Never with a single process."""
    if world.is_alone or train.sharding == "none":
        return False
    if train.sharding == "full":
        return True
    if not train.device.startswith("cuda"):
        return False
    rows = -(-micro_rows(train) // world.size)
    precision = "fp32" if train.precision == "fp32" else "bf16"
    memory = torch.cuda.get_device_properties(train.device).total_memory
    return footprint(model, rows, precision).peak > USABLE * memory


def shard(model: GPT, device: str, world: World) -> None:
    """Spreads `model`, which is in the CPU's memory, over the processes' devices, block by
    block, so that no device ever holds all of it."""
    mesh = init_device_mesh(device.split(":")[0], (world.size,))
    for block in model.blocks:
        fully_shard(block, mesh=mesh)
    # Embeddings, last norm and head stay gathered from the forward pass to the backward pass:
    # the loss reads the head after `hidden` has returned.
    fully_shard(model, mesh=mesh, reshard_after_forward=False)
    register_fsdp_forward_method(model, "hidden")


def is_sharded(model: nn.Module) -> bool:
    return isinstance(model, FSDPModule)


def average_gradients(model: nn.Module, now: bool) -> None:
    """Whether the backward passes that follow average the gradients over all processes."""
    assert isinstance(model, FSDPModule), "shard comes first"
    model.set_requires_gradient_sync(now)


def let_go(model: nn.Module) -> None:
    """Back to slices after forward passes that no backward pass follows."""
    for module in model.modules():
        if isinstance(module, FSDPModule):
            module.reshard()


def whole(tensor: Tensor) -> Tensor:
    """All of a tensor of which this process may hold a slice. Every process must call it."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def part(tensor: Tensor) -> Tensor:
    """The part of a tensor that is in this process."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def like(value: Tensor, other: Tensor) -> Tensor:
    """`value`, whole in every process, placed as `other` is: its device, and its slice of it."""
    if isinstance(other, DTensor):
        return distribute_tensor(value.to(other.device), other.device_mesh, other.placements)
    return value.to(other.device)
