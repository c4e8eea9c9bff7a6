"""The fast reading of a whole branch says what the plain stages say, token by token."""

import itertools

import numpy as np
import pytest
import torch

from llmcore.generation import SamplingConfig, sampling_stages
from llmcore.generation.rereading import Rereader, penalise, reread, sort_scores

N, V = 5, 400
SETTINGS = [
    SamplingConfig(temperature=t, top_k=k, top_p=p, min_p=m, repetition_penalty=r)
    for t, k, p, m, r in itertools.product(
        (0.0, 0.3, 1.0, 1.7), (None, 1, 7), (None, 0.5, 0.97), (None, 0.1), (1.0, 1.4)
    )
]


@pytest.fixture(scope="module")
def logits() -> torch.Tensor:
    return 4 * torch.randn(N, V, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("sampling", SETTINGS, ids=str)
def test_it_agrees_with_the_stages_of_sampling(
    logits: torch.Tensor, sampling: SamplingConfig
) -> None:
    ids = [3, 5, 3, *range(20, 60)]  # the text before the first place
    best = logits[0].argsort(descending=True).tolist()
    chosen = [best[0], best[4], best[200], best[-1], 9]
    seen = [[*ids, *chosen[:at]] for at in range(N)]
    read = reread([sort_scores(logit.numpy()) for logit in logits], chosen, sampling, seen, k=6)
    for at in range(N):
        stages = sampling_stages(logits[at], sampling, seen[at])
        own = chosen[at]
        plain = logits[at].softmax(-1)
        shown = read.ids[at].tolist()
        assert shown == [*logits[at].topk(6).indices.tolist(), own]
        assert read.probability[at] == pytest.approx(float(stages.probabilities[own]), abs=1e-6)
        assert read.natural[at] == pytest.approx(float(plain[own]), rel=1e-4)
        assert read.rank[at] == int((logits[at] > logits[at][own]).sum()) + 1
        assert read.entropy[at] == pytest.approx(
            float(torch.special.entr(plain).sum() / np.log(2)), rel=1e-4
        )
        assert read.n_kept[at, 2] == int(stages.kept.sum())
        np.testing.assert_allclose(read.probabilities[at], stages.probabilities[shown], atol=1e-6)
        np.testing.assert_allclose(read.scaled[at], stages.scaled[shown], rtol=1e-5)
        assert (read.places[at] < read.n_kept[at, 2]).tolist() == stages.kept[shown].tolist()


def test_the_penalty_keeps_the_order_of_all_others(logits: torch.Tensor) -> None:
    row = sort_scores(logits[0].numpy())
    seen = [int(row.ids[0]), int(row.ids[3]), 10_000]  # an id beyond the vocabulary counts not
    moved = penalise(row, 2.0, seen)
    assert sorted(moved.ids.tolist()) == list(range(V))
    assert (np.diff(moved.values) <= 0).all()
    others = [token_id for token_id in row.ids.tolist() if token_id not in seen]
    assert [token_id for token_id in moved.ids.tolist() if token_id not in seen] == others
    assert penalise(row, 1.0, seen) is row


def test_old_rows_give_way_and_the_newest_stays() -> None:
    rereader = Rereader(max_bytes=2 * 8 * V)  # two rows of ids and values
    for key in range(4):
        rereader.put(key, np.arange(V, dtype=np.float32))
    assert rereader.get(0) is rereader.get(1) is None
    assert rereader.get(2) is not None and rereader.get(3) is not None
    rereader.clear()
    assert rereader.get(3) is None
