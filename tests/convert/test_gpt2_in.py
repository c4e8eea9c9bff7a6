"""GPT-2 in: the same numbers as transformers, every name and shape checked, one copy in memory."""

import json
import weakref

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny import TEXT

from llmcore import generation, models
from llmcore.convert.gpt2 import read_gpt2
from llmcore.convert.hf_tokenizer import write_tokenizer
from llmcore.convert.locate import ForeignModel
from llmcore.errors import LabError
from llmcore.nn.hooks import watch
from llmcore.nn.weights import TensorFiles
from llmcore.tokenizers import train_bpe

SHAPES = [
    {"n_embd": 24, "n_head": 3, "n_layer": 2},
    {"n_embd": 35, "n_head": 5, "n_layer": 3, "vocab_size": 99, "n_positions": 64},
    {"n_embd": 64, "n_head": 1, "n_layer": 1, "activation_function": "gelu_pytorch_tanh"},
    {"n_embd": 48, "n_head": 4, "n_layer": 2, "tie_word_embeddings": False},
    {"n_embd": 28, "n_head": 7, "n_layer": 4, "vocab_size": 50257, "n_inner": 112},
    {"n_embd": 24, "n_head": 2, "n_layer": 2, "reorder_and_upcast_attn": True},
]


def ids_for(model, n=2):
    generator = torch.Generator().manual_seed(1)
    size = (n, model.config.n_positions)
    return torch.randint(model.config.vocab_size, size, generator=generator)


def read(directory):
    return read_gpt2(ForeignModel(str(directory), directory))


def rewrite(directory, change):
    """Applies `change` to the dictionary of tensors in a directory's model.safetensors."""
    path = directory / "model.safetensors"
    save_file(change(load_file(path)), path)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda row: "-".join(map(str, row.values())))
def test_logits_and_attention_are_those_of_transformers(make_hf, tmp_path, shape):
    theirs = make_hf(tmp_path, attn_implementation="eager", **shape)
    ours, labels = read(tmp_path)
    assert labels is None
    assert ours.n_parameters() == sum(parameter.numel() for parameter in theirs.parameters())
    ids = ids_for(theirs)
    names = [f"blocks.{layer}.attention.weights" for layer in range(shape["n_layer"])]
    with torch.no_grad(), watch(ours, names) as seen:
        logits = ours(ids)
    expected = theirs(ids, output_attentions=True)
    assert (logits - expected.logits).abs().max() <= 1e-4
    assert (ours(ids) - expected.logits).abs().max() <= 1e-4  # the fused kernel too
    assert len(expected.attentions) == len(names)
    for name, attention in zip(names, expected.attentions, strict=True):
        assert (seen[name] - attention).abs().max() <= 1e-5


@pytest.mark.parametrize("penalty", [1.0, 1.4])
@pytest.mark.parametrize("shape", [SHAPES[0], SHAPES[3]], ids=["tied", "untied"])
def test_greedy_text_is_that_of_transformers(make_hf, tmp_path, shape, penalty):
    theirs = make_hf(tmp_path, initializer_range=0.3, n_positions=64, **shape)
    write_tokenizer(train_bpe([TEXT], 300), tmp_path, 64)
    loaded = models.load(str(tmp_path))
    assert loaded.tokenizer.vocab_size == 300 and loaded.card["notice"] is None
    for prompt in ("the cat sees", "her sister", "some bread."):
        ids = torch.tensor([loaded.tokenizer.encode(prompt)])
        expected = theirs.generate(
            ids, max_new_tokens=40, do_sample=False, repetition_penalty=penalty
        )[0, ids.size(1) :]
        sampling = generation.SamplingConfig(
            temperature=0.0, max_new_tokens=40, repetition_penalty=penalty
        )
        made = generation.generate(loaded.model, loaded.tokenizer, prompt, sampling)
        assert len(set(made.ids)) > 5
        assert made.ids == [
            token for token in expected.tolist() if token != loaded.tokenizer.eot_id
        ]


def test_names_without_the_prefix_and_with_masks_are_read_as_openai_published_them(
    make_hf, tmp_path
):
    theirs = make_hf(tmp_path)

    def bare(tensors):
        renamed = {name.removeprefix("transformer."): tensor for name, tensor in tensors.items()}
        mask = torch.ones(1, 1, 32, 32, dtype=torch.uint8).tril()
        return {**renamed, "h.0.attn.bias": mask, "h.1.attn.masked_bias": torch.tensor(-1e4)}

    rewrite(tmp_path, bare)
    ours, _ = read(tmp_path)
    ids = ids_for(theirs)
    assert (ours(ids) - theirs(ids).logits).abs().max() <= 1e-4


def test_numbered_files_are_read_as_one(make_hf, tmp_path):
    theirs = make_hf(tmp_path, save={"max_shard_size": "20KB"})
    assert len(list(tmp_path.glob("*.safetensors"))) > 2
    ids = ids_for(theirs)
    assert (read(tmp_path)[0](ids) - theirs(ids).logits).abs().max() <= 1e-4
    next(iter(sorted(tmp_path.glob("*.safetensors")))).unlink()
    with pytest.raises(LabError, match=r"lacks model-00001-of-.*download the model again"):
        read(tmp_path)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_become_fp32(make_hf, tmp_path, dtype):
    make_hf(tmp_path)
    rewrite(tmp_path, lambda tensors: {k: v.to(dtype) for k, v in tensors.items()})
    ours, _ = read(tmp_path)
    stored = load_file(tmp_path / "model.safetensors")["transformer.wte.weight"]
    assert ours.token_embedding.weight.dtype == torch.float32
    assert torch.equal(ours.token_embedding.weight, stored.float())


