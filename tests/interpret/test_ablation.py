"""Parts switched off: nothing off changes nothing, a part off is what arithmetic says it is."""

import numpy as np
import pytest
import torch
from looked_into import MODELS

from llmcore.errors import LabError
from llmcore.interpret.ablation import (
    HEAD,
    LAYER,
    MLP,
    Part,
    mean_loss,
    mean_outputs,
    outcome,
    rank_parts,
    switched_off,
)

pytestmark = pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
IDS = [5, 9, 17, 9, 5, 40, 41, 9]
ROWS = torch.tensor([IDS, IDS[::-1]])


def test_nothing_off_is_bit_equal(make):
    model = make().trunk
    with torch.no_grad():
        plain = model(ROWS)
        with switched_off(model, []):
            assert torch.equal(model(ROWS), plain)


def test_a_head_off_is_its_columns_of_the_output_at_zero(make):
    model = make().trunk
    D = model.config.d_head
    with torch.no_grad():
        with switched_off(model, [Part(1, HEAD, 2)]):
            found = model(ROWS)
        weight = model.blocks[1].attention.output.weight
        kept = weight.clone()
        weight[:, 2 * D : 3 * D] = 0.0
        expected = model(ROWS)
        weight.copy_(kept)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_a_layer_off_is_a_model_without_it(make):
    model = make().trunk
    with torch.no_grad():
        with switched_off(model, [Part(0, LAYER), Part(0, HEAD, 1), Part(0, MLP)]):
            found = model(ROWS)
        expected = model.unembed(model.finish(model.through_blocks(model.embed(ROWS), first=1)))
    torch.testing.assert_close(found, expected)


def test_an_mlp_off_leaves_the_middle_of_the_layer(make):
    model = make().trunk
    from llmcore.nn.hooks import watch

    with watch(model, ["blocks.0.residual_middle", "blocks.0.residual_out"]) as seen:
        with switched_off(model, [Part(0, MLP)]):
            model(ROWS)
    torch.testing.assert_close(seen["blocks.0.residual_out"], seen["blocks.0.residual_middle"])


def test_means_are_those_of_all_texts_and_positions_and_stand_everywhere(make):
    from llmcore.nn.hooks import watch

    model = make().trunk
    means = mean_outputs(model, ROWS)
    point = "blocks.1.attention.head_outputs"
    with watch(model, [point]) as seen:
        model(ROWS)
    expected = seen[point][:, 1].flatten(0, 1).mean(0)  # (D,)
    torch.testing.assert_close(means.heads[1, 1], expected)
    with watch(model, [point]) as seen, switched_off(model, [Part(1, HEAD, 1)], means):
        model(ROWS)
    torch.testing.assert_close(seen[point][:, 1], expected.expand(2, len(IDS), -1))


def test_the_outcome_says_what_follows_and_what_the_text_costs(make):
    loaded = make()
    found = outcome(loaded, IDS)
    with torch.no_grad():
        logs = loaded.trunk(torch.tensor([IDS]))[0].log_softmax(-1)
    np.testing.assert_allclose(found.probabilities, logs[-1].exp()[:300], rtol=1e-4)
    expected = [-float(logs[i, token_id]) for i, token_id in enumerate(IDS[1:])]
    np.testing.assert_allclose(found.losses, expected, rtol=1e-4)
    off = outcome(loaded, IDS, [Part(0, MLP)])
    assert np.abs(off.losses - found.losses).max() > 1e-3
    assert outcome(loaded, IDS[:1]).loss is None


def test_the_ranking_is_each_part_off_by_itself(make):
    loaded = make()
    reported = []
    for means in (None, mean_outputs(loaded.trunk, ROWS)):
        ranking = rank_parts(loaded, ROWS, means, lambda *one: reported.append(one))
        assert ranking.baseline == pytest.approx(mean_loss(loaded.trunk, ROWS), rel=1e-5)
        for part, value in ranking.best():
            alone = mean_loss(loaded.trunk, ROWS, [part], means) - ranking.baseline
            assert value == pytest.approx(alone, abs=1e-5), part.name
    n_parts = loaded.trunk.config.n_layers * (loaded.trunk.config.n_heads + 1)
    assert len(ranking.best()) == n_parts
    assert reported[-1] == (n_parts, n_parts)
    reported.clear()  # a budget for one part at a time says so more often, and finds the same
    small = rank_parts(
        loaded, ROWS, mean_outputs(loaded.trunk, ROWS), lambda *one: reported.append(one),
        max_bytes=1,
    )  # fmt: skip
    assert reported == [(done, n_parts) for done in range(1, n_parts + 1)]
    np.testing.assert_allclose(small.heads, ranking.heads, atol=1e-5)
    np.testing.assert_allclose(small.mlp, ranking.mlp, atol=1e-5)


@pytest.mark.parametrize("reads_layers", [False, True])
def test_a_classifier_decides_again(make, reads_layers):
    loaded = make(labels=["ham", "spam"], reads_layers=reads_layers)
    found = outcome(loaded, IDS)
    logits = loaded.model(torch.tensor([IDS]), torch.tensor([len(IDS)]))
    np.testing.assert_allclose(found.probabilities, logits.softmax(-1)[0], rtol=1e-5)
    assert found.loss is None
    ranking = rank_parts(loaded, torch.tensor([IDS]))
    chosen = int(found.probabilities.argmax())
    for part, value in ranking.best():
        now = outcome(loaded, IDS, [part]).probabilities[chosen]
        assert value == pytest.approx(-np.log(now) - ranking.baseline, abs=1e-5)


def test_parts_have_names_that_read_back(make):
    config = make().trunk.config
    for part in (Part(1, HEAD, 2), Part(0, MLP), Part(1, LAYER)):
        assert Part.parse(part.name, config) == part
    for name in ("L9", "L0H3", "H1", "L0H-1", "L0X", "", "L99999H1"):
        with pytest.raises(LabError, match="no"):
            Part.parse(name, config)
