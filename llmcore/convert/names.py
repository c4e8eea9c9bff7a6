"""What each weight is called here, in Hugging Face's GPT-2 and in GGUF, and its shape."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from llmcore.config import ModelConfig

PREFIX = "transformer."  # comes before the trunk's names in models with a head, not in bare ones
LANGUAGE_HEAD, CLASSIFIER_HEAD = "lm_head.weight", "score.weight"


@dataclass(slots=True, frozen=True)
class WeightName:
    """One tensor's three names (`hf` without the prefix) and its shape here and in GGUF.

    transposed: Hugging Face's `Conv1D` keeps (in, out), where ours and GGUF's keep (out, in).
    """

    ours: str
    hf: str
    gguf: str
    shape: tuple[int, ...]
    transposed: bool = False

    @property
    def hf_shape(self) -> tuple[int, ...]:
        return self.shape[::-1] if self.transposed else self.shape


# Ours, Hugging Face's, GGUF's, and what a matrix turns into what, in units of C; None is a norm.
_BLOCK: tuple[tuple[str, str, str, tuple[int, int] | None], ...] = (
    ("attention_norm", "ln_1", "attn_norm", None),
    ("attention.qkv", "attn.c_attn", "attn_qkv", (3, 1)),
    ("attention.output", "attn.c_proj", "attn_output", (1, 1)),
    ("feed_forward_norm", "ln_2", "ffn_norm", None),
    ("feed_forward.up", "mlp.c_fc", "ffn_up", (4, 1)),
    ("feed_forward.down", "mlp.c_proj", "ffn_down", (1, 4)),
)


def _three(names: tuple[str, str, str], kind: str) -> tuple[str, str, str]:
    ours, hf, gguf = names
    return f"{ours}.{kind}", f"{hf}.{kind}", f"{gguf}.{kind}"


def trunk_names(config: ModelConfig) -> Iterator[WeightName]:
    """All weights below the head: embeddings, blocks, the last norm."""
    C = config.d_model
    tokens, positions = (config.vocab_size, C), (config.context_length, C)
    yield WeightName("token_embedding.weight", "wte.weight", "token_embd.weight", tokens)
    yield WeightName("position_embedding.weight", "wpe.weight", "position_embd.weight", positions)
    for layer in range(config.n_layers):
        for ours, hf, gguf, matrix in _BLOCK:
            names = (f"blocks.{layer}.{ours}", f"h.{layer}.{hf}", f"blk.{layer}.{gguf}")
            wide, narrow = matrix or (1, 0)
            weight = (wide * C, narrow * C) if matrix else (C,)
            yield WeightName(*_three(names, "weight"), weight, matrix is not None)
            yield WeightName(*_three(names, "bias"), (wide * C,))
    for kind in ("weight", "bias"):
        yield WeightName(f"final_norm.{kind}", f"ln_f.{kind}", f"output_norm.{kind}", (C,))


def language_names(config: ModelConfig) -> list[WeightName]:
    """All weights of a language model; a tied head has none of its own."""
    shape = (config.vocab_size, config.d_model)
    head = [WeightName("head.weight", LANGUAGE_HEAD, "output.weight", shape)]
    return [*trunk_names(config), *([] if config.tied_head else head)]


def classifier_names(config: ModelConfig, n_classes: int) -> list[WeightName]:
    """All weights of a `GPT2ForSequenceClassification`, which GGUF has no names for."""
    trunk = [replace(name, ours=f"trunk.{name.ours}") for name in trunk_names(config)]
    shape = (n_classes, config.d_model)
    return [*trunk, WeightName("classifier_head.weight", CLASSIFIER_HEAD, "", shape)]
