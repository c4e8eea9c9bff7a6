import numpy as np
import pytest
import torch
from tiny import TEXT, TINY_MODEL

from llmcore.config import TrainConfig
from llmcore.data.instructions import InstructionSplits, single
from llmcore.errors import LabError
from llmcore.nn.model import GPT
from llmcore.nn.weights import load_weights
from llmcore.tasks.instruction import InstructionTask
from llmcore.tasks.pretraining import PretrainTask, TokenData
from llmcore.tasks.templates import Template
from llmcore.tokenizers import builtin_tokenizer
from llmcore.train.checkpoint_index import list_checkpoints, recover, retired_name
from llmcore.train.control import NeverStop, Request
from llmcore.train.sinks import NullSink
from llmcore.train.trainer import Trainer, make_optimizer, patience_for

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
        return {line["step"]: line["loss"] for line in self.lines if line["split"] == split}


class StopAt:
    seq = 0

    def __init__(self, calls):
        self.left = calls

    def request(self):
        self.left -= 1
        return Request("stop" if self.left < 0 else "run")


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
    with pytest.raises(LabError, match="step 6 .*learning rate below 0.003; .* of step 4 is kept"):
        Trainer(task, config, tmp_path).fit(NeverStop(), NullSink())
    kept = list_checkpoints(tmp_path)
    assert any(checkpoint.full and checkpoint.step <= 5 for checkpoint in kept)
    resumed = make_task(config)
    trainer = Trainer(resumed, config, tmp_path)
    trainer._resume(NullSink())
    assert all(bool(torch.isfinite(parameter).all()) for parameter in resumed.model.parameters())


def test_snapshots_lie_at_log_spaced_steps_and_hold_half_precision(tmp_path):
    run(tmp_path)
    found = {checkpoint.step: checkpoint for checkpoint in list_checkpoints(tmp_path)}
    assert {2, 5, 10, 12} <= set(found)
    assert not found[2].full and found[12].full
    from safetensors.torch import load_file

    dtypes = {value.dtype for value in load_file(found[2].weights).values()}
    assert dtypes == {torch.float16}


def test_decay_is_on_matrices_only():
    task = make_task()
    groups = make_optimizer(task.model, CONFIG.with_(weight_decay=0.3)).param_groups
    decayed = {id(param) for param in groups[0]["params"]}
    assert groups[0]["weight_decay"] == 0.3 and groups[1]["weight_decay"] == 0.0
    for parameter in task.model.parameters():
        assert (id(parameter) in decayed) == (parameter.dim() >= 2)


def test_a_text_shorter_than_a_window_is_refused_with_both_numbers():
    tokenizer = builtin_tokenizer("bytes")
    data = TokenData(np.zeros(9, dtype=np.uint16), np.zeros(99, dtype=np.uint16), 99)
    with pytest.raises(LabError, match=r"needs 17 of each \(it has 9 tokens to train on"):
        PretrainTask(GPT(TINY_MODEL), tokenizer, data, CONFIG, "cpu", "")


def test_bf16_keeps_weights_in_fp32_and_learns_nearly_the_same(tmp_path):
    plain, halved = Recorder(), Recorder()
    run(tmp_path / "fp32", sink=plain)
    task, _ = run(tmp_path / "bf16", config=CONFIG.with_(precision="bf16"), sink=halved)
    assert {parameter.dtype for parameter in task.model.parameters()} == {torch.float32}
    a, b = plain.losses("train"), halved.losses("train")
    assert a != b  # the products did run in half the bits
    assert list(b.values()) == pytest.approx(list(a.values()), rel=0.01)


class Script:
    """A control that asks for one thing before each step, and then runs on."""

    seq = 0

    def __init__(self, **requests):
        self.requests, self.asked = {int(key[1:]): request for key, request in requests.items()}, 0

    def request(self):
        self.asked += 1
        return self.requests.get(self.asked, Request())


def test_a_paused_run_saves_waits_and_goes_on_as_if_never_paused(tmp_path):
    whole, _ = run(tmp_path / "whole")
    sink = Recorder()
    paused, outcome = run(
        tmp_path / "paused", Script(_4=Request("pause"), _5=Request("pause")), CONFIG, sink
    )
    assert outcome.state == "done"
    kinds = [(event["type"], event["step"]) for event in sink.events if event["type"] != "sample"]
    at = kinds.index(("paused", 3))
    assert kinds[at - 1 : at + 2] == [("checkpoint", 3), ("paused", 3), ("continued", 3)]
    for name, value in weights(whole).items():
        assert torch.equal(value, weights(paused)[name]), name


