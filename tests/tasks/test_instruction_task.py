import random

import pytest
import torch
from random_models import SHAPE, TOKENIZER

from llmcore.config import TrainConfig
from llmcore.data.instructions import InstructionSplits, single
from llmcore.errors import LabError
from llmcore.nn.model import GPT
from llmcore.tasks.instruction import InstructionTask, shown_rows
from llmcore.tasks.templates import Template
from llmcore.train.control import NeverStop
from llmcore.train.sinks import NullSink
from llmcore.train.trainer import Trainer

SHORT = Template("{instruction}[[ {input}]]:")


def rows(n, seed=0, holdout=""):
    rng = random.Random(seed)
    animals = {"the cat": "sees", "a dog": "likes", "my friend": "hears"}
    made = []
    for _ in range(n):
        animal, number = rng.choice(list(animals)), str(rng.randint(0, 9))
        made.append(single(f"{animal} {number}", f"{animals[animal]} it", holdout=holdout))
    return made


def make_task(n=30, packing=False, data=None, **settings):
    config = TrainConfig(**{"batch_size": 4, "seed": 5, **settings})
    data = data or InstructionSplits(
        rows(n), rows(6, 1), [*rows(5, 2, "slots"), *rows(4, 3, "phrasings")]
    )
    return InstructionTask(GPT(SHAPE), TOKENIZER, SHORT, data, config, "cpu", packing)


class Recorder(NullSink):
    def __init__(self):
        self.events = []

    def event(self, kind, step, **values):
        self.events.append({"type": kind, "step": step, **values})


def test_an_epoch_sees_every_row_once():
    task = make_task()
    batches = [task.micro_batches(step)[0] for step in range(1, 9)]
    assert sum(len(batch.ids) for batch in batches) == 30
    assert sum(batch.n_tokens for batch in batches) == sum(len(one.ids) - 1 for one in task.train)
    again = make_task().micro_batches(3)[0]
    assert torch.equal(again.ids, batches[2].ids)


@pytest.mark.parametrize("step", [1, 4])
def test_packed_and_padded_steps_have_the_same_loss_and_tokens(step):
    packed, padded = make_task(packing=True), make_task()
    packed.model.eval(), padded.model.eval()
    (one,), (other,) = packed.micro_batches(step), padded.micro_batches(step)
    assert len(one.ids) < len(other.ids) and one.n_tokens == other.n_tokens
    losses = packed.loss(one)[0].item(), padded.loss(other)[0].item()
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)


def test_micro_batches_make_up_the_batch():
    parts = make_task().micro_batches(3, parts=2)
    whole = make_task().micro_batches(3)[0]
    assert len(parts) == 2 and sum(part.n_tokens for part in parts) == whole.n_tokens


def test_evaluation_is_the_loss_of_the_answers_alone():
    """The same number from a plain loop over rows and tokens."""
    task = make_task()
    task.model.eval()
    total = count = 0
    for one in task.validation:
        logits = task.model(torch.from_numpy(one.ids[None, :-1]))[0].log_softmax(-1)
        for place in range(1, len(one.ids)):
            if one.learned[place]:
                total -= logits[place - 1, one.ids[place]].item()
                count += 1
    assert task.evaluate()["loss"] == pytest.approx(total / count, abs=1e-5)


def test_it_learns_to_answer_and_tests_what_it_learned(tmp_path):
    data = InstructionSplits(rows(60), rows(8, 1), [*rows(6, 2, "slots"), *rows(4, 3, "frames")])
    task = make_task(data=data, steps=150, learning_rate=1e-2, eval_every=50, warmup_steps=5)
    sink = Recorder()
    Trainer(task, task.config, tmp_path).fit(NeverStop(), sink)
    (result,) = [one for one in sink.events if one["type"] == "result"]
    assert result["test"]["exact_match"] > 0.8, task.test_rows
    assert result["test"]["n"] == 10 and 0 <= result["test"]["loss"] < 1
    assert {k: v["n"] for k, v in result["test"]["by_holdout"].items()} == {"slots": 6, "frames": 4}
    shown = [one for one in sink.events if one["type"] == "answers"]
    assert [one["step"] for one in shown] == [1, 50, 100, 150]
    assert len(shown[0]["rows"]) == 5 and shown[0]["rows"] != shown[-1]["rows"]
    assert {"prompt", "expected", "answer", "holdout"} == set(shown[0]["rows"][0])
    order = [(one["right"], -one["loss"]) for one in task.test_rows]
    assert order == sorted(order) and len(task.test_rows) == 10
    assert task.state()["template"] == SHORT.text


def test_shown_rows_come_from_each_kind_in_turn():
    data = InstructionSplits(rows(3), rows(3, 1), [*rows(9, 2, "slots"), *rows(9, 3, "frames")])
    assert [row.holdout for row in shown_rows(data)] == ["slots", "frames", "slots", "frames",
                                                         "slots"]  # fmt: skip
    data.test = []
    assert all(row in data.validation for row in shown_rows(data)) and shown_rows(data)
    data.validation = []
    assert shown_rows(data) == []


def test_rows_without_room_for_an_answer_are_left_out_with_a_notice():
    long = single("the moon " * 30, "x")
    cut = single("the cat", "the moon " * 30)
    task = make_task(data=InstructionSplits([*rows(8), long, cut], [], []))
    assert len(task.train) == 9 and task.validation is task.train
    assert any("1 training rows were left out" in one for one in task.notices)
    assert any("1 training rows are longer" in one for one in task.notices)
    with pytest.raises(LabError, match="No training row has an answer within 32 tokens"):
        make_task(data=InstructionSplits([long], [], []))
    sink = Recorder()
    task.finish(sink, 1)
    assert "no test split" in sink.events[0]["text"]
