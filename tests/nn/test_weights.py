import pytest
import torch
from safetensors.torch import load_file, save_file

from llmcore.config import ModelConfig
from llmcore.errors import DamagedError
from llmcore.nn.classifier import SequenceClassifier
from llmcore.nn.model import GPT
from llmcore.nn.weights import load_weights, save_weights

CONFIG = ModelConfig(vocab_size=50, context_length=16, n_layers=2, n_heads=2, d_model=16)


def make(seed):
    return GPT(CONFIG, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("dtype", "tolerance"), [("fp32", 0.0), ("fp16", 1e-3), ("bf16", 1e-2)])
def test_what_was_saved_is_loaded_and_the_head_is_tied_again(tmp_path, dtype, tolerance):
    one, two = make(1), make(2)
    save_weights(one, tmp_path / "m.safetensors", dtype)
    assert "head.weight" not in load_file(tmp_path / "m.safetensors")
    load_weights(two, tmp_path / "m.safetensors")
    for a, b in zip(one.parameters(), two.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=tolerance)
    assert two.head.weight is two.token_embedding.weight
    assert next(two.parameters()).dtype == torch.float32


def test_a_classifier_survives_too(tmp_path):
    one, two = SequenceClassifier(make(1), 3), SequenceClassifier(make(2), 3)
    save_weights(one, tmp_path / "c.safetensors")
    load_weights(two, tmp_path / "c.safetensors")
    ids, lengths = torch.randint(0, 50, (2, 6)), torch.tensor([6, 4])
    assert torch.equal(one(ids, lengths), two(ids, lengths))


@pytest.mark.parametrize("damage", ["cut", "garbage", "missing", "surplus", "shape", "gone"])
def test_damage_is_one_sentence_and_leaves_the_model_untouched(tmp_path, damage):
    path = tmp_path / "m.safetensors"
    save_weights(make(1), path)
    tensors = load_file(path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:200])
    elif damage == "garbage":
        path.write_bytes(b"\x80\x04pickle?")
    elif damage == "missing":
        tensors.pop("final_norm.weight")
        save_file(tensors, path)
    elif damage == "surplus":
        save_file({**tensors, "extra": torch.zeros(1)}, path)
    elif damage == "shape":
        save_file({**tensors, "final_norm.weight": torch.zeros(17)}, path)
    else:
        path.unlink()
    model = make(2)
    before = [parameter.clone() for parameter in model.parameters()]
    with pytest.raises(DamagedError) as caught:
        load_weights(model, path)
    assert "m.safetensors" in str(caught.value)
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
