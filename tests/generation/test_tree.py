"""The tree: what is kept, dropped and computed again, and what a token's view says."""

import math

import pytest
import torch
from generating import CONFIG, TOKENIZER, Parrot, sharp_model

from llmcore.errors import LabError, NotFoundError, StateError
from llmcore.generation import (
    SamplingConfig,
    Tree,
    next_view,
    sampling_probabilities,
    start_generation,
    token_view,
)
from llmcore.generation import tree as trees
from llmcore.generation.reader import window_start
from llmcore.nn.model import GPT

PROMPT = "hello"
ONE = SamplingConfig(temperature=1.0, seed=4, max_new_tokens=40)
ROW_BYTES = 4 * TOKENIZER.vocab_size


@pytest.fixture(scope="module")
def model():
    return sharp_model()


def grown(model, sampling=ONE, max_bytes=trees.MAX_BYTES):
    tree = Tree(TOKENIZER, PROMPT, max_bytes)
    job = start_generation(model, tree, 0, sampling)
    assert job.wait(30) and job.error is None, job.error
    return tree, job.node_id


def fresh_logits(model, ids):
    """One plain forward pass over the window that generation reads: (V,)."""
    start = window_start(len(ids), CONFIG.context_length)
    with torch.no_grad():
        return model(torch.tensor([ids[start:]]))[0, -1, : TOKENIZER.vocab_size]


@pytest.fixture
def no_model(monkeypatch):
    """Call it, and no model runs any more."""

    def forbid():
        monkeypatch.setattr(GPT, "hidden", lambda *_: pytest.fail("the model ran"))
        monkeypatch.setattr(GPT, "unembed", lambda *_: pytest.fail("the model ran"))

    return forbid


@pytest.mark.parametrize(
    "sampling",
    [
        ONE,
        SamplingConfig(temperature=0.0),
        SamplingConfig(temperature=0.7, top_k=5, top_p=0.8, repetition_penalty=1.5),
        SamplingConfig(temperature=2.0, min_p=0.1),
    ],
    ids=["plain", "greedy", "filtered", "min_p"],
)
def test_views_are_the_numbers_of_a_fresh_pass_and_never_run_the_model(model, no_model, sampling):
    tree, leaf = grown(model)
    fresh = [fresh_logits(model, tree.ids(node.parent)) for node in tree.path(leaf)]
    no_model()
    for node, logits in zip(tree.path(leaf), fresh, strict=True):
        view = token_view(tree, node.id, sampling, k=6)
        check_view(view, node, logits, sampling, tree.ids(node.parent))


def check_view(view, node, logits, sampling, ids):
    """Everything that a view says, computed again from fresh logits (V,)."""
    near = {"rel": 1e-3, "abs": 1e-5}
    plain = logits.softmax(-1).tolist()
    scores = logits.tolist()
    for token_id in set(ids):
        penalty = sampling.repetition_penalty
        scores[token_id] *= 1 / penalty if scores[token_id] > 0 else penalty
    scaled = [score / (sampling.temperature or 1.0) for score in scores]
    assert view.id == node.token and view.label == TOKENIZER.token_label(node.token)
    assert view.plain_probability == pytest.approx(plain[node.token], **near)
    assert view.plain_probability == pytest.approx(node.probability)
    assert view.rank == node.rank == 1 + sum(p > plain[node.token] for p in plain)
    entropy = -sum(p * math.log2(p) for p in plain if p > 0)
    assert view.entropy == pytest.approx(entropy, **near) == pytest.approx(node.entropy, **near)
    ranks = [option.rank for option in view.alternatives]
    assert ranks[:6] == [1, 2, 3, 4, 5, 6] and len(ranks) == (6 if view.rank <= 6 else 7)
    assert [option.id for option in view.alternatives if option.chosen] == [node.token]
    probabilities = sampling_probabilities(logits, sampling, ids)
    assert view.n_kept == int((probabilities > 0).sum())
    for option in view.alternatives:
        assert option.logit == pytest.approx(float(logits[option.id]), rel=1e-3, abs=1e-4)
        assert option.penalised == pytest.approx(scores[option.id], rel=1e-3, abs=1e-4)
        assert option.scaled == pytest.approx(scaled[option.id], rel=1e-3, abs=1e-4)
        assert option.plain_probability == pytest.approx(plain[option.id], **near)
        assert option.probability == pytest.approx(float(probabilities[option.id]), **near)
        assert option.kept == (option.probability > 0)


