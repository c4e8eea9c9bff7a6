"""A branch goes on exactly as if its first token had been drawn; jobs stop, fail and share."""

import subprocess
import sys
import threading

import pytest
import torch
from generating import CONFIG, TOKENIZER, Parrot, sharp_model

from llmcore.background import stop_all
from llmcore.errors import LabError, NotFoundError
from llmcore.generation import (
    SamplingConfig,
    Tree,
    start_generation,
    stream,
    streaming,
    token_view,
)
from llmcore.generation import background as jobs
from llmcore.nn.model import GPT
from llmcore.paths import PROJECT_ROOT

PROMPT = "hello"
CONFIGS = [
    SamplingConfig(temperature=0.0),
    SamplingConfig(temperature=1.0, seed=3),
    SamplingConfig(temperature=1.3, top_k=30, seed=1),
    SamplingConfig(temperature=1.0, top_p=0.9, repetition_penalty=1.3, seed=2),
    SamplingConfig(temperature=0.9, min_p=0.02, seed=2**63 - 1),
]


@pytest.fixture(scope="module")
def model():
    return sharp_model()


def grown(model, tree, from_node, sampling, **more):
    job = start_generation(model, tree, from_node, sampling, **more)
    assert job.wait(30) and job.error is None, job.error
    return job


def tokens(tree, node_id):
    return [node.token for node in tree.path(node_id)]


def forced_stream(monkeypatch, model, sampling, use_cache, at, token):
    """The stream in which the draw at one place happens to give `token`."""
    draw = streaming.draw

    def forced(probabilities, seed, position):
        return token if position == at else draw(probabilities, seed, position)

    with monkeypatch.context() as patch:
        patch.setattr(streaming, "draw", forced)
        return [step.id for step in stream(model, TOKENIZER, PROMPT, sampling, use_cache)]


@pytest.mark.parametrize("use_cache", [True, False], ids=["cached", "uncached"])
@pytest.mark.parametrize("sampling", CONFIGS, ids=range(len(CONFIGS)))
def test_a_branch_goes_on_exactly_as_sampling_its_token_would_have(
    model, monkeypatch, sampling, use_cache
):
    sampling = sampling.with_(max_new_tokens=60)  # several times around the context
    tree = Tree(TOKENIZER, PROMPT)
    leaf = grown(model, tree, 0, sampling).node_id
    said = tokens(tree, leaf)
    assert said == [step.id for step in stream(model, TOKENIZER, PROMPT, sampling, use_cache)]
    for depth in (0, 5, 11, 12, 30, 59):  # the window first slides at a depth of 11
        node = tree.path(leaf)[depth]
        ranked = token_view(tree, node.id, sampling).alternatives
        token = next(
            token.id for token in ranked if not token.chosen and token.id != TOKENIZER.eot_id
        )
        branch = grown(
            model, tree, node.parent, sampling, first_token=token, n_tokens=60 - depth
        )  # fmt: skip
        expected = forced_stream(
            monkeypatch, model, sampling, use_cache, len(PROMPT) + depth, token
        )
        assert expected[:depth] == said[:depth] and expected[depth] == token
        assert tokens(tree, branch.node_id) == expected


def test_a_token_that_was_drawn_already_is_walked_along_without_the_model(model, monkeypatch):
    sampling = CONFIGS[1].with_(max_new_tokens=30)
    tree = Tree(TOKENIZER, PROMPT)
    leaf = grown(model, tree, 0, sampling).node_id
    node = tree.path(leaf)[4]
    monkeypatch.setattr(GPT, "hidden", lambda *_: pytest.fail("the model ran"))
    again = grown(model, tree, node.parent, sampling, first_token=node.token, n_tokens=26)
    assert again.node_id == leaf and len(tree.nodes) == 31 and again.n_tokens == 26


def test_a_branch_from_a_branch_and_without_any_kept_scores(model):
    """Nothing of the first job helps the second: no reader, no scores."""
    sampling = CONFIGS[3].with_(max_new_tokens=20)
    tree = Tree(TOKENIZER, PROMPT)
    first = grown(model, tree, 0, sampling, first_token=70)
    second = grown(model, tree, tree.path(first.node_id)[9].id, sampling, first_token=71)
    stop_all()
    bare = Tree(TOKENIZER, PROMPT, max_bytes=1)
    place = 0
    for token in tokens(tree, second.node_id)[:10]:
        place = bare.grow(place, token).id
    alone = grown(sharp_model(), bare, place, sampling, first_token=71)
    assert tokens(bare, alone.node_id) == tokens(tree, second.node_id)


def test_a_stop_string_may_begin_before_the_branch():
    tree = Tree(TOKENIZER, "a")
    greedy = SamplingConfig(temperature=0.0, stop=("end",))
    job = grown(Parrot("an end"), tree, 0, greedy, n_tokens=5)
    assert (job.reason, tree.text(job.node_id)) == ("length", "an en")
    job = grown(Parrot("an end"), tree, job.node_id, greedy, first_token=ord("d"))
    assert (job.reason, tree.text(job.node_id)) == ("stop string", "an ")
    assert tree.node(job.node_id).cut == 3 and job.n_tokens == 1
    on = grown(Parrot("an end, or"), tree, job.node_id, greedy)  # behind it, if one insists
    assert (on.reason, tree.text(on.node_id)) == ("end of text", "an end, or")


