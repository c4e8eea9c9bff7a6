import numpy as np
import pytest
import torch
import torch.nn.functional as F
from random_models import SHAPE, TOKENIZER, loaded
from variant_shapes import VARIANTS

from llmcore.tasks.instruction_scores import learned_logits
from llmcore.tasks.instruction_tokens import Example
from llmcore.tasks.packing import packed, padded

FILL = TOKENIZER.eot_id


def examples(lengths, seed=0):
    """Random ids; the second half of each is learned."""
    rng = np.random.default_rng(seed)
    made = []
    for n in lengths:
        learned = np.arange(n) >= n // 2
        made.append(Example(rng.integers(0, 250, n), learned, 0))
    return made


def loss(model, batch):
    return F.cross_entropy(learned_logits(model, batch), batch.targets)


def gradients(model, batch):
    model.zero_grad()
    loss(model, batch).backward()
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


@pytest.mark.parametrize("lengths", [[5, 9, 3, 7, 12, 4], [32, 2, 2, 31, 15, 16], [8]])
def test_the_packed_loss_is_the_unpacked_one(lengths):
    """Mean loss over the learned tokens, and its gradient, to 1e-5 (dropout is off in eval)."""
    model, few = loaded().model, examples(lengths)
    model.requires_grad_(True)
    rows = packed(few, SHAPE.context_length, FILL, "cpu")
    alone = padded(few, FILL, "cpu")
    assert rows.n_tokens == alone.n_tokens == sum(lengths) - len(lengths)
    assert abs(loss(model, rows).item() - loss(model, alone).item()) < 1e-5
    torch.testing.assert_close(gradients(model, rows), gradients(model, alone), atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", VARIANTS)
def test_packing_keeps_examples_apart_in_every_variant(name):
    model, few = loaded(**VARIANTS[name]).model, examples([5, 9, 3, 7, 12, 4])
    model.requires_grad_(True)
    rows, alone = packed(few, SHAPE.context_length, FILL, "cpu"), padded(few, FILL, "cpu")
    assert rows.positions is not None
    torch.testing.assert_close(gradients(model, rows), gradients(model, alone), atol=2e-5, rtol=0)


def test_packing_fills_rows_and_keeps_every_target():
    few = examples([5, 9, 3, 7, 12, 4, 20])
    rows = packed(few, 32, FILL, "cpu")
    assert len(rows.ids) == 2 and rows.ids.shape[1] <= 32
    expected = sorted(id for example in few for id in example.ids[1:][example.learned[1:]])
    assert sorted(rows.targets.tolist()) == expected


def test_an_example_sees_itself_alone_and_counts_from_zero():
    few = examples([6, 5])
    rows = packed(few, 32, FILL, "cpu")
    assert rows.positions.tolist() == [[0, 1, 2, 3, 4, 0, 1, 2, 3]]
    visible = rows.visible[0, 0]
    assert not visible[5:, :5].any() and not visible[:5, 5:].any()
    assert visible[4, :5].all() and visible[8, 5:].all() and not visible[0, 1]


def test_without_the_mask_the_packed_loss_would_be_another():
    """So that the test above can fail: the neighbours in a row do matter to attention."""
    model, few = loaded().model, examples([5, 9, 3, 7])
    rows = packed(few, SHAPE.context_length, FILL, "cpu")
    hidden = model.hidden(rows.ids)
    wrong = F.cross_entropy(model.unembed(hidden[rows.learned]), rows.targets)
    assert abs(wrong.item() - loss(model, rows).item()) > 1e-3
