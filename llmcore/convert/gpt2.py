"""GPT-2's weights between Hugging Face's layout and ours, by name and with every shape checked."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from llmcore.config import ModelConfig
from llmcore.convert.gpt2_config import CLASSIFIER, read_labels
from llmcore.convert.locate import INDEX, WEIGHTS, ForeignModel
from llmcore.convert.names import (
    CLASSIFIER_HEAD,
    LANGUAGE_HEAD,
    PREFIX,
    WeightName,
    language_names,
    trunk_names,
)
from llmcore.errors import DamagedError, LabError
from llmcore.files import write_json_atomic
from llmcore.nn.classifier import SequenceClassifier
from llmcore.nn.model import GPT
from llmcore.nn.weights import TensorFiles, check_fit

Shapes = Mapping[str, tuple[int, ...]]
MAX_FILE_BYTES = 2 << 30
MAX_BIAS_ERROR = 1e-4

# Older checkpoints also carry each layer's causal mask, which is no weight.
_MASK = re.compile(r"h\.\d+\.attn\.(?:bias|masked_bias)")
_WIDE = (torch.float32, torch.float16, torch.bfloat16, torch.float64)


def read_gpt2(foreign: ForeignModel) -> tuple[GPT | SequenceClassifier, list[str] | None]:
    """The model in fp32 and eval mode, and a classifier's labels.

    The model is built without numbers and each tensor is copied into its place as it is read, so
    that no more than one tensor is held twice. Raises LabError or DamagedError by name for what
    is missing, unknown, misshapen or quantized.
    """
    files = TensorFiles(*foreign.weight_files())
    where = foreign.directory
    names = _plain_names(files.shapes, where)
    if foreign.is_classifier:
        return _read_classifier(foreign, files, names)
    config = replace(foreign.config, tied_head=_is_tied(foreign.config, files, names))
    model = GPT(config, initialise=False)
    table = language_names(config.n_layers, config.tied_head)
    surplus = {LANGUAGE_HEAD} if config.tied_head else set()
    _fill(model, table, files, {k: v for k, v in names.items() if k not in surplus}, where)
    return model.eval().requires_grad_(False), None


def _read_classifier(
    foreign: ForeignModel, files: TensorFiles, names: dict[str, str]
) -> tuple[SequenceClassifier, list[str]]:
    """Hugging Face's head has no bias, so ours gets zeros."""
    where = foreign.directory
    head = files.shapes[names[CLASSIFIER_HEAD]] if CLASSIFIER_HEAD in names else (2, 0)
    labels = read_labels(foreign.raw_config, head[0], where)
    model = SequenceClassifier(GPT(foreign.config, initialise=False), len(labels))
    table = [replace(one, ours=f"trunk.{one.ours}") for one in trunk_names(foreign.config.n_layers)]
    table.append(WeightName("classifier_head.weight", CLASSIFIER_HEAD, ""))
    _fill(model, table, files, names, where)
    return model.eval().requires_grad_(False), labels


def _plain_names(shapes: Shapes, where: Path) -> dict[str, str]:
    """Name without the prefix -> name in the file; masks are left out."""
    names: dict[str, str] = {}
    for full in shapes:
        plain = full.removeprefix(PREFIX)
        if plain in names:
            raise DamagedError(f"The weights in {where} hold {plain!r} twice, as {full!r} too.")
        if not _MASK.fullmatch(plain):
            names[plain] = full
    return names


def _is_tied(config: ModelConfig, files: TensorFiles, names: dict[str, str]) -> bool:
    """A head of its own in the file counts even where config.json says `tied` (transformers
    reads it so too); one that equals the token embedding is an alias of it."""
    head, embedding = names.get(LANGUAGE_HEAD), names.get("wte.weight")
    if not config.tied_head or head is None or embedding is None:
        return config.tied_head
    return torch.equal(files.read(head), files.read(embedding))


def _fill(
    model: nn.Module,
    table: list[WeightName],
    files: TensorFiles,
    names: dict[str, str],
    where: Path,
) -> None:
    """Copies each tensor of `table` into the parameter of its name, after all were checked."""
    parameters = dict(model.named_parameters())
    expected = {}
    for one in table:
        shape = tuple(parameters[one.ours].shape)
        expected[one.hf] = shape[::-1] if one.transposed else shape
    check_fit(expected, {plain: files.shapes[full] for plain, full in names.items()}, where)
    with torch.no_grad():
        for one in table:
            parameters[one.ours].copy_(_read(files, names[one.hf], one, where))


