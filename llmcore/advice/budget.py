"""What a model's shape costs: parameters, memory and arithmetic, from a laptop to GPT-3.

Pure arithmetic on `ModelConfig`; no torch and no model. Symbols: L blocks, C channels, V
vocabulary, T tokens of a text, S tokens seen so far, N parameters, D training tokens; M the weights
that multiply each token (all matrices, the head included, embeddings not, since those are looked
up). One multiply and add are two FLOPs (floating-point operations).
"""

import math
from dataclasses import dataclass

from llmcore.advice.preflight import CHINCHILLA
from llmcore.config import ModelConfig
from llmcore.presets import PRESETS
from llmcore.train.footprint import footprint

BYTES = {"fp32": 4.0, "bf16": 2.0, "int8": 1.0, "int4": 0.5}  # of one number
SECONDS_PER_DAY = 86_400
GPT2_PAPER = "Radford et al. 2019, table 2"


@dataclass(slots=True, frozen=True)
class Shape:
    """A known model. source: where its shape was published, "" for the lab's own presets."""

    name: str
    title: str
    config: ModelConfig
    source: str = ""


def _preset(name: str, title: str, source: str = "") -> Shape:
    """With the vocabulary that it is trained with by default: that of `base`'s tokenizer, if
    the preset has none."""
    preset = PRESETS[name]
    config = preset.model
    if not preset.tokenizer:
        config = config.with_(vocab_size=PRESETS["base"].model.vocab_size)
    return Shape(name, title, config, source)


SHAPES: dict[str, Shape] = {
    shape.name: shape
    for shape in (
        _preset("tiny", "Tiny"),
        _preset("small", "Small"),
        _preset("base", "Base"),
        _preset("gpt2", "GPT-2 small", GPT2_PAPER),
        _preset("gpt2-medium", "GPT-2 medium", GPT2_PAPER),
        _preset("gpt2-large", "GPT-2 large", GPT2_PAPER),
        _preset("gpt2-xl", "GPT-2 XL", GPT2_PAPER),
        Shape(
            "like-llama-2-7b",
            "Like Llama 2 7B",
            ModelConfig(
                vocab_size=32_000, context_length=4096, n_layers=32, n_heads=32, d_model=4096,
                tied_head=False, position="rope", norm="rms", feed_forward="swiglu",
            ),
            "Touvron et al. 2023, section 2.2, with this lab's biases and inner width",
        ),
        Shape(
            "gpt3",
            "GPT-3 175B",
            ModelConfig(
                vocab_size=50_257, context_length=2048, n_layers=96, n_heads=96, d_model=12_288
            ),
            "Brown et al. 2020, table 2.1",
        ),
    )
}  # fmt: skip


@dataclass(slots=True, frozen=True)
class Hardware:
    """flops: peak FLOPs a second of dense products at 16 bits; bandwidth: bytes of memory a
    second; memory: bytes. source: who says so."""

    name: str
    flops: float
    bandwidth: float
    memory: float
    source: str


HARDWARE = {
    hardware.name: hardware
    for hardware in (
        Hardware("Laptop CPU", 0.2e12, 50e9, 16e9, "round figures for a present laptop"),
        Hardware("NVIDIA V100", 125e12, 900e9, 32e9, "NVIDIA's data sheet, SXM2, 32 GB"),
        Hardware("NVIDIA A100", 312e12, 2039e9, 80e9, "NVIDIA's data sheet, SXM4, 80 GB"),
        Hardware("NVIDIA H100", 989e12, 3350e9, 80e9, "NVIDIA's data sheet, SXM5, 80 GB"),
    )
}


# Arithmetic ------------------------------------------------------------------------------------


def multiplying_weights(config: ModelConfig) -> dict[str, int]:
    """M by part: the weights of all matrices that multiply each token."""
    shapes = config.linear_shapes()
    sizes = {name: wide * narrow for name, (wide, narrow) in shapes.items()}
    return {
        "attention matrices": config.n_layers * (sizes["qkv"] + sizes["output"]),
        "feed-forward": config.n_layers * (sizes["up"] + sizes["down"]),
        "output head": config.vocab_size * config.d_model,
    }


def text_flops(config: ModelConfig, n_tokens: int) -> dict[str, int]:
    """FLOPs of one forward pass over a text, by part: 2 M T for the matrices (Kaplan et al. 2020,
    section 2.1), and scores and mixing, 2 L C T (T + 1). C is here the width of all heads, H D,
    which in most models is that of the stream.

    Token t looks at t tokens (itself included): D products for each score and D for each mixed
    value, in H heads of D = C / H channels, so 4 C t in a block, summed over t = 1 … T.
    """
    parts = {name: 2 * size * n_tokens for name, size in multiplying_weights(config).items()}
    looking = 2 * config.n_layers * config.d_heads * n_tokens * (n_tokens + 1)
    return {**parts, "scores and mixing (T²)": looking}