def test_alternatives_know_the_branches_that_stand_there(model):
    tree, leaf = grown(model)
    node = tree.path(leaf)[7]
    other = next(
        option for option in token_view(tree, node.id, ONE).alternatives if not option.chosen
    )
    assert other.child is None
    start_generation(model, tree, node.parent, ONE, first_token=other.id, n_tokens=3).wait(30)
    children = {option.id: option.child for option in token_view(tree, node.id, ONE).alternatives}
    branch = children[other.id]
    assert children[node.token] == node.id and tree.node(branch).token == other.id
    assert token_view(tree, branch, ONE).alternatives[other.rank - 1].chosen


def test_what_may_follow_a_node_can_be_seen_before_anything_does(model):
    tree = Tree(TOKENIZER, PROMPT)
    with pytest.raises(StateError, match="not kept"):
        next_view(tree, 0, ONE)
    tree.restore(model, 0)
    view = next_view(tree, 0, ONE, k=3)
    best = fresh_logits(model, tree.prompt_ids).topk(3).indices.tolist()
    assert [option.id for option in view.alternatives] == best
    assert (view.id, view.label, view.probability, view.rank) == (None,) * 4
    with pytest.raises(LabError, match="end of the prompt"):
        token_view(tree, 0, ONE)


def test_equal_scores_are_ranked_by_their_ids():
    tree = Tree(TOKENIZER, PROMPT)
    tree.keep(0, torch.zeros(300))
    node = tree.grow(0, 40)
    view = token_view(tree, node.id, ONE, k=3)
    assert [(option.id, option.rank) for option in view.alternatives] == [
        (0, 1),
        (1, 2),
        (2, 3),
        (40, 41),
    ]
    assert view.entropy == pytest.approx(math.log2(TOKENIZER.vocab_size))


def test_memory_is_bounded_and_what_was_dropped_comes_back_equal(model):
    whole, leaf = grown(model)
    small, small_leaf = grown(model, max_bytes=7 * ROW_BYTES)
    assert small_leaf == leaf and small.ids(leaf) == whole.ids(leaf)
    assert small.n_bytes() == 7 * ROW_BYTES
    kept = [node.id for node in small.nodes if node.logits is not None]
    assert kept == list(range(leaf - 7, leaf))  # the oldest went first; a leaf has none yet
    for node in (*small.path(leaf)[:-1], small.nodes[0]):
        again = small.restore(model, node.id)
        torch.testing.assert_close(again, whole.nodes[node.id].logits, rtol=1e-4, atol=1e-4)
        assert small.n_bytes() <= 7 * ROW_BYTES and small.has_logits(node.id)
    # What is small was read in time and stays: colours at temperature 1 need no scores.
    facts = [(node.probability, node.rank, node.entropy) for node in small.path(leaf)]
    assert facts == [(node.probability, node.rank, node.entropy) for node in whole.path(leaf)]
    assert None not in facts[0]


def test_a_dropped_view_says_so_and_a_whole_path_comes_back_by_one_pass_a_window(
    model, monkeypatch
):
    tree, leaf = grown(model, max_bytes=ROW_BYTES)
    with pytest.raises(StateError, match="not kept"):
        token_view(tree, tree.path(leaf)[3].id, ONE)
    tree.max_bytes = trees.MAX_BYTES
    passes = []
    hidden = GPT.hidden
    monkeypatch.setattr(GPT, "hidden", lambda *a: passes.append(1) or hidden(*a))
    tree.restore_path(model, leaf)
    windows = {window_start(len(PROMPT) + n, CONFIG.context_length) for n in range(41)}
    assert len(passes) == len(windows) > 2
    whole, _ = grown(model)
    for node in tree.path(leaf)[:-1]:
        torch.testing.assert_close(
            node.logits, whole.nodes[node.id].logits, rtol=1e-4, atol=1e-4
        )  # fmt: skip
    passes.clear()
    tree.restore_path(model, leaf)
    assert not passes


