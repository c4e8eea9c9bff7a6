"""The four switches of the architecture, each alone and all together, as fields of ModelConfig;
and shapes of models that others made."""

from llmcore.config import RopeScaling

VARIANTS = {
    "rope": {"position": "rope"},
    "rms": {"norm": "rms"},
    "swiglu": {"feed_forward": "swiglu"},
    "gqa": {"n_kv_heads": 1},
    "all": {"position": "rope", "norm": "rms", "feed_forward": "swiglu", "n_kv_heads": 1},
}
_MODERN = {"position": "rope", "norm": "rms", "feed_forward": "swiglu"}
FOREIGN = {
    "llama": _MODERN | {
        "n_kv_heads": 2, "attention_bias": "none", "d_inner": 40, "norm_eps": 1e-3,
        "rope_base": 100.0, "rope_skip": 2,
        "rope_scaling": RopeScaling("llama3", 4.0, 0.2, 2.0, 16),
    },
    "qwen": _MODERN | {
        "n_kv_heads": 2, "attention_bias": "qkv", "head_size": 10, "qk_norm": True,
        "tied_head": False, "rope_scaling": RopeScaling("linear", 2.0),
    },
}  # fmt: skip