def next_token_flops(config: ModelConfig, n_seen: int) -> int:
    """FLOPs of one more token with a KV cache that holds `n_seen`: 2 M + 4 L C (S + 1)."""
    matrices = sum(multiplying_weights(config).values())
    return 2 * matrices + 4 * config.n_layers * config.d_heads * (n_seen + 1)


def squared_share(config: ModelConfig, n_tokens: int) -> float:
    """Which share of a text's FLOPs the T² term is."""
    parts = text_flops(config, n_tokens)
    return parts["scores and mixing (T²)"] / sum(parts.values())


def crossing(config: ModelConfig) -> float:
    """Length T of a text at which the T² term is half of all work: M / (L C) - 1.

    Near 12 C for a GPT-2 whose vocabulary weighs little: the wider a model, the later.
    """
    matrices = sum(multiplying_weights(config).values())
    return matrices / (config.n_layers * config.d_heads) - 1


def training_flops(config: ModelConfig, n_tokens: float) -> float:
    """6 N D (Kaplan et al. 2020): forward 2, backward 4 for each parameter and token."""
    return 6.0 * config.n_parameters() * n_tokens


def compute_optimal_tokens(config: ModelConfig) -> float:
    """About 20 tokens a parameter (Hoffmann et al. 2022, table 3)."""
    return CHINCHILLA * config.n_parameters()


def days(flops: float, hardware: Hardware, n_devices: int, utilisation: float) -> float:
    """utilisation: the share of the peak that a training really reaches, often 0.3 to 0.5
    (Chowdhery et al. 2022, section 4.1)."""
    return flops / (hardware.flops * n_devices * utilisation) / SECONDS_PER_DAY


# Memory ----------------------------------------------------------------------------------------


def cache_bytes(
    config: ModelConfig, n_tokens: int, n_texts: int = 1, precision: str = "bf16"
) -> float:
    """KV cache: a key and a value for each layer, head of keys and values, and token."""
    per_token = config.cache_bytes_per_token(1) * BYTES[precision]
    return per_token * n_tokens * n_texts


def inference_bytes(
    config: ModelConfig, n_tokens: int, n_texts: int = 1, precision: str = "bf16"
) -> dict[str, float]:
    """Weights and KV cache; the cache is never narrower than 16 bits here."""
    narrow = precision if BYTES[precision] >= 2 else "bf16"
    return {
        "weights": config.n_parameters() * BYTES[precision],
        "KV cache": cache_bytes(config, n_tokens, n_texts, narrow),
    }


def training_bytes(config: ModelConfig, rows: int, precision: str = "bf16") -> dict[str, float]:
    """Of one device that holds everything, by this lab's own estimate (`train.footprint`): rows
    are the sequences of `context_length` that are in memory at once."""
    found = footprint(config, rows, precision)
    return {
        "weights": found.weights, "gradients": found.gradients, "optimizer": found.optimizer,
        "activations": found.activations + found.loss,
    }  # fmt: skip


def tokens_per_s_bound(config: ModelConfig, n_seen: int, precision: str, one: Hardware) -> float:
    """No device writes one text faster: each token reads all weights and the cache once."""
    return one.bandwidth / sum(inference_bytes(config, n_seen, 1, precision).values())


def n_devices_to_hold(n_bytes: float, one: Hardware) -> int:
    return max(1, math.ceil(n_bytes / one.memory))


# Numbers that can be read ----------------------------------------------------------------------


def in_words(value: float) -> str:
    """
    >>> in_words(124_439_808), in_words(174_604_259_328), in_words(920), in_words(3.14e23)
    ('124.4 million', '174.6 billion', '920', '3.14 · 10²³')
    """
    for size, name in ((1e15, ""), (1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if value >= size:
            return f"{value / size:,.1f} {name}" if name else _power(value)
    return f"{value:,.0f}"


def _power(value: float) -> str:
    exponent = math.floor(math.log10(value))
    raised = str(exponent).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{value / 10**exponent:.2f} · 10{raised}"


def time_in_words(n_days: float) -> str:
    """
    >>> time_in_words(0.5 / 24), time_in_words(3.0), time_in_words(4000.0)
    ('30 minutes', '3.0 days', '11.0 years')
    """
    for size, name in ((365.25, "years"), (1.0, "days"), (1 / 24, "hours"), (1 / 1440, "minutes")):
        if n_days >= size:
            scaled = n_days / size
            return f"{scaled:,.0f} {name}" if scaled >= 20 else f"{scaled:.1f} {name}"
    return f"{n_days * SECONDS_PER_DAY:.1f} seconds"
