"""Export for transformers: the same logits and ids there, checked before it is handed out."""

import json

import pytest
import torch
from random_models import SHAPE, TOKENIZER, loaded
from variant_shapes import VARIANTS

from llmcore import models
from llmcore.convert import export as exporting
from llmcore.convert import gpt2
from llmcore.convert.export import export_model
from llmcore.errors import LabError, StateError
from llmcore.tasks.classification import encode_texts
from llmcore.tasks.texts import pad


@pytest.fixture
def out(tmp_path):
    """A new name in a folder that holds nothing else."""
    (tmp_path / "exports").mkdir()
    return tmp_path / "exports" / "out"


@pytest.mark.parametrize("tied", [True, False])
def test_transformers_computes_the_same_logits(transformers, out, tied):
    one = loaded(tied_head=tied)
    made = export_model(one, "hf", out)
    assert made.path == out and made.max_abs_logit_difference == 0.0
    assert made.parameters == one.model.n_parameters()
    theirs = transformers.AutoModelForCausalLM.from_pretrained(made.path).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(made.path)
    batch = tokenizer("the cat sees the moon.", return_tensors="pt")
    assert batch["input_ids"][0].tolist() == TOKENIZER.encode("the cat sees the moon.")
    with torch.no_grad():
        assert (theirs(**batch).logits - one.model(batch["input_ids"])).abs().max() <= 1e-5
    assert theirs.config.pad_token_id == theirs.generation_config.eos_token_id == TOKENIZER.eot_id
    assert theirs.config.resid_pdrop == 0.1
    assert theirs.config.tie_word_embeddings == tied


def test_what_was_exported_is_a_model_of_the_lab_again(out):
    one = loaded()
    export_model(one, "hf", out)
    again = models.load(str(out))
    assert again.tokenizer.fingerprint == TOKENIZER.fingerprint
    assert again.trunk.config == SHAPE
    for ours, theirs in zip(one.model.parameters(), again.model.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_a_classifier_scores_the_same_there_whatever_the_padding(transformers, out):
    one = loaded(labels=["ham", "spam", "eggs"])
    assert one.model.classifier_head.bias.abs().max() > 0.01
    made = export_model(one, "hf", out)
    assert made.max_abs_logit_difference <= 1e-4
    texts = ["the cat sees the moon.", "a dog", "her sister finds some bread. <|endoftext|>"]
    theirs = transformers.AutoModelForSequenceClassification.from_pretrained(made.path).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(made.path)
    with torch.no_grad():
        scores = theirs(**tokenizer(texts, padding=True, return_tensors="pt")).logits
    ids, _ = encode_texts(TOKENIZER, texts, 32)
    assert (scores - one.model(*pad(ids, TOKENIZER.eot_id, "cpu"))).abs().max() <= 1e-4
    assert theirs.config.id2label == {0: "ham", 1: "spam", 2: "eggs"}
    assert type(theirs).__name__ == "GPT2ForSequenceClassification"
    assert models.load(str(made.path)).labels == ["ham", "spam", "eggs"]


def test_a_bias_is_a_shift_below_the_head():
    head = loaded(labels=["a", "b", "c"]).model.classifier_head
    shift = gpt2.bias_as_shift(head)
    assert (head.weight @ shift - head.bias).abs().max() <= 1e-6
    hidden = torch.randn(5, 24, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(head(hidden), (hidden + shift) @ head.weight.T, atol=1e-5)


def test_a_bias_that_no_shift_gives_is_refused_and_nothing_is_left(out):
    one = loaded(labels=["ham", "spam"])
    with torch.no_grad():
        one.model.classifier_head.weight[1] = one.model.classifier_head.weight[0]
        one.model.classifier_head.bias.copy_(torch.tensor([1.0, -1.0]))
    with pytest.raises(LabError, match="bias cannot be expressed in GPT2ForSequenceClassification"):
        export_model(one, "hf", out)
    assert list(out.parent.iterdir()) == []


def test_large_models_go_into_numbered_files(transformers, out, monkeypatch):
    one = loaded()
    monkeypatch.setattr(exporting, "write_gpt2", lambda m, d: gpt2.write_gpt2(m, d, 20_000))
    made = export_model(one, "hf", out)
    index = json.loads((made.path / "model.safetensors.index.json").read_text())
    assert len(set(index["weight_map"].values())) > 2
    assert not (made.path / "model.safetensors").exists()
    theirs = transformers.AutoModelForCausalLM.from_pretrained(made.path).eval()
    ids = torch.arange(32).unsqueeze(0)
    with torch.no_grad():
        assert (theirs(ids).logits - one.model(ids)).abs().max() <= 1e-5


@pytest.mark.parametrize("what", ["weight", "tokenizer", "garbage"])
def test_an_export_that_fails_its_check_is_deleted(out, monkeypatch, what):
    def spoiled(model, directory):
        gpt2.write_gpt2(loaded(n_layers=2).model if what == "tokenizer" else model, directory)
        if what == "weight":
            other = loaded()
            with torch.no_grad():
                other.model.blocks[1].feed_forward.up.weight[0, 0] += 1.0
            gpt2.write_gpt2(other.model, directory)
        elif what == "garbage":
            (directory / "model.safetensors").write_bytes(b"nonsense")
        else:
            path = directory / "tokenizer.json"
            path.write_text(path.read_text().replace('"e"', '"Æ"').replace('"f"', '"e"'))

    monkeypatch.setattr(exporting, "write_gpt2", spoiled)
    with pytest.raises(LabError, match="did not pass its check and was deleted") as caught:
        export_model(loaded(), "hf", out)
    assert "\n" not in str(caught.value)
    assert list(out.parent.iterdir()) == []


@pytest.mark.parametrize("format", ["hf", "gguf"])
def test_what_is_there_is_not_overwritten(out, format):
    out.mkdir()
    (out / "kept.txt").write_text("mine")
    for taken in (out, out / "kept.txt"):
        with pytest.raises(StateError, match=r"not empty|already exists"):
            export_model(loaded(), format, taken)
    assert [path.name for path in out.iterdir()] == ["kept.txt"]
    assert (out / "kept.txt").read_text() == "mine"


def test_an_empty_folder_is_taken_and_an_unknown_format_refused(out):
    out.mkdir()
    assert export_model(loaded(), "hf", out).path.is_dir()
    with pytest.raises(LabError, match="no format 'onnx': choose one of hf, gguf"):
        export_model(loaded(), "onnx", out.parent / "other")


@pytest.mark.parametrize("format", ["hf", "gguf"])
@pytest.mark.parametrize("name", VARIANTS)
def test_a_part_that_gpt2_does_not_have_is_refused_by_name(out, format, name):
    named = {"rope": "RoPE", "rms": "RMSNorm", "swiglu": "SwiGLU", "gqa": "GQA",
             "all": "RoPE, RMSNorm, SwiGLU, GQA"}[name]  # fmt: skip
    with pytest.raises(LabError, match=f"my-run has {named}, which GPT-2's format has no place"):
        export_model(loaded(**VARIANTS[name]), format, out)
    assert not out.exists()