def test_an_end_of_text_is_a_token_of_the_tree_and_ends_the_branch():
    tree = Tree(TOKENIZER, "a")
    job = grown(Parrot("hi"), tree, 0, SamplingConfig())
    assert job.state == "done" and job.reason == "end of text" and job.n_tokens == 3
    assert tree.node(job.node_id).token == TOKENIZER.eot_id and tree.text(job.node_id) == "hi"
    forced = grown(Parrot("hi"), tree, 0, SamplingConfig(), first_token=TOKENIZER.eot_id)
    assert forced.reason == "end of text" and tree.text(forced.node_id) == ""


class Slow(GPT):
    """Waits before each step until the test lets it go."""

    def __init__(self):
        super().__init__(CONFIG)
        self.eval()
        self.gate = threading.Semaphore(0)

    def hidden(self, ids, cache=None):
        assert self.gate.acquire(timeout=30)
        return super().hidden(ids, cache)


def test_stop_ends_the_job_within_one_token(wait_until):
    model, tree = Slow(), Tree(TOKENIZER, PROMPT)
    sampling = SamplingConfig(temperature=1.0, seed=3, max_new_tokens=1000)
    job = start_generation(model, tree, 0, sampling)
    for n in (1, 2, 3):
        model.gate.release()
        wait_until(lambda n=n: job.n_tokens == n)
        assert job.state == "running" and tree.path(job.node_id)
    job.stop()
    model.gate.release()  # the step that was under way
    assert job.wait(30)
    assert (job.state, job.reason) == ("stopped", "stopped") and job.n_tokens <= 4
    assert tokens(tree, job.node_id) and job.tokens_per_s > 0 and job.first_token_s > 0


def test_all_jobs_end_together(wait_until):
    model = Slow()
    running = [
        start_generation(model, Tree(TOKENIZER, PROMPT), 0, SamplingConfig(seed=seed))
        for seed in range(3)
    ]
    threading.Timer(0.1, lambda: [model.gate.release() for _ in range(9)]).start()
    jobs._jobs.stop_all(timeout=30)
    assert [job.state for job in running] == ["stopped"] * 3 and not jobs._jobs.live()


def test_an_error_is_one_sentence_and_no_traceback(model, caplog):
    class Broken(GPT):
        def unembed(self, hidden):
            raise RuntimeError("no memory")

    tree = Tree(TOKENIZER, PROMPT)
    job = start_generation(Broken(CONFIG).eval(), tree, 0, SamplingConfig())
    assert job.wait(30) and job.state == "failed" and job.reason is None
    assert job.error == "Generation failed with RuntimeError: no memory."
    diverged = sharp_model()
    diverged.head.weight[:] = float("nan")
    job = start_generation(diverged, tree, 0, SamplingConfig())
    assert job.wait(30) and job.state == "failed" and "choose another checkpoint" in job.error


def test_what_does_not_exist_is_refused_at_once(model):
    tree = Tree(TOKENIZER, PROMPT)
    for call, match in (
        ({"from_node": 5}, "no token 5"),
        ({"from_node": 0, "first_token": 257}, "no token 257"),
        ({"from_node": 0, "first_token": -1}, "no token -1"),
    ):
        with pytest.raises(NotFoundError, match=match):
            start_generation(model, tree, sampling=SamplingConfig(), **call)
    with pytest.raises(LabError, match="knows 100 tokens"):
        start_generation(GPT(CONFIG.with_(vocab_size=100)), tree, 0, SamplingConfig())


def test_jobs_share_a_model_with_each_other_and_with_a_training_thread(model):
    """Each says what it says alone, while another model trains."""
    done = threading.Event()

    def train():
        learner = GPT(CONFIG)
        optimizer = torch.optim.AdamW(learner.parameters())
        while not done.is_set():
            learner(torch.randint(300, (2, 16))).square().mean().backward()
            optimizer.step()

    trainer = threading.Thread(target=train, daemon=True)
    trainer.start()
    try:
        sampling = [SamplingConfig(temperature=1.0, seed=s, max_new_tokens=40) for s in range(4)]
        shared = Tree(TOKENIZER, PROMPT)
        running = [start_generation(model, shared, 0, settings) for settings in sampling]
        assert all(job.wait(60) for job in running)
    finally:
        done.set()
        trainer.join()
    for job, settings in zip(running, sampling, strict=True):
        alone = [token.id for token in stream(model, TOKENIZER, PROMPT, settings)]
        assert job.error is None and tokens(shared, job.node_id)[: len(alone)] == alone


def test_the_interpreter_leaves_while_a_job_runs():
    code = (
        "from generating import TOKENIZER, sharp_model\n"
        "from llmcore.generation import SamplingConfig, Tree, start_generation\n"
        "sampling = SamplingConfig(max_new_tokens=100_000, temperature=0.0)\n"
        "job = start_generation(sharp_model(), Tree(TOKENIZER, 'a'), 0, sampling)\n"
        "while not job.n_tokens: job.wait(0.05)\n"
        "print(job.state)"
    )
    paths = f"{PROJECT_ROOT}:{PROJECT_ROOT / 'tests' / 'generation'}"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120,
        env={"PYTHONPATH": paths, "OMP_WAIT_POLICY": "PASSIVE"},
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "running", "")
