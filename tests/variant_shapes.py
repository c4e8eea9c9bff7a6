"""The four switches of the architecture, each alone and all together, as fields of ModelConfig."""

VARIANTS = {
    "rope": {"position": "rope"},
    "rms": {"norm": "rms"},
    "swiglu": {"feed_forward": "swiglu"},
    "gqa": {"n_kv_heads": 1},
    "all": {"position": "rope", "norm": "rms", "feed_forward": "swiglu", "n_kv_heads": 1},
}