def test_a_head_that_is_called_tied_must_be_the_embedding(make_hf, tmp_path):
    theirs = make_hf(tmp_path, tie_word_embeddings=False)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"tie_word_embeddings": True}))
    with pytest.raises(LabError, match="lm_head.weight.*set tie_word_embeddings to false"):
        read(tmp_path)
    rewrite(tmp_path, lambda t: {**t, "lm_head.weight": t["transformer.wte.weight"].clone()})
    alias, _ = read(tmp_path)
    assert alias.config.tied_head and alias.head.weight is alias.token_embedding.weight
    assert torch.equal(alias.token_embedding.weight, theirs.transformer.wte.weight)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda t: {k: v for k, v in t.items() if k != "transformer.h.1.ln_2.bias"},
            r"lack 'h\.1\.ln_2\.bias'",
        ),
        (lambda t: {**t, "transformer.h.2.ln_1.bias": torch.zeros(24)}, r"hold 'h\.2\.ln_1\.bias'"),
        (lambda t: {**t, "adapter.weight": torch.zeros(2)}, r"hold 'adapter\.weight'"),
        (
            lambda t: {**t, "transformer.h.0.mlp.c_fc.weight": torch.zeros(96, 24)},
            r"'h\.0\.mlp\.c_fc\.weight' .* shape \(96, 24\) but the model needs \(24, 96\)",
        ),
        (lambda t: {**t, "ln_f.bias": torch.zeros(24)}, r"'ln_f\.bias' twice"),
        (
            lambda t: {**t, "transformer.ln_f.bias": torch.zeros(24, dtype=torch.int8)},
            r"'ln_f\.bias' .* torch\.int8.*quantized",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_name(make_hf, tmp_path, change, words):
    make_hf(tmp_path)
    rewrite(tmp_path, change)
    with pytest.raises(LabError, match=words) as caught:
        read(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"activation_function": "relu"}, "activation_function 'relu'.*'gelu_new'"),
        ({"layer_norm_epsilon": 1e-6}, "layer_norm_epsilon 1e-06"),
        ({"scale_attn_weights": False}, "scale_attn_weights False"),
        ({"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx True"),
        ({"add_cross_attention": True}, "add_cross_attention True"),
        ({"n_inner": 100}, "n_inner 100.*96"),
        ({"n_layer": "two"}, "n_layer .* 'two', not a whole number"),
        ({"n_head": 5}, "24 is not divisible by n_heads 5"),
        ({"quantization_config": {"bits": 4}}, "quantization_config"),
        ({"model_type": "bert"}, "a bert model: the lab computes gpt2, llama, mistral"),
    ],
)
def test_what_the_lab_cannot_compute_is_refused_with_the_setting(
    make_hf, tmp_path, settings, words
):
    make_hf(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | settings))
    with pytest.raises(LabError, match=words) as caught:
        models.load(str(tmp_path))
    assert "\n" not in str(caught.value)


def test_a_pickle_is_refused_with_the_reason(make_hf, tmp_path):
    make_hf(tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(LabError, match=r"pickle.*can run any code.*model\.safetensors"):
        models.load(str(tmp_path))
    (tmp_path / "pytorch_model.bin").unlink()
    with pytest.raises(LabError, match=r"holds no model\.safetensors"):
        models.load(str(tmp_path))


def test_no_two_tensors_are_held_while_reading(make_hf, tmp_path, monkeypatch):
    make_hf(tmp_path, n_layer=3)
    original = TensorFiles.read
    alive: list[weakref.ref] = []

    def watched(self, name):
        assert not [model_left for model_left in alive if model_left() is not None], (
            f"another is held beside {name}"
        )
        tensor = original(self, name)
        alive.append(weakref.ref(tensor))
        return tensor

    monkeypatch.setattr(TensorFiles, "read", watched)
    read(tmp_path)
    assert len(alive) == 3 * 12 + 4


def test_a_classifier_keeps_its_labels_and_scores(make_hf, tmp_path):
    labels = {0: "ham", 1: "spam", 2: "eggs"}
    theirs = make_hf(tmp_path, kind="GPT2ForSequenceClassification", id2label=labels)
    loaded = models.load(str(tmp_path))
    assert loaded.kind == "classifier" and loaded.labels == ["ham", "spam", "eggs"]
    ids = ids_for(theirs).clamp(max=298)  # 299 is padding
    expected = theirs(ids).logits
    ours = loaded.model(ids, torch.full((2,), ids.size(1)))
    assert (ours - expected).abs().max() <= 1e-4
    rewrite(tmp_path, lambda t: {**t, "score.weight": torch.zeros(4, 24)})
    with pytest.raises(LabError, match="scores 4 classes"):
        read(tmp_path)
    rewrite(tmp_path, lambda t: {k: v for k, v in t.items() if k != "score.weight"})
    with pytest.raises(LabError, match=r"lack 'score\.weight'|'score\.weight'.*shape"):
        read(tmp_path)


def test_a_config_that_asks_for_more_memory_than_the_file_fills_is_refused_first(make_hf, tmp_path):
    make_hf(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    huge = {"n_embd": 60_000, "n_layer": 200, "vocab_size": 1_000_000}
    (tmp_path / "config.json").write_text(json.dumps(config | huge))
    with pytest.raises(LabError, match=r"lack 'h\.10\.attn"):
        read(tmp_path)
