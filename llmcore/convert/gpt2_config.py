"""Hugging Face's GPT-2 config.json: read into a ModelConfig, refused with the reason, written."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from llmcore.config import ModelConfig
from llmcore.errors import LabError
from llmcore.schema import is_number

MODEL_TYPE = "gpt2"
LANGUAGE_MODEL, CLASSIFIER = "GPT2LMHeadModel", "GPT2ForSequenceClassification"
LAYER_NORM_EPSILON = 1e-5
MAX_DROPOUT = 0.9

# Size -> what GPT2Config takes if config.json does not say.
_SIZES = {"vocab_size": 50257, "n_positions": 1024, "n_embd": 768, "n_layer": 12, "n_head": 12}
# Setting -> (what it is if config.json does not say, the values that the lab's model computes).
# reorder_and_upcast_attn is let through: it changes rounding in half precision only.
_FIXED: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "activation_function": ("gelu_new", ("gelu_new", "gelu_pytorch_tanh")),
    "layer_norm_epsilon": (LAYER_NORM_EPSILON, (LAYER_NORM_EPSILON,)),
    "scale_attn_weights": (True, (True,)),
    "scale_attn_by_inverse_layer_idx": (False, (False,)),
    "add_cross_attention": (False, (False,)),
    "pruned_heads": (None, (None, {}, [])),
    "quantization_config": (None, (None,)),
}


def read_config(config: Mapping[str, Any], where: Path) -> ModelConfig:
    """The shape that a config.json of `model_type: gpt2` describes.

    A classifier has no language head, so its head reads as tied. Raises LabError that names the
    setting which the lab's model cannot express.
    """
    for key, (default, allowed) in _FIXED.items():
        _check(key, config.get(key, default), allowed, where)
    sizes = {key: _whole_number(config, key, default, where) for key, default in _SIZES.items()}
    inner = config.get("n_inner")
    _check("n_inner", inner, (None, 4 * sizes["n_embd"]), where)
    dropout = config.get("resid_pdrop") or 0.0
    if not is_number(dropout):
        raise LabError(f"resid_pdrop in the config.json of {where} is {dropout!r:.60}, no number.")
    return ModelConfig(
        vocab_size=sizes["vocab_size"],
        context_length=sizes["n_positions"],
        n_layers=sizes["n_layer"],
        n_heads=sizes["n_head"],
        d_model=sizes["n_embd"],
        dropout=min(float(dropout), MAX_DROPOUT),
        tied_head=is_classifier(config) or _true_or_false(config, "tie_word_embeddings", where),
    )


def is_classifier(config: Mapping[str, Any]) -> bool:
    architectures = config.get("architectures")
    return isinstance(architectures, list) and CLASSIFIER in architectures


def read_labels(config: Mapping[str, Any], n_labels: int, where: Path) -> list[str]:
    """A classifier's labels by index; `LABEL_0`… if config.json names none."""
    named = config.get("id2label") or {str(i): f"LABEL_{i}" for i in range(n_labels)}
    found = [named.get(str(i)) for i in range(n_labels)] if isinstance(named, dict) else []
    labels = [str(item) for item in found if isinstance(item, (str, int, float))]
    if len(set(labels)) != n_labels:
        raise LabError(
            f"{where} scores {n_labels} classes but its config.json does not name as many "
            f"different labels in id2label: name each of 0 to {n_labels - 1}."
        )
    return labels


def write_config(model: ModelConfig, eot_id: int, labels: Sequence[str] | None) -> dict[str, Any]:
    """The config.json that transformers reads a model of this shape from."""
    config = {
        "architectures": [CLASSIFIER if labels else LANGUAGE_MODEL],
        "model_type": MODEL_TYPE,
        "vocab_size": model.vocab_size,
        "n_positions": model.context_length,
        "n_embd": model.d_model,
        "n_layer": model.n_layers,
        "n_head": model.n_heads,
        "n_inner": None,
        "activation_function": "gelu_new",
        "layer_norm_epsilon": LAYER_NORM_EPSILON,
        "initializer_range": 0.02,
        "resid_pdrop": model.dropout,
        "embd_pdrop": model.dropout,
        "attn_pdrop": 0.0,
        "tie_word_embeddings": True if labels else model.tied_head,
        "bos_token_id": eot_id,
        "eos_token_id": eot_id,
        "pad_token_id": eot_id,
        "dtype": "float32",
    }
    if labels:
        config["id2label"] = {str(index): label for index, label in enumerate(labels)}
        config["label2id"] = {label: index for index, label in enumerate(labels)}
        config["problem_type"] = "single_label_classification"
    return config


def _check(key: str, value: Any, allowed: tuple[Any, ...], where: Path) -> None:
    if value not in allowed:
        raise LabError(
            f"The model in {where} has {key} {value!r:.60}, but the lab's GPT-2 computes only "
            f"{' or '.join(repr(value) for value in allowed)}: choose another checkpoint."
        )


def _whole_number(config: Mapping[str, Any], key: str, default: int, where: Path) -> int:
    value = config.get(key, default)
    if type(value) is not int or not is_number(value):
        raise LabError(f"{key} in the config.json of {where} is {value!r:.60}, not a whole number.")
    return value


def _true_or_false(config: Mapping[str, Any], key: str, where: Path) -> bool:
    value = config.get(key, True)
    if not isinstance(value, bool):
        raise LabError(f"{key} in the config.json of {where} is {value!r:.60}, not true or false.")
    return value
