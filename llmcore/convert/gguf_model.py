"""A model in a GGUF file (llama.cpp, Ollama, LM Studio): where it is, and its shape."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from llmcore.config import ModelConfig, RopeScaling
from llmcore.convert.gguf_header import GgufFile
from llmcore.convert.gpt2_config import MODEL_TYPE
from llmcore.convert.llama_config import MAX_CONTEXT
from llmcore.errors import DamagedError, LabError

SUFFIX = ".gguf"
# Architecture -> whether q and k are in the order in which neighbouring channels are a pair.
LLAMA_SHAPED = {"llama": True, "smollm3": True, "qwen2": False, "qwen3": False}
ARCHITECTURES = (*LLAMA_SHAPED, MODEL_TYPE)
SMOLLM3_SKIP = 4  # llama.cpp's, which the file does not say
ROPE_FACTORS = "rope_freqs.weight"  # by what Llama 3.1 divides each pair's frequency


@dataclass(frozen=True)
class GgufModel:
    """A GGUF file that holds a model which the lab computes."""

    ref: str
    path: Path

    @property
    def name(self) -> str:
        return self.path.stem

    @cached_property
    def file(self) -> GgufFile:
        return GgufFile(self.path)

    @cached_property
    def config(self) -> ModelConfig:
        """Raises LabError if the lab's model cannot express it."""
        return read_gguf_config(self.file)

    @property
    def longest_context(self) -> int:
        """Tokens, as its makers say."""
        kind = self.file.metadata["general.architecture"]
        return int(self.file.metadata[f"{kind}.context_length"])

    @property
    def is_classifier(self) -> bool:
        return False

    @property
    def key(self) -> str:
        """Names the exact weights: changes when the file does."""
        stat = self.path.stat()
        return f"{self.path.resolve()}:{stat.st_mtime_ns}:{stat.st_size}"


def read_gguf_config(file: GgufFile) -> ModelConfig:
    """The shape that a header describes. Raises LabError for what the lab's model cannot express,
    by name, DamagedError if a value is missing or none."""
    try:
        return _read_config(file)
    except LabError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedError(f"The header of {file.path} is damaged ({error!r:.100}).") from error


def _read_config(file: GgufFile) -> ModelConfig:
    architecture = file.metadata.get("general.architecture")
    if architecture not in ARCHITECTURES:
        raise LabError(
            f"{file.path.name} holds a model of the architecture {architecture!r:.40}: the lab "
            f"computes {', '.join(ARCHITECTURES)}."
        )
    shape = _Values(file.metadata, f"{architecture}.")
    vocab_size = file.shapes["token_embd.weight"][0]
    common: dict[str, Any] = {
        "vocab_size": vocab_size,
        "context_length": min(shape.whole("context_length"), MAX_CONTEXT),
        "n_layers": shape.whole("block_count"),
        "n_heads": shape.whole("attention.head_count"),
        "d_model": shape.whole("embedding_length"),
        "d_inner": shape.whole("feed_forward_length"),
        "tied_head": "output.weight" not in file.shapes,
    }
    if architecture == MODEL_TYPE:
        eps = shape.number("attention.layer_norm_epsilon")
        return ModelConfig(**common, norm_eps=eps)
    _check_llama_shaped(file, shape)
    config = ModelConfig(
        **common,
        n_kv_heads=shape.whole("attention.head_count_kv", common["n_heads"]),
        head_size=shape.whole("attention.key_length", 0),
        position="rope",
        norm="rms",
        feed_forward="swiglu",
        attention_bias=_biases(file),
        qk_norm="blk.0.attn_q_norm.weight" in file.shapes,
        norm_eps=shape.number("attention.layer_norm_rms_epsilon"),
        rope_base=shape.number("rope.freq_base", 10_000.0),
        rope_skip=SMOLLM3_SKIP if architecture == "smollm3" else 0,
    )
    return replace(config, rope_scaling=_scaling(file, shape, config))


def _check_llama_shaped(file: GgufFile, shape: "_Values") -> None:
    """Raises LabError for what such a file may say and the lab does not compute."""
    heads, width = shape.whole("attention.head_count"), shape.whole("embedding_length")
    d_head = shape.whole("attention.key_length", width // heads)
    same = {
        "rope.dimension_count": d_head, "attention.value_length": d_head, "expert_count": 0,
    }  # fmt: skip
    for key, expected in same.items():
        if (value := shape.whole(key, expected)) != expected:
            raise LabError(
                f"{file.path.name} has {key} {value}, and the lab's model computes {expected} "
                f"alone: choose another model."
            )


def _biases(file: GgufFile) -> str:
    if "blk.0.attn_q.bias" not in file.shapes:
        return "none"
    return "all" if "blk.0.attn_output.bias" in file.shapes else "qkv"


def _scaling(file: GgufFile, shape: "_Values", config: ModelConfig) -> RopeScaling | None:
    """Llama 3.1's scaling is a tensor of factors in such a file; others are named."""
    if ROPE_FACTORS in file.shapes:
        return _scaling_of(file.read(ROPE_FACTORS).numpy(), config, file.path)
    kind = shape.text("rope.scaling.type", "none")
    if kind == "none":
        factor = shape.number("rope.scale_linear", 1.0)
        return RopeScaling("linear", factor) if factor not in (0.0, 1.0) else None
    if kind == "linear":
        return RopeScaling("linear", shape.number("rope.scaling.factor"))
    raise LabError(
        f"{file.path.name} has the RoPE scaling {kind!r:.40}, which the lab's model does not "
        f"compute: choose another model."
    )


def _scaling_of(factors: np.ndarray, config: ModelConfig, path: Path) -> RopeScaling:
    """The settings of Llama 3.1 and later that give these factors (D / 2,)."""
    from llmcore.nn.positions import rotary_frequencies

    plain = rotary_frequencies(config).numpy()
    factor = float(factors.max())
    found = RopeScaling("llama3", factor)  # its other settings are the same in all of them
    expected = plain / rotary_frequencies(replace(config, rope_scaling=found)).numpy()
    if not np.allclose(expected, factors, rtol=1e-3):
        raise LabError(
            f"{path.name} slows its RoPE down by factors of its own, which the lab's model does "
            f"not compute: choose another model."
        )
    return found


class _Values:
    """The metadata of one architecture. Raises KeyError for a value that is missing, TypeError
    for one of another type."""

    def __init__(self, metadata: Mapping[str, Any], prefix: str) -> None:
        self._metadata, self._prefix = metadata, prefix

    def _get(self, key: str, default: Any) -> Any:
        value = self._metadata.get(self._prefix + key, default)
        if value is None:
            raise KeyError(self._prefix + key)
        return value

    def whole(self, key: str, default: int | None = None) -> int:
        value = self._get(key, default)
        if isinstance(value, list) and len(set(value)) == 1:  # one for each layer
            value = value[0]
        if type(value) is not int:
            raise TypeError(f"{self._prefix}{key} is {value!r:.60}, not a whole number")
        return value

    def number(self, key: str, default: float | None = None) -> float:
        """A float as it was meant: 1e-5 is stored in 32 bits as 9.99999974…e-06."""
        value = self._get(key, default)
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise TypeError(f"{self._prefix}{key} is {value!r:.60}, not a number")
        return float(str(np.float32(value)))

    def text(self, key: str, default: str) -> str:
        return str(self._get(key, default))
