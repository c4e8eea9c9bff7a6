"""A whole GGUF file: a tiny Llama with the tokenizer of characters as bytes inside."""

from pathlib import Path
from typing import Any

from convert.llama_models import made, write_gguf

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
)


def byte_tokens() -> dict[str, Any]:
    """Metadata of a vocabulary of the 256 bytes, one merge and three special tokens."""
    from llmcore.tokenizers.builtin import byte_characters

    letters = [byte_characters()[byte] for byte in range(256)]
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    texts = [*special, *letters, "th"]
    return {
        "tokens": texts, "token_type": [3] * 3 + [1] * 257, "merges": ["t h"], "eos_token_id": 2,
        "chat_template": TEMPLATE,
    }  # fmt: skip


def write_whole_gguf(transformers: Any, path: Path) -> None:
    tokens = byte_tokens()
    model = made(transformers, "llama", vocab_size=len(tokens["tokens"]))

    def with_tokenizer(writer: Any) -> None:
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre("gpt-2")
        writer.add_token_list(tokens["tokens"])
        writer.add_token_types(tokens["token_type"])
        writer.add_token_merges(tokens["merges"])
        writer.add_eos_token_id(tokens["eos_token_id"])
        writer.add_chat_template(tokens["chat_template"])

    write_gguf(model, path, "llama", more=with_tokenizer)