def test_where_a_path_does_not_fit_its_end_is_there(model):
    tree, leaf = grown(model, max_bytes=10 * ROW_BYTES)
    tree.restore(model, 0)  # pushes one of the end out
    tree.restore_path(model, leaf)
    assert [n.id for n in tree.nodes if n.logits is not None] == list(range(leaf - 9, leaf + 1))


def test_a_node_made_without_scores_learns_its_facts_later(model):
    tree = Tree(TOKENIZER, PROMPT)
    node = tree.grow(0, 65)
    assert node.rank is None
    tree.restore(model, 0)
    assert node.rank >= 1 and 0 < node.probability < 1 and node.entropy > 0


def test_paths_children_leaves_and_names():
    tree = Tree(TOKENIZER, "")
    assert tree.prompt_ids == [TOKENIZER.eot_id] and tree.leaves() == []
    a = tree.grow(0, ord("a"))
    b, c = tree.grow(a.id, ord("b")), tree.grow(a.id, ord("c"))
    d = tree.grow(b.id, ord("d"))
    assert tree.grow(a.id, ord("b")) is b and len(tree.nodes) == 5
    assert [node.id for node in tree.path(d.id)] == [a.id, b.id, d.id] and tree.path(0) == []
    assert tree.text(d.id) == "abd" and tree.ids(c.id) == [TOKENIZER.eot_id, 97, 99]
    assert tree.children(a.id) == [b.id, c.id] and tree.leaves() == [c.id, d.id]
    assert tree.leaf_below(0) == c.id and tree.leaf_below(b.id) == d.id
    tree.rename(d.id, "  my\n branch ")
    assert tree.names == {d.id: "my branch"}
    tree.rename(d.id, "")
    assert tree.names == {}
    with pytest.raises(LabError, match="61 characters"):
        tree.rename(d.id, "x" * 61)
    for wrong in (-1, 5):
        with pytest.raises(NotFoundError, match="no token"):
            tree.path(wrong)


def test_the_text_of_a_node_waits_for_whole_characters():
    tree = Tree(TOKENIZER, "a")
    start_generation(Parrot("€!"), tree, 0, SamplingConfig()).wait(30)
    assert [tree.text(node.id) for node in tree.nodes] == ["", "", "", "€", "€!", "€!"]


def test_a_full_tree_says_so(monkeypatch, model):
    monkeypatch.setattr(trees, "MAX_NODES", 5)
    tree = Tree(TOKENIZER, PROMPT)
    job = start_generation(model, tree, 0, ONE)
    assert job.wait(30) and job.state == "failed" and "full" in job.error and len(tree.nodes) == 5


def test_a_removed_branch_leaves_the_others_and_grows_again(model):
    tree, end = grown(model)
    fork = tree.path(end)[10]
    other = next(id for id in range(300) if id != fork.token)
    job = start_generation(model, tree, fork.parent, ONE, first_token=other)
    assert job.wait(30)
    tree.rename(job.node_id, "mine")
    branch = tree.child(fork.parent, other)
    kept, names = tree.n_bytes(), dict(tree.names)
    tree.remove(branch)
    assert names and not tree.names and tree.n_bytes() < kept
    assert tree.leaves() == [end] and tree.children(fork.parent) == [fork.id]
    for gone in (branch, job.node_id):
        with pytest.raises(NotFoundError, match="taken away"):
            tree.path(gone)
    with pytest.raises(LabError, match="root"):
        tree.remove(0)
    again = start_generation(model, tree, fork.parent, ONE, first_token=other)
    assert again.wait(30) and again.error is None
    assert tree.child(fork.parent, other) not in (branch, None)
