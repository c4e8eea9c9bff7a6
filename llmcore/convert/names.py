"""What each weight is called here, in Hugging Face's GPT-2 and in GGUF; one table for all three."""

from collections.abc import Iterator
from dataclasses import dataclass

PREFIX = "transformer."  # stands before the trunk's names in models with a head, not in bare ones
LANGUAGE_HEAD, CLASSIFIER_HEAD = "lm_head.weight", "score.weight"


@dataclass(slots=True, frozen=True)
class WeightName:
    """One tensor's three names; `hf` is without the prefix.

    transposed: Hugging Face's `Conv1D` keeps (in, out), where ours and GGUF's keep (out, in).
    """

    ours: str
    hf: str
    gguf: str
    transposed: bool = False


_BLOCK = (
    ("attention_norm", "ln_1", "attn_norm", False),
    ("attention.qkv", "attn.c_attn", "attn_qkv", True),
    ("attention.output", "attn.c_proj", "attn_output", True),
    ("feed_forward_norm", "ln_2", "ffn_norm", False),
    ("feed_forward.up", "mlp.c_fc", "ffn_up", True),
    ("feed_forward.down", "mlp.c_proj", "ffn_down", True),
)


def trunk_names(n_layers: int) -> Iterator[WeightName]:
    """All weights below the head: embeddings, `n_layers` blocks, the last norm."""
    yield WeightName("token_embedding.weight", "wte.weight", "token_embd.weight")
    yield WeightName("position_embedding.weight", "wpe.weight", "position_embd.weight")
    for layer in range(n_layers):
        for ours, hf, gguf, is_matrix in _BLOCK:
            for kind in ("weight", "bias"):
                yield WeightName(
                    f"blocks.{layer}.{ours}.{kind}",
                    f"h.{layer}.{hf}.{kind}",
                    f"blk.{layer}.{gguf}.{kind}",
                    transposed=is_matrix and kind == "weight",
                )
    for kind in ("weight", "bias"):
        yield WeightName(f"final_norm.{kind}", f"ln_f.{kind}", f"output_norm.{kind}")


def language_names(n_layers: int, tied_head: bool) -> list[WeightName]:
    """All weights of a language model; a tied head has none of its own."""
    head = [] if tied_head else [WeightName("head.weight", LANGUAGE_HEAD, "output.weight")]
    return [*trunk_names(n_layers), *head]
