import numpy as np
import pytest
import torch
from tiny import TEXT, TINY_MODEL

from llmcore.config import TrainConfig
from llmcore.errors import LabError
from llmcore.nn.model import GPT
from llmcore.tasks.pretraining import PretrainTask, TokenData
from llmcore.tokenizers import builtin_tokenizer
from llmcore.train.checkpoint_index import list_checkpoints
from llmcore.train.control import NeverStop
from llmcore.train.sinks import NullSink
from llmcore.train.trainer import Trainer, make_optimizer

CONFIG = TrainConfig(
    steps=12, batch_size=4, learning_rate=3e-3, warmup_steps=2, eval_every=4, eval_batches=2,
    checkpoint_every=4, seed=7,
)  # fmt: skip


class Recorder(NullSink):
    def __init__(self):
        self.lines, self.events = [], []

    def metrics(self, step, split, **values):
        self.lines.append({"step": step, "split": split, **values})

    def event(self, kind, step, **values):
        self.events.append({"type": kind, "step": step, **values})

    def losses(self, split):
        return {one["step"]: one["loss"] for one in self.lines if one["split"] == split}


class StopAt:
    seq = 0

    def __init__(self, calls):
        self.left = calls

    def should_stop(self):
        self.left -= 1
        return self.left < 0


def make_task(config=CONFIG, dropout=0.2):
    tokenizer = builtin_tokenizer("bytes")
    ids = tokenizer.encode_documents([TEXT])
    cut = len(ids) * 9 // 10
    data = TokenData(ids[:cut], ids[cut:], len(ids) - cut)
    generator = torch.Generator().manual_seed(config.seed)
    model = GPT(TINY_MODEL.with_(dropout=dropout), generator=generator)
    return PretrainTask(model, tokenizer, data, config, "cpu", "the ")


def run(directory, control=None, config=CONFIG, sink=None):
    task = make_task(config)
    outcome = Trainer(task, config, directory).fit(control or NeverStop(), sink or NullSink())
    return task, outcome


def weights(task):
    return {name: value.clone() for name, value in task.model.state_dict().items()}


def test_loss_falls_and_the_best_checkpoint_is_loaded_at_the_end(tmp_path):
    sink = Recorder()
    config = CONFIG.with_(steps=40)
    _, outcome = run(tmp_path, config=config, sink=sink)
    losses = sink.losses("train")
    assert outcome.state == "done" and outcome.step == 40
    assert losses[40] < losses[1] - 0.5
    assert outcome.val_loss == min(sink.losses("val").values())
    assert outcome.best_step in sink.losses("val")


def test_stopped_and_resumed_equals_never_stopped_bit_for_bit_with_dropout(tmp_path):
    whole, _ = run(tmp_path / "whole")
    _, first = run(tmp_path / "parts", StopAt(7))
    assert (first.state, first.step) == ("stopped", 7)
    torch.manual_seed(999)  # the global stream must not matter
    resumed, second = run(tmp_path / "parts")
    assert (second.state, second.step) == ("done", 12)
    for name, value in weights(whole).items():
        assert torch.equal(value, weights(resumed)[name]), name


def test_stop_before_the_first_step_saves_nothing_and_says_so(tmp_path):
    _, outcome = run(tmp_path, StopAt(0))
    assert (outcome.state, outcome.step, outcome.best_step) == ("stopped", 0, None)
    assert list_checkpoints(tmp_path) == []


def test_accumulation_gives_the_same_first_loss_and_nearly_the_same_weights(tmp_path):
    one_sink, two_sink = Recorder(), Recorder()
    plain = CONFIG.with_(steps=3)
    task_one = make_task(plain, dropout=0.0)
    Trainer(task_one, plain, tmp_path / "one").fit(NeverStop(), one_sink)
    halved = plain.with_(accumulation=2)
    task_two = make_task(halved, dropout=0.0)
    Trainer(task_two, halved, tmp_path / "two").fit(NeverStop(), two_sink)
    assert one_sink.losses("train")[1] == pytest.approx(two_sink.losses("train")[1], rel=1e-6)
    for name, value in weights(task_one).items():
        torch.testing.assert_close(value, weights(task_two)[name], rtol=1e-3, atol=1e-5)


def test_non_finite_loss_stops_loudly_and_keeps_the_last_checkpoint(tmp_path):
    config = CONFIG.with_(steps=50)
    task = make_task(config)
    plain_loss = task.loss
    steps = iter(range(1, 51))

    def breaks_at_the_sixth(batch):
        loss, extra = plain_loss(batch)
        breaks = task.model.training and next(steps) == 6
        return (loss * float("nan") if breaks else loss), extra

    task.loss = breaks_at_the_sixth
    with pytest.raises(LabError, match="step 6: .*learning rate below"):
        Trainer(task, config, tmp_path).fit(NeverStop(), NullSink())
    kept = list_checkpoints(tmp_path)
    assert any(one.full and one.step <= 5 for one in kept)
    resumed = make_task(config)
    trainer = Trainer(resumed, config, tmp_path)
    trainer._resume(NullSink())
    assert all(bool(torch.isfinite(one).all()) for one in resumed.model.parameters())


def test_snapshots_lie_at_log_spaced_steps_and_hold_half_precision(tmp_path):
    run(tmp_path)
    found = {one.step: one for one in list_checkpoints(tmp_path)}
    assert {2, 5, 10, 12} <= set(found)
    assert not found[2].full and found[12].full
    from safetensors.torch import load_file

    dtypes = {value.dtype for value in load_file(found[2].weights).values()}
    assert dtypes == {torch.float16}


def test_decay_is_on_matrices_only():
    task = make_task()
    groups = make_optimizer(task.model, CONFIG.with_(weight_decay=0.3)).param_groups
    decayed = {id(one) for one in groups[0]["params"]}
    assert groups[0]["weight_decay"] == 0.3 and groups[1]["weight_decay"] == 0.0
    for one in task.model.parameters():
        assert (id(one) in decayed) == (one.dim() >= 2)


def test_a_text_shorter_than_a_window_is_refused_with_both_numbers():
    tokenizer = builtin_tokenizer("bytes")
    data = TokenData(np.zeros(9, dtype=np.uint16), np.zeros(99, dtype=np.uint16), 99)
    with pytest.raises(LabError, match="training text has 9 tokens but one window needs 17"):
        PretrainTask(GPT(TINY_MODEL), tokenizer, data, CONFIG, "cpu", "")


def test_bf16_keeps_weights_in_fp32_and_learns_nearly_the_same(tmp_path):
    plain, halved = Recorder(), Recorder()
    run(tmp_path / "fp32", sink=plain)
    task, _ = run(tmp_path / "bf16", config=CONFIG.with_(precision="bf16"), sink=halved)
    assert {one.dtype for one in task.model.parameters()} == {torch.float32}
    a, b = plain.losses("train"), halved.losses("train")
    assert a != b  # the products did run in half the bits
    assert list(b.values()) == pytest.approx(list(a.values()), rel=0.01)