def _read(files: TensorFiles, full: str, name: WeightName, where: Path) -> Tensor:
    tensor = files.read(full)
    if tensor.dtype not in _WIDE:
        raise LabError(
            f"{name.hf!r} in {where} is stored as {tensor.dtype}: choose a checkpoint in float32, "
            f"float16 or bfloat16, since the lab reads no quantized weights."
        )
    return tensor.t() if name.transposed else tensor


def write_gpt2(
    model: GPT | SequenceClassifier, directory: Path, max_bytes: int = MAX_FILE_BYTES
) -> None:
    """Writes `model.safetensors` in Hugging Face's layout and fp32, or numbered files of about
    `max_bytes` with their index: no more than one file's matrices are held twice.

    Raises LabError for a classifier whose bias cannot be folded away.
    """
    weights = hf_weights(model)
    groups = _grouped({name: 4 * one.numel() for name, one in weights.items()}, max_bytes)
    weight_map: dict[str, str] = {}
    for number, group in enumerate(groups, 1):
        numbered = f"model-{number:05d}-of-{len(groups):05d}.safetensors"
        file_name = numbered if len(groups) > 1 else WEIGHTS
        tensors = {name: weights[name].detach().cpu().float().contiguous() for name in group}
        save_file(tensors, directory / file_name, metadata={"format": "pt"})
        weight_map |= dict.fromkeys(group, file_name)
    if len(groups) > 1:
        total = {"total_size": sum(4 * one.numel() for one in weights.values())}
        write_json_atomic(directory / INDEX, {"metadata": total, "weight_map": weight_map})


def hf_weights(model: GPT | SequenceClassifier) -> dict[str, Tensor]:
    """Hugging Face's name -> the weight, matrices turned to `Conv1D`'s (in, out); views where
    nothing changes but the layout. A classifier's bias is folded into the last norm."""
    trunk = model.trunk if isinstance(model, SequenceClassifier) else model
    config = trunk.config
    is_language = trunk is model
    table = language_names(config.n_layers, config.tied_head or not is_language)
    parameters = dict(trunk.named_parameters())
    weights = {}
    for one in table:
        value = parameters[one.ours]
        name = one.hf if one.hf == LANGUAGE_HEAD else PREFIX + one.hf
        weights[name] = value.t() if one.transposed else value
    if isinstance(model, SequenceClassifier):
        weights[f"{PREFIX}ln_f.bias"] = trunk.final_norm.bias + bias_as_shift(model.classifier_head)
        weights[CLASSIFIER_HEAD] = model.classifier_head.weight
    return weights


def bias_as_shift(head: nn.Linear) -> Tensor:
    """The shortest δ (C,) with W δ = b, so that W h + b = W (h + δ) for every h.

    `GPT2ForSequenceClassification` has no bias in its head, but the norm below the head has one
    that nothing else reads: δ added there gives the same logits. It exists for every b where the
    rows of W are independent. Raises LabError where it does not exist to 1e-4.
    """
    weight, bias = head.weight.detach().double(), head.bias.detach().double()
    shift = torch.linalg.pinv(weight) @ bias  # (C, K) @ (K,) -> (C,)
    error = (weight @ shift - bias).abs().max().item()
    if not error <= MAX_BIAS_ERROR:
        raise LabError(
            f"This classifier's bias cannot be expressed in {CLASSIFIER}, whose head has none "
            f"(the closest is off by {error:.2g}): finetune it further, or keep it as a run."
        )
    return shift.to(head.bias.dtype)


def _grouped(sizes: Mapping[str, int], max_bytes: int) -> list[list[str]]:
    """Names in order, cut where a group would pass `max_bytes`; each group holds at least one."""
    groups: list[list[str]] = [[]]
    filled = 0
    for name, size in sizes.items():
        if groups[-1] and filled + size > max_bytes:
            groups.append([])
            filled = 0
        groups[-1].append(name)
        filled += size
    return groups
