"""Llama-shaped folders of Hugging Face give the logits of transformers, or are refused by name."""

import json
from pathlib import Path

import pytest
import torch
from convert.llama_models import CONTEXT, FAMILIES, LLAMA3, ids, logits_of, made

from llmcore.convert.foreign import read_model, stored_precision
from llmcore.convert.locate import find
from llmcore.errors import DamagedError, LabError

CLOSE = {"rtol": 1e-4, "atol": 2e-5}


def read(directory: Path):
    foreign = find(str(directory))
    assert foreign is not None
    return read_model(foreign)[0]


def change(directory: Path, **settings) -> None:
    path = directory / "config.json"
    kept = json.loads(path.read_text()) | settings
    path.write_text(json.dumps({key: item for key, item in kept.items() if item != "absent"}))


@pytest.mark.parametrize("name", FAMILIES)
def test_the_logits_are_those_of_transformers(transformers, tmp_path, name):
    theirs = made(transformers, name)
    theirs.save_pretrained(tmp_path)
    ours = read(tmp_path)
    expected = logits_of(theirs)
    with torch.no_grad():
        torch.testing.assert_close(ours(ids()), expected, **CLOSE)
    assert ours.n_parameters() == ours.config.n_parameters()
    assert ours.n_parameters() == sum(parameter.numel() for parameter in theirs.parameters())


def test_several_files_are_one_model(transformers, tmp_path):
    theirs = made(transformers, "qwen2")
    theirs.save_pretrained(tmp_path, max_shard_size="40KB")
    assert len(list(tmp_path.glob("*.safetensors"))) > 2
    with torch.no_grad():
        torch.testing.assert_close(read(tmp_path)(ids()), logits_of(theirs), **CLOSE)


@pytest.mark.parametrize("kind", ["bfloat16", "float16"])
def test_half_precision_is_read_and_kept(transformers, tmp_path, kind):
    theirs = made(transformers, "llama").to(getattr(torch, kind))
    theirs.save_pretrained(tmp_path)
    # `to` narrows RoPE's frequencies as well, which reading a file does not.
    again = transformers.AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32)
    with torch.no_grad():
        torch.testing.assert_close(read(tmp_path)(ids()), logits_of(again.eval()), **CLOSE)
    assert stored_precision(find(str(tmp_path))) == {"bfloat16": "bf16", "float16": "fp16"}[kind]


@pytest.mark.parametrize("name", ["llama 3.1", "llama linear", "llama"])
def test_config_files_of_transformers_4_mean_the_same(transformers, tmp_path, name):
    theirs = made(transformers, name)
    theirs.save_pretrained(tmp_path)
    rope = dict(theirs.config.rope_parameters)
    base = rope.pop("rope_theta")
    kind = "rope_type" if rope["rope_type"] == "llama3" else "type"
    scaling = None if rope["rope_type"] == "default" else rope | {kind: rope["rope_type"]}
    change(tmp_path, rope_parameters="absent", rope_theta=base, rope_scaling=scaling)
    with torch.no_grad():
        torch.testing.assert_close(read(tmp_path)(ids()), logits_of(theirs), **CLOSE)


@pytest.mark.parametrize(
    ("name", "settings"),
    [("mistral", {"sliding_window": 24}),
     ("qwen2", {"use_sliding_window": True, "sliding_window": 24, "max_window_layers": 1})],
)  # fmt: skip
def test_a_window_bounds_the_context(transformers, tmp_path, name, settings):
    """Up to its window such a model computes what one without does; beyond, it is another."""
    theirs = made(transformers, name, **settings)
    theirs.save_pretrained(tmp_path)
    ours = read(tmp_path)
    assert ours.config.context_length == 24 < CONTEXT
    with torch.no_grad():
        torch.testing.assert_close(ours(ids(24)), logits_of(theirs, 24), **CLOSE)
        beyond = logits_of(made(transformers, name), CONTEXT)
    assert not torch.allclose(beyond, logits_of(theirs, CONTEXT), atol=1e-3)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"hidden_act": "gelu"}, "hidden_act 'gelu'"),
        ({"mlp_bias": True}, "mlp_bias True"),
        ({"rope_parameters": LLAMA3 | {"rope_type": "yarn"}}, "rope_type 'yarn'"),
        ({"rope_scaling": {"type": "dynamic", "factor": 2.0}, "rope_parameters": "absent"},
         "rope_type 'dynamic'"),
        ({"partial_rotary_factor": 0.5}, "partial_rotary_factor 0.5"),
        ({"quantization_config": {"bits": 4}}, "quantization_config"),
        ({"architectures": ["LlamaForSequenceClassification"]}, "LlamaForSequenceClassification"),
        ({"model_type": "gemma2"}, "a gemma2 model"),
        ({"hidden_size": "48"}, "hidden_size"),
    ],
)  # fmt: skip
def test_what_the_lab_does_not_compute_is_refused_by_name(transformers, tmp_path, settings, words):
    made(transformers, "llama").save_pretrained(tmp_path)
    change(tmp_path, **settings)
    with pytest.raises(LabError, match=words):
        find(str(tmp_path))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"num_hidden_layers": 4}, "describe a model of"),
        ({"intermediate_size": 64}, "has shape"),
        ({"num_hidden_layers": 2}, "does not have"),
        ({"hidden_size": 48_000, "head_dim": 8}, "describe a model of"),
        ({"tie_word_embeddings": True}, "not the token embedding"),
    ],
)
def test_weights_that_do_not_fit_are_refused_before_memory_is_taken(
    transformers, tmp_path, settings, words
):
    made(transformers, "llama").save_pretrained(tmp_path)
    change(tmp_path, **settings)
    with pytest.raises(DamagedError, match=words):
        read(tmp_path)
