import torch

from llmcore.config import ModelConfig
from llmcore.nn.dropout import KeyedDropout, set_dropout_key
from llmcore.nn.model import GPT

CONFIG = ModelConfig(vocab_size=50, context_length=8, n_layers=2, n_heads=2, d_model=16,
                     dropout=0.5)  # fmt: skip


def outputs(model, step, samples=(0,)):
    set_dropout_key(model, 3, step, samples)
    with torch.no_grad():
        return model(torch.arange(8).expand(len(samples), 8))


def test_masks_depend_on_the_key_alone():
    model = GPT(CONFIG).train()
    first = outputs(model, 10)
    torch.manual_seed(0)
    assert torch.equal(first, outputs(model, 10))
    assert not torch.equal(first, outputs(model, 11))
    assert not torch.equal(first, outputs(model, 10, [1]))
    assert torch.equal(first, outputs(GPT(CONFIG).train(), 10))


def test_places_have_masks_of_their_own():
    model = GPT(CONFIG).train()
    set_dropout_key(model, 3, 1)
    x = torch.ones(1, 64, 64)
    one, two = model.blocks[0].attention.dropout(x), model.blocks[1].attention.dropout(x)
    assert not torch.equal(one, two)


def test_share_and_mean_are_kept():
    dropout = KeyedDropout(0.25).train()
    dropout.set_key(1)
    y = dropout(torch.ones(200, 200))
    assert abs((y == 0).float().mean().item() - 0.25) < 0.01
    assert abs(y.mean().item() - 1.0) < 0.02


def test_in_eval_mode_and_at_zero_it_is_the_identity():
    x = torch.randn(3, 3)
    assert KeyedDropout(0.5).eval()(x) is x
    assert KeyedDropout(0.0).train()(x) is x


def test_a_sample_has_its_mask_whatever_stands_beside_it():
    model = GPT(CONFIG).train()
    whole = outputs(model, 10, range(4))
    torch.testing.assert_close(outputs(model, 10, [2, 3]), whole[2:], rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(outputs(model, 10, [3]), whole[3:], rtol=1e-5, atol=1e-6)


def test_padding_at_the_end_of_a_row_changes_no_mask_before_it():
    dropout = KeyedDropout(0.5).train()
    dropout.set_key(7, [5])
    long = dropout(torch.ones(1, 300, 64))
    dropout.set_key(7, [5])
    assert torch.equal(dropout(torch.ones(1, 111, 64)), long[:, :111])
