"""Neighbours, projections and alignment, each against what must hold; and how a run began."""

import numpy as np
import pytest
from random_models import loaded
from tiny import TEXT, pretrain_config

from llmcore.errors import LabError
from llmcore.interpret.embeddings import (
    CLASSES,
    aligned,
    cohesion,
    nearest,
    principal_axes,
    single_token,
    token_vectors,
    tokens_of_class,
)
from llmcore.tokenizers import builtin_tokenizer


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_neighbours_are_those_of_a_plain_loop() -> None:
    vectors = rng().normal(size=(50, 8)).astype(np.float32)
    found = nearest(vectors, 3, 5)

    def cosine(i: int) -> float:
        a, b = vectors[3].astype(float), vectors[i].astype(float)
        return float(a @ b / np.sqrt(a @ a * (b @ b)))

    expected = sorted((i for i in range(50) if i != 3), key=cosine, reverse=True)[:5]
    assert [item.id for item in found] == expected
    assert [item.cosine for item in found] == pytest.approx([cosine(i) for i in expected], abs=1e-5)
    assert len(nearest(vectors[:4], 0, 10)) == 3
    with pytest.raises(LabError, match="no token 50"):
        nearest(vectors, 50)


def test_length_does_not_count_and_a_zero_row_does_no_harm() -> None:
    vectors = np.array([[1, 0], [9, 1], [0.1, 0], [0, 0], [-1, 0]], dtype=np.float32)
    assert [neighbour.id for neighbour in nearest(vectors, 0, 4)] == [2, 1, 3, 4]


def test_axes_are_those_of_the_covariance() -> None:
    points = rng().normal(size=(40, 6)) * np.array([5, 3, 1, 1, 0.5, 0.1])
    made = principal_axes(points)
    values = np.linalg.eigvalsh(np.cov(points.T))[::-1]
    assert made.explained == pytest.approx(values[:2] / values.sum())
    assert made.coordinates.var(axis=0, ddof=1) == pytest.approx(values[:2])
    assert made.coordinates.mean(axis=0) == pytest.approx([0, 0], abs=1e-9)
    assert np.array_equal(made.coordinates, principal_axes(points).coordinates)
    flat = principal_axes(np.outer(np.arange(5.0), np.ones(4)))
    assert flat.explained == pytest.approx([1, 0], abs=1e-9)
    with pytest.raises(LabError, match="at least 3"):
        principal_axes(points[:2])


def test_a_turned_and_mirrored_map_comes_back() -> None:
    target = rng().normal(size=(20, 2))
    turn, mirror = np.array([[0.6, -0.8], [0.8, 0.6]]), np.diag([1.0, -1.0])
    assert aligned(target @ turn @ mirror, target) == pytest.approx(target)
    noisy = target @ turn + rng().normal(size=target.shape) * 0.3
    best = aligned(noisy, target)
    distances = np.linalg.norm(best[:, None] - best, axis=-1)
    assert distances == pytest.approx(np.linalg.norm(noisy[:, None] - noisy, axis=-1))
    error = ((best - target) ** 2).sum()
    for angle in np.linspace(0, 2 * np.pi, 60):
        c, s = np.cos(angle), np.sin(angle)
        for rotation in (np.array([[c, -s], [s, c]]), np.array([[c, s], [s, -c]])):
            assert error <= ((noisy @ rotation - target) ** 2).sum() + 1e-9


def test_cohesion_by_hand() -> None:
    vectors = np.array([[1, 0], [2, 0], [0, 1], [0, 3]])
    assert cohesion(vectors, [[0, 1], [2, 3]]) == pytest.approx((1.0, 0.0))
    assert cohesion(vectors, [[0, 2], [1, 3]]) == pytest.approx((0.0, 0.5))
    for groups in ([[0], [1]], [[0, 1, 2]]):
        with pytest.raises(LabError, match="two classes"):
            cohesion(vectors, groups)


def test_words_are_looked_up_as_they_stand_in_text() -> None:
    gpt2 = builtin_tokenizer("gpt2")
    assert gpt2.token_bytes(single_token(gpt2, "king")) == b" king"
    assert gpt2.token_bytes(single_token(gpt2, "A")) == b"A"
    assert gpt2.token_bytes(single_token(gpt2, "7")) == b"7"
    assert single_token(gpt2, "xylophonist") is None
    ids, missing = tokens_of_class(gpt2, ("king", "king", "xylophonist"))
    assert len(ids) == 1 and missing == ["xylophonist"]
    for words in CLASSES.values():
        assert tokens_of_class(gpt2, words)[1] == []


def test_vectors_are_a_copy_of_the_embedding() -> None:
    model = loaded().model
    vectors = token_vectors(model)
    assert vectors.shape == (model.config.vocab_size, model.config.d_model)
    vectors += 1
    assert not np.array_equal(vectors, token_vectors(model))


def test_a_run_began_where_its_first_snapshot_or_its_seed_says(wait_until) -> None:
    from llmcore.execution.launch import live_runs, start
    from llmcore.interpret.before_training import first_model, untrained_model
    from llmcore.nn.model import GPT
    from llmcore.nn.weights import load_weights
    from llmcore.runs import RunStore, open_run

    store = RunStore()
    run_id = store.mint_id("began")
    start(run_id, pretrain_config(steps=4), store, TEXT.encode())
    wait_until(lambda: not live_runs())
    run = open_run(run_id)
    steps = [checkpoint.step for checkpoint in run.checkpoints()]
    assert steps[0] == 1 < run.checkpoint("best").step
    model, label = first_model(run)
    first = GPT(run.config.model, initialise=False)
    load_weights(first, run.checkpoints()[0].weights)
    assert label == "step 1"
    assert np.array_equal(token_vectors(model), token_vectors(first))
    # One step of AdamW moves a weight by about its learning rate, so step 1 lies near the start.
    start_vectors = token_vectors(untrained_model(run))
    moved = np.abs(start_vectors - token_vectors(first)).max()
    assert 0 < moved < 2 * run.config.train.learning_rate
