"""GGUF: what the gguf package reads back is what was written, tensor by tensor."""

import numpy as np
import pytest
import torch
from gguf import GGUFReader, TokenType
from random_models import SHAPE, TOKENIZER, loaded
from tiny import TEXT

from llmcore.convert import export as exporting
from llmcore.convert import gguf_file
from llmcore.convert.export import export_model
from llmcore.convert.hf_tokenizer import printable
from llmcore.errors import LabError
from llmcore.models import Loaded
from llmcore.nn.model import GPT
from llmcore.tokenizers import END_OF_TEXT, Tokenizer, builtin_tokenizer, train_bpe

OURS = {
    "token_embd.weight": "token_embedding.weight",
    "position_embd.weight": "position_embedding.weight",
    "blk.1.attn_norm.bias": "blocks.1.attention_norm.bias",
    "blk.0.attn_qkv.weight": "blocks.0.attention.qkv.weight",
    "blk.1.attn_output.weight": "blocks.1.attention.output.weight",
    "blk.0.ffn_norm.weight": "blocks.0.feed_forward_norm.weight",
    "blk.1.ffn_up.bias": "blocks.1.feed_forward.up.bias",
    "blk.0.ffn_down.weight": "blocks.0.feed_forward.down.weight",
    "output_norm.weight": "final_norm.weight",
    "output.weight": "head.weight",
}


@pytest.fixture
def out(tmp_path):
    """A new file in a folder that holds nothing else."""
    (tmp_path / "exports").mkdir()
    return tmp_path / "exports" / "model.gguf"


@pytest.mark.parametrize("tied", [True, False])
def test_every_tensor_and_setting_comes_back(out, tied):
    one = loaded(tied_head=tied)
    made = export_model(one, "gguf", out)
    assert made.max_abs_logit_difference == 0.0 and made.path == out
    reader = GGUFReader(made.path)
    tensors = {tensor.name: np.array(tensor.data) for tensor in reader.tensors}
    parameters = dict(one.model.named_parameters())
    assert len(tensors) == len(parameters)
    for theirs, ours in OURS.items():
        if theirs in tensors or not tied:
            assert np.array_equal(tensors[theirs], parameters[ours].numpy()), theirs
    assert ("output.weight" in tensors) != tied
    value = {key: field.contents() for key, field in reader.fields.items()}
    assert value["general.architecture"] == "gpt2" and value["general.name"] == "My run"
    assert value["gpt2.context_length"] == 32 and value["gpt2.embedding_length"] == 24
    assert value["gpt2.block_count"] == 2 and value["gpt2.attention.head_count"] == 3
    assert value["gpt2.feed_forward_length"] == 96
    assert value["gpt2.attention.layer_norm_epsilon"] == pytest.approx(1e-5)


def test_the_tokenizer_is_inside(out):
    made = export_model(loaded(vocab_size=310), "gguf", out)
    value = {key: field.contents() for key, field in GGUFReader(made.path).fields.items()}
    assert value["tokenizer.ggml.model"] == "gpt2" and value["tokenizer.ggml.pre"] == "qwen2"
    tokens, types = value["tokenizer.ggml.tokens"], value["tokenizer.ggml.token_type"]
    assert len(tokens) == len(types) == 310
    assert tokens[:299] == [printable(TOKENIZER.token_bytes(id)) for id in range(299)]
    assert tokens[299] == END_OF_TEXT and types[299] == TokenType.CONTROL
    assert types[:299] == [TokenType.NORMAL] * 299 and set(types[300:]) == {TokenType.UNUSED}
    assert value["tokenizer.ggml.eos_token_id"] == value["tokenizer.ggml.bos_token_id"] == 299
    assert value["tokenizer.ggml.add_bos_token"] is False
    merges = value["tokenizer.ggml.merges"]
    assert [merge.replace(" ", "") for merge in merges] == tokens[256:299]
    assert any("apostrophe" in notice for notice in made.notices)


@pytest.mark.parametrize(
    ("name", "pre", "merges"), [("gpt2", "gpt-2", 50_000), ("cl100k_base", "dbrx", 100_000),
                                ("bytes", "gpt-2", 1)],
)  # fmt: skip
def test_built_in_tokenizers_name_their_splitting(out, name, pre, merges):
    tokenizer = builtin_tokenizer(name)
    model = GPT(SHAPE.with_(vocab_size=tokenizer.vocab_size, d_model=2, n_heads=1, n_layers=1))
    one = Loaded("key", "x", model.eval(), tokenizer, None, 0, {})
    made = export_model(one, "gguf", out.parent / "folder")
    assert made.path == out.parent / "folder" / "x.gguf"
    fields = GGUFReader(made.path).fields
    assert fields["tokenizer.ggml.pre"].contents() == pre
    assert len(fields["tokenizer.ggml.merges"].contents()) == merges
    assert len(fields["tokenizer.ggml.tokens"].contents()) == tokenizer.vocab_size


def test_a_classifier_has_no_place_in_gguf(out):
    with pytest.raises(LabError, match=r"no head for classes: export it with the format hf"):
        export_model(loaded(labels=["ham", "spam"]), "gguf", out)
    assert list(out.parent.iterdir()) == []


def test_a_tokenizer_that_llama_cpp_cannot_split_like_is_refused(out):
    odd = Tokenizer("odd", {bytes([i]): i for i in range(256)}, r"\S+|\s+", {END_OF_TEXT: 256})
    one = Loaded("key", "x", loaded().model, odd, None, 0, {})
    with pytest.raises(LabError, match="no pre-tokenizer like that of odd"):
        export_model(one, "gguf", out)
    phrases = Loaded("key", "x", loaded().model, train_bpe([TEXT], 300, "p", "none"), None, 0, {})
    with pytest.raises(LabError, match="no pre-tokenizer like that of p"):
        export_model(phrases, "gguf", out)
    large = Loaded("key", "x", loaded().model, builtin_tokenizer("gpt2"), None, 0, {})
    with pytest.raises(LabError, match="50257 tokens but the model only 300"):
        export_model(large, "gguf", out)
    assert list(out.parent.iterdir()) == []


@pytest.mark.parametrize("what", ["weight", "tokenizer", "cut"])
def test_a_file_that_fails_its_check_is_deleted(out, monkeypatch, what):
    original = gguf_file.write_gguf

    def spoiled(model, tokenizer, path, name):
        other = loaded().model
        if what == "weight":
            with torch.no_grad():
                other.final_norm.bias[3] += 0.001
        if what == "tokenizer":
            ranks = tokenizer.ranks
            swapped = {**ranks, b"a": ranks[b"b"], b"b": ranks[b"a"]}
            tokenizer = Tokenizer("x", swapped, tokenizer.pattern, tokenizer.special_tokens)
        original(other, tokenizer, path, name)
        if what == "cut":
            path.write_bytes(path.read_bytes()[:-500])
        return []

    monkeypatch.setattr(gguf_file, "write_gguf", spoiled)
    with pytest.raises(LabError, match="did not pass its check and was deleted") as caught:
        exporting.export_model(loaded(), "gguf", out)
    assert "\n" not in str(caught.value)
    assert list(out.parent.iterdir()) == []