def test_a_new_learning_rate_is_recorded_and_a_resume_makes_the_same_change(tmp_path):
    change = Script(_6=Request(learning_rate=1e-4))
    sink = Recorder()
    whole, _ = run(tmp_path / "whole", change, CONFIG, sink)
    (event,) = [event for event in sink.events if event["type"] == "setting"]
    assert (event["step"], event["value"], event["before"]) == (6, 1e-4, 3e-3)
    rates = {line["step"]: line["lr"] for line in sink.lines if line["split"] == "train"}
    assert rates[6] == pytest.approx(rates[5] / 30, rel=0.2)
    run(tmp_path / "parts", StopAt(3))
    task = make_task()
    Trainer(task, CONFIG, tmp_path / "parts", [(6, 1e-4)]).fit(NeverStop(), NullSink())
    for name, value in weights(whole).items():
        assert torch.equal(value, weights(task)[name]), name


def test_a_checkpoint_is_saved_when_it_is_asked_for(tmp_path):
    sink = Recorder()
    run(tmp_path, Script(_6=Request(saves=1), _7=Request(saves=1)), CONFIG, sink)
    saved = [event["step"] for event in sink.events if event["type"] == "checkpoint"]
    assert saved.count(5) == 1 and 6 not in saved


def test_training_ends_when_validation_stops_improving_also_after_a_resume(tmp_path):
    config = CONFIG.with_(steps=400, learning_rate=0.3, warmup_steps=0, eval_every=2, patience=3)
    sink = Recorder()
    task, outcome = run(tmp_path / "whole", config=config, sink=sink)
    assert outcome.state == "done" and "has not fallen for 3 evaluations" in outcome.reason
    val = sink.losses("val")
    assert outcome.best_step == min(val, key=val.get) == sorted(val)[-4]
    (event,) = [event for event in sink.events if event["type"] == "early_stop"]
    assert event["step"] == outcome.step and event["best_step"] == outcome.best_step
    run(tmp_path / "parts", StopAt(outcome.step - 1), config)
    resumed, again = run(tmp_path / "parts", config=config)
    assert (again.step, again.best_step) == (outcome.step, outcome.best_step)
    for name, value in weights(task).items():
        assert torch.equal(value, weights(resumed)[name]), name


def test_patience_is_on_by_default_where_data_is_read_many_times():
    assert patience_for(CONFIG, passes=5.1) > 0
    assert patience_for(CONFIG, passes=5.0) == 0
    assert patience_for(CONFIG.with_(patience=0), passes=50.0) == 0
    assert patience_for(CONFIG.with_(patience=3), passes=0.1) == 3


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_where_memory_ends_smaller_micro_batches_give_the_same_numbers(tmp_path, rows):
    """Dropout included: masks belong to samples, not to places in a micro-batch."""
    expected, found = Recorder(), Recorder()
    run(tmp_path / "whole", sink=expected)
    task = make_task()
    plain_loss = task.loss

    def too_small_a_machine(batch):
        if task.model.training and len(batch[0]) > rows:
            raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate")
        return plain_loss(batch)

    task.loss = too_small_a_machine
    Trainer(task, CONFIG, tmp_path / "parts").fit(NeverStop(), found)
    assert found.losses("train") == pytest.approx(expected.losses("train"), rel=1e-5)
    warnings = [event["text"] for event in found.events if event["type"] == "warning"]
    assert len(warnings) == (1 if rows > 1 else 2) and "gives the same numbers" in warnings[0]


def test_where_not_even_one_sequence_fits_it_says_so(tmp_path):
    task = make_task()

    def never(batch):
        raise torch.OutOfMemoryError("CUDA out of memory")

    task.loss = never
    with pytest.raises(LabError, match="does not suffice for one sequence at step 1"):
        Trainer(task, CONFIG, tmp_path).fit(NeverStop(), NullSink())


def test_the_layer_whose_gradient_was_first_non_finite_is_named(tmp_path):
    task = make_task()
    up = task.model.blocks[0].feed_forward.up
    up.register_full_backward_hook(lambda module, into, out: (into[0] * float("nan"),))
    with pytest.raises(LabError, match=r"gradient .* is that of blocks\.0\.feed_forward_norm"):
        Trainer(task, CONFIG, tmp_path).fit(NeverStop(), NullSink())


