"""Small random models of the Llama-shaped families, made by transformers, and as GGUF files: the
independent side of tests."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

VOCABULARY, CONTEXT, WIDTH = 96, 64, 48
SIZES = {
    "vocab_size": VOCABULARY, "hidden_size": WIDTH, "intermediate_size": 80,
    "num_hidden_layers": 3, "num_attention_heads": 6, "num_key_value_heads": 2,
    "max_position_embeddings": CONTEXT, "rms_norm_eps": 1e-5, "tie_word_embeddings": False,
    "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0,
}  # fmt: skip
LLAMA3 = {"rope_type": "llama3", "rope_theta": 500.0, "factor": 8.0, "low_freq_factor": 1.0,
          "high_freq_factor": 4.0, "original_max_position_embeddings": 32}  # fmt: skip
# Name -> class of transformers, and what differs from SIZES.
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("Llama", {"rope_parameters": {"rope_type": "default", "rope_theta": 777.0}}),
    "llama tied": ("Llama", {"tie_word_embeddings": True}),
    "llama 3.1": ("Llama", {"rope_parameters": LLAMA3}),
    "llama linear": (
        "Llama", {"rope_parameters": {"rope_type": "linear", "rope_theta": 1e4, "factor": 3.0}}
    ),
    "llama biases": ("Llama", {"attention_bias": True, "num_key_value_heads": 6}),
    "llama heads": ("Llama", {"head_dim": 10}),
    "mistral": ("Mistral", {"sliding_window": None}),
    "qwen2": ("Qwen2", {"tie_word_embeddings": True, "rms_norm_eps": 1e-6}),
    "qwen3": ("Qwen3", {"head_dim": 16}),
    "qwen3 biases": ("Qwen3", {"head_dim": 8, "attention_bias": True}),
    "smollm3": ("SmolLM3", {"no_rope_layers": [1, 0, 1], "no_rope_layer_interval": 2}),
}  # fmt: skip


def made(transformers: Any, name: str, **changes: Any) -> Any:
    """A random model of transformers in eval mode, its numbers far from their fresh values."""
    kind, settings = FAMILIES[name]
    torch.manual_seed(0)
    config = getattr(transformers, f"{kind}Config")(**{**SIZES, **settings, **changes})
    model = getattr(transformers, f"{kind}ForCausalLM")(config).eval()
    with torch.no_grad():  # fresh models have zero biases and unit norms, which hide mistakes
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape))
    return model


def logits_of(model: Any, n_tokens: int = CONTEXT) -> torch.Tensor:
    with torch.no_grad():
        return model(ids(n_tokens)).logits


def ids(n_tokens: int = CONTEXT) -> torch.Tensor:
    """(2, T)"""
    return torch.randint(VOCABULARY, (2, n_tokens), generator=torch.Generator().manual_seed(1))


# What llama.cpp calls the parts of a block.
_NAMES = {
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
    "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}  # fmt: skip


def gguf_name(name: str) -> str:
    around = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
    path, _, kind = name.rpartition(".")
    if path in around:
        return f"{around[path]}.{kind}"
    _, _, layer, inner = path.split(".", 3)
    return f"blk.{layer}.{_NAMES[inner]}.{kind}"


def write_gguf(
    model: Any, path: Path, architecture: str, quantized: str = "F32",
    more: Callable[[Any], None] = lambda writer: None,
) -> None:  # fmt: skip
    """A GGUF file of the model as llama.cpp's converter lays it out; `more` adds a tokenizer."""
    import gguf

    config = model.config
    rope, d_head = config.rope_parameters, model.model.layers[0].self_attn.head_dim
    writer = gguf.GGUFWriter(path, architecture)
    for key, value in {
        "context_length": config.max_position_embeddings, "block_count": config.num_hidden_layers,
        "embedding_length": config.hidden_size, "feed_forward_length": config.intermediate_size,
        "attention.head_count": config.num_attention_heads,
        "attention.head_count_kv": config.num_key_value_heads,
        "attention.key_length": d_head, "attention.value_length": d_head,
    }.items():  # fmt: skip
        writer.add_uint32(f"{architecture}.{key}", value)
    writer.add_float32(f"{architecture}.attention.layer_norm_rms_epsilon", config.rms_norm_eps)
    writer.add_float32(f"{architecture}.rope.freq_base", rope["rope_theta"])
    more(writer)
    kind = gguf.GGMLQuantizationType[quantized]
    for name, parameter in model.named_parameters():
        value = parameter.detach().numpy()
        if architecture in ("llama", "smollm3") and (".q_proj" in name or ".k_proj" in name):
            halves = value.reshape(len(value) // d_head, 2, d_head // 2, *value.shape[1:])
            value = halves.swapaxes(1, 2).reshape(value.shape)
        value = np.ascontiguousarray(value, dtype=np.float32)
        if value.ndim == 2 and quantized != "F32":
            raw = gguf.quants.quantize(value, kind)
            writer.add_tensor(gguf_name(name), raw, raw_dtype=kind)
        else:
            writer.add_tensor(gguf_name(name), value)
    if rope["rope_type"] == "llama3":
        writer.add_tensor("rope_freqs.weight", _factors(d_head, rope))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _factors(d_head: int, rope: dict[str, Any]) -> np.ndarray:
    """By what each frequency is divided, as llama.cpp's converter writes it for Llama 3.1."""
    factors = []
    for frequency in rope["rope_theta"] ** (-np.arange(0, d_head, 2) / d_head):
        wave, first = 2 * np.pi / frequency, rope["original_max_position_embeddings"]
        low, high = first / rope["low_freq_factor"], first / rope["high_freq_factor"]
        if wave < high:
            factors.append(1.0)
        elif wave > low:
            factors.append(rope["factor"])
        else:
            smooth = (first / wave - rope["low_freq_factor"]) / (
                rope["high_freq_factor"] - rope["low_freq_factor"]
            )
            factors.append(1 / ((1 - smooth) / rope["factor"] + smooth))
    return np.array(factors, dtype=np.float32)
