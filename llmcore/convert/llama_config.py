"""The shape of a Llama-shaped model (Llama, Mistral, Qwen2, Qwen3, SmolLM, SmolLM3), from Hugging
Face's config.json: read into a ModelConfig, or refused with the reason."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llmcore.config import ModelConfig, RopeScaling
from llmcore.errors import DamagedError, LabError
from llmcore.schema import is_number

# model_type -> the class with a language head.
LANGUAGE_MODELS = {
    "llama": "LlamaForCausalLM", "mistral": "MistralForCausalLM", "qwen2": "Qwen2ForCausalLM",
    "qwen3": "Qwen3ForCausalLM", "smollm3": "SmolLM3ForCausalLM",
}  # fmt: skip
MAX_CONTEXT = 65_536  # ModelConfig's bound

# Setting -> (what it is if config.json does not say, the values that the lab's model computes).
_FIXED: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "hidden_act": ("silu", ("silu", "swish")),
    "mlp_bias": (False, (False,)),
    "partial_rotary_factor": (1.0, (1.0,)),
    "quantization_config": (None, (None,)),
}
_MISTRAL_WINDOW = 4096  # MistralConfig's, if config.json does not say


def read_llama_config(config: Mapping[str, Any], where: Path) -> ModelConfig:
    """The shape that a config.json of one of `LANGUAGE_MODELS` describes.

    A context beyond MAX_CONTEXT, or beyond the window of a model that looks no further back, is
    cut to it. Raises LabError that names the setting which the lab's model cannot express.
    """
    try:
        return _read(config, where)
    except LabError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedError(f"The config.json of {where} is damaged ({error!r:.100}).") from error


def _read(config: Mapping[str, Any], where: Path) -> ModelConfig:
    kind = str(config.get("model_type"))
    _check_kind(config, kind, where)
    for key, (default, allowed) in _FIXED.items():
        if (value := config.get(key, default)) not in allowed:
            raise _refused(where, key, value)
    n_layers, n_heads = (
        _size(config, key, where) for key in ("num_hidden_layers", "num_attention_heads")
    )
    base, scaling = _rope(config, where)
    return ModelConfig(
        vocab_size=_size(config, "vocab_size", where),
        context_length=min(_context(config, kind, where), MAX_CONTEXT),
        n_layers=n_layers,
        n_heads=n_heads,
        n_kv_heads=int(config.get("num_key_value_heads") or n_heads),
        d_model=_size(config, "hidden_size", where),
        d_inner=_size(config, "intermediate_size", where),
        head_size=int(config.get("head_dim") or (128 if kind == "qwen3" else 0)),
        tied_head=bool(config.get("tie_word_embeddings", kind == "smollm3")),
        position="rope",
        norm="rms",
        feed_forward="swiglu",
        attention_bias=_biases(config, kind),
        qk_norm=kind == "qwen3",
        norm_eps=float(config.get("rms_norm_eps", 1e-6)),
        rope_base=base,
        rope_scaling=scaling,
        rope_skip=_skipped(config, n_layers, where) if kind == "smollm3" else 0,
    )


def _check_kind(config: Mapping[str, Any], kind: str, where: Path) -> None:
    named = config.get("architectures") or [LANGUAGE_MODELS[kind]]
    if named != [LANGUAGE_MODELS[kind]]:
        raise LabError(
            f"{where} holds a {str(named[0])[:60]}, of which the lab reads the language model "
            f"alone ({LANGUAGE_MODELS[kind]}): choose that one."
        )


def _biases(config: Mapping[str, Any], kind: str) -> str:
    if kind == "qwen2":
        return "qkv"  # always, whatever config.json says
    return "all" if kind != "mistral" and config.get("attention_bias", False) else "none"


def _context(config: Mapping[str, Any], kind: str, where: Path) -> int:
    """The longest text that it sees in the way that the lab computes it: each token all before.
    A model with a window computes the same as long as a text is no longer than it."""
    longest = _size(config, "max_position_embeddings", where)
    window = config.get("sliding_window", _MISTRAL_WINDOW if kind == "mistral" else None)
    used = (
        kind == "mistral"
        or config.get("use_sliding_window", False)
        or "sliding_attention" in (config.get("layer_types") or [])
    )
    return min(longest, int(window)) if used and window else longest


def _rope(config: Mapping[str, Any], where: Path) -> tuple[float, RopeScaling | None]:
    """Base and scaling. transformers 5 writes both as `rope_parameters`; before, the base was
    `rope_theta` and `rope_scaling` held the rest, its kind as `rope_type` or `type`."""
    found = config.get("rope_parameters") or config.get("rope_scaling") or {}
    if not isinstance(found, Mapping):
        raise _refused(where, "rope_scaling", found)
    base = found.get("rope_theta", config.get("rope_theta", 10_000.0))
    kind = found.get("rope_type", found.get("type", "default"))
    if found.get("partial_rotary_factor", 1.0) != 1.0:
        raise _refused(where, "partial_rotary_factor", found["partial_rotary_factor"])
    if not is_number(base):
        raise _refused(where, "rope_theta", base)
    if kind == "default":
        return float(base), None
    if kind == "linear":
        return float(base), RopeScaling("linear", float(found["factor"]))
    if kind == "llama3":
        return float(base), RopeScaling(
            "llama3", float(found["factor"]), float(found["low_freq_factor"]),
            float(found["high_freq_factor"]), int(found["original_max_position_embeddings"]),
        )  # fmt: skip
    raise _refused(where, "rope_type", kind)


def _skipped(config: Mapping[str, Any], n_layers: int, where: Path) -> int:
    """Every how many layers one does not turn queries and keys: SmolLM3's list as a number."""
    every = int(config.get("no_rope_layer_interval") or 4)
    turns = config.get("no_rope_layers") or [(layer + 1) % every != 0 for layer in range(n_layers)]
    for every in range(n_layers + 1):
        regular = [not every or (layer + 1) % every != 0 for layer in range(n_layers)]
        if [bool(turn) for turn in turns] == regular:
            return every
    raise _refused(where, "no_rope_layers", turns)


def _size(config: Mapping[str, Any], key: str, where: Path) -> int:
    value = config.get(key)
    if type(value) is not int or not is_number(value):
        raise LabError(f"{key} in the config.json of {where} is {value!r:.60}, not a whole number.")
    return value


def _refused(where: Path, key: str, value: object) -> LabError:
    return LabError(
        f"The model in {where} has {key} {value!r:.60}, which the lab's model does not compute: "
        f"choose another."
    )