def test_the_layer_whose_output_was_first_non_finite_is_named(tmp_path):
    task = make_task()
    up = task.model.blocks[1].feed_forward.up
    up.register_forward_hook(lambda module, inputs, output: output * float("inf"))
    with pytest.raises(LabError, match=r"output .* is that of blocks\.1\.feed_forward\.up"):
        Trainer(task, CONFIG, tmp_path).fit(NeverStop(), NullSink())


def test_a_kill_between_the_two_renames_of_a_save_loses_nothing(tmp_path):
    run(tmp_path)
    newest = list_checkpoints(tmp_path)[-1]
    newest.directory.rename(retired_name(newest.directory))
    (tmp_path / ".step_00000099.tmp").mkdir()
    recover(tmp_path)
    assert list_checkpoints(tmp_path)[-1] == newest
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("directory", [None, "run"])
def test_a_validation_loss_that_is_no_number_is_no_best_one_and_ends_the_run(tmp_path, directory):
    task, sink = make_task(), Recorder()
    task.evaluate = lambda: {"loss": 3.0 if len(sink.losses("train")) < 8 else float("nan")}
    root = tmp_path / directory if directory else None
    with pytest.raises(LabError, match="The loss at step 8 is not finite: start a new run with"):
        Trainer(task, CONFIG, root).fit(NeverStop(), sink)
    assert 8 not in sink.losses("val")
    if root is not None:
        assert [checkpoint.step for checkpoint in list_checkpoints(root) if checkpoint.full][
            -1
        ] == 4


@pytest.mark.parametrize("kind", ["full", "snapshot"])
def test_weights_that_are_no_numbers_replace_no_checkpoint(tmp_path, kind):
    """The loss is finite: the step that breaks the weights comes behind it."""
    task = make_task()
    trainer = Trainer(task, CONFIG, tmp_path)
    plain, breaks = trainer.optimizer.step, 8 if kind == "full" else 2
    task.evaluate = lambda: {"loss": 3.0}

    def step():
        plain()
        if trainer.step + 1 == breaks:
            task.model.blocks[0].feed_forward.up.weight.data[0, 0] = float("inf")

    trainer.optimizer.step = step
    with pytest.raises(LabError, match=rf"blocks.0.* not finite after step {breaks}.*new run"):
        trainer.fit(NeverStop(), NullSink())
    assert breaks not in {checkpoint.step for checkpoint in list_checkpoints(tmp_path)}
    for checkpoint in list_checkpoints(tmp_path):
        load_weights(make_task().model, checkpoint.weights)  # all that is kept can be loaded


def test_a_loss_that_was_not_measured_is_no_best_one_and_no_loss_of_patience(tmp_path):
    task = make_task(CONFIG.with_(patience=1))
    task.evaluate = lambda: {"loss": None, "accuracy": None}
    outcome = Trainer(task, CONFIG.with_(patience=1), tmp_path).fit(NeverStop(), NullSink())
    assert (outcome.state, outcome.step, outcome.val_loss) == ("done", 12, None)


def instruction_task(config, packing=False):
    """Rows of very different lengths, so that no two batches have the same number of tokens."""
    rows = [single("Say it.", "ab " * (1 + i % 5) ** 2) for i in range(23)]
    generator = torch.Generator().manual_seed(1)
    model = GPT(TINY_MODEL.with_(context_length=128), generator=generator)
    data = InstructionSplits(rows, rows[:3], [])
    return InstructionTask(
        model, builtin_tokenizer("bytes"), Template("{instruction}:"), data, config, "cpu", packing
    )


@pytest.mark.parametrize("accumulation", [1, 2])
@pytest.mark.parametrize("packing", [False, True])
def test_tokens_are_counted_from_unequal_batches_and_over_a_resume(tmp_path, accumulation, packing):
    config = CONFIG.with_(accumulation=accumulation, eval_every=100, patience=0)
    task = instruction_task(config, packing)
    expected, total = {}, 0
    for step in range(1, 13):
        total += sum(batch.n_tokens for batch in task.micro_batches(step))
        expected[step] = total
    assert len(set(np.diff(list(expected.values())))) > 2
    seen = Recorder()
    Trainer(task, config, tmp_path).fit(StopAt(5), seen)
    for checkpoint in list_checkpoints(tmp_path):
        assert "tokens" not in checkpoint.state  # older ones have none either
    again = instruction_task(config, packing)
    Trainer(again, config, tmp_path).fit(NeverStop(), seen)
    found = {line["step"]: line["tokens"] for line in seen.lines if line["split"] == "train"}
    assert found == expected
