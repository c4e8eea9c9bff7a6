"""GPT-2's weights between Hugging Face's layout and ours, by name and with every shape checked."""

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from llmcore.convert.gpt2_config import CLASSIFIER, read_labels
from llmcore.convert.locate import INDEX, WEIGHTS, ForeignModel
from llmcore.convert.names import (
    CLASSIFIER_HEAD,
    LANGUAGE_HEAD,
    PREFIX,
    WeightName,
    classifier_names,
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
_MASK = re.compile(r"h\.[0-9]+\.attn\.(?:bias|masked_bias)")
_WIDE = (torch.float32, torch.float16, torch.bfloat16, torch.float64)


def read_gpt2(foreign: ForeignModel) -> tuple[GPT | SequenceClassifier, list[str] | None]:
    """The model in fp32 and eval mode, and a classifier's labels.

    All names and shapes are checked first. Then the model is built without numbers and each
    tensor is copied into its place as it is read, so that no more than one is held twice. Raises
    LabError or DamagedError by name for what is missing, unknown, misshapen or quantized.
    """
    files, where = TensorFiles(*foreign.weight_files()), foreign.directory
    names = _plain_names(files.shapes, where)
    shapes = {plain: files.shapes[full] for plain, full in names.items()}
    config = foreign.config
    labels = None
    if foreign.is_classifier:
        n_classes = shapes.get(CLASSIFIER_HEAD, (0,))[0]
        table = classifier_names(config, n_classes)
        check_fit({row.hf: row.hf_shape for row in table}, shapes, where)
        labels = read_labels(foreign.raw_config, n_classes, where)
    else:
        if config.tied_head and LANGUAGE_HEAD in names:
            _check_alias(files, names, where)
            del shapes[LANGUAGE_HEAD]
        table = language_names(config)
        check_fit({row.hf: row.hf_shape for row in table}, shapes, where)
    trunk = GPT(config, initialise=False)
    model = trunk if labels is None else SequenceClassifier(trunk, len(labels))
    parameters = dict(model.named_parameters())
    with torch.no_grad():
        for row in table:
            parameters[row.ours].copy_(_read(files, names[row.hf], row, where))
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


def _check_alias(files: TensorFiles, names: Mapping[str, str], where: Path) -> None:
    """A head that config.json calls tied may still be in the file, if it is equal."""
    embedding = names.get("wte.weight")
    if embedding and not torch.equal(files.read(names[LANGUAGE_HEAD]), files.read(embedding)):
        raise DamagedError(
            f"{LANGUAGE_HEAD!r} in {where} is not the token embedding, though config.json says "
            f"so: set tie_word_embeddings to false there."
        )


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
    groups = _grouped({name: 4 * weight.numel() for name, weight in weights.items()}, max_bytes)
    weight_map: dict[str, str] = {}
    for number, group in enumerate(groups, 1):
        numbered = f"model-{number:05d}-of-{len(groups):05d}.safetensors"
        file_name = numbered if len(groups) > 1 else WEIGHTS
        tensors = {name: weights[name].detach().cpu().float().contiguous() for name in group}
        save_file(tensors, directory / file_name, metadata={"format": "pt"})
        weight_map |= dict.fromkeys(group, file_name)
    if len(groups) > 1:
        total = {"total_size": sum(4 * weight.numel() for weight in weights.values())}
        write_json_atomic(directory / INDEX, {"metadata": total, "weight_map": weight_map})


def hf_weights(model: GPT | SequenceClassifier) -> dict[str, Tensor]:
    """Hugging Face's name -> the weight, matrices turned to `Conv1D`'s (in, out); views where
    nothing changes but the layout. A classifier's bias is folded into the last norm."""
    trunk = model.trunk if isinstance(model, SequenceClassifier) else model
    table = language_names(trunk.config) if trunk is model else trunk_names(trunk.config)
    parameters = dict(trunk.named_parameters())
    weights = {}
    for row in table:
        value = parameters[row.ours]
        name = row.hf if row.hf == LANGUAGE_HEAD else PREFIX + row.hf
        weights[name] = value.t() if row.transposed else value
    if isinstance(model, SequenceClassifier):
        norm = trunk.final_norm
        assert isinstance(norm, nn.LayerNorm), "the table has no names for another norm"
        weights[f"{PREFIX}ln_f.bias"] = norm.bias + bias_as_shift(model.classifier_head)
        weights[CLASSIFIER_HEAD] = model.classifier_head.weight
    return weights


def bias_as_shift(head: nn.Linear) -> Tensor:
    """The shortest δ (C,) with W δ = b, so that W h + b = W (h + δ) for every h.

    `GPT2ForSequenceClassification` has no bias in its head, but the norm below the head has one
    that nothing else reads: δ added there gives the same logits. It exists for every b if the
    rows of W are independent. Raises LabError if it does not exist to 1e-4.
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
    """Names in order, cut if a group would pass `max_bytes`; each group holds at least one."""
    groups: list[list[str]] = [[]]
    filled = 0
    for name, size in sizes.items():
        if groups[-1] and filled + size > max_bytes:
            groups.append([])
            filled = 0
        groups[-1].append(name)
        filled += size
    return groups
