"""The logit lens ends in the model's own prediction; a logit is the sum of its shares."""

import numpy as np
import pytest
import torch
from looked_into import MODELS

from llmcore.errors import LabError
from llmcore.interpret import lens
from llmcore.interpret.lens import head_writes, logit_lens, logit_shares

pytestmark = pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
IDS = [5, 9, 17, 9, 5, 40, 41, 9]


@pytest.mark.parametrize("chunk", [1 << 25, 1])
def test_the_last_row_is_the_model_and_the_others_end_early(make, chunk, monkeypatch):
    monkeypatch.setattr(lens, "_LOGITS", chunk)
    model = make().trunk
    found = logit_lens(model, IDS, k=3)
    L, T = model.config.n_layers, len(IDS)
    assert found.ids.shape == found.probabilities.shape == (L + 1, T, 3)
    with torch.no_grad():
        logs = model(torch.tensor([IDS]))[0].log_softmax(-1)
        x = model.through_blocks(model.embed(torch.tensor([IDS])), end=1)
        early = model.unembed(model.finish(x))[0].log_softmax(-1)
    for row, expected in ((L, logs), (1, early)):
        np.testing.assert_allclose(
            found.probabilities[row], expected.exp().topk(3).values, rtol=1e-4
        )
        np.testing.assert_array_equal(found.ids[row], expected.topk(3).indices)
        truth = [float(expected[i, token_id]) for i, token_id in enumerate(IDS[1:])]
        np.testing.assert_allclose(np.log(found.truth_probability[row, :-1]), truth, rtol=1e-3)
        ranks = [
            int((expected[i] > expected[i, token_id]).sum()) + 1
            for i, token_id in enumerate(IDS[1:])
        ]
        assert found.truth_rank[row].tolist() == [*ranks, 0]
    kl = (logs.exp() * (logs - early)).sum(-1)
    np.testing.assert_allclose(found.divergence[1], kl, rtol=1e-3, atol=1e-5)
    assert np.isnan(found.truth_probability[:, -1]).all() and (found.divergence[L] < 1e-6).all()
    np.testing.assert_allclose(found.entropy[L], -(logs.exp() * logs).sum(-1), rtol=1e-4)


@pytest.mark.parametrize("against", [None, 3])
@pytest.mark.parametrize("position", [0, 4, 7])
def test_the_shares_add_up_to_the_logit(make, position, against):
    model = make().trunk
    found = logit_shares(model, IDS, position, 17, against)
    with torch.no_grad():
        logits = model(torch.tensor([IDS]))[0, position]
    expected = float(logits[17] - (logits[against] if against is not None else 0.0))
    assert found.logit == pytest.approx(expected, abs=1e-4)
    assert found.total == pytest.approx(expected, abs=1e-4)
    heads = [share for share in found.shares if share.kind == lens.HEAD]
    config = model.config
    assert len(heads) == config.n_layers * config.n_heads
    assert max(abs(head.value) for head in heads) > 1e-3


def test_heads_and_bias_together_are_what_attention_adds(make):
    model = make().trunk
    output = model.blocks[0].attention.output
    outputs = torch.randn(model.config.n_heads, model.config.d_head)
    expected = output(outputs.flatten())
    bias = 0.0 if output.bias is None else output.bias
    torch.testing.assert_close(head_writes(output, outputs).sum(0) + bias, expected)


def test_what_is_not_there_is_one_sentence(make):
    model = make().trunk
    with pytest.raises(LabError, match="no position 8"):
        logit_shares(model, IDS, 8, 1)
    with pytest.raises(LabError, match="no token 999"):
        logit_shares(model, IDS, 0, 1, 999)


@pytest.mark.parametrize("make_norm", [
    lambda: torch.nn.LayerNorm(6, eps=1e-3),
    lambda: torch.nn.LayerNorm(6, elementwise_affine=False),
    lambda: torch.nn.RMSNorm(6, eps=1e-3),
])  # fmt: skip
def test_a_norm_at_its_scale_is_linear(make, make_norm):
    norm = make_norm().double().requires_grad_(False)
    with torch.no_grad():
        for parameter in norm.parameters():
            parameter.uniform_(-1, 2)
    stream, direction = torch.randn(2, 6, dtype=torch.float64)
    towards, constant = lens.frozen_norm(norm, stream, direction)
    expected = float(norm(stream) @ direction)
    assert float(towards @ stream) + constant == pytest.approx(expected, abs=1e-9)
