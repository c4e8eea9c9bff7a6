"""GGUF, the one-file format of llama.cpp: written for the gpt2 architecture, and read back."""

from pathlib import Path
from typing import Any

import torch

from llmcore.config import ModelConfig
from llmcore.convert.gguf_header import GgufFile
from llmcore.convert.gpt2_config import LAYER_NORM_EPSILON
from llmcore.convert.hf_tokenizer import printable
from llmcore.convert.merges import merges_of
from llmcore.convert.names import language_names
from llmcore.errors import DamagedError, LabError
from llmcore.nn.model import GPT
from llmcore.nn.weights import check_fit
from llmcore.tokenizers import Tokenizer
from llmcore.tokenizers.patterns import (
    BPE_PATTERN,
    BYTES_PATTERN,
    CHARACTERS_PATTERN,
    CL100K_PATTERN,
    GPT2_PATTERN,
)

# Our pattern -> the name by which llama.cpp knows how text is split before merging.
_PRE_TOKENIZERS = {
    GPT2_PATTERN: "gpt-2",
    CL100K_PATTERN: "dbrx",
    BPE_PATTERN: "qwen2",
    # No merge joins two characters, or none at all, so any rule that cuts between them will do.
    CHARACTERS_PATTERN: "gpt-2",
    BYTES_PATTERN: "gpt-2",
}
_APPROXIMATE = {
    BPE_PATTERN: (
        "llama.cpp knows no splitting exactly like this tokenizer's; the nearest (qwen2's) cuts "
        "after an apostrophe and a capital s, t, m, d, re, ve or ll, as in 'Tis, where the lab "
        "does not."
    ),
}
# llama.cpp asks for merges if a tokenizer has none; these two bytes never occur in UTF-8.
_NO_MERGES = [(b"\xff", b"\xfe")]


def write_gguf(model: GPT, tokenizer: Tokenizer, path: Path, name: str) -> list[str]:
    """Writes the model in fp32 with its tokenizer inside; returns what a person should know.

    Raises LabError for a tokenizer that llama.cpp cannot express.
    """
    import gguf

    merges_anything = tokenizer.pattern == BYTES_PATTERN and len(tokenizer.ranks) > 256
    if tokenizer.pattern not in _PRE_TOKENIZERS or merges_anything:
        raise LabError(
            f"llama.cpp knows no pre-tokenizer like that of {tokenizer.name}: export a model with "
            f"gpt2's or cl100k_base's tokenizer, or one trained with the lab's own rule."
        )
    config = model.config
    writer = gguf.GGUFWriter(path, gguf.MODEL_ARCH_NAMES[gguf.MODEL_ARCH.GPT2])
    try:
        writer.add_name(name)
        writer.add_file_type(gguf.LlamaFileType.ALL_F32)
        writer.add_vocab_size(config.vocab_size)
        writer.add_context_length(config.context_length)
        writer.add_embedding_length(config.d_model)
        writer.add_feed_forward_length(4 * config.d_model)
        writer.add_block_count(config.n_layers)
        writer.add_head_count(config.n_heads)
        writer.add_layer_norm_eps(LAYER_NORM_EPSILON)
        _add_tokenizer(writer, tokenizer, config.vocab_size)
        parameters = dict(model.named_parameters())
        for language_name in language_names(config):
            writer.add_tensor(
                language_name.gguf, parameters[language_name.ours].detach().cpu().float().numpy()
            )
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()
    notice = _APPROXIMATE.get(tokenizer.pattern)
    return [notice] if notice else []


def _add_tokenizer(writer: Any, tokenizer: Tokenizer, vocab_size: int) -> None:
    texts, types = gguf_tokens(tokenizer, vocab_size)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(_PRE_TOKENIZERS[tokenizer.pattern])
    writer.add_token_list(texts)
    writer.add_token_types(types)
    writer.add_token_merges(_merge_lines(tokenizer))
    for add in (writer.add_bos_token_id, writer.add_eos_token_id, writer.add_pad_token_id):
        add(tokenizer.eot_id)
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)


def _merge_lines(tokenizer: Tokenizer) -> list[str]:
    pairs = merges_of(tokenizer.ranks) or _NO_MERGES
    return [f"{printable(left)} {printable(right)}" for left, right in pairs]


def gguf_tokens(tokenizer: Tokenizer, vocab_size: int) -> tuple[list[str], list[int]]:
    """The text and the type of each of `vocab_size` ids: as many as the embedding has rows.

    Ids that no token has are marked unused, special ones as control.
    """
    from gguf import TokenType

    known = {id: (printable(data), TokenType.NORMAL) for data, id in tokenizer.ranks.items()}
    known |= {id: (text, TokenType.CONTROL) for text, id in tokenizer.special_tokens.items()}
    rows = [known.get(id, (f"[PAD{id}]", TokenType.UNUSED)) for id in range(vocab_size)]
    return [text for text, _ in rows], [int(kind) for _, kind in rows]


def read_gguf(file: GgufFile, config: ModelConfig) -> GPT:
    """The model in a GGUF file of the gpt2 architecture, whose shape is `config`, in fp32.

    Raises DamagedError if its tensors do not fit or cannot be read.
    """
    table = language_names(config)
    check_fit({row.gguf: row.shape for row in table}, file.shapes, file.path)
    model = GPT(config, initialise=False)
    parameters = dict(model.named_parameters())
    with torch.no_grad():
        for row in table:
            parameters[row.ours].copy_(file.read(row.gguf))
    return model.eval().requires_grad_(False)


def check_gguf(path: Path, model: GPT, tokenizer: Tokenizer) -> GPT:
    """Reads a written file back and compares it with what it was written from.

    Returns the model of the file. Raises DamagedError that names the first difference.
    """
    file = GgufFile(path)
    texts, types = gguf_tokens(tokenizer, model.config.vocab_size)
    expected = {
        "general.architecture": "gpt2",
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": _PRE_TOKENIZERS[tokenizer.pattern],
        "tokenizer.ggml.tokens": texts,
        "tokenizer.ggml.token_type": types,
        "tokenizer.ggml.merges": _merge_lines(tokenizer),
        "tokenizer.ggml.eos_token_id": tokenizer.eot_id,
    }
    for key, value in expected.items():
        if file.metadata.get(key) != value:
            raise DamagedError(f"{path} does not hold the {key} that was written.")
    again = read_gguf(file, model.config)
    for (name, parameter), other in zip(model.named_parameters(), again.parameters(), strict=True):
        if not torch.equal(parameter.float(), other):
            raise DamagedError(f"{path} does not hold the {name} that was written.")
    return again
