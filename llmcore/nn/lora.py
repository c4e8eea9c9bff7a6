"""LoRA: learn a small correction beside frozen weights (Hu et al. 2021; Raschka, appendix E).

A matrix W (out, in) stays unchanged and gets two thin ones beside it, A (rank, in) and B
(out, rank): `W' = W + alpha / rank · B A`. B begins at zero, so the model begins as its base.
"""

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from llmcore.config import LoraConfig, ModelConfig
from llmcore.errors import DamagedError, LabError
from llmcore.files import read_json, write_json_atomic
from llmcore.nn.weights import load_tensors, named_weights, save_tensors

ADAPTER, ADAPTER_CONFIG = "adapter_model.safetensors", "adapter_config.json"
_OF_THE_RUN = ("dropout",)  # parts of a shape that a finetune may choose again
_DEFAULT = LoraConfig()


class LoRALinear(nn.Module):
    """A linear layer that does not change, and the low-rank correction that learns beside it."""

    def __init__(
        self, base: nn.Linear, rank: int, alpha: float, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.base = base.requires_grad_(False)
        self.rank, self.alpha = rank, alpha
        like = base.weight
        bound = 1 / math.sqrt(base.in_features)
        # Drawn on the CPU, where generators live, so that a seed means the same on every device.
        drawn = torch.empty(rank, base.in_features).uniform_(-bound, bound, generator=generator)
        self.lora_a = nn.Parameter(drawn.to(like))  # (rank, in)
        self.lora_b = nn.Parameter(like.new_zeros(base.out_features, rank))  # (out, rank)

    @property
    def scale(self) -> float:
        return self.alpha / self.rank

    @property
    def weight(self) -> Tensor:
        """The matrix that the layer amounts to, (out, in): what merging writes."""
        return self.base.weight + self.scale * (self.lora_b @ self.lora_a)

    @property
    def bias(self) -> Tensor | None:
        return self.base.bias

    def forward(self, x: Tensor) -> Tensor:
        """(…, in) -> (…, out); the correction never forms its (out, in) matrix."""
        return self.base(x) + self.scale * F.linear(F.linear(x, self.lora_a), self.lora_b)


def add_lora(
    model: nn.Module,
    rank: int = _DEFAULT.rank,
    alpha: float = _DEFAULT.alpha,
    targets: Sequence[str] = _DEFAULT.targets,
    generator: torch.Generator | None = None,
) -> None:
    """Puts a correction beside the `targets` of every block and freezes all else in `model`.

    targets: of `qkv`, `output` (attention), `up`, `down` (feed-forward). A is drawn from
    `generator` (by default one with seed 0). Raises LabError for a wrong number or name, or if
    the model has a correction already.
    """
    LoraConfig(rank, alpha, tuple(targets))  # checks
    if has_lora(model):
        raise LabError("The model has a LoRA adapter already: merge it before adding another.")
    generator = generator or torch.Generator().manual_seed(0)
    chosen = [
        (path, module)
        for path, module in model.named_modules()
        if isinstance(module, nn.Linear) and path.rpartition(".")[2] in targets
    ]
    if not chosen:
        raise LabError(f"The model has no layer called {' or '.join(targets)} to adapt.")
    model.requires_grad_(False)
    for path, linear in chosen:
        _replace(model, path, LoRALinear(linear, rank, alpha, generator))


def merge_lora(model: nn.Module) -> None:
    """Adds each correction to its weights and takes it away: the same logits, a plain model."""
    with torch.no_grad():
        for path, layer in list(_lora_layers(model)):
            layer.base.weight.copy_(layer.weight)
            _replace(model, path, layer.base)


def has_lora(model: nn.Module) -> bool:
    return any(True for _ in _lora_layers(model))


def trainable_parameters(model: nn.Module) -> int:
    """Distinct numbers that learn."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def adapter_parameters(model: nn.Module) -> Iterator[nn.Parameter]:
    """A and B of every corrected layer."""
    for _, layer in _lora_layers(model):
        yield from (layer.lora_a, layer.lora_b)


def _lora_layers(model: nn.Module) -> Iterator[tuple[str, LoRALinear]]:
    for path, module in model.named_modules():
        if isinstance(module, LoRALinear):
            yield path, module


def _replace(model: nn.Module, path: str, module: nn.Module) -> None:
    parent, _, name = path.rpartition(".")
    setattr(model.get_submodule(parent), name, module)


# ---- what is kept of a finetune, and what it belongs to


def _trunk(model: nn.Module) -> nn.Module:
    return getattr(model, "trunk", model)


def lora_state(model: nn.Module) -> dict[str, Tensor]:
    """By name what a LoRA finetune keeps: the corrections, and what is outside of the
    language model (a classifier's head). Its base is left out."""
    base = {id(weight) for weight in _base_weights(model).values()}
    return {name: weight for name, weight in named_weights(model).items() if id(weight) not in base}


def stored_weights(model: nn.Module) -> dict[str, Tensor]:
    """What a checkpoint of `model` holds: `lora_state` if it has LoRA, else all weights."""
    return lora_state(model) if has_lora(model) else named_weights(model)


def _base_weights(model: nn.Module) -> dict[str, Tensor]:
    """The language model's own weights under the names that they have without LoRA."""
    return {
        name.replace(".base.", "."): weight
        for name, weight in named_weights(_trunk(model)).items()
        if name.rpartition(".")[2] not in {"lora_a", "lora_b"}
    }


def fingerprint(model: nn.Module) -> str:
    """Tells one base from another: a hash over its weights, the same with LoRA and without."""
    digest = hashlib.blake2b(digest_size=16)
    for name, value in sorted(_base_weights(model).items()):
        digest.update(f"{name}{tuple(value.shape)}".encode())
        numbers = value.detach().to("cpu", torch.float32).contiguous()
        digest.update(numbers.numpy().data.cast("B"))
    return digest.hexdigest()


def adapter_config(model: nn.Module) -> dict[str, Any]:
    """What must be known to put `lora_state` onto its base again, ready for JSON."""
    layers = list(_lora_layers(model))
    assert layers, "add_lora comes first"
    named = [path.rpartition(".")[2] for path, _ in layers]
    _, first = layers[0]
    return {
        "rank": first.rank,
        "alpha": first.alpha,
        "targets": list(dict.fromkeys(named)),
        "base": _shape(model),
        "base_fingerprint": fingerprint(model),
    }


def _shape(model: nn.Module) -> dict[str, Any]:
    config: ModelConfig = _trunk(model).config  # type: ignore[assignment]
    return {key: value for key, value in config.to_dict().items() if key not in _OF_THE_RUN}


def attach_lora(model: nn.Module, config: Mapping[str, Any], weights: Path) -> None:
    """Puts saved corrections onto their base, in place: adds them and fills them from `weights`.

    config: what `adapter_config` gave. Raises LabError if the base has another shape or other
    weights than the adapter was trained beside, DamagedError if a file cannot be used.
    """
    try:
        settings = LoraConfig(config["rank"], config["alpha"], tuple(config["targets"]))
        # Through ModelConfig, so that what an older version had no word for has its default.
        shape = ModelConfig.from_dict(config["base"]).to_dict()
        expected = str(config["base_fingerprint"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedError(f"The adapter's settings are damaged ({error!r}).") from error
    if differing := {key for key, value in _shape(model).items() if shape.get(key) != value}:
        key = sorted(differing)[0]
        raise LabError(
            f"The adapter belongs to a model of another shape ({key} {shape.get(key)}, here "
            f"{_shape(model)[key]}): load it onto the model that it was trained beside."
        )
    check_base(model, expected)
    add_lora(_trunk(model), settings.rank, settings.alpha, settings.targets)
    load_tensors(lora_state(model), weights)


def check_base(model: nn.Module, expected: str) -> None:
    """Raises LabError unless the base is the one of fingerprint `expected`."""
    if fingerprint(model) != expected:
        raise LabError(
            "The adapter belongs to a model with other weights: load it onto exactly the model "
            "that it was trained beside."
        )


def save_lora(model: nn.Module, directory: Path) -> None:
    """Writes `adapter_model.safetensors` and `adapter_config.json` into `directory`."""
    directory.mkdir(parents=True, exist_ok=True)
    save_tensors(lora_state(model), directory / ADAPTER)
    write_json_atomic(directory / ADAPTER_CONFIG, adapter_config(model))


def load_lora(model: nn.Module, directory: Path) -> None:
    """Puts what `save_lora` wrote onto its base, in place. Raises what `attach_lora` raises."""
    attach_lora(model, read_json(directory / ADAPTER_CONFIG), directory / ADAPTER)
